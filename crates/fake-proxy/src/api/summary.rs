//! A summary of a request to the API. Tests judge a proxy by it.

use serde_json::Value;

use super::received::{message, texts};

/// One request to the API.
#[derive(Clone, Debug, PartialEq)]
pub struct Received {
    /// The id, letter by letter.
    pub model: String,
    /// `thinking` as sent; null without one.
    pub thinking: Value,
    /// Role and content of each message; see [`Received::read`].
    pub messages: Vec<Value>,
    /// How many blocks ask the vendor to keep the prompt up to there.
    pub cache_control: usize,
    /// The names of the tools that were offered.
    pub tools: Vec<String>,
    /// A request without tools, in which the Claude CLI asks for a title of the conversation.
    pub title: bool,
}

impl Received {
    /// Reads the body of a `POST /v1/messages`.
    ///
    /// Each message becomes `{"role": …, "content": [{"text": …} | {"toolUse": name} | {"toolResult": …} | {"image": media type}]}`;
    /// what OpenClaw and the Claude CLI add to texts is left out of them.
    #[must_use]
    pub fn read(body: &Value) -> Self {
        let list = |name: &str| {
            let found = body.get(name).and_then(Value::as_array);
            found.map(Vec::as_slice).unwrap_or_default()
        };
        let messages = list("messages");
        let tools: Vec<String> = list("tools")
            .iter()
            .filter_map(|tool| Some(tool.get("name")?.as_str()?.to_owned()))
            .collect();
        Self {
            model: body
                .get("model")
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned(),
            thinking: body.get("thinking").cloned().unwrap_or_default(),
            messages: messages.iter().map(message).collect(),
            cache_control: marks(body),
            title: tools.is_empty() && is_title(body),
            tools,
        }
    }

    /// How often a text stands in the messages of this role.
    #[must_use]
    pub fn count(&self, role: &str, text: &str) -> usize {
        self.of(role).map(|block| block.matches(text).count()).sum()
    }

    /// How many pictures there are.
    #[must_use]
    pub fn images(&self) -> usize {
        let blocks = self
            .messages
            .iter()
            .filter_map(|one| one["content"].as_array());
        blocks
            .flatten()
            .filter(|block| !block["image"].is_null())
            .count()
    }

    /// All texts of one role, tool results included, in order.
    pub fn of<'a>(&'a self, role: &'a str) -> impl Iterator<Item = &'a str> {
        texts(&self.messages, role)
    }
}

/// How many `cache_control` there are, at any depth.
fn marks(value: &Value) -> usize {
    match value {
        Value::Array(all) => all.iter().map(marks).sum(),
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| usize::from(name == "cache_control") + marks(value))
            .sum(),
        _ => 0,
    }
}

/// The CLI's request for a title says so in its system prompt.
fn is_title(body: &Value) -> bool {
    let system = body["system"].to_string();
    system.contains("title") || body["messages"].to_string().contains("title")
}
