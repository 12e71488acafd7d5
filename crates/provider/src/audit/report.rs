//! What the audit says: routes, findings and the verdict on a document.

use serde::{Deserialize, Serialize};

use super::input::Question;

/// What the audit says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind", content = "value")]
pub enum AuditOutcome {
    /// Ask the world these, then call again with the answers added.
    Needs(Vec<Question>),
    /// The verdict.
    Report(Report),
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
