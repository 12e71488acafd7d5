//! Decisions that are made when a prompt is about to leave: the gate says whether our own proxy may be used, the guard whether a
//! run, a tool call or (strict) an HTTP request may go on.

mod assessment;
mod gate;
mod guard;
mod request_guard;

use crate::health::{Login, Readiness};

pub use crate::wit::runtime::{
    Assessment, FileState, GateDecision, GuardDecision, LastAnswer, OutgoingRequest, Program, Run,
    Snapshot, State, ToolCall,
};
pub use assessment::assess;
pub(crate) use assessment::failure_step;
pub use gate::gate;
pub use guard::{guard, guard_tool};
pub use request_guard::{guard_program, guard_request};

impl Snapshot {
    /// The login: where the proxy does not say (a logged-out CLI makes it say so), the CLI's own word stands in.
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
