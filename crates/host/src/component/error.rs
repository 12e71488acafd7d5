//! Why a call of the component gave no result.

use super::{Limits, types};

/// Why the component gave no result.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The component does not accept what it was given, and says so in full.
    Input(types::Error),
    /// The component asks for an interface that no policy needs. Nothing of it was run.
    Import {
        /// Name of the interface.
        name: String,
    },
    /// The component does not fit this host.
    Incompatible {
        /// What does not fit.
        reason: String,
    },
    /// The call took longer than its limit.
    Deadline(Limits),
    /// The call needed more memory than its limit.
    Memory(Limits),
    /// The component ended abnormally: a defect. The next call begins with a fresh instance.
    Trap {
        /// What the runtime says about it.
        reason: String,
    },
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Input(error) => {
                for (n, problem) in error.problems().iter().enumerate() {
                    if n > 0 {
                        writeln!(f)?;
                    }
                    write!(f, "{problem}")?;
                }
                Ok(())
            }
            Self::Import { name } => {
                write!(f, "the component asks for `{name}`, which it must not have")
            }
            Self::Incompatible { reason } => {
                write!(f, "the component does not fit this host: {reason}")
            }
            Self::Deadline(limits) => write!(
                f,
                "the component did not answer within {} ms",
                limits.deadline.as_millis()
            ),
            Self::Memory(limits) => write!(
                f,
                "the component needed more than {} MiB of memory",
                limits.memory >> 20
            ),
            Self::Trap { reason } => write!(f, "the component ended abnormally: {reason}"),
        }
    }
}

impl std::error::Error for Error {}

impl types::Error {
    /// Every problem, in order.
    pub fn problems(&self) -> &[types::Problem] {
        match self {
            Self::InvalidSettings(all) => all,
            Self::Unreadable(one)
            | Self::Refused(one)
            | Self::UnexpectedAnswer(one)
            | Self::Other(one) => std::slice::from_ref(one),
        }
    }
}

impl types::Problem {
    /// Puts a problem together from its five parts.
    pub fn new(
        code: impl Into<String>,
        path: impl Into<String>,
        found: impl Into<String>,
        accepted: impl Into<String>,
        next: impl Into<String>,
    ) -> Self {
        Self {
            code: code.into(),
            path: path.into(),
            found: found.into(),
            accepted: accepted.into(),
            next: next.into(),
        }
    }
}

impl std::fmt::Display for types::Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{}: found {}; accepted: {}. {}",
            self.path, self.found, self.accepted, self.next
        )
    }
}
