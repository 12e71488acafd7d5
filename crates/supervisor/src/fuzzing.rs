//! What the fuzz targets reach of the private parts. Compiled with `--cfg fuzzing` only.

use crate::capture::Redaction;
use crate::capture::clean::Cleaner;
use crate::http::response::{MAX_FRAMING, MAX_HEAD, ResponseReader};
use crate::http::{HttpResult, NO_ANSWER, NoReply};

/// What is left of a stream of output that came in pieces.
pub fn clean<'a>(redaction: Redaction, pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut cleaner = Cleaner::new(redaction);
    let mut out = Vec::new();
    for piece in pieces {
        cleaner.feed(piece, &mut |text| out.extend_from_slice(text));
    }
    cleaner.flush(&mut |text| out.extend_from_slice(text));
    out
}

/// Most bytes of an answer after which its result is known.
pub const fn longest_answer(max_body: usize) -> usize {
    MAX_HEAD + MAX_FRAMING + max_body
}

/// The result of an answer that came in these pieces, `None` where it is not known yet, and how many bytes were taken
/// until it was. `ended` when nothing more will come.
pub fn answer<'a>(
    pieces: impl IntoIterator<Item = &'a [u8]>,
    max_body: usize,
    ended: bool,
) -> (Option<HttpResult>, usize) {
    let mut reader = ResponseReader::new(max_body);
    let mut taken = 0;
    for piece in pieces {
        taken += piece.len();
        if let Some(result) = reader.feed(piece) {
            return (Some(result), taken);
        }
    }
    let end = ended.then(|| reader.end());
    let end = end.map(|end| end.unwrap_or_else(|| Err(NoReply::Failed(NO_ANSWER.to_owned()))));
    (end, taken)
}
