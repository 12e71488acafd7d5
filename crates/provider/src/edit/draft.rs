//! A document in the making: the value as it is, the value as it shall be, and why each place changes.

use crate::document::Value;
use crate::document::path::{self, Step};
use crate::report::Change;
use crate::{PLACEHOLDER_KEY, Problem};

/// Keys that lead to a place.
pub(super) fn keys(names: &[&str]) -> Vec<Step> {
    names
        .iter()
        .map(|name| Step::Key((*name).to_owned()))
        .collect()
}

/// A path with one key more.
pub(super) fn under(path: &[Step], name: &str) -> Vec<Step> {
    let mut path = path.to_vec();
    path.push(Step::Key(name.to_owned()));
    path
}

pub(super) fn text(text: &str) -> Value {
    Value::String(text.to_owned())
}

pub(super) fn object<const N: usize>(entries: [(&str, Value); N]) -> Value {
    Value::Object(entries.map(|(key, value)| (key.to_owned(), value)).into())
}

pub(super) fn list_of_texts(items: &[String]) -> Value {
    Value::Array(items.iter().map(|item| text(item)).collect())
}

/// The value at a path.
pub(super) fn at<'v>(root: &'v Value, path: &[Step]) -> Option<&'v Value> {
    path.iter().try_fold(root, |value, step| match step {
        Step::Key(key) => value.get(key),
        Step::Index(n) => value.as_array()?.get(*n),
    })
}

/// A value and the changes that are wanted of it.
#[derive(Debug)]
pub(super) struct Draft {
    /// As the document has it.
    pub(super) old: Value,
    /// As it shall be.
    pub(super) new: Value,
    /// Every place that was changed, and why.
    touched: Vec<(Vec<Step>, String)>,
}

impl Draft {
    pub(super) fn new(old: Value) -> Self {
        Self {
            new: old.clone(),
            old,
            touched: Vec::new(),
        }
    }

    /// The wanted value at a path.
    pub(super) fn get(&self, path: &[Step]) -> Option<&Value> {
        at(&self.new, path)
    }

    /// The object at a path; `None` where there is nothing.
    ///
    /// # Errors
    /// `wrong-type` where something else is there.
    pub(super) fn object_at(&self, path: &[Step]) -> Result<Option<&[(String, Value)]>, Problem> {
        match self.get(path) {
            None => Ok(None),
            Some(Value::Object(entries)) => Ok(Some(entries)),
            Some(other) => Err(wrong_type(path, other, "an object")),
        }
    }

    /// The list at a path; `None` where there is nothing.
    ///
    /// # Errors
    /// `wrong-type` where something else is there.
    pub(super) fn list_at(&self, path: &[Step]) -> Result<Option<&[Value]>, Problem> {
        match self.get(path) {
            None => Ok(None),
            Some(Value::Array(items)) => Ok(Some(items)),
            Some(other) => Err(wrong_type(path, other, "a list")),
        }
    }

    /// Puts a value at a path, and the objects that lead there. What is already so is left alone.
    ///
    /// # Errors
    /// `wrong-type` where something that is no object stands in the way; nothing is changed then.
    pub(super) fn set(&mut self, path: &[Step], value: Value, why: &str) -> Result<(), Problem> {
        if self.get(path) == Some(&value) {
            return Ok(());
        }
        for n in 0..path.len() {
            let (outer, rest) = path.split_at(n);
            let Some(inner) = self.get(outer) else { break };
            let fits = matches!(
                (inner, rest.first()),
                (Value::Object(_), Some(Step::Key(_))) | (Value::Array(_), Some(Step::Index(_)))
            );
            if !fits {
                let mut problem = wrong_type(outer, inner, "an object");
                problem.next = format!("Write this there by hand: {}", snippet(rest, &value));
                return Err(problem);
            }
        }
        if put(&mut self.new, path, value) {
            self.touched.push((path.to_vec(), why.to_owned()));
        }
        Ok(())
    }

    /// Takes away what is at a path, if anything.
    pub(super) fn remove(&mut self, path: &[Step], why: &str) {
        if take(&mut self.new, path).is_some() {
            // In a list the places after it change too, so the list is the place that changed.
            let place = match path {
                [list @ .., Step::Index(_)] => list,
                _ => path,
            };
            self.touched.push((place.to_vec(), why.to_owned()));
        }
    }

    /// What changed, in the order in which it was decided. A place inside another changed place is part of that one.
    pub(super) fn changes(&self) -> Vec<Change> {
        let mut changes: Vec<Change> = Vec::new();
        for (n, (place, _)) in self.touched.iter().enumerate() {
            let covered = self.touched.iter().enumerate().any(|(m, (other, _))| {
                place.starts_with(other) && (other.len() < place.len() || m < n)
            });
            let (before, after) = (at(&self.old, place), at(&self.new, place));
            if covered || before == after {
                continue;
            }
            let mut why: Vec<&str> = Vec::new();
            for (inner, reason) in &self.touched {
                if inner.starts_with(place) && !why.contains(&reason.as_str()) {
                    why.push(reason);
                }
            }
            let shown = |value: &Value| {
                let mut out = String::new();
                json(&mut out, value, secret_above(place));
                out
            };
            changes.push(Change {
                path: path::format(place),
                before: before.map(shown),
                after: after.map(shown),
                why: why.join(" "),
            });
        }
        changes
    }
}

/// A value that cannot be there.
pub(super) fn wrong_type(place: &[Step], found: &Value, accepted: &str) -> Problem {
    let shown = path::format(place);
    let shown = if shown.is_empty() {
        "the whole document".to_owned()
    } else {
        shown
    };
    Problem::new(
        "wrong-type",
        shown.clone(),
        found.kind(),
        accepted,
        format!("Make {shown} {accepted}, or remove it, and try again."),
    )
}

/// `{"a":{"b":VALUE}}` for the keys of a path.
fn snippet(path: &[Step], value: &Value) -> String {
    let out = shown(value);
    path.iter().rev().fold(out, |inner, step| match step {
        Step::Key(key) => {
            format!("{{{}:{inner}}}", shown(&text(key)))
        }
        Step::Index(_) => inner,
    })
}

fn put(root: &mut Value, path: &[Step], value: Value) -> bool {
    let Some((step, rest)) = path.split_first() else {
        *root = value;
        return true;
    };
    match (step, root) {
        (Step::Key(key), Value::Object(entries)) => {
            if let Some((_, inner)) = entries.iter_mut().find(|(name, _)| name == key) {
                return put(inner, rest, value);
            }
            let mut inner = if rest.is_empty() {
                Value::Null
            } else {
                Value::Object(Vec::new())
            };
            let done = put(&mut inner, rest, value);
            entries.push((key.clone(), inner));
            done
        }
        (Step::Index(n), Value::Array(items)) => {
            items.get_mut(*n).is_some_and(|item| put(item, rest, value))
        }
        _ => false,
    }
}

fn take(root: &mut Value, path: &[Step]) -> Option<Value> {
    let (step, rest) = path.split_first()?;
    match (step, root) {
        (Step::Key(key), Value::Object(entries)) => {
            let n = entries.iter().position(|(name, _)| name == key)?;
            if rest.is_empty() {
                return Some(entries.remove(n).1);
            }
            take(&mut entries.get_mut(n)?.1, rest)
        }
        (Step::Index(n), Value::Array(items)) => {
            if rest.is_empty() {
                return (*n < items.len()).then(|| items.remove(*n));
            }
            take(items.get_mut(*n)?, rest)
        }
        _ => None,
    }
}

/// Whether a place lies under a name whose values are secrets.
fn secret_above(place: &[Step]) -> bool {
    let env =
        matches!(place, [Step::Key(env), Step::Key(vars), ..] if env == "env" && vars == "vars");
    env || place
        .iter()
        .any(|step| matches!(step, Step::Key(key) if is_secret_name(key)))
}

fn is_secret_name(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    [
        "key",
        "token",
        "secret",
        "password",
        "authorization",
        "headers",
        "credential",
    ]
    .iter()
    .any(|end| key.ends_with(end))
}

/// A value as JSON for people, secrets left out.
pub(super) fn shown(value: &Value) -> String {
    let mut out = String::new();
    json(&mut out, value, false);
    out
}

/// Compact JSON for people, secrets left out.
fn json(out: &mut String, value: &Value, secret: bool) {
    let quoted = |out: &mut String, text: &str| {
        out.push_str(&serde_json::Value::from(text).to_string());
    };
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Value::Number(_) | Value::String(_)
            if secret && value.as_str() != Some(PLACEHOLDER_KEY) =>
        {
            quoted(out, "(not shown)");
        }
        Value::Number(text) => out.push_str(text),
        Value::String(text) => quoted(out, &without_userinfo(text)),
        Value::Array(items) => {
            out.push('[');
            for (n, item) in items.iter().enumerate() {
                if n > 0 {
                    out.push(',');
                }
                json(out, item, secret);
            }
            out.push(']');
        }
        Value::Object(entries) => {
            out.push('{');
            for (n, (key, value)) in entries.iter().enumerate() {
                if n > 0 {
                    out.push(',');
                }
                quoted(out, key);
                out.push(':');
                json(out, value, secret || is_secret_name(key));
            }
            out.push('}');
        }
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
