//! What the Claude CLI, and so the API, gets of a client's conversation: one text with the speakers' names.
//!
//! The real proxy remembers each conversation and resumes it; where it takes one for changed, all but the last user message
//! is lost. Here every request brings all of it, or, with `--lose-words`, no more than that last message.

use serde_json::{Value, json};

/// The messages that reach the API.
pub(super) fn for_the_api(messages: &[Value], lose_words: bool) -> Value {
    let sent = if lose_words {
        last_of_user(messages)
    } else {
        messages
    };
    let parts = sent.iter().filter_map(|message| {
        let text = flat(message);
        let speaker = if message["role"] == "assistant" {
            "Assistant"
        } else {
            "Human"
        };
        (!text.is_empty()).then(|| format!("{speaker}: {text}"))
    });
    let text = parts.collect::<Vec<_>>().join("\n\n");
    json!([{ "role": "user", "content": [{ "type": "text", "text": text }] }])
}

fn last_of_user(messages: &[Value]) -> &[Value] {
    let last = messages
        .iter()
        .rposition(|message| message["role"] == "user");
    last.and_then(|at| messages.get(at..=at))
        .unwrap_or_default()
}

/// The texts of a message, results of tools among them; calls of tools leave nothing.
fn flat(message: &Value) -> String {
    let blocks = match &message["content"] {
        Value::String(text) => return text.clone(),
        Value::Array(blocks) => blocks,
        _ => return String::new(),
    };
    let texts = blocks.iter().map(|block| match block["type"].as_str() {
        Some("text") => block["text"].as_str().unwrap_or_default().to_owned(),
        Some("tool_result") => flat(block),
        _ => String::new(),
    });
    let texts: Vec<String> = texts.filter(|text| !text.is_empty()).collect();
    texts.join("\n")
}
