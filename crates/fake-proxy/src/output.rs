//! Lines for whoever started the program.

use std::io::{self, Write};

/// Writes a line to stdout. A reader that has gone is no reason to stop.
pub(crate) fn say(line: &str) {
    let _ = writeln!(io::stdout().lock(), "{line}");
}

/// Writes a line to stderr; `false` when nobody can read it any more.
pub(crate) fn complain(line: &str) -> bool {
    // In one write: lines of several threads must not mix.
    io::stderr()
        .lock()
        .write_all(format!("{line}\n").as_bytes())
        .is_ok()
}
