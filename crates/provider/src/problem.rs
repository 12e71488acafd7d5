//! What is wrong with an input, in the one form that every part of the plugin uses.

use serde::{Deserialize, Serialize};

/// Something wrong with an input. Text is for people; programs match on `code` only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Problem {
    /// Stable identifier, kebab-case, for example `port-out-of-range`.
    pub code: String,
    /// Where: a dotted path from the document's root, or the name of the input.
    pub path: String,
    /// What was found there, secrets never included.
    pub found: String,
    /// What is accepted there.
    pub accepted: String,
    /// The one next step for the user.
    pub next: String,
}

impl Problem {
    /// Puts a problem together from its five parts.
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

/// Why a call gave no result. Mirrors `types.error` of the WIT package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind", content = "problem")]
pub enum Error {
    /// Settings that are not accepted, all of them at once.
    InvalidSettings(Vec<Problem>),
    /// A document that cannot be read: syntax, size, depth or duplicate keys.
    Unreadable(Problem),
    /// An edit that was refused; nothing was changed.
    Refused(Problem),
    /// An answer that does not fit the step it was given to.
    UnexpectedAnswer(Problem),
    /// Anything else; the open end of this type.
    Other(Problem),
}

impl Error {
    /// Every problem, in order.
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
