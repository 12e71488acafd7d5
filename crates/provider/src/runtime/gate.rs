//! The gate: whether a turn of our own provider may use the proxy now.

use super::assessment::remote_step;
use super::{GateDecision, Snapshot, State};
use crate::answer::AnswerKind;
use crate::health::{self, Login};
use crate::settings::Settings;
use crate::{ID, NOTHING_SENT};

/// How long a turn waits for a proxy that is being started, in milliseconds.
const MAX_WAIT_MS: u32 = 20_000;
/// The time after which the gate is asked again, in milliseconds.
const ASK_AGAIN_MS: u32 = 100;
/// The time after which a turn is sent in spite of a limit, in milliseconds.
const LIMIT_RETRY_MS: u64 = 60_000;

/// Decides whether a turn of our own provider may use the proxy now. While the proxy is being started, the turn waits for a limited
/// time.
///
/// While a limit of the plan holds, turns of the same model are refused: otherwise heartbeats and channels would try every few
/// seconds. Once a minute a turn is sent anyway, because the user may have raised the limit.
pub fn gate(settings: &Settings, now: &Snapshot, model: Option<&str>) -> GateDecision {
    let at = format!("{}:{}", settings.listen_address, settings.port);
    let refuse = |why: &str, next: &str| refuse(why, &now.detail, next);
    let wait_or_refuse = |why: &str| match now.waited_ms < MAX_WAIT_MS {
        true => GateDecision::Wait(ASK_AGAIN_MS),
        false => refuse(
            why,
            "See `openclaw claude-proxy status`; then send your message again.",
        ),
    };
    const RESTART: &str = "Run `openclaw claude-proxy restart`.";
    const NO_SUPERVISOR: &str = "no supervisor watches the proxy in this process";
    match now.state {
        Some(State::Ready | State::Attached) => match (&now.base_url, now.login()) {
            (_, Login::None) => {
                without_detail("Claude is not logged in", &health::login_next(settings))
            }
            (Some(url), Login::Claimed | Login::Unknown) => match current_limit(now, model) {
                None => GateDecision::Open(settings.api.endpoint(url)),
                Some(line) => {
                    GateDecision::Refuse(line.replacen(ID, &format!("{ID}: {NOTHING_SENT}"), 1))
                }
            },
            (None, _) if settings.is_local() => {
                refuse("the proxy's address was not verified", RESTART)
            }
            (None, _) => refuse(
                "the proxy's address was not verified",
                &remote_step(settings, now.state),
            ),
        },
        Some(State::Starting) => wait_or_refuse("the proxy is still starting"),
        Some(State::Backoff) if settings.auto_restart => {
            wait_or_refuse("the proxy ended and is being started again")
        }
        Some(State::Unhealthy) => wait_or_refuse("the proxy does not answer"),
        Some(State::Stopping) => wait_or_refuse("the proxy is being stopped"),
        Some(State::Blocked | State::Stopped | State::Failed) | None if !settings.is_local() => {
            let why = match now.state {
                Some(State::Blocked) => format!("what answers on {at} is not used"),
                Some(_) => format!("no proxy answers on {at}"),
                None => NO_SUPERVISOR.to_owned(),
            };
            refuse(&why, &remote_step(settings, now.state))
        }
        Some(State::Backoff | State::Failed) => refuse(
            "the proxy could not be kept running",
            "Run `openclaw claude-proxy doctor`.",
        ),
        Some(State::Blocked) => refuse(
            &format!("port {} is held by another program", settings.port),
            "Stop that program or choose another port, then run `openclaw claude-proxy restart`.",
        ),
        Some(State::Stopped) if !settings.auto_start => without_detail(
            &format!("no proxy answers on {at} and autoStart is off"),
            "Start your proxy, or set autoStart to true.",
        ),
        _ if now.reloading => wait_or_refuse("the proxy is being started"),
        Some(State::Stopped) => refuse("the proxy is stopped", RESTART),
        None => refuse(NO_SUPERVISOR, "Start the Gateway: `openclaw gateway run`."),
    }
}

/// The message about a limit that still holds for this model.
fn current_limit<'n>(now: &'n Snapshot, model: Option<&str>) -> Option<&'n str> {
    let answer = now.answer.as_ref()?;
    let holds = answer.kind == AnswerKind::Limit
        && answer.ends_in_ms.is_some_and(|ms| ms > 0)
        && answer.age_ms < LIMIT_RETRY_MS
        && model.is_none_or(|model| model == answer.model);
    answer.line.as_deref().filter(|_| holds)
}

fn refuse(why: &str, detail: &str, next: &str) -> GateDecision {
    let detail = if detail.is_empty() {
        String::new()
    } else {
        format!(" ({})", detail.trim_end_matches('.'))
    };
    GateDecision::Refuse(format!("{ID}: {NOTHING_SENT}: {why}{detail}. {next}"))
}

fn without_detail(why: &str, next: &str) -> GateDecision {
    refuse(why, "", next)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::{FileState, LastAnswer, assess, snapshot};

    #[test]
    fn the_gate_opens_only_for_a_verified_proxy() {
        use State::*;
        let up = [Ready, Attached];
        let on_its_way = [Starting, Unhealthy, Stopping, Backoff];
        let down = [Stopped, Failed, Blocked];
        let states = up.iter().chain(&on_its_way).chain(&down).copied();
        for state in states.map(Some).chain([None]) {
            let is_one_of = |states: &[State]| state.is_some_and(|state| states.contains(&state));
            for login in [Login::Claimed, Login::Unknown, Login::None] {
                for waited_ms in [0, MAX_WAIT_MS] {
                    let now = Snapshot {
                        login,
                        waited_ms,
                        ..snapshot(state)
                    };
                    let decision = gate(&Settings::default(), &now, None);
                    let opens = is_one_of(&up) && login != Login::None;
                    assert_eq!(matches!(decision, GateDecision::Open(_)), opens, "{now:?}");
                    if let GateDecision::Refuse(text) = &decision {
                        assert!(text.contains("nothing was sent"), "{text}");
                        assert!(!text.contains('\n'), "{text}");
                    }
                    let waits = is_one_of(&on_its_way) && waited_ms == 0;
                    assert_eq!(matches!(decision, GateDecision::Wait(_)), waits, "{now:?}");
                }
            }
        }
    }

    #[test]
    fn a_limit_holds_for_its_model_and_is_tried_again() {
        let answered = |kind, age_ms, ends_in_ms| LastAnswer {
            kind,
            line: Some(format!("{ID}: the limit is reached; it resets 3pm (UTC).")),
            model: "claude-opus-4.6".to_owned(),
            age_ms,
            ends_in_ms,
        };
        use AnswerKind::{Answered, Limit, Overloaded, RefusedLogin};
        let (same, other) = (Some("claude-opus-4.6"), Some("claude-haiku-4"));
        for (answer, model, open, next) in [
            (answered(Limit, 5, Some(9)), same, false, true),
            (answered(Limit, 5, Some(9)), None, false, true),
            (answered(Limit, 5, Some(9)), other, true, true),
            (answered(Limit, 60_000, Some(9)), None, true, true),
            (answered(Limit, 5, Some(0)), None, true, false),
            (answered(Limit, 5, None), None, true, true),
            // The next turn shows whether the user has logged in.
            (answered(RefusedLogin, 5, None), None, true, true),
            (answered(Overloaded, 5, None), None, true, true),
            (answered(Overloaded, 700_000, None), None, true, false),
            (answered(Answered, 5, None), None, true, false),
        ] {
            let now = Snapshot {
                answer: Some(answer.clone()),
                ..snapshot(Some(State::Ready))
            };
            let decision = gate(&Settings::default(), &now, model);
            assert_eq!(
                matches!(decision, GateDecision::Open(_)),
                open,
                "{answer:?}"
            );
            if let GateDecision::Refuse(text) = decision {
                let start = format!("{ID}: nothing was sent: the limit");
                assert!(text.starts_with(&start), "{text}");
            }
            let step = assess(&Settings::default(), &now, &FileState::default()).next;
            assert_eq!(step.is_some(), next, "{answer:?}");
        }
    }
}
