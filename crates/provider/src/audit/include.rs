//! `$include`: merges several files into one tree as OpenClaw does. Lists are joined, and keys next to an include win.

use std::collections::BTreeMap;

use super::code::Code;
use super::finding::Findings;
use super::message::DUPLICATE_KEY;
use super::variables::Questions;
use crate::collect::collect_unsorted;
use crate::document::{self, MAX_DEPTH, Value, path};
use crate::wit::config::{FileText, Question};

/// The key that includes other files.
const INCLUDE: &str = "$include";
/// How deeply OpenClaw lets files include each other.
const MAX_INCLUDES: usize = 10;
/// The most bytes that all included files together may have, in case files include each other many times.
const MAX_BYTES: usize = 16 << 20;

/// Merges included files into a tree.
pub(super) struct Merger<'a> {
    /// The position in `files` of the last answer for each name.
    places: BTreeMap<&'a str, usize>,
    files: &'a [FileText],
    /// The files that are still missing.
    pub(super) questions: Questions,
    /// For each included file, the path of the object that includes it, and the file.
    pub(super) sources: Vec<(String, String)>,
    /// The names of the files that are being merged, outermost first.
    chain: Vec<String>,
    bytes: usize,
    /// Path of the value that is being merged.
    at: String,
    found: &'a mut Findings,
}

impl<'a> Merger<'a> {
    pub(super) fn new(files: &'a [FileText], found: &'a mut Findings) -> Self {
        let places = files.iter().enumerate();
        Self {
            places: collect_unsorted(places.map(|(n, file)| (file.path.as_str(), n))),
            files,
            questions: Questions::default(),
            sources: Vec::new(),
            chain: Vec::new(),
            bytes: 0,
            at: String::new(),
            found,
        }
    }

    /// Replaces every include in a tree. An include that cannot be replaced is removed and reported.
    pub(super) fn merge(&mut self, value: Value, depth: usize) -> Value {
        if depth > MAX_DEPTH {
            let why = "the included files nest too deeply to be judged";
            self.found.undecided(Code::TooDeep, &self.at, why);
            return Value::Null;
        }
        match value {
            Value::Array(items) => Value::Array(
                items
                    .into_iter()
                    .enumerate()
                    .map(|(n, item)| {
                        let len = self.at.len();
                        path::push_index(&mut self.at, n);
                        let item = self.merge(item, depth + 1);
                        self.at.truncate(len);
                        item
                    })
                    .collect(),
            ),
            Value::Object(entries) => {
                let mut include = None;
                let mut rest = Vec::with_capacity(entries.len());
                for (key, value) in entries {
                    if key == INCLUDE {
                        include = Some(value);
                        continue;
                    }
                    let len = self.at.len();
                    path::push_key(&mut self.at, &key);
                    if matches!(key.as_str(), "__proto__" | "constructor" | "prototype") {
                        let why = "JavaScript gives this key a meaning of its own, so what OpenClaw makes of it is unknown";
                        self.found.undecided(Code::UnsafeKey, &self.at, why);
                    }
                    let value = self.merge(value, depth + 1);
                    self.at.truncate(len);
                    rest.push((key, value));
                }
                match include {
                    None => Value::Object(rest),
                    Some(include) => self.include(&include, rest, depth),
                }
            }
            plain => plain,
        }
    }

    fn include(&mut self, include: &Value, rest: Vec<(String, Value)>, depth: usize) -> Value {
        let place = path::key(&self.at, INCLUDE);
        let base = match include {
            Value::String(name) => self.load(name, &place, depth),
            Value::Array(names) => {
                let mut base = Value::Object(Vec::new());
                for (n, name) in names.iter().enumerate() {
                    let place = path::index(&place, n);
                    let value = match name {
                        Value::String(name) => self.load(name, &place, depth),
                        _ => self.unreadable(&place, "an include must be the name of a file"),
                    };
                    if let Some(value) = value {
                        base = combine(base, value);
                    }
                }
                Some(base)
            }
            _ => self.unreadable(
                &place,
                "an include must be the name of a file, or a list of names",
            ),
        };
        match base {
            Some(Value::Object(base)) => combine(Value::Object(base), Value::Object(rest)),
            Some(base) if rest.is_empty() => base,
            Some(_) => {
                self.unreadable(
                    &place,
                    "keys stand next to an include that is not an object",
                );
                Value::Object(rest)
            }
            None => Value::Object(rest),
        }
    }

    /// Reports an include that cannot be read.
    fn unreadable(&mut self, place: &str, why: &str) -> Option<Value> {
        self.found.undecided(Code::IncludeUnreadable, place, why);
        None
    }

    /// The content of a file with its own includes replaced. `None` if it was reported or is asked for.
    fn load(&mut self, name: &str, place: &str, depth: usize) -> Option<Value> {
        let name = resolve(self.chain.last().map_or("", String::as_str), name);
        if self.chain.contains(&name) || self.chain.len() >= MAX_INCLUDES {
            let why = "the includes form a circle, or are nested more than ten deep";
            return self.unreadable(place, why);
        }
        let known = self.places.get(name.as_str());
        let Some(file) = known.and_then(|n| self.files.get(*n)) else {
            self.questions.ask(Question::File(name));
            return None;
        };
        let Some(text) = &file.text else {
            return self.unreadable(place, "the included file cannot be read");
        };
        self.bytes = self.bytes.saturating_add(text.len().max(1024));
        if self.bytes > MAX_BYTES {
            let why = "the included files are too large to be judged";
            self.found.undecided(Code::TooLarge, place, why);
            return None;
        }
        let document = match document::parse(text) {
            Ok(document) => document,
            Err(problem) => {
                let why = format!("the included file cannot be read: {problem}");
                return self.unreadable(place, &why);
            }
        };
        for key in &document.duplicates {
            let key = match self.at.as_str() {
                "" => key.clone(),
                at => format!("{at}.{key}"),
            };
            self.found.add(DUPLICATE_KEY, &key, "", &[]);
        }
        self.sources.push((self.at.clone(), name.clone()));
        self.chain.push(name);
        let value = self.merge(document.root, depth);
        self.chain.pop();
        Some(value)
    }
}

/// Merges two values: objects are merged, lists are joined, and otherwise the second value wins.
fn combine(base: Value, over: Value) -> Value {
    match (base, over) {
        (Value::Object(mut base), Value::Object(over)) => {
            let keys = base.iter().enumerate();
            let mut places: BTreeMap<String, usize> =
                collect_unsorted(keys.map(|(n, (key, _))| (key.clone(), n)));
            for (key, value) in over {
                match places.get(&key).and_then(|n| base.get_mut(*n)) {
                    Some((_, slot)) => {
                        let old = std::mem::replace(slot, Value::Null);
                        *slot = combine(old, value);
                    }
                    None => {
                        places.insert(key.clone(), base.len());
                        base.push((key, value));
                    }
                }
            }
            Value::Object(base)
        }
        (Value::Array(mut base), Value::Array(over)) => {
            base.extend(over);
            Value::Array(base)
        }
        (_, over) => over,
    }
}

/// The path of an included file relative to the folder of the main document, without `.` and `..`.
fn resolve(including: &str, name: &str) -> String {
    let joined = match (name.starts_with('/'), including.rsplit_once('/')) {
        (false, Some((folder, _))) => format!("{folder}/{name}"),
        _ => name.to_owned(),
    };
    let absolute = joined.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in joined.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            ".." if absolute => {}
            part => parts.push(part),
        }
    }
    format!("{}{}", if absolute { "/" } else { "" }, parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resolves_names_against_the_including_file() {
        for (including, name, want) in [
            ("", "./inc/a.json5", "inc/a.json5"),
            ("inc/a.json5", "./b.json5", "inc/b.json5"),
            ("inc/a.json5", "../b.json5", "b.json5"),
            ("inc/a.json5", "/etc/b.json5", "/etc/b.json5"),
            ("", "../../b", "../../b"),
            ("/etc/a", "../../b", "/b"),
        ] {
            assert_eq!(resolve(including, name), want);
        }
    }
}
