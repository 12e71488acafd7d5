//! Everything outside: a listener that records all that reaches it and answers like a model provider.
//!
//! For proofs that nothing leaks: a test points every way out at it (base addresses, proxy variables, host names) and
//! then finds its record empty. A connection alone is recorded, so silence in the record is silence on the wire.

use std::convert::Infallible;
use std::io;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use serde_json::json;

use crate::address::DEFAULT_HOST;
use crate::api::Answer;
use crate::chat::{self, Chat};
use crate::http::{Reply, Request};
use crate::output::{print_error, print_line};
use crate::server::{self, Handler};

use super::openai;
use super::record::Record;

/// What is answered outside, so that a leak shows in the reply too.
const ANSWER: &str = "Reply from outside: this request has leaked.";

struct Recorder(Record);

/// Listens on a free port and records into the file; returns only when it cannot. The exit code is then 1.
pub(crate) fn run(record: &Path) -> ExitCode {
    let Err(why) = serve(record);
    print_error(&format!("fake-proxy: cannot listen: {why}"));
    ExitCode::FAILURE
}

fn serve(record: &Path) -> io::Result<Infallible> {
    let listener = TcpListener::bind((DEFAULT_HOST, 0))?;
    let address = listener.local_addr()?;
    let recorder = Recorder(Record::open(Some(record))?);
    print_line(&format!("Outside listening at http://{address}"));
    server::serve(&listener, &Arc::new(recorder))
}

impl Handler for Recorder {
    fn accepted(&self, _stream: &TcpStream) {
        self.0.connection();
    }

    fn answer(&self, request: &Request) -> Reply {
        let Self(record) = self;
        record.request(request, None);
        reply(request)
    }

    fn unreadable(&self, first: &[u8]) {
        self.0.unreadable(first);
    }
}

fn reply(request: &Request) -> Reply {
    // As a forward proxy would: what comes through the tunnel is then recorded as well.
    if request.method == "CONNECT" {
        let mut reply = Reply::new(200, "", "");
        reply.headers.clear();
        return reply;
    }
    let Ok(chat) = Chat::read(&request.body) else {
        let nothing = json!({ "object": "list", "data": [], "answer": ANSWER });
        return Reply::json(200, &nothing);
    };
    if request.path().contains("chat/completions") {
        openai::reply(&chat, ANSWER, "chatcmpl-outside")
    } else {
        chat::reply(&chat, &Answer::text(ANSWER), 1)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::{Read as _, Write as _};
    use std::os::unix::fs::PermissionsExt as _;
    use std::thread;

    use harness::wait;
    use serde_json::Value;

    use super::*;

    /// That nothing was seen outside proves something only if everything would have been.
    #[test]
    fn every_connection_and_request_is_recorded() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("requests");
        let recorder = Recorder(Record::open(Some(&file)).unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        thread::spawn(move || server::serve(&listener, &Arc::new(recorder)));
        let last = |kind: &str| {
            wait::expect(kind, || {
                let text = fs::read_to_string(&file).unwrap();
                let line = serde_json::from_str::<Value>(text.lines().last()?).ok()?;
                (line["kind"] == kind).then_some(line)
            })
        };
        let mut client = TcpStream::connect(address).unwrap();
        last("connection");

        let body = r#"{"messages":[{"role":"user","content":"x"}]}"#;
        write!(
            client,
            "POST /v1/messages HTTP/1.1\r\nAuthorization: Bearer t0ken\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let request = last("request");
        assert_eq!(request["path"], "/v1/messages");
        assert_eq!(request["body"], body);
        assert!(!request.to_string().contains("t0ken"));
        // Bodies are in it.
        let mode = fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);

        // As a forward proxy: the tunnel, and the TLS greeting through it.
        let mut tunnel = TcpStream::connect(address).unwrap();
        tunnel
            .write_all(b"CONNECT api.example:443 HTTP/1.1\r\n\r\n")
            .unwrap();
        tunnel.read_exact(&mut [0; 15]).unwrap();
        assert_eq!(last("request")["path"], "api.example:443");
        tunnel.write_all(b"\x16\x03\x01\x02\x00\x01").unwrap();
        assert_eq!(last("other")["first"], "160301020001");
    }
}
