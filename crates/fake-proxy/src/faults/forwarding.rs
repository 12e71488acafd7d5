//! What can speak on the port, and the proxies that may forward to any vendor, a row each, as measured (`docs/proxies.md`): claude-code-router 2.0.0,
//! LiteLLM 1.108.7, and CLIProxyAPI according to its sources. They answer what they are recognized by, and no chat.

use clap::ValueEnum;

use crate::http::{Reply, Request};
use crate::meridian::{key_matches, key_sent};

/// What speaks on the port.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Service {
    /// Meridian 1.43
    #[default]
    Meridian,
    /// `claude-max-api-proxy` 1.0, which knows the OpenAI dialect only
    #[value(name = "openai")]
    OpenAi,
    /// claude-code-router 2.0
    ClaudeCodeRouter,
    /// LiteLLM 1.108
    #[value(name = "litellm")]
    LiteLlm,
    /// CLIProxyAPI, as its sources have it
    #[value(name = "cliproxyapi")]
    CliProxyApi,
    /// Some other program with web pages
    Html,
}

/// The services that ask for a key, by name.
pub fn keyed_services() -> Vec<String> {
    let all = Service::value_variants().iter();
    let keyed = all.filter(|one| !matches!(one, Service::OpenAi | Service::Html));
    let names = keyed.filter_map(ValueEnum::to_possible_value);
    names.map(|name| name.get_name().to_owned()).collect()
}

/// Status and body of an answer; the body says of what type it is.
type Answer = (u16, &'static str);

pub(crate) struct ForwardingProxy {
    /// Variable for the port, where it reads one.
    pub(crate) port: Option<&'static str>,
    /// Variable for the host, where it reads one.
    pub(crate) host: Option<&'static str>,
    /// Variable for the key, where it reads one; else its own file names the key.
    pub(crate) key: Option<&'static str>,
    /// Paths that are answered to everybody.
    open: &'static [(&'static str, &'static str)],
    /// A path that is answered to who has the key. A list of models has that of the configuration: the second leads to
    /// another vendor.
    keyed: (&'static str, &'static str),
    /// No key came.
    missing: Answer,
    /// Another key came.
    wrong: Answer,
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
        let path = match request.method.as_str() {
            "GET" => request.path(),
            _ => "",
        };
        if let Some((_, body)) = self.open.iter().find(|(open, _)| *open == path) {
            return reply((200, body));
        }
        match (key_matches(request, key), key_sent(request)) {
            (Some(false), None) => reply(self.missing),
            (Some(false), Some(_)) => reply(self.wrong),
            _ if path == self.keyed.0 => reply((200, self.keyed.1)),
            _ => {
                let path = request.path();
                let body = format!(
                    r#"{{"message":"Route {path} not found","error":"Not Found","statusCode":404}}"#
                );
                Reply::new(404, "application/json", body)
            }
        }
    }
}

fn reply((status, body): Answer) -> Reply {
    let content_type = match body.chars().next() {
        Some('{' | '"') => "application/json",
        Some('<') => "text/html; charset=utf-8",
        _ => "text/plain; charset=utf-8",
    };
    Reply::new(status, content_type, body)
}

const CLAUDE_CODE_ROUTER: ForwardingProxy = ForwardingProxy {
    port: Some("SERVICE_PORT"),
    host: None,
    key: None,
    open: &[
        // The version is that of a library of its.
        ("/", r#"{"message":"LLMs API","version":"1.0.51"}"#),
        (
            "/health",
            r#"{"status":"ok","timestamp":"2026-01-01T00:00:00.000Z"}"#,
        ),
    ],
    keyed: (
        "/api/transformers",
        r#"{"transformers":[{"name":"Anthropic","endpoint":"/v1/messages"}]}"#,
    ),
    missing: (401, "APIKEY is missing"),
    wrong: (401, "Invalid API key"),
};

const LITELLM: ForwardingProxy = ForwardingProxy {
    port: Some("PORT"),
    host: Some("HOST"),
    key: Some("LITELLM_MASTER_KEY"),
    open: &[
        (
            "/",
            "<!DOCTYPE html>\n<html>\n<head>\n<title>LiteLLM API - Swagger UI</title>\n</head>\n<body></body>\n</html>\n",
        ),
        ("/health/liveliness", r#""I'm alive!""#),
        (
            "/health/readiness",
            r#"{"status":"healthy","db":"Not connected"}"#,
        ),
    ],
    keyed: (
        "/v1/models",
        r#"{"object":"list","data":[
            {"id":"claude-opus-4-6","object":"model","created":1677610602,"owned_by":"openai","max_input_tokens":1000000,"max_output_tokens":128000},
            {"id":"gpt-x","object":"model","created":1677610602,"owned_by":"openai","max_input_tokens":1000000,"max_output_tokens":128000}]}"#,
    ),
    missing: (
        401,
        r#"{"error":{"message":"Authentication Error, No api key passed in.","type":"auth_error","param":"None","code":"401"}}"#,
    ),
    // As without a database.
    wrong: (
        400,
        r#"{"error":{"message":"No connected db.","type":"no_db_connection","param":null,"code":"400"}}"#,
    ),
};

const CLI_PROXY_API: ForwardingProxy = ForwardingProxy {
    port: None,
    host: None,
    key: None,
    open: &[
        (
            "/",
            r#"{"message":"CLI Proxy API Server","endpoints":["POST /v1/chat/completions","POST /v1/completions","GET /v1/models"]}"#,
        ),
        ("/healthz", r#"{"status":"ok"}"#),
    ],
    keyed: (
        "/v1/models",
        r#"{"object":"list","data":[{"id":"claude-opus-4-6","object":"model","owned_by":"anthropic"},{"id":"gpt-x","object":"model","owned_by":"anthropic"}]}"#,
    ),
    missing: (401, r#"{"error":"Missing API key"}"#),
    wrong: (401, r#"{"error":"Invalid API key"}"#),
};
