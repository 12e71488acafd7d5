//! `${NAME}` in texts: replaced after includes are merged, as OpenClaw does.

use std::collections::{BTreeMap, BTreeSet};

use super::stored::assignments;
use crate::document::Value;
use crate::wit::config::{AuditInput, FileKind, Question};

/// The questions for the host, each once.
#[derive(Debug, Default)]
pub(super) struct Questions {
    files: BTreeSet<String>,
    variables: BTreeSet<String>,
}

impl Questions {
    /// Adds a question.
    pub(super) fn ask(&mut self, question: Question) {
        match question {
            Question::File(name) => self.files.insert(name),
            Question::Variable(name) => self.variables.insert(name),
        };
    }

    /// Adds other questions.
    pub(super) fn append(&mut self, other: Self) {
        self.files.extend(other.files);
        self.variables.extend(other.variables);
    }

    /// All questions: the files, then the variables, each sorted by name.
    pub(super) fn into_vec(self) -> Vec<Question> {
        let files = self.files.into_iter().map(Question::File);
        let variables = self.variables.into_iter().map(Question::Variable);
        files.chain(variables).collect()
    }
}

/// The values of variables: those of the environment as the host answered, else those of `env.vars` in the file. A variable has no
/// value if both differ: the Gateway's environment wins, but it may hold the value of an earlier file.
pub(super) struct Variables {
    /// The value of each variable; `None` if there is no value or more than one.
    values: BTreeMap<String, Option<String>>,
    /// How many bytes the replacements may still add, so that a long value that is used often cannot fill the memory.
    budget: usize,
}

/// The most bytes that replacements may add. Further variables are not replaced, and the texts with them are undecided.
const MAX_BYTES: usize = 64 << 20;

impl Variables {
    pub(super) fn new(root: &Value, input: &AuditInput) -> Self {
        let mut own: BTreeMap<String, Option<String>> = BTreeMap::new();
        let vars = root.members_at(&["env", "vars"]);
        for (name, value) in vars {
            // OpenClaw does not set a variable whose value is blank or contains another variable.
            if let Some(text) = value.as_str()
                && !text.trim().is_empty()
                && pieces(text).all(|piece| !matches!(piece, Piece::Name(_)))
            {
                own.insert(name.trim().to_owned(), Some(text.to_owned()));
            }
        }
        // What a `.env` file gives goes before `env.vars`, and how it is written is not read here.
        for file in &input.stored_files {
            if file.kind == FileKind::Environment {
                for (name, _) in assignments(file.text.as_deref().unwrap_or_default()) {
                    own.insert(name.to_owned(), None);
                }
            }
        }
        let mut values = BTreeMap::new();
        for answer in &input.variables {
            let value = match (&answer.value, own.get(&answer.name)) {
                (Some(value), Some(Some(own))) if value != own => None,
                (None, Some(own)) => own.clone(),
                (value, _) => value.clone(),
            };
            values.insert(answer.name.clone(), value);
        }
        Self {
            values,
            budget: MAX_BYTES,
        }
    }

    /// Replaces the known variables everywhere in a tree. The others stay as they are.
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
        let Self { values, budget } = self;
        pieces(text)
            .map(|piece| match piece {
                Piece::Plain(plain) => plain.to_owned(),
                Piece::Escaped(name) => format!("${{{name}}}"),
                Piece::Name(name) => match values.get(name) {
                    Some(Some(value)) if !value.is_empty() && value.len() <= *budget => {
                        *budget -= value.len();
                        value.clone()
                    }
                    _ => format!("${{{name}}}"),
                },
            })
            .collect()
    }

    /// The first variable in a text that has no value.
    pub(super) fn without_value<'t>(&self, text: &'t str) -> Option<&'t str> {
        pieces(text).find_map(|piece| match piece {
            Piece::Name(name) => {
                let value = self.values.get(name).and_then(Option::as_ref);
                value.is_none_or(String::is_empty).then_some(name)
            }
            Piece::Plain(_) | Piece::Escaped(_) => None,
        })
    }

    /// Asks for the variables in a text that have no answer yet. Returns whether there were any.
    pub(super) fn ask(&self, text: &str, questions: &mut Questions) -> bool {
        let mut asked = false;
        for piece in pieces(text) {
            if let Piece::Name(name) = piece
                && !self.values.contains_key(name)
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

/// Splits a text at its variables. A name is made of capital letters, digits and underscores, and does not begin with a digit.
fn pieces(text: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
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
