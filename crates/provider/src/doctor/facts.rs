//! The facts that the host gathers, as they cross the interface (`wit/doctor.wit`). A fact is a value, or the reason why it is not
//! known.

use serde::{Deserialize, Serialize};

use crate::audit::AuditInput;
use crate::auth::{ProgramOutput, TokenState};
use crate::health::Verdict;
use crate::listing::ListedModel;

/// Why a program cannot be started.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind", content = "value")]
pub enum ProgramError {
    /// The file is there and is not executable: its path.
    NotExecutable(String),
    /// It was not searched for, with the reason.
    Unknown(String),
    /// Anything else, in words.
    Other(String),
}

/// The command that starts the proxy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Command {
    /// Its words.
    pub words: Vec<String>,
    /// Whether a restart runs the same code.
    pub pinned: bool,
    /// Full path of its program, or why it has none.
    pub program: Result<String, ProgramError>,
    /// Full path of its program in a usual place, if it is not in `PATH`.
    pub installed_at: Option<String>,
}

/// Why a key file cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct KeyFileError {
    /// What is wrong with it, in one sentence.
    pub reason: String,
    /// What to do: a command line or a sentence; `None` if the host knows nothing better than to write the file anew.
    pub fix: Option<String>,
}

/// The setting `keyFile`: the file with the key of the user's own proxy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct KeyFile {
    /// Its path, as set.
    pub path: String,
    /// What is wrong with it, if anything.
    pub error: Option<KeyFileError>,
}

/// The proxy that the settings in force describe.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Proxy {
    /// Its host, if that is another machine.
    pub remote_address: Option<String>,
    /// Its port.
    pub port: u16,
    /// The command that starts it, or why that is not known.
    pub command: Result<Command, String>,
    /// The setting `keyFile`.
    pub key_file: Option<KeyFile>,
}

/// The process that listens on the port, as far as the host sees it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Listener {
    /// Whether the supervisor started it; `None` if no supervisor runs.
    pub ours: Option<bool>,
    /// Whether the host can see the process.
    pub visible: bool,
    /// Its process id.
    pub pid: Option<u32>,
    /// Its command line.
    pub command: Option<String>,
}

/// What a check of the port found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PortCheck {
    /// The verdict on what answers.
    pub verdict: Verdict,
    /// The process that listens, or why that is not known. Then identity and key are unknown too.
    pub listener: Result<Listener, String>,
    /// The proxy's list of models; empty if it is not known.
    pub listed: Vec<ListedModel>,
}

/// A program of [`super::questions`], and what came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ProgramAnswer {
    /// The question's id.
    pub id: String,
    /// What it printed, or why there is nothing.
    pub outcome: Result<ProgramOutput, String>,
    /// Full path of the program in a usual place, where no directory of `PATH` has it.
    pub installed_at: Option<String>,
}

/// All facts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Facts {
    /// The machine, such as `linux-x86_64`.
    pub platform: Result<String, String>,
    /// The state of the headless token.
    pub oauth_token: Result<TokenState, String>,
    /// The answers to [`super::questions`].
    pub programs: Vec<ProgramAnswer>,
    /// Version of the OpenClaw that is installed.
    pub openclaw_version: Result<String, String>,
    /// The proxy that the settings describe.
    pub proxy: Result<Proxy, String>,
    /// What answers on the port.
    pub port_check: Result<PortCheck, String>,
    /// The configuration with the audit's questions answered.
    pub configuration: Result<AuditInput, String>,
    /// What is wrong with the directory of log, key and socket, if anything.
    pub state_dir: Result<Option<String>, String>,
    /// Free bytes on the disk with the log.
    pub disk_free: Result<u64, String>,
    /// The time, in seconds since 1970.
    pub now: u64,
    /// When the configuration was written, in seconds since 1970.
    pub config_modified: Option<u64>,
}
