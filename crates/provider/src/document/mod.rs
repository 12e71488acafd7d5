//! Parses configuration text: JSON5 into an owned tree that keeps the order of keys. Duplicate keys are reported.
//!
//! OpenClaw reads `openclaw.json` with `JSON.parse` and, if that fails, with the npm library json5 2.2.3. This parser accepts what
//! either of them accepts, with three exceptions: an escape that is half of a surrogate pair (a Rust string cannot hold it), nesting
//! deeper than [`MAX_DEPTH`], and keys with letters beyond ASCII that are not in quotes. Refusing them is safe: a document that cannot
//! be parsed is never called closed.
//!
//! No crate is used because the verdict depends on the parser: the crates for JSON5 recurse (a deeply nested file overflows the
//! stack, which traps in WebAssembly) or drop duplicate keys without a word.

mod parse;
pub mod path;
pub(crate) mod token;

pub use parse::parse;
pub(crate) use parse::{Body, Child, Node, parse_with_spans};

use serde::ser::{Serialize, SerializeMap as _, Serializer};

/// The deepest nesting that is accepted. A real configuration has about ten levels. Because of this limit, code that walks a
/// [`Value`] may recurse.
pub const MAX_DEPTH: usize = 128;

/// The highest number of duplicate keys that are named.
pub const MAX_DUPLICATES: usize = 32;

/// A JSON value that owns its text and keeps the order of keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number, as it is written (`0x10`, `+.5`, `Infinity`).
    Number(String),
    /// Text, with its escapes resolved.
    String(String),
    /// A list.
    Array(Vec<Value>),
    /// An object. Keys are unique: a duplicate key keeps its first position and its last value, as in JavaScript.
    Object(Vec<(String, Value)>),
}

impl Value {
    /// The value of a key, if this is an object with that key.
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.as_object()?
            .iter()
            .find_map(|(name, value)| (name == key).then_some(value))
    }

    /// The value at a chain of keys.
    pub fn at(&self, keys: &[&str]) -> Option<&Self> {
        keys.iter().try_fold(self, |value, key| value.get(key))
    }

    /// The text at a chain of keys, if there is text.
    pub fn str_at(&self, keys: &[&str]) -> Option<&str> {
        self.at(keys)?.as_str()
    }

    /// The boolean at a chain of keys, if there is one.
    pub fn bool_at(&self, keys: &[&str]) -> Option<bool> {
        self.at(keys)?.as_bool()
    }

    /// The items of the list at a chain of keys; empty if there is no list.
    pub fn items_at(&self, keys: &[&str]) -> &[Self] {
        let list = self.at(keys).and_then(Self::as_array);
        list.unwrap_or_default()
    }

    /// The entries of the object at a chain of keys; empty if there is no object.
    pub fn members_at(&self, keys: &[&str]) -> &[(String, Self)] {
        let object = self.at(keys).and_then(Self::as_object);
        object.unwrap_or_default()
    }

    /// The text, if this is text.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The boolean, if this is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// The number, if this is a whole number of zero or more in any spelling (`3456.0`, `0xD80`).
    pub fn as_u64(&self) -> Option<u64> {
        match self {
            Self::Number(source) => parse_whole_number(source),
            _ => None,
        }
    }

    /// The number, if this is one.
    pub(crate) fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Number(source) => Some(parse_number(source)),
            _ => None,
        }
    }

    /// The items, if this is a list.
    pub fn as_array(&self) -> Option<&[Self]> {
        match self {
            Self::Array(items) => Some(items),
            _ => None,
        }
    }

    /// The entries, if this is an object.
    pub fn as_object(&self) -> Option<&[(String, Self)]> {
        match self {
            Self::Object(entries) => Some(entries),
            _ => None,
        }
    }

    /// Sets the value of a key, if this is an object.
    pub(crate) fn insert(&mut self, key: &str, value: Self) {
        if let Self::Object(entries) = self {
            match entries.iter_mut().find(|(name, _)| name == key) {
                Some((_, old)) => *old = value,
                None => entries.push((key.to_owned(), value)),
            }
        }
    }

    /// Removes a key, if this is an object.
    pub(crate) fn remove(&mut self, key: &str) {
        if let Self::Object(entries) = self {
            entries.retain(|(name, _)| name != key);
        }
    }

    /// The value as compact JSON. A number that JSON cannot express becomes `null`, as in JavaScript.
    pub fn json(&self) -> String {
        // Writing to memory cannot fail, and every key is text.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The kind of the value, for messages.
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

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => to.serialize_unit(),
            Self::Bool(value) => to.serialize_bool(*value),
            Self::Number(source) => match (parse_whole_number(source), source.parse::<i64>()) {
                (Some(number), _) => to.serialize_u64(number),
                (None, Ok(number)) => to.serialize_i64(number),
                (None, Err(_)) => to.serialize_f64(parse_number(source)),
            },
            Self::String(text) => to.serialize_str(text),
            Self::Array(items) => to.collect_seq(items),
            Self::Object(entries) => {
                let mut map = to.serialize_map(Some(entries.len()))?;
                for (key, value) in entries {
                    map.serialize_entry(key, value)?;
                }
                map.end()
            }
        }
    }
}

/// The value of a number, as JavaScript reads it.
fn parse_number(source: &str) -> f64 {
    let (sign, unsigned) = match source.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, source.strip_prefix('+').unwrap_or(source)),
    };
    let magnitude = match unsigned.strip_prefix("0x").or(unsigned.strip_prefix("0X")) {
        Some(digits) => digits.chars().fold(0.0, |value, digit| {
            value * 16.0 + f64::from(digit.to_digit(16).unwrap_or_default())
        }),
        // Rust parses all other spellings, including `5.`, `.5` and `Infinity`.
        None => {
            lexical_parse_float::FromLexical::from_lexical(unsigned.as_bytes()).unwrap_or(f64::NAN)
        }
    };
    sign * magnitude
}

/// The value of a whole number of zero or more. Written in digits it may be any number of 64 bits, otherwise one that JavaScript holds
/// exactly.
fn parse_whole_number(source: &str) -> Option<u64> {
    /// `Number.MAX_SAFE_INTEGER`.
    const LARGEST: f64 = 9_007_199_254_740_991.0;
    if let Ok(number) = source.parse() {
        return Some(number);
    }
    let number = parse_number(source);
    ((0.0..=LARGEST).contains(&number) && number.fract() == 0.0).then_some(number as u64)
}

/// A parsed document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Its value.
    pub root: Value,
    /// Paths of keys that occur more than once in their object, at most [`MAX_DUPLICATES`].
    pub duplicates: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_are_read_as_javascript_does() {
        const WHOLE: &str = "
            3456=3456 +3456=3456 3456.0=3456 0xD80=3456 5.=5 5.e3=5000 1e3=1000 3.456e3=3456 345600E-2=3456 0e999999999=0 -0=0
            -0x0=0 9007199254740991.0=9007199254740991 18446744073709551615=18446744073709551615";
        const OTHER: &str = "
            18446744073709551616 1e16 1e99 1e999 1e2147483648 -1 -0x1 1.5 .5 0x10000000000000000 Infinity -Infinity NaN";
        let whole = WHOLE
            .split_whitespace()
            .filter_map(|row| row.split_once('='));
        let whole = whole.map(|(source, value)| (source, value.parse().ok()));
        for (source, value) in whole.chain(OTHER.split_whitespace().map(|source| (source, None))) {
            let number = Value::Number(source.to_owned());
            assert_eq!(number.as_u64(), value, "{source}");
        }
    }

    #[test]
    fn every_number_has_a_spelling_in_json() {
        const SPELLINGS: &str = "
            3456=3456 +3456=3456 -1=-1 1.50=1.5 .5=0.5 -.5=-0.5 +5.=5 5.e3=5000 1e400=null 0xD80=3456 -0Xa=-10.0
            0x10000000000000000=1.8446744073709552e+19 Infinity=null -Infinity=null NaN=null";
        for row in SPELLINGS.split_whitespace() {
            let (source, text) = row.split_once('=').unwrap();
            assert_eq!(Value::Number(source.to_owned()).json(), text, "{source}");
            assert!(serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok());
        }
    }

    #[test]
    fn json_keeps_order_and_text() {
        let source = r#"{b: [1, null, true], a: {'"\\': "\u0007\u2028'"}}"#;
        let json = parse(source).map(|document| document.root.json());
        assert_eq!(
            json.as_deref(),
            Ok("{\"b\":[1,null,true],\"a\":{\"\\\"\\\\\":\"\\u0007\u{2028}'\"}}")
        );
    }
}
