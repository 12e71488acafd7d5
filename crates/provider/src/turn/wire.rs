//! The two APIs of the test conversation: writes it as a request, and reads the stream of events of an answer.

use crate::document::{self, Value};
use crate::health::Response;
use crate::settings::Api;
use crate::strings;

/// The highest number of tokens in an answer, which has only a few words.
const MAX_TOKENS: u32 = 1024;
/// OpenClaw adds a message like this after each message of the user, and keeps it in the conversation.
const CONTEXT: &str = "<<<BEGIN_OPENCLAW_INTERNAL_CONTEXT>>>\nA check of the connection.\n<<<END_OPENCLAW_INTERNAL_CONTEXT>>>";

/// A call of a tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ToolCall {
    pub(super) id: String,
    pub(super) name: String,
}

/// An answer of the model.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Reply {
    pub(super) text: String,
    pub(super) tool: Option<ToolCall>,
    pub(super) model: Option<String>,
    /// The error in place of an answer.
    pub(super) error: Option<String>,
    /// Whether the end of the answer was seen.
    pub(super) ended: bool,
}

/// A conversation: its messages as JSON.
pub(super) struct Conversation {
    api: Api,
    messages: Vec<String>,
}

/// A text as JSON.
fn json(text: &str) -> String {
    strings::quote_json5(text, '"')
}

fn text_block(text: &str) -> String {
    format!(r#"{{"type":"text","text":{}}}"#, json(text))
}

impl Conversation {
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

    /// The headers of the API, then those of the kind of proxy.
    pub(super) fn headers(&self, of_kind: &[(String, String)]) -> Vec<(String, String)> {
        let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let mut headers = vec![
            header("content-type", "application/json"),
            header("accept", "text/event-stream"),
        ];
        if self.api == Api::AnthropicMessages {
            headers.push(header("anthropic-version", "2023-06-01"));
        }
        headers.extend_from_slice(of_kind);
        headers
    }

    /// Adds a message of the user and OpenClaw's context after it.
    pub(super) fn user(&mut self, text: &str) {
        for text in [text, CONTEXT] {
            let message = format!(r#"{{"role":"user","content":{}}}"#, json(text));
            self.messages.push(message);
        }
    }

    pub(super) fn assistant(&mut self, reply: &Reply) {
        let call = reply.tool.as_ref();
        self.messages.push(match self.api {
            Api::AnthropicMessages => {
                let mut blocks = Vec::new();
                if !reply.text.is_empty() {
                    blocks.push(text_block(&reply.text));
                } else if call.is_none() {
                    // An empty text is refused.
                    blocks.push(text_block("…"));
                }
                blocks.extend(call.map(|call| {
                    let (id, name) = (json(&call.id), json(&call.name));
                    format!(r#"{{"type":"tool_use","id":{id},"name":{name},"input":{{}}}}"#)
                }));
                format!(r#"{{"role":"assistant","content":[{}]}}"#, blocks.join(","))
            }
            Api::OpenaiCompletions => {
                let calls = call.map_or_else(String::new, |call| {
                    let (id, name) = (json(&call.id), json(&call.name));
                    format!(
                        r#","tool_calls":[{{"id":{id},"type":"function","function":{{"name":{name},"arguments":"{{}}"}}}}]"#
                    )
                });
                format!(r#"{{"role":"assistant","content":{}{calls}}}"#, json(&reply.text))
            }
        });
    }

    pub(super) fn tool_result(&mut self, call: &ToolCall, text: &str) {
        let id = json(&call.id);
        self.messages.push(match self.api {
            Api::AnthropicMessages => format!(
                r#"{{"role":"user","content":[{{"type":"tool_result","tool_use_id":{id},"content":[{}]}}]}}"#,
                text_block(text)
            ),
            Api::OpenaiCompletions => {
                format!(r#"{{"role":"tool","content":{},"tool_call_id":{id}}}"#, json(text))
            }
        });
    }

    /// The body of the request. It does not ask for thinking, because thoughts would have to be sent back with their signatures.
    pub(super) fn body(&self, model: &str, tool: &str) -> String {
        let (model, tool, messages) = (json(model), json(tool), self.messages.join(","));
        let description = "Gives a word. A part of the check of the connection.";
        let schema = r#"{"type":"object","properties":{}}"#;
        let tool = match self.api {
            Api::AnthropicMessages => format!(
                r#"{{"name":{tool},"description":"{description}","input_schema":{schema}}}"#
            ),
            Api::OpenaiCompletions => format!(
                r#"{{"type":"function","function":{{"name":{tool},"description":"{description}","parameters":{schema}}}}}"#
            ),
        };
        format!(
            r#"{{"model":{model},"max_tokens":{MAX_TOKENS},"stream":true,"messages":[{messages}],"tools":[{tool}]}}"#
        )
    }
}

/// Reads an answer of either API.
pub(super) fn read(response: &Response) -> Reply {
    let mut reply = Reply::default();
    if response.status != 200 {
        let error = document::parse(&response.body)
            .ok()
            .and_then(|document| error(&document.root));
        reply.error = Some(error.unwrap_or_else(|| format!("HTTP {}", response.status)));
        return reply;
    }
    for line in response.body.lines() {
        let Some(data) = line.strip_prefix("data:").map(str::trim) else {
            continue;
        };
        if data == "[DONE]" {
            reply.ended = true;
        } else if let Ok(event) = document::parse(data) {
            reply.add(&event.root);
        }
    }
    reply
}

/// The text of an error in an answer.
fn error(document: &Value) -> Option<String> {
    let error = document.get("error")?;
    let text = error.as_str().or_else(|| error.str_at(&["message"]));
    Some(text.unwrap_or("an error without a message").to_owned())
}

/// The first item of a list.
fn first<'v>(value: &'v Value, key: &str) -> Option<&'v Value> {
    value.get(key)?.as_array()?.first()
}

impl Reply {
    /// Adds an event of the stream.
    fn add(&mut self, event: &Value) {
        if let Some(text) = error(event) {
            self.error.get_or_insert(text);
            return;
        }
        match event.str_at(&["type"]) {
            Some("message_start") => {
                self.model = event.str_at(&["message", "model"]).map(str::to_owned);
            }
            Some("content_block_start") => {
                let part = |key| event.str_at(&["content_block", key]);
                if part("type") == Some("tool_use") {
                    self.add_call(part("id"), part("name"));
                }
            }
            Some("content_block_delta") => self.add_text(event.str_at(&["delta", "text"])),
            Some("message_stop") => self.ended = true,
            Some(_) => {}
            None => self.add_chunk(event),
        }
    }

    /// Adds a chunk of the OpenAI API.
    fn add_chunk(&mut self, chunk: &Value) {
        if let Some(model) = chunk.str_at(&["model"]) {
            self.model.get_or_insert(model.to_owned());
        }
        let Some(delta) = first(chunk, "choices").and_then(|choice| choice.get("delta")) else {
            return;
        };
        self.add_text(delta.str_at(&["content"]));
        if let Some(call) = first(delta, "tool_calls") {
            self.add_call(call.str_at(&["id"]), call.str_at(&["function", "name"]));
        }
    }

    fn add_text(&mut self, text: Option<&str>) {
        self.text.push_str(text.unwrap_or_default());
    }

    /// Adds a call of a tool. Only the first one counts; later chunks of it have no name.
    fn add_call(&mut self, id: Option<&str>, name: Option<&str>) {
        if let (None, Some(id), Some(name)) = (&self.tool, id, name) {
            self.tool = Some(ToolCall {
                id: id.to_owned(),
                name: name.to_owned(),
            });
        }
    }
}
