//! What the messages of a request to the API say.

use serde_json::{Value, json};

use super::{INTERNAL, plain};

/// What the user asks last: the last text since the last answer that is not OpenClaw's or the CLI's own.
pub(super) fn question(body: &Value) -> String {
    let text = last_user_text(body);
    // A conversation that was flattened to one text names its speakers.
    let with_speaker = text.split("\n\nHuman:").filter_map(|part| {
        let said = plain(part.split("\n\nAssistant:").next().unwrap_or(part));
        let said = said.strip_prefix("Human:").unwrap_or(&said).trim();
        (!said.is_empty()).then(|| said.to_owned())
    });
    with_speaker
        .last()
        .unwrap_or_else(|| "(nothing from the user)".to_owned())
}

/// All texts that the user's side has sent since the last answer, tool results included.
pub(super) fn last_user_text(body: &Value) -> String {
    let messages = body.get("messages").and_then(Value::as_array);
    let since: Vec<Value> = messages
        .into_iter()
        .flatten()
        .rev()
        // Newer Claude CLIs tell the system's part as a message behind the user's.
        .filter(|one| one["role"] != "system")
        .take_while(|one| one["role"] == "user")
        .map(message)
        .collect();
    let since: Vec<Value> = since.into_iter().rev().collect();
    after_answers(&texts(&since, "user").collect::<Vec<_>>().join("\n"))
}

/// All texts of one role in summarized messages, tool results included, in order.
pub(super) fn texts<'a>(messages: &'a [Value], role: &'a str) -> impl Iterator<Item = &'a str> {
    messages
        .iter()
        .filter(move |one| one["role"] == role)
        .filter_map(|one| one["content"].as_array())
        .flatten()
        .filter_map(|block| block["text"].as_str().or(block["toolResult"].as_str()))
}

/// All texts of the user's side, in order.
pub(super) fn all_user_text(body: &Value) -> String {
    let messages = body.get("messages").and_then(Value::as_array);
    let messages: Vec<Value> = messages.into_iter().flatten().map(message).collect();
    texts(&messages, "user").collect::<Vec<_>>().join("\n")
}

/// What follows the last answer in a conversation that a proxy has flattened to the texts of one side.
fn after_answers(text: &str) -> String {
    if let Some((_, after)) = text.rsplit_once("</previous_response>") {
        return after.to_owned();
    }
    let answers = ["\n\nAssistant:", "[Assistant:"].map(|mark| text.rfind(mark));
    let Some(last) = answers.into_iter().flatten().max() else {
        return text.to_owned();
    };
    let rest = text.get(last..).unwrap_or_default();
    let with_speaker = rest
        .split_once("\n\nHuman:")
        .or_else(|| rest.split_once("]\n"));
    with_speaker.map_or_else(String::new, |(_, after)| after.to_owned())
}

/// A message as `{"role": …, "content": [{"text": …} | {"toolUse": name} | {"toolResult": …} | {"image": media type}]}`; what
/// OpenClaw and the Claude CLI add to texts is left out.
pub(super) fn message(message: &Value) -> Value {
    let content = match &message["content"] {
        Value::String(text) => vec![text_block(text)],
        Value::Array(blocks) => blocks.iter().flat_map(block).collect(),
        _ => Vec::new(),
    };
    json!({ "role": message["role"], "content": content })
}

fn text_block(text: &str) -> Value {
    let plain = plain(text);
    if plain.is_empty() && text.contains(INTERNAL.0) {
        return json!({ "internal": true });
    }
    json!({ "text": plain })
}

fn block(block: &Value) -> Vec<Value> {
    match block["type"].as_str() {
        Some("text") => vec![text_block(block["text"].as_str().unwrap_or_default())],
        Some("tool_use") => vec![json!({ "toolUse": block["name"] })],
        Some("image") => vec![json!({ "image": block.pointer("/source/media_type") })],
        Some("tool_result") => {
            let inner = match &block["content"] {
                Value::Array(blocks) => blocks.clone(),
                Value::String(text) => vec![json!({ "type": "text", "text": text })],
                _ => Vec::new(),
            };
            let (images, texts): (Vec<&Value>, Vec<&Value>) =
                inner.iter().partition(|one| one["type"] == "image");
            let text: Vec<&str> = texts
                .iter()
                .filter_map(|one| one["text"].as_str())
                .collect();
            let mut found = vec![json!({ "toolResult": plain(&text.join("\n")) })];
            found.extend(
                images
                    .iter()
                    .map(|one| json!({ "image": one.pointer("/source/media_type") })),
            );
            found
        }
        Some("thinking" | "redacted_thinking") => Vec::new(),
        other => vec![json!({ "other": other })],
    }
}
