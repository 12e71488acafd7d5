//! The model's last answer, as the plugin inside the Gateway recorded it.

use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::output::duration;
use crate::component::case::by_name;
use crate::component::{chat, runtime};
use crate::state::StateDir;
use crate::text_file;

const MAX_BYTES: u64 = 16 * 1024;

/// The file, in the shape that `openclaw/answers.js` writes.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LastAnswer {
    #[serde(with = "by_name")]
    kind: chat::AnswerKind,
    /// When, in milliseconds since 1970.
    at_ms: u64,
    model: String,
    line: Option<String>,
    resets: Option<String>,
    /// When a limit ends, in milliseconds since 1970.
    until_ms: Option<u64>,
}

/// The last answer through the proxy of this port; `None` where none was seen, or what is there cannot be read: it is no
/// more than news.
pub(super) fn last(state: &StateDir, port: u16) -> Option<LastAnswer> {
    let path = state.path().join(format!("answer-{port}.json"));
    let text = text_file::read(&path, MAX_BYTES, false)?;
    serde_json::from_str(&text).ok()
}

/// The time, in milliseconds since 1970.
pub(super) fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| {
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    })
}

impl LastAnswer {
    /// What the component judges.
    pub(super) fn for_component(&self) -> runtime::LastAnswer {
        let now = now_ms();
        runtime::LastAnswer {
            kind: self.kind,
            line: self.line.clone(),
            model: self.model.clone(),
            age_ms: now.saturating_sub(self.at_ms),
            ends_in_ms: self.until_ms.map(|until| until.saturating_sub(now)),
        }
    }
}

/// The answer of a status object, for people.
pub(super) fn shown(status: &Value) -> Option<String> {
    let answer: LastAnswer = serde_json::from_value(status.clone()).ok()?;
    let ago = duration(now_ms().saturating_sub(answer.at_ms));
    Some(match (&answer.line, answer.kind) {
        (Some(line), chat::AnswerKind::BrokenOff) => format!("failed {ago} ago: {line}"),
        (Some(line), _) => format!("refused {ago} ago: {line}"),
        (None, chat::AnswerKind::Answered) => format!("{} answered {ago} ago", answer.model),
        (None, _) => format!("{} failed {ago} ago; see the Gateway's log", answer.model),
    })
}
