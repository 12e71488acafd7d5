//! The next step for the user.

use super::{Snapshot, State};
use crate::advice;
use crate::answer::AnswerKind;
use crate::health::{self, Login};
use crate::settings::Settings;

/// The time after which a failure of the vendor is no longer mentioned, in milliseconds.
const PASSES_MS: u64 = 600_000;

/// The next step for the user; `None` if all is well. `closed` is the audit's verdict, if there is one.
pub fn next_step(settings: &Settings, now: &Snapshot, closed: Option<bool>) -> Option<String> {
    let fixed = |text: &str| Some(text.to_owned());
    match now.state {
        Some(State::Blocked | State::Stopped | State::Failed) | None if !settings.is_local() => {
            Some(remote_step(settings, now.state))
        }
        Some(State::Ready | State::Attached) if now.login == Login::None => {
            Some(health::login_next(settings))
        }
        Some(State::Blocked) => fixed(
            "Stop the program that holds the port, or choose another port; then `claude-proxy restart`.",
        ),
        Some(State::Failed) => fixed("Run `claude-proxy doctor`, then `claude-proxy restart`."),
        Some(State::Ready | State::Attached) => after_answer(settings, now).or_else(|| {
            let is_open = closed == Some(false);
            is_open.then(|| "Close the open routes: `claude-proxy audit --fix`.".to_owned())
        }),
        Some(State::Starting | State::Backoff | State::Unhealthy | State::Stopping) => {
            fixed("Wait a moment, then look again.")
        }
        Some(State::Stopped) if !settings.auto_start => {
            fixed("Start your proxy, or set autoStart to true.")
        }
        Some(State::Stopped) => fixed("Start it again: `claude-proxy restart`."),
        None => fixed(
            "Start the Gateway with `openclaw gateway run`, or the proxy alone with `claude-proxy run`.",
        ),
    }
}

/// The step that the last answer requires, unless its cause is over.
fn after_answer(settings: &Settings, now: &Snapshot) -> Option<String> {
    let answer = now.answer.as_ref()?;
    match answer.kind {
        AnswerKind::Limit if answer.ends_in_ms == Some(0) => None,
        // These failures pass by themselves.
        AnswerKind::Overloaded | AnswerKind::ServerError if answer.age_ms > PASSES_MS => None,
        kind => failure_step(settings, kind),
    }
}

/// The step that an answer of this kind requires.
pub(crate) fn failure_step(settings: &Settings, kind: AnswerKind) -> Option<String> {
    let step = match kind {
        AnswerKind::Answered | AnswerKind::TooLong | AnswerKind::Other => return None,
        AnswerKind::RefusedLogin => return Some(health::login_next(settings)),
        AnswerKind::RefusedKey => match advice::key_step(settings) {
            Some(step) => return Some(step),
            None => "Start it again: `claude-proxy restart`.",
        },
        AnswerKind::Limit => "Wait until the limit resets, or choose another model.",
        AnswerKind::ExtraUsage => {
            "Switch extra usage on in your Claude account, or choose another model."
        }
        AnswerKind::UnknownModel => "Choose a model that the proxy lists (`claude-proxy models`).",
        AnswerKind::Overloaded | AnswerKind::ServerError => "Wait a few minutes.",
    };
    Some(step.to_owned())
}

/// The step for a proxy on another machine, which cannot be started or stopped from here.
pub(super) fn remote_step(settings: &Settings, state: Option<State>) -> String {
    let host = &settings.listen_address;
    match state {
        Some(State::Blocked) => health::other_port_step(settings),
        Some(_) => format!("Start it on {host}."),
        None => format!(
            "Start the Gateway with `openclaw gateway run`, and the proxy on {host} if it does not run there."
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::snapshot;

    #[test]
    fn there_is_nothing_to_do_only_when_all_is_well() {
        let out = Snapshot {
            login: Login::None,
            ..snapshot(Some(State::Ready))
        };
        let ready = || snapshot(Some(State::Ready));
        for (now, closed, says) in [
            (ready(), Some(true), ""),
            (ready(), Some(false), "audit"),
            (snapshot(Some(State::Blocked)), None, "holds the port"),
            (out, Some(true), "claude auth login"),
        ] {
            let step = next_step(&Settings::default(), &now, closed);
            assert_eq!(step.is_none(), says.is_empty(), "{now:?}");
            assert!(step.unwrap_or_default().contains(says), "{now:?}");
        }
    }
}
