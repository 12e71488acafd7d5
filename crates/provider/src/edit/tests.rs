//! Properties of the text edits: whatever the text looks like and whatever changes in it, the new text means what was
//! wanted, and what did not change is the same bytes.

use proptest::prelude::*;

use super::scan::{Body, Node, Style, is_identifier, scan};
use super::text::rewrite;
use crate::document::{self, Value};

/// A stream of small decisions.
struct Choices(Vec<u8>, usize);

impl Choices {
    fn next(&mut self, below: u8) -> u8 {
        let n = self.0.get(self.1 % self.0.len().max(1)).copied();
        self.1 += 1;
        n.unwrap_or_default() % below
    }
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        prop::sample::select(vec!["0", "-1.5", "0x1F", "1e3", ".5", "Infinity", "3456"])
            .prop_map(|n| Value::Number(n.to_owned())),
        "[a-c\"'\\\\\n\u{2028}/*é{},:\\[\\]]{0,4}".prop_map(Value::String),
    ];
    leaf.prop_recursive(4, 40, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::Array),
            members(inner),
        ]
    })
}

fn members(inner: impl Strategy<Value = Value>) -> impl Strategy<Value = Value> {
    prop::collection::btree_map("[a-e$ /]{0,2}", inner, 0..5)
        .prop_map(|map| Value::Object(map.into_iter().collect()))
}

/// Writes values in random but legal ways; every comment has its own number.
struct Printer {
    out: String,
    how: Choices,
    comments: usize,
    /// Comments between a key and its value, too; they go with the member.
    inside_members: bool,
}

impl Printer {
    fn trivia(&mut self) {
        let choice = self.how.next(12);
        if (3..6).contains(&choice) {
            self.comments += 1;
        }
        let n = self.comments;
        match choice {
            0 => self.out.push_str("\n  "),
            1 => self.out.push_str("\r\n\t"),
            2 => self.out.push(' '),
            3 => self.out.push_str(&format!(" /*#{n};*/ ")),
            4 => self.out.push_str(&format!(" // #{n};\n    ")),
            5 => self.out.push_str(&format!("\n /*#{n};\n*/\n")),
            6 => self.out.push_str("\u{2028}\u{a0}"),
            _ => {}
        }
    }

    fn text(&mut self, text: &str) {
        let quote = if self.how.next(2) == 0 { '"' } else { '\'' };
        self.out.push(quote);
        for c in text.chars() {
            match c {
                '\n' => self.out.push_str("\\n"),
                '\\' => self.out.push_str("\\\\"),
                c if c == quote => self.out.extend(['\\', c]),
                'a' if self.how.next(4) == 0 => self.out.push_str("\\u0061"),
                'b' if self.how.next(4) == 0 => self.out.push_str("\\\r\nb"),
                c => self.out.push(c),
            }
        }
        self.out.push(quote);
    }

    fn value(&mut self, value: &Value) {
        let (open, close) = match value {
            Value::Array(_) => ('[', ']'),
            Value::Object(_) => ('{', '}'),
            Value::Null => return self.out.push_str("null"),
            Value::Bool(flag) => return self.out.push_str(&flag.to_string()),
            Value::Number(source) => return self.out.push_str(source),
            Value::String(text) => return self.text(text),
        };
        let mut parts: Vec<(Option<&str>, &Value)> = Vec::new();
        match value {
            Value::Array(items) => parts.extend(items.iter().map(|item| (None, item))),
            Value::Object(entries) => {
                parts.extend(
                    entries
                        .iter()
                        .map(|(key, value)| (Some(key.as_str()), value)),
                );
            }
            _ => {}
        }
        self.out.push(open);
        let count = parts.len();
        for (n, (key, value)) in parts.into_iter().enumerate() {
            self.trivia();
            if let Some(key) = key {
                if is_identifier(key) && self.how.next(2) == 0 {
                    self.out.push_str(key);
                } else {
                    self.text(key);
                }
                if self.inside_members {
                    self.trivia();
                }
                self.out.push(':');
                if self.inside_members {
                    self.trivia();
                }
            }
            self.value(value);
            self.trivia();
            if n + 1 < count || self.how.next(3) == 0 {
                self.out.push(',');
            }
        }
        self.trivia();
        self.out.push(close);
    }
}

/// A text that means `value`, and how many comments are in it.
fn print(value: &Value, how: &[u8], inside_members: bool) -> (String, usize) {
    let mut printer = Printer {
        out: String::new(),
        how: Choices(how.to_vec(), 0),
        comments: 0,
        inside_members,
    };
    printer.trivia();
    printer.value(value);
    printer.trivia();
    (printer.out, printer.comments)
}

/// Another value: parts removed, replaced, added and moved. With `scalars_only`, no container goes, and items change
/// places only where they are all scalars: a container that changes and moves cannot be known again.
fn changed(value: &Value, how: &mut Choices, scalars_only: bool) -> Value {
    let fresh = || {
        let inner = Value::Object(vec![("n x".to_owned(), Value::Bool(true))]);
        Value::Array(vec![Value::String("it's".to_owned()), inner])
    };
    let is_scalar = |value: &Value| !matches!(value, Value::Array(_) | Value::Object(_));
    let part = |part: &Value, how: &mut Choices, stays: bool| match how.next(6) {
        0 if !stays => None,
        1 if !stays => Some(fresh()),
        2 if !stays || is_scalar(part) => Some(Value::Null),
        3 => Some(part.clone()),
        _ => Some(changed(part, how, scalars_only)),
    };
    match value {
        Value::Array(items) => {
            let stay = scalars_only && !items.iter().all(is_scalar);
            let mut items: Vec<Value> = items
                .iter()
                .filter_map(|item| part(item, how, stay))
                .collect();
            match how.next(6) {
                _ if stay => {}
                0 => items.push(fresh()),
                1 => items.insert(0, Value::String("first".to_owned())),
                2 => items.reverse(),
                _ => {}
            }
            Value::Array(items)
        }
        Value::Object(entries) => {
            let mut entries: Vec<(String, Value)> = entries
                .iter()
                .filter_map(|(key, value)| {
                    let stays = scalars_only && !is_scalar(value);
                    Some((key.clone(), part(value, how, stays)?))
                })
                .collect();
            for n in 0..how.next(3) {
                entries.push((format!("new{n}"), fresh()));
            }
            Value::Object(entries)
        }
        other => other.clone(),
    }
}

fn edit(text: &str, old: &Value, new: &Value) -> String {
    let root = scan(text).expect("what the parser reads can be scanned");
    rewrite(text, &root, &Style::of(text, &root), old, new).expect("nothing stands in the way")
}

/// Whether every part of an object that did not change is the same bytes.
fn same_bytes(
    before: (&str, &Node, &Value),
    after: (&str, &Node, &Value),
) -> Result<(), TestCaseError> {
    let ((text, node, old), (new_text, new_node, new)) = (before, after);
    if old == new {
        prop_assert_eq!(&text[node.span.clone()], &new_text[new_node.span.clone()]);
        return Ok(());
    }
    let (Body::Object(children), Body::Object(new_children)) = (&node.body, &new_node.body) else {
        return Ok(());
    };
    for child in children {
        let key = child.key(text);
        let there = new_children.iter().find(|new| new.key(new_text) == key);
        let values = old.get(&key).zip(new.get(&key));
        if let Some((new_child, (old, new))) = there.zip(values) {
            same_bytes((text, &child.value, old), (new_text, &new_child.value, new))?;
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    /// The new text means what was wanted, in its order, and an edit to the same value changes nothing.
    #[test]
    fn means_what_was_wanted(
        old in members(value()),
        how in prop::collection::vec(any::<u8>(), 1..80),
        what in prop::collection::vec(any::<u8>(), 1..40),
    ) {
        let (text, _) = print(&old, &how, true);
        prop_assert_eq!(&document::parse(&text).expect("legal").root, &old);
        prop_assert_eq!(edit(&text, &old, &old), text.clone());
        let new = changed(&old, &mut Choices(what, 0), false);
        let edited = edit(&text, &old, &new);
        let again = document::parse(&edited).map(|document| document.root);
        prop_assert_eq!(again, Ok(new.clone()), "{}\n---\n{}", text, edited);
        let (root, new_root) = (scan(&text).expect("legal"), scan(&edited).expect("legal"));
        same_bytes((&text, &root, &old), (&edited, &new_root, &new))?;
    }

    /// No comment is lost that stands between members and items.
    #[test]
    fn keeps_comments(
        old in members(value()),
        how in prop::collection::vec(any::<u8>(), 1..80),
        what in prop::collection::vec(any::<u8>(), 1..40),
    ) {
        let (text, comments) = print(&old, &how, false);
        let new = changed(&old, &mut Choices(what, 0), true);
        let edited = edit(&text, &old, &new);
        for n in 1..=comments {
            let mark = format!("#{n};");
            prop_assert_eq!(edited.matches(&mark).count(), 1, "{}\n---\n{}", text, edited);
        }
    }

    /// Strict JSON stays strict JSON.
    #[test]
    fn keeps_strict_json_strict(
        old in members(value()),
        pretty in any::<bool>(),
        what in prop::collection::vec(any::<u8>(), 1..40),
    ) {
        let json = crate::configured::json(&old);
        let text = if pretty { format!("{json:#}\n") } else { json.to_string() };
        let old = document::parse(&text).expect("JSON is JSON5").root;
        let new = changed(&old, &mut Choices(what, 0), false);
        let edited = edit(&text, &old, &new);
        let read: Result<serde_json::Value, _> = serde_json::from_str(&edited);
        prop_assert!(read.is_ok(), "{}\n---\n{}", text, edited);
    }
}
