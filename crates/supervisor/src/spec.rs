//! What to run and how to keep it running.

use crate::machine::Timing;
use secrecy::SecretString;
use std::path::PathBuf;

/// The service: one program that serves HTTP on one address.
#[derive(Debug, Clone)]
pub struct Spec {
    /// Program, as an absolute path, and its arguments. No shell is involved. Empty: nothing is ever started, a server
    /// that somebody else runs is attached to.
    pub argv: Vec<String>,
    /// The whole environment of the program; nothing is inherited.
    pub env: Vec<(String, String)>,
    /// Working directory; `None` keeps the supervisor's.
    pub cwd: Option<PathBuf>,
    /// Address that the program listens on: an IP address, `localhost`, or a name that resolves to one.
    pub address: String,
    /// Port that it listens on.
    pub port: u16,
    /// Sent by probes that ask for it, as `x-api-key` and as a bearer.
    pub access_key: Option<SecretString>,
    /// Environment variable that hands the access key to the program.
    pub key_variable: Option<String>,
    /// A variable that marks the program and everything that it starts as belonging to this place, for example the
    /// path of the control socket. With it, what outlived a supervisor whose two processes were killed at the same
    /// moment is recognized and removed by the next one; the supervisor, what it ends with, and what either descends from are
    /// not, though they be started from inside of the service and carry the mark too. Needs a control socket, whose lock shows that no other
    /// supervisor of this place is alive. Linux only.
    pub mark: Option<(String, String)>,
    /// Periods, limits and delays.
    pub timing: Timing,
}

impl Spec {
    /// A service with nothing to start yet, on a port that the system chooses.
    pub fn new(timing: Timing) -> Self {
        Self {
            argv: Vec::new(),
            env: Vec::new(),
            cwd: None,
            address: "127.0.0.1".to_owned(),
            port: 0,
            access_key: None,
            key_variable: None,
            mark: None,
            timing,
        }
    }
}
