//! What the audit says: routes, findings and whether a document is closed.

use serde::{Deserialize, Serialize};

use super::input::Question;

/// The result of one call of the audit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind", content = "value")]
pub enum AuditOutcome {
    /// Answer these questions, then call again with the answers added to the input.
    Needs(Vec<Question>),
    /// The report.
    Report(Report),
}

/// The report on one document.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Whether there is no leak and nothing undecided.
    pub closed: bool,
    /// Whether everything could be decided.
    pub decided: bool,
    /// The report in one line for people, without the word closed or open, and how to close it.
    #[serde(default)]
    pub summary: String,
    /// The exit code of a command that audits: 0 if the document is closed, 1 if there is a leak, 2 if there is none but something is
    /// undecided.
    pub exit_code: u8,
    /// Every route that was found.
    pub routes: Vec<Route>,
    /// Every finding, worst first.
    pub findings: Vec<Finding>,
    /// What was not examined, in words.
    pub not_examined: Vec<String>,
    /// The versions of OpenClaw for which the audit has data.
    #[serde(default)]
    pub known_versions: Vec<String>,
    /// The version for which the document was audited; `None` if it is unknown.
    #[serde(default)]
    pub judged_version: Option<String>,
    /// Tools whose slot is not closed, so that OpenClaw chooses a service for them by itself.
    #[serde(default)]
    pub open_tools: Vec<String>,
    /// Commands of OpenClaw that close stored choices, each as its arguments.
    #[serde(default)]
    pub commands: Vec<Vec<String>>,
}

impl Report {
    /// The findings that keep the document from being closed.
    pub(crate) fn open(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|one| one.severity.is_open())
    }
}

/// A place in the document that decides where a request goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Route {
    /// Dotted path; array items as `[0]`, other keys as `["a.b"]`.
    pub path: String,
    /// Where it leads: `provider/model` or an address.
    pub leads_to: String,
    /// Whether it can only lead to this provider.
    pub closed: bool,
}

/// Something the audit has to say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// How serious it is.
    pub severity: Severity,
    /// Stable identifier, kebab-case.
    pub code: String,
    /// The path whose value must change.
    pub path: String,
    /// Where it leads; empty if that has no meaning.
    pub leads_to: String,
    /// What it means for the user, in a sentence.
    pub message: String,
    /// What to do: a command, or a sentence.
    pub fix: String,
}

/// How serious a finding is, worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// A route that leads elsewhere.
    Leak,
    /// A place that cannot be decided, and so is not closed.
    Undecided,
    /// Another provider's model or service that nothing in the document selects.
    Exposure,
    /// Something harmless that is worth knowing.
    Note,
}

impl Severity {
    /// Whether a finding with it keeps the document from being closed.
    pub(crate) fn is_open(self) -> bool {
        self <= Self::Undecided
    }
}
