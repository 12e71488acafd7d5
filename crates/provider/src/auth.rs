//! The auth flow as a state machine: host, port and models as in OpenClaw's other providers, and between them a look at
//! what is really there. The host shows a step or does what it asks, and feeds the answer back; nothing is changed until
//! the host applies the result.

mod finish;
mod found;
mod models;
mod programs;
mod status;
mod step;
#[cfg(test)]
mod tests;
mod token;

use crate::health::{self, Login, Observation, Probe, Readiness};
use crate::listing::Listing;
use crate::settings::{self, Settings};
use crate::{Error, Problem, configured};

use found::{listed, taken};

pub use status::judge as judge_login;
pub(crate) use status::read as read_login;
pub use step::{
    Answer, AuthResult, AuthStatus, Choice, ChoicePrompt, ConfirmPrompt, FlowOptions, Note,
    ProbeRequest, Step, SuppliedAnswers, TextPrompt, TokenState,
};
pub use token::judge as judge_token;

const HOST: &str = "host";
const PORT: &str = "port";
const MODELS: &str = "models";
const CLOSE: &str = "close";
const GRANT: &str = "grant";
const COMMAND: &str = "command";
/// At most so many models of the proxy's list are offered to choose from.
const MOST_OFFERED: usize = 50;
/// The choice that leads to free text.
const OTHER: &str = "(other)";

/// Where the flow is: which answer it waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    Begin,
    Host,
    Port,
    Look,
    Login,
    Found,
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
    at: At,
    /// What the configuration says now; the answers go into it.
    settings: Settings,
    /// Ids of what the look has asked, and what it has seen so far.
    asked: Vec<String>,
    seen: Vec<Observation>,
    /// Whether the proxy answered, what it is, and which models it lists.
    found: Option<health::Verdict>,
    listing: Listing,
    login: Login,
    close: bool,
    grant: bool,
    /// The command of a program that was found, and whether it is to be set.
    command: Option<Vec<String>>,
    set_command: bool,
    /// Whether programs were looked for, and none was there.
    none_found: bool,
}

impl Flow {
    /// Starts a flow. Nothing happens until [`Flow::next`] is called with [`Answer::Begin`].
    pub fn new(options: FlowOptions) -> Self {
        Self {
            options,
            at: At::Begin,
            settings: Settings::default(),
            asked: Vec::new(),
            seen: Vec::new(),
            found: None,
            listing: Listing::None(String::new()),
            login: Login::Unknown,
            close: false,
            grant: false,
            command: None,
            set_command: false,
            none_found: false,
        }
    }

    /// Takes an answer and says what is next.
    ///
    /// # Errors
    /// [`Error::UnexpectedAnswer`] where the answer does not fit, after which the same step may be answered again;
    /// whatever reading or editing the configuration gives.
    pub fn next(&mut self, answer: Answer) -> Result<Step, Error> {
        let mut step = self.advance(answer)?;
        // Questions whose answer was supplied, or that nobody is there to answer, are answered here.
        loop {
            let (id, initial) = match &step {
                Step::Text(prompt) => (prompt.id.clone(), Answer::Text(prompt.initial.clone())),
                Step::Choose(prompt) => (prompt.id.clone(), Answer::Chosen(prompt.initial.clone())),
                Step::Confirm(prompt) => (prompt.id.clone(), Answer::Yes(prompt.initial)),
                _ => return Ok(step),
            };
            let supplied = &self.options.supplied;
            let text = |given: &Option<String>| given.clone().map(Answer::Text);
            let supplied = match id.as_str() {
                HOST => text(&supplied.host),
                PORT => text(&supplied.port),
                MODELS => text(&supplied.models),
                CLOSE => supplied.close.map(Answer::Yes),
                GRANT => supplied.grant.map(Answer::Yes),
                _ => None,
            };
            let answer = match supplied {
                Some(answer) => answer,
                None if self.options.accept_defaults => initial,
                None if self.options.interactive => return Ok(step),
                None => return Err(missing(&id, &initial)),
            };
            step = self.advance(answer)?;
        }
    }

    fn advance(&mut self, answer: Answer) -> Result<Step, Error> {
        match (self.at, answer) {
            (At::Begin, Answer::Begin) => {
                // Settings that are wrong end the flow: nothing is guessed, and what is wrong is named.
                self.settings = configured::effective_settings(&self.options.input)?;
                self.at = At::Host;
                let host = self.settings.host.clone();
                Ok(Step::text(HOST, "Proxy host", host))
            }
            (At::Host, Answer::Text(text)) => {
                let host = settings::parse_host("host", &text).map_err(Error::UnexpectedAnswer)?;
                let known = self
                    .settings
                    .remote_hosts
                    .iter()
                    .any(|h| h.eq_ignore_ascii_case(&host));
                if !settings::is_loopback_host(&host) && !known {
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
                self.at = At::Port;
                let port = self.settings.port.to_string();
                Ok(Step::text(PORT, "Proxy port", port))
            }
            (At::Port, Answer::Text(text)) => {
                self.settings.port =
                    settings::parse_port(PORT, &text).map_err(Error::UnexpectedAnswer)?;
                self.at = At::Look;
                self.seen.clear();
                self.asked.clear();
                Ok(self.ask(health::look()))
            }
            (At::Look, Answer::Observed(seen)) => {
                self.seen.extend(seen);
                let verdict = match health::judge_look(&self.settings, &self.seen) {
                    health::Step::Judged(verdict) => verdict,
                    // A host may leave a question without an answer; it is not asked again.
                    health::Step::Ask(probes)
                        if probes.iter().any(|probe| self.asked.contains(&probe.id)) =>
                    {
                        health::incomplete()
                    }
                    health::Step::Ask(probes) => return Ok(self.ask(probes)),
                };
                self.listing = listed(&verdict, &self.seen);
                self.login = verdict.login;
                if verdict.readiness == Readiness::Foreign && self.options.accept_defaults {
                    return Err(taken(&self.settings, &verdict));
                }
                self.found = Some(verdict);
                if self.login == Login::Claimed {
                    Ok(self.tell_what_was_found())
                } else {
                    self.at = At::Login;
                    Ok(Step::LoginStatus)
                }
            }
            (At::Login, Answer::Login(said)) => {
                if self.login == Login::Unknown {
                    self.login = judge_login(said.as_ref());
                }
                Ok(self.tell_what_was_found())
            }
            (At::Found, Answer::Shown) => Ok(self.ask_programs()),
            (At::Programs, Answer::Programs(found)) => Ok(self.ask_command(&found)),
            (At::Command, Answer::Yes(yes)) => {
                self.set_command = yes;
                Ok(self.ask_models())
            }
            (At::Models, Answer::Chosen(chosen)) if chosen.iter().any(|c| c == OTHER) => {
                Ok(self.ask_models_as_text())
            }
            (At::Models, Answer::Chosen(chosen)) => self.take_models(&chosen),
            (At::Models | At::ModelsText, Answer::Text(text)) => {
                let ids: Vec<String> = text
                    .split([',', '\n'])
                    .map(str::trim)
                    .filter(|id| !id.is_empty())
                    .map(str::to_owned)
                    .collect();
                self.take_models(&ids)
            }
            (At::Leaks, Answer::Shown) => {
                self.at = At::Close;
                let message = "Close these routes now? (no leaves them open)";
                Ok(Step::confirm(CLOSE, message))
            }
            (At::Close, Answer::Yes(yes)) => {
                self.close = yes;
                self.ask_grant()
            }
            (At::Grant, Answer::Yes(yes)) => {
                self.grant = yes;
                self.finish()
            }
            (at, _) => Err(Error::UnexpectedAnswer(Problem::new(
                "out-of-turn",
                "answer",
                "an answer of another kind than the step asked for",
                format!("the answer that fits the step ({at:?})"),
                "Answer the step that was returned last.",
            ))),
        }
    }

    fn ask(&mut self, probes: Vec<Probe>) -> Step {
        self.asked
            .extend(probes.iter().map(|probe| probe.id.clone()));
        Step::Probe(ProbeRequest {
            base_url: self.settings.base_url(),
            probes,
        })
    }

    /// Whoever can be asked is offered a proxy that is installed, where none runs and none is named.
    fn ask_programs(&mut self) -> Step {
        let free = self
            .found
            .as_ref()
            .is_some_and(|verdict| verdict.code == "refused");
        let wanted = programs::wanted(&self.settings);
        let asking = self.options.interactive && !self.options.accept_defaults;
        if !free || !asking || wanted.is_empty() {
            return self.ask_models();
        }
        self.at = At::Programs;
        Step::FindPrograms(wanted)
    }

    fn ask_command(&mut self, found: &[String]) -> Step {
        self.command = programs::command(&self.settings, found);
        let Some(command) = &self.command else {
            self.none_found = true;
            return self.ask_models();
        };
        self.at = At::Command;
        let question = programs::question(&self.settings, command);
        Step::confirm(COMMAND, &question)
    }
}

/// Nobody can be asked. Host, port and models have a flag of `claude-proxy setup`, yes or no has none.
fn missing(id: &str, initial: &Answer) -> Error {
    let (accepted, next) = match initial {
        Answer::Yes(yes) => {
            let proposed = if *yes { "yes" } else { "no" };
            (
                "the flag --yes, or an answer in a terminal".to_owned(),
                format!(
                    "Add --yes to take the proposed answers (here `{proposed}`), or run it in a terminal."
                ),
            )
        }
        _ => {
            let example = match initial {
                Answer::Text(text) => text.clone(),
                Answer::Chosen(values) => values.join(","),
                _ => String::new(),
            };
            (
                format!("the flag --{id}"),
                format!("Add --{id} {example}, or --yes to take the proposed answers."),
            )
        }
    };
    Error::UnexpectedAnswer(Problem::new(
        "answer-missing",
        id,
        "no answer, and nobody to ask",
        accepted,
        next,
    ))
}
