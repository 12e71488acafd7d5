//! The APIs that proxies speak.

use serde::Serialize;

/// The API with which OpenClaw talks to the proxy (`models.providers.*.api`).
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

    /// The API of this name.
    pub fn of_name(name: &str) -> Option<Self> {
        [Self::AnthropicMessages, Self::OpenaiCompletions]
            .into_iter()
            .find(|api| api.name() == name)
    }

    /// The address that OpenClaw needs for a proxy at `http://host:port`. It appends `/v1/messages` for the one API, but only
    /// `/chat/completions` for the other.
    pub fn endpoint(self, address: &str) -> String {
        match self {
            Self::AnthropicMessages => address.to_owned(),
            Self::OpenaiCompletions => format!("{address}/v1"),
        }
    }
}
