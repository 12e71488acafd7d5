//! A document in the making: the value as it is, the value as it shall be, and why each place changes.
//!
//! Places are paths in the notation of reports. The first thing that stands in the way is kept, and whatever is asked
//! after it does nothing, so that plans need no error handling and [`Draft::finish`] returns the first problem.

use std::collections::{BTreeMap, BTreeSet};

use super::lookup::Lookup;
use super::request::Change;
use crate::collect::collect_unsorted;
use crate::document::Value;
use crate::document::path::{self, Part};
use crate::{PLACEHOLDER_KEY, Problem};

pub(super) fn text_value(text: &str) -> Value {
    Value::String(text.to_owned())
}

pub(super) fn text_list(items: &[impl AsRef<str>]) -> Value {
    Value::Array(items.iter().map(|item| text_value(item.as_ref())).collect())
}

/// The value at some steps.
pub(super) fn value_at<'v>(root: &'v Value, parts: &[Part]) -> Option<&'v Value> {
    parts.iter().try_fold(root, |value, part| match part {
        Part::Key(key) => value.get(key),
        Part::Index(n) => value.as_array()?.get(*n),
    })
}

/// A value and its planned changes.
#[derive(Debug)]
pub(super) struct Draft {
    /// As the document has it.
    pub(super) old: Value,
    /// As it shall be.
    pub(super) new: Value,
    /// Every place that was changed, and why.
    touched: Vec<(String, String)>,
    /// The first thing that stands in the way.
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

    /// Whether everything that was asked could be done.
    ///
    /// # Errors
    /// The first thing that stood in the way.
    pub(super) fn finish(&mut self) -> Result<(), Problem> {
        self.problem.take().map_or(Ok(()), Err)
    }

    /// Records a problem, unless there is one already.
    pub(super) fn refuse(&mut self, problem: Problem) {
        self.problem.get_or_insert(problem);
    }

    /// Records that a value is of the wrong kind.
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

    /// The planned value at a path.
    pub(super) fn get(&self, place: &str) -> Option<&Value> {
        value_at(&self.new, &path::parts(place)?)
    }

    /// The text at a path.
    pub(super) fn text_at(&self, place: &str) -> Option<&str> {
        self.get(place)?.as_str()
    }

    /// The entries of the object at a path; none where there is nothing. Something else stands in the way.
    pub(super) fn entries(&mut self, place: &str) -> Vec<(String, Value)> {
        self.parts_at(place, Value::as_object, "an object")
    }

    /// The items of the list at a path; none where there is nothing. Something else stands in the way.
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

    /// Puts a value at a path, and the objects that lead there. What is already so is left alone; what is no object on
    /// the way stands in the way.
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

    /// Adds a reason to a place that was changed.
    pub(super) fn note(&mut self, place: &str, why: &str) {
        if self.touched.iter().any(|(touched, _)| touched == place) {
            self.touched.push((place.to_owned(), why.to_owned()));
        }
    }

    /// Takes away what is at a path, if anything.
    pub(super) fn remove(&mut self, place: &str, why: &str) {
        let Some(mut parts) = path::parts(place) else {
            return;
        };
        if self.problem.is_some() || !remove_at(&mut self.new, &parts) {
            return;
        }
        // In a list the places after it change too, so the list is the place that changed.
        while matches!(parts.last(), Some(Part::Index(_))) {
            parts.pop();
        }
        self.touched.push((path::format(&parts), why.to_owned()));
    }

    /// Takes members out of the object at a path, and puts empty objects there under the names that it lacks. Each is a
    /// place of its own, and there may be thousands, so the object is walked through once.
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
            // This makes the objects that lead there.
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

    /// What changed, in the order in which it was decided. A place inside another changed place is part of that one.
    pub(super) fn changes(&self) -> Vec<Change> {
        // The first of each name.
        let mut known: BTreeMap<&str, usize> = BTreeMap::new();
        for (n, (place, _)) in self.touched.iter().enumerate() {
            known.entry(place).or_insert(n);
        }
        // For each touched place the reasons within it, where it is the first of its name and in no other.
        let mut whys: Vec<Vec<&str>> = vec![Vec::new(); self.touched.len()];
        for (place, why) in &self.touched {
            let outer = place.match_indices(['.', '[']).map(|(end, _)| end);
            let mut outer = outer.filter_map(|end| known.get(place.get(..end)?));
            let Some(&owner) = outer.next().or_else(|| known.get(place.as_str())) else {
                continue;
            };
            // They are few.
            if let Some(whys) = whys.get_mut(owner)
                && !whys.contains(&why.as_str())
            {
                whys.push(why);
            }
        }
        let mut changes: Vec<Change> = Vec::new();
        // Places beside each other are looked up in one walk through their object.
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
            let shown = |value: &Value| redact(value, secret_above(&parts)).json();
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

/// The members of the object at some steps; none where there is no object.
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

/// Puts a value at some steps, and the objects that lead there.
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

/// Takes a value away; whether there was one.
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

/// Whether a place lies under a name whose values are secrets.
fn secret_above(parts: &[Part]) -> bool {
    let env =
        matches!(parts, [Part::Key(env), Part::Key(vars), ..] if env == "env" && vars == "vars");
    env || parts
        .iter()
        .any(|part| matches!(part, Part::Key(key) if is_secret_name(key)))
}

fn is_secret_name(key: &str) -> bool {
    const ENDS: &str = "key token secret password authorization headers credential";
    let key = key.to_ascii_lowercase();
    ENDS.split(' ').any(|end| key.ends_with(end))
}

/// A value as JSON for people, secrets left out.
pub(super) fn redacted_json(value: &Value) -> String {
    redact(value, false).json()
}

/// A value in which whatever is a secret, or lies under a name of one, is left out.
fn redact(value: &Value, secret: bool) -> Value {
    match value {
        Value::Number(_) | Value::String(_)
            if secret && value.as_str() != Some(PLACEHOLDER_KEY) =>
        {
            text_value("(not shown)")
        }
        Value::String(plain) => Value::String(without_userinfo(plain)),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
        Value::Array(items) => {
            Value::Array(items.iter().map(|item| redact(item, secret)).collect())
        }
        Value::Object(entries) => Value::Object(
            entries
                .iter()
                .map(|(key, value)| {
                    let secret = secret || is_secret_name(key);
                    (key.clone(), redact(value, secret))
                })
                .collect(),
        ),
    }
}

/// An address without a name and password in it.
fn without_userinfo(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else {
        return text.to_owned();
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    match rest.get(..end).and_then(|authority| authority.rfind('@')) {
        Some(sign) => format!(
            "{scheme}://(not shown)@{}",
            rest.get(sign + 1..).unwrap_or_default()
        ),
        None => text.to_owned(),
    }
}
