//! Keys that OpenClaw refuses to load, with what it says to do about them: it rewrites some of them into places that are
//! routes.

use super::Auditor;
use super::finding::Code;
use super::version::KEYS;
use crate::document::{Value, path};
use crate::report::Severity;

/// What a key of another version has in its name, or inside it, where it chose a model, a provider or a program.
const ROUTE_WORDS: &str = "model provider backend harness runtime search endpoint url llm fallback agent tts audio default command jobs \
    bedrockdiscovery";

impl Auditor<'_> {
    /// Reports keys that OpenClaw refuses.
    pub(super) fn refused_keys(&mut self) {
        for (place, _) in KEYS {
            let known: Vec<&str> = self.version.keys(place).collect();
            if known.is_empty() {
                continue;
            }
            for (at, object) in places(self.root, place) {
                let entries = object.as_object().unwrap_or_default();
                for (key, value) in entries {
                    let is_known = known.contains(&key.as_str()) || key == "$include";
                    if !is_known && *value != Value::Null {
                        self.refused_key(&path::key(&at, key), key, value);
                    }
                }
            }
        }
        if self.version.layout().former {
            return;
        }
        for kind in ["image", "audio", "video"] {
            if let Some(value) = self.root.at(&["tools", "media", kind, "models"]) {
                self.refused_key(&format!("tools.media.{kind}.models"), "models", value);
            }
        }
    }

    fn refused_key(&mut self, at: &str, key: &str, value: &Value) {
        // The old list of agents is read as the entries are; what no row knows there is looked at below.
        let is_read = at == "agents.list";
        let route = !is_read && is_route(key, value);
        let severity = if route {
            self.found.route(at, "", false);
            Severity::Undecided
        } else {
            Severity::Exposure
        };
        self.found.add(
            severity,
            Code::RefusedKey,
            at,
            "",
            if route {
                "OpenClaw refuses a file with this key, and its doctor may move it to where it selects a model; so what it does is unknown."
            } else {
                "OpenClaw does not know this key, and refuses a file that has it."
            }
            .to_owned(),
            "openclaw doctor --fix   (then audit again)".to_owned(),
        );
        if !is_read {
            return;
        }
        for (n, entry) in value.as_array().unwrap_or_default().iter().enumerate() {
            for (key, value) in entry.as_object().unwrap_or_default() {
                let known = self.version.takes("agents.entries.*", key);
                if key != "id" && !known && is_route(key, value) {
                    self.refused_key(&path::key(&path::index(at, n), key), key, value);
                }
            }
        }
    }
}

/// Whether a key, or one inside its value, is named like a route. Nesting is bounded by the reader.
fn is_route(key: &str, value: &Value) -> bool {
    let lower = key.to_ascii_lowercase();
    ROUTE_WORDS.split(' ').any(|word| lower.contains(word))
        || match value {
            Value::Object(entries) => entries.iter().any(|(key, value)| is_route(key, value)),
            Value::Array(items) => items.iter().any(|item| is_route("", item)),
            _ => false,
        }
}

/// Where a pattern leads, with what is there.
fn places<'v>(root: &'v Value, pattern: &str) -> Vec<(String, &'v Value)> {
    let steps = pattern.split('.').filter(|step| !step.is_empty());
    steps.fold(vec![(String::new(), root)], |found, step| {
        let mut out = Vec::new();
        for (at, value) in found {
            for (n, item) in value.as_array().unwrap_or_default().iter().enumerate() {
                if step == "[]" {
                    out.push((path::index(&at, n), item));
                }
            }
            for (key, value) in value.as_object().unwrap_or_default() {
                if step == "*" || key == step {
                    out.push((path::key(&at, key), value));
                }
            }
        }
        out
    })
}
