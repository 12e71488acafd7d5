//! Log lines on standard error: time, level, text.

use std::fmt::Display;
use std::io::Write as _;
use std::time::SystemTime;

pub(super) fn info(text: impl Display) {
    write("INFO", &text);
}

pub(super) fn warn(text: impl Display) {
    write("WARN", &text);
}

pub(super) fn error(text: impl Display) {
    write("ERROR", &text);
}

fn write(level: &str, text: &dyn Display) {
    let time = humantime::format_rfc3339_millis(SystemTime::now());
    // Where nobody reads the log, nobody misses the line.
    let _ = writeln!(std::io::stderr().lock(), "{time} {level:<5} {text}");
}
