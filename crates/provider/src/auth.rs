//! The auth flow as a state machine: host, port and models as in OpenClaw's other providers, and between them a look at
//! what is really there. The host shows a step or does what it asks, and feeds the answer back; nothing is changed until
//! the host applies the result.

mod programs;

use crate::audit::Code;
use crate::catalog::{self, canonical};
use crate::configured;
use crate::health::{self, Login, Observation, Probe, Readiness};
use crate::listing::{self, ListedModel, Listing};
use crate::model_id;
use crate::proxy_kind::{self, advice};
use crate::report::{ApplyRequest, AuditInput, Finding, Report, Severity};
use crate::settings::{self, Settings};
use crate::{Error, ID, Problem, edit};
use serde::{Deserialize, Serialize};

/// What the host sees of the headless token, without its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TokenState {
    /// Not set.
    Absent,
    /// Set, and it looks like one.
    Present,
    /// Set, and it does not look like one.
    Malformed,
}

/// What the flow starts from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FlowOptions {
    /// The configuration as it is now, with the audit's questions answered.
    pub input: AuditInput,
    /// Whether somebody can be asked.
    pub interactive: bool,
    /// Take the initial answer of every question that is not supplied, without asking.
    pub accept_defaults: bool,
    /// Answers given beforehand, by step id.
    pub supplied: Vec<(String, String)>,
    /// Make the first model the default model.
    pub set_default: bool,
    /// No browser is at hand.
    pub headless: bool,
    /// The headless token's state in the host's environment.
    pub token: TokenState,
}

/// A choice of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// What is answered.
    pub value: String,
    /// What is shown.
    pub label: String,
    /// A word beside it.
    pub hint: String,
}

/// A question in free text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextPrompt {
    /// Names the answer.
    pub id: String,
    /// The question.
    pub message: String,
    /// Text to start from.
    pub initial: String,
}

/// A question with several answers; free text, separated by commas, is always accepted too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChoicePrompt {
    /// Names the answer.
    pub id: String,
    /// The question.
    pub message: String,
    /// What is offered.
    pub choices: Vec<Choice>,
    /// Values that are selected at first.
    pub initial: Vec<String>,
    /// Whether more than one may be chosen.
    pub multiple: bool,
}

/// A question of yes or no.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfirmPrompt {
    /// Names the answer.
    pub id: String,
    /// The question.
    pub message: String,
    /// The answer of somebody who just presses Enter.
    pub initial: bool,
}

/// Something to show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// Heading.
    pub title: String,
    /// Text, lines separated by line feeds.
    pub body: String,
}

/// Probes and the address they go to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProbeRequest {
    /// `http://host:port`.
    pub base_url: String,
    /// The questions, in order.
    pub probes: Vec<Probe>,
}

/// What the flow ends with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuthResult {
    /// What to write, for `config.apply`.
    pub request: ApplyRequest,
    /// Full reference of the first model.
    pub default_model: String,
    /// The same change as a JSON merge patch for hosts that merge.
    pub patch: String,
    /// Lines to show at the end.
    pub notes: Vec<String>,
}

/// What to do next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind", content = "value")]
pub enum Step {
    /// Ask for text.
    Text(TextPrompt),
    /// Ask for a choice.
    Choose(ChoicePrompt),
    /// Ask yes or no.
    Confirm(ConfirmPrompt),
    /// Show, then answer `Shown`.
    Note(Note),
    /// Ask the address these questions; the proxy need not be there.
    Probe(ProbeRequest),
    /// Find out whether the Claude CLI claims a login.
    LoginStatus,
    /// Find these programs, in `PATH` and where installers put them.
    FindPrograms(Vec<String>),
    /// The end.
    Done(AuthResult),
}

/// The answer to a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind", content = "value")]
pub enum Answer {
    /// The first call.
    Begin,
    /// Text, or a choice.
    Text(String),
    /// Several choices.
    Chosen(Vec<String>),
    /// Yes or no.
    Yes(bool),
    /// The note was shown.
    Shown,
    /// What the probes gave.
    Observed(Vec<Observation>),
    /// What the CLI claims.
    Login(Login),
    /// Full paths of the programs that are there.
    Programs(Vec<String>),
}

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
        let step = self.advance(answer)?;
        self.answer_for_user(step)
    }

    /// Answers questions by itself where the answer was supplied, or where nobody is there to ask.
    fn answer_for_user(&mut self, mut step: Step) -> Result<Step, Error> {
        loop {
            let (id, initial) = match &step {
                Step::Text(prompt) => (prompt.id.clone(), Answer::Text(prompt.initial.clone())),
                Step::Choose(prompt) => (prompt.id.clone(), Answer::Chosen(prompt.initial.clone())),
                Step::Confirm(prompt) => (prompt.id.clone(), Answer::Yes(prompt.initial)),
                Step::Note(_)
                | Step::Probe(_)
                | Step::LoginStatus
                | Step::FindPrograms(_)
                | Step::Done(_) => {
                    return Ok(step);
                }
            };
            let supplied = self
                .options
                .supplied
                .iter()
                .find(|(name, _)| *name == id)
                .map(|(_, value)| value.clone());
            let answer = match supplied {
                Some(text) if matches!(step, Step::Confirm(_)) => {
                    Answer::Yes(yes_or_no(&id, &text)?)
                }
                Some(text) => Answer::Text(text),
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
                self.settings = self.previous()?;
                self.at = At::Host;
                Ok(Step::Text(TextPrompt {
                    id: HOST.to_owned(),
                    message: "Proxy host".to_owned(),
                    initial: self.settings.host.clone(),
                }))
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
                Ok(Step::Text(TextPrompt {
                    id: PORT.to_owned(),
                    message: "Proxy port".to_owned(),
                    initial: self.settings.port.to_string(),
                }))
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
                    health::Step::Ask(probes) if self.is_new(&probes) => {
                        return Ok(self.ask(probes));
                    }
                    health::Step::Ask(_) => health::incomplete(),
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
            (At::Login, Answer::Login(login)) => {
                if self.login == Login::Unknown {
                    self.login = login;
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
                Ok(Step::Confirm(ConfirmPrompt {
                    id: CLOSE.to_owned(),
                    message: "Close these routes now? (no leaves them open)".to_owned(),
                    initial: true,
                }))
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

    /// Whether none of these was asked before: a host may leave a question without an answer.
    fn is_new(&self, probes: &[Probe]) -> bool {
        !probes.iter().any(|probe| self.asked.contains(&probe.id))
    }

    fn ask(&mut self, probes: Vec<Probe>) -> Step {
        self.asked
            .extend(probes.iter().map(|probe| probe.id.clone()));
        Step::Probe(ProbeRequest {
            base_url: self.settings.base_url(),
            probes,
        })
    }

    /// The previous values to start from. Settings that are wrong end the flow: nothing is
    /// guessed, and what is wrong is named.
    fn previous(&self) -> Result<Settings, Error> {
        configured::of(&self.options.input)
    }

    fn tell_what_was_found(&mut self) -> Step {
        self.at = At::Found;
        let mut lines = Vec::new();
        let address = self.settings.base_url();
        match &self.found {
            Some(verdict) if verdict.readiness == Readiness::Ready => {
                let kind = verdict.name.as_deref().and_then(proxy_kind::named);
                let name = kind.map_or("a program that is not known here", |kind| kind.title);
                let version = verdict
                    .version
                    .as_deref()
                    .map(|v| format!(" {v}"))
                    .unwrap_or_default();
                lines.push(format!("Proxy: {name}{version} answers on {address}."));
                if let Some(kind) = kind {
                    lines.extend(advice::warnings(kind, verdict.own_tools));
                }
            }
            Some(verdict) if verdict.code == "refused" => {
                lines.push(if self.settings.auto_start && self.settings.is_local() {
                    format!(
                        "Proxy: nothing listens on {address} yet. The Gateway will start it with `{}`.",
                        self.settings.command.join(" ")
                    )
                } else if self.settings.is_local() {
                    format!("Proxy: nothing listens on {address} yet. Start it before the first message.")
                } else {
                    format!(
                        "Proxy: nothing listens on {address} yet. Start it on {} before the first message.",
                        self.settings.host
                    )
                });
            }
            Some(verdict) => {
                lines.push(format!("Proxy: {}", verdict.detail));
                lines.extend(verdict.next.iter().map(|next| format!("  Next: {next}")));
            }
            None => {}
        }
        let login_next = if self.options.headless {
            "run `claude setup-token` on a machine with a browser and set CLAUDE_CODE_OAUTH_TOKEN where the Gateway runs"
        } else {
            "run `claude auth login` (without a browser: `claude setup-token` and CLAUDE_CODE_OAUTH_TOKEN)"
        };
        lines.push(match self.login {
            Login::Claimed => "Claude login: claimed (only a real answer proves it).".to_owned(),
            Login::None => format!("Claude login: none; {login_next}."),
            Login::Unknown => {
                format!("Claude login: unknown; if it is missing, {login_next}.")
            }
        });
        match self.options.token {
            TokenState::Absent => {}
            TokenState::Present => lines.push(
                "CLAUDE_CODE_OAUTH_TOKEN is set; it is passed to the proxy only and stored nowhere.".to_owned(),
            ),
            TokenState::Malformed => lines.push(
                "CLAUDE_CODE_OAUTH_TOKEN is set but does not look like a token of `claude setup-token`.".to_owned(),
            ),
        }
        let answers = self
            .found
            .as_ref()
            .is_some_and(|verdict| verdict.readiness == Readiness::Ready);
        match &self.listing {
            Listing::Models(models) => {
                let named: Vec<_> = models.iter().take(MOST_OFFERED).map(|m| &*m.id).collect();
                let more = match models.len() - named.len() {
                    0 => String::new(),
                    more => format!(" and {more} more"),
                };
                lines.push(format!("The proxy lists: {}{more}.", named.join(", ")));
            }
            Listing::None(why) if answers => lines.push(format!("Models: {why}.")),
            Listing::None(_) => {}
        }
        Step::Note(Note {
            title: "What was found".to_owned(),
            body: lines.join("\n"),
        })
    }

    /// The models to start from: those of the configuration, or, where it names none of its own and the proxy lists some,
    /// the default and what the proxy lists.
    fn proposed(&self) -> Vec<String> {
        let present = &self.settings.models;
        let listed = self.listing.models();
        if listed.is_empty() || *present != Settings::default().models {
            return present.clone();
        }
        let default = present.iter().take(1);
        let default = default.filter(|id| model_id::wire(id, listed).listed);
        let mut ids: Vec<String> = default.cloned().collect();
        for model in listed.iter().take(MOST_OFFERED) {
            if !ids.iter().any(|id| canonical(id) == canonical(&model.id)) {
                ids.push(model.id.clone());
            }
        }
        ids
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
        Step::Confirm(ConfirmPrompt {
            id: COMMAND.to_owned(),
            message: programs::question(&self.settings, command),
            initial: true,
        })
    }

    fn ask_models(&mut self) -> Step {
        let listed = self.listing.models();
        if listed.is_empty() {
            return self.ask_models_as_text();
        }
        let proposed = self.proposed();
        let mut ids = proposed.clone();
        for id in self
            .settings
            .models
            .iter()
            .chain(listed.iter().map(|model| &model.id).take(MOST_OFFERED))
        {
            if !ids.iter().any(|known| canonical(known) == canonical(id)) {
                ids.push(id.clone());
            }
        }
        let mut choices: Vec<Choice> = ids
            .iter()
            .map(|id| {
                let row = catalog::row_as_listed(id, listed);
                let wire = model_id::wire(id, listed);
                Choice {
                    hint: match (&row.successor, wire.listed) {
                        (Some(next), _) => format!("retired; use {next}"),
                        (None, true) if wire.id == *id => "listed by the proxy".to_owned(),
                        (None, true) => format!("sent as {}, which the proxy lists", wire.id),
                        (None, false) => "not listed by the proxy".to_owned(),
                    },
                    label: row.name,
                    value: row.id,
                }
            })
            .collect();
        choices.push(Choice {
            value: OTHER.to_owned(),
            label: "Type the ids myself".to_owned(),
            hint: String::new(),
        });
        self.at = At::Models;
        Step::Choose(ChoicePrompt {
            id: MODELS.to_owned(),
            message: "Models (the first one is the default)".to_owned(),
            choices,
            initial: proposed,
            multiple: true,
        })
    }

    fn ask_models_as_text(&mut self) -> Step {
        self.at = At::ModelsText;
        Step::Text(TextPrompt {
            id: MODELS.to_owned(),
            message: "Model IDs (commas between; the first is the default)".to_owned(),
            initial: self.settings.models.join(", "),
        })
    }

    fn take_models(&mut self, ids: &[String]) -> Result<Step, Error> {
        self.settings.models = settings::parse_models(MODELS, ids).map_err(|problems| {
            match problems.into_iter().next() {
                Some(problem) => Error::UnexpectedAnswer(problem),
                None => Error::InvalidSettings(Vec::new()),
            }
        })?;
        let applied = edit::apply(&self.options.input, &self.request(false))?;
        let open = open_routes(&applied.report);
        if open.is_empty() {
            return self.ask_grant();
        }
        self.at = At::Leaks;
        Ok(Step::Note(Note {
            title: format!("{} of your routes lead past the proxy", open.len()),
            body: open.join("\n"),
        }))
    }

    fn ask_grant(&mut self) -> Result<Step, Error> {
        if is_granted(&self.options.input.document) {
            self.grant = true;
            return self.finish();
        }
        self.at = At::Grant;
        Ok(Step::Confirm(ConfirmPrompt {
            id: GRANT.to_owned(),
            message: "Let the plugin stop runs that would go to another provider? (OpenClaw calls this permission \
                      hooks.allowConversationAccess; without it only the configuration protects you)"
                .to_owned(),
            initial: true,
        }))
    }

    fn request(&self, fix: bool) -> ApplyRequest {
        ApplyRequest {
            host: Some(self.settings.host.clone()),
            port: Some(self.settings.port),
            models: Some(self.settings.models.clone()),
            command: self.command.clone().filter(|_| self.set_command),
            listed: self.listing.models().to_vec(),
            set_default: self.options.set_default,
            grant_hooks: self.grant,
            fix,
            harden: false,
            unharden: false,
        }
    }

    fn finish(&mut self) -> Result<Step, Error> {
        self.at = At::Done;
        let request = self.request(self.close);
        let applied = edit::apply(&self.options.input, &request)?;
        let patch = edit::merge_patch(&self.options.input, &request)?;
        let default_model = format!(
            "{ID}/{}",
            self.settings.models.first().map_or("", String::as_str)
        );
        let mut notes = Vec::new();
        let open = open_routes(&applied.report);
        if let Some(why) = unverified(&applied.report) {
            notes.push(format!("NOT known to be closed: {why}"));
        } else if open.is_empty() {
            notes.push(format!(
                "Fail-closed: every configured route leads to {}.",
                self.settings.called()
            ));
        }
        if !open.is_empty() {
            notes.push(format!(
                "NOT closed: {} route(s) still lead past the proxy. See `openclaw claude-proxy audit`.",
                open.len()
            ));
        }
        if !self.grant {
            notes.push(
                "The run-time guard is off: runs on other providers are not stopped. Run the login again to allow it."
                    .to_owned(),
            );
        }
        let listed = self.listing.models();
        for id in &self.settings.models {
            let row = catalog::row_as_listed(id, listed);
            let wire = model_id::wire(id, listed);
            if !listed.is_empty() && !wire.listed {
                notes.push(format!(
                    "{id} is not listed by the proxy; requests for it may be refused."
                ));
            } else if let Some(next) = &row.successor {
                notes.push(format!("{} is retired; use {next}.", row.id));
            } else if !row.known {
                notes.push(format!("{}; it is registered with these limits.", row.name));
            }
        }
        if self.none_found {
            notes.push(programs::nothing(&self.settings));
        }
        notes.push(
            "If the Gateway is running it follows by itself; otherwise: `openclaw gateway run`."
                .to_owned(),
        );
        Ok(Step::Done(AuthResult {
            request,
            default_model,
            patch,
            notes,
        }))
    }
}

/// The models that the proxy lists. Of one that may forward to other vendors only those that are Claude by their names.
fn listed(verdict: &health::Verdict, seen: &[Observation]) -> Listing {
    let Some(kind) = verdict.name.as_deref().and_then(proxy_kind::named) else {
        return listing::read(seen);
    };
    if kind.probes.models.is_none() {
        return Listing::None(format!(
            "{} lists none; its own configuration decides which one answers",
            kind.title
        ));
    }
    match listing::read(seen) {
        Listing::Models(models) if kind.forwards => {
            let is_claude = |model: &ListedModel| model.id.to_ascii_lowercase().contains("claude");
            let models: Vec<_> = models.into_iter().filter(is_claude).collect();
            if models.is_empty() {
                Listing::None(format!(
                    "{} lists none with `claude` in its name",
                    kind.title
                ))
            } else {
                Listing::Models(models)
            }
        }
        other => other,
    }
}

/// Nobody is there to be asked whether a port that another program holds is the right one.
fn taken(settings: &Settings, verdict: &health::Verdict) -> Error {
    Error::Refused(Problem::new(
        "port-taken",
        PORT,
        format!(
            "{} ({})",
            settings.port,
            verdict.detail.trim_end_matches('.')
        ),
        "a free port, or one on which your proxy listens",
        verdict
            .next
            .clone()
            .unwrap_or_else(|| format!("Choose another one with --{PORT}.")),
    ))
}

/// Why the verdict is not known to hold for the host that reads the file; no edit changes that.
fn unverified(report: &Report) -> Option<&str> {
    let of_host = |f: &&Finding| f.code == Code::UnverifiedHost.text();
    let finding = report.findings.iter().find(of_host)?;
    (finding.severity == Severity::Undecided).then_some(finding.message.as_str())
}

/// What in the file is not closed, a line each.
fn open_routes(report: &Report) -> Vec<String> {
    report
        .findings
        .iter()
        .filter(|f| matches!(f.severity, Severity::Leak | Severity::Undecided))
        .filter(|f| f.code != Code::UnverifiedHost.text())
        .map(|f| {
            if f.leads_to.is_empty() {
                format!("{}: {}", f.path, f.message)
            } else {
                format!("{} -> {}", f.path, f.leads_to)
            }
        })
        .collect()
}

fn is_granted(document: &str) -> bool {
    crate::document::parse(document).is_ok_and(|document| {
        document
            .root
            .at(&["plugins", "entries", ID, "hooks", "allowConversationAccess"])
            .and_then(crate::document::Value::as_bool)
            == Some(true)
    })
}

fn yes_or_no(id: &str, text: &str) -> Result<bool, Error> {
    match text.trim().to_ascii_lowercase().as_str() {
        "yes" | "y" | "true" => Ok(true),
        "no" | "n" | "false" => Ok(false),
        _ => Err(Error::UnexpectedAnswer(Problem::new(
            "not-yes-or-no",
            id,
            "another word",
            "`yes` or `no`",
            "Answer `yes` or `no`.",
        ))),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::health::{Outcome, Response};

    fn options(document: &str) -> FlowOptions {
        FlowOptions {
            input: AuditInput {
                document: document.to_owned(),
                ..AuditInput::default()
            },
            interactive: true,
            accept_defaults: false,
            supplied: Vec::new(),
            set_default: true,
            headless: false,
            token: TokenState::Absent,
        }
    }

    /// Runs the flow with one kind of world, pressing Enter at every question; gives the ids asked and the result.
    fn press_enter(options: FlowOptions, seen: &[Observation]) -> (Vec<String>, AuthResult) {
        let mut flow = Flow::new(options);
        let mut asked = Vec::new();
        let mut answer = Answer::Begin;
        for _ in 0..30 {
            match flow.next(answer).unwrap() {
                Step::Text(p) => {
                    asked.push(p.id);
                    answer = Answer::Text(p.initial);
                }
                Step::Choose(p) => {
                    asked.push(p.id);
                    answer = Answer::Chosen(p.initial);
                }
                Step::Confirm(p) => {
                    asked.push(p.id);
                    answer = Answer::Yes(p.initial);
                }
                Step::Note(_) => answer = Answer::Shown,
                Step::Probe(_) => answer = Answer::Observed(seen.to_vec()),
                Step::FindPrograms(_) => answer = Answer::Programs(Vec::new()),
                Step::LoginStatus => answer = Answer::Login(Login::None),
                Step::Done(result) => return (asked, result),
            }
        }
        panic!("the flow does not end");
    }

    #[test]
    fn enter_at_every_question_gives_the_defaults() {
        let (asked, result) = press_enter(options(""), &[]);
        assert_eq!(asked, ["host", "port", "models", "grant"]);
        assert_eq!(
            result.default_model,
            "anthropic-claude-proxy/claude-opus-4.6"
        );
        assert_eq!(result.request.port, Some(3456));
        assert!(result.request.grant_hooks && result.request.set_default);
        assert!(
            result.notes.iter().any(|n| n.contains("Fail-closed")),
            "{:?}",
            result.notes
        );
    }

    #[test]
    fn the_previous_values_are_offered_again() {
        let first = press_enter(
            FlowOptions {
                supplied: vec![
                    ("port".to_owned(), "9999".to_owned()),
                    ("models".to_owned(), "claude-haiku-4".to_owned()),
                ],
                ..options("")
            },
            &[],
        )
        .1;
        let text = edit::apply(&AuditInput::default(), &first.request)
            .unwrap()
            .text;
        let (asked, again) = press_enter(options(&text), &[]);
        assert_eq!(
            asked,
            ["host", "port", "models"],
            "the permission is not asked for twice"
        );
        assert_eq!(
            (again.request.port, again.request.models),
            (Some(9999), Some(vec!["claude-haiku-4".to_owned()]))
        );
    }

    /// The flow up to the question about the program, with what was found.
    fn offered(options: FlowOptions, found: &[&str]) -> (Flow, Step) {
        let refused = Observation {
            id: "root".to_owned(),
            outcome: Outcome::Refused,
            elapsed_ms: 1,
        };
        let mut flow = Flow::new(options);
        let mut step = flow.next(Answer::Begin).unwrap();
        loop {
            let answer = match &step {
                Step::Text(prompt) if prompt.id != MODELS => Answer::Text(prompt.initial.clone()),
                Step::Probe(_) => Answer::Observed(vec![refused.clone()]),
                Step::LoginStatus => Answer::Login(Login::Claimed),
                Step::Note(_) => Answer::Shown,
                Step::FindPrograms(names) => {
                    assert!(!names.is_empty());
                    Answer::Programs(found.iter().map(|path| (*path).to_owned()).collect())
                }
                _ => return (flow, step),
            };
            step = flow.next(answer).unwrap();
        }
    }

    #[test]
    fn a_proxy_that_is_installed_is_offered_and_pinned_by_its_path() {
        for (answer, expected) in [
            (true, Some(vec!["/opt/bin/meridian".to_owned()])),
            (false, None),
        ] {
            let (mut flow, step) = offered(options("{}"), &["/opt/bin/meridian"]);
            let Step::Confirm(prompt) = step else {
                panic!("{step:?}")
            };
            assert!(prompt.id == COMMAND && prompt.initial, "{prompt:?}");
            assert!(prompt.message.contains("`/opt/bin/meridian`"), "{prompt:?}");
            let mut step = flow.next(Answer::Yes(answer)).unwrap();
            let result = loop {
                step = match step {
                    Step::Done(result) => break result,
                    Step::Text(prompt) => flow.next(Answer::Text(prompt.initial)).unwrap(),
                    Step::Confirm(prompt) => flow.next(Answer::Yes(prompt.initial)).unwrap(),
                    Step::Note(_) => flow.next(Answer::Shown).unwrap(),
                    other => panic!("{other:?}"),
                };
            };
            assert_eq!(result.request.command, expected);
            let applied = edit::apply(&options("{}").input, &result.request).unwrap();
            let settings = configured::of(&AuditInput {
                document: applied.text,
                ..AuditInput::default()
            });
            let command = expected.unwrap_or_else(|| Settings::default().command);
            assert_eq!(settings.unwrap().command, command);
        }
    }

    #[test]
    fn nothing_is_offered_where_nothing_is_found_or_a_command_is_set() {
        let (_, step) = offered(options("{}"), &[]);
        assert!(matches!(step, Step::Text(_)), "{step:?}");
        let set = format!(
            "{{ plugins: {{ entries: {{ '{ID}': {{ config: {{ command: ['mine'] }} }} }} }} }}"
        );
        let (_, step) = offered(options(&set), &["/opt/bin/meridian"]);
        assert!(matches!(step, Step::Text(_)), "{step:?}");
        let spared = FlowOptions {
            accept_defaults: true,
            ..options("{}")
        };
        let (_, step) = offered(spared, &["/opt/bin/meridian"]);
        let Step::Done(result) = step else {
            panic!("{step:?}")
        };
        assert_eq!(result.request.command, None);
    }

    #[test]
    fn a_runner_that_is_found_is_offered_with_a_package_and_version_that_are_known_to_exist() {
        let openai = format!(
            "{{ plugins: {{ entries: {{ '{ID}': {{ config: {{ api: 'openai-completions' }} }} }} }} }}"
        );
        for (found, command) in [
            (
                &["/usr/bin/npx"][..],
                &["/usr/bin/npx", "-y", "claude-max-api-proxy@1.0.0", "{port}"][..],
            ),
            (
                &["/usr/bin/npx", "/b/bunx"],
                &["/b/bunx", "claude-max-api-proxy@1.0.0", "{port}"],
            ),
            (
                &["/b/bunx", "/opt/claude-max-api"],
                &["/opt/claude-max-api", "{port}"],
            ),
        ] {
            let (mut flow, step) = offered(options(&openai), found);
            assert!(
                matches!(&step, Step::Confirm(prompt) if prompt.id == COMMAND),
                "{step:?}"
            );
            flow.next(Answer::Yes(true)).unwrap();
            let wanted: Vec<String> = command.iter().map(|&word| word.to_owned()).collect();
            assert_eq!(flow.request(false).command, Some(wanted.clone()));
            assert_eq!(crate::pin::doubt(&wanted), None);
        }
        // No registry that was asked has the usual one.
        let (flow, step) = offered(options("{}"), &["/usr/bin/npx", "/b/bunx"]);
        assert!(matches!(step, Step::Text(_)), "{step:?}");
        let (_, result) = press_on(flow, step);
        let note = result
            .notes
            .iter()
            .find(|note| note.contains("not installed"));
        assert!(
            note.is_some_and(|note| note.contains("docs/proxies.md")),
            "{:?}",
            result.notes
        );
    }

    /// Enter at every question from this step on.
    fn press_on(mut flow: Flow, mut step: Step) -> (Vec<String>, AuthResult) {
        let mut asked = Vec::new();
        loop {
            let answer = match step {
                Step::Text(p) => {
                    asked.push(p.id);
                    Answer::Text(p.initial)
                }
                Step::Choose(p) => {
                    asked.push(p.id);
                    Answer::Chosen(p.initial)
                }
                Step::Confirm(p) => {
                    asked.push(p.id);
                    Answer::Yes(p.initial)
                }
                Step::Note(_) => Answer::Shown,
                Step::Done(result) => return (asked, result),
                other => panic!("{other:?}"),
            };
            step = flow.next(answer).unwrap();
        }
    }

    #[test]
    fn whatever_a_proxy_lists_is_one_line_and_loses_nothing() {
        let rows: Vec<String> = (0..10_000)
            .map(|n| format!(r#"{{"id":"m-{n}"}}"#))
            .collect();
        let many = format!(r#"{{"data":[{}]}}"#, rows.join(","));
        let own = format!(
            "{{ plugins: {{ entries: {{ '{ID}': {{ config: {{ models: ['mine'] }} }} }} }} }}"
        );
        for (body, says, registered) in [
            (r#"{"data":[]}"#, "Models: the proxy lists no model.", 5),
            (
                "<html>",
                "Models: the proxy's list of models cannot be read",
                5,
            ),
            (
                r#"{"data":[7,{"id":"a b"}]}"#,
                "Models: the proxy lists no model.",
                5,
            ),
            (&many, "The proxy lists: m-0", MOST_OFFERED),
        ] {
            for (document, registered) in [("", registered), (&own, 1)] {
                let mut flow = Flow::new(options(document));
                let mut seen = running();
                seen.extend([said(health::LIVE_MODELS, body)]);
                let mut step = flow.next(Answer::Begin).unwrap();
                let note = loop {
                    step = match step {
                        Step::Text(prompt) => flow.next(Answer::Text(prompt.initial)).unwrap(),
                        Step::Probe(_) => flow.next(Answer::Observed(seen.clone())).unwrap(),
                        Step::Note(note) => break note.body,
                        other => panic!("{other:?}"),
                    };
                };
                let lines: Vec<&str> = note.lines().filter(|line| line.contains("ist")).collect();
                assert!(lines.len() == 1 && lines[0].starts_with(says), "{note}");
                assert!(note.len() < 2_000, "{}", note.len());
                let step = flow.next(Answer::Shown).unwrap();
                if let Step::Choose(prompt) = &step {
                    assert!(
                        prompt.choices.len() <= MOST_OFFERED + 7,
                        "{}",
                        prompt.choices.len()
                    );
                }
                let (_, result) = press_on(flow, step);
                assert_eq!(
                    result.request.models.unwrap().len(),
                    registered,
                    "{body:.40}"
                );
            }
        }
        // Nothing is said of a model that was not looked at.
        assert_eq!(
            model_id::wire("m-9999", listing_of(&many).models()).listed,
            true
        );
    }

    fn listing_of(body: &str) -> Listing {
        listing::read(&[said(health::LIVE_MODELS, body)])
    }

    fn said(id: &str, body: &str) -> Observation {
        Observation {
            id: id.to_owned(),
            outcome: Outcome::Response(Response {
                status: if id == "without-key" { 401 } else { 200 },
                headers: Vec::new(),
                body: body.to_owned(),
            }),
            elapsed_ms: 1,
        }
    }

    /// What a proxy that runs answers, but for its models.
    fn running() -> Vec<Observation> {
        vec![
            said("without-key", ""),
            said("with-key", ""),
            said("root", r#"{"service":"meridian"}"#),
            said(
                "health",
                r#"{"status":"healthy","version":"1.43.0","auth":{"loggedIn":true}}"#,
            ),
        ]
    }

    #[test]
    fn a_wrong_answer_is_refused_and_may_be_given_again() {
        let mut flow = Flow::new(options(""));
        flow.next(Answer::Begin).unwrap();
        for wrong in ["", "0.0.0.0", "example.com", "http://127.0.0.1"] {
            assert!(
                matches!(
                    flow.next(Answer::Text(wrong.to_owned())),
                    Err(Error::UnexpectedAnswer(_))
                ),
                "{wrong}"
            );
        }
        flow.next(Answer::Text("localhost".to_owned())).unwrap();
        assert!(flow.next(Answer::Text("70000".to_owned())).is_err());
        assert!(flow.next(Answer::Yes(true)).is_err(), "out of turn");
        assert!(matches!(
            flow.next(Answer::Text("3457".to_owned())).unwrap(),
            Step::Probe(_)
        ));
    }

    #[test]
    fn without_a_person_a_missing_answer_names_its_flag() {
        let mut flow = Flow::new(FlowOptions {
            interactive: false,
            ..options("")
        });
        let error = flow.next(Answer::Begin).unwrap_err();
        assert_eq!(error.problems()[0].code, "answer-missing");
        assert!(error.problems()[0].next.contains("--host 127.0.0.1"));
        let mut flow = Flow::new(FlowOptions {
            interactive: false,
            accept_defaults: true,
            ..options("")
        });
        assert!(matches!(flow.next(Answer::Begin).unwrap(), Step::Probe(_)));
    }

    #[test]
    fn every_flag_that_an_error_names_is_one_of_setup() {
        const FLAGS: &[&str] = &["--host", "--port", "--models", "--yes"];
        let open = r#"{"agents":{"defaults":{"imageModel":"openai/gpt-6-astra"}}}"#;
        let all = ["host", "port", "models", "close"];
        let value = |id: &str| match id {
            "host" => "127.0.0.1",
            "port" => "3456",
            "models" => "claude-opus-4.6",
            _ => "yes",
        };
        for (known, wanted) in [
            (&all[..0], "host"),
            (&all[..1], "port"),
            (&all[..2], "models"),
            (&all[..3], "close"),
            (&all[..4], "grant"),
        ] {
            let mut flow = Flow::new(FlowOptions {
                interactive: false,
                supplied: known
                    .iter()
                    .map(|id| ((*id).to_owned(), value(id).to_owned()))
                    .collect(),
                ..options(open)
            });
            let mut answer = Answer::Begin;
            let error = loop {
                answer = match flow.next(answer) {
                    Err(error) => break error,
                    Ok(Step::Probe(_)) => Answer::Observed(Vec::new()),
                    Ok(Step::LoginStatus) => Answer::Login(Login::None),
                    Ok(Step::Note(_)) => Answer::Shown,
                    Ok(step) => panic!("{step:?}"),
                };
            };
            let problem = &error.problems()[0];
            assert_eq!(problem.path, wanted);
            let text = format!("{} {}", problem.accepted, problem.next);
            let mut named = text
                .split_whitespace()
                .filter(|word| word.starts_with("--"))
                .map(|word| word.trim_end_matches([',', '.']))
                .peekable();
            assert!(named.peek().is_some(), "{text}");
            assert!(named.all(|flag| FLAGS.contains(&flag)), "{text}");
        }
        let text = yes_or_no("grant", "maybe").unwrap_err().to_string();
        assert!(!text.contains("--"), "{text}");
    }

    #[test]
    fn a_running_proxy_offers_its_models() {
        let answer = |id: &str, body: &str| Observation {
            id: id.to_owned(),
            outcome: Outcome::Response(Response {
                status: 200,
                headers: Vec::new(),
                body: body.to_owned(),
            }),
            elapsed_ms: 1,
        };
        let mut refused = answer("without-key", "");
        if let Outcome::Response(response) = &mut refused.outcome {
            response.status = 401;
        }
        let seen = [
            refused,
            answer("with-key", ""),
            answer("root", r#"{"service":"meridian"}"#),
            answer(
                "health",
                r#"{"status":"healthy","version":"1.43.0","auth":{"loggedIn":true}}"#,
            ),
            answer(
                health::LIVE_MODELS,
                r#"{"data":[{"id":"claude-opus-4-6"},{"id":"claude-new-7"},{"id":"bad id"}]}"#,
            ),
        ];
        let mut flow = Flow::new(options(""));
        flow.next(Answer::Begin).unwrap();
        flow.next(Answer::Text("127.0.0.1".to_owned())).unwrap();
        flow.next(Answer::Text("3456".to_owned())).unwrap();
        let Step::Note(note) = flow.next(Answer::Observed(seen.to_vec())).unwrap() else {
            panic!()
        };
        assert!(
            note.body.contains("Meridian 1.43.0") && note.body.contains("claimed"),
            "{}",
            note.body
        );
        let Step::Choose(prompt) = flow.next(Answer::Shown).unwrap() else {
            panic!()
        };
        let values: Vec<&str> = prompt.choices.iter().map(|c| c.value.as_str()).collect();
        assert!(values.contains(&"claude-new-7") && !values.contains(&"bad id"));
        assert_eq!(
            prompt.initial,
            ["claude-opus-4.6", "claude-new-7"],
            "the default first"
        );
        assert_eq!(
            prompt.choices[0].hint,
            "sent as claude-opus-4-6, which the proxy lists"
        );
        assert_eq!(prompt.choices[1].hint, "listed by the proxy");
        assert_eq!(
            values
                .iter()
                .filter(|v| canonical(v) == "claude-opus-4-6")
                .count(),
            1
        );
        let Step::Text(_) = flow.next(Answer::Chosen(vec![OTHER.to_owned()])).unwrap() else {
            panic!()
        };
    }

    #[test]
    fn a_host_that_is_not_known_is_told_and_nobody_is_asked_to_close_it() {
        let mut options = options("");
        options.input.host = Some(crate::report::Host {
            version: "2026.8.1".to_owned(),
            schema_known: false,
        });
        let (asked, result) = press_enter(options, &[]);
        assert_eq!(asked, ["host", "port", "models", "grant"]);
        let note = &result.notes[0];
        assert!(
            note.starts_with("NOT known to be closed") && note.contains("2026.8.1"),
            "{note}"
        );
        assert!(!result.notes.iter().any(|note| note.contains("Fail-closed")));
    }

    #[test]
    fn an_open_route_is_shown_and_closed_unless_refused() {
        let text = r#"{"agents":{"defaults":{"imageModel":"openai/gpt-6-astra"}}}"#;
        let (asked, result) = press_enter(options(text), &[]);
        assert_eq!(asked, ["host", "port", "models", "close", "grant"]);
        assert!(result.request.fix);
        let refused = FlowOptions {
            supplied: vec![("close".to_owned(), "no".to_owned())],
            ..options(text)
        };
        let (_, result) = press_enter(refused, &[]);
        assert!(
            !result.request.fix && result.notes[0].starts_with("NOT closed"),
            "{:?}",
            result.notes
        );
    }
}
