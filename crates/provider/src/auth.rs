//! The login as a state machine. It asks for host, port and models, as OpenClaw's other providers do, and probes the address in
//! between. The host takes one prompt after the other (it shows a question or does what the prompt asks) and passes the answer back.
//! Nothing is changed until the host applies the result.

mod address;
mod answers;
mod finish;
mod models;
mod programs;
mod prompt;
mod status;
mod summary;
#[cfg(test)]
mod tests;
mod token;

use crate::health::{self, Login, Observation};
use crate::listing::Listing;
use crate::settings::{self, Settings};
use crate::{Error, Problem, configured};

pub use crate::wit::auth::{
    AuthResult, Choice, ChoicePrompt, ConfirmPrompt, FlowOptions, Note, ProbeRequest,
    ProgramOutput, ProgramQuestion, Prompt, PromptAnswer, SuppliedAnswers, TextPrompt, TokenState,
};
pub use status::judge as judge_login;
pub(crate) use status::read as read_login;
pub(crate) use token::SECRET_PREFIX;
pub use token::judge as judge_token;

const HOST: &str = "host";
const PORT: &str = "port";
const MODELS: &str = "models";
const CLOSE: &str = "close";
const GRANT: &str = "grant";
const COMMAND: &str = "command";
/// The highest number of models of the proxy's list that are offered.
const MAX_OFFERED: usize = 50;
/// The choice "type the ids myself".
const OTHER: &str = "(other)";

/// The answer that the flow waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Begin,
    Address,
    Port,
    Probe,
    Login,
    Summary,
    Programs,
    Command,
    Models,
    ModelsText,
    Leaks,
    Close,
    Grant,
    Done,
}

/// One run of the flow.
#[derive(Debug, Clone)]
pub struct Flow {
    options: FlowOptions,
    stage: Stage,
    /// The settings in force, with the answers so far.
    settings: Settings,
    /// Ids of the probes that were sent, and their outcomes so far.
    asked: Vec<String>,
    seen: Vec<Observation>,
    /// The verdict on the proxy, and which models it lists.
    verdict: Option<health::Verdict>,
    listing: Listing,
    login: Login,
    /// Whether the user agreed to close open routes.
    close: bool,
    /// Whether the user agreed to give the guard its permission.
    grant: bool,
    /// The command to write: an installed program that the user agreed to.
    command: Option<Vec<String>>,
    /// Whether installed proxies were searched for and none was found.
    no_program_found: bool,
}

impl Flow {
    /// Starts a flow. Nothing happens until [`Flow::next`] is called with [`PromptAnswer::Begin`].
    pub fn new(options: FlowOptions) -> Self {
        Self {
            options,
            stage: Stage::Begin,
            settings: Settings::default(),
            asked: Vec::new(),
            seen: Vec::new(),
            verdict: None,
            listing: Listing::None(String::new()),
            login: Login::Unknown,
            close: false,
            grant: false,
            command: None,
            no_program_found: false,
        }
    }

    /// Takes the answer to the last prompt and returns the next prompt.
    ///
    /// # Errors
    /// `ErrorKind::UnexpectedAnswer` if the answer does not fit; then the same prompt may be answered again. Otherwise the errors of
    /// reading and editing the configuration.
    pub fn next(&mut self, answer: PromptAnswer) -> Result<Prompt, Error> {
        let mut prompt = self.advance(answer)?;
        // A question that need not be shown to a person is answered here.
        while let Some(answer) = answers::given_or_default(&prompt, &self.options)? {
            prompt = self.advance(answer)?;
        }
        Ok(prompt)
    }

    fn advance(&mut self, answer: PromptAnswer) -> Result<Prompt, Error> {
        match (self.stage, answer) {
            (Stage::Begin, PromptAnswer::Begin) => {
                // Invalid settings end the flow with an error that names them; nothing is guessed.
                self.settings = configured::effective_settings(&self.options.input)?;
                self.stage = Stage::Address;
                let host = self.settings.listen_address.clone();
                Ok(Prompt::text(HOST, "Proxy host", host))
            }
            (Stage::Address, PromptAnswer::Text(text)) => self.take_address(&text),
            (Stage::Port, PromptAnswer::Text(text)) => {
                self.settings.port =
                    settings::parse_port(PORT, &text).map_err(Error::unexpected_answer)?;
                self.stage = Stage::Probe;
                Ok(self.ask(vec![health::liveness()]))
            }
            (Stage::Probe, PromptAnswer::Observed(seen)) => {
                self.seen.extend(seen);
                self.judge()
            }
            (Stage::Login, PromptAnswer::Login(status)) => {
                if self.login == Login::Unknown {
                    self.login = judge_login(status.as_ref());
                }
                Ok(self.show_summary())
            }
            (Stage::Summary, PromptAnswer::Shown) => Ok(self.find_programs()),
            (Stage::Programs, PromptAnswer::Programs(paths)) => Ok(self.ask_command(&paths)),
            (Stage::Command, PromptAnswer::Yes(yes)) => {
                self.command.take_if(|_| !yes);
                Ok(self.ask_models())
            }
            (Stage::Models, PromptAnswer::Chosen(chosen)) if chosen.iter().any(|c| c == OTHER) => {
                Ok(self.ask_models_as_text())
            }
            (Stage::Models, PromptAnswer::Chosen(chosen)) => self.take_models(&chosen),
            (Stage::Models | Stage::ModelsText, PromptAnswer::Text(text)) => {
                let ids: Vec<String> = text
                    .split([',', '\n'])
                    .map(str::trim)
                    .filter(|id| !id.is_empty())
                    .map(str::to_owned)
                    .collect();
                self.take_models(&ids)
            }
            (Stage::Leaks, PromptAnswer::Shown) => {
                self.stage = Stage::Close;
                let message = "Close these routes now? (no leaves them open)";
                Ok(Prompt::confirm(CLOSE, message))
            }
            (Stage::Close, PromptAnswer::Yes(yes)) => {
                self.close = yes;
                self.ask_grant()
            }
            (Stage::Grant, PromptAnswer::Yes(yes)) => {
                self.grant = yes;
                self.finish()
            }
            (stage, _) => Err(Error::unexpected_answer(Problem::new(
                "out-of-turn",
                "answer",
                "an answer of another kind than the prompt asked for",
                format!("the answer that fits the prompt ({stage:?})"),
                "Answer the prompt that was returned last.",
            ))),
        }
    }
}
