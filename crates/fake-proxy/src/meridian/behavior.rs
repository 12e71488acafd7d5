//! What a test may want otherwise than a healthy proxy has it. What is shipped changes nothing of it.

use serde_json::Value;

use super::failure;
use crate::api;
use crate::chat::{Answer, Refusal};
use crate::http::Reply;

/// Each method gets what a healthy proxy would say, and is that by itself.
pub(crate) trait Behavior: Send + Sync + 'static {
    /// Status and document of `/health`.
    fn health(&self, healthy: Value) -> (u16, Value) {
        (200, healthy)
    }

    /// What `/v1/models` lists.
    fn models(&self, listed: Vec<Value>) -> Vec<Value> {
        listed
    }

    /// The limits that the proxy has heard of, at this time in milliseconds.
    fn limits(&self, _now: u64) -> Vec<Value> {
        Vec::new()
    }

    /// What goes on of a conversation.
    fn passed_on<'m>(&self, messages: &'m [Value]) -> Vec<&'m Value> {
        messages.iter().collect()
    }

    /// What the API says to this body, of a request for the model `asked`.
    ///
    /// # Errors
    /// The API's refusal in the proxy's words.
    fn ask_api(&self, body: &Value, asked: &str, number: u64) -> Result<Answer, Refusal> {
        api::answer(body, number).map_err(|_| failure::unknown_model(asked))
    }

    /// The answer to a chat as it is sent.
    fn sent(&self, reply: Reply) -> Reply {
        reply
    }
}
