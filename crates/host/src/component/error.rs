//! Why a call of the component gave no result.

use super::{Limits, types};

/// Why the component gave no result.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CallError {
    /// The component does not accept its input; every problem.
    #[error("{}", one_a_line(.0))]
    Input(types::Error),
    /// The component asks for an interface that no policy needs. Nothing of it was run.
    #[error("the component asks for `{name}`, which it must not have")]
    Import {
        /// Name of the interface.
        name: String,
    },
    /// The component does not fit this host.
    #[error("the component does not fit this host: {reason}")]
    Incompatible {
        /// What does not fit.
        reason: String,
    },
    /// No thread could be started to watch over the deadline. Nothing was called.
    #[error("cannot start a thread: {0}")]
    Thread(#[source] std::io::Error),
    /// The call took longer than its limit.
    #[error("the component did not answer within {} ms", .0.deadline.as_millis())]
    Deadline(Limits),
    /// The call needed more memory than its limit.
    #[error("the component needed more than {} MiB of memory", .0.memory >> 20)]
    Memory(Limits),
    /// The component ended abnormally: a defect. The next call begins with a fresh instance.
    #[error("the component ended abnormally: {reason}")]
    Trap {
        /// The runtime's message.
        reason: String,
    },
}

fn one_a_line(error: &types::Error) -> String {
    let lines: Vec<String> = error.problems.iter().map(ToString::to_string).collect();
    lines.join("\n")
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
