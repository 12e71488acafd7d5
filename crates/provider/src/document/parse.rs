//! The JSON5 parser: one pass, without recursion, in linear time.

use std::collections::BTreeMap;
use std::mem;

use super::token::{Parsed, Tokens};
use super::{Document, MAX_DEPTH, MAX_DUPLICATES, Value, path};
use crate::problem::Problem;

/// Parses JSON5 text. (A byte order mark is white space in JSON5.)
///
/// # Errors
/// A [`Problem`] with the code `json5-syntax`, `json5-key` or `json5-depth`. Its `path` names line and column, both from 1.
pub fn parse(text: &str) -> Result<Document, Problem> {
    Parser {
        tokens: Tokens::new(text, 0),
        stack: Vec::new(),
        duplicates: Vec::new(),
        duplicates_seen: 0,
    }
    .run()
}

/// A list or an object whose end has not been read.
enum Frame {
    Array(Vec<Value>),
    /// The entries so far, and the key of the value that comes next.
    Object(Vec<(String, Value)>, String),
}

struct Parser<'a> {
    tokens: Tokens<'a>,
    stack: Vec<Frame>,
    duplicates: Vec<String>,
    /// How many duplicates were found, including those with the same path.
    duplicates_seen: usize,
}

impl Parser<'_> {
    fn run(mut self) -> Parsed<Document> {
        let root = self.value()?;
        self.tokens.skip_space()?;
        if self.tokens.peek().is_some() {
            return Err(self.tokens.unexpected("the end of the file"));
        }
        Ok(Document {
            root,
            duplicates: self.duplicates,
        })
    }

    /// Reads a whole value. Open lists and objects are kept in `self.stack`, so nesting uses the heap and not the call stack.
    fn value(&mut self) -> Parsed<Value> {
        loop {
            // A value begins here.
            self.tokens.skip_space()?;
            let mut done = match self.tokens.peek() {
                Some('{') => {
                    self.open(Frame::Object(Vec::new(), String::new()))?;
                    match self.next_key()? {
                        true => continue,
                        false => self.close()?,
                    }
                }
                Some('[') => {
                    self.open(Frame::Array(Vec::new()))?;
                    self.tokens.skip_space()?;
                    if !self.tokens.eat(']') {
                        continue;
                    }
                    self.close()?
                }
                _ => self.tokens.scalar()?,
            };
            // A value ended: put it in its container, and close every container that ends with it.
            loop {
                match self.stack.last_mut() {
                    None => return Ok(done),
                    Some(Frame::Array(items)) => {
                        items.push(done);
                        if self.after_item(']')? {
                            self.tokens.skip_space()?;
                            if !self.tokens.eat(']') {
                                break;
                            }
                        }
                    }
                    Some(Frame::Object(entries, key)) => {
                        entries.push((mem::take(key), done));
                        if self.after_item('}')? && self.next_key()? {
                            break;
                        }
                    }
                }
                done = self.close()?;
            }
        }
    }

    fn open(&mut self, frame: Frame) -> Parsed<()> {
        if self.stack.len() >= MAX_DEPTH {
            return Err(self.tokens.problem(
                "json5-depth",
                format!("more than {MAX_DEPTH} levels of nesting"),
                format!("at most {MAX_DEPTH} levels"),
            ));
        }
        self.stack.push(frame);
        self.tokens.bump();
        Ok(())
    }

    /// Takes the list or object that has just ended off the stack.
    fn close(&mut self) -> Parsed<Value> {
        match self.stack.pop() {
            Some(Frame::Array(items)) => Ok(Value::Array(items)),
            Some(Frame::Object(entries, _)) => Ok(Value::Object(self.unique(entries))),
            None => Err(self.tokens.unexpected("a value")),
        }
    }

    /// Reads what follows an item: a comma (`true`) or the end of the list or object (`false`).
    fn after_item(&mut self, end: char) -> Parsed<bool> {
        self.tokens.skip_space()?;
        if self.tokens.eat(',') {
            return Ok(true);
        }
        if self.tokens.eat(end) {
            return Ok(false);
        }
        let accepted = format!("',' or '{end}'");
        Err(self.tokens.unexpected(&accepted))
    }

    /// Reads a key of the innermost object and its colon. Returns `false` if the object ends instead.
    fn next_key(&mut self) -> Parsed<bool> {
        self.tokens.skip_space()?;
        if self.tokens.eat('}') {
            return Ok(false);
        }
        let name = self.tokens.key()?;
        self.tokens.colon()?;
        if let Some(Frame::Object(_, key)) = self.stack.last_mut() {
            *key = name;
        }
        Ok(true)
    }

    /// Removes duplicate keys and records their paths. The first position and the last value are kept.
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

    /// The path of a key of the object that has just been closed.
    fn path_of(&self, key: &str) -> String {
        let mut out = String::new();
        for frame in &self.stack {
            match frame {
                Frame::Array(items) => path::push_index(&mut out, items.len()),
                Frame::Object(_, key) => path::push_key(&mut out, key),
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
        for source in [
            "",
            "  // only\n",
            "{",
            "[1 2]",
            "[,]",
            "{a}",
            "{a:}",
            "{,}",
            "{a:1,,}",
            "01",
            "1_0",
            "0x",
            ".",
            "+",
            "- 1",
            "1e",
            "nul",
            "truee",
            "'a\nb'",
            "'\\1'",
            "'\\01'",
            "'\\x4'",
            "'\\u12'",
            "'a",
            "/* a",
            "/",
            "{1a: 1}",
            "{\\u0031a: 1}",
            "{a-b: 1}",
            "{} {}",
            "#",
            "{'a' 1}",
            "\u{180e}1",
        ] {
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
