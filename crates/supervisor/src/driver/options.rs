//! How a supervisor is set up, and how it ends.

use crate::capture::Redaction;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::PathBuf;

/// Where the program's output is kept.
#[derive(Debug, Clone)]
pub struct LogSpec {
    /// The log file. When it is full it is renamed to `NAME.1`.
    pub path: PathBuf,
    /// Bytes that both files together may take.
    pub disk: u64,
}

/// How the supervisor itself runs.
#[derive(Debug, Default)]
pub struct Options {
    /// Path of the control socket; `None` for no socket.
    pub control: Option<PathBuf>,
    /// The log file; `None` keeps the last lines in memory only.
    pub log: Option<LogSpec>,
    /// What must not appear in logs and diagnoses. The access key is added to it.
    pub redaction: Redaction,
    /// End when this process ends.
    pub parent: Option<u32>,
    /// End when nobody reads standard output any more.
    pub end_with_stdout: bool,
    /// Return from [`crate::Supervisor::run`] in a `failed` that only a command leads out of.
    pub exit_on_failed: bool,
}

/// How [`crate::Supervisor::run`] ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// It was asked to stop, or the service ended well and may not be restarted.
    Stopped,
    /// The service failed.
    Failed,
    /// The service failed, and another start cannot help.
    CannotHelp,
}

impl Ended {
    /// The process exit code: 0, 1, or 78 (`EX_CONFIG`).
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Stopped => 0,
            Self::Failed => 1,
            Self::CannotHelp => 78,
        }
    }
}

/// Why a supervisor cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The listen address is no IP address, and no name that resolves to one.
    #[error("the listen address {0:?} cannot be resolved")]
    Address(String),
    /// Another supervisor is alive at the control socket.
    #[error("another supervisor is running for this place")]
    AlreadyRunning,
    /// The control socket cannot be made.
    #[error("the control socket cannot be made: {0}")]
    Control(#[source] io::Error),
    /// The log file cannot be opened.
    #[error("the log file cannot be opened: {0}")]
    Log(#[source] io::Error),
    /// The process that this one should end with is gone.
    #[error("the parent process is gone")]
    ParentGone,
    /// The system refused something basic.
    #[error("the system refused: {0}")]
    System(#[source] io::Error),
}

/// The socket address of a listen address: the first one that the system knows.
///
/// # Errors
/// [`SetupError::Address`] where it has none.
pub fn resolve(address: &str, port: u16) -> Result<SocketAddr, SetupError> {
    let bare = address.trim_start_matches('[').trim_end_matches(']');
    if let Ok(ip) = bare.parse() {
        return Ok(SocketAddr::new(ip, port));
    }
    if bare.eq_ignore_ascii_case("localhost") {
        return Ok(SocketAddr::from(([127, 0, 0, 1], port)));
    }
    let mut found = (bare, port)
        .to_socket_addrs()
        .map_err(|_| SetupError::Address(address.to_owned()))?;
    found
        .next()
        .ok_or_else(|| SetupError::Address(address.to_owned()))
}
