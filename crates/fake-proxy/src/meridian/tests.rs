//! Tests of the access key and of refused chats, by which the helper and the plugin are judged.

use clap::Parser as _;
use serde_json::Value;

use super::*;
use crate::faults::Cli;

const CHAT: &str = r#"{"model":"claude-opus-4-6","messages":[{"role":"user","content":"Hello"}]}"#;

fn ask(args: &[&str], key: Option<&str>, request: &Request) -> Reply {
    let line = [&["fake-proxy"], args].concat();
    let mut context = Context::new(Cli::parse_from(line).switches, &[]);
    context.key = key.map(str::to_owned);
    context.reply(request, 7)
}

fn chat(args: &[&str], body: &str) -> Reply {
    ask(args, None, &Request::of("POST", "/v1/messages", &[], body))
}

fn refused(reply: &Reply, status: u16, kind: &str, text: &str) {
    let document = reply.document();
    let error = &document["error"];
    assert_eq!((reply.status, &error["type"]), (status, &kind.into()));
    assert!(error["message"].as_str().unwrap().contains(text), "{error}");
}

#[test]
fn protected_paths_need_the_key() {
    let status = |headers: &[(&str, &str)], path: &str| {
        ask(&[], Some("right"), &Request::of("GET", path, headers, "")).status
    };
    for (path, expected) in [
        ("/v1/models", 401),
        ("/v1/nowhere", 401),
        ("/metrics", 401),
        ("/messages", 401),
        ("/settings/x", 401),
        ("/auth/refresh", 401),
        ("/", 200),
        ("/health", 200),
        ("/v1x", 404),
    ] {
        assert_eq!(status(&[], path), expected, "{path}");
    }
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
        assert_eq!(status(headers, "/v1/models"), expected, "{headers:?}");
    }
}

/// As measured on the real one with the Claude CLI 2.1.119: its own refusals, and its words for what the API says.
#[test]
fn refusals_match_the_real_proxy() {
    for (args, status, kind, text) in [
        ("--login unhealthy", 401, "authentication_error", ""),
        ("--login rejected", 401, "authentication_error", ""),
        (
            "--api-refusal 401",
            401,
            "authentication_error",
            "Run 'claude login' in your terminal",
        ),
        (
            "--api-refusal 429",
            500,
            "api_error",
            "You've hit your session limit · resets ",
        ),
        (
            "--api-refusal 429-bare",
            429,
            "rate_limit_error",
            "Claude Max rate limit reached.",
        ),
        (
            "--api-refusal 529",
            503,
            "overloaded_error",
            "temporarily overloaded",
        ),
    ] {
        let args: Vec<_> = args.split(' ').collect();
        refused(&chat(&args, CHAT), status, kind, text);
    }
    let invalid = "invalid_request_error";
    refused(&chat(&[], "{}"), 400, invalid, "Field required");
    refused(
        &chat(&[], r#"{"messages":[]}"#),
        400,
        invalid,
        "Cannot be empty",
    );
    refused(&chat(&[], "hello"), 500, "api_error", "");
    // A stream has begun before the error is known.
    let stream = CHAT.replacen('{', r#"{"stream":true,"#, 1);
    let reply = chat(&["--api-refusal", "529"], &stream);
    assert_eq!(reply.status, 200);
    let text = reply.text();
    let event = text.strip_prefix("event: error\ndata: ").unwrap();
    let event: Value = serde_json::from_str(event).unwrap();
    assert_eq!(event["error"]["type"], "overloaded_error");
}

#[test]
fn an_id_that_the_api_does_not_have_is_refused_in_the_words_of_the_proxy() {
    let dotted = CHAT.replace("opus-4-6", "opus-4.6");
    assert_eq!(
        chat(&[], &dotted).document()["error"]["message"],
        "Claude Code returned an error result: There's an issue with the selected model (claude-opus-4.6[1m]). \
         It may not exist or you may not have access to it. Run --model to pick a different model."
    );
}
