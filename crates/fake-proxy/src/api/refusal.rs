//! Errors in the form of the Anthropic API, as the Claude CLI receives them.

use serde_json::{Value, json};

/// A refusal as it goes over the wire.
#[derive(Clone, Debug, PartialEq)]
pub struct Refusal {
    /// The type of the error, as in the body.
    pub kind: &'static str,
    /// HTTP status.
    pub status: u16,
    /// Headers besides the type of the content.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Value,
}

impl Refusal {
    /// An error of the API; `number` makes its request id unique.
    pub(super) fn new(status: u16, kind: &'static str, message: &str, number: u64) -> Self {
        let id = format!("req_fake{number:06}");
        Self {
            kind,
            status,
            body: json!({
                "type": "error",
                "error": { "type": kind, "message": message },
                "request_id": id,
            }),
            headers: vec![("request-id", id)],
        }
    }

    /// 404: there is no such model.
    pub(super) fn of_model(id: &str, number: u64) -> Self {
        Self::new(404, "not_found_error", &format!("model: {id}"), number)
    }
}
