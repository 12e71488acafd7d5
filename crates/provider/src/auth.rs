//! The login as a state machine: host, port and models as in OpenClaw's other providers, and between them probes of the
//! address. The host shows a prompt or does what it asks, and feeds the answer back; nothing is changed until the host applies
//! the result.

mod finish;
mod models;
mod programs;
mod prompt;
mod status;
mod summary;
#[cfg(test)]
mod tests;
mod token;

use crate::health::{self, Login, Observation, Probe, Readiness};
use crate::listing::Listing;
use crate::settings::{self, Settings};
use crate::{Error, Problem, configured};

use summary::{listed_models, port_taken};

pub use prompt::{
    AuthResult, AuthStatus, Choice, ChoicePrompt, ConfirmPrompt, FlowOptions, Note, ProbeRequest,
    Prompt, PromptAnswer, SuppliedAnswers, TextPrompt, TokenState,
};
pub use status::judge as judge_login;
pub(crate) use status::read as read_login;
pub use token::judge as judge_token;

const HOST: &str = "host";
const PORT: &str = "port";
const MODELS: &str = "models";
const CLOSE: &str = "close";
const GRANT: &str = "grant";
const COMMAND: &str = "command";
/// At most so many models of the proxy's list are offered to choose from.
const MAX_OFFERED: usize = 50;
/// The choice that leads to free text.
const OTHER: &str = "(other)";

/// Where the flow is: which answer it waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Begin,
    Host,
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
    /// The settings in force; the answers go into them.
    settings: Settings,
    /// Ids of the probes that were asked for, and what came back so far.
    asked: Vec<String>,
    seen: Vec<Observation>,
    /// The verdict on the proxy, and which models it lists.
    verdict: Option<health::Verdict>,
    listing: Listing,
    login: Login,
    /// Whether open routes are closed.
    close: bool,
    /// Whether the guard gets its permission.
    grant: bool,
    /// The command to set: that of an installed program, unless its use was refused.
    command: Option<Vec<String>>,
    /// Whether programs were searched for, and none was there.
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

    /// Takes an answer; the next prompt.
    ///
    /// # Errors
    /// [`Error::UnexpectedAnswer`] where the answer does not fit, after which the same prompt may be answered again;
    /// whatever reading or editing the configuration gives.
    pub fn next(&mut self, answer: PromptAnswer) -> Result<Prompt, Error> {
        let mut prompt = self.advance(answer)?;
        // Questions whose answer was supplied, or that nobody is there to answer, are answered here.
        loop {
            let (id, initial) = match &prompt {
                Prompt::Text(prompt) => (
                    prompt.id.clone(),
                    PromptAnswer::Text(prompt.initial.clone()),
                ),
                Prompt::Choose(prompt) => (
                    prompt.id.clone(),
                    PromptAnswer::Chosen(prompt.initial.clone()),
                ),
                Prompt::Confirm(prompt) => (prompt.id.clone(), PromptAnswer::Yes(prompt.initial)),
                _ => return Ok(prompt),
            };
            let supplied = &self.options.supplied;
            let text = |given: &Option<String>| given.clone().map(PromptAnswer::Text);
            let supplied = match id.as_str() {
                HOST => text(&supplied.host),
                PORT => text(&supplied.port),
                MODELS => text(&supplied.models),
                CLOSE => supplied.close.map(PromptAnswer::Yes),
                GRANT => supplied.grant.map(PromptAnswer::Yes),
                _ => None,
            };
            let answer = match supplied {
                Some(answer) => answer,
                None if self.options.accept_defaults => initial,
                None if self.options.interactive => return Ok(prompt),
                None => return Err(missing(&id, &initial)),
            };
            prompt = self.advance(answer)?;
        }
    }

    fn advance(&mut self, answer: PromptAnswer) -> Result<Prompt, Error> {
        match (self.stage, answer) {
            (Stage::Begin, PromptAnswer::Begin) => {
                // Settings that are wrong end the flow: nothing is guessed, and what is wrong is named.
                self.settings = configured::effective_settings(&self.options.input)?;
                self.stage = Stage::Host;
                let host = self.settings.host.clone();
                Ok(Prompt::text(HOST, "Proxy host", host))
            }
            (Stage::Host, PromptAnswer::Text(text)) => self.take_host(&text),
            (Stage::Port, PromptAnswer::Text(text)) => {
                self.settings.port =
                    settings::parse_port(PORT, &text).map_err(Error::UnexpectedAnswer)?;
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
            (stage, _) => Err(Error::UnexpectedAnswer(Problem::new(
                "out-of-turn",
                "answer",
                "an answer of another kind than the prompt asked for",
                format!("the answer that fits the prompt ({stage:?})"),
                "Answer the prompt that was returned last.",
            ))),
        }
    }

    fn take_host(&mut self, text: &str) -> Result<Prompt, Error> {
        let host = settings::parse_host(HOST, text).map_err(Error::UnexpectedAnswer)?;
        let mut remote_hosts = self.settings.remote_hosts.iter();
        let is_known = remote_hosts.any(|known| known.eq_ignore_ascii_case(&host));
        if !settings::is_loopback_host(&host) && !is_known {
            return Err(Error::UnexpectedAnswer(Problem::new(
                "host-not-local",
                HOST,
                format!("`{host}`"),
                "this machine (`127.0.0.1`, `::1`, `localhost`), or a host listed in the `remoteHosts` setting",
                format!(
                    "Use 127.0.0.1; if your proxy really runs on `{host}`, first add it to {}.remoteHosts.",
                    settings::SETTINGS_PATH
                ),
            )));
        }
        self.settings.host = host;
        self.stage = Stage::Port;
        let port = self.settings.port.to_string();
        Ok(Prompt::text(PORT, "Proxy port", port))
    }

    /// Judges what was observed, or asks for more.
    fn judge(&mut self) -> Result<Prompt, Error> {
        let verdict = match health::judge_with_models(&self.settings, &self.seen) {
            health::Judgment::Judged(verdict) => verdict,
            // A host may leave a question without an answer; it is not asked again.
            health::Judgment::Ask(probes)
                if probes.iter().any(|probe| self.asked.contains(&probe.id)) =>
            {
                health::incomplete()
            }
            health::Judgment::Ask(probes) => return Ok(self.ask(probes)),
        };
        self.listing = listed_models(&verdict, &self.seen);
        self.login = verdict.login;
        if verdict.readiness == Readiness::Foreign && self.options.accept_defaults {
            return Err(port_taken(&self.settings, &verdict));
        }
        self.verdict = Some(verdict);
        if self.login == Login::Claimed {
            return Ok(self.show_summary());
        }
        self.stage = Stage::Login;
        Ok(Prompt::LoginStatus)
    }

    fn ask(&mut self, probes: Vec<Probe>) -> Prompt {
        self.asked
            .extend(probes.iter().map(|probe| probe.id.clone()));
        Prompt::Probe(ProbeRequest {
            base_url: self.settings.base_url(),
            probes,
        })
    }

    /// Where nothing listens and the settings name no command, a person is offered a proxy that is installed.
    fn find_programs(&mut self) -> Prompt {
        let verdict = self.verdict.as_ref();
        let is_free = verdict.is_some_and(|verdict| verdict.code == "refused");
        let names = programs::names(&self.settings);
        let can_ask = self.options.interactive && !self.options.accept_defaults;
        if !is_free || !can_ask || names.is_empty() {
            return self.ask_models();
        }
        self.stage = Stage::Programs;
        Prompt::FindPrograms(names)
    }

    fn ask_command(&mut self, paths: &[String]) -> Prompt {
        self.command = programs::command(&self.settings, paths);
        let Some(command) = &self.command else {
            self.no_program_found = true;
            return self.ask_models();
        };
        self.stage = Stage::Command;
        let question = programs::question(&self.settings, command);
        Prompt::confirm(COMMAND, &question)
    }
}

/// Nobody can be asked. Host, port and models have a flag of `claude-proxy setup`, yes or no has none.
fn missing(id: &str, initial: &PromptAnswer) -> Error {
    let with_flag = |example: &str| {
        let next = format!("Add --{id} {example}, or --yes to take the proposed answers.");
        (format!("the flag --{id}"), next)
    };
    let (accepted, next) = match initial {
        PromptAnswer::Text(text) => with_flag(text),
        PromptAnswer::Chosen(values) => with_flag(&values.join(",")),
        answer => {
            let proposed = match answer {
                PromptAnswer::Yes(true) => "yes",
                _ => "no",
            };
            let next = format!(
                "Add --yes to take the proposed answers (here `{proposed}`), or run it in a terminal."
            );
            let accepted = "the flag --yes, or an answer in a terminal";
            (accepted.to_owned(), next)
        }
    };
    let found = "no answer, and nobody to ask";
    Error::UnexpectedAnswer(Problem::new("answer-missing", id, found, accepted, next))
}
