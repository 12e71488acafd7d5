//! `claude-max-api-proxy` 1.0, which speaks the OpenAI dialect and nothing else.

use serde_json::{Value, json};

use crate::api;
use crate::chat::{self, BadChat, Chat};
use crate::http::{Reply, Request};

use super::openai::{self, CREATED};
use super::switches::Switches;

/// The time in every answer: answers do not depend on the clock.
const TIMESTAMP: &str = "2026-01-01T00:00:00.000Z";

/// Answers as `claude-max-api-proxy` 1.0.0 would. It knows no access key, and its health is always `ok`.
pub(crate) fn answer(request: &Request, switches: &Switches, number: u64) -> Reply {
    let reply = match (request.method.as_str(), request.path()) {
        ("GET", "/health") => {
            let health =
                json!({ "status": "ok", "provider": "claude-code-cli", "timestamp": TIMESTAMP });
            Reply::json(200, &health)
        }
        ("GET", "/v1/models") => models(),
        ("POST", "/v1/chat/completions") => completions(request, switches, number),
        _ => error(
            404,
            "Not found",
            "invalid_request_error",
            json!("not_found"),
        ),
    };
    reply.with("X-Powered-By", "Express")
}

fn models() -> Reply {
    let model = |id: &str| json!({ "id": id, "object": "model", "owned_by": "anthropic", "created": CREATED });
    let data = ["claude-opus-4", "claude-sonnet-4", "claude-haiku-4"].map(model);
    Reply::json(200, &json!({ "object": "list", "data": data }))
}

fn completions(request: &Request, switches: &Switches, number: u64) -> Reply {
    let chat = match Chat::read(&request.body) {
        Ok(chat) => chat,
        Err(BadChat::NotJson(text)) => return error(500, &text, "server_error", Value::Null),
        Err(BadChat::NoMessages | BadChat::EmptyMessages) => {
            let text = "messages is required and must be a non-empty array";
            let code = json!("invalid_messages");
            return error(400, text, "invalid_request_error", code);
        }
    };
    let body = prompt_for_cli(&chat);
    match api::directed(&body, switches.api_refusal, number) {
        Ok(answer) => {
            let id = format!("chatcmpl-fake{number:06}");
            openai::reply(&chat, &chat::text(&answer), &id)
        }
        Err(_) => error(500, "internal error", "server_error", Value::Null),
    }
}

/// What reaches the API: one text and no tools of the client. A list of parts becomes what JavaScript makes of it.
fn prompt_for_cli(chat: &Chat) -> Value {
    let parts = chat.messages.iter().map(|message| {
        let content = match &message["content"] {
            Value::String(text) => text.clone(),
            Value::Array(parts) => vec!["[object Object]"; parts.len()].join(","),
            other => other.to_string(),
        };
        match message["role"].as_str() {
            Some("system") => format!("<system>\n{content}\n</system>\n"),
            Some("assistant") => format!("<previous_response>\n{content}\n</previous_response>\n"),
            Some("user") => content,
            _ => String::new(),
        }
    });
    let text = parts.collect::<Vec<_>>().join("\n");
    let model = match chat.model.as_str() {
        "claude-sonnet-4" => "claude-sonnet-4-6",
        "claude-haiku-4" => "claude-haiku-4-5",
        _ => "claude-opus-4-8",
    };
    json!({ "model": model, "messages": [{ "role": "user", "content": text.trim() }] })
}

fn error(status: u16, message: &str, kind: &str, code: Value) -> Reply {
    Reply::json(
        status,
        &json!({ "error": { "message": message, "type": kind, "code": code } }),
    )
}
