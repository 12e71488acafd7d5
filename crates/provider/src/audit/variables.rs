//! `${NAME}`: replaced in every text value, as OpenClaw does after includes are merged.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::document::Value;
use crate::index::Index;
use crate::report::{Question, Variable};

/// What the world must be asked, each once.
#[derive(Debug, Default)]
pub(super) struct Questions {
    asked: Index,
    all: Vec<Question>,
}

impl Questions {
    /// Adds a question.
    pub(super) fn ask(&mut self, question: Question) {
        let text = match &question {
            Question::File(name) => format!("file\n{name}"),
            Question::Variable(name) => format!("variable\n{name}"),
        };
        if !self.asked.has(&text) {
            self.asked.add(text, self.all.len());
            self.all.push(question);
        }
    }

    /// Adds the questions of another.
    pub(super) fn append(&mut self, other: Self) {
        for question in other.all {
            self.ask(question);
        }
    }

    /// All questions: files, then variables, sorted by name.
    pub(super) fn into_all(self) -> Vec<Question> {
        self.asked
            .iter()
            .flat_map(|(_, places)| places)
            .filter_map(|n| self.all.get(*n).cloned())
            .collect()
    }
}

/// What names stand for: the environment as the host answered, then `env.vars` of the file (the environment wins).
pub(super) struct Variables {
    names: Index,
    /// Values; `None` where the host said that there is none.
    values: Vec<Option<String>>,
    /// Bytes that replacing may still add, so that a long value used often cannot fill the memory.
    budget: usize,
}

/// Most bytes that replacing may add; beyond, names stay as they are written, which nothing can be proven of.
const MAX_BYTES: usize = 64 << 20;

impl Variables {
    pub(super) fn new(root: &Value, answers: &[Variable]) -> Self {
        let mut out = Self {
            names: Index::default(),
            values: Vec::new(),
            budget: MAX_BYTES,
        };
        let own = root.at(&["env", "vars"]).and_then(Value::as_object);
        for (name, value) in own.unwrap_or_default() {
            // OpenClaw sets neither an empty value nor one that holds a reference.
            if let Some(text) = value.as_str()
                && !text.trim().is_empty()
                && pieces(text).all(|piece| !matches!(piece, Piece::Name(_)))
            {
                out.put(name.trim().to_owned(), Some(text.to_owned()));
            }
        }
        for answer in answers {
            if answer.value.is_some() || !out.names.has(&answer.name) {
                out.put(answer.name.clone(), answer.value.clone());
            }
        }
        out
    }

    fn put(&mut self, name: String, value: Option<String>) {
        self.names.add(name, self.values.len());
        self.values.push(value);
    }

    /// Replaces what is known, everywhere in the tree. Unknown names stay as they are written.
    pub(super) fn substitute(&mut self, value: &mut Value) {
        match value {
            Value::String(text) if text.contains("${") => *text = self.text(text),
            Value::Array(items) => items.iter_mut().for_each(|item| self.substitute(item)),
            Value::Object(entries) => entries
                .iter_mut()
                .for_each(|(_, value)| self.substitute(value)),
            _ => {}
        }
    }

    fn text(&mut self, text: &str) -> String {
        let Self {
            names,
            values,
            budget,
        } = self;
        pieces(text)
            .map(|piece| match piece {
                Piece::Plain(plain) => plain.to_owned(),
                Piece::Escaped(name) => format!("${{{name}}}"),
                Piece::Name(name) => match names.last(name).and_then(|n| values.get(n)) {
                    Some(Some(value)) if !value.is_empty() && value.len() <= *budget => {
                        *budget -= value.len();
                        value.clone()
                    }
                    _ => format!("${{{name}}}"),
                },
            })
            .collect()
    }

    /// Adds the names in a text that nobody has been asked about yet; whether there were any.
    pub(super) fn ask(&self, text: &str, questions: &mut Questions) -> bool {
        let mut asked = false;
        for piece in pieces(text) {
            if let Piece::Name(name) = piece
                && !self.names.has(name)
            {
                questions.ask(Question::Variable(name.to_owned()));
                asked = true;
            }
        }
        asked
    }
}

enum Piece<'a> {
    Plain(&'a str),
    Escaped(&'a str),
    Name(&'a str),
}

/// A text in pieces. Names are upper case letters, digits and underscores, not beginning with a digit.
fn pieces(text: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = text;
    core::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let dollar = rest.find('$').unwrap_or(rest.len());
        if dollar > 0 {
            let (plain, after) = rest.split_at_checked(dollar)?;
            rest = after;
            return Some(Piece::Plain(plain));
        }
        for (open, escaped) in [("$${", true), ("${", false)] {
            let Some(body) = rest.strip_prefix(open) else {
                continue;
            };
            let end = body
                .bytes()
                .position(|b| !(b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_'))
                .unwrap_or(body.len());
            let Some((name, after)) = body.split_at_checked(end) else {
                continue;
            };
            if let Some(after) = after.strip_prefix('}')
                && name.bytes().next().is_some_and(|b| !b.is_ascii_digit())
            {
                rest = after;
                return Some(if escaped {
                    Piece::Escaped(name)
                } else {
                    Piece::Name(name)
                });
            }
        }
        let (plain, after) = rest.split_at_checked(1)?;
        rest = after;
        Some(Piece::Plain(plain))
    })
}
