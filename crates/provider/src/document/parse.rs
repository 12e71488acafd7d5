//! The JSON5 parser: one pass, without recursion, in linear time.

use std::collections::BTreeMap;
use std::ops::Range;

use super::token::{Parsed, Tokens};
use super::{Document, MAX_DEPTH, MAX_DUPLICATES, Value, path};
use crate::problem::Problem;

/// Parses JSON5 text. (A byte order mark is white space in JSON5.)
///
/// # Errors
/// A [`Problem`] with the code `json5-syntax`, `json5-key` or `json5-depth`. Its `path` names line and column, both from 1.
pub fn parse(text: &str) -> Result<Document, Problem> {
    Parser::new(text, false).run().map(|(document, _)| document)
}

/// The same with the positions of all values in the text.
///
/// # Errors
/// As [`parse`].
pub(crate) fn parse_with_spans(text: &str) -> Result<(Document, Node), Problem> {
    Parser::new(text, true).run()
}

/// A value in the text.
#[derive(Debug)]
pub(crate) struct Node {
    /// Its bytes.
    pub(crate) span: Range<usize>,
    /// Its parts.
    pub(crate) body: Body,
}

/// The parts of a value.
#[derive(Debug)]
pub(crate) enum Body {
    /// The value is neither a list nor an object.
    Scalar,
    /// The items of the list.
    Array(Vec<Child>),
    /// The members of the object, including duplicates.
    Object(Vec<Child>),
}

/// An item of a list or a member of an object.
#[derive(Debug)]
pub(crate) struct Child {
    /// The key, with its escapes resolved; empty in a list.
    pub(crate) key: String,
    /// The span of the key with its quotes; in a list an empty span before the value.
    pub(crate) key_span: Range<usize>,
    /// The value.
    pub(crate) value: Node,
    /// The position of the comma after it.
    pub(crate) comma: Option<usize>,
}

impl Child {
    /// The start of its key, or of its value in a list.
    pub(crate) fn start(&self) -> usize {
        self.key_span.start
    }

    /// Its end, after its comma.
    pub(crate) fn end(&self) -> usize {
        self.comma.map_or(self.value.span.end, |comma| comma + 1)
    }
}

/// A list or an object whose end has not been read.
struct Frame {
    /// Its first byte.
    start: usize,
    /// The bracket that ends it.
    end: char,
    /// The items of a list.
    items: Vec<Value>,
    /// The entries of an object.
    entries: Vec<(String, Value)>,
    /// The key of the next entry, and its span.
    key: (String, Range<usize>),
    /// The positions of the parts, if they are recorded.
    children: Vec<Child>,
}

struct Parser<'a> {
    tokens: Tokens<'a>,
    /// The open lists and objects. They are on the heap, so that nesting does not use the call stack.
    stack: Vec<Frame>,
    /// Whether the positions of values are recorded.
    with_spans: bool,
    duplicates: Vec<String>,
    /// How many duplicates were found, including those with the same path.
    duplicates_seen: usize,
}

impl<'a> Parser<'a> {
    fn new(text: &'a str, with_spans: bool) -> Self {
        Self {
            tokens: Tokens::new(text, 0),
            stack: Vec::new(),
            with_spans,
            duplicates: Vec::new(),
            duplicates_seen: 0,
        }
    }

    fn run(mut self) -> Parsed<(Document, Node)> {
        let (root, node) = self.value()?;
        self.tokens.skip_space()?;
        if self.tokens.peek().is_some() {
            return Err(self.tokens.unexpected("the end of the file"));
        }
        let duplicates = self.duplicates;
        Ok((Document { root, duplicates }, node))
    }

    /// Reads a whole value.
    fn value(&mut self) -> Parsed<(Value, Node)> {
        loop {
            self.tokens.skip_space()?;
            let start = self.tokens.offset();
            let mut done = match self.tokens.peek() {
                Some('{') => self.open('}')?,
                Some('[') => self.open(']')?,
                _ => {
                    let value = self.tokens.scalar()?;
                    let span = start..self.tokens.offset();
                    let body = Body::Scalar;
                    Some((value, Node { span, body }))
                }
            };
            // Adds a value to the list or object around it, and closes those that end.
            while let Some((value, node)) = done {
                let Some(frame) = self.stack.last_mut() else {
                    return Ok((value, node));
                };
                self.tokens.skip_space()?;
                let after = self.tokens.offset();
                let comma = self.tokens.eat(',').then_some(after);
                let end = frame.end;
                let (key, key_span) = match end {
                    '}' => std::mem::take(&mut frame.key),
                    _ => (String::new(), node.span.start..node.span.start),
                };
                if self.with_spans {
                    let key = key.clone();
                    frame.children.push(Child {
                        key,
                        key_span,
                        value: node,
                        comma,
                    });
                }
                match end {
                    '}' => frame.entries.push((key, value)),
                    _ => frame.items.push(value),
                }
                done = match comma {
                    Some(_) => self.next_part()?,
                    None if self.tokens.eat(end) => self.close(),
                    None => return Err(self.tokens.unexpected(&format!("',' or '{end}'"))),
                };
            }
        }
    }

    /// Begins a list or an object, and returns it if it is empty.
    fn open(&mut self, end: char) -> Parsed<Option<(Value, Node)>> {
        if self.stack.len() >= MAX_DEPTH {
            return Err(self.tokens.problem(
                "json5-depth",
                format!("more than {MAX_DEPTH} levels of nesting"),
                format!("at most {MAX_DEPTH} levels"),
            ));
        }
        self.stack.push(Frame {
            start: self.tokens.offset(),
            end,
            items: Vec::new(),
            entries: Vec::new(),
            key: Default::default(),
            children: Vec::new(),
        });
        self.tokens.bump();
        self.next_part()
    }

    /// Reads up to the next value of the innermost list or object, which is returned if it ends instead.
    fn next_part(&mut self) -> Parsed<Option<(Value, Node)>> {
        self.tokens.skip_space()?;
        let Some(frame) = self.stack.last_mut() else {
            return Ok(None);
        };
        if self.tokens.eat(frame.end) {
            return Ok(self.close());
        }
        if frame.end == '}' {
            let start = self.tokens.offset();
            let key = self.tokens.key()?;
            frame.key = (key, start..self.tokens.offset());
            self.tokens.colon()?;
        }
        Ok(None)
    }

    /// Takes the list or object that has just ended off the stack.
    fn close(&mut self) -> Option<(Value, Node)> {
        let frame = self.stack.pop()?;
        let span = frame.start..self.tokens.offset();
        let (value, body) = match frame.end {
            '}' => {
                let entries = self.unique(frame.entries);
                (Value::Object(entries), Body::Object(frame.children))
            }
            _ => (Value::Array(frame.items), Body::Array(frame.children)),
        };
        Some((value, Node { span, body }))
    }

    /// Removes duplicate keys of the object that has just ended, and records their paths. The first position and the last value are kept.
    fn unique(&mut self, entries: Vec<(String, Value)>) -> Vec<(String, Value)> {
        let mut first: BTreeMap<&str, usize> = BTreeMap::new();
        // The position of each entry in the result: that of the first entry with the same key.
        let mut target = Vec::with_capacity(entries.len());
        let mut again = vec![false; entries.len()];
        for (n, (key, _)) in entries.iter().enumerate() {
            let place = *first.entry(key).or_insert(n);
            target.push(place);
            if place == n {
                continue;
            }
            let again = again.get_mut(place).filter(|again| !**again);
            // Each key is recorded once. Only few paths are built, because a path can be as long as the text.
            if let Some(again) = again
                && self.duplicates_seen < MAX_DUPLICATES
            {
                *again = true;
                self.duplicates_seen += 1;
                let full = self.path_of(key);
                if !self.duplicates.contains(&full) {
                    self.duplicates.push(full);
                }
            }
        }
        if first.len() == entries.len() {
            return entries;
        }
        let mut slots: Vec<Option<(String, Value)>> = Vec::new();
        slots.resize_with(entries.len(), || None);
        for (entry, place) in entries.into_iter().zip(target) {
            if let Some(slot) = slots.get_mut(place) {
                *slot = Some(entry);
            }
        }
        slots.into_iter().flatten().collect()
    }

    /// The path of a key of the object that has just ended.
    fn path_of(&self, key: &str) -> String {
        let mut out = String::new();
        for frame in &self.stack {
            match frame.end {
                '}' => path::push_key(&mut out, &frame.key.0),
                _ => path::push_index(&mut out, frame.items.len()),
            }
        }
        path::push_key(&mut out, key);
        out
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;

    fn text(s: &str) -> Value {
        Value::String(s.to_owned())
    }

    fn read(source: &str) -> Value {
        parse(source).unwrap().root
    }

    /// Each was run through the npm library json5 2.2.3, which accepts it with this meaning.
    #[test]
    fn reads_what_the_npm_library_reads() {
        assert_eq!(read("\u{feff} null // end"), Value::Null);
        assert_eq!(read("[1,]"), Value::Array(vec![Value::Number("1".into())]));
        for number in [
            "+.5", "5.", "-0x1F", "1e-3", "Infinity", "-NaN", "0", "0.0E0",
        ] {
            assert_eq!(read(number), Value::Number(number.into()));
        }
        assert_eq!(
            read(r#"'a"\'\x41\u0042\v\0\q\ud83d\ude00'"#),
            text("a\"'AB\u{b}\0q\u{1F600}")
        );
        assert_eq!(read("'a\\\r\nb\u{2028}c\td'"), text("ab\u{2028}c\td"));
        let object = read("{a$_1: 1, \\u0061b: 2, '\u{e9}t\u{e9}\u{301}': 3, /**/ '': 4,}");
        let keys: Vec<_> = object
            .as_object()
            .unwrap()
            .iter()
            .map(|e| e.0.as_str())
            .collect();
        assert_eq!(keys, ["a$_1", "ab", "\u{e9}t\u{e9}\u{301}", ""]);
    }

    /// Each was run through the npm library json5 2.2.3, which refuses it.
    #[test]
    fn refuses_what_the_npm_library_refuses() {
        const REFUSED: &str = "{ [,] {a} {a:} {,} {a:1,,} 01 1_0 0x . + 1e nul truee 'a / #";
        let others = [
            "",
            "  // only\n",
            "[1 2]",
            "- 1",
            "'a\nb'",
            "'\\1'",
            "'\\01'",
            "'\\x4'",
            "'\\u12'",
            "/* a",
            "{1a: 1}",
            "{\\u0031a: 1}",
            "{a-b: 1}",
            "{} {}",
            "{'a' 1}",
            "\u{180e}1",
        ];
        for source in REFUSED.split(' ').chain(others) {
            assert_eq!(
                parse(source).map_err(|p| p.code),
                Err("json5-syntax".into()),
                "{source:?}"
            );
        }
    }

    /// The library reads some of these and not others, by the tables of one version of Unicode.
    #[test]
    fn wants_keys_beyond_ascii_in_quotes() {
        for source in [
            "{a$_1\u{200c}: 1}",
            "{\u{e9}t\u{e9}: 1}",
            "{\\u00e9: 1}",
            "{a\u{301}: 1}",
            "{\u{301}a: 1}",
            "{\\ud840\\udc00: 1}",
        ] {
            let problem = parse(source).unwrap_err();
            assert_eq!(
                (problem.code.as_str(), problem.path.as_str()),
                ("json5-key", "line 1, column 2"),
                "{source:?}"
            );
            assert!(problem.next.contains("in quotes"), "{source:?}");
        }
    }

    #[test]
    fn refuses_half_of_a_surrogate_pair() {
        for source in [
            r#"'\ud83d'"#,
            r#"'\ude00'"#,
            r#"'\ud83dx'"#,
            r#"'\ud83d\u0041'"#,
        ] {
            assert_eq!(
                parse(source).unwrap_err().path,
                "line 1, column 3",
                "{source}"
            );
        }
    }

    #[test]
    fn names_line_and_column() {
        let problem = parse("{\n  a: 1,\n  '\u{e9}': ?\n}").unwrap_err();
        assert_eq!(
            (problem.path.as_str(), problem.found.as_str()),
            ("line 3, column 8", "'?'")
        );
    }

    #[test]
    fn keeps_the_first_place_and_the_last_value_of_a_duplicate() {
        let document = parse("{a:1,b:[{},{x:1,y:2,'x':3,\"x\":4}],'a':2}").unwrap();
        assert_eq!(document.duplicates, ["b[1].x", "a"]);
        assert_eq!(document.root.get("a"), Some(&Value::Number("2".into())));
        let keys: Vec<_> = document
            .root
            .as_object()
            .unwrap()
            .iter()
            .map(|e| e.0.as_str())
            .collect();
        assert_eq!(keys, ["a", "b"]);
        let inner = &document.root.get("b").unwrap().as_array().unwrap()[1];
        assert_eq!(inner.get("x"), Some(&Value::Number("4".into())));
        assert_eq!(inner.as_object().unwrap().len(), 2);
    }

    #[test]
    fn bounds_depth_without_recursion() {
        let nested = |n: usize| "[".repeat(n) + &"]".repeat(n);
        assert!(parse(&nested(MAX_DEPTH)).is_ok());
        assert_eq!(
            parse(&nested(MAX_DEPTH + 1)).unwrap_err().code,
            "json5-depth"
        );
        assert_eq!(
            parse(&"{a:[".repeat(1_000_000)).unwrap_err().code,
            "json5-depth"
        );
    }
}
