//! The Anthropic Messages dialect: what was asked, and how an answer or a refusal is written.

use serde_json::{Value, json};

use crate::http::Reply;

/// The model of a request that names none.
const DEFAULT_MODEL: &str = "claude-sonnet-4-6";

/// A chat request in either dialect, as far as the answer depends on it.
#[derive(Debug, PartialEq)]
pub(crate) struct Chat {
    pub(crate) model: String,
    pub(crate) stream: bool,
    pub(crate) messages: Vec<Value>,
    pub(crate) tools: Vec<Value>,
    /// An estimate from the length of the body.
    pub(crate) input_tokens: usize,
}

/// Why a body is no chat request.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum BadChat {
    /// It is not JSON; with the parser's words.
    NotJson(String),
    /// `messages` is missing or no list.
    NoMessages,
    /// `messages` is an empty list.
    EmptyMessages,
}

/// A successful answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The blocks of content, in the API's form.
    pub content: Vec<Value>,
    /// `end_turn` or `tool_use`.
    pub stop_reason: &'static str,
}

impl Answer {
    /// One block of text that ends the turn.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self {
            content: vec![json!({ "type": "text", "text": text.into() })],
            stop_reason: "end_turn",
        }
    }
}

/// An error, of the API or as a proxy tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// HTTP status.
    pub status: u16,
    /// The type of the error.
    pub kind: &'static str,
    /// What is said.
    pub message: String,
    /// Headers besides the type of the content.
    pub headers: Vec<(&'static str, String)>,
}

impl Refusal {
    pub(crate) fn new(status: u16, kind: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            kind,
            message: message.into(),
            headers: Vec::new(),
        }
    }

    /// The error as an answer, in the vendor's order.
    pub(crate) fn reply(self) -> Reply {
        let mut reply = Reply::new(self.status, "application/json", self.document());
        reply.headers.extend(self.headers);
        reply
    }

    /// The error as the one event of a stream.
    pub(crate) fn event(&self) -> String {
        format!("event: error\ndata: {}\n\n", self.document())
    }

    fn document(&self) -> String {
        let (kind, message) = (self.kind, json!(self.message));
        format!(r#"{{"type":"error","error":{{"type":"{kind}","message":{message}}}}}"#)
    }
}

impl Chat {
    /// Reads a body of either dialect.
    ///
    /// # Errors
    /// [`BadChat`].
    pub(crate) fn read(body: &[u8]) -> Result<Self, BadChat> {
        let document: Value =
            serde_json::from_slice(body).map_err(|error| BadChat::NotJson(error.to_string()))?;
        let Some(messages) = document.get("messages").and_then(Value::as_array) else {
            return Err(BadChat::NoMessages);
        };
        if messages.is_empty() {
            return Err(BadChat::EmptyMessages);
        }
        Ok(Self {
            model: document
                .get("model")
                .and_then(Value::as_str)
                .unwrap_or(DEFAULT_MODEL)
                .to_owned(),
            stream: document
                .get("stream")
                .and_then(Value::as_bool)
                .unwrap_or(false),
            messages: messages.clone(),
            tools: document
                .get("tools")
                .and_then(Value::as_array)
                .cloned()
                .unwrap_or_default(),
            input_tokens: body.len() / 4 + 1,
        })
    }
}

/// The text of an answer, for the dialect that has nothing else.
pub(crate) fn text(answer: &Answer) -> String {
    let texts = answer
        .content
        .iter()
        .filter_map(|block| block["text"].as_str());
    texts.collect::<Vec<_>>().join("\n")
}

/// The number of tokens an answer is said to have: its words.
pub(crate) fn output_tokens(answer: &str) -> usize {
    answer.split_whitespace().count()
}

/// The answer in the form that was asked for.
pub(crate) fn reply(chat: &Chat, answer: &Answer, number: u64) -> Reply {
    if chat.stream {
        Reply::events(events(chat, answer, number))
    } else {
        Reply::json(200, &message(chat, answer, number))
    }
}

fn message(chat: &Chat, answer: &Answer, number: u64) -> Value {
    json!({
        "id": id(number),
        "type": "message",
        "role": "assistant",
        "content": answer.content,
        "model": chat.model,
        "stop_reason": answer.stop_reason,
        "usage": {
            "input_tokens": chat.input_tokens,
            "output_tokens": output_tokens(&text(answer)),
            "cache_read_input_tokens": 0,
            "cache_creation_input_tokens": 0,
        },
    })
}

/// The answer as server-sent events, a word each.
fn events(chat: &Chat, answer: &Answer, number: u64) -> Vec<String> {
    let mut events = vec![
        event(
            "message_start",
            json!({ "message": {
                "id": id(number),
                "type": "message",
                "role": "assistant",
                "model": chat.model,
                "content": [],
                "stop_reason": null,
                "stop_sequence": null,
                "usage": {
                    "input_tokens": chat.input_tokens,
                    "cache_creation_input_tokens": 0,
                    "cache_read_input_tokens": 0,
                    "output_tokens": 1,
                },
            }}),
        ),
        // A comment, which the real proxy sends to keep the connection alive; clients must skip it.
        ": ping\n\n".to_owned(),
    ];
    for (index, block) in answer.content.iter().enumerate() {
        events.extend(block_events(index, block));
    }
    events.push(event(
        "message_delta",
        json!({
            "delta": { "stop_reason": answer.stop_reason, "stop_sequence": null },
            "usage": { "output_tokens": output_tokens(&text(answer)) },
        }),
    ));
    events.push(event("message_stop", json!({})));
    events
}

/// One block of an answer: a text in words, a call of a tool in one piece.
fn block_events(index: usize, block: &Value) -> Vec<String> {
    let text = block["text"].as_str();
    let empty = match text {
        Some(_) => json!({ "type": "text", "text": "" }),
        None => {
            json!({ "type": block["type"], "id": block["id"], "name": block["name"], "input": {} })
        }
    };
    let mut events = vec![event(
        "content_block_start",
        json!({ "index": index, "content_block": empty }),
    )];
    let deltas: Vec<Value> = match text {
        Some(text) => text
            .split_inclusive(' ')
            .map(|word| json!({ "type": "text_delta", "text": word }))
            .collect(),
        None => {
            vec![json!({ "type": "input_json_delta", "partial_json": block["input"].to_string() })]
        }
    };
    for delta in deltas {
        let delta = json!({ "index": index, "delta": delta });
        events.push(event("content_block_delta", delta));
    }
    events.push(event("content_block_stop", json!({ "index": index })));
    events
}

/// An answer that is this error.
pub(crate) fn refused(status: u16, kind: &'static str, message: &str) -> Reply {
    Refusal::new(status, kind, message).reply()
}

fn id(number: u64) -> String {
    format!("msg_fake{number:06}")
}

fn event(kind: &str, mut data: Value) -> String {
    let mut document = json!({ "type": kind });
    if let (Some(document), Some(data)) = (document.as_object_mut(), data.as_object_mut()) {
        document.append(data);
    }
    format!("event: {kind}\ndata: {document}\n\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_events_form_one_message_and_add_up_to_the_answer() {
        let chat = Chat::read(
            r#"{"model":"m","messages":[{"role":"user","content":"ein Wört"}]}"#.as_bytes(),
        )
        .unwrap();
        let answer = Answer::text("Fake reply to: ein Wört");
        let mut kinds = Vec::new();
        let mut text = String::new();
        for event in events(&chat, &answer, 1) {
            assert!(event.ends_with("\n\n"));
            let Some((name, data)) = event.trim_end().split_once('\n') else {
                assert_eq!(event, ": ping\n\n");
                continue;
            };
            let data: Value = serde_json::from_str(data.strip_prefix("data: ").unwrap()).unwrap();
            assert_eq!(name.strip_prefix("event: ").unwrap(), data["type"]);
            kinds.push(data["type"].as_str().unwrap().to_owned());
            text.push_str(data["delta"]["text"].as_str().unwrap_or(""));
        }
        kinds.dedup();
        let expected = [
            "message_start",
            "content_block_start",
            "content_block_delta",
            "content_block_stop",
            "message_delta",
            "message_stop",
        ];
        assert_eq!(kinds, expected);
        assert_eq!(text, "Fake reply to: ein Wört");
    }
}
