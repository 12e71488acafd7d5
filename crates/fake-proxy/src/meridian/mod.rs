//! Meridian 1.43 on the wire: its routes, its shapes, its access key.

mod conversation;
mod failure;
mod health;
mod ids;
mod list;
mod quota;
mod turns;

use std::hint::black_box;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::json;

use crate::chat;
use crate::environment::Environment;
use crate::http::{Reply, Request};
use crate::output::complain;
use crate::requests::{KeySeen, Requests};
use crate::switches::{Service, Switches};

/// The version that is imitated.
pub(crate) const VERSION: &str = "1.43.0";

/// Routes that the access key protects; `/`, `/health` and unknown ones elsewhere are open.
const PROTECTED: [&str; 7] = [
    "/v1",
    "/telemetry",
    "/profiles",
    "/plugins",
    "/settings",
    "/auth",
    "/metrics",
];

/// `/metrics`, which is asked for because a key opens it: no request was ever counted.
const METRICS: &str = "# TYPE meridian_requests_total counter\nmeridian_requests_total 0\n";

/// An answer with what is logged about it.
#[derive(Debug)]
struct Answer {
    reply: Reply,
    /// A line for stderr.
    log: Option<String>,
}

impl From<Reply> for Answer {
    fn from(reply: Reply) -> Self {
        Self { reply, log: None }
    }
}

/// What a running proxy has and remembers.
pub(crate) struct Context {
    pub(crate) switches: Switches,
    /// The access key, if one is configured.
    pub(crate) key: Option<String>,
    /// Whether `MERIDIAN_PASSTHROUGH` is on; only shown.
    pub(crate) passthrough: bool,
    /// Where requests are recorded.
    pub(crate) record: Requests,
    requests: AtomicU64,
}

impl Context {
    /// One that was just started, with the access key that the switches or one of these variables name.
    ///
    /// # Errors
    /// Those of opening the record.
    pub(crate) fn new(
        switches: Switches,
        environment: &Environment,
        key: &[&str],
    ) -> io::Result<Self> {
        let named = switches.key.clone().or_else(|| environment.first_of(key));
        let passthrough =
            environment.first_of(&["MERIDIAN_PASSTHROUGH", "CLAUDE_PROXY_PASSTHROUGH"]);
        Ok(Self {
            key: named.filter(|key| !key.is_empty()),
            passthrough: passthrough
                .is_some_and(|value| ["1", "true", "yes"].contains(&value.as_str())),
            record: Requests::open(switches.requests.as_deref(), switches.record_bodies)?,
            requests: AtomicU64::new(0),
            switches,
        })
    }

    /// The number of the next request, from 1.
    pub(crate) fn next(&self) -> u64 {
        self.requests.fetch_add(1, Ordering::SeqCst) + 1
    }

    /// Answers as Meridian would, and logs.
    pub(crate) fn reply(&self, request: &Request, number: u64) -> Reply {
        let answer = answer(request, self, number);
        if let Some(line) = answer.log {
            complain(&line);
        }
        answer.reply
    }
}

/// Whether an access key came, and whether it is the right one.
///
/// Looks where Meridian looks: `x-api-key`, and only without it at `Authorization: Bearer`.
pub(crate) fn key_seen(request: &Request, key: Option<&str>) -> KeySeen {
    let plain = request
        .header("x-api-key")
        .filter(|sent| !sent.is_empty())
        .map(|sent| ("x-api-key", sent));
    let bearer = || {
        let sent = request.header("authorization")?.strip_prefix("Bearer ")?;
        Some(("authorization", sent))
    };
    let sent = plain.or_else(bearer);
    KeySeen {
        header: sent.map(|(header, _)| header),
        matched: key.map(|key| sent.is_some_and(|(_, sent)| same(sent.as_bytes(), key.as_bytes()))),
    }
}

/// Compares without stopping at the first difference.
fn same(sent: &[u8], key: &[u8]) -> bool {
    let longest = sent.len().max(key.len());
    let at = |bytes: &[u8], index| black_box(bytes.get(index).copied().unwrap_or(0));
    let difference = (0..longest).fold(0, |seen, index| seen | (at(sent, index) ^ at(key, index)));
    black_box(difference) == 0 && sent.len() == key.len()
}

/// Answers as Meridian would.
fn answer(request: &Request, context: &Context, number: u64) -> Answer {
    let mut answer = route(request, context, number);
    answer
        .reply
        .headers
        .push(("Access-Control-Allow-Origin", "*".to_owned()));
    answer
}

fn route(request: &Request, context: &Context, number: u64) -> Answer {
    let switches = &context.switches;
    let path = request.path();
    if request.method == "OPTIONS" {
        return preflight(request).into();
    }
    let open = key_seen(request, context.key.as_deref()).matched != Some(false);
    if !open && protected(path) {
        let text = "Invalid or missing API key";
        return chat::refused(401, "authentication_error", text).into();
    }
    match (request.method.as_str(), path) {
        ("GET" | "HEAD", "/") => root(request, switches).into(),
        ("GET" | "HEAD", "/health") => health::health(context).after(switches.slow_health).into(),
        ("GET" | "HEAD", "/v1/models") => list::models(switches).after(switches.slow_health).into(),
        ("GET" | "HEAD", "/v1/usage/quota") => quota::quota(switches).into(),
        ("GET" | "HEAD", "/metrics") => {
            Reply::new(200, "text/plain; version=0.0.4; charset=utf-8", METRICS).into()
        }
        ("POST", "/v1/messages" | "/messages") => turns::messages(request, context, number),
        (method, path) => Answer {
            reply: Reply::json(
                404,
                &json!({ "error": {
                    "type": "not_found",
                    "message": format!("Endpoint not supported: {method} {path}"),
                }}),
            ),
            // With its query, secrets included: that is what the real proxy logs.
            log: Some(format!(
                "[PROXY] UNHANDLED {method} http://{}{}",
                request.header("host").unwrap_or("localhost"),
                request.target
            )),
        },
    }
}

fn protected(path: &str) -> bool {
    let under = |prefix: &str| {
        path.strip_prefix(prefix)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    path == "/messages" || PROTECTED.iter().any(|prefix| under(prefix))
}

fn preflight(request: &Request) -> Reply {
    let mut reply = Reply::new(204, "text/plain", "");
    reply.headers.clear();
    reply = reply.with(
        "Access-Control-Allow-Methods",
        "GET,HEAD,PUT,POST,DELETE,PATCH",
    );
    match request.header("access-control-request-headers") {
        Some(headers) => reply.with("Access-Control-Allow-Headers", headers),
        None => reply,
    }
}

fn root(request: &Request, switches: &Switches) -> Reply {
    let accept = request.header("accept").unwrap_or_default();
    if !accept.contains("application/json") || accept.contains("text/html") {
        let page = "<!DOCTYPE html>\n<html lang=\"en\"><head><title>Meridian</title></head>\
                    <body><h1>Meridian</h1><p>Stand-in: no model behind it.</p></body></html>\n";
        return Reply::new(200, "text/html; charset=UTF-8", page);
    }
    let service = match switches.service {
        Service::ClaudeMaxProxy => "claude-max-proxy",
        _ => "meridian",
    };
    Reply::json(
        200,
        &json!({
            "status": "ok",
            "service": service,
            "format": "anthropic",
            "endpoints": [
                "/v1/messages", "/messages", "/v1/chat/completions", "/v1/models", "/telemetry", "/metrics", "/health",
            ],
        }),
    )
}

#[cfg(test)]
#[cfg(feature = "faults")]
mod tests;
