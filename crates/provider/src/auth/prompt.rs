//! The messages between the flow and its host.

use serde::{Deserialize, Serialize};

use crate::health::{Observation, Probe};
use crate::report::{ApplyRequest, AuditInput};

/// What the host sees of the headless token, without its value.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TokenState {
    /// Not set.
    #[default]
    Absent,
    /// Set, and it has the shape of one.
    Present,
    /// Set, and it has not.
    Malformed,
}

/// The answer of `claude auth status`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AuthStatus {
    /// Its exit code; `None` where it did not end by itself.
    pub code: Option<i32>,
    /// Its standard output.
    pub output: String,
}

/// Answers given beforehand, as they were typed; each is read as the answer to its question is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SuppliedAnswers {
    /// Proxy host.
    pub host: Option<String>,
    /// Proxy port.
    pub port: Option<String>,
    /// Models, commas between.
    pub models: Option<String>,
    /// Whether open routes are closed.
    pub close: Option<bool>,
    /// Whether the guard gets its permission.
    pub grant: Option<bool>,
}

/// What the flow starts from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FlowOptions {
    /// The configuration as it is now, with the audit's questions answered.
    pub input: AuditInput,
    /// Whether somebody can be asked.
    pub interactive: bool,
    /// Take the initial answer of every question that is not supplied, without asking.
    pub accept_defaults: bool,
    /// Answers given beforehand.
    pub supplied: SuppliedAnswers,
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
    /// Text, a line an item.
    pub lines: Vec<String>,
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

/// What the flow asks of its host.
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
    /// Ask the address these questions; the proxy need not be there.
    Probe(ProbeRequest),
    /// Run `claude auth status`.
    LoginStatus,
    /// Find these programs, in `PATH` and where installers put them.
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

    /// Asks yes or no; Enter is yes.
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
    /// The answer of `claude auth status`; `None` where there is no CLI, or no answer in time.
    Login(Option<AuthStatus>),
    /// Full paths of the programs that are there.
    Programs(Vec<String>),
}
