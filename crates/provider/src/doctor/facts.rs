//! The facts that the host gathers, as they cross the interface (`wit/doctor.wit`): each as its value, or as the reason why
//! there is none.

use serde::{Deserialize, Serialize};

use crate::auth::{AuthStatus, TokenState};
use crate::health::Verdict;
use crate::listing::ListedModel;
use crate::report::AuditInput;

/// Why a program cannot be started.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind", content = "value")]
pub enum ProgramTrouble {
    /// The file is there and is not executable: its path.
    NotExecutable(String),
    /// It was not searched for: why.
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
    pub program: Result<String, ProgramTrouble>,
    /// Full path of its program in a usual place, where no directory of `PATH` has it.
    pub elsewhere: Option<String>,
}

/// The file with the key of a proxy that has one already.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct KeyFile {
    /// Its path, as set.
    pub path: String,
    /// What is wrong with it, and what helps; `None` where nothing is.
    pub trouble: Option<(String, String)>,
}

/// What the settings in force lead to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Proxy {
    /// The proxy's host where it is another machine.
    pub elsewhere: Option<String>,
    /// Its port.
    pub port: u16,
    /// The command that starts it, or why it cannot be known.
    pub command: Result<Command, String>,
    /// The setting `keyFile`.
    pub key_file: Option<KeyFile>,
    /// Whether requests carry an access key.
    pub keyed: bool,
}

/// Who listens on the port, as far as the host sees.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Listener {
    /// Whether it is the process that the supervisor started; `None` without a supervisor.
    pub ours: Option<bool>,
    /// Whether the host can see a process.
    pub seen: bool,
    /// Its process id.
    pub pid: Option<u32>,
    /// Its command line.
    pub command: Option<String>,
}

/// What was seen on the port.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Look {
    /// The judgment of what answers.
    pub verdict: Verdict,
    /// Who listens, or why nobody can vouch for it; then identity and key are unknown.
    pub listener: Result<Listener, String>,
    /// The proxy's list of models, empty where it is not known.
    pub listed: Vec<ListedModel>,
}

/// All facts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Facts {
    /// The machine, `linux-x86_64` and the like; whether the helper runs is shown by its running.
    pub platform: Result<String, String>,
    /// The headless token, never its value.
    pub oauth_token: Result<TokenState, String>,
    /// First line of `claude --version`.
    pub claude_version: Result<String, String>,
    /// Full path of a Claude CLI in a usual place that `PATH` may not have.
    pub claude_elsewhere: Option<String>,
    /// The answer of `claude auth status`.
    pub claude_login: Option<AuthStatus>,
    /// First line of `bun --version`.
    pub bun_version: Option<String>,
    /// First line of `node --version`.
    pub node_version: Option<String>,
    /// Full path of Bun or Node.js in a usual place that `PATH` may not have.
    pub runtime_elsewhere: Option<String>,
    /// Version of the OpenClaw that is installed.
    pub openclaw_version: Result<String, String>,
    /// What the settings lead to.
    pub proxy: Result<Proxy, String>,
    /// What answers on the port.
    pub look: Result<Look, String>,
    /// The configuration with the audit's questions answered.
    pub configuration: Result<AuditInput, String>,
    /// What is wrong with the directory of log, key and socket; `None` where nothing is.
    pub state_dir: Result<Option<String>, String>,
    /// Bytes that are free where the log is written.
    pub disk_free: Result<u64, String>,
    /// The time, in seconds since 1970.
    pub clock: u64,
    /// When the configuration was written, in seconds since 1970.
    pub clock_written: Option<u64>,
}
