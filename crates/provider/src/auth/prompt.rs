//! The messages between the login and its host.

use serde::{Deserialize, Serialize};

use crate::audit::AuditInput;
use crate::edit::ApplyRequest;
use crate::health::{Observation, Probe};

/// The state of the headless token, without its value.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TokenState {
    /// Not set.
    #[default]
    Absent,
    /// Set, and it looks like a token.
    Present,
    /// Set, and it does not look like a token.
    Malformed,
}

/// A program to run, for what it prints: in the environment that the proxy would get, without input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProgramQuestion {
    /// Identifies the answer.
    pub id: String,
    /// Its name, to be looked up in `PATH`, and its arguments.
    pub command: Vec<String>,
    /// Give up after this many milliseconds.
    pub timeout_ms: u32,
}

/// What a program printed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ProgramOutput {
    /// Its exit code; `None` where it did not end by itself.
    pub code: Option<i32>,
    /// Its standard output.
    pub output: String,
    /// Its standard error.
    pub errors: String,
}

/// Answers given beforehand, as they were typed. Each is checked like the answer to its question.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SuppliedAnswers {
    /// The address on which the proxy listens.
    pub address: Option<String>,
    /// Proxy port.
    pub port: Option<String>,
    /// Models, separated by commas.
    pub models: Option<String>,
    /// Whether to close open routes.
    pub close: Option<bool>,
    /// Whether to give the guard its permission.
    pub grant: Option<bool>,
}

/// What a login starts with.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FlowOptions {
    /// The configuration as it is now, with the audit's questions answered.
    pub input: AuditInput,
    /// Whether there is a person to ask.
    pub interactive: bool,
    /// Take the proposed answer to every question whose answer is not supplied, without asking.
    pub accept_defaults: bool,
    /// Answers given beforehand.
    pub supplied: SuppliedAnswers,
    /// Make the first model the default model.
    pub set_default: bool,
    /// There is no browser on this machine.
    pub headless: bool,
    /// The headless token's state in the host's environment.
    pub token: TokenState,
}

/// One option of a [`ChoicePrompt`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// The answer if it is chosen.
    pub value: String,
    /// The text that is shown.
    pub label: String,
    /// A remark beside the text.
    pub hint: String,
}

/// A question with free text as its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextPrompt {
    /// Names the answer.
    pub id: String,
    /// The question.
    pub message: String,
    /// The proposed answer.
    pub initial: String,
}

/// A question with options. Free text, separated by commas, is always accepted too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChoicePrompt {
    /// Names the answer.
    pub id: String,
    /// The question.
    pub message: String,
    /// The options.
    pub choices: Vec<Choice>,
    /// The values of the options that are selected at first.
    pub initial: Vec<String>,
    /// Whether more than one option may be chosen.
    pub multiple: bool,
}

/// A yes-or-no question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfirmPrompt {
    /// Names the answer.
    pub id: String,
    /// The question.
    pub message: String,
    /// The proposed answer, for somebody who just presses Enter.
    pub initial: bool,
}

/// A text to show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// Heading.
    pub title: String,
    /// Text, a line an item.
    pub lines: Vec<String>,
}

/// Probes, and the address that they are sent to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProbeRequest {
    /// `http://host:port`.
    pub base_url: String,
    /// The probes, in order.
    pub probes: Vec<Probe>,
}

/// The result of a login.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuthResult {
    /// The edit request, for `config.apply`.
    pub request: ApplyRequest,
    /// Full reference of the first model.
    pub default_model: String,
    /// The same change as a JSON merge patch, for hosts that apply patches.
    pub patch: String,
    /// Lines to show at the end.
    pub notes: Vec<String>,
}

/// What the host has to do next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind", content = "value")]
pub enum Prompt {
    /// Ask for text.
    Text(TextPrompt),
    /// Ask for a choice.
    Choose(ChoicePrompt),
    /// Ask yes or no.
    Confirm(ConfirmPrompt),
    /// Show, then answer `Shown`.
    Note(Note),
    /// Send these probes. The proxy need not be running.
    Probe(ProbeRequest),
    /// Run `claude auth status`.
    LoginStatus,
    /// Find these programs in `PATH` and in the usual places of installers.
    FindPrograms(Vec<String>),
    /// The end.
    Done(AuthResult),
}

impl Prompt {
    /// Asks for text.
    pub(super) fn text(id: &str, message: &str, initial: String) -> Self {
        Self::Text(TextPrompt {
            id: id.to_owned(),
            message: message.to_owned(),
            initial,
        })
    }

    /// Asks a yes-or-no question whose proposed answer is yes.
    pub(super) fn confirm(id: &str, message: &str) -> Self {
        Self::Confirm(ConfirmPrompt {
            id: id.to_owned(),
            message: message.to_owned(),
            initial: true,
        })
    }

    /// Shows lines.
    pub(super) fn note(title: String, lines: Vec<String>) -> Self {
        Self::Note(Note { title, lines })
    }
}

/// The answer to a prompt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind", content = "value")]
pub enum PromptAnswer {
    /// The first call.
    Begin,
    /// The answer to a text prompt, or to a choice prompt as free text.
    Text(String),
    /// The chosen options.
    Chosen(Vec<String>),
    /// Yes or no.
    Yes(bool),
    /// The note was shown.
    Shown,
    /// The outcomes of the probes.
    Observed(Vec<Observation>),
    /// The answer of `claude auth status`; `None` where there is no CLI, or no answer in time.
    Login(Option<ProgramOutput>),
    /// Full paths of the programs that are there.
    Programs(Vec<String>),
}
