//! JSON5 as the `json5` crate reads it, and what of it may differ from ours.

use std::fmt;

use claude_proxy_provider::document::Value;
use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

/// A value, with every key of an object that came, in order.
#[derive(Debug)]
pub enum Reference {
    Null,
    Bool(bool),
    Number(f64),
    Text(String),
    List(Vec<Self>),
    Object(Vec<(String, Self)>),
}

impl Reference {
    /// Whether an object in it has a key twice.
    pub fn has_duplicates(&self) -> bool {
        match self {
            Self::List(items) => items.iter().any(Self::has_duplicates),
            Self::Object(members) => {
                let mut keys: Vec<_> = members.iter().map(|(key, _)| key).collect();
                keys.sort();
                keys.windows(2).any(|pair| pair[0] == pair[1])
                    || members.iter().any(|(_, value)| value.has_duplicates())
            }
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::Text(_) => false,
        }
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Reference;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Reference, E> {
        Ok(Reference::Null)
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Reference, E> {
        Ok(Reference::Bool(value))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Reference, E> {
        Ok(Reference::Number(value as f64))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Reference, E> {
        Ok(Reference::Number(value as f64))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Reference, E> {
        Ok(Reference::Number(value))
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Reference, E> {
        Ok(Reference::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Reference, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Reference::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Reference, A::Error> {
        let mut list = Vec::new();
        while let Some(member) = members.next_entry()? {
            list.push(member);
        }
        Ok(Reference::Object(list))
    }
}

impl<'de> Deserialize<'de> for Reference {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

/// Whether both mean the same. Of duplicate keys the last value counts, at the place of the first, as in JavaScript.
pub fn is_same(ours: &Value, theirs: &Reference) -> bool {
    match (ours, theirs) {
        (Value::Null, Reference::Null) => true,
        (Value::Bool(a), Reference::Bool(b)) => a == b,
        (Value::Number(a), Reference::Number(b)) => {
            let a = number(a);
            a == *b || (a.is_nan() && b.is_nan()) || ((a - b) / b).abs() < 1e-9
        }
        (Value::String(a), Reference::Text(b)) => a == b,
        (Value::Array(a), Reference::List(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| is_same(a, b))
        }
        (Value::Object(a), Reference::Object(b)) => {
            let mut kept: Vec<(&String, &Reference)> = Vec::new();
            for (key, value) in b {
                match kept.iter_mut().find(|(name, _)| *name == key) {
                    Some(slot) => slot.1 = value,
                    None => kept.push((key, value)),
                }
            }
            a.len() == kept.len()
                && a.iter()
                    .zip(kept)
                    .all(|((key, a), (name, b))| key == name && is_same(a, b))
        }
        _ => false,
    }
}

/// A number as JavaScript reads it.
fn number(text: &str) -> f64 {
    let (sign, digits) = match text.as_bytes() {
        [b'-', ..] => (-1.0, &text[1..]),
        [b'+', ..] => (1.0, &text[1..]),
        _ => (1.0, text),
    };
    let hex = digits
        .strip_prefix("0x")
        .or_else(|| digits.strip_prefix("0X"));
    let value = match hex {
        Some(hex) => hex.chars().fold(0.0, |sum, digit| {
            sum * 16.0 + f64::from(digit.to_digit(16).unwrap_or_default())
        }),
        None => digits.parse().unwrap_or(f64::NAN),
    };
    sign * value
}

/// Upper bound of the nesting: brackets in texts and comments count too.
pub fn nesting_bound(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut deepest = 0;
    for byte in text.bytes() {
        match byte {
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

/// What only ours reads, and rightly: the other keeps hexadecimal numbers in 64 bits or so, JavaScript in a double.
pub fn is_only_ours(root: &Value) -> bool {
    match root {
        Value::Number(text) => {
            let digits = text.trim_start_matches(['+', '-', '0']);
            digits.starts_with(['x', 'X']) && digits.trim_start_matches(['x', 'X', '0']).len() >= 8
        }
        Value::Array(items) => items.iter().any(is_only_ours),
        Value::Object(members) => members.iter().any(|(_, value)| is_only_ours(value)),
        Value::Null | Value::Bool(_) | Value::String(_) => false,
    }
}
