//! Meridian 1.43 on the wire: its routes, its shapes, its access key.

mod failure;
mod health;
mod ids;
mod list;
mod metrics;
mod quota;
mod sessions;
mod turns;

use std::collections::BTreeMap;
use std::hint::black_box;
use std::sync::Mutex;

use serde_json::json;

use crate::chat;
use crate::http::{Reply, Request};
use crate::requests::{KeySeen, Requests};
use crate::switches::{Service, Switches};

pub(crate) use ids::Ids;
pub(crate) use sessions::Sessions;

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

/// How many chat requests there were, by model, mode and status.
pub(crate) type Counts = BTreeMap<(String, &'static str, u16), u64>;

/// An answer with what is logged about it and how it is counted.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) reply: Reply,
    /// A line for stderr.
    pub(crate) log: Option<String>,
    /// The metric to add one to.
    pub(crate) count: Option<(String, &'static str, u16)>,
}

impl From<Reply> for Answer {
    fn from(reply: Reply) -> Self {
        Self {
            reply,
            log: None,
            count: None,
        }
    }
}

/// What a route may look at besides the request.
pub(crate) struct Context<'a> {
    pub(crate) switches: &'a Switches,
    /// The access key, if one is configured.
    pub(crate) key: Option<&'a str>,
    /// Whether `MERIDIAN_PASSTHROUGH` is on; only shown.
    pub(crate) passthrough: bool,
    pub(crate) counts: &'a Counts,
    pub(crate) sessions: &'a Mutex<Sessions>,
    /// Where the requests to the API are told.
    pub(crate) record: &'a Requests,
    /// The number of this request, from 1.
    pub(crate) number: u64,
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
pub(crate) fn answer(request: &Request, context: &Context<'_>) -> Answer {
    let mut answer = route(request, context);
    answer
        .reply
        .headers
        .push(("Access-Control-Allow-Origin", "*".to_owned()));
    answer
}

fn route(request: &Request, context: &Context<'_>) -> Answer {
    let switches = context.switches;
    let path = request.path();
    if request.method == "OPTIONS" {
        return preflight(request).into();
    }
    let open = key_seen(request, context.key).matched != Some(false);
    if !open && protected(path) {
        return Reply::json(
            401,
            &chat::error("authentication_error", "Invalid or missing API key"),
        )
        .into();
    }
    match (request.method.as_str(), path) {
        ("GET" | "HEAD", "/") => root(request, switches).into(),
        ("GET" | "HEAD", "/health") => health::health(context).after(switches.slow_health).into(),
        ("GET" | "HEAD", "/v1/models") => list::models(switches).after(switches.slow_health).into(),
        ("GET" | "HEAD", "/v1/usage/quota") => quota::quota(switches).into(),
        ("GET" | "HEAD", "/metrics") => metrics::metrics(context.counts).into(),
        ("POST", "/v1/messages" | "/messages") => turns::messages(request, context),
        ("POST", "/v1/chat/completions") => turns::completions(request, context),
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
            count: None,
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
        Service::Meridian
        | Service::OpenAi
        | Service::ClaudeCodeRouter
        | Service::LiteLlm
        | Service::CliProxyApi
        | Service::Html
        | Service::Garbage
        | Service::Tls => "meridian",
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
