//! The fake API as a server for the real Claude CLI. It works over any stream, so that the caller can add TLS.

use std::io::{Read, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use serde_json::json;

use super::{Received, directed};
use crate::chat::{self, Chat};
use crate::http::{Connection, Reply, Request};

/// The API. It remembers what it was asked.
#[derive(Debug, Default)]
pub struct Server {
    requests: AtomicU64,
    exchanges: Mutex<Vec<Exchange>>,
}

/// A chat request and how it ended.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// What came.
    pub seen: Received,
    /// The HTTP status of the answer.
    pub status: u16,
}

impl Server {
    /// Answers everything that comes over a stream, until the client has had enough.
    pub fn serve_connection(&self, stream: impl Read + Write) {
        let mut connection = Connection::over(stream);
        while let Ok(request) = connection.read() {
            let reply = self.answer(&request);
            if !matches!(connection.write(&request, &reply), Ok(true)) {
                return;
            }
        }
    }

    /// The chat requests so far, in the order in which they came.
    #[must_use]
    pub fn exchanges(&self) -> Vec<Exchange> {
        let all = self.exchanges.lock();
        all.unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn answer(&self, request: &Request) -> Reply {
        let number = self.requests.fetch_add(1, Ordering::SeqCst) + 1;
        match request.path() {
            "/v1/messages" => self.chat(request, number),
            "/v1/messages/count_tokens" => Reply::json(200, &json!({ "input_tokens": 100 })),
            "/api/claude_code/policy_limits" => Reply::json(200, &json!({ "restrictions": {} })),
            "/api/claude_code/settings" => Reply::json(404, &json!({})),
            // Other settings and reports of the CLI: there are none, and nobody wants any.
            path if path.starts_with("/api/") => Reply::json(200, &json!({})),
            _ => chat::refused(404, "not_found_error", "no such path"),
        }
    }

    fn chat(&self, request: &Request, number: u64) -> Reply {
        let body = serde_json::from_slice(&request.body).unwrap_or_default();
        let Ok(chat) = Chat::read(&request.body) else {
            return chat::refused(400, "invalid_request_error", "messages: Field required");
        };
        let outcome = directed(&body, None, number);
        let exchange = Exchange {
            seen: Received::read(&body),
            status: outcome.as_ref().map_or_else(|no| no.status, |_| 200),
        };
        let all = self.exchanges.lock();
        all.unwrap_or_else(PoisonError::into_inner).push(exchange);
        match outcome {
            Ok(answer) => chat::reply(&chat, &answer, number),
            Err(refusal) => refusal.reply(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Shutdown;
    use std::os::unix::net::UnixStream;

    use super::*;

    #[test]
    fn the_server_answers_over_any_stream_and_records_what_came() {
        let chat = |text: &str| {
            let body = format!(
                r#"{{"model":"claude-opus-4-6","messages":[{{"role":"user","content":"{text}"}}]}}"#
            );
            format!(
                "POST /v1/messages?beta=true HTTP/1.1\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            )
        };
        let other = "GET /api/claude_code/settings HTTP/1.1\r\n\r\n".to_owned();
        let sent = [chat("Hi"), other, chat("FAKE:429")].concat();
        let (mut client, stream) = UnixStream::pair().unwrap();
        client.write_all(sent.as_bytes()).unwrap();
        client.shutdown(Shutdown::Write).unwrap();
        let server = Server::default();
        server.serve_connection(stream);
        let mut text = String::new();
        client.read_to_string(&mut text).unwrap();
        assert!(
            text.contains("Fake reply to: Hi") && text.contains("retry-after: 3600"),
            "{text}"
        );
        let statuses: Vec<u16> = server.exchanges().iter().map(|one| one.status).collect();
        assert_eq!(statuses, [200, 429]);
    }
}
