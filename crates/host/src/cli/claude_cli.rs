//! The Claude CLI, which holds the login.

use std::path::PathBuf;
use std::time::Duration;

use super::context::variable_names;
use super::search_path;
use super::timeout;
use crate::component::ClaudeProxy;
use crate::component::auth::AuthStatus;

/// Longest time that it may take to check its login.
const LOGIN_TIMEOUT: Duration = Duration::from_secs(15);

/// The Claude CLI, run in the environment that the proxy would get.
pub(super) struct ClaudeCli {
    program: Option<PathBuf>,
    environment: Vec<(String, String)>,
}

impl ClaudeCli {
    pub(super) fn new(component: &mut ClaudeProxy) -> Self {
        let inherit = component
            .parse_settings("{}")
            .and_then(|settings| component.launch(&settings, &variable_names()))
            .map(|plan| plan.inherit)
            .unwrap_or_default();
        let environment = inherit
            .into_iter()
            .filter_map(|name| {
                let value = std::env::var_os(&name)?.into_string().ok()?;
                Some((name, value))
            })
            .collect();
        let search = std::env::var_os("PATH").unwrap_or_default();
        Self {
            program: search_path::find_usable("claude", &search).ok(),
            environment,
        }
    }

    /// What it, and other programs, are run with.
    pub(super) fn environment(&self) -> &[(String, String)] {
        &self.environment
    }

    /// The output of `claude auth status`; `None` without the program, or where it timed out.
    pub(super) fn auth_status(&self) -> Option<AuthStatus> {
        let program = self.program.as_ref()?;
        let words = ["auth", "status"];
        let answer = timeout::run(program, &words, &self.environment, LOGIN_TIMEOUT).ok()?;
        Some(AuthStatus {
            code: Some(answer.code),
            output: answer.output,
        })
    }
}
