//! Proxies that may forward to any vendor, each as a row of what was measured (`docs/proxies.md`): claude-code-router 2.0.0,
//! LiteLLM 1.108.7, and CLIProxyAPI as its sources have it. Behind them is the fake Anthropic API, in the Anthropic dialect.

use serde_json::{Value, json};

use crate::api;
use crate::chat::{self, BadChat, Chat};
use crate::http::{Reply, Request};
use crate::meridian::key_seen;
use crate::switches::{Service, Switches};

/// What differs between them.
pub(crate) struct Form {
    /// Variable for the port, where it reads one.
    pub(crate) port: Option<&'static str>,
    /// Variable for the host, where it reads one.
    pub(crate) host: Option<&'static str>,
    /// Variable for the key, where it reads one; else its own file names the key (`--key`).
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
    /// The model that reaches the API for the one that was asked for; none where it is refused.
    model: fn(asked: &str) -> Option<String>,
    /// What it makes of a refusal of the API.
    refused: fn(model: &str, status: u16, body: &Value) -> String,
}

impl Form {
    /// The form of a service; none of one that does not forward.
    pub(crate) fn of(service: Service) -> Option<&'static Self> {
        match service {
            Service::ClaudeCodeRouter => Some(&CLAUDE_CODE_ROUTER),
            Service::LiteLlm => Some(&LITELLM),
            Service::CliProxyApi => Some(&CLI_PROXY_API),
            _ => None,
        }
    }

    /// Answers as it would.
    pub(crate) fn answer(
        &self,
        request: &Request,
        switches: &Switches,
        key: Option<&str>,
        number: u64,
    ) -> Reply {
        let path = request.path();
        let is_get = matches!(request.method.as_str(), "GET" | "HEAD");
        if is_get && path == "/" {
            return (self.root)();
        }
        if is_get && let Some(reply) = (self.open)(path) {
            return reply;
        }
        let seen = key_seen(request, key);
        if seen.matched == Some(false) {
            return match seen.header {
                None => (self.missing)(),
                Some(_) => (self.wrong)(),
            };
        }
        match (request.method.as_str(), path) {
            ("GET" | "HEAD", _) => (self.keyed)(path).unwrap_or_else(|| not_found(path)),
            ("POST", "/v1/messages") => self.messages(request, switches, number),
            _ => not_found(path),
        }
    }

    fn messages(&self, request: &Request, switches: &Switches, number: u64) -> Reply {
        let chat = match Chat::read(&request.body) {
            Ok(chat) => chat,
            Err(BadChat::NotJson(_) | BadChat::NoMessages | BadChat::EmptyMessages) => {
                return chat::refused(400, "invalid_request_error", "messages: Field required");
            }
        };
        let Some(model) = (self.model)(&chat.model) else {
            let text = format!(
                "anthropic_messages: Invalid model name passed in model={}. Call `/v1/models` to view available models for your key.",
                chat.model
            );
            return chat::refused(400, "invalid_request_error", &text);
        };
        let body = json!({ "model": model, "tools": chat.tools, "messages": chat.messages });
        match api::answer(&body, switches.api_refusal.clone(), number) {
            Ok(answer) => chat::reply(&chat, &answer, number),
            Err(refusal) => {
                let status = refusal.status;
                let body = (self.refused)(&model, status, &refusal.body);
                Reply::new(status, "application/json", body)
            }
        }
        .after(switches.slow_messages)
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

const CLAUDE_CODE_ROUTER: Form = Form {
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
    // Its `Router.default`, whatever was asked for.
    model: |_| Some("claude-sonnet-4-6".to_owned()),
    refused: |model, status, body| {
        let text = format!("Error from provider(up,{model}: {status}): {body}");
        json!({ "error": { "message": text, "type": "api_error", "code": "provider_response_error" } }).to_string()
    },
};

const LITELLM: Form = Form {
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
    model: |asked| LISTED.contains(&asked).then(|| asked.to_owned()),
    refused: |model, _, body| {
        let kind = body.pointer("/error/type").and_then(Value::as_str);
        let kind = kind.unwrap_or("api_error");
        let text = format!(
            "litellm.APIError: AnthropicException - {body}\n\nLiteLLM: model group '{model}' failed with the error above. No fallback was attempted."
        );
        chat::error(kind, &text)
    },
};

const CLI_PROXY_API: Form = Form {
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
    model: |asked| Some(asked.to_owned()),
    refused: |_, _, body| body.to_string(),
};
