//! The Anthropic Messages dialect: what was asked, and a fixed answer that shows that it came through.

use serde_json::{Value, json};

use crate::switches::{Login, Switches};

/// How much of the question the answer repeats, in characters.
const ECHO_LIMIT: usize = 500;
/// The model of a request that names none.
const DEFAULT_MODEL: &str = "claude-sonnet-4-6";

/// A chat request in either dialect, as far as the answer depends on it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Chat {
    pub(crate) model: String,
    pub(crate) stream: bool,
    /// What the user said first since the last answer: clients append context of their own as further user messages.
    pub(crate) question: String,
    /// The roles and kinds of content, for the log: no content.
    pub(crate) outline: String,
    pub(crate) messages: usize,
    pub(crate) tools: usize,
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

/// An error as chat clients see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) kind: &'static str,
    pub(crate) message: &'static str,
}

impl Chat {
    /// Reads a body of either dialect: both keep text in the same places.
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
        let role = |message: &Value| {
            message
                .get("role")
                .and_then(Value::as_str)
                .unwrap_or("?")
                .to_owned()
        };
        let by_user = |message: &&Value| role(message) == "user";
        let question = messages
            .iter()
            .rev()
            .skip_while(|message| !by_user(message))
            .take_while(by_user)
            .filter_map(last_text)
            .last()
            .or_else(|| messages.iter().rev().filter(by_user).find_map(last_text));
        let outline: Vec<String> = messages
            .iter()
            .map(|message| format!("{}[{}]", role(message), kinds(message)))
            .collect();
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
            question: question.unwrap_or_default(),
            outline: outline.join(" → "),
            messages: messages.len(),
            tools: document
                .get("tools")
                .and_then(Value::as_array)
                .map_or(0, Vec::len),
            input_tokens: body.len() / 4 + 1,
        })
    }

    /// The answer's text.
    pub(crate) fn answer(&self) -> String {
        let echo: String = self.question.chars().take(ECHO_LIMIT).collect();
        format!("Fake reply to: {echo}")
    }
}

/// The number of tokens an answer is said to have: its words.
pub(crate) fn output_tokens(answer: &str) -> usize {
    answer.split_whitespace().count()
}

/// The answer as one JSON message.
pub(crate) fn message(chat: &Chat, answer: &str, number: u64) -> Value {
    json!({
        "id": id(number),
        "type": "message",
        "role": "assistant",
        "content": [{ "type": "text", "text": answer }],
        "model": chat.model,
        "stop_reason": "end_turn",
        "usage": {
            "input_tokens": chat.input_tokens,
            "output_tokens": output_tokens(answer),
            "cache_read_input_tokens": 0,
            "cache_creation_input_tokens": 0,
        },
    })
}

/// The answer as server-sent events, a word each.
pub(crate) fn events(chat: &Chat, answer: &str, number: u64) -> Vec<String> {
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
        event(
            "content_block_start",
            json!({ "index": 0, "content_block": { "type": "text", "text": "" } }),
        ),
        // A comment, which the real proxy sends to keep the connection alive; clients must skip it.
        ": ping\n\n".to_owned(),
    ];
    for word in answer.split_inclusive(' ') {
        let delta = json!({ "index": 0, "delta": { "type": "text_delta", "text": word } });
        events.push(event("content_block_delta", delta));
    }
    events.push(event("content_block_stop", json!({ "index": 0 })));
    events.push(event(
        "message_delta",
        json!({
            "delta": { "stop_reason": "end_turn", "stop_sequence": null },
            "usage": { "output_tokens": output_tokens(answer) },
        }),
    ));
    events.push(event("message_stop", json!({})));
    events
}

/// The error as a JSON document.
pub(crate) fn error(kind: &str, message: &str) -> Value {
    json!({ "type": "error", "error": { "type": kind, "message": message } })
}

/// The error as the one event of a stream.
pub(crate) fn error_event(kind: &str, message: &str) -> String {
    format!("event: error\ndata: {}\n\n", error(kind, message))
}

/// Whether chat is refused by a switch, and how.
pub(crate) fn refusal(switches: &Switches) -> Option<Refusal> {
    if let Some(status) = switches.messages_status {
        let (kind, message) = match status {
            401 => ("authentication_error", REJECTED),
            402 => ("billing_error", "Claude Max subscription issue."),
            429 => (
                "rate_limit_error",
                "Claude Max rate limit reached. Wait a moment and try again.",
            ),
            500 => ("api_error", "Internal server error"),
            502 => (
                "api_error",
                "Claude API returned a server error. This is usually temporary — try again in a moment.",
            ),
            503 => (
                "overloaded_error",
                "Claude is temporarily overloaded. Try again in a few seconds.",
            ),
            504 => ("timeout_error", "Request timed out."),
            529 => ("overloaded_error", "Overloaded"),
            400..=499 => ("invalid_request_error", "Refused by the fake proxy."),
            _ => ("api_error", "Failed by the fake proxy."),
        };
        return Some(Refusal {
            status,
            kind,
            message,
        });
    }
    let message = match switches.login {
        Login::Ok | Login::Token => return None,
        Login::Degraded | Login::Unhealthy | Login::AtStart => EXPIRED,
        Login::Rejected => REJECTED,
    };
    Some(Refusal {
        status: 401,
        kind: "authentication_error",
        message,
    })
}

const EXPIRED: &str = "Claude OAuth token has expired and could not be refreshed automatically. \
     Run 'claude login' in your terminal to re-authenticate.";
const REJECTED: &str = "Claude authentication expired or invalid. \
     Run 'claude login' in your terminal to re-authenticate, then restart the proxy.";

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

/// The text of a message, or its last block of text.
fn last_text(message: &Value) -> Option<String> {
    match message.get("content")? {
        Value::String(text) => Some(text.clone()),
        Value::Array(blocks) => {
            let mut texts = blocks
                .iter()
                .rev()
                .filter_map(|block| block.get("text").and_then(Value::as_str));
            texts.next().map(str::to_owned)
        }
        _ => None,
    }
}

fn kinds(message: &Value) -> String {
    let Some(blocks) = message.get("content").and_then(Value::as_array) else {
        return "string".to_owned();
    };
    let kinds: Vec<&str> = blocks
        .iter()
        .map(|block| block.get("type").and_then(Value::as_str).unwrap_or("?"))
        .collect();
    kinds.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_question_is_what_the_user_said_since_the_last_answer() {
        let cases = [
            (
                r#"{"messages":[{"role":"user","content":"old"},{"role":"assistant","content":"a"},{"role":"user","content":"new"},{"role":"user","content":"context"}]}"#,
                "new",
            ),
            (r#"{"messages":[{"role":"user","content":"one"}]}"#, "one"),
            (
                r#"{"messages":[{"role":"user","content":"one"},{"role":"assistant","content":"two"}]}"#,
                "one",
            ),
            (
                r#"{"messages":[{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"},{"type":"image"}]}]}"#,
                "b",
            ),
            (
                r#"{"messages":[{"role":"user","content":"q"},{"role":"user","content":[{"type":"tool_result","content":"r"}]}]}"#,
                "q",
            ),
            (r#"{"messages":[{"role":"user"},7]}"#, ""),
        ];
        for (body, question) in cases {
            assert_eq!(
                Chat::read(body.as_bytes()).unwrap().question,
                question,
                "{body}"
            );
        }
        assert_eq!(Chat::read(b"{}"), Err(BadChat::NoMessages));
        assert_eq!(
            Chat::read(br#"{"messages":[]}"#),
            Err(BadChat::EmptyMessages)
        );
        assert!(matches!(Chat::read(b"hello"), Err(BadChat::NotJson(_))));
    }

    #[test]
    fn the_events_form_one_message_and_add_up_to_the_answer() {
        let chat = Chat::read(
            r#"{"model":"m","messages":[{"role":"user","content":"ein Wört"}]}"#.as_bytes(),
        )
        .unwrap();
        let answer = chat.answer();
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
