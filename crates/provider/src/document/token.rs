//! The tokenizer of JSON5, used by the parser ([`super::parse()`]) and by the editor to find spans.

use super::Value;
use crate::problem::Problem;
use crate::strings;

/// The result of reading a token.
pub(super) type Parsed<T> = Result<T, Problem>;

/// A position in a text from which tokens are read.
#[derive(Debug)]
pub(crate) struct Tokens<'a> {
    text: &'a str,
    /// Byte offset of the next character.
    at: usize,
}

/// Whether a character ends a line in JSON5.
pub(crate) fn is_line_end(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{2028}' | '\u{2029}')
}

/// Whether a character is white space within a line in JSON5.
#[rustfmt::skip]
pub(crate) fn is_blank(c: char) -> bool {
    matches!(
        c,
        '\t' | '\u{b}' | '\u{c}' | ' ' | '\u{a0}' | '\u{feff}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}'
            | '\u{205f}' | '\u{3000}'
    )
}

impl<'a> Tokens<'a> {
    /// A tokenizer that starts at a byte offset.
    pub(crate) fn new(text: &'a str, at: usize) -> Self {
        Self { text, at }
    }

    /// The byte offset of the next character.
    pub(crate) fn offset(&self) -> usize {
        self.at
    }

    /// The next character.
    pub(crate) fn peek(&self) -> Option<char> {
        let rest = self.text.get(self.at..)?;
        match rest.as_bytes().first()? {
            byte if byte.is_ascii() => Some(char::from(*byte)),
            _ => rest.chars().next(),
        }
    }

    /// Skips the next character.
    pub(crate) fn bump(&mut self) {
        if let Some(c) = self.peek() {
            self.at += c.len_utf8();
        }
    }

    /// Skips the next character if it is `c`. Returns whether it was.
    pub(crate) fn eat(&mut self, c: char) -> bool {
        let found = self.peek() == Some(c);
        if found {
            self.bump();
        }
        found
    }

    /// Skips white space and comments.
    ///
    /// # Errors
    /// A comment that does not end, or a slash that begins no comment.
    pub(crate) fn skip_space(&mut self) -> Parsed<()> {
        loop {
            match self.peek() {
                Some(c) if is_blank(c) || is_line_end(c) => self.bump(),
                Some('/') => self.comment()?,
                _ => return Ok(()),
            }
        }
    }

    /// Skips a comment. After a `//` comment the line end comes next.
    ///
    /// # Errors
    /// A comment that does not end, or a slash that begins no comment.
    pub(crate) fn comment(&mut self) -> Parsed<()> {
        self.bump();
        let rest = self.text.get(self.at..).unwrap_or_default();
        match self.peek() {
            Some('/') => {
                self.at += rest.find(is_line_end).unwrap_or(rest.len());
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

    /// Reads a key.
    ///
    /// # Errors
    /// Something else comes next.
    pub(crate) fn key(&mut self) -> Parsed<String> {
        match self.peek() {
            Some(quote @ ('"' | '\'')) => self.string(quote),
            _ => self.identifier(),
        }
    }

    /// Skips the colon after a key.
    ///
    /// # Errors
    /// Something else comes next.
    pub(crate) fn colon(&mut self) -> Parsed<()> {
        self.skip_space()?;
        if self.eat(':') {
            Ok(())
        } else {
            Err(self.unexpected("':'"))
        }
    }

    /// Reads a value that is neither a list nor an object.
    ///
    /// # Errors
    /// Something else comes next.
    pub(crate) fn scalar(&mut self) -> Parsed<Value> {
        match self.peek() {
            Some(quote @ ('"' | '\'')) => Ok(Value::String(self.string(quote)?)),
            Some('n') => self.literal("null").map(|()| Value::Null),
            Some('t') => self.literal("true").map(|()| Value::Bool(true)),
            Some('f') => self.literal("false").map(|()| Value::Bool(false)),
            Some('+' | '-' | '.' | '0'..='9' | 'I' | 'N') => self.number(),
            _ => Err(self.unexpected("a value")),
        }
    }

    fn literal(&mut self, word: &str) -> Parsed<()> {
        for expected in word.chars() {
            if self.peek() != Some(expected) {
                return Err(self.unexpected(word));
            }
            self.bump();
        }
        Ok(())
    }

    fn number(&mut self) -> Parsed<Value> {
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

    /// Reads the fraction and the exponent of a number. `optional` says that a digit need not follow the point.
    fn fraction_and_exponent(&mut self, optional: bool) -> Parsed<()> {
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

    fn digits(&mut self, radix: u32, what: &str) -> Parsed<()> {
        if !self.peek().is_some_and(|c| c.is_digit(radix)) {
            return Err(self.unexpected(what));
        }
        while self.peek().is_some_and(|c| c.is_digit(radix)) {
            self.bump();
        }
        Ok(())
    }

    fn string(&mut self, quote: char) -> Parsed<String> {
        self.bump();
        let mut out = String::new();
        loop {
            // Copies the text up to the next quote, escape or line end in one piece.
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

    /// Reads what follows the backslash of an escape.
    fn escape(&mut self, out: &mut String) -> Parsed<()> {
        let c = match self.peek() {
            Some('u') => {
                out.push(self.unicode_escape()?);
                return Ok(());
            }
            None | Some('1'..='9') => return Err(self.unexpected("an escape")),
            Some(c) => c,
        };
        self.bump();
        match c {
            'x' => out.push(char::from_u32(self.hex(2)?).unwrap_or_default()),
            '0' if matches!(self.peek(), Some('0'..='9')) => {
                return Err(self.unexpected("an escape"));
            }
            '0' => out.push('\0'),
            '\r' => drop(self.eat('\n')),
            '\n' | '\u{2028}' | '\u{2029}' => {}
            'b' => out.push('\u{8}'),
            'f' => out.push('\u{c}'),
            'n' => out.push('\n'),
            'r' => out.push('\r'),
            't' => out.push('\t'),
            'v' => out.push('\u{b}'),
            c => out.push(c),
        }
        Ok(())
    }

    /// Reads `uXXXX`, and the second half of a surrogate pair after a first half.
    fn unicode_escape(&mut self) -> Parsed<char> {
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

    fn hex(&mut self, count: usize) -> Parsed<u32> {
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

    fn identifier(&mut self) -> Parsed<String> {
        let start = self.at;
        let mut out = String::new();
        loop {
            let from = self.at;
            let c = match self.peek() {
                Some('\\') => {
                    self.bump();
                    if self.peek() != Some('u') {
                        return Err(self.unexpected("a unicode escape"));
                    }
                    self.unicode_escape()?
                }
                Some(c) if is_identifier(c) || !(c.is_ascii() || is_blank(c) || is_line_end(c)) => {
                    self.bump();
                    c
                }
                _ if out.is_empty() => return Err(self.unexpected("a key")),
                _ => return Ok(out),
            };
            if !c.is_ascii() {
                self.at = start;
                return Err(self.unquoted_key_problem());
            }
            if !is_identifier(c) || (out.is_empty() && c.is_ascii_digit()) {
                self.at = from;
                return Err(self.unexpected("a key"));
            }
            out.push(c);
        }
    }

    /// The problem of a key with letters beyond ASCII and without quotes. Which letters are allowed depends on the version of Unicode.
    fn unquoted_key_problem(&self) -> Problem {
        Problem {
            next: "Put the key in quotes: it means the same, and everyone can read it.".to_owned(),
            ..self.problem(
                "json5-key",
                "a key with letters beyond ASCII, without quotes".to_owned(),
                "such a key in quotes".to_owned(),
            )
        }
    }

    /// The problem that something else comes next.
    pub(super) fn unexpected(&self, accepted: &str) -> Problem {
        let found = match self.peek() {
            Some(c) => {
                strings::escape_invisible(&strings::quote_json5(c.encode_utf8(&mut [0; 4]), '\''))
            }
            None => "the end of the file".to_owned(),
        };
        self.problem("json5-syntax", found, accepted.to_owned())
    }

    /// A problem at the current position.
    pub(super) fn problem(&self, code: &str, found: String, accepted: String) -> Problem {
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

/// Whether an ASCII character may be in a key without quotes. (A digit may not be its first character.)
fn is_identifier(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '$' | '_')
}
