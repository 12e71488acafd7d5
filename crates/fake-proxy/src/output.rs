//! Lines on standard output and error. They are dropped where nobody reads them any more.

use std::io::{self, Write};

pub(crate) fn print_line(line: &str) {
    let _ = writeln!(io::stdout().lock(), "{line}");
}

/// Writes a line to stderr, in one write: lines of several threads must not mix.
pub(crate) fn print_error(line: &str) {
    let _ = io::stderr().write_all(format!("{line}\n").as_bytes());
}
