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
    pub host: Option<OpenclawVersion>,
    /// What OpenClaw has stored beside the document. A kind without an item was not examined, and the report says so. If nothing of a
    /// kind is stored, the list has an empty item of that kind.
    pub stored: Vec<Stored>,
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

/// Data that OpenClaw has stored, or an answer of OpenClaw itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Stored {
    /// Its kind.
    pub kind: StoredKind,
    /// Its path or name, for the report.
    pub path: String,
    /// Its text; `None` if it cannot be read.
    pub text: Option<String>,
}

/// A kind of stored data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StoredKind {
    /// A `.env` file.
    Environment,
    /// An agent's `models.json`.
    Models,
    /// A stored speech choice, `settings/tts.json`.
    Speech,
    /// Sessions, a list of `{key, provider, model}`.
    Sessions,
    /// Jobs, a list of `{id, model, fallbacks}`.
    Jobs,
    /// Stored logins and keys, a list of `{agent, id, provider}`.
    CredentialProfiles,
    /// An empty list. It says that files of agents in other folders are included.
    Folders,
    /// The answers of OpenClaw's own resolvers for the slots of the document in force: `{resolutions: [{path, agent, provider, model}],
    /// notAsked: [text]}`.
    Resolutions,
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
