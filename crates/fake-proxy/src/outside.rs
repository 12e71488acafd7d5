//! Everything outside: a listener that records all that reaches it and answers like a model provider.
//!
//! For proofs that nothing leaks: a test points every way out at it (base addresses, proxy variables, host names) and
//! then finds its record empty. A connection alone is recorded, so silence in the record is silence on the wire.

use std::net::{TcpListener, TcpStream};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde_json::json;

use crate::address::{self, Address};
use crate::api::Answer;
use crate::chat::{self, Chat};
use crate::http::{Reply, Request};
use crate::meridian;
use crate::openai;
use crate::output::{complain, say};
use crate::requests::Requests;
use crate::server::{self, Site};
use crate::switches::Switches;

/// What the outside answers, so that a leak shows in the reply too.
const ANSWER: &str = "Reply from outside: this request has leaked.";

/// How long a silent connection is kept.
const IDLE: Duration = Duration::from_secs(120);

struct Outside {
    record: Requests,
    requests: AtomicU64,
}

/// Listens and records; returns only when it cannot. The exit code is then 1.
pub(crate) fn run(switches: &Switches) -> ExitCode {
    let port = switches.port.as_deref().unwrap_or("0");
    let host = switches
        .host
        .clone()
        .unwrap_or_else(|| "127.0.0.1".to_owned());
    let opened = match port.parse() {
        Ok(port) => address::bind(&Address {
            host: host.clone(),
            port,
        }),
        Err(_) => Err(std::io::Error::other(format!("`{port}` is no port"))),
    };
    let ready = opened.and_then(|listener: TcpListener| {
        let record = Requests::open(switches.requests.as_deref(), switches.record_bodies)?;
        Ok((
            listener.local_addr()?.port(),
            listener,
            Outside {
                record,
                requests: AtomicU64::new(0),
            },
        ))
    });
    match ready {
        Ok((port, listener, outside)) => {
            say(&format!("Outside listening at http://{host}:{port}"));
            server::serve(&listener, &Arc::new(outside));
        }
        Err(error) => {
            complain(&format!("fake-proxy: cannot listen: {error}"));
        }
    }
    ExitCode::FAILURE
}

impl Site for Outside {
    fn idle(&self) -> Duration {
        IDLE
    }

    fn accepted(&self, stream: &TcpStream) {
        self.record
            .connection(stream.peer_addr().ok().map(|peer| peer.to_string()));
    }

    fn answer(&self, request: &Request) -> Option<Reply> {
        let number = self.requests.fetch_add(1, Ordering::SeqCst) + 1;
        self.record
            .request(number, request, meridian::key_seen(request, None));
        Some(reply(request, number))
    }

    fn unreadable(&self, first: &[u8]) {
        self.record.unreadable(first);
    }
}

fn reply(request: &Request, number: u64) -> Reply {
    // As a forward proxy would: what comes through the tunnel is then recorded as well.
    if request.method == "CONNECT" {
        let mut reply = Reply::new(200, "", "");
        reply.headers.clear();
        return reply;
    }
    let Ok(chat) = Chat::read(&request.body) else {
        return Reply::json(
            200,
            &json!({ "object": "list", "data": [], "answer": ANSWER }),
        );
    };
    let openai = request.path().contains("chat/completions");
    let id = format!("chatcmpl-outside{number:06}");
    if openai {
        openai::reply(&chat, ANSWER, &id)
    } else {
        chat::reply(&chat, &Answer::text(ANSWER), number)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::{Read as _, Write as _};
    use std::thread;

    use harness::wait;
    use serde_json::Value;

    use super::*;

    /// That nothing was seen outside proves something only if everything would have been.
    #[test]
    fn whatever_touches_it_is_recorded() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("requests");
        let outside = Outside {
            record: Requests::open(Some(&file), true).unwrap(),
            requests: AtomicU64::new(0),
        };
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        thread::spawn(move || server::serve(&listener, &Arc::new(outside)));
        let last = |kind: &str| {
            wait::found(kind, || {
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
        assert_eq!(request["keyIn"], "authorization");
        assert!(!request.to_string().contains("t0ken"));

        // As a forward proxy: the tunnel, and the TLS greeting through it.
        let mut tunnel = TcpStream::connect(address).unwrap();
        tunnel
            .write_all(b"CONNECT api.example:443 HTTP/1.1\r\n\r\n")
            .unwrap();
        tunnel.read_exact(&mut [0; 15]).unwrap();
        assert_eq!(last("request")["path"], "api.example:443");
        tunnel.write_all(b"\x16\x03\x01\x02\x00\x01").unwrap();
        assert_eq!(last("tls")["first"], "160301020001");
    }
}
