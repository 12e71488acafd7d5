//! Decisions that are made when a prompt is about to leave: the gate says whether our own proxy may be used, the guard whether a
//! run, a tool call or (strict) an HTTP request may go on.

mod assessment;
mod gate;
mod guard;
mod request_guard;

use serde::{Deserialize, Serialize};

use crate::answer::AnswerKind;
use crate::health::{Login, Readiness};

pub(crate) use assessment::failure_step;
pub use assessment::{Assessment, FileState, assess};
pub use gate::{GateDecision, gate};
pub use guard::{GuardDecision, Run, ToolCall, guard, guard_tool};
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
    /// What the Claude CLI says of the login; `None` if it was not asked.
    #[serde(default)]
    pub cli_login: Option<Login>,
    /// The supervisor's own sentence about its state.
    pub detail: String,
    /// The next step of the verdict or the diagnosis behind the state; `None` where it has none.
    #[serde(default)]
    pub next: Option<String>,
    /// The code of the latest verdict on what answers; `None` where there is none.
    #[serde(default)]
    pub code: Option<String>,
    /// The last line of the output of a program that is being started.
    #[serde(default)]
    pub last_output_line: Option<String>,
    /// How long this turn has waited, in milliseconds.
    pub waited_ms: u32,
    /// Whether the settings have changed and the supervisor is about to restart.
    pub reloading: bool,
    /// The last answer of a model; `None` if there was none.
    #[serde(default)]
    pub answer: Option<LastAnswer>,
}

impl Snapshot {
    /// The login: where the proxy cannot tell (a logged-out CLI makes it say so), the CLI's own word stands in.
    fn login(&self) -> Login {
        match self.login {
            Login::Unknown => self.cli_login.unwrap_or(Login::Unknown),
            login => login,
        }
    }
}

/// The state that a verdict means where no supervisor runs.
pub fn state_of(readiness: Readiness) -> State {
    match readiness {
        Readiness::Ready => State::Attached,
        Readiness::Starting => State::Stopped,
        Readiness::Unhealthy => State::Unhealthy,
        Readiness::Foreign => State::Blocked,
    }
}

#[cfg(test)]
fn snapshot(state: Option<State>) -> Snapshot {
    Snapshot {
        state,
        base_url: Some("http://127.0.0.1:3456".to_owned()),
        login: Login::Claimed,
        cli_login: None,
        detail: "Why.".to_owned(),
        next: None,
        code: None,
        last_output_line: None,
        waited_ms: 0,
        reloading: false,
        answer: None,
    }
}
