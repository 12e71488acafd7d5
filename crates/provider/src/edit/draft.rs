//! A planned edit: the present value, the new value, and the reason for each change.
//!
//! Places are paths as reports write them. The first problem is kept, and all later changes do nothing. So the code that plans
//! changes needs no error handling, and [`Draft::finish`] returns the problem.

use std::collections::{BTreeMap, BTreeSet};

use super::Change;
use super::lookup::Lookup;
use super::redact::{Within, redacted_json};
use crate::Problem;
use crate::collect::collect_unsorted;
use crate::document::Value;
use crate::document::path::{self, Part};

pub(super) fn text_value(text: &str) -> Value {
    Value::String(text.to_owned())
}

pub(super) fn text_list(items: &[impl AsRef<str>]) -> Value {
    Value::Array(items.iter().map(|item| text_value(item.as_ref())).collect())
}

/// The value at a path.
pub(super) fn value_at<'v>(root: &'v Value, parts: &[Part]) -> Option<&'v Value> {
    parts.iter().try_fold(root, |value, part| match part {
        Part::Key(key) => value.get(key),
        Part::Index(n) => value.as_array()?.get(*n),
    })
}

/// A value with planned changes.
#[derive(Debug)]
pub(super) struct Draft {
    /// The value of the document.
    pub(super) old: Value,
    /// The new value.
    pub(super) new: Value,
    /// Every changed place, with the reason.
    touched: Vec<(String, String)>,
    /// The first problem.
    problem: Option<Problem>,
}

impl Draft {
    pub(super) fn new(old: Value) -> Self {
        Self {
            new: old.clone(),
            old,
            touched: Vec::new(),
            problem: None,
        }
    }

    /// Takes the problem, if there is one.
    ///
    /// # Errors
    /// The first problem.
    pub(super) fn finish(&mut self) -> Result<(), Problem> {
        self.problem.take().map_or(Ok(()), Err)
    }

    /// Records a problem, unless there is one already.
    pub(super) fn refuse(&mut self, problem: Problem) {
        self.problem.get_or_insert(problem);
    }

    /// Records that a value has the wrong kind, unless there is a problem already.
    pub(super) fn refuse_kind(&mut self, place: &str, found: &'static str, accepted: &str) {
        let place = if place.is_empty() {
            "the whole document"
        } else {
            place
        };
        self.refuse(Problem::new(
            "wrong-type",
            place,
            found,
            accepted,
            format!("Make {place} {accepted}, or remove it, and try again."),
        ));
    }

    /// The new value at a path.
    pub(super) fn get(&self, place: &str) -> Option<&Value> {
        value_at(&self.new, &path::parts(place)?)
    }

    /// The new text at a path.
    pub(super) fn text_at(&self, place: &str) -> Option<&str> {
        self.get(place)?.as_str()
    }

    /// The entries of the object at a path; empty if there is nothing. Any other value is a problem.
    pub(super) fn entries(&mut self, place: &str) -> Vec<(String, Value)> {
        self.parts_at(place, Value::as_object, "an object")
    }

    /// The items of the list at a path; empty if there is nothing. Any other value is a problem.
    pub(super) fn items(&mut self, place: &str) -> Vec<Value> {
        self.parts_at(place, Value::as_array, "a list")
    }

    fn parts_at<T: Clone>(
        &mut self,
        place: &str,
        parts: fn(&Value) -> Option<&[T]>,
        accepted: &str,
    ) -> Vec<T> {
        let Some(value) = self.get(place) else {
            return Vec::new();
        };
        if let Some(parts) = parts(value) {
            return parts.to_vec();
        }
        let found = value.kind();
        self.refuse_kind(place, found, accepted);
        Vec::new()
    }

    /// Sets the value at a path, and creates the objects around it if necessary. Does nothing if the value is the same. It is a problem
    /// if another value is where an object has to be.
    pub(super) fn set(&mut self, place: &str, value: Value, why: &str) {
        if self.problem.is_some() || self.get(place) == Some(&value) {
            return;
        }
        let Some(parts) = path::parts(place) else {
            return self.refuse_kind(place, "no path", "a path such as memory.search.provider");
        };
        for n in 0..parts.len() {
            let (outer, rest) = parts.split_at(n);
            let Some(inner) = value_at(&self.new, outer) else {
                break;
            };
            let fits = matches!(
                (inner, rest.first()),
                (Value::Object(_), Some(Part::Key(_))) | (Value::Array(_), Some(Part::Index(_)))
            );
            if !fits {
                let found = inner.kind();
                self.refuse_kind(&path::format(outer), found, "an object");
                if let Some(problem) = &mut self.problem {
                    problem.next = format!("Write this there by hand: {}", snippet(rest, &value));
                }
                return;
            }
        }
        insert_at(&mut self.new, &parts, value);
        self.touched.push((place.to_owned(), why.to_owned()));
    }

    /// Adds a reason to a changed place. Does nothing if the place did not change.
    pub(super) fn note(&mut self, place: &str, why: &str) {
        if self.touched.iter().any(|(touched, _)| touched == place) {
            self.touched.push((place.to_owned(), why.to_owned()));
        }
    }

    /// Removes the value at a path, if there is one.
    pub(super) fn remove(&mut self, place: &str, why: &str) {
        let Some(mut parts) = path::parts(place) else {
            return;
        };
        if self.problem.is_some() || !remove_at(&mut self.new, &parts) {
            return;
        }
        // The positions of later items change too, so the whole list counts as changed.
        while matches!(parts.last(), Some(Part::Index(_))) {
            parts.pop();
        }
        self.touched.push((path::format(&parts), why.to_owned()));
    }

    /// Removes members of the object at a path, and adds empty objects for the names that are missing. There may be thousands of
    /// both, so this goes through the object only once.
    pub(super) fn update_members(
        &mut self,
        place: &str,
        (gone, why_gone): (impl Fn(&str, &Value) -> bool, &str),
        (names, why): (&[String], &str),
    ) {
        let there = self.entries(place);
        let there: BTreeSet<_> = collect_unsorted(there.iter().map(|(key, _)| key.as_str()));
        let mut added = names.iter().filter(|name| !there.contains(name.as_str()));
        if there.is_empty()
            && let Some(first) = added.next()
        {
            // This also creates the objects around it.
            self.set(&path::key(place, first), Value::Object(Vec::new()), why);
        }
        let parts = path::parts(place).unwrap_or_default();
        let (None, Some(Value::Object(members))) = (&self.problem, at_mut(&mut self.new, &parts))
        else {
            return;
        };
        members.retain(|(key, value)| {
            let gone = gone(key, value);
            if gone {
                let touched = (path::key(place, key), why_gone.to_owned());
                self.touched.push(touched);
            }
            !gone
        });
        for name in added {
            members.push((name.clone(), Value::Object(Vec::new())));
            self.touched.push((path::key(place, name), why.to_owned()));
        }
    }

    /// The changes, in the order in which they were planned. A change inside another changed place is part of that one.
    pub(super) fn changes(&self) -> Vec<Change> {
        // The first position of each place.
        let mut known: BTreeMap<&str, usize> = BTreeMap::new();
        for (n, (place, _)) in self.touched.iter().enumerate() {
            known.entry(place).or_insert(n);
        }
        // The reasons at and inside each changed place, kept at its first position and at the outermost changed place.
        let mut whys: Vec<Vec<&str>> = vec![Vec::new(); self.touched.len()];
        for (place, why) in &self.touched {
            let outer = place.match_indices(['.', '[']).map(|(end, _)| end);
            let mut outer = outer.filter_map(|end| known.get(place.get(..end)?));
            let Some(&owner) = outer.next().or_else(|| known.get(place.as_str())) else {
                continue;
            };
            // There are only a few reasons for a place.
            if let Some(whys) = whys.get_mut(owner)
                && !whys.contains(&why.as_str())
            {
                whys.push(why);
            }
        }
        let mut changes: Vec<Change> = Vec::new();
        // The object around a place is indexed once for all places in it.
        let mut near: Option<(Vec<Part>, Lookup<'_>, Lookup<'_>)> = None;
        for ((place, _), why) in self.touched.iter().zip(whys) {
            let parts = path::parts(place).unwrap_or_default();
            let (before, after) = match parts.split_last() {
                Some((Part::Key(key), outer)) => {
                    let (_, old, new) = match near.take() {
                        Some(near_by) if near_by.0 == outer => near.insert(near_by),
                        _ => near.insert((
                            outer.to_vec(),
                            members(&self.old, outer),
                            members(&self.new, outer),
                        )),
                    };
                    (old.find(key), new.find(key))
                }
                _ => (value_at(&self.old, &parts), value_at(&self.new, &parts)),
            };
            if why.is_empty() || before == after {
                continue;
            }
            let shown = |value: &Value| Within::at(&parts).redacted_json(value);
            changes.push(Change {
                path: place.clone(),
                before: before.map(shown),
                after: after.map(shown),
                why: why.join(" "),
            });
        }
        changes
    }
}

/// `{"a":{"b":VALUE}}` for the keys of a path.
fn snippet(parts: &[Part], value: &Value) -> String {
    let out = redacted_json(value);
    parts.iter().rev().fold(out, |inner, part| match part {
        Part::Key(key) => {
            format!("{{{}:{inner}}}", redacted_json(&text_value(key)))
        }
        Part::Index(_) => inner,
    })
}

/// The members of the object at a path; empty if there is no object.
fn members<'v>(root: &'v Value, parts: &[Part]) -> Lookup<'v> {
    let object = value_at(root, parts).and_then(Value::as_object);
    Lookup::new(object.unwrap_or_default())
}

fn at_mut<'v>(root: &'v mut Value, parts: &[Part]) -> Option<&'v mut Value> {
    parts
        .iter()
        .try_fold(root, |value, part| match (part, value) {
            (Part::Key(key), Value::Object(entries)) => {
                let entry = entries.iter_mut().find(|(name, _)| name == key);
                entry.map(|(_, value)| value)
            }
            (Part::Index(n), Value::Array(items)) => items.get_mut(*n),
            _ => None,
        })
}

/// Sets the value at a path, and creates the objects around it if necessary.
fn insert_at(root: &mut Value, parts: &[Part], value: Value) {
    let Some((part, rest)) = parts.split_first() else {
        *root = value;
        return;
    };
    if let Part::Key(key) = part
        && root.get(key).is_none()
    {
        root.insert(key, Value::Object(Vec::new()));
    }
    if let Some(inner) = at_mut(root, std::slice::from_ref(part)) {
        insert_at(inner, rest, value);
    }
}

/// Removes the value at a path. Returns whether there was one.
fn remove_at(root: &mut Value, parts: &[Part]) -> bool {
    let Some((part, outer)) = parts.split_last() else {
        return false;
    };
    match (part, at_mut(root, outer)) {
        (Part::Key(key), Some(Value::Object(entries))) => {
            let count = entries.len();
            entries.retain(|(name, _)| name != key);
            entries.len() < count
        }
        (Part::Index(n), Some(Value::Array(items))) if *n < items.len() => {
            items.remove(*n);
            true
        }
        _ => false,
    }
}
