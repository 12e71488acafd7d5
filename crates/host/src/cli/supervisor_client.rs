//! Asks a running supervisor, and reads the status that it answers with.

use std::path::Path;
use std::time::Duration;

use claude_proxy_supervisor::control::{self, ControlError, Request};
use serde_json::Value;

use super::failure::{Failure, UNKNOWN};
use crate::component::case;
use crate::component::runtime::State;
use crate::component::types::Problem;

const TIMEOUT: Duration = Duration::from_secs(5);

/// A supervisor's response; `None` where there is none.
pub(super) fn ask(socket: &Path, request: Request) -> Result<Option<Value>, Failure> {
    match control::request(socket, &request, TIMEOUT) {
        Ok(answer) => Ok(Some(answer)),
        Err(ControlError::NotRunning) => Ok(None),
        Err(why) => Err(failure(socket, &why)),
    }
}

fn failure(socket: &Path, why: &ControlError) -> Failure {
    Failure::new(
        UNKNOWN,
        why.to_string(),
        Problem::new(
            "control-socket",
            socket.display().to_string(),
            why.to_string(),
            "a supervisor that runs as this user and answers",
            match why {
                ControlError::NotOurs => "Run this as the user whose Gateway it is.",
                ControlError::NotRunning
                | ControlError::TimedOut
                | ControlError::Refused(_)
                | ControlError::Io(_) => "Restart the Gateway: `openclaw gateway restart`.",
            },
        ),
    )
}

/// A text of a status; an empty one where there is none.
pub(super) fn text<'s>(status: &'s Value, key: &str) -> &'s str {
    status[key].as_str().unwrap_or_default()
}

/// A status with these members put over its own.
pub(super) fn with(mut status: Value, more: Value) -> Value {
    if let (Some(own), Value::Object(more)) = (status.as_object_mut(), more) {
        own.extend(more);
    }
    status
}

/// The state in a status. This is the only place where the supervisor's word for its state becomes the interface's.
pub(super) fn state_of(status: &Value) -> Option<State> {
    case::parse(text(status, "state"))
}
