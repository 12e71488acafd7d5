//! Checks whose failure shows what was looked at.

use anyhow::{Result, ensure};
use serde_json::Value;

/// These words are in a text.
///
/// # Errors
/// If one is not; with the text.
pub fn says(text: &str, words: &[&str]) -> Result<()> {
    for word in words {
        ensure!(text.contains(word), "{word:?} is not in:\n{text}");
    }
    Ok(())
}

/// A document has these members, deeply. One that is missing counts as `null`.
///
/// # Errors
/// If it has not; with the document.
pub fn has(document: &Value, members: &Value) -> Result<()> {
    ensure!(holds(document, members), "{members} is not in {document:#}");
    Ok(())
}

fn holds(document: &Value, members: &Value) -> bool {
    let Value::Object(members) = members else {
        return document == members;
    };
    let mut members = members.iter();
    members.all(|(key, wanted)| holds(document.get(key).unwrap_or(&Value::Null), wanted))
}
