//! The OpenAI dialect.

use serde_json::{Value, json};

use crate::chat::{Chat, output_tokens};
use crate::http::Reply;

const DONE: &str = "data: [DONE]\n\n";

/// The time in every answer: answers do not depend on the clock.
pub(crate) const CREATED: u64 = 1_767_225_600;

/// The answer in the form that was asked for.
pub(crate) fn reply(chat: &Chat, answer: &str, id: &str) -> Reply {
    if chat.stream {
        Reply::events(chunks(chat, answer, id))
    } else {
        Reply::json(200, &completion(chat, answer, id))
    }
}

fn completion(chat: &Chat, answer: &str, id: &str) -> Value {
    let output = output_tokens(answer);
    json!({
        "id": id,
        "object": "chat.completion",
        "created": CREATED,
        "model": chat.model,
        "choices": [{
            "index": 0,
            "message": { "role": "assistant", "content": answer },
            "finish_reason": "stop",
        }],
        "usage": {
            "prompt_tokens": chat.input_tokens,
            "completion_tokens": output,
            "total_tokens": chat.input_tokens + output,
        },
    })
}

/// The answer as chunks, a word each.
fn chunks(chat: &Chat, answer: &str, id: &str) -> Vec<String> {
    let chunk = |delta: Value, finish: Value| {
        let document = json!({
            "id": id,
            "object": "chat.completion.chunk",
            "created": CREATED,
            "model": chat.model,
            "choices": [{ "index": 0, "delta": delta, "finish_reason": finish }],
        });
        format!("data: {document}\n\n")
    };
    let mut chunks = vec![chunk(
        json!({ "role": "assistant", "content": "" }),
        Value::Null,
    )];
    let words = answer.split_inclusive(' ');
    chunks.extend(words.map(|word| chunk(json!({ "content": word }), Value::Null)));
    chunks.push(chunk(json!({}), json!("stop")));
    chunks.push(DONE.to_owned());
    chunks
}
