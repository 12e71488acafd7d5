//! The entry point of a command: arguments and standard input in, standard output and error out.

#![allow(
    clippy::disallowed_methods,
    reason = "a filter is arguments, input and output; wasi:cli gives them here"
)]

use std::env;
use std::io::{self, Read as _};

use claude_proxy_provider::filter;

use crate::Component;
use crate::bindings::exports::wasi::cli::run::Guest;

/// The filter reads at most this much, in bytes: openclaw.json has a few thousand.
const MAX_INPUT: u64 = 256 << 20;

impl Guest for Component {
    fn run() -> Result<(), ()> {
        let arguments: Vec<String> = env::args().skip(1).collect();
        let output = filter::run(&arguments, read);
        // A reader that went away is no failure of ours, and nothing can be said about it either.
        let _ = write(io::stdout(), &output.stdout);
        let _ = write(io::stderr(), &output.stderr);
        if output.success { Ok(()) } else { Err(()) }
    }
}

/// Standard input to its end.
fn read() -> Result<String, String> {
    let mut bytes = Vec::new();
    io::stdin()
        .take(MAX_INPUT + 1)
        .read_to_end(&mut bytes)
        .map_err(|why| why.to_string())?;
    if bytes.len() as u64 > MAX_INPUT {
        return Err(format!("it is longer than {MAX_INPUT} bytes"));
    }
    String::from_utf8(bytes).map_err(|why| why.utf8_error().to_string())
}

/// Writes all of it, or what the reader takes.
fn write(mut to: impl io::Write, text: &str) -> io::Result<()> {
    to.write_all(text.as_bytes())?;
    to.flush()
}
