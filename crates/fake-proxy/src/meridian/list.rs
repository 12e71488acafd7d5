//! `/v1/models`.

use serde_json::{Value, json};

use super::Behavior;
use crate::http::Reply;

/// The models that are listed: identifier, name, whether the Max plan has a million tokens of context.
const MODELS: [(&str, &str, bool); 5] = [
    ("claude-sonnet-4-6", "Claude Sonnet 4.6", false),
    ("claude-opus-4-6", "Claude Opus 4.6", true),
    ("claude-opus-4-7", "Claude Opus 4.7", true),
    ("claude-opus-4-8", "Claude Opus 4.8", true),
    ("claude-haiku-4-5", "Claude Haiku 4.5", false),
];

/// The list.
pub(super) fn models(behavior: &impl Behavior) -> Reply {
    let window = |large: bool| if large { 1_000_000 } else { 200_000 };
    let listed = MODELS.iter();
    let listed = listed.map(|(id, name, large)| model(id, name, window(*large)));
    let list = behavior.models(listed.collect());
    Reply::json(200, &json!({ "object": "list", "data": list }))
}

/// An entry of the list.
pub(crate) fn model(id: &str, name: &str, window: u64) -> Value {
    json!({
        "id": id,
        "object": "model",
        "created": 1_767_225_600,
        "owned_by": "anthropic",
        "display_name": name,
        "context_window": window,
    })
}
