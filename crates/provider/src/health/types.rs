//! What is asked, seen and judged, as it crosses the interface (`wit/types.wit`, `wit/health.wit`). Other crates speak of health
//! in these types.

use serde::{Deserialize, Serialize};

/// What is known of the Claude login. A claim is not a proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Login {
    /// The proxy or the CLI claims one.
    Claimed,
    /// There is none.
    None,
    /// Not known.
    Unknown,
}

/// One HTTP question for the host to ask: GET, no redirects, no proxy variables.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Probe {
    /// Identifies the answer; opaque to the host.
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

/// What came back for a probe.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind", content = "value")]
pub enum Outcome {
    /// A complete HTTP response.
    Response(Response),
    /// Nobody listens.
    Refused,
    /// No complete response in time.
    TimedOut,
    /// Bytes that are not HTTP; their printable beginning.
    NotHttp(String),
    /// A TLS record on a plain port.
    Tls,
    /// Any other transport error.
    Failed(String),
}

impl Outcome {
    /// The response, or why there is none, in words.
    ///
    /// # Errors
    /// Where nothing or no HTTP came back.
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

/// A probe and what came back.
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
    /// A usable proxy, as far as its identity could be asked for.
    Ready,
    /// Nothing useful yet; ask again.
    Starting,
    /// It answers, but not as it should.
    Unhealthy,
    /// Another program.
    Foreign,
}

/// How the access key fared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeyCheck {
    /// Accepted with the key, refused without.
    Enforced,
    /// Accepted without the key: the proxy does not ask for it.
    NotEnforced,
    /// Refused with our key: it is not the proxy that was given it.
    Rejected,
    /// Not asked.
    Unchecked,
}

/// The verdict on one round of probes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Verdict {
    /// Whether it can be used.
    pub readiness: Readiness,
    /// Stable identifier of the case.
    pub code: String,
    /// One sentence for people.
    pub detail: String,
    /// The next step; `None` when all is well.
    pub next: Option<String>,
    /// A command line to paste that takes the next step; `None` where none does.
    pub command: Option<String>,
    /// What answered: the name of its kind ([`crate::proxy_kind::ProxyKind::name`]), or `unrecognized`.
    pub name: Option<String>,
    /// Its version, where it reports one.
    pub version: Option<String>,
    /// Whether it claims a login.
    pub login: Login,
    /// Whether the access key is enforced.
    pub key: KeyCheck,
    /// Whether the Claude CLI behind it may run tools of its own, past the host's policy; `None` where that is not known.
    pub own_tools: Option<bool>,
}

/// What a round comes to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind", content = "value")]
pub enum Judgment {
    /// Ask these as well, then call again with all observations of the round.
    Ask(Vec<Probe>),
    /// The verdict.
    Judged(Verdict),
}

/// How a process ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Exit {
    /// Exit code, where it ended by itself.
    pub code: Option<i32>,
    /// Signal number, where a signal ended it.
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
    /// It is there, and may not or cannot be executed.
    NotExecutable,
    /// Anything else.
    Other,
}

/// Why a process ended and what follows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Diagnosis {
    /// Stable identifier.
    pub code: String,
    /// One sentence for people.
    pub reason: String,
    /// The next step; `None` when nothing is to be done.
    pub next: Option<String>,
    /// Whether starting again can help.
    pub retry: bool,
}
