//! What the supervisor asks, what comes back and what the embedding program makes of it. The records mirror the
//! `types` and `health` interfaces of the WIT package, field for field.

use serde::Serialize;

/// One HTTP question: GET, no redirects, no proxy variables, one response, then close.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// Identifies the answer; opaque here.
    pub id: String,
    /// Path on the server's address.
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

/// What came back for a probe.
#[derive(Debug, Clone, PartialEq, Eq)]
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
    /// Any other transport error, as text for people.
    Failed(String),
}

/// An HTTP response, cut to the probe's limits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// Status code.
    pub status: u16,
    /// Header names in lower case.
    pub headers: Vec<(String, String)>,
    /// Body as text, invalid UTF-8 replaced.
    pub body: String,
}

/// A probe and what came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observation {
    /// The probe's id.
    pub id: String,
    /// Its outcome.
    pub outcome: Outcome,
    /// How long it took, in milliseconds.
    pub elapsed_ms: u32,
}

/// What is known of the login behind the server. A claim is not a proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Login {
    /// The server says that there is one.
    Claimed,
    /// There is none.
    None,
    /// Unknown.
    Unknown,
}

/// Whether the server can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Readiness {
    /// A recognized server that can be used.
    Ready,
    /// Nothing useful yet; ask again.
    Starting,
    /// It answers, but not as it should.
    Unhealthy,
    /// Another program.
    Foreign,
}

/// How the access key fared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeyCheck {
    /// Accepted with the key, refused without.
    Enforced,
    /// Accepted without the key.
    NotEnforced,
    /// Refused with our key.
    Rejected,
    /// Not asked.
    Unchecked,
}

/// A judgment of one round of probes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// Whether it can be used.
    pub readiness: Readiness,
    /// Stable identifier of the case, kebab-case.
    pub code: String,
    /// One sentence for people.
    pub detail: String,
    /// The next step; `None` when all is well.
    pub next: Option<String>,
    /// What answered.
    pub name: Option<String>,
    /// Its version where it says so.
    pub version: Option<String>,
    /// Whether it claims a login.
    pub login: Login,
    /// Whether the access key is enforced.
    pub key: KeyCheck,
}

/// The next step of a round.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Ask these as well, then judge again with all observations of the round.
    Ask(Vec<Probe>),
    /// The judgment.
    Judged(Verdict),
}

/// How a process ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExitInfo {
    /// Exit code, where it ended by itself.
    pub code: Option<i32>,
    /// Signal number, where a signal ended it.
    pub signal: Option<i32>,
    /// How long it ran, in milliseconds.
    pub ran_ms: u64,
    /// Whether it had been ready.
    pub was_ready: bool,
    /// The last lines of its output, oldest first, secrets redacted.
    pub output: Vec<String>,
}

/// Why a process ended and what follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnosis {
    /// Stable identifier, kebab-case.
    pub code: String,
    /// One sentence for people.
    pub reason: String,
    /// The next step; `None` when nothing is to be done.
    pub next: Option<String>,
    /// Whether starting again can help.
    pub retry: bool,
}

/// Why a program could not be started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpawnErrorKind {
    /// No such program.
    NotFound,
    /// The file may not be executed.
    NotExecutable,
    /// Anything else, an unusable listen address included.
    Other,
}

impl SpawnErrorKind {
    /// The kebab-case word that the WIT package uses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotFound => "not-found",
            Self::NotExecutable => "not-executable",
            Self::Other => "other",
        }
    }
}

/// The policy of the embedding program: what answers and ends mean. Called from the supervising thread, so it must not
/// block.
pub trait HealthPolicy {
    /// Judges a round. Called first without observations; asks what it needs; ends when it judges. `owned` says whether
    /// the kernel's tables show that the listener belongs to the process that was started; `None` where that cannot be
    /// told.
    fn judge(&mut self, owned: Option<bool>, seen: &[Observation]) -> Step;
    /// The cheap question whose answer, whatever it is, shows that the process still works.
    fn liveness(&mut self) -> Probe;
    /// Why a process ended.
    fn diagnose(&mut self, exit: &ExitInfo) -> Diagnosis;
    /// Why a program could not be started.
    fn diagnose_spawn(&mut self, kind: SpawnErrorKind, detail: &str) -> Diagnosis;
    /// The next step where the system does not tell whose the program on the port is, which therefore is not shown the
    /// access key and is not used; `None` where there is none.
    fn next_if_unnamed(&self) -> Option<String> {
        None
    }
}
