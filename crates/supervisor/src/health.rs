//! The embedding program's policy: what responses and exits mean. Of a verdict the supervisor knows its usability and the texts
//! for people; everything else is carried along as the program's own type.

use crate::http::{HttpResult, Request};
use serde::Serialize;
use serde_json::{Map, Value};
use std::io;
use std::ops::ControlFlow;

/// What a verdict comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Usability {
    /// A server that can be used.
    Usable,
    /// Not decided yet; probe again.
    Unclear,
    /// It answers, but cannot be used, or is another program.
    Unusable,
}

/// The verdict of one round of probes. Events and status carry it as it serializes, which must be as an object.
pub trait Verdict: Clone + PartialEq + Serialize {
    /// What it comes to.
    fn usability(&self) -> Usability;
    /// One sentence for people.
    fn detail(&self) -> &str;
    /// The next step; `None` when all is well.
    fn next(&self) -> Option<&str>;
    /// Members that the latest verdict, or its absence, adds at the top of the status.
    fn summary(latest: Option<&Self>) -> Map<String, Value>;
}

/// How a process ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exit {
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

/// Why a process ended and what follows: the policy's diagnosis, or the supervisor's own words where it ended the process itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diagnosis {
    /// Stable identifier, kebab-case.
    // `LastExit` flattens this beside its own `code`.
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

/// The policy of the embedding program: what answers and ends mean. Called from the supervising thread, so it must not
/// block.
pub trait HealthPolicy {
    /// Something to ask of the server.
    type Probe;
    /// A probe and what came back, as the policy wants to see it.
    type Observation;
    /// The verdict.
    type Verdict: Verdict;

    /// How a probe is asked.
    fn request(probe: &Self::Probe) -> Request<'_>;
    /// What came back for a probe, and after how many milliseconds.
    fn observe(probe: Self::Probe, result: HttpResult, elapsed_ms: u32) -> Self::Observation;
    /// Judges a round. Called first without observations; continues with further probes until it has a verdict. `owned` says
    /// whether the kernel's tables show that the listener belongs to the process that was started; `None` where that is
    /// unknown.
    fn judge(
        &mut self,
        owned: Option<bool>,
        seen: &[Self::Observation],
    ) -> ControlFlow<Self::Verdict, Vec<Self::Probe>>;
    /// The verdict of a round that asks without end.
    fn inconclusive(&self) -> Self::Verdict;
    /// The verdict on a program that did not get the access key, since its owner is unknown. It is not used.
    fn owner_unknown(&mut self) -> Self::Verdict;
    /// The cheap probe: any response to it shows that the process still works.
    fn liveness(&mut self) -> Self::Probe;
    /// Why a process ended.
    fn diagnose(&mut self, exit: &Exit) -> Diagnosis;
    /// Why a program could not be started: `NotFound`, `PermissionDenied` where the file may not or cannot be executed, or
    /// anything else, an unusable listen address included. The error's text is for people.
    fn diagnose_spawn(&mut self, error: &io::Error) -> Diagnosis;
}
