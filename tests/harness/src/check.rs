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

/// A document has these members, deeply. One that is `null` must be there too: what is unknown is `null`, never left out.
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
    members.all(|(key, wanted)| document.get(key).is_some_and(|found| holds(found, wanted)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_null_that_is_wanted_must_be_there() {
        let document = json!({ "a": null, "b": { "c": 1, "d": null }, "e": [1] });
        for there in [
            json!({}),
            json!({ "a": null }),
            json!({ "b": { "c": 1 } }),
            json!({ "b": { "d": null }, "e": [1] }),
        ] {
            assert!(has(&document, &there).is_ok(), "{there}");
        }
        for missing in [
            json!({ "x": null }),
            json!({ "b": { "x": null } }),
            json!({ "a": { "x": null } }),
            json!({ "b": null }),
            json!({ "b": { "c": 2 } }),
            json!({ "e": [] }),
        ] {
            assert!(has(&document, &missing).is_err(), "{missing}");
        }
    }
}
