//! Reading configuration text: JSON5 into an owned tree that keeps order, with duplicate keys reported.
//!
//! OpenClaw reads `openclaw.json` with `JSON.parse` and, where that fails, with the npm library json5 2.2.3. The parser here
//! accepts exactly what those two accept together, save two things that it refuses because Rust text cannot hold them or no
//! one needs them: an escape that leaves half a surrogate pair, and nesting beyond [`MAX_DEPTH`]. Refusing is safe: what
//! cannot be read is never called closed.
//!
//! It is written here, and not taken from a crate, because the verdict rests on it: the crates that read JSON5 recurse (a
//! deeply nested file is a stack overflow, which in WebAssembly is a trap) or drop duplicate keys unseen.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;

mod identifier;
mod number;
mod parse;
pub mod path;

pub use parse::parse;

use crate::quote;

/// Deepest nesting that is read. A real configuration has about ten levels; everything that walks a [`Value`] may recurse
/// because of this bound.
pub const MAX_DEPTH: usize = 128;

/// Most duplicate keys that are named one by one.
pub const MAX_DUPLICATES: usize = 32;

/// A JSON value that owns its text and keeps the order of keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number as it was written (`0x10`, `+.5`, `Infinity`).
    Number(String),
    /// Text, escapes resolved.
    String(String),
    /// A list.
    Array(Vec<Value>),
    /// An object. Keys are unique: of duplicates the first position and the last value are kept, as JavaScript does.
    Object(Vec<(String, Value)>),
}

impl Value {
    /// The value of a key, where this is an object that has it.
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.as_object()?
            .iter()
            .find_map(|(name, value)| (name == key).then_some(value))
    }

    /// The value at a chain of keys.
    pub fn at(&self, keys: &[&str]) -> Option<&Self> {
        keys.iter().try_fold(self, |value, key| value.get(key))
    }

    /// The text, where this is text.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The truth value, where this is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// The number, where this is a whole one from zero on, in whatever spelling (`3456.0`, `0xD80`).
    pub fn as_u64(&self) -> Option<u64> {
        match self {
            Self::Number(source) => number::whole(source),
            _ => None,
        }
    }

    /// The items, where this is a list.
    pub fn as_array(&self) -> Option<&[Self]> {
        match self {
            Self::Array(items) => Some(items),
            _ => None,
        }
    }

    /// The entries, where this is an object.
    pub fn as_object(&self) -> Option<&[(String, Self)]> {
        match self {
            Self::Object(entries) => Some(entries),
            _ => None,
        }
    }

    /// Puts a value under a key, where this is an object.
    pub(crate) fn insert(&mut self, key: &str, value: Self) {
        if let Self::Object(entries) = self {
            match entries.iter_mut().find(|(name, _)| name == key) {
                Some((_, old)) => *old = value,
                None => entries.push((key.to_owned(), value)),
            }
        }
    }

    /// Takes a key away, where this is an object that has it.
    pub(crate) fn remove(&mut self, key: &str) {
        if let Self::Object(entries) = self {
            entries.retain(|(name, _)| name != key);
        }
    }

    /// The value as compact JSON. What JSON has no number for becomes `null`, as JavaScript writes it.
    pub fn json(&self) -> String {
        let mut out = String::new();
        self.write_json(&mut out);
        out
    }

    fn write_json(&self, out: &mut String) {
        match self {
            Self::Null => out.push_str("null"),
            Self::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
            Self::Number(source) => out.push_str(&number::json(source)),
            Self::String(text) => quote::push(out, text, '"'),
            Self::Array(items) => {
                out.push('[');
                for (n, item) in items.iter().enumerate() {
                    if n > 0 {
                        out.push(',');
                    }
                    item.write_json(out);
                }
                out.push(']');
            }
            Self::Object(entries) => {
                out.push('{');
                for (n, (key, value)) in entries.iter().enumerate() {
                    if n > 0 {
                        out.push(',');
                    }
                    quote::push(out, key, '"');
                    out.push(':');
                    value.write_json(out);
                }
                out.push('}');
            }
        }
    }

    /// What kind of value this is, for messages.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "true or false",
            Self::Number(_) => "a number",
            Self::String(_) => "text",
            Self::Array(_) => "a list",
            Self::Object(_) => "an object",
        }
    }
}

/// A text that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// What it holds.
    pub root: Value,
    /// Dotted paths of keys that occur more than once in their object, in the order they were found, at most
    /// [`MAX_DUPLICATES`].
    pub duplicates: Vec<String>,
}
