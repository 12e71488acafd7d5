//! The Claude CLI, which holds the login.

use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value;

use super::context::Context;
use super::launch;
use super::timeout::{self, Answer};
use crate::component::{ClaudeProxy, types};

/// Longest time that it may take to look at its login.
const LOGIN_PATIENCE: Duration = Duration::from_secs(15);

/// The Claude CLI, run in the environment that the proxy would get.
pub(super) struct ClaudeCli {
    program: Result<PathBuf, String>,
    environment: Vec<(String, String)>,
}

impl ClaudeCli {
    pub(super) fn new(context: &Context, component: &mut ClaudeProxy) -> Self {
        let inherit = component
            .parse_settings("{}")
            .and_then(|settings| component.launch(&settings, &context.variable_names()))
            .map(|plan| plan.inherit)
            .unwrap_or_default();
        let environment = inherit
            .into_iter()
            .filter_map(|name| {
                let value = context.variable(&name)?.into_string().ok()?;
                Some((name, value))
            })
            .collect();
        let search = context.variable("PATH").unwrap_or_default();
        Self {
            program: launch::find_usable("claude", &search),
            environment,
        }
    }

    /// What it, and other programs, are run with.
    pub(super) fn environment(&self) -> &[(String, String)] {
        &self.environment
    }

    /// What it says of its login, with its exit code.
    pub(super) fn auth_status(&self) -> Result<Answer, String> {
        let program = self.program.as_ref().map_err(Clone::clone)?;
        timeout::run(
            program,
            &["auth", "status"],
            &self.environment,
            LOGIN_PATIENCE,
        )
    }

    /// What it claims of the login.
    pub(super) fn login(&self) -> types::Login {
        let Ok(answer) = self.auth_status() else {
            return types::Login::Unknown;
        };
        let logged_in = serde_json::from_str::<Value>(&answer.output)
            .ok()
            .and_then(|body| body.get("loggedIn").and_then(Value::as_bool));
        match (answer.code, logged_in) {
            (0, Some(true)) => types::Login::Claimed,
            (_, Some(false)) => types::Login::None,
            _ => types::Login::Unknown,
        }
    }
}
