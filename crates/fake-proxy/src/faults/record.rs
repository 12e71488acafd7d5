//! The record of what arrived: one JSON line a request, for tests to read back.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};

use crate::http::Request;

/// Appends to a file, or does nothing.
pub(crate) struct Record(Option<Mutex<File>>);

impl Record {
    /// Opens the file for appending; it is created readable for its owner only, because bodies are in it.
    ///
    /// # Errors
    /// Those of opening the file.
    pub(crate) fn open(path: Option<&Path>) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        options.create(true).append(true).mode(0o600);
        let file = path.map(|path| options.open(path)).transpose()?;
        Ok(Self(file.map(Mutex::new)))
    }

    /// Records a request before it is answered, so that whoever has the answer finds the line; and whether its key was right,
    /// where one is configured.
    pub(crate) fn request(&self, request: &Request, key_matched: Option<bool>) {
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        self.append(&json!({
            "kind": "request",
            "method": request.method,
            "path": request.path(),
            "keyMatched": key_matched,
            "model": body.get("model").and_then(Value::as_str),
            "body": String::from_utf8_lossy(&request.body),
        }));
    }

    /// Records a connection, before anything was read from it.
    pub(crate) fn connection(&self) {
        self.append(&json!({ "kind": "connection" }));
    }

    /// Records bytes that are no HTTP request.
    pub(crate) fn unreadable(&self, first: &[u8]) {
        let hex: String = first.iter().map(|byte| format!("{byte:02x}")).collect();
        self.append(&json!({ "kind": "other", "first": hex }));
    }

    fn append(&self, line: &Value) {
        let Self(Some(file)) = self else { return };
        // A poisoned lock means that a thread died between two writes: the file is still whole.
        let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = file.write_all(format!("{line}\n").as_bytes()) {
            crate::output::print_error(&format!(
                "fake-proxy: cannot write the request record: {error}"
            ));
        }
    }
}
