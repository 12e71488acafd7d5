//! What the audit reads: the document, answers about files and variables, and what OpenClaw has stored beside the document.

use serde::{Deserialize, Serialize};

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
    /// What OpenClaw has stored beside the document. A kind of which nothing is here was not looked at, and the report says
    /// so; one of which there is nothing is here empty.
    pub stored: Vec<Stored>,
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

/// The OpenClaw that reads the document.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct OpenclawVersion {
    /// Its version.
    pub version: String,
    /// The schema that it publishes has no path that could carry a route and that the audit does not know.
    pub schema_known: bool,
}

/// Something that OpenClaw has stored, or says of itself, as data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Stored {
    /// What it is.
    pub kind: StoredKind,
    /// Its path or name, for the report.
    pub path: String,
    /// Its text; `None` where it cannot be read.
    pub text: Option<String>,
}

/// What something stored is.
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
    /// An empty list: files of agents that lie elsewhere are here too.
    Folders,
    /// Where OpenClaw's own resolvers lead the slots of the document in force: `{resolutions: [{path, agent, provider, model}],
    /// notAsked: [text]}`.
    Resolutions,
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
