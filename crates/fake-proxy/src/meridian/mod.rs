//! Meridian 1.43 on the wire: its routes, its shapes, its access key.

mod behavior;
mod conversation;
pub(crate) mod failure;
mod health;
pub(crate) mod list;
mod model_ids;
mod quota;
mod turns;

use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::json;

use crate::address::first_of;
use crate::chat;
use crate::http::{Reply, Request};

pub(crate) use behavior::Behavior;

pub(crate) const VERSION: &str = "1.43.0";
pub(crate) const PORT: [&str; 2] = ["MERIDIAN_PORT", "CLAUDE_PROXY_PORT"];
pub(crate) const HOST: [&str; 2] = ["MERIDIAN_HOST", "CLAUDE_PROXY_HOST"];
pub(crate) const KEY: &str = "MERIDIAN_API_KEY";

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

/// What a running proxy has and remembers.
pub(crate) struct Context<B> {
    /// What a test has otherwise.
    pub(crate) behavior: B,
    /// The access key, if one is configured.
    pub(crate) key: Option<String>,
    /// Whether `MERIDIAN_PASSTHROUGH` is on; only shown.
    pub(crate) passthrough: bool,
    requests: AtomicU64,
}

impl<B: Behavior> Context<B> {
    /// One that was just started, with the access key that one of these variables names.
    pub(crate) fn new(behavior: B, key: &[&str]) -> Self {
        let passthrough = first_of(&["MERIDIAN_PASSTHROUGH", "CLAUDE_PROXY_PASSTHROUGH"]);
        Self {
            behavior,
            key: first_of(key).filter(|key| !key.is_empty()),
            passthrough: passthrough
                .is_some_and(|value| ["1", "true", "yes"].contains(&value.as_str())),
            requests: AtomicU64::new(0),
        }
    }

    /// The number of the next request, from 1.
    pub(crate) fn next(&self) -> u64 {
        self.requests.fetch_add(1, Ordering::SeqCst) + 1
    }

    pub(crate) fn reply(&self, request: &Request, number: u64) -> Reply {
        let path = request.path();
        let open = key_matches(request, self.key.as_deref()) != Some(false);
        if !open && protected(path) {
            let text = "Invalid or missing API key";
            return chat::refused(401, "authentication_error", text);
        }
        match (request.method.as_str(), path) {
            ("GET", "/") => root(),
            ("GET", "/health") => health::health(self),
            ("GET", "/v1/models") => list::models(&self.behavior),
            ("GET", "/v1/usage/quota") => quota::quota(&self.behavior),
            ("GET", "/metrics") => {
                Reply::new(200, "text/plain; version=0.0.4; charset=utf-8", METRICS)
            }
            ("POST", "/v1/messages" | "/messages") => turns::messages(request, self, number),
            (method, path) => Reply::json(
                404,
                &json!({ "error": {
                    "type": "not_found",
                    "message": format!("Endpoint not supported: {method} {path}"),
                }}),
            ),
        }
    }
}

/// The access key that came, which is looked for where Meridian looks: `x-api-key`, and only without it
/// `Authorization: Bearer`.
pub(crate) fn key_sent(request: &Request) -> Option<&str> {
    let plain = request.header("x-api-key").filter(|sent| !sent.is_empty());
    let bearer = || request.header("authorization")?.strip_prefix("Bearer ");
    plain.or_else(bearer)
}

/// Whether the right access key came; nothing where none is configured, so that none can be wrong.
pub(crate) fn key_matches(request: &Request, key: Option<&str>) -> Option<bool> {
    key.map(|key| key_sent(request) == Some(key))
}

fn protected(path: &str) -> bool {
    let under = |prefix: &str| {
        path.strip_prefix(prefix)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    path == "/messages" || PROTECTED.iter().any(|prefix| under(prefix))
}

fn root() -> Reply {
    Reply::json(
        200,
        &json!({
            "status": "ok",
            "service": "meridian",
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
