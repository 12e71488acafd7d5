//! Talks to a running supervisor.

use std::path::Path;
use std::time::Duration;

use claude_proxy_supervisor::control::{self, ControlError, Request};
use serde_json::Value;

use super::args::{Look, Stop};
use super::failure::{CANNOT_TELL, COULD_NOT, Failure, Halt, Problem};
use super::output::{self, Style, Tone};
use super::surroundings::Surroundings;

/// Longest time that a supervisor may take for an answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// What a supervisor answers; `None` where there is none.
pub(super) fn ask(socket: &Path, request: Request) -> Result<Option<Value>, Failure> {
    match control::request(socket, &request, PATIENCE) {
        Ok(answer) => Ok(Some(answer)),
        Err(ControlError::NotRunning) => Ok(None),
        Err(why) => Err(failure(socket, &why)),
    }
}

fn failure(socket: &Path, why: &ControlError) -> Failure {
    Failure::new(
        CANNOT_TELL,
        why.to_string(),
        Problem {
            code: "control-socket".to_owned(),
            path: socket.display().to_string(),
            found: why.to_string(),
            accepted: "a supervisor that runs as this user and answers".to_owned(),
            next: match why {
                ControlError::NotOurs => "Run this as the user whose Gateway it is.",
                ControlError::NotRunning
                | ControlError::TimedOut
                | ControlError::Refused(_)
                | ControlError::Io(_) => "Restart the Gateway: `openclaw gateway restart`.",
            }
            .to_owned(),
        },
    )
}

fn socket_of(surroundings: &Surroundings, look: &Look) -> Result<std::path::PathBuf, Failure> {
    let mut component = surroundings.component(CANNOT_TELL)?;
    let settings = surroundings.settings_for(&mut component, look.port.as_deref())?;
    Ok(surroundings.state(CANNOT_TELL)?.socket_path(settings.port))
}

fn command(surroundings: &Surroundings, look: &Look, request: Request) -> Result<u8, Halt> {
    let socket = socket_of(surroundings, look)?;
    let Some(answer) = ask(&socket, request)? else {
        return Err(Failure::new(
            COULD_NOT,
            "no supervisor is running",
            Problem {
                code: "not-running".to_owned(),
                path: socket.display().to_string(),
                found: "nobody answers there".to_owned(),
                accepted: "a running Gateway, or `claude-proxy run`".to_owned(),
                next: "Start the Gateway with `openclaw gateway run`, or the proxy alone with `claude-proxy run`."
                    .to_owned(),
            },
        )
        .into());
    };
    if look.json {
        output::json(&answer)?;
    } else {
        let style = Style::of_stdout();
        let text = |key: &str| answer.get(key).and_then(Value::as_str).unwrap_or("");
        use std::io::Write as _;
        writeln!(
            std::io::stdout(),
            "{} {}",
            style.paint(Tone::Strong, text("state")),
            text("detail")
        )?;
    }
    Ok(0)
}

pub(super) fn start(surroundings: &Surroundings, look: &Look) -> Result<u8, Halt> {
    command(surroundings, look, Request::Start)
}

pub(super) fn restart(surroundings: &Surroundings, look: &Look) -> Result<u8, Halt> {
    command(surroundings, look, Request::Restart)
}

pub(super) fn stop(surroundings: &Surroundings, wanted: &Stop) -> Result<u8, Halt> {
    let request = if wanted.supervisor {
        Request::Shutdown
    } else {
        Request::Stop
    };
    command(surroundings, &wanted.look, request)
}
