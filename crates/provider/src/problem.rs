//! Problems with an input, and errors, in the form that all parts of the plugin use.

pub use crate::wit::types::{Error, ErrorKind, Problem};

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

impl Error {
    /// Settings that are not accepted: all problems at once.
    pub fn invalid_settings(problems: Vec<Problem>) -> Self {
        Self {
            kind: ErrorKind::InvalidSettings,
            problems,
        }
    }

    /// A document that cannot be parsed, or that depends on something that cannot be read.
    pub fn unreadable(problem: Problem) -> Self {
        Self::of(ErrorKind::Unreadable, problem)
    }

    /// An edit that was refused. Nothing was changed.
    pub fn refused(problem: Problem) -> Self {
        Self::of(ErrorKind::Refused, problem)
    }

    /// An answer that does not fit the step.
    pub fn unexpected_answer(problem: Problem) -> Self {
        Self::of(ErrorKind::UnexpectedAnswer, problem)
    }

    /// An error of a kind, about one problem.
    pub fn of(kind: ErrorKind, problem: Problem) -> Self {
        Self {
            kind,
            problems: vec![problem],
        }
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (n, problem) in self.problems.iter().enumerate() {
            if n > 0 {
                writeln!(f)?;
            }
            write!(f, "{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}
