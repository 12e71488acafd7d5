//! What a state of the proxy means: whether it is up, whether somebody must act, and the one thing to do now.

use super::{Assessment, FileState, Snapshot, State};
use crate::advice::{self, CLOSE_ROUTES};
use crate::answer::AnswerKind;
use crate::health::{self, Login, renewal};
use crate::settings::Settings;

/// What puts the settings in the file into use.
const APPLY_FILE: &str = "Apply the file: `openclaw plugins reload anthropic-claude-proxy`.";
/// The vendor's own trouble is old news after this long, in milliseconds.
const PASSES_MS: u64 = 600_000;

/// What this state means, and what to do now.
pub fn assess(settings: &Settings, now: &Snapshot, file: &FileState) -> Assessment {
    let up = matches!(now.state, Some(State::Ready | State::Attached));
    let failing = match now.state {
        Some(State::Failed | State::Blocked | State::Unhealthy) => true,
        // Messages still go through, and only a person can see to it.
        _ => up && now.code.as_deref() == Some(renewal::CODE),
    };
    let next = next_step(settings, now, file);
    let mut line = match now.state {
        Some(state) => format!("proxy is {state:?}").to_ascii_lowercase(),
        None => "proxy is not watched".to_owned(),
    };
    let output = now.last_output_line.as_ref();
    let output = output.map(|output| format!("Last output line: {output}"));
    // What passes by itself needs nobody.
    let is_passing = matches!(
        now.state,
        Some(State::Starting | State::Stopping | State::Backoff)
    );
    let step = next.as_deref().filter(|_| !is_passing).map(advice::hint);
    for part in [
        Some(now.detail.as_str()),
        output.as_deref(),
        step.as_deref(),
    ] {
        if let Some(part) = part.filter(|part| !part.is_empty()) {
            line.truncate(line.trim_end_matches('.').len());
            line.push_str(". ");
            line.push_str(part);
        }
    }
    Assessment {
        up,
        failing,
        next,
        line,
    }
}

/// The one thing to do now; `None` when all is well. What the case at hand asks for is closer than what its state does, but not
/// than what stops or endangers the messages of a proxy that is up.
fn next_step(settings: &Settings, now: &Snapshot, file: &FileState) -> Option<String> {
    if file.unread.is_some() {
        return file.unread.clone();
    }
    let fixed = match now.state {
        Some(State::Ready | State::Attached) => return while_up(settings, now, file),
        _ if now.next.is_some() => return now.next.clone(),
        Some(State::Blocked | State::Stopped | State::Failed) | None if !settings.is_local() => {
            return Some(remote_step(settings, now.state));
        }
        Some(State::Blocked) => {
            "Stop the program that holds the port, or choose another port; then `claude-proxy restart`."
        }
        Some(State::Failed) => "Run `claude-proxy doctor`, then `claude-proxy restart`.",
        Some(State::Starting | State::Backoff | State::Unhealthy | State::Stopping) => {
            "Wait a moment, then look again."
        }
        Some(State::Stopped) if !settings.auto_start => {
            "Start your proxy, or set autoStart to true."
        }
        Some(State::Stopped) => "Start it again: `claude-proxy restart`.",
        None => {
            "Start the Gateway with `openclaw gateway run`, or the proxy alone with `claude-proxy run`."
        }
    };
    Some(fixed.to_owned())
}

/// The same of a proxy that is up.
fn while_up(settings: &Settings, now: &Snapshot, file: &FileState) -> Option<String> {
    if now.login() == Login::None {
        return Some(health::login_next(settings));
    }
    let of_answer = after_answer(settings, now);
    if of_answer.is_some() {
        return of_answer;
    }
    let file = match (file.closed, file.in_force) {
        (Some(false), _) => return Some(CLOSE_ROUTES.to_owned()),
        (_, Some(false)) => Some(APPLY_FILE.to_owned()),
        _ => None,
    };
    // A login that is known by now need not be looked for.
    let is_over = |next: &&String| {
        now.login() != Login::Unknown && **next == health::check_login_step(settings)
    };
    let next = now.next.as_ref().filter(|next| !is_over(next));
    next.cloned().or(file)
}

/// What the last answer asks of the user; nothing once its cause is over.
fn after_answer(settings: &Settings, now: &Snapshot) -> Option<String> {
    let answer = now.answer.as_ref()?;
    match answer.kind {
        AnswerKind::Limit if answer.ends_in_ms == Some(0) => None,
        // They pass by themselves.
        AnswerKind::Overloaded | AnswerKind::ServerError if answer.age_ms > PASSES_MS => None,
        kind => failure_step(settings, kind),
    }
}

/// What an answer of a kind asks of the user.
pub(crate) fn failure_step(settings: &Settings, kind: AnswerKind) -> Option<String> {
    let step = match kind {
        AnswerKind::Answered | AnswerKind::TooLong | AnswerKind::BrokenOff | AnswerKind::Other => {
            return None;
        }
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

/// What to do about a proxy that cannot be started, stopped or watched from here.
pub(super) fn remote_step(settings: &Settings, state: Option<State>) -> String {
    let address = &settings.listen_address;
    match state {
        Some(State::Blocked) => health::other_port_step(settings),
        Some(_) => format!("Start it on {address}."),
        None => format!(
            "Start the Gateway with `openclaw gateway run`, and the proxy on {address} if it does not run there."
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::snapshot;

    fn next(now: &Snapshot, file: &FileState) -> String {
        let next = assess(&Settings::default(), now, file).next;
        next.unwrap_or_default()
    }

    fn file(closed: bool) -> FileState {
        FileState {
            closed: Some(closed),
            ..FileState::default()
        }
    }

    #[test]
    fn there_is_nothing_to_do_only_when_all_is_well() {
        let out = Snapshot {
            login: Login::None,
            ..snapshot(Some(State::Ready))
        };
        let ready = || snapshot(Some(State::Ready));
        for (now, closed, says) in [
            (ready(), true, ""),
            (ready(), false, "audit"),
            (snapshot(Some(State::Blocked)), true, "holds the port"),
            (out, true, "claude auth login"),
        ] {
            let step = next(&now, &file(closed));
            assert_eq!(step.is_empty(), says.is_empty(), "{now:?}");
            assert!(step.contains(says), "{now:?}");
        }
    }

    #[test]
    fn the_step_of_the_case_is_before_that_of_the_state() {
        let with_next = |state, next: &str| Snapshot {
            next: Some(next.to_owned()),
            ..snapshot(state)
        };
        let mine = "Do this.";
        for state in [
            None,
            Some(State::Blocked),
            Some(State::Failed),
            Some(State::Unhealthy),
            Some(State::Backoff),
            Some(State::Ready),
        ] {
            assert_eq!(
                next(&with_next(state, mine), &file(true)),
                mine,
                "{state:?}"
            );
        }
        // But not before what endangers the messages of a proxy that is up.
        let ready = with_next(Some(State::Attached), mine);
        assert_eq!(next(&ready, &file(false)), CLOSE_ROUTES);
        let unread = FileState {
            unread: Some("It is a directory.".to_owned()),
            ..file(false)
        };
        assert_eq!(next(&ready, &unread), "It is a directory.");
        let waiting = FileState {
            in_force: Some(false),
            ..file(true)
        };
        assert_eq!(next(&ready, &waiting), mine);
        let ready = snapshot(Some(State::Ready));
        assert!(next(&ready, &waiting).contains("openclaw plugins reload"));
        // The Claude CLI has told what the proxy could not.
        let settings = Settings::default();
        let told = with_next(Some(State::Ready), &health::check_login_step(&settings));
        assert_eq!(next(&told, &file(true)), "");
        for (login, cli_login, says) in [
            (Login::Unknown, None, health::check_login_step(&settings)),
            (Login::Unknown, Some(Login::Claimed), String::new()),
            (
                Login::Unknown,
                Some(Login::None),
                health::login_next(&settings),
            ),
            (Login::Claimed, Some(Login::None), String::new()),
        ] {
            let now = Snapshot {
                login,
                cli_login,
                ..told.clone()
            };
            assert_eq!(next(&now, &file(true)), says, "{login:?} {cli_login:?}");
        }
    }

    #[test]
    fn a_line_says_what_fails_and_leaves_alone_what_passes() {
        let with_code = |code: &str| Snapshot {
            code: Some(code.to_owned()),
            next: Some("Log in.".to_owned()),
            ..snapshot(Some(State::Ready))
        };
        let starting = Snapshot {
            last_output_line: Some("12 of 90 packages".to_owned()),
            ..snapshot(Some(State::Starting))
        };
        for (now, failing, line) in [
            (snapshot(Some(State::Ready)), false, "proxy is ready. Why."),
            (
                with_code("ready"),
                false,
                "proxy is ready. Why. hint: Log in.",
            ),
            (
                with_code(renewal::CODE),
                true,
                "proxy is ready. Why. hint: Log in.",
            ),
            (
                snapshot(Some(State::Unhealthy)),
                true,
                "proxy is unhealthy. Why. hint: Wait a moment, then look again.",
            ),
            (
                starting,
                false,
                "proxy is starting. Why. Last output line: 12 of 90 packages",
            ),
            (
                snapshot(Some(State::Backoff)),
                false,
                "proxy is backoff. Why.",
            ),
            (
                snapshot(Some(State::Stopped)),
                false,
                "proxy is stopped. Why. hint: Start it again: `claude-proxy restart`.",
            ),
        ] {
            let found = assess(&Settings::default(), &now, &FileState::default());
            assert_eq!((found.failing, found.line.as_str()), (failing, line));
            assert_eq!(found.up, now.state == Some(State::Ready));
        }
    }
}
