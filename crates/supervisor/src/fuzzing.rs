//! What the fuzz targets reach of the private parts. Compiled with `--cfg fuzzing` only.

use crate::capture::{self, Redaction};
use crate::control;
use crate::health::Outcome;
use crate::http;
use serde_json::Value;

/// What is left of a stream of output that came in pieces.
pub fn clean<'a>(redaction: Redaction, pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
    capture::cleaned(redaction, pieces)
}

/// The outcome of an answer that ended.
pub fn answer(bytes: &[u8], max_body: usize) -> Outcome {
    http::outcome(bytes, max_body, true)
        .unwrap_or_else(|| Outcome::Failed("closed without an answer".to_owned()))
}

/// The outcome of an answer that goes on, where it can be told.
pub fn answer_so_far(bytes: &[u8], max_body: usize) -> Option<Outcome> {
    http::outcome(bytes, max_body, false)
}

/// What a supervisor answers to a client that sends these bytes.
pub fn requests(bytes: &[u8]) -> Vec<Value> {
    control::answers(bytes).unwrap_or_default()
}

/// What a client makes of a supervisor that sends these bytes.
pub fn events(bytes: &[u8]) -> usize {
    control::events(bytes).unwrap_or_default()
}
