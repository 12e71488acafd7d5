//! The types of the health policy, as they cross the interface (`wit/types.wit`, `wit/health.wit`): probes, observations, verdicts,
//! ends of a process.

use serde::{Deserialize, Serialize};

/// What is known of the Claude login. A claim is no proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Login {
    /// The proxy or the CLI claims that there is one.
    Claimed,
    /// There is none.
    None,
    /// Not known.
    Unknown,
}

/// An HTTP request for the host to send: GET, without following redirects and without proxy variables.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Probe {
    /// Identifies the probe; the host only repeats it.
    pub id: String,
    /// Path on the proxy's address.
    pub path: String,
    /// Extra request headers.
    pub headers: Vec<(String, String)>,
    /// Send the access key, in `x-api-key` and as a bearer in `authorization`.
    pub with_key: bool,
    /// Give up after this many milliseconds.
    pub timeout_ms: u32,
    /// Read at most this many bytes of the body.
    pub max_body: u32,
}

/// An HTTP response, cut to the probe's limits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Response {
    /// Status code.
    pub status: u16,
    /// Header names in lower case.
    #[serde(default)]
    pub headers: Vec<(String, String)>,
    /// Body as text.
    #[serde(default)]
    pub body: String,
}

/// The outcome of a probe.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind", content = "value")]
pub enum Outcome {
    /// A complete HTTP response.
    Response(Response),
    /// Nothing listens there.
    Refused,
    /// No complete response in time.
    TimedOut,
    /// The answer is not HTTP: its printable beginning.
    NotHttp(String),
    /// The answer is TLS.
    Tls,
    /// Any other transport error.
    Failed(String),
}

impl Outcome {
    /// The response.
    ///
    /// # Errors
    /// Why there is none, in words.
    pub fn response(&self) -> Result<&Response, &str> {
        match self {
            Self::Response(response) => Ok(response),
            Self::Refused => Err("nothing listens there"),
            Self::TimedOut => Err("there was no whole answer in time"),
            Self::NotHttp(_) | Self::Tls => Err("what listens there does not speak HTTP"),
            Self::Failed(why) => Err(why),
        }
    }
}

/// A probe and its outcome.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Observation {
    /// The probe's id.
    pub id: String,
    /// Its outcome.
    pub outcome: Outcome,
    /// How long it took, in milliseconds.
    #[serde(default)]
    pub elapsed_ms: u32,
}

#[cfg(test)]
impl Observation {
    /// An answer to the question of this id.
    pub(crate) fn answered(id: &str, status: u16, body: &str) -> Self {
        Self {
            id: id.to_owned(),
            outcome: Outcome::Response(Response {
                status,
                headers: Vec::new(),
                body: body.to_owned(),
            }),
            elapsed_ms: 1,
        }
    }
}

/// Whether the proxy can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Readiness {
    /// It is a proxy that can be used, as far as its answers show.
    Ready,
    /// It is not ready yet; probe again.
    Starting,
    /// It does not answer as it should.
    Unhealthy,
    /// It is another program.
    Foreign,
}

/// What is known of the access key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeyCheck {
    /// Requests are accepted with the key and refused without it.
    Enforced,
    /// Requests are accepted without the key.
    NotEnforced,
    /// Requests with our key are refused, so it is not the proxy that was given this key.
    Rejected,
    /// It was not tried.
    Unchecked,
}

/// Whose program listens, as the host has seen in the kernel's tables.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind", content = "value")]
pub enum ListenerOwner {
    /// Not known.
    Unknown,
    /// Not known, and no probe has the access key: whether the proxy asks for it stays open.
    Unvouched,
    /// That of the process that the host started.
    Ours,
    /// Of another process.
    Other,
    /// One that may not be shown the access key: of this other user; `None` where the system does not tell whose.
    Stranger(Option<String>),
}

/// The verdict on one round of probes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Verdict {
    /// Whether the proxy can be used.
    pub readiness: Readiness,
    /// Stable identifier, kebab-case.
    pub code: String,
    /// One sentence for people.
    pub detail: String,
    /// The next step for the user; `None` if all is well.
    pub next: Option<String>,
    /// A command line that does the next step, if there is one.
    pub command: Option<String>,
    /// The kind of what answered ([`crate::proxy_kind::ProxyKind::name`]), or `unrecognized`.
    pub name: Option<String>,
    /// Its version, if it reports one.
    pub version: Option<String>,
    /// The login that it claims.
    pub login: Login,
    /// Whether the access key is enforced.
    pub key: KeyCheck,
    /// Whether the Claude CLI behind it may run its own tools, past the host's policy; `None` if that is not known.
    pub own_tools: Option<bool>,
}

/// What a round needs next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind", content = "value")]
pub enum Judgment {
    /// Send these probes, then call again with all observations of the round.
    Ask(Vec<Probe>),
    /// The verdict.
    Judged(Verdict),
}

/// How a process ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Exit {
    /// The exit code, if it ended by itself.
    pub code: Option<i32>,
    /// The number of the signal that ended it.
    pub signal: Option<i32>,
    /// How long it ran, in milliseconds.
    pub ran_ms: u64,
    /// Whether it had been ready.
    pub was_ready: bool,
    /// The last lines of its output, oldest first.
    pub output: Vec<String>,
}

/// How a start failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SpawnError {
    /// There is no such program.
    NotFound,
    /// The program may not or cannot be executed.
    NotExecutable,
    /// Any other error.
    Other,
}

/// Why a process ended, or could not be started.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Diagnosis {
    /// Stable identifier.
    pub code: String,
    /// One sentence for people.
    pub reason: String,
    /// The next step for the user; `None` if there is nothing to do.
    pub next: Option<String>,
    /// Whether another start can help.
    pub retry: bool,
}
