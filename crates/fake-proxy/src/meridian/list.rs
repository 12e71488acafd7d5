//! `/v1/models`.

use serde_json::{Value, json};

use crate::http::Reply;
use crate::switches::{Listing, Switches};

/// The models that are listed: identifier, name, whether the Max plan has a million tokens of context.
const MODELS: [(&str, &str, bool); 5] = [
    ("claude-sonnet-4-6", "Claude Sonnet 4.6", false),
    ("claude-opus-4-6", "Claude Opus 4.6", true),
    ("claude-opus-4-7", "Claude Opus 4.7", true),
    ("claude-opus-4-8", "Claude Opus 4.8", true),
    ("claude-haiku-4-5", "Claude Haiku 4.5", false),
];
/// How many models a list has that is far too long.
const MANY: usize = 10_000;

/// The list, or what a switch puts in its place.
pub(super) fn models(switches: &Switches) -> Reply {
    let window = |large: bool| if large { 1_000_000 } else { 200_000 };
    let list: Vec<Value> = match switches.models {
        Listing::Real => MODELS
            .iter()
            .map(|(id, name, large)| model(id, name, window(*large)))
            .collect(),
        Listing::None => Vec::new(),
        Listing::Many => (0..MANY)
            .map(|number| {
                model(
                    &format!("claude-opus-4-{number}"),
                    &format!("Claude Opus 4.{number}"),
                    200_000,
                )
            })
            .collect(),
        Listing::Rubbish => {
            return Reply::json(
                200,
                &json!({ "object": "list", "data": [7, null, {}, { "id": "" }, { "id": 4 }, { "id": "\u{1b}[31mred", "context_window": -1 }, { "id": "claude-opus-4-6", "context_window": "large" }] }),
            );
        }
    };
    Reply::json(200, &json!({ "object": "list", "data": list }))
}

fn model(id: &str, name: &str, window: u64) -> Value {
    json!({
        "id": id,
        "object": "model",
        "created": 1_767_225_600,
        "owned_by": "anthropic",
        "display_name": name,
        "context_window": window,
    })
}
