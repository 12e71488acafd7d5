//! Meridian 1.43 on the wire: its routes, its shapes, its access key.

use std::collections::BTreeMap;
use std::hint::black_box;

use serde_json::{Value, json};

use crate::chat::{self, BadChat, Chat};
use crate::http::{Reply, Request};
use crate::openai;
use crate::requests::KeySeen;
use crate::switches::{Login, Service, Switches};

/// The version that is imitated.
pub(crate) const VERSION: &str = "1.43.0";

/// The models that are listed: identifier, name, whether the Max plan has a million tokens of context.
const MODELS: [(&str, &str, bool); 5] = [
    ("claude-sonnet-4-6", "Claude Sonnet 4.6", false),
    ("claude-opus-4-6", "Claude Opus 4.6", true),
    ("claude-opus-4-7", "Claude Opus 4.7", true),
    ("claude-opus-4-8", "Claude Opus 4.8", true),
    ("claude-haiku-4-5", "Claude Haiku 4.5", false),
];

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
    let open = switches.no_key_check || key_seen(request, context.key).matched != Some(false);
    if !open && protected(path) {
        return Reply::json(
            401,
            &chat::error("authentication_error", "Invalid or missing API key"),
        )
        .into();
    }
    match (request.method.as_str(), path) {
        ("GET" | "HEAD", "/") => root(request, switches).into(),
        ("GET" | "HEAD", "/health") => health(context).after(switches.slow_health).into(),
        ("GET" | "HEAD", "/v1/models") => models(switches).after(switches.slow_health).into(),
        ("GET" | "HEAD", "/metrics") => metrics(context.counts).into(),
        ("POST", "/v1/messages" | "/messages") => messages(request, context),
        ("POST", "/v1/chat/completions") => completions(request, context),
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
        Service::Meridian | Service::OpenAi | Service::Html | Service::Garbage | Service::Tls => {
            "meridian"
        }
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

fn health(context: &Context<'_>) -> Reply {
    let mode = if context.passthrough {
        "passthrough"
    } else {
        "internal"
    };
    let executable = json!({ "path": "/fake/claude", "source": "env" });
    let plugin = json!({ "opencode": "not-configured" });
    let healthy = |auth: Value| {
        json!({
            "status": "healthy", "version": VERSION, "auth": auth, "mode": mode,
            "claudeExecutable": executable, "plugin": plugin,
        })
    };
    let (status, mut document) = match context.switches.login {
        Login::Ok | Login::Rejected => {
            let auth = json!({ "loggedIn": true, "email": "fake@example.invalid", "subscriptionType": "max" });
            (200, healthy(auth))
        }
        Login::Token => (200, healthy(json!({ "loggedIn": true }))),
        Login::Degraded => {
            let error = "Could not verify auth status";
            (
                200,
                json!({ "status": "degraded", "version": VERSION, "error": error, "mode": mode }),
            )
        }
        Login::Unhealthy | Login::AtStart => {
            let error = "Not logged in. Run: claude login";
            let auth = json!({ "loggedIn": false });
            (
                503,
                json!({ "status": "unhealthy", "version": VERSION, "error": error, "auth": auth }),
            )
        }
    };
    if context.switches.service == Service::ClaudeMaxProxy
        && let Some(document) = document.as_object_mut()
    {
        // Named only since 1.35, which is after the change of name.
        document.remove("version");
    }
    Reply::json(status, &document)
}

fn models(switches: &Switches) -> Reply {
    let max = matches!(switches.login, Login::Ok | Login::Rejected);
    let list: Vec<Value> = MODELS
        .iter()
        .map(|(id, name, large)| {
            json!({
                "id": id,
                "object": "model",
                "created": 1_767_225_600,
                "owned_by": "anthropic",
                "display_name": name,
                "context_window": if max && *large { 1_000_000 } else { 200_000 },
            })
        })
        .collect();
    Reply::json(200, &json!({ "object": "list", "data": list }))
}

fn metrics(counts: &Counts) -> Reply {
    let mut text = String::from(
        "# HELP meridian_requests_total Total proxy requests\n# TYPE meridian_requests_total counter\n",
    );
    for ((model, mode, status), count) in counts {
        let model = model
            .replace('\\', "\\\\")
            .replace('"', "\\\"")
            .replace('\n', "\\n");
        let labels = format!("model=\"{model}\",mode=\"{mode}\",status=\"{status}\"");
        text.push_str(&format!("meridian_requests_total{{{labels}}} {count}\n"));
    }
    let total: u64 = counts.values().sum();
    text.push_str(&format!(
        "\n# HELP meridian_request_duration_ms Request duration by phase in milliseconds\n\
         # TYPE meridian_request_duration_ms histogram\n\
         meridian_request_duration_ms_bucket{{phase=\"total\",le=\"+Inf\"}} {total}\n\
         meridian_request_duration_ms_sum{{phase=\"total\"}} 0\n\
         meridian_request_duration_ms_count{{phase=\"total\"}} {total}\n"
    ));
    Reply::new(200, "text/plain; version=0.0.4; charset=utf-8", text)
}

fn messages(request: &Request, context: &Context<'_>) -> Answer {
    let chat = match Chat::read(&request.body) {
        Ok(chat) => chat,
        Err(bad) => {
            let (status, document) = match bad {
                BadChat::NotJson(text) => (500, chat::error("api_error", &text)),
                BadChat::NoMessages => (
                    400,
                    chat::error("invalid_request_error", "messages: Field required"),
                ),
                BadChat::EmptyMessages => {
                    let text = "messages: Cannot be empty — at least one message is required";
                    (400, chat::error("invalid_request_error", text))
                }
            };
            return Reply::json(status, &document).into();
        }
    };
    let refusal = chat::refusal(context.switches);
    let reply = match (&refusal, chat.stream) {
        (Some(refusal), false) => {
            Reply::json(refusal.status, &chat::error(refusal.kind, refusal.message))
        }
        // The stream has begun before the error is known.
        (Some(refusal), true) => {
            Reply::events(vec![chat::error_event(refusal.kind, refusal.message)])
        }
        (None, false) => Reply::json(200, &chat::message(&chat, &chat.answer(), context.number)),
        (None, true) => Reply::events(chat::events(&chat, &chat.answer(), context.number)),
    };
    let reply = match refusal.is_some() && !chat.stream {
        true => reply,
        false => reply.with(
            "X-Claude-Session-ID",
            format!("session_fake{:06}", context.number),
        ),
    };
    logged(
        reply.after(context.switches.slow_messages),
        &chat,
        context,
        refusal.map_or(200, |refusal| refusal.status),
    )
}

fn completions(request: &Request, context: &Context<'_>) -> Answer {
    let chat = match Chat::read(&request.body) {
        Ok(chat) => chat,
        // This route does not catch the parser's error, so its framework answers.
        Err(BadChat::NotJson(_)) => {
            return Reply::new(500, "text/plain; charset=UTF-8", "Internal Server Error").into();
        }
        Err(BadChat::NoMessages | BadChat::EmptyMessages) => {
            return Reply::json(
                400,
                &chat::error("invalid_request_error", "messages: Field required"),
            )
            .into();
        }
    };
    let refusal = chat::refusal(context.switches);
    let id = format!("chatcmpl-fake{:06}", context.number);
    let reply = match (&refusal, chat.stream) {
        (Some(refusal), false) => {
            let inner = chat::error(refusal.kind, refusal.message).to_string();
            Reply::json(refusal.status, &chat::error("upstream_error", &inner))
        }
        (Some(_), true) => Reply::events(vec![openai::DONE.to_owned()]),
        (None, false) => Reply::json(200, &openai::completion(&chat, &chat.answer(), &id)),
        (None, true) => Reply::events(openai::chunks(&chat, &chat.answer(), &id)),
    };
    logged(
        reply.after(context.switches.slow_messages),
        &chat,
        context,
        refusal.map_or(200, |refusal| refusal.status),
    )
}

fn logged(reply: Reply, chat: &Chat, context: &Context<'_>, status: u16) -> Answer {
    let Chat {
        model,
        stream,
        tools,
        messages,
        outline,
        ..
    } = chat;
    Answer {
        reply,
        log: Some(format!(
            "[PROXY] req-{:06} adapter=fake model={model} stream={stream} tools={tools} lineage=new session=new \
             active=1/10 msgCount={messages} msgs={outline}",
            context.number
        )),
        count: Some((
            model.clone(),
            if *stream { "stream" } else { "non_stream" },
            status,
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::switches::{Mode, parse};

    const CHAT: &str =
        r#"{"model":"claude-opus-4-6","messages":[{"role":"user","content":"Hello"}]}"#;
    const STREAM: &str = r#"{"model":"claude-opus-4-6","stream":true,"messages":[{"role":"user","content":"Hello"}]}"#;

    fn ask(args: &[&str], key: Option<&str>, request: &Request) -> Answer {
        let Ok(Mode::Proxy(switches)) = parse(args.iter().map(|arg| (*arg).to_owned()), &[]) else {
            panic!("{args:?}");
        };
        let counts = Counts::from([(("m\"".to_owned(), "stream", 200), 3)]);
        answer(
            request,
            &Context {
                switches: &switches,
                key,
                passthrough: false,
                counts: &counts,
                number: 7,
            },
        )
    }

    fn get(args: &[&str], path: &str) -> Reply {
        ask(
            args,
            None,
            &Request::of("GET", path, &[("Accept", "application/json")], ""),
        )
        .reply
    }

    fn post(args: &[&str], path: &str, body: &str) -> Reply {
        ask(args, None, &Request::of("POST", path, &[], body)).reply
    }

    fn parsed(text: &str) -> Value {
        serde_json::from_str(text).unwrap()
    }

    /// Shapes as measured on Meridian 1.43.0.
    #[test]
    fn health_has_the_measured_shape_in_every_login_state() {
        let tail = r#""claudeExecutable":{"path":"/fake/claude","source":"env"},"plugin":{"opencode":"not-configured"}}"#;
        let full = format!(
            r#"{{"status":"healthy","version":"1.43.0","auth":{{"loggedIn":true,"email":"fake@example.invalid","subscriptionType":"max"}},"mode":"internal",{tail}"#
        );
        let token = format!(
            r#"{{"status":"healthy","version":"1.43.0","auth":{{"loggedIn":true}},"mode":"internal",{tail}"#
        );
        let cases = [
            ("ok", 200, full.as_str()),
            ("rejected", 200, full.as_str()),
            ("token", 200, token.as_str()),
            (
                "degraded",
                200,
                r#"{"status":"degraded","version":"1.43.0","error":"Could not verify auth status","mode":"internal"}"#,
            ),
            (
                "unhealthy",
                503,
                r#"{"status":"unhealthy","version":"1.43.0","error":"Not logged in. Run: claude login","auth":{"loggedIn":false}}"#,
            ),
        ];
        for (login, status, body) in cases {
            let reply = get(&["--login", login], "/health");
            assert_eq!(
                (reply.status, reply.document()),
                (status, parsed(body)),
                "{login}"
            );
        }
        assert!(
            get(&["--service", "claude-max-proxy"], "/health")
                .document()
                .get("version")
                .is_none()
        );
    }

    #[test]
    fn the_root_is_json_for_programs_and_a_page_for_people() {
        assert_eq!(
            get(&[], "/").document(),
            parsed(
                r#"{"status":"ok","service":"meridian","format":"anthropic","endpoints":["/v1/messages","/messages","/v1/chat/completions","/v1/models","/telemetry","/metrics","/health"]}"#
            )
        );
        assert_eq!(
            get(&["--service", "claude-max-proxy"], "/").document()["service"],
            "claude-max-proxy"
        );
        for accept in ["*/*", "text/html,application/json"] {
            let page = ask(
                &[],
                None,
                &Request::of("GET", "/", &[("accept", accept)], ""),
            )
            .reply;
            assert!(page.text().contains("<title>Meridian</title>"), "{accept}");
        }
        let reply = get(&[], "/");
        assert!(
            reply
                .headers
                .contains(&("Access-Control-Allow-Origin", "*".to_owned()))
        );
        assert!(
            !reply
                .headers
                .iter()
                .any(|(name, _)| ["Server", "X-Powered-By"].contains(name))
        );
    }

    #[test]
    fn models_are_listed_with_the_context_of_the_plan() {
        let window =
            |args: &[&str]| get(args, "/v1/models").document()["data"][1]["context_window"].clone();
        let list = get(&[], "/v1/models").document();
        assert_eq!(list["object"], "list");
        assert_eq!(list["data"][0]["id"], "claude-sonnet-4-6");
        assert_eq!(list["data"][0]["object"], "model");
        assert_eq!(list["data"][0]["display_name"], "Claude Sonnet 4.6");
        assert_eq!(window(&[]), 1_000_000);
        assert_eq!(window(&["--login", "token"]), 200_000);
    }

    #[test]
    fn metrics_and_unknown_routes() {
        let text = get(&[], "/metrics").text();
        assert!(
            text.contains(r#"meridian_requests_total{model="m\"",mode="stream",status="200"} 3"#),
            "{text}"
        );
        let names = text
            .lines()
            .filter(|line| !line.starts_with('#') && !line.is_empty());
        assert!(
            names.clone().count() > 3 && names.clone().all(|line| line.starts_with("meridian_")),
            "{text}"
        );

        let answer = ask(
            &[],
            None,
            &Request::of("PUT", "/nowhere?q=1", &[("Host", "h:1")], ""),
        );
        assert_eq!(answer.reply.status, 404);
        assert_eq!(
            answer.reply.document(),
            parsed(
                r#"{"error":{"type":"not_found","message":"Endpoint not supported: PUT /nowhere"}}"#
            )
        );
        assert_eq!(
            answer.log.as_deref(),
            Some("[PROXY] UNHANDLED PUT http://h:1/nowhere?q=1")
        );
        assert_eq!(get(&[], "/v1/messages").status, 404);
    }

    #[test]
    fn the_key_opens_what_it_protects() {
        let status = |args: &[&str], headers: &[(&str, &str)], path: &str| {
            ask(args, Some("right"), &Request::of("GET", path, headers, ""))
                .reply
                .status
        };
        for path in [
            "/v1/models",
            "/v1/nowhere",
            "/metrics",
            "/messages",
            "/settings/x",
            "/auth/refresh",
        ] {
            assert_eq!(status(&[], &[], path), 401, "{path}");
        }
        for path in ["/", "/health"] {
            assert_eq!(status(&[], &[], path), 200, "{path}");
        }
        assert_eq!(status(&[], &[], "/v1x"), 404);
        let cases: [(&[(&str, &str)], u16); 8] = [
            (&[("X-Api-Key", "right")], 200),
            (&[("authorization", "Bearer right")], 200),
            (&[("authorization", "bearer right")], 401),
            (&[("x-api-key", "wrong")], 401),
            (&[("x-api-key", "right\0")], 401),
            (&[("x-api-key", "righ")], 401),
            (
                &[("x-api-key", "wrong"), ("authorization", "Bearer right")],
                401,
            ),
            (&[("x-api-key", ""), ("authorization", "Bearer right")], 200),
        ];
        for (headers, expected) in cases {
            assert_eq!(status(&[], headers, "/v1/models"), expected, "{headers:?}");
        }
        assert_eq!(status(&["--no-key-check"], &[], "/v1/models"), 200);
        let refused = ask(
            &[],
            Some("right"),
            &Request::of("GET", "/v1/models", &[], ""),
        )
        .reply;
        assert_eq!(
            refused.document(),
            parsed(
                r#"{"type":"error","error":{"type":"authentication_error","message":"Invalid or missing API key"}}"#
            )
        );
    }

    #[test]
    fn chat_is_answered_in_both_dialects() {
        let reply = post(&[], "/v1/messages", CHAT);
        assert_eq!(
            reply.document(),
            parsed(
                r#"{"id":"msg_fake000007","type":"message","role":"assistant","content":[{"type":"text","text":"Fake reply to: Hello"}],"model":"claude-opus-4-6","stop_reason":"end_turn","usage":{"input_tokens":19,"output_tokens":4,"cache_read_input_tokens":0,"cache_creation_input_tokens":0}}"#
            )
        );
        assert_eq!(post(&[], "/messages", CHAT).text(), reply.text());
        assert!(
            post(&[], "/v1/messages", STREAM)
                .text()
                .ends_with("event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n")
        );
        let completion = post(&[], "/v1/chat/completions", CHAT).document();
        assert_eq!(completion["object"], "chat.completion");
        assert_eq!(
            completion["choices"][0]["message"]["content"],
            "Fake reply to: Hello"
        );
        assert!(
            post(&[], "/v1/chat/completions", STREAM)
                .text()
                .ends_with("data: [DONE]\n\n")
        );
    }

    #[test]
    fn chat_is_refused_as_measured() {
        let cases = [
            (
                post(&[], "/v1/messages", "{}"),
                400,
                "invalid_request_error",
            ),
            (
                post(&[], "/v1/messages", r#"{"messages":[]}"#),
                400,
                "invalid_request_error",
            ),
            (post(&[], "/v1/messages", "hello"), 500, "api_error"),
            (
                post(&["--login", "degraded"], "/v1/messages", CHAT),
                401,
                "authentication_error",
            ),
            (
                post(&["--login", "unhealthy"], "/v1/messages", CHAT),
                401,
                "authentication_error",
            ),
            (
                post(&["--login", "rejected"], "/v1/messages", CHAT),
                401,
                "authentication_error",
            ),
            (
                post(&["--login", "rejected"], "/v1/chat/completions", CHAT),
                401,
                "upstream_error",
            ),
            (
                post(&["--messages-status", "529"], "/v1/messages", CHAT),
                529,
                "overloaded_error",
            ),
            (
                post(&["--messages-status", "500"], "/v1/messages", CHAT),
                500,
                "api_error",
            ),
        ];
        for (reply, status, kind) in cases {
            let document = reply.document();
            assert_eq!(
                (reply.status, document["error"]["type"].as_str()),
                (status, Some(kind)),
                "{document}"
            );
            assert_eq!(document["type"], "error");
        }
        // A stream has begun before the error is known.
        let stream = post(&["--messages-status", "529"], "/v1/messages", STREAM);
        assert_eq!(stream.status, 200);
        let text = stream.text();
        let event = text.strip_prefix("event: error\ndata: ").unwrap();
        assert_eq!(parsed(event)["error"]["type"], "overloaded_error");
        assert_eq!(
            ask(
                &["--messages-status", "529"],
                None,
                &Request::of("POST", "/v1/messages", &[], STREAM)
            )
            .count,
            Some(("claude-opus-4-6".to_owned(), "stream", 529))
        );
    }

    #[test]
    fn the_log_line_shows_no_content() {
        let line = ask(&[], None, &Request::of("POST", "/v1/messages", &[], CHAT))
            .log
            .unwrap();
        assert!(
            line.contains("model=claude-opus-4-6 stream=false tools=0"),
            "{line}"
        );
        assert!(
            line.ends_with("msgs=user[string]") && !line.contains("Hello"),
            "{line}"
        );
    }
}
