//! The keys that a schema takes, anywhere: every object of a configuration has a shape, and places with the same shape share
//! one heading of the data file, the first place that it stands at.
//!
//! A line is a key that is taken, `*` for any other, `[]` for the items of a list, and what stands there: `{..}` a shape under
//! a heading of its own, `= "PLACE"` the one of that heading, `{}` an object that takes no key, nothing where anything goes.
//! What alternatives of one place take counts for all of them. Where nothing is refused further down anything goes.

use std::collections::{BTreeMap, VecDeque};

use anyhow::{Context as _, Result};
use serde_json::Value;

use super::data_file::Line;

/// What a schema takes at a place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Shape {
    /// Anything.
    Any,
    /// Nothing that has keys or items.
    Plain,
    /// Objects, lists, or both.
    Nest {
        object: Option<Object>,
        items: Option<Box<Shape>>,
    },
}

/// The keys of an object, and what it takes under any other; `None` where it takes no other.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Object {
    keys: BTreeMap<String, Shape>,
    other: Option<Box<Shape>>,
}

/// The lines that a schema has in the data file.
pub(super) fn lines(schema: &str) -> Result<Vec<Line>> {
    let schema: Value = serde_json::from_str(schema).context("the schema is not JSON")?;
    let root = Reader::default().shape(&schema).pruned();
    let mut headings = BTreeMap::from([(root.clone(), String::new())]);
    let mut open = VecDeque::from([(String::new(), root)]);
    let mut out = Vec::new();
    while let Some((place, shape)) = open.pop_front() {
        let mut add = |key: &str, shape: &Shape| {
            let inner = match place.as_str() {
                "" => key.to_owned(),
                place => format!("{place}.{key}"),
            };
            let what = if *shape == Shape::Any {
                String::new()
            } else if shape.is_empty() {
                " {}".to_owned()
            } else if let Some(known) = headings.get(shape) {
                format!(" = {known:?}")
            } else {
                headings.insert(shape.clone(), inner.clone());
                open.push_back((inner, shape.clone()));
                " {..}".to_owned()
            };
            out.push((format!("{place:?}"), format!("{key}{what}")));
        };
        let Shape::Nest { object, items } = &shape else {
            continue;
        };
        match object {
            Some(object) => {
                object.keys.iter().for_each(|(key, shape)| add(key, shape));
                object.other.iter().for_each(|shape| add("*", shape));
            }
            None => add("*", &Shape::Any),
        }
        items.iter().for_each(|shape| add("[]", shape));
    }
    Ok(out)
}

/// Reads a schema.
#[derive(Default)]
struct Reader<'a> {
    /// Of the places around this one, the innermost last.
    definitions: Vec<&'a Value>,
    /// The definitions that this place is in.
    followed: Vec<&'a str>,
}

impl<'a> Reader<'a> {
    fn shape(&mut self, schema: &'a Value) -> Shape {
        let outer = self.definitions.len();
        self.definitions.extend(schema.get("$defs"));
        let shape = self.within(schema);
        self.definitions.truncate(outer);
        shape
    }

    fn within(&mut self, schema: &'a Value) -> Shape {
        if let Some(reference) = schema["$ref"].as_str() {
            return self.defined(reference.rsplit('/').next().unwrap_or_default());
        }
        let kind = schema["type"].as_str().unwrap_or_default();
        let has = |key: &str| schema.get(key).is_some();
        if kind == "object" || has("properties") || has("additionalProperties") {
            let keys = schema["properties"].as_object().into_iter().flatten();
            let keys = keys.map(|(key, value)| (key.clone(), self.shape(value)));
            let keys = keys.collect();
            let other = match &schema["additionalProperties"] {
                _ if has("patternProperties") => Some(Shape::Any),
                Value::Bool(false) => None,
                other => Some(self.shape(other)),
            };
            let other = other.map(Box::new);
            return Shape::Nest {
                object: Some(Object { keys, other }),
                items: None,
            };
        }
        if kind == "array" {
            let items = Some(Box::new(self.shape(&schema["items"])));
            return Shape::Nest {
                object: None,
                items,
            };
        }
        if !kind.is_empty() || has("const") || has("enum") {
            return Shape::Plain;
        }
        let all = ["anyOf", "oneOf"].map(|key| schema[key].as_array().into_iter().flatten());
        let all = all.into_iter().flatten().map(|one| self.shape(one));
        all.reduce(Shape::or).unwrap_or(Shape::Any)
    }

    /// What a reference leads to; anything where it leads nowhere, or into itself.
    fn defined(&mut self, name: &'a str) -> Shape {
        let target = self.definitions.iter().rev().find_map(|all| all.get(name));
        let Some(target) = target.filter(|_| !self.followed.contains(&name)) else {
            return Shape::Any;
        };
        self.followed.push(name);
        let shape = self.shape(target);
        self.followed.pop();
        shape
    }
}

impl Shape {
    /// What either takes.
    fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Any, _) | (_, Self::Any) => Self::Any,
            (Self::Plain, shape) | (shape, Self::Plain) => shape,
            (
                Self::Nest { object, items },
                Self::Nest {
                    object: more,
                    items: others,
                },
            ) => Self::Nest {
                object: either(object, more, Object::or),
                items: either(items, others, |one, other| Box::new(one.or(*other))),
            },
        }
    }

    /// Without what refuses nothing.
    fn pruned(self) -> Self {
        let Self::Nest { object, items } = self else {
            return Self::Any;
        };
        let object = object.map(Object::pruned).filter(|object| {
            !object.keys.is_empty() || object.other.as_deref() != Some(&Self::Any)
        });
        let items = items.map(|items| items.pruned());
        let items = items.filter(|items| *items != Self::Any).map(Box::new);
        match (object, items) {
            (None, None) => Self::Any,
            (object, items) => Self::Nest { object, items },
        }
    }

    /// Whether it is an object that takes no key.
    fn is_empty(&self) -> bool {
        matches!(self, Self::Nest { object: Some(object), items: None } if *object == Object::default())
    }
}

impl Object {
    fn or(self, more: Self) -> Self {
        // A key that only one knows is any other to the other one.
        let mut keys = BTreeMap::new();
        for key in self.keys.keys().chain(more.keys.keys()) {
            let shapes = [self.at(key), more.at(key)].into_iter().flatten();
            if let Some(shape) = shapes.reduce(Shape::or) {
                keys.insert(key.clone(), shape);
            }
        }
        let other = either(self.other, more.other, |one, other| {
            Box::new(one.or(*other))
        });
        Self { keys, other }
    }

    /// What it takes under a key.
    fn at(&self, key: &str) -> Option<Shape> {
        self.keys.get(key).or(self.other.as_deref()).cloned()
    }

    fn pruned(self) -> Self {
        let other = self.other.map(|other| Box::new(other.pruned()));
        let mut keys: BTreeMap<_, _> = self
            .keys
            .into_iter()
            .map(|(key, shape)| (key, shape.pruned()))
            .collect();
        if other.as_deref() == Some(&Shape::Any) {
            keys.retain(|_, shape| *shape != Shape::Any);
        }
        Self { keys, other }
    }
}

/// Both, or the one that is there.
fn either<T>(one: Option<T>, other: Option<T>, both: impl FnOnce(T, T) -> T) -> Option<T> {
    match (one, other) {
        (Some(one), Some(other)) => Some(both(one, other)),
        (one, other) => one.or(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_shapes_share_a_heading_and_open_ones_have_none() {
        let schema = r##"{
            "$defs": {"secret": {"type": "object", "properties": {"id": {"type": "string"}}, "additionalProperties": false},
                      "loop": {"type": "object", "properties": {"again": {"$ref": "#/$defs/loop"}}, "additionalProperties": false}},
            "type": "object",
            "properties": {
                "a": {"anyOf": [{"type": "string"}, {"$ref": "#/$defs/secret"}, {"type": "array", "items": {"$ref": "#/$defs/secret"}}]},
                "b": {"type": "object", "properties": {"x": {}}, "additionalProperties": {"type": "number"}},
                "c": {"type": "object", "additionalProperties": {"$ref": "#/$defs/secret"}},
                "d": {"$ref": "#/$defs/secret"},
                "e": {"type": "object", "properties": {}, "additionalProperties": false},
                "f": {"oneOf": [
                    {"type": "object", "properties": {"k": {}, "l": {"$ref": "#/$defs/secret"}}, "additionalProperties": false},
                    {"type": "object", "properties": {"m": {"$ref": "#/$defs/loop"}}, "additionalProperties": false}]},
                "g": {"type": "array", "items": {"type": "array", "items": {"$ref": "#/$defs/secret"}}},
                "h": {"type": "object", "properties": {"k": {}}, "additionalProperties": false, "patternProperties": {"^x-": {}}}
            },
            "additionalProperties": false
        }"##;
        let lines = lines(schema).unwrap();
        let lines: Vec<_> = lines
            .iter()
            .map(|(place, line)| format!("{place} {line}"))
            .collect();
        let wanted = [
            r#""" a {..}"#,
            r#""" b"#,
            r#""" c {..}"#,
            r#""" d {..}"#,
            r#""" e {}"#,
            r#""" f {..}"#,
            r#""" g {..}"#,
            r#""" h"#,
            r#""a" id"#,
            r#""a" [] = "d""#,
            r#""c" * = "d""#,
            r#""d" id"#,
            r#""f" k"#,
            r#""f" l = "d""#,
            r#""f" m {..}"#,
            r#""g" *"#,
            r#""g" [] {..}"#,
            r#""f.m" again"#,
            r#""g.[]" *"#,
            r#""g.[]" [] = "d""#,
        ];
        assert_eq!(lines, wanted);
    }
}
