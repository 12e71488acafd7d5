//! The records of the `config` interface: input and report of the audit, request and result of an edit.

use crate::model_id::ListedModel;
use serde::{Deserialize, Serialize};

/// What to write into an OpenClaw configuration. A `None` leaves the present value, or the default.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct ApplyRequest {
    /// Proxy host.
    pub host: Option<String>,
    /// Proxy port.
    pub port: Option<u16>,
    /// Models to register, in order.
    pub models: Option<Vec<String>>,
    /// The command that starts the proxy; `None` leaves the present one.
    pub command: Option<Vec<String>>,
    /// The proxy's list of models, whose figures the registered ones get; empty where it is not known.
    pub listed: Vec<ListedModel>,
    /// Make the first model the default model, without fallbacks.
    pub set_default: bool,
    /// Grant the plugin the hook permission that the guard needs, and enable it.
    pub grant_hooks: bool,
    /// Close every leak that has a mechanical fix.
    pub fix: bool,
    /// Pin or turn off every slot that selects a provider by itself.
    pub harden: bool,
    /// Take back what `harden` changed.
    pub unharden: bool,
}

/// One changed place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    /// Dotted path.
    pub path: String,
    /// Value before, as JSON; `None` where there was none. Secrets are redacted.
    pub before: Option<String>,
    /// Value after, as JSON; `None` where it was removed.
    pub after: Option<String>,
    /// Why, and what it costs the user where it costs something.
    pub why: String,
}

/// An edited document that was read again and audited.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Applied {
    /// The whole new text.
    pub text: String,
    /// What changed; empty when nothing had to.
    pub changes: Vec<Change>,
    /// The audit of the new text.
    pub report: Report,
}

/// A place that decides where a request goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Route {
    /// Dotted path; array items as `[0]`, other keys as `["a.b"]`.
    pub path: String,
    /// Where it leads: `provider/model` or an address.
    pub leads_to: String,
    /// Whether that is this provider and nothing else.
    pub closed: bool,
}

/// How much a finding matters, worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// A route that is not closed.
    Leak,
    /// A place that cannot be decided; not closed.
    Undecided,
    /// Something outside that nothing in the file selects.
    Exposure,
    /// Worth knowing, harmless.
    Note,
}

impl Severity {
    /// Whether it keeps a file from being closed.
    pub(crate) fn is_open(self) -> bool {
        self <= Self::Undecided
    }
}

/// Something the audit has to say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// How much it matters.
    pub severity: Severity,
    /// Stable identifier, kebab-case.
    pub code: String,
    /// The path whose value must change.
    pub path: String,
    /// Where it leads; empty where that has no meaning.
    pub leads_to: String,
    /// What it means for the user.
    pub message: String,
    /// What to do.
    pub fix: String,
}

/// The verdict on one document.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// No leak and nothing undecided.
    pub closed: bool,
    /// Whether everything could be decided.
    pub decided: bool,
    /// The exit code of a command that audits: 0 where it is closed; 1 where a route is open, which is certain whatever else
    /// cannot be decided; else 2.
    pub exit_code: u8,
    /// Every route found.
    pub routes: Vec<Route>,
    /// Every finding, worst first.
    pub findings: Vec<Finding>,
    /// What was not examined.
    pub not_examined: Vec<String>,
    /// The versions of OpenClaw that the verdict is known for.
    #[serde(default)]
    pub known_versions: Vec<String>,
    /// The version that was judged; `None` where it is unknown.
    #[serde(default)]
    pub judged_version: Option<String>,
    /// Tools that choose a service by themselves and whose slot is not closed.
    #[serde(default)]
    pub open_tools: Vec<String>,
    /// Commands of OpenClaw, each as its arguments, that close what is stored.
    #[serde(default)]
    pub commands: Vec<Vec<String>>,
}

impl Report {
    /// The findings that keep the file from being closed.
    pub(crate) fn open(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|one| one.severity.is_open())
    }
}

/// A file that the document includes, or a copy of it that OpenClaw may restore by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FileText {
    /// Its path: of an included file exactly as the question named it, of a copy as the report is to name it.
    pub path: String,
    /// Its text; `None` where it cannot be read.
    pub text: Option<String>,
}

/// The value of an environment variable that a route depends on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// Its value; `None` where it is not set.
    pub value: Option<String>,
}

/// Everything the audit reads.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct AuditInput {
    /// The document, JSON5 text.
    pub document: String,
    /// Answers to earlier questions about files.
    pub files: Vec<FileText>,
    /// Answers to earlier questions about variables.
    pub variables: Vec<Variable>,
    /// Copies beside the document.
    pub backups: Vec<FileText>,
    /// The OpenClaw that reads the document, where the caller knows it.
    pub host: Option<OpenclawVersion>,
    /// Files that OpenClaw has stored beside the document. A kind of which nothing is here was not looked at, and the report says
    /// so; one of which there is nothing is here empty.
    pub stored_files: Vec<StoredFile>,
    /// What OpenClaw lists of itself; the same of its kinds.
    pub stored_lists: Vec<StoredList>,
    /// What OpenClaw's resolvers could not be asked, and why.
    pub not_asked: Vec<String>,
}

impl AuditInput {
    /// A document of which nothing else is known.
    pub fn of(document: impl Into<String>) -> Self {
        Self {
            document: document.into(),
            ..Self::default()
        }
    }
}

/// The OpenClaw that reads the document.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct OpenclawVersion {
    /// Its version.
    pub version: String,
    /// The schema that it publishes has no path that could carry a route and that the audit does not know.
    pub schema_known: bool,
}

/// What a file of OpenClaw's own is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FileKind {
    /// A `.env` file.
    Environment,
    /// An agent's `models.json`.
    Models,
    /// A stored speech choice, `settings/tts.json`.
    Speech,
}

/// A file of OpenClaw's own, as the document that it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StoredFile {
    /// What it is.
    pub kind: FileKind,
    /// Its path, for the report.
    pub path: String,
    /// Its text; `None` where it cannot be read.
    pub text: Option<String>,
}

/// What OpenClaw lists of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ListKind {
    /// Sessions with a model of their own: key, provider and model.
    Sessions,
    /// Jobs: id, model and fallbacks.
    Jobs,
    /// Stored logins and keys: agent, id and provider.
    CredentialProfiles,
    /// Nothing: files of agents that lie elsewhere are here too.
    Folders,
    /// Where OpenClaw's own resolvers lead the slots of the document in force: path of the slot, or name of what is stored, agent,
    /// provider and model.
    Resolutions,
}

/// An entry of such a list; it has what its kind says, as far as OpenClaw gives it, and is empty elsewhere.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct StoredEntry {
    /// Key, id or path.
    pub name: String,
    /// The agent that it belongs to.
    pub agent: String,
    /// A provider.
    pub provider: String,
    /// A model.
    pub model: String,
    /// References that take over where the model fails.
    pub fallbacks: Vec<String>,
}

/// A list that OpenClaw gives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StoredList {
    /// What it lists.
    pub kind: ListKind,
    /// Its name, for the report.
    pub name: String,
    /// Its entries; `None` where it cannot be read.
    pub entries: Option<Vec<StoredEntry>>,
}

/// Something the audit must know first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind", content = "name")]
pub enum Question {
    /// The text of an included file.
    File(String),
    /// The value of an environment variable.
    Variable(String),
}

/// A document as OpenClaw works with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind", content = "value")]
pub enum Merged {
    /// Ask the world these, then call again with the answers added.
    Needs(Vec<Question>),
    /// The document with its includes and variables replaced, as JSON.
    Document(String),
}

/// What the audit says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind", content = "value")]
pub enum AuditOutcome {
    /// Ask the world these, then call again with the answers added.
    Needs(Vec<Question>),
    /// The verdict.
    Report(Report),
}
