//! The JSON5 reader: one pass, no recursion, linear in the text.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::identifier::{ID_PART, ID_START};
use super::{Document, MAX_DEPTH, MAX_DUPLICATES, Value, path};
use crate::problem::Problem;
use crate::quote;

/// Reads JSON5 text (a byte order mark is white space in JSON5).
///
/// # Errors
/// A [`Problem`] with code `json5-syntax` or `json5-depth`; `path` names line and column, both from 1.
pub fn parse(text: &str) -> Result<Document, Problem> {
    Parser {
        text,
        at: 0,
        stack: Vec::new(),
        duplicates: Vec::new(),
        noted: 0,
    }
    .run()
}

/// An open list or object.
enum Frame {
    Array(Vec<Value>),
    /// Entries so far, and the key whose value comes next.
    Object(Vec<(String, Value)>, String),
}

struct Parser<'a> {
    text: &'a str,
    /// Byte offset of what comes next; always on a character boundary.
    at: usize,
    stack: Vec<Frame>,
    duplicates: Vec<String>,
    /// How many duplicates were looked at; some have the same path.
    noted: usize,
}

type Step<T> = Result<T, Problem>;

impl Parser<'_> {
    fn run(mut self) -> Step<Document> {
        let root = self.value()?;
        self.skip_space()?;
        if self.peek().is_some() {
            return Err(self.unexpected("the end of the file"));
        }
        Ok(Document {
            root,
            duplicates: self.duplicates,
        })
    }

    /// Reads one whole value; open containers are kept in `stack`, so depth costs heap and not stack.
    fn value(&mut self) -> Step<Value> {
        loop {
            // A value begins here.
            self.skip_space()?;
            let mut done = match self.peek() {
                Some('{') => {
                    self.open(Frame::Object(Vec::new(), String::new()))?;
                    match self.next_key()? {
                        true => continue,
                        false => self.close()?,
                    }
                }
                Some('[') => {
                    self.open(Frame::Array(Vec::new()))?;
                    self.skip_space()?;
                    if self.peek() != Some(']') {
                        continue;
                    }
                    self.bump();
                    self.close()?
                }
                _ => self.scalar()?,
            };
            // A value ended: put it in its container, and close every container that ends with it.
            loop {
                match self.stack.last_mut() {
                    None => return Ok(done),
                    Some(Frame::Array(items)) => {
                        items.push(done);
                        if self.another(']')? {
                            self.skip_space()?;
                            if self.peek() != Some(']') {
                                break;
                            }
                            self.bump();
                        }
                    }
                    Some(Frame::Object(entries, key)) => {
                        entries.push((core::mem::take(key), done));
                        if self.another('}')? && self.next_key()? {
                            break;
                        }
                    }
                }
                done = self.close()?;
            }
        }
    }

    fn open(&mut self, frame: Frame) -> Step<()> {
        if self.stack.len() >= MAX_DEPTH {
            return Err(self.problem(
                "json5-depth",
                format!("more than {MAX_DEPTH} levels of nesting"),
                format!("at most {MAX_DEPTH} levels"),
            ));
        }
        self.stack.push(frame);
        self.bump();
        Ok(())
    }

    /// The container that has just ended.
    fn close(&mut self) -> Step<Value> {
        match self.stack.pop() {
            Some(Frame::Array(items)) => Ok(Value::Array(items)),
            Some(Frame::Object(entries, _)) => Ok(Value::Object(self.unique(entries))),
            None => Err(self.unexpected("a value")),
        }
    }

    /// After an item: `true` after a comma, `false` after the end.
    fn another(&mut self, end: char) -> Step<bool> {
        self.skip_space()?;
        match self.peek() {
            Some(',') => {
                self.bump();
                Ok(true)
            }
            Some(c) if c == end => {
                self.bump();
                Ok(false)
            }
            _ => Err(self.unexpected(if end == ']' {
                "',' or ']'"
            } else {
                "',' or '}'"
            })),
        }
    }

    /// Reads a key and its colon into the innermost object; `false` where the object ends instead.
    fn next_key(&mut self) -> Step<bool> {
        self.skip_space()?;
        let name = match self.peek() {
            Some('}') => {
                self.bump();
                return Ok(false);
            }
            Some(quote @ ('"' | '\'')) => self.string(quote)?,
            _ => self.identifier()?,
        };
        self.skip_space()?;
        if self.peek() != Some(':') {
            return Err(self.unexpected("':'"));
        }
        self.bump();
        if let Some(Frame::Object(_, key)) = self.stack.last_mut() {
            *key = name;
        }
        Ok(true)
    }

    /// Entries without duplicates: first position, last value, each duplicate's path noted.
    fn unique(&mut self, entries: Vec<(String, Value)>) -> Vec<(String, Value)> {
        let mut order: Vec<usize> = (0..entries.len()).collect();
        let name = |n: usize| entries.get(n).map(|(key, _)| key.as_str());
        order.sort_by_key(|&n| name(n));
        let same = |pair: &[usize]| matches!(pair, [a, b] if name(*a) == name(*b));
        if !order.windows(2).any(same) {
            return entries;
        }
        // For each entry, the position that it ends up at: that of the first with its name.
        let mut target: Vec<usize> = (0..entries.len()).collect();
        for pair in order.windows(2) {
            let [a, b] = *pair else { continue };
            if name(a) != name(b) {
                continue;
            }
            let first = target.get(a).copied().unwrap_or(a);
            if let Some(slot) = target.get_mut(b) {
                *slot = first;
            }
            // A name is noted once, and not many paths are put together: they may be as long as the text.
            if first == a && self.noted < MAX_DUPLICATES {
                self.noted += 1;
                let full = self.path_of(name(b).unwrap_or_default());
                if !self.duplicates.contains(&full) {
                    self.duplicates.push(full);
                }
            }
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

    fn scalar(&mut self) -> Step<Value> {
        match self.peek() {
            Some(quote @ ('"' | '\'')) => Ok(Value::String(self.string(quote)?)),
            Some('n') => self.literal("null").map(|()| Value::Null),
            Some('t') => self.literal("true").map(|()| Value::Bool(true)),
            Some('f') => self.literal("false").map(|()| Value::Bool(false)),
            Some('+' | '-' | '.' | '0'..='9' | 'I' | 'N') => self.number(),
            _ => Err(self.unexpected("a value")),
        }
    }

    fn literal(&mut self, word: &str) -> Step<()> {
        for expected in word.chars() {
            if self.peek() != Some(expected) {
                return Err(self.unexpected(word));
            }
            self.bump();
        }
        Ok(())
    }

    fn number(&mut self) -> Step<Value> {
        let start = self.at;
        if matches!(self.peek(), Some('+' | '-')) {
            self.bump();
        }
        match self.peek() {
            Some('I') => self.literal("Infinity")?,
            Some('N') => self.literal("NaN")?,
            Some('0') => {
                self.bump();
                if matches!(self.peek(), Some('x' | 'X')) {
                    self.bump();
                    self.digits(16, "a hexadecimal digit")?;
                } else {
                    self.fraction_and_exponent(true)?;
                }
            }
            Some('1'..='9') => {
                self.digits(10, "a digit")?;
                self.fraction_and_exponent(true)?;
            }
            Some('.') => self.fraction_and_exponent(false)?,
            _ => return Err(self.unexpected("a number")),
        }
        Ok(Value::Number(
            self.text.get(start..self.at).unwrap_or_default().to_owned(),
        ))
    }

    /// What may follow the integer part; `optional` is false where a digit must follow the point.
    fn fraction_and_exponent(&mut self, optional: bool) -> Step<()> {
        if self.peek() == Some('.') {
            self.bump();
            if !optional || matches!(self.peek(), Some('0'..='9')) {
                self.digits(10, "a digit")?;
            }
        }
        if matches!(self.peek(), Some('e' | 'E')) {
            self.bump();
            if matches!(self.peek(), Some('+' | '-')) {
                self.bump();
            }
            self.digits(10, "a digit")?;
        }
        Ok(())
    }

    fn digits(&mut self, radix: u32, what: &str) -> Step<()> {
        if !self.peek().is_some_and(|c| c.is_digit(radix)) {
            return Err(self.unexpected(what));
        }
        while self.peek().is_some_and(|c| c.is_digit(radix)) {
            self.bump();
        }
        Ok(())
    }

    fn string(&mut self, quote: char) -> Step<String> {
        self.bump();
        let mut out = String::new();
        loop {
            // Copy what needs no thought in one piece.
            let rest = self.text.get(self.at..).unwrap_or_default();
            let plain = rest
                .bytes()
                .position(|b| matches!(b, b'\\' | b'\n' | b'\r') || char::from(b) == quote)
                .unwrap_or(rest.len());
            out.push_str(rest.get(..plain).unwrap_or_default());
            self.at += plain;
            match self.peek() {
                Some('\\') => {
                    self.bump();
                    self.escape(&mut out)?;
                }
                Some(c) if c == quote => {
                    self.bump();
                    return Ok(out);
                }
                _ => return Err(self.unexpected("the end of the text in quotes")),
            }
        }
    }

    fn escape(&mut self, out: &mut String) -> Step<()> {
        let Some(c) = self.peek() else {
            return Err(self.unexpected("an escape"));
        };
        match c {
            'u' => {
                let c = self.unicode_escape()?;
                out.push(c);
                return Ok(());
            }
            'x' => {
                self.bump();
                let code = self.hex(2)?;
                out.push(char::from_u32(code).unwrap_or_default());
                return Ok(());
            }
            '1'..='9' => return Err(self.unexpected("an escape")),
            '0' => {
                self.bump();
                if matches!(self.peek(), Some('0'..='9')) {
                    return Err(self.unexpected("an escape"));
                }
                out.push('\0');
                return Ok(());
            }
            '\r' => {
                self.bump();
                if self.peek() == Some('\n') {
                    self.bump();
                }
                return Ok(());
            }
            '\n' | '\u{2028}' | '\u{2029}' => {}
            'b' => out.push('\u{8}'),
            'f' => out.push('\u{c}'),
            'n' => out.push('\n'),
            'r' => out.push('\r'),
            't' => out.push('\t'),
            'v' => out.push('\u{b}'),
            c => out.push(c),
        }
        self.bump();
        Ok(())
    }

    /// `uXXXX`, and the second half of a pair where the first is one.
    fn unicode_escape(&mut self) -> Step<char> {
        let start = self.at;
        self.bump();
        let first = self.hex(4)?;
        if let Some(c) = char::from_u32(first) {
            return Ok(c);
        }
        if first < 0xDC00
            && self
                .text
                .get(self.at..)
                .is_some_and(|rest| rest.starts_with("\\u"))
        {
            self.bump();
            self.bump();
            let second = self.hex(4)?;
            if (0xDC00..0xE000).contains(&second)
                && let Some(c) =
                    char::from_u32(0x1_0000 + ((first - 0xD800) << 10) + (second - 0xDC00))
            {
                return Ok(c);
            }
        }
        self.at = start;
        Err(self.unexpected("a whole character (half of a surrogate pair is not one)"))
    }

    fn hex(&mut self, count: usize) -> Step<u32> {
        let mut code = 0;
        for _ in 0..count {
            let Some(digit) = self.peek().and_then(|c| c.to_digit(16)) else {
                return Err(self.unexpected("a hexadecimal digit"));
            };
            code = code * 16 + digit;
            self.bump();
        }
        Ok(code)
    }

    fn identifier(&mut self) -> Step<String> {
        let mut out = String::new();
        loop {
            let first = out.is_empty();
            let start = self.at;
            let c = match self.peek() {
                Some('\\') => {
                    self.bump();
                    if self.peek() != Some('u') {
                        return Err(self.unexpected("a unicode escape"));
                    }
                    let c = self.unicode_escape()?;
                    // The library reads one code unit at a time, so a pair is two bad characters.
                    if u32::from(c) > 0xFFFF || !is_identifier(c, first) {
                        self.at = start;
                        return Err(self.unexpected("a key"));
                    }
                    c
                }
                Some(c) if is_identifier(c, first) => {
                    self.bump();
                    c
                }
                _ if first => return Err(self.unexpected("a key")),
                _ => return Ok(out),
            };
            out.push(c);
        }
    }

    fn skip_space(&mut self) -> Step<()> {
        loop {
            match self.peek() {
                Some(
                    '\t'
                    | '\u{b}'
                    | '\u{c}'
                    | ' '
                    | '\u{a0}'
                    | '\u{feff}'
                    | '\n'
                    | '\r'
                    | '\u{2028}'
                    | '\u{2029}'
                    | '\u{1680}'
                    | '\u{2000}'..='\u{200a}'
                    | '\u{202f}'
                    | '\u{205f}'
                    | '\u{3000}',
                ) => self.bump(),
                Some('/') => self.comment()?,
                _ => return Ok(()),
            }
        }
    }

    fn comment(&mut self) -> Step<()> {
        self.bump();
        let rest = self.text.get(self.at..).unwrap_or_default();
        match self.peek() {
            Some('/') => {
                let end = rest.find(['\n', '\r', '\u{2028}', '\u{2029}']);
                self.at += end.unwrap_or(rest.len());
                Ok(())
            }
            Some('*') => match rest.get(1..).and_then(|body| body.find("*/")) {
                Some(end) => {
                    self.at += 1 + end + 2;
                    Ok(())
                }
                None => {
                    self.at = self.text.len();
                    Err(self.unexpected("the end of the comment"))
                }
            },
            _ => Err(self.unexpected("a comment")),
        }
    }

    fn peek(&self) -> Option<char> {
        let rest = self.text.get(self.at..)?;
        match rest.as_bytes().first()? {
            byte if byte.is_ascii() => Some(char::from(*byte)),
            _ => rest.chars().next(),
        }
    }

    fn bump(&mut self) {
        if let Some(c) = self.peek() {
            self.at += c.len_utf8();
        }
    }

    fn unexpected(&self, accepted: &str) -> Problem {
        let found = match self.peek() {
            Some(c) => {
                let mut found = String::new();
                quote::push(&mut found, c.encode_utf8(&mut [0; 4]), '\'');
                quote::visible(&found)
            }
            None => "the end of the file".to_owned(),
        };
        self.problem("json5-syntax", found, accepted.to_owned())
    }

    fn problem(&self, code: &str, found: String, accepted: String) -> Problem {
        let before = self.text.get(..self.at).unwrap_or_default();
        let line = before.bytes().filter(|b| *b == b'\n').count() + 1;
        let column = before
            .rsplit('\n')
            .next()
            .map_or(0, |last| last.chars().count())
            + 1;
        Problem::new(
            code,
            format!("line {line}, column {column}"),
            found,
            accepted,
            "Correct the file there; until then OpenClaw cannot read it either.",
        )
    }
}

/// Whether a character may stand in an unquoted key.
fn is_identifier(c: char, first: bool) -> bool {
    match c {
        '$' | '_' | 'a'..='z' | 'A'..='Z' => true,
        '0'..='9' | '\u{200c}' | '\u{200d}' => !first,
        c if c.is_ascii() => false,
        c => in_ranges(&ID_START, c) || (!first && in_ranges(&ID_PART, c)),
    }
}

/// Whether a sorted table of packed ranges (see `identifier`) holds a character.
fn in_ranges(ranges: &[u32], c: char) -> bool {
    let code = u32::from(c);
    let after = ranges.partition_point(|range| range >> 11 <= code);
    after
        .checked_sub(1)
        .and_then(|n| ranges.get(n))
        .is_some_and(|range| code - (range >> 11) <= range & 0x7ff)
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
        let object = read("{a$_1\u{200c}: 1, \\u0061b: 2, \u{e9}t\u{e9}\u{301}: 3, /**/ '': 4,}");
        let keys: Vec<_> = object
            .as_object()
            .unwrap()
            .iter()
            .map(|e| e.0.as_str())
            .collect();
        assert_eq!(keys, ["a$_1\u{200c}", "ab", "\u{e9}t\u{e9}\u{301}", ""]);
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
            "{\u{301}a: 1}",
            "#",
            "{'a' 1}",
            "\u{180e}1",
            "{\\ud840\\udc00: 1}",
        ] {
            assert_eq!(
                parse(source).map_err(|p| p.code),
                Err("json5-syntax".into()),
                "{source:?}"
            );
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
        let problem = parse("{\n  a: 1,\n  \u{e9}: ?\n}").unwrap_err();
        assert_eq!(
            (problem.path.as_str(), problem.found.as_str()),
            ("line 3, column 6", "'?'")
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
