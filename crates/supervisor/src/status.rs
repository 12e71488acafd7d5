//! The status of the supervisor and its events. Field names are a contract: new ones may come,
//! none goes or changes its meaning, and what is not known is `null`.

use crate::health::Diagnosis;
use crate::machine::{Cause, State};
use crate::port::Owner;
use serde::Serialize;
use serde_json::{Map, Value};

/// How the latest process ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LastExit {
    /// Exit code, where it ended by itself.
    pub code: Option<i32>,
    /// Signal number, where a signal ended it.
    pub signal: Option<i32>,
    /// Why.
    #[serde(flatten)]
    pub why: Diagnosis,
}

/// Where the service listens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Listen {
    /// The listen address, as it was configured.
    #[serde(rename = "host")]
    pub address: String,
    /// Port.
    pub port: u16,
}

/// The state of the service at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Status<V> {
    /// What is observed.
    pub state: State,
    /// How long it has been so, in milliseconds.
    pub since_ms: u64,
    /// Process id of the program; `None` where it does not run.
    pub pid: Option<u32>,
    /// Starts after the first one.
    pub restarts: u64,
    /// How the latest process ended; `None` before the first end.
    pub last_exit: Option<LastExit>,
    /// Where the service listens.
    pub listen: Listen,
    /// Who listens there, as far as it is known.
    pub owner: Option<Owner>,
    /// Members that the verdict adds at the top.
    #[serde(flatten)]
    pub summary: Map<String, Value>,
    /// One sentence about the state.
    pub detail: String,
    /// The one thing to do now; `None` when there is nothing.
    pub next: Option<String>,
    /// The latest verdict of what answers.
    pub verdict: Option<V>,
    /// How long the latest answer took, in milliseconds.
    pub latency_ms: Option<u32>,
    /// When the next start is due by itself, in milliseconds from now.
    pub retry_in_ms: Option<u64>,
    /// The last finished line of a program that is being started, secrets redacted: a first download takes minutes.
    pub last_output_line: Option<String>,
    /// The last lines of output, oldest first, secrets redacted.
    pub last_lines: Vec<String>,
    /// Why the log file is not written; `None` when it is.
    pub log_error: Option<String>,
    /// Process id of the supervisor.
    pub supervisor_pid: u32,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(
    tag = "event",
    rename_all = "kebab-case",
    rename_all_fields = "camelCase"
)]
pub enum Event<V> {
    /// The state changed.
    State {
        /// State before.
        from: State,
        /// State now.
        state: State,
        /// Why.
        cause: Cause,
        /// One sentence for people.
        detail: String,
        /// The one thing to do now.
        next: Option<String>,
        /// Process id of the program.
        pid: Option<u32>,
    },
    /// The program was started.
    Started {
        /// Its process id.
        pid: u32,
        /// How often it was started, this one included.
        generation: u64,
    },
    /// The service is verified and can be used.
    Ready {
        /// Process id of the program; `None` for one that we did not start and cannot see.
        pid: Option<u32>,
        /// Time from the start to here, in milliseconds; 0 for one that was there.
        after_ms: u64,
        /// What answered.
        verdict: V,
    },
    /// Output of a program that is starting, as during a first download; at most every ten seconds.
    Progress {
        /// Its last finished line, secrets redacted.
        last_output_line: String,
    },
    /// The program ended.
    Exited(LastExit),
    /// Somebody else holds the port.
    PortHeld {
        /// Where.
        #[serde(flatten)]
        listen: Listen,
        /// Who, as far as it is known.
        owner: Option<Owner>,
    },
    /// The verdict of what answers changed.
    Verdict(V),
    /// Something is wrong that does not change the state.
    Warning {
        /// One sentence for people.
        message: String,
    },
}
