//! A fake of the Anthropic API: it knows real model ids only, says what was asked for, and refuses in the vendor's words.
//!
//! It stands behind the fake proxy, and behind real ones (`cargo xtask chain`). What it answers depends on the request
//! alone: with the feature `faults` a word in the last user message asks for a tool or a refusal (`Directive`); everything else
//! is echoed.

#[cfg(feature = "faults")]
mod directive;
mod models;
mod recall;
mod received;
#[cfg(feature = "faults")]
mod server;
#[cfg(feature = "faults")]
mod summary;

use serde_json::Value;

pub use crate::chat::{Answer, Refusal};
#[cfg(feature = "faults")]
pub(crate) use directive::{RefusalKind, directed};
#[cfg(feature = "faults")]
pub use directive::{SUBAGENT_TASK, TOOL_OUTPUT};
#[cfg(feature = "faults")]
pub use server::{Exchange, Server};
#[cfg(feature = "faults")]
pub use summary::Received;

/// How much of the question an answer repeats, from its end, in characters.
const ECHO: usize = 500;

/// The messages that OpenClaw adds and does not store begin and end like this.
const INTERNAL: (&str, &str) = (
    "<<<BEGIN_OPENCLAW_INTERNAL_CONTEXT>>>",
    "<<<END_OPENCLAW_INTERNAL_CONTEXT>>>",
);
/// What the Claude CLI adds to messages.
const REMINDER: (&str, &str) = ("<system-reminder>", "</system-reminder>");

/// The names of the tools that a request offers.
fn tools(body: &Value) -> impl Iterator<Item = &str> {
    let tools = body.get("tools").and_then(Value::as_array);
    let tools = tools.into_iter().flatten();
    tools.filter_map(|tool| tool.get("name")?.as_str())
}

/// The one of them that is requested; a proxy puts a prefix before the name.
fn tool<'b>(body: &'b Value, requested: &str) -> Option<&'b str> {
    let behind = format!("__{requested}");
    tools(body).find(|name| *name == requested || name.ends_with(&behind))
}

/// Answers the body of a `POST /v1/messages`; `number` makes identifiers unique.
///
/// # Errors
/// [`Refusal`], in the vendor's form: an id that does not exist.
pub fn answer(body: &Value, number: u64) -> Result<Answer, Refusal> {
    let model = body["model"].as_str().unwrap_or_default();
    if !models::exists(model) {
        let message = format!("model: {model}");
        return Err(Refusal::new(404, "not_found_error", message));
    }
    if let Some(answer) = recall::answer(body, number) {
        return Ok(answer);
    }
    // On one line, so that whoever reads a conversation can tell answers from what was said.
    let question = received::question(body);
    let question = question.split_whitespace().collect::<Vec<_>>().join(" ");
    // A proxy that flattens a conversation brings all of it along.
    let count = question.chars().count();
    let echo: String = question.chars().skip(count.saturating_sub(ECHO)).collect();
    Ok(Answer::text(format!("Fake reply to: {echo}")))
}

/// Text without what OpenClaw and the Claude CLI add to it.
#[must_use]
pub fn plain(text: &str) -> String {
    let mut text = text.to_owned();
    for (begin, end) in [INTERNAL, REMINDER] {
        while let Some(from) = text.find(begin) {
            let rest = text.get(from..).unwrap_or_default();
            let to = rest.find(end);
            let to = to.map_or(text.len(), |at| from + at + end.len());
            text.replace_range(from..to, "");
        }
    }
    text.trim().to_owned()
}

#[cfg(test)]
#[cfg(feature = "faults")]
mod tests;
