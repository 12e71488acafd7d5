//! Programs that are run for what they print, as the component asks: the Claude CLI, which holds the login, first of all.

use std::time::Duration;

use super::context::variable_names;
use super::search_path;
use super::timeout;
use crate::component::ClaudeProxy;
use crate::component::auth::{ProgramOutput, ProgramQuestion};

/// The question about the login among those of the component.
const LOGIN: &str = "claude-login";

/// What such programs are run with: the environment that the proxy would get.
pub(super) struct Programs {
    environment: Vec<(String, String)>,
}

impl Programs {
    pub(super) fn new(component: &mut ClaudeProxy) -> Self {
        let inherit = component
            .parse_settings("{}")
            .and_then(|settings| component.launch(&settings, &variable_names()))
            .map(|plan| plan.inherit)
            .unwrap_or_default();
        let value =
            |name: String| Some((name.clone(), std::env::var_os(name)?.into_string().ok()?));
        Self {
            environment: inherit.into_iter().filter_map(value).collect(),
        }
    }

    /// What a program prints, by the component's question; it is looked up in `PATH`.
    ///
    /// # Errors
    /// Why there is no answer, for people.
    pub(super) fn answer(&self, question: &ProgramQuestion) -> Result<ProgramOutput, String> {
        let search = std::env::var_os("PATH").unwrap_or_default();
        let (name, arguments) = question
            .command
            .split_first()
            .ok_or("there is no command")?;
        let program = search_path::find_usable(name, &search).map_err(|why| why.to_string())?;
        let limit = Duration::from_millis(question.timeout_ms.into());
        timeout::run(&program, arguments, &self.environment, limit)
    }

    /// What the Claude CLI says of the login; `None` without it, or where it timed out.
    pub(super) fn login(&self, questions: &[ProgramQuestion]) -> Option<ProgramOutput> {
        let login = questions.iter().find(|question| question.id == LOGIN);
        self.answer(login?).ok()
    }
}
