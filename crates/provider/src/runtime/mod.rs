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
    /// Not running, and not to be started.
    Stopped,
    /// Started, not ready yet.
    Starting,
    /// Verified.
    Ready,
    /// It stopped answering as it should.
    Unhealthy,
    /// Told to end.
    Stopping,
    /// Ended; will be started again.
    Backoff,
    /// Given up.
    Failed,
    /// The user's own proxy, verified.
    Attached,
    /// A stranger holds the port.
    Blocked,
}

/// What came back from the model last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LastAnswer {
    /// What kind it was.
    pub kind: AnswerKind,
    /// What the user read of a failure.
    pub line: Option<String>,
    /// The model that was asked, in the user's spelling.
    pub model: String,
    /// How long ago it was, in milliseconds.
    pub age_ms: u64,
    /// How long until a limit ends, in milliseconds, where that is known; 0 once it has.
    pub ends_in_ms: Option<u64>,
}

/// What is known of the proxy when a turn is about to use it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Snapshot {
    /// The supervisor's state; `None` where no supervisor runs.
    pub state: Option<State>,
    /// Address that was verified.
    pub base_url: Option<String>,
    /// The login it claims.
    pub login: Login,
    /// The supervisor's own sentence about its state.
    pub detail: String,
    /// How long this turn has waited, in milliseconds.
    pub waited_ms: u32,
    /// Whether the settings have changed and the service is about to follow.
    pub reloading: bool,
    /// What came back from the model last; `None` where nothing did.
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
