//! Keys that OpenClaw does not know, so that it refuses the file. `openclaw doctor --fix`, which it recommends then, moves some of
//! them to places that are routes.

use super::shape::Shape;
use super::{Auditor, message};
use crate::document::{Value, path};

/// Words in the names of keys that chose a model, a provider or a program in other versions.
const ROUTE_WORDS: &str = "model provider backend harness runtime search endpoint url llm fallback agent tts audio default command jobs \
    apikey bedrockdiscovery";

impl Auditor<'_> {
    /// Reports every key that OpenClaw refuses.
    pub(super) fn check_refused_keys(&mut self) {
        let shape = Shape::root(self.version);
        self.check_keys(shape, self.root, &mut String::new());
    }

    /// Reports them inside a value. The parser limits the nesting.
    fn check_keys(&mut self, shape: Shape, value: &Value, at: &mut String) {
        if shape.is_any() {
            return;
        }
        let end = at.len();
        for (key, value) in value.as_object().unwrap_or_default() {
            path::push_key(at, key);
            match shape.key(key) {
                Some(shape) => self.check_keys(shape, value, at),
                // An include that could not be replaced is reported already.
                None if key == "$include" => {}
                None => self.check_refused_key(key, value, at),
            }
            at.truncate(end);
        }
        for (n, item) in value.as_array().unwrap_or_default().iter().enumerate() {
            path::push_index(at, n);
            self.check_keys(shape.item(), item, at);
            at.truncate(end);
        }
    }

    fn check_refused_key(&mut self, key: &str, value: &Value, at: &str) {
        // OpenClaw moves the former list of agents to the entries, so its items are checked as entries.
        let is_moved = at == "agents.list";
        let route = !is_moved && is_route(key, value);
        if route {
            self.found.route(at, "", false);
        }
        let message = match route {
            true => message::REFUSED_ROUTE,
            false => message::REFUSED_KEY,
        };
        self.found.add(message, at, "", &[]);
        let entry = self.version.shape("agents.entries.id");
        let Some(entry) = entry.filter(|_| is_moved) else {
            return;
        };
        for (n, item) in value.items_at(&[]).iter().enumerate() {
            // `id` becomes the key of the entry.
            let mut item = item.clone();
            item.remove("id");
            self.check_keys(entry, &item, &mut path::index(at, n));
        }
    }
}

/// Whether a key, or a key inside its value, is named like a route. The parser limits the nesting.
fn is_route(key: &str, value: &Value) -> bool {
    let lower = key.to_ascii_lowercase();
    ROUTE_WORDS.split(' ').any(|word| lower.contains(word))
        || match value {
            Value::Object(entries) => entries.iter().any(|(key, value)| is_route(key, value)),
            Value::Array(items) => items.iter().any(|item| is_route("", item)),
            _ => false,
        }
}
