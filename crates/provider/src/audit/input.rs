//! What the audit reads: the document, answers about files and variables, and what OpenClaw has stored beside the document.

use serde::{Deserialize, Serialize};

/// The input of an audit.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct AuditInput {
    /// The text of the document, JSON5.
    pub document: String,
    /// Answers to earlier questions about files.
    pub files: Vec<FileText>,
    /// Answers to earlier questions about variables.
    pub variables: Vec<Variable>,
    /// Copies of the document that OpenClaw may restore.
    pub backups: Vec<FileText>,
    /// The OpenClaw that reads the document, if the caller knows it.
    pub openclaw: Option<OpenclawVersion>,
    /// Files that OpenClaw has stored beside the document. A kind without an item was not examined, and the report says so. If there is no
    /// file of a kind, the list has an empty item of that kind.
    pub stored_files: Vec<StoredFile>,
    /// What OpenClaw lists of itself. A kind without an item was not examined.
    pub stored_lists: Vec<StoredList>,
    /// What OpenClaw's resolvers could not be asked, and why.
    pub not_asked: Vec<String>,
}

impl AuditInput {
    /// A document without any further data.
    pub fn of(document: impl Into<String>) -> Self {
        Self {
            document: document.into(),
            ..Self::default()
        }
    }
}

/// A file that the document includes, or a copy of it that OpenClaw may restore by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FileText {
    /// Its path. For an included file it is exactly the path in the question; for a copy it is the name for the report.
    pub path: String,
    /// Its text; `None` if it cannot be read.
    pub text: Option<String>,
}

/// An environment variable on which a route depends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// Its value; `None` if it is not set.
    pub value: Option<String>,
}

/// The OpenClaw that reads the document.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct OpenclawVersion {
    /// Its version.
    pub version: String,
    /// Whether every path of its schema that could hold a route is known to the audit.
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

/// Something that the audit has to know.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind", content = "name")]
pub enum Question {
    /// The text of an included file.
    File(String),
    /// The value of an environment variable.
    Variable(String),
}
