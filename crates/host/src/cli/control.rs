//! `start`, `stop` and `restart`: a request to the supervisor, and the wait for the state that it leads to.

use std::io::Write;
use std::time::{Duration, Instant};

use claude_proxy_supervisor::control::Request;
use serde_json::{Value, json};

use super::args::{ProxyArgs, Stop};
use super::context::Context;
use super::failure::{CommandError, FAILED, Failure};
use super::output::{self, Style, Tone};
use super::supervisor_client::{ask, state_of, text, with};
use crate::component::runtime::State;
use crate::component::types::Problem;
use crate::component::{ClaudeProxy, case, types};

/// Longest wait for the goal; the state is shown even if it is not reached yet.
const COMPLETION: Duration = Duration::from_secs(20);
/// Back to the beginning of the line, and nothing left of it.
const CLEAR_LINE: &str = "\r\x1b[K";
const POLL_INTERVAL: Duration = Duration::from_millis(10);

/// What to do where no supervisor runs, by the component's own rule: a proxy on another machine is not started from here.
pub(super) fn next_without_supervisor(
    component: &mut ClaudeProxy,
    settings: &types::Settings,
) -> Result<String, Failure> {
    let now = super::status::snapshot(None);
    let found = component.assess(settings, &now, &super::status::file_state(None))?;
    Ok(found.next.unwrap_or_default())
}

/// The state that a command waits for.
enum Goal {
    /// The proxy is ready, or it is clear that it will not be.
    Up,
    Down,
    Gone,
}

fn command(
    context: &Context,
    args: &ProxyArgs,
    request: Request,
    goal: &Goal,
) -> Result<u8, CommandError> {
    let (mut component, settings, state) = context.load(args.port.as_deref())?;
    let socket = state.socket_path(settings.port);
    let Some(mut answer) = ask(&socket, request)? else {
        return Err(Failure::new(
            FAILED,
            "no supervisor is running",
            Problem::new(
                "not-running",
                socket.display().to_string(),
                "nobody answers there",
                "a supervisor: that of a running Gateway, or one started by hand",
                next_without_supervisor(&mut component, &settings)?,
            ),
        )
        .into());
    };
    drop(component);
    let style = Style::of_stdout();
    let begun = Instant::now();
    let until = begun + COMPLETION;
    let is = |answer: &Value, states: &[State]| {
        state_of(answer).is_some_and(|state| states.contains(&state))
    };
    let mut reached = false;
    while !reached && Instant::now() < until {
        match ask(&socket, Request::Status)? {
            Some(now) => answer = now,
            None => {
                reached = matches!(goal, Goal::Gone | Goal::Down);
                let detail = "The supervisor has ended.";
                answer = with(
                    answer,
                    json!({ "state": case::name(State::Stopped), "detail": detail }),
                );
                break;
            }
        }
        reached = match goal {
            Goal::Up => is(
                &answer,
                &[State::Ready, State::Attached, State::Failed, State::Blocked],
            ),
            Goal::Down => is(&answer, &[State::Stopped]),
            Goal::Gone => false,
        };
        if !reached {
            if style.is_live() && !args.json {
                progress(style, begun.elapsed(), &answer)?;
            }
            #[expect(
                clippy::disallowed_methods,
                reason = "between two checks, up to a deadline"
            )]
            std::thread::sleep(POLL_INTERVAL);
        }
    }
    if style.is_live() && !args.json {
        write!(output::stdout(), "{CLEAR_LINE}")?;
    }
    if args.json {
        output::json(&answer)?;
    } else {
        let mut out = output::stdout();
        let name = style.paint(Tone::Strong, text(&answer, "state"));
        writeln!(out, "{name}: {}", text(&answer, "detail"))?;
        if let Some(next) = answer.get("next").and_then(Value::as_str) {
            writeln!(out, "{}", style.hint(0, next))?;
        }
    }
    let well = match goal {
        // A first download may take minutes; it is on its way.
        Goal::Up => !is(&answer, &[State::Failed, State::Blocked]),
        Goal::Down | Goal::Gone => reached,
    };
    Ok(if well { 0 } else { FAILED })
}

/// One line that is replaced by the next: the state, how long, and the last output line.
fn progress(style: Style, elapsed: Duration, status: &Value) -> std::io::Result<()> {
    const TURN: [char; 4] = ['|', '/', '-', '\\'];
    let turn = usize::try_from(elapsed.as_millis() / 100).unwrap_or(0) % TURN.len();
    let mark = TURN.get(turn).copied().unwrap_or(' ');
    let state = text(status, "state");
    // Not its last lines, which are those of the process before until there is one.
    let said = text(status, "lastOutputLine");
    let line = style.cut(&format!("{mark} {state} {} s  {said}", elapsed.as_secs()));
    let mut out = output::stdout();
    write!(out, "{CLEAR_LINE}{line}")?;
    out.flush()
}

pub(super) fn start(context: &Context, args: &ProxyArgs) -> Result<u8, CommandError> {
    command(context, args, Request::Start, &Goal::Up)
}

pub(super) fn restart(context: &Context, args: &ProxyArgs) -> Result<u8, CommandError> {
    command(context, args, Request::Restart, &Goal::Up)
}

pub(super) fn stop(context: &Context, args: &Stop) -> Result<u8, CommandError> {
    let (request, goal) = if args.supervisor {
        (Request::Shutdown, Goal::Gone)
    } else {
        (Request::Stop, Goal::Down)
    };
    command(context, &args.proxy, request, &goal)
}
