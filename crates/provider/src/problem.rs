//! Problems with an input, and errors, in the form that all parts of the plugin use.

use serde::{Deserialize, Serialize};

/// A problem with an input. The texts are for people; programs use only `code`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Problem {
    /// Stable identifier, kebab-case, for example `port-out-of-range`.
    pub code: String,
    /// The place: a path in the document, or the name of the input.
    pub path: String,
    /// What was found there, without secrets.
    pub found: String,
    /// What is accepted there.
    pub accepted: String,
    /// The next step for the user.
    pub next: String,
}

impl Problem {
    /// A problem of these parts.
    pub fn new(
        code: &str,
        path: impl Into<String>,
        found: impl Into<String>,
        accepted: impl Into<String>,
        next: impl Into<String>,
    ) -> Self {
        Self {
            code: code.to_owned(),
            path: path.into(),
            found: found.into(),
            accepted: accepted.into(),
            next: next.into(),
        }
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{}: found {}; accepted: {}. {}",
            self.path, self.found, self.accepted, self.next
        )
    }
}

/// Why a call has no result: `types.error` of the WIT package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind", content = "problem")]
pub enum Error {
    /// Settings that are not accepted: all problems at once.
    InvalidSettings(Vec<Problem>),
    /// A document that cannot be parsed, or that depends on something that cannot be read.
    Unreadable(Problem),
    /// An edit that was refused. Nothing was changed.
    Refused(Problem),
    /// An answer that does not fit the step.
    UnexpectedAnswer(Problem),
    /// Any other error.
    Other(Problem),
}

impl Error {
    /// The problems, in order.
    pub fn problems(&self) -> &[Problem] {
        match self {
            Self::InvalidSettings(all) => all,
            Self::Unreadable(one)
            | Self::Refused(one)
            | Self::UnexpectedAnswer(one)
            | Self::Other(one) => std::slice::from_ref(one),
        }
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (n, problem) in self.problems().iter().enumerate() {
            if n > 0 {
                writeln!(f)?;
            }
            write!(f, "{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}
