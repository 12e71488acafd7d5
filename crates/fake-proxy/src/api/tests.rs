//! Tests of the fake API.

use clap::ValueEnum as _;
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
        let refused = directed(&body, None, 7).err();
        let unknown = Refusal::new(404, "not_found_error", format!("model: {id}"));
        assert_eq!(refused, (!known).then_some(unknown), "{id}");
    }
}

#[test]
fn a_refusal_is_requested_in_a_message_or_forced() {
    for kind in RefusalKind::value_variants() {
        let word = kind.to_possible_value().unwrap();
        let asking = user(&format!("please FAKE:{}", word.get_name()));
        let refusal = directed(&asking, None, 1).unwrap_err();
        assert_eq!(refusal, kind.refusal());
        assert_eq!(directed(&user("Hi"), Some(*kind), 1).unwrap_err(), refusal);
    }
    let limit = directed(&user("FAKE:429"), None, 1).unwrap_err();
    assert!(limit.headers.iter().any(|(name, _)| *name == "retry-after"));
    let bare = directed(&user("FAKE:429-bare"), None, 1).unwrap_err();
    assert_eq!(bare.headers.len(), 1, "{bare:?}");
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
    let old = "Human: old\n\nAssistant: yes";
    for (text, answered) in [
        (internal.clone(), "(nothing from the user)"),
        (format!("Human: Hi\n\nHuman: {internal}"), "Hi"),
        (format!("{old}\n\nHuman: new\n\nHuman: {internal}"), "new"),
        ("<system-reminder>x</system-reminder>\nHi".to_owned(), "Hi"),
    ] {
        assert_eq!(said(&user(&text)), format!("Fake reply to: {answered}"));
    }
}

#[test]
fn a_request_is_summarized() {
    let body = json!({
        "model": "m", "tools": [{ "name": "exec" }],
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
    let counts = ["one", "out"].map(|text| seen.count("user", text));
    assert_eq!((counts, seen.images()), ([2, 1], 1));
    assert_eq!(
        seen.messages[1],
        json!({ "role": "assistant", "content": [{ "toolUse": "exec" }] })
    );
    assert!(!seen.title);
}
