//! Standard output: one object of JSON, or text that fits the terminal.
//!
//! What a command does, and its exit code, do not depend on whether its output is read: `setup --yes | head` writes
//! the file, and `audit | head` ends as the audit did. So what nobody reads any more is let go ([`stdout`]). Only a command
//! that does nothing but show (`logs --follow`, `status --watch`) ends with its reader.

use std::io::{self, IsTerminal, StdoutLock, Write};

use serde::Serialize;

/// Standard output of a command that does more than show something. Writing succeeds after the reader has gone.
pub(super) fn stdout() -> Stdout<StdoutLock<'static>> {
    Stdout(io::stdout().lock())
}

/// A place to write to that takes everything once its reader is gone.
pub(super) struct Stdout<W>(W);

/// The end of the reader is no failure; anything else is.
fn ignore_closed_pipe<T>(result: io::Result<T>, instead: T) -> io::Result<T> {
    match result {
        Err(why) if why.kind() == io::ErrorKind::BrokenPipe => Ok(instead),
        result => result,
    }
}

impl<W: Write> Write for Stdout<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        ignore_closed_pipe(self.0.write(bytes), bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        ignore_closed_pipe(self.0.flush(), ())
    }
}

/// Prints one JSON object and a line feed.
pub(super) fn json(value: &impl Serialize) -> io::Result<()> {
    let mut out = stdout();
    serde_json::to_writer_pretty(&mut out, value)?;
    out.write_all(b"\n")?;
    out.flush()
}

fn color_wanted() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
        && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Style {
    color: bool,
    live: bool,
    /// Columns of the terminal; `None` where there is no terminal, or one that does not say, and nothing is wrapped.
    width: Option<usize>,
}

/// The meaning of a piece of text, as a color.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    Good,
    Warn,
    Bad,
    Strong,
    Faint,
}

impl Style {
    /// Whether it is a terminal, where something shown can be replaced.
    pub(super) fn is_live(self) -> bool {
        self.live
    }

    /// Cuts a line so that it stays one line.
    pub(super) fn cut(self, line: &str) -> String {
        match self.width {
            Some(width) if line.chars().count() >= width => {
                let mut cut: String = line.chars().take(width.saturating_sub(2)).collect();
                cut.push('…');
                cut
            }
            _ => line.to_owned(),
        }
    }

    pub(super) fn of_stdout() -> Self {
        let terminal = io::stdout().is_terminal();
        Self {
            color: terminal && color_wanted(),
            live: terminal,
            width: terminal.then(columns).flatten(),
        }
    }

    /// That of standard error, where messages are not wrapped.
    pub(super) fn of_stderr() -> Self {
        let terminal = io::stderr().is_terminal();
        Self {
            color: terminal && color_wanted(),
            live: terminal,
            width: None,
        }
    }

    /// That of text that is part of something else.
    pub(super) fn plain(width: Option<usize>) -> Self {
        Self {
            color: false,
            live: false,
            width,
        }
    }

    pub(super) fn paint(self, tone: Tone, text: &str) -> String {
        if !self.color {
            return text.to_owned();
        }
        let code = match tone {
            Tone::Good => "32",
            Tone::Warn => "33",
            Tone::Bad => "31",
            Tone::Strong => "1",
            Tone::Faint => "2",
        };
        format!("\x1b[{code}m{text}\x1b[0m")
    }

    /// The next step, as every message writes it; later lines are indented by so many columns.
    pub(super) fn hint(self, indent: usize, next: &str) -> String {
        const WORD: &str = "hint:";
        let next = self.wrap(indent + WORD.len() + 1, next);
        format!("{} {next}", self.paint(Tone::Strong, WORD))
    }

    /// Breaks text at spaces so that it fits beside `indent` columns; later lines are indented by as many.
    pub(super) fn wrap(self, indent: usize, text: &str) -> String {
        /// Below this width a broken line is harder to read than a long one.
        const NARROWEST: usize = 20;
        match self.width {
            Some(width) if width >= indent + NARROWEST => {
                let options = textwrap::Options::new(width - indent)
                    .break_words(false)
                    .word_splitter(textwrap::WordSplitter::NoHyphenation);
                textwrap::wrap(text, options).join(&format!("\n{}", " ".repeat(indent)))
            }
            _ => text.to_owned(),
        }
    }
}

pub(super) fn columns() -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(io::stdout()).ok()?;
    (size.ws_col > 0).then_some(usize::from(size.ws_col))
}

/// A length of time for people, in one or two units.
pub(super) fn duration(ms: u64) -> String {
    let seconds = ms / 1000;
    match seconds {
        0 => format!("{ms} ms"),
        1..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        3600..86_400 => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
        _ => format!("{} d {} h", seconds / 86_400, seconds % 86_400 / 3600),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_short() {
        for (ms, text) in [
            (0, "0 ms"),
            (999, "999 ms"),
            (1000, "1 s"),
            (61_000, "1 min 1 s"),
            (3_660_000, "1 h 1 min"),
            (90_000_000, "1 d 1 h"),
        ] {
            assert_eq!(duration(ms), text);
        }
    }

    #[test]
    fn text_fits_where_it_can() {
        let text = "one two three four five six seven";
        assert_eq!(Style::plain(None).wrap(4, text), text);
        assert_eq!(
            Style::plain(Some(24)).wrap(4, text),
            "one two three four\n    five six seven"
        );
        assert_eq!(
            Style::plain(Some(12)).wrap(4, text),
            text,
            "too narrow to break"
        );
        for text in ["", "onewordthatislongerthanaline"] {
            assert_eq!(Style::plain(Some(24)).wrap(4, text), text);
        }
    }
}
