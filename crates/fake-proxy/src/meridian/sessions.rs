//! Sessions: the proxy compares the messages of a request with those of the one before, resumes the CLI's session and
//! sends on what it takes for new. That is where words get lost.
//!
//! A conversation whose beginning is exactly what was there before is continued, and all that follows goes on. One that
//! has changed in the middle and has grown is taken for a *modified continuation*: of it only the last message of the
//! user goes on. OpenClaw's unstored message at the end of each request is such a change unless it is kept in place.

use std::collections::HashMap;

use serde_json::{Value, json};

use crate::api;
use crate::http::Request;

/// Shortest remembered conversation whose end alone makes a shortened one the same (compaction), in messages.
const SHORTENED_FROM: usize = 6;
/// How much of that end must be there, in messages.
const SAME_END: usize = 2;
/// How much of the first message tells conversations apart, in characters.
const FIRST: usize = 2000;

/// The sessions of one proxy, by what tells conversations apart.
#[derive(Default)]
pub(crate) struct Sessions(HashMap<String, Session>);

struct Session {
    /// The client's messages of the last request, for comparison.
    known: Vec<String>,
    /// The CLI's conversation with the API.
    history: Vec<Value>,
}

/// How a request relates to what is remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lineage {
    /// Nothing is remembered of it.
    New,
    /// It goes on, and everything that is new goes on.
    Continuation,
    /// It has changed and grown: only the last user message goes on.
    Modified,
    /// Its beginning was replaced by something shorter: only the last user message goes on.
    Compaction,
}

impl Lineage {
    /// The word that the proxy's log has for it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Continuation | Self::Modified => "continuation",
            Self::Compaction => "compaction",
        }
    }
}

/// A request as it goes to the API.
#[derive(Debug)]
pub(crate) struct Turn {
    pub(crate) lineage: Lineage,
    /// The whole conversation that the API gets.
    pub(crate) messages: Vec<Value>,
    key: Option<String>,
    known: Vec<String>,
}

impl Sessions {
    /// What the API gets of these messages.
    ///
    /// With `lose_words` every conversation that goes on is taken for a changed one.
    pub(crate) fn begin(
        &mut self,
        request: &Request,
        messages: &[Value],
        lose_words: bool,
    ) -> Turn {
        let key = key(request, messages);
        let known: Vec<String> = messages.iter().map(spelled).collect();
        let before = key.as_ref().and_then(|key| self.0.get(key));
        let lineage = match before.map_or(Lineage::New, |before| compare(&before.known, &known)) {
            Lineage::Continuation if lose_words => Lineage::Modified,
            other => other,
        };
        let mut sent = match (lineage, before) {
            (Lineage::New, _) | (_, None) => Vec::new(),
            (_, Some(before)) => before.history.clone(),
        };
        let fresh = match (lineage, before) {
            (Lineage::Continuation, Some(before)) => {
                messages.get(before.known.len()..).unwrap_or_default()
            }
            (Lineage::Modified | Lineage::Compaction, _) => last_of_user(messages),
            _ => messages,
        };
        sent.extend(for_the_cli(fresh, lineage == Lineage::New));
        if let Some(block) = sent
            .last_mut()
            .and_then(|last| last["content"].as_array_mut()?.last_mut()?.as_object_mut())
        {
            block.insert("cache_control".to_owned(), json!({ "type": "ephemeral" }));
        }
        Turn {
            lineage,
            messages: sent,
            key,
            known,
        }
    }

    /// Remembers a request that was answered.
    pub(crate) fn answered(&mut self, turn: Turn, answer: &api::Answer) {
        let Some(key) = turn.key else { return };
        let mut history = turn.messages;
        history.push(json!({ "role": "assistant", "content": answer.content }));
        self.0.insert(
            key,
            Session {
                known: turn.known,
                history,
            },
        );
    }
}

/// What tells conversations apart: a header of those that the proxy knows, else the first message. Nothing for a
/// request that calls itself independent.
fn key(request: &Request, messages: &[Value]) -> Option<String> {
    let source = request.header("x-meridian-source").unwrap_or_default();
    if source.starts_with("fork-") || source.starts_with("subagent-") {
        return None;
    }
    let agent = request.header("x-meridian-agent").unwrap_or_default();
    let header = match agent.to_ascii_lowercase().as_str() {
        "" | "opencode" => ["x-opencode-session", "x-session-affinity"].as_slice(),
        "passthrough" => ["x-litellm-session-id"].as_slice(),
        _ => [].as_slice(),
    };
    if let Some(named) = header.iter().find_map(|name| request.header(name)) {
        return Some(format!("named {named}"));
    }
    let first = messages.iter().find(|message| message["role"] == "user")?;
    let text: String = spelled(first).chars().take(FIRST).collect();
    Some(format!("first {text}"))
}

/// A message as it is compared: marks for the vendor's cache do not count, nor does the form of a text.
fn spelled(message: &Value) -> String {
    let content = match &message["content"] {
        Value::String(text) => text.clone(),
        Value::Array(blocks) => {
            let blocks: Vec<String> = blocks
                .iter()
                .map(|block| match block["text"].as_str() {
                    Some(text) => text.to_owned(),
                    None => {
                        let mut block = block.clone();
                        if let Some(members) = block.as_object_mut() {
                            members.remove("cache_control");
                        }
                        block.to_string()
                    }
                })
                .collect();
            blocks.join("\n")
        }
        other => other.to_string(),
    };
    format!("{}:{content}", message["role"].as_str().unwrap_or_default())
}

fn compare(known: &[String], now: &[String]) -> Lineage {
    if now.starts_with(known) {
        // The same once more is no continuation.
        return if now.len() > known.len() {
            Lineage::Continuation
        } else {
            Lineage::New
        };
    }
    if known.len() >= SHORTENED_FROM && end_is_there(known, now) {
        return Lineage::Compaction;
    }
    let same_beginning = !known.is_empty() && known.first() == now.first();
    if same_beginning && now.len() > known.len() {
        return Lineage::Modified;
    }
    // Going back to an earlier message forks the session; without a session header it begins a new one.
    Lineage::New
}

/// Whether the last remembered messages stand together somewhere behind the first message.
fn end_is_there(known: &[String], now: &[String]) -> bool {
    let Some(anchor) = now.iter().rposition(|one| Some(one) == known.last()) else {
        return false;
    };
    let backwards = now.iter().take(anchor + 1).rev().zip(known.iter().rev());
    let same = backwards.take_while(|(now, known)| now == known).count();
    same >= SAME_END && anchor + 1 > same
}

fn last_of_user(messages: &[Value]) -> &[Value] {
    let last = messages
        .iter()
        .rposition(|message| message["role"] == "user");
    last.and_then(|at| messages.get(at..=at))
        .unwrap_or_default()
}

/// The messages as the CLI gets them: one text with the speakers' names, or each by itself where there are pictures.
fn for_the_cli(messages: &[Value], whole: bool) -> Vec<Value> {
    let picture = |message: &&Value| {
        let blocks = message["content"].as_array().into_iter().flatten();
        blocks.into_iter().any(|block| block["type"] == "image")
    };
    if messages.iter().any(|message| picture(&message)) {
        return messages
            .iter()
            .filter_map(|message| apart(message, whole))
            .collect();
    }
    let parts: Vec<String> = messages
        .iter()
        .filter_map(|message| {
            let text = flat(message);
            let speaker = if message["role"] == "assistant" {
                "Assistant"
            } else {
                "Human"
            };
            (!text.is_empty()).then(|| format!("{speaker}: {text}"))
        })
        .collect();
    vec![json!({ "role": "user", "content": [{ "type": "text", "text": parts.join("\n\n") }] })]
}

/// One message beside pictures. Calls of tools are dropped, and so are their results: that is what the real one loses.
fn apart(message: &Value, whole: bool) -> Option<Value> {
    if message["role"] == "assistant" {
        let text = flat(message);
        return (whole && !text.is_empty()).then(|| {
            json!({ "role": "user", "content": [{ "type": "text", "text": format!("[Assistant: {text}]") }] })
        });
    }
    let content = match &message["content"] {
        Value::String(text) => json!([{ "type": "text", "text": text }]),
        other => {
            let blocks = other.as_array().into_iter().flatten();
            let kept = blocks.filter(|block| block["type"] != "tool_result");
            let mut blocks: Vec<Value> = kept.cloned().collect();
            for block in &mut blocks {
                if let Some(members) = block.as_object_mut() {
                    members.remove("cache_control");
                }
            }
            if blocks.is_empty() {
                return None;
            }
            json!(blocks)
        }
    };
    Some(json!({ "role": "user", "content": content }))
}

/// The texts of a message, results of tools among them; calls of tools leave nothing.
fn flat(message: &Value) -> String {
    let blocks = match &message["content"] {
        Value::String(text) => return text.clone(),
        Value::Array(blocks) => blocks,
        _ => return String::new(),
    };
    let texts = blocks.iter().map(|block| match block["type"].as_str() {
        Some("text") => block["text"].as_str().unwrap_or_default().to_owned(),
        Some("tool_result") => flat(block),
        _ => String::new(),
    });
    let texts: Vec<String> = texts.filter(|text| !text.is_empty()).collect();
    texts.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTERNAL: &str =
        "<<<BEGIN_OPENCLAW_INTERNAL_CONTEXT>>>now<<<END_OPENCLAW_INTERNAL_CONTEXT>>>";

    fn user(text: &str) -> Value {
        json!({ "role": "user", "content": text })
    }

    fn assistant(text: &str) -> Value {
        json!({ "role": "assistant", "content": [{ "type": "text", "text": text }] })
    }

    fn told(turn: &Turn) -> String {
        turn.messages.last().unwrap()["content"][0]["text"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    fn ask(
        sessions: &mut Sessions,
        headers: &[(&str, &str)],
        messages: &[Value],
    ) -> (Lineage, String) {
        let turn = sessions.begin(
            &Request::of("POST", "/v1/messages", headers, ""),
            messages,
            false,
        );
        let found = (turn.lineage, told(&turn));
        sessions.answered(turn, &api::Answer::text("a"));
        found
    }

    #[test]
    fn an_unstored_message_loses_the_second_turn() {
        for headers in [
            &[][..],
            &[("x-opencode-session", "1")],
            &[("x-meridian-agent", "pi")],
        ] {
            let mut sessions = Sessions::default();
            let first = ask(&mut sessions, headers, &[user("one"), user(INTERNAL)]);
            assert_eq!(first.0, Lineage::New);
            assert!(first.1.starts_with("Human: one"), "{first:?}");
            let second = ask(
                &mut sessions,
                headers,
                &[user("one"), assistant("a"), user("two"), user(INTERNAL)],
            );
            assert_eq!(second, (Lineage::Modified, format!("Human: {INTERNAL}")));
            let result = json!({ "role": "user", "content": [{ "type": "tool_result", "tool_use_id": "t", "content": "out" }] });
            let third = ask(
                &mut sessions,
                headers,
                &[
                    user("one"),
                    assistant("a"),
                    user("two"),
                    assistant("b"),
                    result,
                    user(INTERNAL),
                ],
            );
            assert_eq!(third, (Lineage::Modified, format!("Human: {INTERNAL}")));
        }
    }

    #[test]
    fn what_only_grows_loses_nothing() {
        let mut sessions = Sessions::default();
        ask(&mut sessions, &[], &[user("one"), user(INTERNAL)]);
        let grown = [
            user("one"),
            user(INTERNAL),
            assistant("a"),
            user("two"),
            user(INTERNAL),
        ];
        let (lineage, text) = ask(&mut sessions, &[], &grown);
        assert_eq!(lineage, Lineage::Continuation);
        assert_eq!(
            text,
            format!("Assistant: a\n\nHuman: two\n\nHuman: {INTERNAL}")
        );
        // Once more the same, as a retry is: a new session with everything.
        let (lineage, text) = ask(&mut sessions, &[], &grown);
        assert_eq!(lineage, Lineage::New);
        assert!(text.starts_with("Human: one"));
    }

    #[test]
    fn a_fork_gets_everything_each_time() {
        let mut sessions = Sessions::default();
        let fork = [("x-meridian-source", "fork-openclaw")];
        ask(&mut sessions, &fork, &[user("one"), user(INTERNAL)]);
        let (lineage, text) = ask(
            &mut sessions,
            &fork,
            &[user("one"), assistant("a"), user("two"), user(INTERNAL)],
        );
        assert_eq!(lineage, Lineage::New);
        assert!(
            text.starts_with("Human: one\n\nAssistant: a\n\nHuman: two"),
            "{text}"
        );
    }

    /// A result without its call is dropped by the CLI, and calls do not get there.
    #[test]
    fn beside_a_picture_results_of_tools_are_lost() {
        let result = json!({ "role": "user", "content": [{ "type": "tool_result", "tool_use_id": "t", "content": "out" }] });
        let picture = json!({ "role": "user", "content": [
            { "type": "text", "text": "look" },
            { "type": "image", "source": { "media_type": "image/png" }, "cache_control": {} },
        ] });
        let fork = Request::of(
            "POST",
            "/v1/messages",
            &[("x-meridian-source", "fork-x")],
            "",
        );
        let messages = [user("one"), assistant("a"), result, picture];
        let turn = Sessions::default().begin(&fork, &messages, false);
        let all = json!(turn.messages).to_string();
        assert!(
            all.contains("look") && all.contains("image/png") && !all.contains("out"),
            "{all}"
        );
        assert_eq!(all.matches("cache_control").count(), 1);
    }

    #[test]
    fn a_shortened_conversation_goes_on_with_its_last_message() {
        let mut sessions = Sessions::default();
        let long: Vec<Value> = (0..6)
            .map(|at| {
                if at % 2 == 0 {
                    user(&at.to_string())
                } else {
                    assistant(&at.to_string())
                }
            })
            .collect();
        ask(&mut sessions, &[("x-opencode-session", "1")], &long);
        let mut short = vec![user("summary")];
        short.extend_from_slice(&long[3..]);
        short.push(user("next"));
        let found = ask(&mut sessions, &[("x-opencode-session", "1")], &short);
        assert_eq!(found, (Lineage::Compaction, "Human: next".to_owned()));
    }
}
