//! A text with the positions (spans) of its values, its lines, and its style (indentation, line ends, quotes).

use std::ops::Range;

use crate::document::token::Tokens;
pub(super) use crate::document::token::{is_blank, is_line_end};
pub(super) use crate::document::{Body, Child, Node};

/// The end of white space and comments from `at` on.
pub(super) fn skip_trivia(text: &str, at: usize) -> Option<usize> {
    let mut tokens = Tokens::new(text, at);
    tokens.skip_space().ok()?;
    Some(tokens.offset())
}

/// The end of the comment at `at`; `None` if no comment begins there.
pub(super) fn comment_end(text: &str, at: usize) -> Option<usize> {
    let mut tokens = Tokens::new(text, at);
    (tokens.peek() == Some('/')).then(|| tokens.comment().ok())??;
    Some(tokens.offset())
}

/// A text with its spans.
pub(super) struct ParsedText<'t> {
    pub(super) text: &'t str,
    pub(super) root: Node,
    pub(super) lines: Lines,
    pub(super) style: Style,
}

impl<'t> ParsedText<'t> {
    /// A text with the spans that the parser found in it.
    pub(super) fn new(text: &'t str, root: Node) -> Self {
        let lines = Lines::of(text);
        Self {
            text,
            style: Style::of(text, &lines, &root),
            lines,
            root,
        }
    }
}

/// The style of a text, which new text follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Style {
    /// The line end.
    pub(super) newline: &'static str,
    /// One level of indentation.
    pub(super) indent: String,
    /// The white space between a colon and its value.
    pub(super) colon_gap: String,
    /// The quote of texts.
    pub(super) quote: char,
    /// The quote of keys that need none; `None` if they are written without quotes.
    pub(super) key_quote: Option<char>,
    /// Whether the whole document is on one line.
    pub(super) one_line: bool,
    /// Whether short objects are on one line.
    pub(super) short_objects_on_one_line: bool,
}

impl Default for Style {
    /// The style in which OpenClaw writes.
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
    /// The style of a text. What the text does not show is as OpenClaw writes.
    fn of(text: &str, lines: &Lines, root: &Node) -> Self {
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
        style.short_objects_on_one_line = find_first(root, &|child| {
            // The first object without objects in it is an example.
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
            text.get(member.key_span.end..member.value.span.start)?
                .strip_prefix(':')
                .filter(|gap| gap.chars().all(is_blank))
        }) {
            style.colon_gap = gap.to_owned();
        }
        let plain_key = find_first(root, &|child| {
            let raw = text.get(child.key_span.clone())?;
            is_identifier(raw.trim_matches(['"', '\''])).then(|| quote_of(raw))
        });
        if let Some(quote) = plain_key {
            style.key_quote = quote;
        }
        let quoted = find_first(root, &|child| {
            quote_of(text.get(child.value.span.clone())?)
                .or_else(|| quote_of(text.get(child.key_span.clone())?))
        });
        if let Some(quote) = quoted {
            style.quote = quote;
        }
        style
    }
}

/// Whether a key needs no quotes in JSON5. Keys with letters beyond ASCII always get quotes.
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

/// The first result of `ask`, in document order.
fn find_first<T>(node: &Node, ask: &impl Fn(&Child) -> Option<T>) -> Option<T> {
    children(node)
        .iter()
        .find_map(|child| ask(child).or_else(|| find_first(&child.value, ask)))
}

fn first_member(root: &Node) -> Option<&Child> {
    match &root.body {
        Body::Object(members) => members.first(),
        Body::Array(_) | Body::Scalar => None,
    }
}

/// One level of indentation, from the first item or member that begins a line.
fn indent_step(text: &str, lines: &Lines, node: &Node) -> Option<String> {
    children(node).iter().find_map(|child| {
        own_line_indent(text, child.start())
            .and_then(|inner| inner.strip_prefix(lines.indent(text, node.span.start)))
            .filter(|step| !step.is_empty())
            .map(str::to_owned)
            .or_else(|| indent_step(text, lines, &child.value))
    })
}

/// The white space at the beginning of each line, found once. In a document on one line, searching backwards from each value would
/// take quadratic time.
#[derive(Debug)]
pub(super) struct Lines(Vec<Range<usize>>);

impl Lines {
    /// Finds the lines.
    fn of(text: &str) -> Self {
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

    /// The indentation of the line around `at`.
    pub(super) fn indent<'t>(&self, text: &'t str, at: usize) -> &'t str {
        let after = self.0.partition_point(|line| line.start <= at);
        let line = after.checked_sub(1).and_then(|n| self.0.get(n));
        line.and_then(|line| text.get(line.clone()))
            .unwrap_or_default()
    }
}

/// The indentation before `at`, if there is nothing else before it on its line.
pub(super) fn own_line_indent(text: &str, at: usize) -> Option<&str> {
    let before = text.get(..at)?;
    let start = before.trim_end_matches(is_blank).len();
    before
        .get(..start)?
        .ends_with(is_line_end)
        .then(|| before.get(start..))
        .flatten()
}
