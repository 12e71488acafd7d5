//! Proxies that may forward to any vendor, each as a row of what was measured (`docs/proxies.md`): claude-code-router 2.0.0,
//! LiteLLM 1.108.7, and CLIProxyAPI as its sources have it. How they are recognized is all that is known of them: no chat.

use serde_json::{Value, json};

use crate::http::{Reply, Request};
use crate::meridian::check_key;
use crate::switches::Service;

pub(crate) struct ForwardingProxy {
    /// Variable for the port, where it reads one.
    pub(crate) port: Option<&'static str>,
    /// Variable for the host, where it reads one.
    pub(crate) host: Option<&'static str>,
    /// Variable for the key, where it reads one; else its own file names the key.
    pub(crate) key: Option<&'static str>,
    /// `/`.
    root: fn() -> Reply,
    /// Answered to everybody.
    open: fn(path: &str) -> Option<Reply>,
    /// Answered to who has the key.
    keyed: fn(path: &str) -> Option<Reply>,
    /// No key came.
    missing: fn() -> Reply,
    /// Another key came.
    wrong: fn() -> Reply,
}

impl ForwardingProxy {
    /// The form of a service; none of one that does not forward.
    pub(crate) fn of(service: Service) -> Option<&'static Self> {
        match service {
            Service::ClaudeCodeRouter => Some(&CLAUDE_CODE_ROUTER),
            Service::LiteLlm => Some(&LITELLM),
            Service::CliProxyApi => Some(&CLI_PROXY_API),
            _ => None,
        }
    }

    pub(crate) fn answer(&self, request: &Request, key: Option<&str>) -> Reply {
        let path = request.path();
        let asked = request.method == "GET";
        if asked && path == "/" {
            return (self.root)();
        }
        if asked && let Some(reply) = (self.open)(path) {
            return reply;
        }
        let seen = check_key(request, key);
        match (seen.matched, seen.sent) {
            (Some(false), false) => (self.missing)(),
            (Some(false), true) => (self.wrong)(),
            _ if asked => (self.keyed)(path).unwrap_or_else(|| not_found(path)),
            _ => not_found(path),
        }
    }
}

fn not_found(path: &str) -> Reply {
    let text = format!("Route {path} not found");
    Reply::json(
        404,
        &json!({ "message": text, "error": "Not Found", "statusCode": 404 }),
    )
}

fn text(status: u16, text: &str) -> Reply {
    Reply::new(status, "text/plain; charset=utf-8", text)
}

/// The models of the configuration; the second leads to another vendor.
const LISTED: [&str; 2] = ["claude-opus-4-6", "gpt-x"];

fn list(more: fn(&str) -> Value) -> Reply {
    Reply::json(200, &json!({ "object": "list", "data": LISTED.map(more) }))
}

const CLAUDE_CODE_ROUTER: ForwardingProxy = ForwardingProxy {
    port: Some("SERVICE_PORT"),
    host: None,
    key: None,
    // The version is that of a library of its.
    root: || Reply::json(200, &json!({ "message": "LLMs API", "version": "1.0.51" })),
    open: |path| {
        let body = json!({ "status": "ok", "timestamp": "2026-01-01T00:00:00.000Z" });
        (path == "/health").then(|| Reply::json(200, &body))
    },
    keyed: |path| {
        let body = json!({ "transformers": [{ "name": "Anthropic", "endpoint": "/v1/messages" }] });
        (path == "/api/transformers").then(|| Reply::json(200, &body))
    },
    missing: || text(401, "APIKEY is missing"),
    wrong: || text(401, "Invalid API key"),
};

const LITELLM: ForwardingProxy = ForwardingProxy {
    port: Some("PORT"),
    host: Some("HOST"),
    key: Some("LITELLM_MASTER_KEY"),
    root: || {
        let page = "<!DOCTYPE html>\n<html>\n<head>\n<title>LiteLLM API - Swagger UI</title>\n</head>\n<body></body>\n</html>\n";
        Reply::new(200, "text/html; charset=utf-8", page)
    },
    open: |path| match path {
        "/health/liveliness" => Some(Reply::json(200, &json!("I'm alive!"))),
        "/health/readiness" => Some(Reply::json(
            200,
            &json!({ "status": "healthy", "db": "Not connected" }),
        )),
        _ => None,
    },
    keyed: |path| {
        let model = |id: &str| {
            json!({ "id": id, "object": "model", "created": 1_677_610_602, "owned_by": "openai",
                    "max_input_tokens": 1_000_000, "max_output_tokens": 128_000 })
        };
        (path == "/v1/models").then(|| list(model))
    },
    missing: || {
        let text = "Authentication Error, No api key passed in.";
        Reply::json(
            401,
            &json!({ "error": { "message": text, "type": "auth_error", "param": "None", "code": "401" } }),
        )
    },
    // As without a database.
    wrong: || {
        Reply::json(
            400,
            &json!({ "error": { "message": "No connected db.", "type": "no_db_connection", "param": null, "code": "400" } }),
        )
    },
};

const CLI_PROXY_API: ForwardingProxy = ForwardingProxy {
    port: None,
    host: None,
    key: None,
    root: || {
        let paths = [
            "POST /v1/chat/completions",
            "POST /v1/completions",
            "GET /v1/models",
        ];
        Reply::json(
            200,
            &json!({ "message": "CLI Proxy API Server", "endpoints": paths }),
        )
    },
    open: |path| (path == "/healthz").then(|| Reply::json(200, &json!({ "status": "ok" }))),
    keyed: |path| {
        let model = |id: &str| json!({ "id": id, "object": "model", "owned_by": "anthropic" });
        (path == "/v1/models").then(|| list(model))
    },
    missing: || Reply::json(401, &json!({ "error": "Missing API key" })),
    wrong: || Reply::json(401, &json!({ "error": "Invalid API key" })),
};
