//! The last lines of a stream, each of bounded length, in bounded memory.

use std::collections::VecDeque;

const LINES: usize = 40;
/// Longest line that is kept, in bytes.
const WIDTH: usize = 400;

#[derive(Debug)]
pub(super) struct Ring {
    lines: VecDeque<Vec<u8>>,
    open: bool,
}

impl Ring {
    pub(super) fn new() -> Self {
        Self {
            lines: VecDeque::new(),
            open: false,
        }
    }

    pub(super) fn clear(&mut self) {
        self.lines.clear();
        self.open = false;
    }

    /// Takes a piece of the stream. Only the last lines of a large piece are read.
    pub(super) fn push(&mut self, text: &[u8]) {
        let start = memchr::memrchr_iter(b'\n', text).nth(LINES).unwrap_or(0);
        let mut rest = text.get(start..).unwrap_or_default();
        while !rest.is_empty() {
            let end = memchr::memchr(b'\n', rest);
            let (line, next) = match end {
                Some(end) => (rest.get(..end), rest.get(end + 1..)),
                None => (Some(rest), None),
            };
            self.extend(line.unwrap_or_default());
            self.open = end.is_none();
            rest = next.unwrap_or_default();
        }
    }

    fn extend(&mut self, piece: &[u8]) {
        if !self.open {
            let mut line = if self.lines.len() >= LINES {
                self.lines.pop_front().unwrap_or_default()
            } else {
                Vec::new()
            };
            line.clear();
            self.lines.push_back(line);
        }
        if let Some(line) = self.lines.back_mut() {
            let room = WIDTH.saturating_sub(line.len());
            line.extend_from_slice(piece.get(..room).unwrap_or(piece));
        }
    }

    /// Oldest first; empty lines left out.
    pub(super) fn lines(&self) -> Vec<String> {
        let lines = self.lines.iter().map(|line| shown(line));
        lines.filter(|line| !line.is_empty()).collect()
    }

    /// The newest line that has ended, unless there is none.
    pub(super) fn last_ended(&self) -> Option<String> {
        let ended = self.lines.iter().rev().skip(usize::from(self.open));
        ended.map(|line| shown(line)).find(|line| !line.is_empty())
    }
}

fn shown(line: &[u8]) -> String {
    let text = String::from_utf8_lossy(line);
    let text = text
        .trim_end_matches(char::REPLACEMENT_CHARACTER)
        .trim_end();
    if line.len() >= WIDTH {
        format!("{text}…")
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_has_not_ended_is_not_the_last() {
        let mut ring = Ring::new();
        assert_eq!(ring.last_ended(), None);
        ring.push(b"key=half");
        assert_eq!(ring.last_ended(), None);
        ring.push(b" and half\n\nnext");
        assert_eq!(ring.last_ended().as_deref(), Some("key=half and half"));
        assert_eq!(ring.lines(), ["key=half and half", "next"]);
    }

    #[test]
    fn an_endless_line_does_not_push_the_others_out() {
        let mut ring = Ring::new();
        ring.push(b"the reason\n");
        for _ in 0..1000 {
            ring.push(&[b'x'; 4096]);
        }
        ring.push(b"\nlast\n");
        let lines = ring.lines();
        assert_eq!(lines.len(), 3);
        assert_eq!(lines[0], "the reason");
        assert_eq!(lines[1].chars().count(), WIDTH + 1);
        assert_eq!(lines[2], "last");
    }

    #[test]
    fn a_flood_leaves_the_last_lines() {
        let mut ring = Ring::new();
        let text: String = (0..10_000).map(|n| format!("line {n}\n")).collect();
        for piece in text.as_bytes().chunks(777) {
            ring.push(piece);
        }
        let lines = ring.lines();
        assert_eq!(lines.len(), LINES);
        assert_eq!(lines.last().unwrap(), "line 9999");
        assert_eq!(lines[0], format!("line {}", 10_000 - LINES));
    }
}
