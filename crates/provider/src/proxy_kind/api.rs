//! The dialects of proxies.

use serde::Serialize;

/// How OpenClaw talks to the proxy; its own names for the two (`models.providers.*.api`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Api {
    /// Anthropic's Messages API.
    #[serde(rename = "anthropic-messages")]
    AnthropicMessages,
    /// OpenAI's Chat Completions.
    #[serde(rename = "openai-completions")]
    OpenaiCompletions,
}

impl Api {
    /// OpenClaw's name for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::AnthropicMessages => "anthropic-messages",
            Self::OpenaiCompletions => "openai-completions",
        }
    }

    /// The one of that name.
    pub fn of_name(name: &str) -> Option<Self> {
        [Self::AnthropicMessages, Self::OpenaiCompletions]
            .into_iter()
            .find(|api| api.name() == name)
    }

    /// The address that OpenClaw must be given for a proxy at `http://host:port`: it appends `/v1/messages` in the one
    /// dialect and only `/chat/completions` in the other.
    pub fn endpoint(self, address: &str) -> String {
        match self {
            Self::AnthropicMessages => address.to_owned(),
            Self::OpenaiCompletions => format!("{address}/v1"),
        }
    }
}
