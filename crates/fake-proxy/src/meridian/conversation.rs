//! What the Claude CLI, and so the API, gets of a client's conversation: one text with the speakers' names.
//!
//! The real proxy remembers each conversation and resumes it; of one that it takes for changed only the last user message
//! goes on. Here every request brings all of it, or, with `--drop-messages`, what came before the first answer and that last
//! message.

use serde_json::{Value, json};

pub(super) fn messages_for_api(messages: &[Value], drop_messages: bool) -> Value {
    let answered = messages
        .iter()
        .position(|message| message["role"] == "assistant");
    let parts: Vec<String> = match answered.filter(|_| drop_messages) {
        Some(at) => {
            let last = messages.iter().rfind(|message| message["role"] == "user");
            messages
                .iter()
                .take(at)
                .chain(last)
                .filter_map(with_speaker)
                .collect()
        }
        None => messages.iter().filter_map(with_speaker).collect(),
    };
    let text = parts.join("\n\n");
    json!([{ "role": "user", "content": [{ "type": "text", "text": text }] }])
}

/// What a message says, with its speaker.
fn with_speaker(message: &Value) -> Option<String> {
    let text = flatten(message);
    let speaker = match message["role"].as_str() {
        Some("assistant") => "Assistant",
        _ => "Human",
    };
    (!text.is_empty()).then(|| format!("{speaker}: {text}"))
}

/// The texts of a message, results of tools among them; calls of tools leave nothing.
fn flatten(message: &Value) -> String {
    let blocks = match &message["content"] {
        Value::String(text) => return text.clone(),
        Value::Array(blocks) => blocks,
        _ => return String::new(),
    };
    let texts = blocks.iter().map(|block| match block["type"].as_str() {
        Some("text") => block["text"].as_str().unwrap_or_default().to_owned(),
        Some("tool_result") => flatten(block),
        _ => String::new(),
    });
    let texts: Vec<String> = texts.filter(|text| !text.is_empty()).collect();
    texts.join("\n")
}
