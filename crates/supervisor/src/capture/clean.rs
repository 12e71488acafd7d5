//! Cleans a stream of output: escape sequences and control characters go, then secrets are replaced. A secret is found
//! wherever the stream was cut into pieces, also inside a line that never ends.

use memchr::memmem::Finder;
use secrecy::{ExposeSecret as _, SecretString};
use std::borrow::Cow;
use std::ops::Range;

/// An unfinished line is held back up to this many bytes.
const HOLD: usize = 16 * 1024;
/// Part of a longer line that stays back because a secret may begin in it; also the longest literal secret.
const OVERLAP: usize = 512;

const REDACTED: &[u8] = b"[redacted]";

/// What must not appear in logs and diagnoses, besides what follows the word `Bearer` and e-mail addresses.
#[derive(Debug, Clone, Default)]
pub struct Redaction {
    /// Beginnings of secrets; what follows up to the end of the word is replaced.
    pub prefixes: Vec<String>,
    /// Whole secrets. Those under 4 bytes are left out, those over 512 are cut.
    pub literals: Vec<SecretString>,
}

#[derive(Debug)]
enum Rule {
    /// A secret follows.
    Prefix(Finder<'static>),
    Literal(Finder<'static>),
    /// Something that an address stands around.
    Email(Finder<'static>),
}

#[derive(Debug)]
pub(crate) struct Cleaner {
    rules: Vec<Rule>,
    held: Vec<u8>,
    /// Inside a secret that was longer than what is held back.
    swallowing: bool,
}

struct Match {
    range: Range<usize>,
    /// Bytes at its beginning that may be shown.
    shown: usize,
}

impl Cleaner {
    pub(crate) fn new(redaction: Redaction) -> Self {
        let finder = |needle: &[u8]| Finder::new(needle).into_owned();
        let mut rules = Vec::new();
        for prefix in redaction.prefixes.iter().filter(|p| !p.is_empty()) {
            rules.push(Rule::Prefix(finder(prefix.as_bytes())));
        }
        for literal in &redaction.literals {
            let literal = literal.expose_secret().as_bytes();
            if literal.len() >= 4 {
                rules.push(Rule::Literal(finder(
                    literal.get(..OVERLAP).unwrap_or(literal),
                )));
            }
        }
        rules.push(Rule::Prefix(finder(b"earer ")));
        rules.push(Rule::Email(finder(b"@")));
        Self {
            rules,
            held: Vec::new(),
            swallowing: false,
        }
    }

    /// Takes a piece of the stream and hands on what is finished.
    pub(crate) fn feed(&mut self, mut bytes: &[u8], out: &mut dyn FnMut(&[u8])) {
        if self.swallowing {
            let end = bytes.iter().position(|b| !is_token(*b));
            self.swallowing = end.is_none();
            bytes = bytes.get(end.unwrap_or(bytes.len())..).unwrap_or_default();
        }
        if !self.held.is_empty()
            && let Some(end) = memchr::memchr(b'\n', bytes)
        {
            let (line, rest) = bytes.split_at(end + 1);
            self.held.extend_from_slice(line);
            bytes = rest;
            let held = std::mem::take(&mut self.held);
            self.finish(&held, out);
        }
        if let Some(end) = memchr::memrchr(b'\n', bytes) {
            let (lines, rest) = bytes.split_at(end + 1);
            bytes = rest;
            self.finish(lines, out);
        }
        self.held.extend_from_slice(bytes);
        if self.held.len() > HOLD {
            self.shorten(out);
        }
    }

    /// Hands on the unfinished line as it is; a process ended or another writer has something to say.
    pub(crate) fn flush(&mut self, out: &mut dyn FnMut(&[u8])) {
        self.swallowing = false;
        if !self.held.is_empty() {
            let mut held = std::mem::take(&mut self.held);
            held.push(b'\n');
            self.finish(&held, out);
        }
    }

    pub(super) fn partial(&self) -> String {
        let mut text = Vec::new();
        self.finish(&self.held, &mut |piece| text.extend_from_slice(piece));
        let text = String::from_utf8_lossy(&text);
        let last = text.lines().last().unwrap_or_default();
        last.chars().take(200).collect()
    }

    fn finish(&self, text: &[u8], out: &mut dyn FnMut(&[u8])) {
        self.redact(&without_controls(text), out);
    }

    fn redact(&self, text: &[u8], out: &mut dyn FnMut(&[u8])) {
        let mut at = 0;
        for found in self.matches(text) {
            if found.range.start >= at {
                out(text
                    .get(at..found.range.start + found.shown)
                    .unwrap_or_default());
                out(REDACTED);
            }
            at = at.max(found.range.end);
        }
        let rest = text.get(at..).unwrap_or_default();
        if !rest.is_empty() {
            out(rest);
        }
    }

    /// A line without end: hands on all of it but the part in which a secret may begin.
    fn shorten(&mut self, out: &mut dyn FnMut(&[u8])) {
        let held = std::mem::take(&mut self.held);
        let text = without_controls(&held);
        if text.len() <= OVERLAP {
            // Hardly anything is left of it.
            self.held = text.into_owned();
            return;
        }
        let mut cut = text.len() - OVERLAP;
        for found in self.matches(&text) {
            if found.range.contains(&cut) {
                cut = found.range.start;
            }
        }
        if cut == 0 {
            // One secret, or what looks like one, from end to end.
            self.swallowing = text.last().is_some_and(|b| is_token(*b));
            self.redact(&text, out);
            return;
        }
        while text.get(cut).is_some_and(|b| b & 0xc0 == 0x80) {
            cut -= 1;
        }
        let (done, rest) = text.split_at(cut);
        self.redact(done, out);
        self.held = rest.to_vec();
    }

    fn matches(&self, text: &[u8]) -> Vec<Match> {
        let mut matches = Vec::new();
        let token_end = |from: usize| {
            let rest = text.get(from..).unwrap_or_default();
            from + rest
                .iter()
                .position(|b| !is_token(*b))
                .unwrap_or(rest.len())
        };
        for rule in &self.rules {
            match rule {
                Rule::Prefix(finder) => {
                    let shown = finder.needle().len();
                    matches.extend(finder.find_iter(text).map(|at| Match {
                        range: at..token_end(at + shown),
                        shown,
                    }));
                }
                Rule::Literal(finder) => {
                    let length = finder.needle().len();
                    matches.extend(finder.find_iter(text).map(|at| Match {
                        range: at..at + length,
                        shown: 0,
                    }));
                }
                Rule::Email(finder) => {
                    matches.extend(finder.find_iter(text).filter_map(|at| email(text, at)))
                }
            }
        }
        matches.sort_by_key(|found| found.range.start);
        matches
    }
}

/// The address around an `@`.
fn email(text: &[u8], at: usize) -> Option<Match> {
    let part = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b'+' | b'%');
    let before = text
        .get(at.saturating_sub(64)..at)?
        .iter()
        .rev()
        .take_while(|b| part(b))
        .count();
    let after = text
        .get(at + 1..)?
        .iter()
        .take(255)
        .take_while(|b| part(b))
        .count();
    let domain = text.get(at + 1..at + 1 + after)?;
    // A version such as `name@1.2.3` is no address.
    let named = domain
        .iter()
        .rev()
        .take_while(|b| **b != b'.')
        .all(u8::is_ascii_alphabetic);
    (before > 0 && domain.contains(&b'.') && named).then_some(Match {
        range: at - before..at + 1 + after,
        shown: 0,
    })
}

fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b'-' | b'_' | b'.' | b'/' | b'+' | b'=' | b'~' | b'%')
}

fn without_controls(text: &[u8]) -> Cow<'_, [u8]> {
    match is_plain(text) {
        true => Cow::Borrowed(text),
        false => Cow::Owned(strip_controls(&String::from_utf8_lossy(text)).into_bytes()),
    }
}

/// Printable ASCII, tabs and line ends only. In blocks without an early exit, which the compiler turns into vector
/// instructions, since every byte of a flood passes here.
fn is_plain(text: &[u8]) -> bool {
    let plain = |b: &u8| matches!(b, b' '..=b'~' | b'\n' | b'\t');
    let mut blocks = text.chunks(64);
    blocks.all(|block| block.iter().fold(true, |all, b| all & plain(b)))
}

/// Text that a terminal shows as it is: no escape sequences, no control characters but tab and line end, nothing that
/// turns the direction of writing. A carriage return becomes a line end.
pub fn strip_controls(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\n' | '\t' => shown.push(c),
            '\r' => {
                if chars.peek() != Some(&'\n') {
                    shown.push('\n');
                }
            }
            '\u{1b}' | '\u{9b}' | '\u{9d}' => {
                let kind = match c {
                    '\u{9b}' => Some('['),
                    '\u{9d}' => Some(']'),
                    _ => chars.next_if(|next| !next.is_control()),
                };
                match kind {
                    // Parameters up to the final byte.
                    Some('[') => {
                        while chars.next_if(|c| matches!(c, ' '..='?')).is_some() {}
                        chars.next_if(|c| matches!(c, '@'..='~'));
                    }
                    // A string up to BEL or ST, or to the end of the line where that is missing.
                    Some(']' | 'P' | 'X' | '^' | '_') => {
                        while chars.next_if(|c| !c.is_control()).is_some() {}
                        if chars.next_if_eq(&'\u{1b}').is_some() {
                            chars.next_if_eq(&'\\');
                        }
                    }
                    _ => {}
                }
            }
            '\u{202a}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}'
            | '\u{200e}'
            | '\u{200f}'
            | '\u{2028}'
            | '\u{2029}' => {}
            c if c.is_control() => {}
            c => shown.push(c),
        }
    }
    shown
}

#[cfg(test)]
mod tests;
