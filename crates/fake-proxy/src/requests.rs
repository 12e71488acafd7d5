//! The record of what arrived: one JSON line a request, for tests to read back.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Mutex;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::http::Request;

/// Whether a key came with a request, and whether it was the right one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct KeySeen {
    /// The header that brought it.
    pub(crate) header: Option<&'static str>,
    /// Nothing where no key is configured, so that none can be wrong.
    pub(crate) matched: Option<bool>,
}

/// Appends to the file given by `--requests`, or does nothing.
pub(crate) struct Requests {
    file: Option<Mutex<File>>,
    bodies: bool,
}

impl Requests {
    /// Opens the file for appending; it is created readable for its owner only, because bodies may be in it.
    ///
    /// # Errors
    /// Those of opening the file.
    pub(crate) fn open(path: Option<&Path>, bodies: bool) -> io::Result<Self> {
        let open = |path| {
            OpenOptions::new()
                .create(true)
                .append(true)
                .mode(0o600)
                .open(path)
        };
        Ok(Self {
            file: path.map(open).transpose()?.map(Mutex::new),
            bodies,
        })
    }

    /// Records a request before it is answered, so that whoever has the answer finds the line.
    pub(crate) fn request(&self, number: u64, request: &Request, key: KeySeen) {
        if self.file.is_none() {
            return;
        }
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let mut line = json!({
            "kind": "request",
            "n": number,
            "method": request.method,
            "path": request.path(),
            "host": request.header("host"),
            "userAgent": request.header("user-agent"),
            "keyIn": key.header,
            "keyMatched": key.matched,
            "model": body.get("model").and_then(Value::as_str),
            "stream": body.get("stream").and_then(Value::as_bool),
            "bodyBytes": request.body.len(),
            "bodyHash": hash(&request.body),
        });
        if self.bodies
            && let Some(line) = line.as_object_mut()
        {
            line.insert("query".to_owned(), json!(request.query()));
            line.insert(
                "body".to_owned(),
                json!(String::from_utf8_lossy(&request.body)),
            );
        }
        self.append(line);
    }

    /// Records a connection, before anything was read from it.
    pub(crate) fn connection(&self, from: Option<String>) {
        self.append(json!({ "kind": "connection", "from": from }));
    }

    /// Records bytes that are no HTTP request.
    pub(crate) fn unreadable(&self, first: &[u8]) {
        let kind = if first.first() == Some(&0x16) {
            "tls"
        } else {
            "other"
        };
        let hex: String = first.iter().map(|byte| format!("{byte:02x}")).collect();
        self.append(json!({ "kind": kind, "first": hex }));
    }

    fn append(&self, mut line: Value) {
        let Some(file) = &self.file else { return };
        let at = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default()
            .as_millis();
        if let Some(line) = line.as_object_mut() {
            line.insert(
                "atMs".to_owned(),
                json!(u64::try_from(at).unwrap_or(u64::MAX)),
            );
        }
        let line = format!("{line}\n");
        // A poisoned lock means that a thread died between two writes: the file is still whole.
        let mut file = file
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Err(error) = file.write_all(line.as_bytes()) {
            crate::output::complain(&format!(
                "fake-proxy: cannot write the request record: {error}"
            ));
        }
    }
}

/// FNV-1a, 64 bit, in hex: short, and easy to compute in any test's language. Empty for no body.
fn hash(bytes: &[u8]) -> String {
    if bytes.is_empty() {
        return String::new();
    }
    let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
    format!("{:016x}", bytes.iter().fold(0xcbf2_9ce4_8422_2325, step))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_the_published_fnv_1a() {
        assert_eq!(hash(b"foobar"), "85944171f73967e8");
        assert_eq!(hash(b""), "");
    }

    #[test]
    fn a_line_holds_what_a_test_asserts_and_no_secret() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("requests");
        let headers = [
            ("User-Agent", "test/1"),
            ("x-api-key", "hush"),
            ("Host", "h:1"),
        ];
        let body = r#"{"model":"m","stream":true,"messages":"private"}"#;
        let request = Request::of("POST", "/v1/messages?token=private", &headers, body);
        let key = KeySeen {
            header: Some("x-api-key"),
            matched: Some(true),
        };
        Requests::open(Some(&path), false)
            .unwrap()
            .request(1, &request, key);
        Requests::open(Some(&path), true)
            .unwrap()
            .request(2, &request, key);

        let text = std::fs::read_to_string(&path).unwrap();
        let lines: Vec<Value> = text
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(lines[0]["path"], "/v1/messages");
        assert_eq!(lines[0]["model"], "m");
        assert_eq!(lines[0]["userAgent"], "test/1");
        assert_eq!(lines[0]["keyMatched"], true);
        assert_eq!(lines[0]["bodyHash"], hash(body.as_bytes()));
        assert!(!lines[0].to_string().contains("private"));
        assert_eq!(lines[1]["body"], body);
        assert_eq!(lines[1]["query"], "token=private");
        assert!(!text.contains("hush"));
    }
}
