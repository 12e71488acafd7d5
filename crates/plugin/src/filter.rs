//! The entry point of a command: arguments and standard input of WASI in, standard output and error out.

use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use claude_proxy_provider::command;
use wasip2::cli::{environment, stderr, stdin, stdout};
use wasip2::io::streams::{OutputStream, StreamError};

use crate::Component;
use crate::bindings::exports::wasi::cli::run::Guest;

/// The filter reads at most this much, in bytes: openclaw.json has a few thousand.
const LONGEST_INPUT: usize = 256 << 20;
/// What is asked for in one read, in bytes.
const PIECE: u64 = 64 << 10;
/// What one write may have at most, in bytes (`blocking-write-and-flush`).
const LONGEST_WRITE: usize = 4096;

impl Guest for Component {
    fn run() -> Result<(), ()> {
        let arguments = environment::get_arguments();
        let output = command::run(arguments.get(1..).unwrap_or_default(), read);
        // A reader that went away is no failure of ours, and nothing can be said about it either.
        write(&stdout::get_stdout(), &output.stdout);
        write(&stderr::get_stderr(), &output.stderr);
        if output.success { Ok(()) } else { Err(()) }
    }
}

/// Standard input to its end.
fn read() -> Result<String, String> {
    let stream = stdin::get_stdin();
    let mut bytes = Vec::new();
    loop {
        match stream.blocking_read(PIECE) {
            Ok(piece) => bytes.extend_from_slice(&piece),
            Err(StreamError::Closed) => break,
            Err(StreamError::LastOperationFailed(why)) => return Err(why.to_debug_string()),
        }
        if bytes.len() > LONGEST_INPUT {
            return Err(format!("it is longer than {LONGEST_INPUT} bytes"));
        }
    }
    String::from_utf8(bytes).map_err(|why| why.utf8_error().to_string())
}

/// Writes all of it, or what the reader takes.
fn write(stream: &OutputStream, text: &str) {
    let _ = text
        .as_bytes()
        .chunks(LONGEST_WRITE)
        .try_for_each(|piece| stream.blocking_write_and_flush(piece));
}
