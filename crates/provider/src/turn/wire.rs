//! The two dialects of a turn: how a conversation is written, and how a stream of events is read.

use crate::document::{self, Value};
use crate::health::Response;
use crate::settings::Api;

/// Most tokens of an answer; a few words are wanted.
const MAX_TOKENS: &str = "1024";
/// OpenClaw puts a message like this behind each one of the user's, and keeps it in its place.
const CONTEXT: &str = "<<<BEGIN_OPENCLAW_INTERNAL_CONTEXT>>>\nA check of the connection.\n<<<END_OPENCLAW_INTERNAL_CONTEXT>>>";

/// A call of a tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Call {
    pub(super) id: String,
    pub(super) name: String,
}

/// An answer, read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) text: String,
    pub(super) tool: Option<Call>,
    pub(super) model: Option<String>,
    /// What the far side says in place of an answer.
    pub(super) error: Option<String>,
    /// Whether the end of the answer was seen.
    pub(super) ended: bool,
}

/// A conversation as it is written.
pub(super) struct Talk {
    api: Api,
    messages: Vec<Value>,
}

fn object<const N: usize>(members: [(&str, Value); N]) -> Value {
    let named = members.map(|(name, value)| (name.to_owned(), value));
    Value::Object(named.into())
}

fn string(text: &str) -> Value {
    Value::String(text.to_owned())
}

fn list<const N: usize>(items: [Value; N]) -> Value {
    Value::Array(items.into())
}

fn text_block(text: &str) -> Value {
    object([("type", string("text")), ("text", string(text))])
}

impl Talk {
    pub(super) fn new(api: Api) -> Self {
        Self {
            api,
            messages: Vec::new(),
        }
    }

    pub(super) fn path(&self) -> &'static str {
        match self.api {
            Api::AnthropicMessages => "/v1/messages",
            Api::OpenaiCompletions => "/v1/chat/completions",
        }
    }

    pub(super) fn headers(&self, plan: &[(String, String)]) -> Vec<(String, String)> {
        let own = [
            ("content-type", "application/json"),
            ("accept", "text/event-stream"),
            ("anthropic-version", "2023-06-01"),
        ];
        // The last one is of the one dialect only.
        let count = if self.api == Api::AnthropicMessages {
            3
        } else {
            2
        };
        let own = own.iter().take(count);
        let own = own.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        own.chain(plan.iter().cloned()).collect()
    }

    fn say(&mut self, role: &str, content: Value) {
        let message = object([("role", string(role)), ("content", content)]);
        self.messages.push(message);
    }

    pub(super) fn user(&mut self, text: &str) {
        self.say("user", string(text));
    }

    pub(super) fn context(&mut self) {
        self.user(CONTEXT);
    }

    pub(super) fn assistant(&mut self, said: &Said) {
        let call = said.tool.as_ref();
        match self.api {
            Api::AnthropicMessages => {
                let mut content = Vec::new();
                if !said.text.is_empty() || call.is_none() {
                    // An empty text is refused.
                    let text = if said.text.is_empty() {
                        "…"
                    } else {
                        &said.text
                    };
                    content.push(text_block(text));
                }
                content.extend(call.map(|call| {
                    object([
                        ("type", string("tool_use")),
                        ("id", string(&call.id)),
                        ("name", string(&call.name)),
                        ("input", object([])),
                    ])
                }));
                self.say("assistant", Value::Array(content));
            }
            Api::OpenaiCompletions => {
                self.say("assistant", string(&said.text));
                if let (Some(call), Some(message)) = (call, self.messages.last_mut()) {
                    let function =
                        object([("name", string(&call.name)), ("arguments", string("{}"))]);
                    let call = object([
                        ("id", string(&call.id)),
                        ("type", string("function")),
                        ("function", function),
                    ]);
                    message.insert("tool_calls", list([call]));
                }
            }
        }
    }

    pub(super) fn result(&mut self, call: &Call, text: &str) {
        match self.api {
            Api::AnthropicMessages => {
                let result = object([
                    ("type", string("tool_result")),
                    ("tool_use_id", string(&call.id)),
                    ("content", list([text_block(text)])),
                ]);
                self.say("user", list([result]));
            }
            Api::OpenaiCompletions => {
                self.say("tool", string(text));
                if let Some(message) = self.messages.last_mut() {
                    message.insert("tool_call_id", string(&call.id));
                }
            }
        }
    }

    /// The body. Thinking is left as the model has it: a thought could not be sent back with its signature.
    pub(super) fn body(&self, model: &str, tool: &str) -> String {
        let about = string("Gives a word. A part of the check of the connection.");
        let schema = object([("type", string("object")), ("properties", object([]))]);
        let tool = match self.api {
            Api::AnthropicMessages => object([
                ("name", string(tool)),
                ("description", about),
                ("input_schema", schema),
            ]),
            Api::OpenaiCompletions => object([
                ("type", string("function")),
                (
                    "function",
                    object([
                        ("name", string(tool)),
                        ("description", about),
                        ("parameters", schema),
                    ]),
                ),
            ]),
        };
        object([
            ("model", string(model)),
            ("max_tokens", Value::Number(MAX_TOKENS.to_owned())),
            ("stream", Value::Bool(true)),
            ("messages", Value::Array(self.messages.clone())),
            ("tools", list([tool])),
        ])
        .json()
    }
}

/// Reads an answer of either dialect.
pub(super) fn read(response: &Response) -> Said {
    let mut said = Said::default();
    if response.status != 200 {
        let words = document::parse(&response.body)
            .ok()
            .and_then(|document| error(&document.root));
        said.error = Some(words.unwrap_or_else(|| format!("HTTP {}", response.status)));
        return said;
    }
    for line in response.body.lines() {
        let Some(data) = line.strip_prefix("data:").map(str::trim) else {
            continue;
        };
        if data == "[DONE]" {
            said.ended = true;
        } else if let Ok(event) = document::parse(data) {
            take(&mut said, &event.root);
        }
    }
    said
}

fn text<'v>(value: &'v Value, keys: &[&str]) -> Option<&'v str> {
    value.at(keys)?.as_str()
}

/// The words of an error, wherever they stand.
fn error(document: &Value) -> Option<String> {
    let error = document.get("error")?;
    let words = error.as_str().or_else(|| text(error, &["message"]));
    Some(words.unwrap_or("an error without words").to_owned())
}

fn take(said: &mut Said, event: &Value) {
    if let Some(words) = error(event) {
        said.error.get_or_insert(words);
        return;
    }
    match text(event, &["type"]) {
        Some("message_start") => said.model = text(event, &["message", "model"]).map(str::to_owned),
        Some("content_block_start") => {
            let block = event.get("content_block");
            let part = |key| block.and_then(|block| text(block, &[key]));
            if part("type") == Some("tool_use") {
                call(said, part("id"), part("name"));
            }
        }
        Some("content_block_delta") => said
            .text
            .push_str(text(event, &["delta", "text"]).unwrap_or_default()),
        Some("message_stop") => said.ended = true,
        Some(_) => {}
        None => chunk(said, event),
    }
}

fn chunk(said: &mut Said, event: &Value) {
    if let Some(model) = text(event, &["model"]) {
        said.model.get_or_insert(model.to_owned());
    }
    let delta = event
        .get("choices")
        .and_then(Value::as_array)
        .and_then(|choices| choices.first()?.get("delta"));
    let Some(delta) = delta else { return };
    said.text
        .push_str(text(delta, &["content"]).unwrap_or_default());
    let first = delta
        .get("tool_calls")
        .and_then(Value::as_array)
        .and_then(|calls| calls.first());
    if let Some(first) = first {
        call(
            said,
            text(first, &["id"]),
            text(first, &["function", "name"]),
        );
    }
}

/// Notes a call; only the first one counts, and the pieces of its arguments name it no more.
fn call(said: &mut Said, id: Option<&str>, name: Option<&str>) {
    if let (None, Some(id), Some(name)) = (&said.tool, id, name) {
        said.tool = Some(Call {
            id: id.to_owned(),
            name: name.to_owned(),
        });
    }
}
