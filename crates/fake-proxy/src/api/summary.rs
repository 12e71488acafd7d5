//! A summary of a request to the API. Tests judge a proxy by it.

use serde_json::Value;

use super::received::{message, texts};

/// One request to the API.
#[derive(Clone, Debug, PartialEq)]
pub struct Received {
    /// The id, letter by letter.
    pub model: String,
    /// Role and content of each message; see [`Received::read`].
    pub messages: Vec<Value>,
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
        let messages = body["messages"].as_array().into_iter().flatten();
        let tools: Vec<String> = super::tools(body).map(str::to_owned).collect();
        Self {
            model: body["model"].as_str().unwrap_or_default().to_owned(),
            messages: messages.map(message).collect(),
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
        let blocks = self.messages.iter();
        let blocks = blocks.filter_map(|one| one["content"].as_array());
        let images = blocks.flatten().filter(|block| !block["image"].is_null());
        images.count()
    }

    /// All texts of one role, tool results included, in order.
    pub fn of<'a>(&'a self, role: &'a str) -> impl Iterator<Item = &'a str> {
        texts(&self.messages, role)
    }
}

/// The CLI's request for a title says so in its system prompt.
fn is_title(body: &Value) -> bool {
    let system = body["system"].to_string();
    system.contains("title") || body["messages"].to_string().contains("title")
}
