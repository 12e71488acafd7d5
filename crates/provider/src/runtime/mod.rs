//! Decisions that are made when a prompt is about to leave: the gate says whether our own proxy may be used, the guard whether a
//! run, a tool call or (strict) an HTTP request may go on.

mod gate;
mod guard;
mod next_step;
mod request_guard;

use serde::{Deserialize, Serialize};

use crate::answer::AnswerKind;
use crate::health::Login;

pub use gate::{GateDecision, gate};
pub use guard::{GuardDecision, Run, ToolCall, guard, guard_tool};
pub(crate) use next_step::failure_step;
pub use next_step::next_step;
pub use request_guard::{OutgoingRequest, Program, guard_program, guard_request};

/// The supervisor's states.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// It does not run, and is not going to be started.
    Stopped,
    /// It was started and is not ready yet.
    Starting,
    /// It was started and verified.
    Ready,
    /// It stopped answering as it should.
    Unhealthy,
    /// It was told to end.
    Stopping,
    /// It ended and is going to be started again.
    Backoff,
    /// It could not be kept running.
    Failed,
    /// The user's own proxy runs and was verified.
    Attached,
    /// Another program holds the port.
    Blocked,
}

/// The last answer of a model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LastAnswer {
    /// What kind it was.
    pub kind: AnswerKind,
    /// The message about a failure that the user read.
    pub line: Option<String>,
    /// The model that was asked, in the user's spelling.
    pub model: String,
    /// How long ago it was, in milliseconds.
    pub age_ms: u64,
    /// The time until a limit ends, in milliseconds, if that is known; 0 after its end.
    pub ends_in_ms: Option<u64>,
}

/// What is known of the proxy at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Snapshot {
    /// The supervisor's state; `None` if no supervisor runs.
    pub state: Option<State>,
    /// The address that was verified.
    pub base_url: Option<String>,
    /// The login that the proxy claims.
    pub login: Login,
    /// The supervisor's own sentence about its state.
    pub detail: String,
    /// How long this turn has waited, in milliseconds.
    pub waited_ms: u32,
    /// Whether the settings have changed and the supervisor is about to restart.
    pub reloading: bool,
    /// The last answer of a model; `None` if there was none.
    #[serde(default)]
    pub answer: Option<LastAnswer>,
}

#[cfg(test)]
fn snapshot(state: Option<State>) -> Snapshot {
    Snapshot {
        state,
        base_url: Some("http://127.0.0.1:3456".to_owned()),
        login: Login::Claimed,
        detail: "Why.".to_owned(),
        waited_ms: 0,
        reloading: false,
        answer: None,
    }
}
