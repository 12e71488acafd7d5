//! Just enough understanding for `doctor --turn`, whose messages hold no directive: a tool that is to be called, a word
//! to remember, and the question for both.

use serde_json::{Value, json};

use super::{Answer, received};

const CALL: &str = "Call the tool ";
const REMEMBER: &str = "Remember the word ";
const RESULT: &str = "The word is ";
const QUESTION: &str = "Which word did I ask you to remember";

/// The answer to such words; none where the last ones are others.
pub(super) fn answer(body: &Value, number: u64) -> Option<Answer> {
    let last = received::last_user_text(body);
    if last.contains(QUESTION) {
        // From what has arrived, and from nothing else.
        let all = received::all_user_text(body);
        let known = [REMEMBER, RESULT]
            .iter()
            .filter_map(|mark| after(&all, mark));
        let words: Vec<&str> = known.collect();
        return Some(Answer::text(format!("I know: {}", words.join(" "))));
    }
    if let Some(word) = after(&last, RESULT) {
        return Some(Answer::text(word));
    }
    let requested = after(&last, CALL)?;
    let Some(name) = super::tool(body, requested) else {
        return Some(Answer::text(format!("There is no tool {requested}.")));
    };
    Some(Answer {
        content: vec![
            json!({ "type": "tool_use", "id": format!("toolu_fake{number:06}"), "name": name, "input": {} }),
        ],
        stop_reason: "tool_use",
    })
}

/// The word behind a mark.
fn after<'t>(text: &'t str, mark: &str) -> Option<&'t str> {
    let rest = text.get(text.find(mark)? + mark.len()..)?;
    let end = rest.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
    let word = rest.get(..end.unwrap_or(rest.len()))?;
    (!word.is_empty()).then_some(word)
}
