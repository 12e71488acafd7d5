//! Where things are in a text that [`crate::document::parse`] has accepted: spans of keys, values and commas, and the
//! text's habits (indentation, line ends, quotes). Meaning is the parser's business, never this module's.

use alloc::borrow::Cow;
use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

use crate::document::{self, MAX_DEPTH, Value};

/// A value and its place.
#[derive(Debug)]
pub(super) struct Node {
    /// From its first byte to after its last.
    pub(super) span: Range<usize>,
    /// What it holds.
    pub(super) body: Body,
}

/// What a value holds.
#[derive(Debug)]
pub(super) enum Body {
    /// No parts.
    Scalar,
    /// The items of a list.
    Array(Vec<Child>),
    /// The members of an object, duplicates included.
    Object(Vec<Child>),
}

/// A part of a list or an object.
#[derive(Debug)]
pub(super) struct Child {
    /// The key as it is written, quotes included; empty at the value's start in a list.
    key: Range<usize>,
    /// The value.
    pub(super) value: Node,
    /// Where the comma after it is.
    pub(super) comma: Option<usize>,
}

impl Child {
    /// Where it begins: its key, or its value in a list.
    pub(super) fn start(&self) -> usize {
        self.key.start
    }

    /// Where it ends, its comma included.
    pub(super) fn end(&self) -> usize {
        self.comma.map_or(self.value.span.end, |comma| comma + 1)
    }

    /// The key's text, escapes resolved; empty in a list.
    pub(super) fn key<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let raw = text.get(self.key.clone()).unwrap_or_default();
        if raw.contains('\\') {
            let quoted = match raw.chars().next() {
                Some('"' | '\'') => Cow::Borrowed(raw),
                _ => Cow::Owned(format!("\"{raw}\"")),
            };
            // The parser has read this key before, so it reads it again.
            return match document::parse(&quoted).map(|document| document.root) {
                Ok(Value::String(key)) => Cow::Owned(key),
                _ => Cow::Borrowed(raw),
            };
        }
        match raw.chars().next() {
            Some('"' | '\'') => {
                Cow::Borrowed(raw.get(1..raw.len().saturating_sub(1)).unwrap_or_default())
            }
            _ => Cow::Borrowed(raw),
        }
    }
}

/// Finds every span; `None` where the text is not what the parser accepts.
pub(super) fn scan(text: &str) -> Option<Node> {
    let mut scanner = Scanner { text, at: 0 };
    scanner.trivia()?;
    let root = scanner.value(0)?;
    scanner.trivia()?;
    (scanner.at == text.len()).then_some(root)
}

/// The end of white space and comments from `at` on.
pub(super) fn skip_trivia(text: &str, at: usize) -> Option<usize> {
    let mut scanner = Scanner { text, at };
    scanner.trivia()?;
    Some(scanner.at)
}

/// The end of the comment at `at`; `None` where none begins there.
pub(super) fn comment_end(text: &str, at: usize) -> Option<usize> {
    let rest = text.get(at..)?;
    if let Some(body) = rest.strip_prefix("/*") {
        return Some(at + 2 + body.find("*/")? + 2);
    }
    rest.starts_with("//")
        .then(|| at + rest.find(is_line_end).unwrap_or(rest.len()))
}

/// What ends a line in JSON5.
pub(super) fn is_line_end(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{2028}' | '\u{2029}')
}

/// White space within a line.
pub(super) fn is_blank(c: char) -> bool {
    (c.is_whitespace() || c == '\u{feff}') && !is_line_end(c)
}

struct Scanner<'t> {
    text: &'t str,
    at: usize,
}

impl Scanner<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn trivia(&mut self) -> Option<()> {
        loop {
            match self.peek() {
                Some('/') => self.at = comment_end(self.text, self.at)?,
                Some(c) if c.is_whitespace() || c == '\u{feff}' => self.at += c.len_utf8(),
                _ => return Some(()),
            }
        }
    }

    fn value(&mut self, depth: usize) -> Option<Node> {
        if depth > MAX_DEPTH {
            return None;
        }
        let start = self.at;
        let body = match self.peek()? {
            '{' => Body::Object(self.children('}', depth)?),
            '[' => Body::Array(self.children(']', depth)?),
            _ => {
                self.token()?;
                Body::Scalar
            }
        };
        Some(Node {
            span: start..self.at,
            body,
        })
    }

    fn children(&mut self, close: char, depth: usize) -> Option<Vec<Child>> {
        let mut children: Vec<Child> = Vec::new();
        self.at += 1;
        loop {
            self.trivia()?;
            let c = self.peek()?;
            if c == close {
                self.at += 1;
                return Some(children);
            }
            if c == ',' {
                children.last_mut()?.comma.replace(self.at);
                self.at += 1;
                continue;
            }
            let mut key = self.at..self.at;
            if close == '}' {
                self.token()?;
                key.end = self.at;
                self.trivia()?;
                self.at += self.rest().strip_prefix(':').map(|_| 1)?;
                self.trivia()?;
            }
            let value = self.value(depth + 1)?;
            children.push(Child {
                key,
                value,
                comma: None,
            });
        }
    }

    /// A text in quotes, or a word or number up to what ends it.
    fn token(&mut self) -> Option<()> {
        let quote = self.peek().filter(|c| matches!(c, '"' | '\''));
        let Some(quote) = quote else {
            let ends = |c: char| c.is_whitespace() || c == '\u{feff}' || ",:{}[]/\"'".contains(c);
            let length = self.rest().find(ends).unwrap_or(self.rest().len());
            self.at += length;
            return (length > 0).then_some(());
        };
        self.at += 1;
        loop {
            let next = self.rest().find(['\\', quote])?;
            self.at += next;
            if self.peek()? == quote {
                self.at += 1;
                return Some(());
            }
            self.at += 1;
            self.at += self.peek()?.len_utf8();
        }
    }
}

/// A text's habits, which new text follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Style {
    /// Line end.
    pub(super) newline: &'static str,
    /// One step of indentation.
    pub(super) indent: String,
    /// What stands between a colon and its value.
    pub(super) colon_gap: String,
    /// Quote of texts.
    pub(super) quote: char,
    /// Quote of keys that need none; `None` leaves it out.
    pub(super) key_quote: Option<char>,
    /// Everything is on one line, and stays there.
    pub(super) one_line: bool,
    /// Objects with little in them are on one line.
    pub(super) short_objects_on_one_line: bool,
}

impl Default for Style {
    /// What OpenClaw itself writes.
    fn default() -> Self {
        Self {
            newline: "\n",
            indent: "  ".to_owned(),
            colon_gap: " ".to_owned(),
            quote: '"',
            key_quote: Some('"'),
            one_line: false,
            short_objects_on_one_line: false,
        }
    }
}

impl Style {
    /// The habits of a text; what it does not show is as OpenClaw writes.
    pub(super) fn of(text: &str, lines: &Lines, root: &Node) -> Self {
        let mut style = Self::default();
        if let Some(at) = text.find(['\n', '\r']) {
            let rest = text.get(at..).unwrap_or_default();
            style.newline = if rest.starts_with("\r\n") {
                "\r\n"
            } else if rest.starts_with('\r') {
                "\r"
            } else {
                "\n"
            };
        }
        let inner = text.get(root.span.clone()).unwrap_or_default();
        style.one_line = !inner.contains(['\n', '\r']) && !children(root).is_empty();
        style.short_objects_on_one_line = first(root, &|child| {
            // The first object without objects in it shows the habit.
            let members = match &child.value.body {
                Body::Object(members) if !members.is_empty() => members,
                _ => return None,
            };
            let nested = |member: &Child| matches!(member.value.body, Body::Object(_));
            let raw = text.get(child.value.span.clone())?;
            (!members.iter().any(nested)).then(|| !raw.contains(is_line_end))
        })
        .unwrap_or_default();
        if let Some(indent) = indent_step(text, lines, root) {
            style.indent = indent;
        }
        if let Some(gap) = first_member(root).and_then(|member| {
            text.get(member.key.end..member.value.span.start)?
                .strip_prefix(':')
                .filter(|gap| gap.chars().all(is_blank))
        }) {
            style.colon_gap = gap.to_owned();
        }
        let plain_key = first(root, &|child| {
            let raw = text.get(child.key.clone())?;
            is_identifier(raw.trim_matches(['"', '\''])).then(|| quote_of(raw))
        });
        if let Some(quote) = plain_key {
            style.key_quote = quote;
        }
        let quoted = first(root, &|child| {
            quote_of(text.get(child.value.span.clone())?)
                .or_else(|| quote_of(text.get(child.key.clone())?))
        });
        if let Some(quote) = quoted {
            style.quote = quote;
        }
        style
    }
}

/// Whether a key needs no quotes in JSON5; only the ASCII ones are counted.
pub(super) fn is_identifier(key: &str) -> bool {
    key.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_' || c == '$')
        && key
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'$')
}

fn quote_of(raw: &str) -> Option<char> {
    raw.chars().next().filter(|c| matches!(c, '"' | '\''))
}

pub(super) fn children(node: &Node) -> &[Child] {
    match &node.body {
        Body::Scalar => &[],
        Body::Array(children) | Body::Object(children) => children,
    }
}

/// The first answer, in document order.
fn first<T>(node: &Node, ask: &impl Fn(&Child) -> Option<T>) -> Option<T> {
    children(node)
        .iter()
        .find_map(|child| ask(child).or_else(|| first(&child.value, ask)))
}

fn first_member(root: &Node) -> Option<&Child> {
    match &root.body {
        Body::Object(members) => members.first(),
        Body::Array(_) | Body::Scalar => None,
    }
}

/// How much deeper the first indented child stands than its container's line.
fn indent_step(text: &str, lines: &Lines, node: &Node) -> Option<String> {
    children(node).iter().find_map(|child| {
        own_line_indent(text, child.start())
            .and_then(|inner| inner.strip_prefix(lines.indent(text, node.span.start)))
            .filter(|step| !step.is_empty())
            .map(str::to_owned)
            .or_else(|| indent_step(text, lines, &child.value))
    })
}

/// The white space that each line of a text begins with, found once: a document may have everything on one line, where a
/// search back from each value would cost the square of its size.
#[derive(Debug)]
pub(super) struct Lines(Vec<Range<usize>>);

impl Lines {
    /// Finds the lines.
    pub(super) fn of(text: &str) -> Self {
        let mut lines = Vec::new();
        let mut start = 0;
        loop {
            let rest = text.get(start..).unwrap_or_default();
            let line = rest.strip_prefix('\u{feff}').unwrap_or(rest);
            let from = start + rest.len() - line.len();
            let blank = line.find(|c| !is_blank(c)).unwrap_or(line.len());
            lines.push(from..from + blank);
            match rest.char_indices().find(|(_, c)| is_line_end(*c)) {
                Some((n, c)) => start += n + c.len_utf8(),
                None => return Self(lines),
            }
        }
    }

    /// The white space at the beginning of the line that `at` is in.
    pub(super) fn indent<'t>(&self, text: &'t str, at: usize) -> &'t str {
        let after = self.0.partition_point(|line| line.start <= at);
        let line = after.checked_sub(1).and_then(|n| self.0.get(n));
        line.and_then(|line| text.get(line.clone()))
            .unwrap_or_default()
    }
}

/// The indentation of what begins at `at`, where nothing stands before it on its line.
pub(super) fn own_line_indent(text: &str, at: usize) -> Option<&str> {
    let before = text.get(..at)?;
    let start = before.trim_end_matches(is_blank).len();
    before
        .get(..start)?
        .ends_with(is_line_end)
        .then(|| before.get(start..))
        .flatten()
}
