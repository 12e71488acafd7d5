//! Tests of the fake API.

use serde_json::{Value, json};

use super::*;

fn user(text: &str) -> Value {
    json!({
        "model": "claude-opus-4-6",
        "tools": [{ "name": "mcp__oc__exec" }],
        "messages": [{ "role": "user", "content": text }],
    })
}

fn said(body: &Value) -> String {
    let answer = directed(body, None, 1).unwrap();
    answer.content[0]["text"].as_str().unwrap().to_owned()
}

#[test]
fn only_exact_ids_of_real_models_are_accepted() {
    for (id, known) in [
        ("claude-opus-4-6", true),
        ("claude-haiku-4-5-20251001", true),
        ("claude-opus-4.6", false),
        ("claude-opus-4-6-thinking", false),
        ("claude-haiku-4", false),
        ("claude-opus-4-6-20250101", false),
        ("opus", false),
    ] {
        let mut body = user("Hi");
        body["model"] = json!(id);
        match directed(&body, None, 7) {
            Ok(_) => assert!(known, "{id}"),
            Err(refusal) => {
                assert!(!known, "{id}");
                assert_eq!(
                    (refusal.status, refusal.body),
                    (
                        404,
                        json!({ "type": "error", "error": { "type": "not_found_error", "message": format!("model: {id}") }, "request_id": "req_fake000007" })
                    )
                );
            }
        }
    }
}

#[test]
fn a_refusal_is_requested_in_a_message_or_forced() {
    for (word, kind) in RefusalKind::WORDS {
        let refusal = directed(&user(&format!("please FAKE:{word}")), None, 1).unwrap_err();
        assert_eq!(refusal, kind.clone().refusal(1));
        assert!(refusal.body["error"]["message"].is_string());
        assert_eq!(directed(&user("Hi"), Some(kind), 1).unwrap_err(), refusal);
    }
    let limit = directed(&user("FAKE:429"), None, 1).unwrap_err();
    assert!(limit.headers.iter().any(|(name, _)| *name == "retry-after"));
    let bare = directed(&user("FAKE:429-bare"), None, 1).unwrap_err();
    assert!(
        !bare
            .headers
            .iter()
            .any(|(name, _)| name.contains("reset") || *name == "retry-after")
    );
}

#[test]
fn a_tool_is_called_until_its_output_is_back() {
    let called = directed(&user("FAKE:tool=exec"), None, 1).unwrap();
    assert_eq!(called.stop_reason, "tool_use");
    assert_eq!(called.content[1]["name"], "mcp__oc__exec");
    assert!(!called.content[1].to_string().contains(TOOL_OUTPUT));
    let given = directed(&user(r#"FAKE:tool=exec {"a": "b"} now"#), None, 1).unwrap();
    assert_eq!(given.content[1]["input"], json!({ "a": "b" }));
    let mut back = user("FAKE:tool=exec");
    let more = back["messages"].as_array_mut().unwrap();
    more.push(json!({ "role": "assistant", "content": called.content }));
    more.push(
        json!({ "role": "user", "content": [{ "type": "tool_result", "content": TOOL_OUTPUT }] }),
    );
    assert_eq!(said(&back), format!("Fake reply to: {TOOL_OUTPUT}"));
    let flatten =
        format!("Human: FAKE:tool=exec\n\nAssistant: I will use the tool.\n\nHuman: {TOOL_OUTPUT}");
    assert_eq!(
        said(&user(&flatten)),
        format!("Fake reply to: {TOOL_OUTPUT}")
    );
    // A result that was lost on the way does not call the tool again and again.
    let lost = "Human: FAKE:tool=exec\n\nAssistant: I will use the tool.\n\nHuman: and now?";
    assert_eq!(said(&user(lost)), "Fake reply to: and now?");
    let tagged = "FAKE:tool=exec\n<previous_response>\nno\n</previous_response>\nand now?";
    assert_eq!(said(&user(tagged)), "Fake reply to: and now?");
    let spawned = "FAKE:tool=sessions_spawn\n{\"status\": \"accepted\"}";
    assert!(said(&user(spawned)).starts_with("Fake reply to:"));
    assert!(said(&user("FAKE:tool=fly")).starts_with("No tool fly among: mcp__oc__exec"));
}

#[test]
fn text_that_openclaw_or_the_cli_adds_is_not_answered() {
    let internal = format!("{}secret{}", INTERNAL.0, INTERNAL.1);
    assert_eq!(
        said(&user(&internal)),
        "Fake reply to: (nothing from the user)"
    );
    assert_eq!(
        said(&user(&format!("Human: Hi\n\nHuman: {internal}"))),
        "Fake reply to: Hi"
    );
    assert_eq!(
        said(&user(&format!(
            "Human: old\n\nAssistant: yes\n\nHuman: new\n\nHuman: {internal}"
        ))),
        "Fake reply to: new"
    );
    assert_eq!(
        said(&user("<system-reminder>x</system-reminder>\nHi")),
        "Fake reply to: Hi"
    );
}

#[test]
fn a_request_is_summarized() {
    let body = json!({
        "model": "m", "thinking": { "type": "adaptive" },
        "system": [{ "type": "text", "text": "s", "cache_control": {} }],
        "tools": [{ "name": "exec", "cache_control": {} }],
        "messages": [
            { "role": "user", "content": "one" },
            { "role": "assistant", "content": [{ "type": "thinking" }, { "type": "tool_use", "name": "exec" }] },
            { "role": "user", "content": [
                { "type": "tool_result", "content": [{ "type": "text", "text": "out" }, { "type": "image", "source": { "media_type": "image/png" } }] },
                { "type": "text", "text": "two one" },
            ] },
        ],
    });
    let seen = Received::read(&body);
    assert_eq!(
        (
            seen.count("user", "one"),
            seen.count("user", "out"),
            seen.images(),
            seen.cache_control
        ),
        (2, 1, 1, 2)
    );
    assert_eq!(
        seen.messages[1],
        json!({ "role": "assistant", "content": [{ "toolUse": "exec" }] })
    );
    assert!(!seen.title);
    assert_eq!(seen.thinking["type"], "adaptive");
}
