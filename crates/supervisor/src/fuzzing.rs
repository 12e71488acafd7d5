//! What the fuzz targets reach of the private parts. Compiled with `--cfg fuzzing` only.

use crate::capture::{self, Redaction};
use crate::http::{self, HttpResult};

/// What is left of a stream of output that came in pieces.
pub fn clean<'a>(redaction: Redaction, pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
    capture::cleaned(redaction, pieces)
}

/// Most bytes of an answer after which its result is known.
pub const fn longest_answer(max_body: usize) -> usize {
    http::MAX_HEAD + http::MAX_FRAMING + max_body
}

/// The result of an answer that came in these pieces, `None` where it is not known yet, and how many bytes were taken
/// until it was. `ended` when nothing more will come.
pub fn answer<'a>(
    pieces: impl IntoIterator<Item = &'a [u8]>,
    max_body: usize,
    ended: bool,
) -> (Option<HttpResult>, usize) {
    http::result(pieces, max_body, ended)
}
