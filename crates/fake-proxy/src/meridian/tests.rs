//! Tests of the routes.

use serde_json::Value;

use super::*;

const CHAT: &str = r#"{"model":"claude-opus-4-6","messages":[{"role":"user","content":"Hello"}]}"#;
const STREAM: &str =
    r#"{"model":"claude-opus-4-6","stream":true,"messages":[{"role":"user","content":"Hello"}]}"#;

fn ask(args: &[&str], key: Option<&str>, request: &Request) -> Answer {
    let environment = Environment::of(&[]);
    let mut context = Context::new(Switches::of(args), &environment, &[]).unwrap();
    context.key = key.map(str::to_owned);
    context.counts = Counts::from([(("m\"".to_owned(), "stream", 200), 3)]).into();
    answer(request, &context, 7)
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

/// As measured on the real one with the Claude CLI 2.1.119: the proxy's words for what the API says.
#[test]
fn refusals_of_the_api_arrive_in_the_words_of_the_proxy() {
    for (word, status, kind, text) in [
        (
            "401",
            401,
            "authentication_error",
            "Run 'claude login' in your terminal",
        ),
        (
            "403",
            500,
            "api_error",
            "Your account does not have access to Claude.",
        ),
        (
            "429",
            500,
            "api_error",
            "You've hit your session limit · resets ",
        ),
        (
            "429-bare",
            429,
            "rate_limit_error",
            "Claude Max rate limit reached.",
        ),
        (
            "400-extra-usage",
            500,
            "api_error",
            "API Error: 400 {\"type\":\"error\"",
        ),
        ("400-too-long", 500, "api_error", "Prompt is too long"),
        ("529", 503, "overloaded_error", "temporarily overloaded"),
        ("500", 502, "api_error", "server error"),
    ] {
        let reply = post(&["--api-refusal", word], "/v1/messages", CHAT);
        let document = reply.document();
        assert_eq!(
            (reply.status, document["error"]["type"].as_str()),
            (status, Some(kind)),
            "{word}"
        );
        let message = document["error"]["message"].as_str().unwrap();
        assert!(message.contains(text), "{message}");
    }
    let dotted = CHAT.replace("opus-4-6", "opus-4.6");
    let message = post(&[], "/v1/messages", &dotted).document()["error"]["message"].clone();
    assert_eq!(
        message,
        "Claude Code returned an error result: There's an issue with the selected model (claude-opus-4.6[1m]). \
         It may not exist or you may not have access to it. Run --model to pick a different model."
    );
    assert_eq!(
        post(&["--ids", "pinned"], "/v1/messages", &dotted).status,
        200
    );
}

#[test]
fn the_list_may_be_empty_rubbish_or_endless() {
    let count = |list: &str| {
        let reply = get(&["--models", list], "/v1/models");
        assert_eq!(reply.status, 200);
        reply.document()["data"].as_array().unwrap().len()
    };
    assert_eq!(
        (count("none"), count("rubbish"), count("many")),
        (0, 7, 10_000)
    );
}

#[test]
fn a_login_that_ends_soon_is_told() {
    let auth = |days: &str| get(&["--renewal-days", days], "/health").document()["auth"].clone();
    assert_eq!(auth("3")["renewalRequiredSoon"], true);
    assert_eq!(auth("30")["renewalRequiredSoon"], false);
    assert!(get(&[], "/health").document()["auth"]["daysUntilRenewal"].is_null());
}

#[test]
fn a_tool_is_called_in_both_forms() {
    let body = |stream: bool| {
        format!(
            r#"{{"model":"claude-opus-4-6","stream":{stream},"tools":[{{"name":"exec"}}],"messages":[{{"role":"user","content":"FAKE:tool=exec"}}]}}"#
        )
    };
    let whole = post(&[], "/v1/messages", &body(false)).document();
    assert_eq!(
        (&whole["stop_reason"], &whole["content"][1]["name"]),
        (&"tool_use".into(), &"exec".into())
    );
    let stream = post(&[], "/v1/messages", &body(true)).text();
    assert!(stream.contains("input_json_delta") && stream.contains(r#""stop_reason":"tool_use""#));
}
