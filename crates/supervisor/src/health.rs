//! What the embedding program makes of answers and ends. Of a judgment the supervisor knows what it decides by, and the words
//! for people; everything else that the program knows is carried along as its own type.

use crate::http::{Outcome, Question};
use serde::Serialize;
use serde_json::{Map, Value};

/// What a judgment comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// A server that can be used.
    Usable,
    /// Nothing can be said yet; ask again.
    Unclear,
    /// It answers, but cannot be used, or is another program.
    Unusable,
}

/// A judgment of one round of questions. Told in events and in the status as it serializes, which must be as an object.
pub trait Verdict: Clone + PartialEq + Serialize {
    /// What it comes to.
    fn standing(&self) -> Standing;
    /// One sentence for people.
    fn detail(&self) -> &str;
    /// The next step; `None` when all is well.
    fn next(&self) -> Option<&str>;
    /// What of the latest judgment, or of there being none, stands at the top of the status too.
    fn summary(latest: Option<&Self>) -> Map<String, Value>;
}

/// The next step of a round.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step<P, V> {
    /// Ask these as well, then judge again with all observations of the round.
    Ask(Vec<P>),
    /// The judgment.
    Judged(V),
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

/// Why a process ended and what follows. The supervisor makes those of the ends that it brought about itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diagnosis {
    /// Stable identifier, kebab-case.
    #[serde(rename = "diagnosis")]
    pub code: String,
    /// One sentence for people.
    pub reason: String,
    /// The next step; `None` when nothing is to be done.
    #[serde(skip)]
    pub next: Option<String>,
    /// Whether starting again can help.
    #[serde(skip)]
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

/// The policy of the embedding program: what answers and ends mean. Called from the supervising thread, so it must not
/// block.
pub trait HealthPolicy {
    /// Something to ask of the server.
    type Probe;
    /// A probe and what came back, as the policy wants to see it.
    type Observation;
    /// The judgment.
    type Verdict: Verdict;

    /// How a probe is asked.
    fn question(probe: &Self::Probe) -> Question<'_>;
    /// What came back for a probe, and after how many milliseconds.
    fn observe(probe: Self::Probe, outcome: Outcome, elapsed_ms: u32) -> Self::Observation;
    /// Judges a round. Called first without observations; asks what it needs; ends when it judges. `owned` says whether
    /// the kernel's tables show that the listener belongs to the process that was started; `None` where that cannot be
    /// told.
    fn judge(
        &mut self,
        owned: Option<bool>,
        seen: &[Self::Observation],
    ) -> Step<Self::Probe, Self::Verdict>;
    /// The judgment of a round that asks without end.
    fn inconclusive(&self) -> Self::Verdict;
    /// The judgment of a program on this host and port that was not shown the access key, since the system does not tell
    /// whose it is. It is not used.
    fn unnamed(&self, host: &str, port: u16) -> Self::Verdict;
    /// The cheap question whose answer, whatever it is, shows that the process still works.
    fn liveness(&mut self) -> Self::Probe;
    /// Why a process ended.
    fn diagnose(&mut self, exit: &ExitInfo) -> Diagnosis;
    /// Why a program could not be started.
    fn diagnose_spawn(&mut self, kind: SpawnErrorKind, detail: &str) -> Diagnosis;
}
