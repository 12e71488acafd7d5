//! The component as the supervisor's health policy.
//!
//! It is loaded when something has to be judged and dropped when the proxy is ready: from then on a supervisor costs no
//! more memory than one that knows nothing.

use std::io;
use std::ops::ControlFlow;

use claude_proxy_supervisor::http::{HttpResult, NoReply, Request};
use claude_proxy_supervisor::{Diagnosis, Exit, HealthPolicy, Usability, Verdict};
use serde_json::{Map, Value, json};

use crate::component::{CallError, ClaudeProxy, Limits, case, health, types};

/// Judges for one proxy with given settings.
pub struct ComponentPolicy {
    settings: types::Settings,
    limits: Limits,
    loaded: Option<ClaudeProxy>,
    liveness: types::Probe,
    /// No liveness probe was asked since the latest judgment.
    just_judged: bool,
    explain: Option<Explain>,
}

/// What only the embedding program knows of an end: that it is the one of a program that was not found.
pub type Explain = Box<dyn Fn(&Exit) -> Option<NotFound>>;

/// A program that was not found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotFound {
    /// Which program was searched for, and where.
    pub detail: String,
    /// A better next step than the component's.
    pub next: Option<String>,
}

impl ComponentPolicy {
    /// A health policy that begins with a loaded component.
    /// `explain` is asked first why a process ended.
    ///
    /// # Errors
    /// As any call of the component.
    pub fn new(
        mut component: ClaudeProxy,
        settings: types::Settings,
        limits: Limits,
        explain: Option<Explain>,
    ) -> Result<Self, CallError> {
        Ok(Self {
            settings,
            limits,
            liveness: component.liveness()?,
            loaded: Some(component),
            just_judged: true,
            explain,
        })
    }

    fn ask<R>(
        &mut self,
        question: impl FnOnce(&mut ClaudeProxy, &types::Settings) -> Result<R, CallError>,
    ) -> Result<R, CallError> {
        let proxy = match &mut self.loaded {
            Some(proxy) => proxy,
            none => none.insert(ClaudeProxy::load(self.limits)?),
        };
        question(proxy, &self.settings)
    }

    fn judge_owner(
        &mut self,
        owner: &health::ListenerOwner,
        seen: &[types::Observation],
    ) -> ControlFlow<Judged, Vec<types::Probe>> {
        let judgment = self.ask(|proxy, settings| proxy.judge(settings, owner, seen));
        match judgment {
            Ok(health::Judgment::Ask(probes)) => ControlFlow::Continue(probes),
            Ok(health::Judgment::Judged(verdict)) => {
                if verdict.readiness == health::Readiness::Ready {
                    self.loaded = None;
                }
                self.just_judged = true;
                ControlFlow::Break(Judged(verdict))
            }
            Err(why) => ControlFlow::Break(self.unjudged(&why)),
        }
    }

    /// What cannot be judged is not used.
    fn unjudged(&mut self, why: &CallError) -> Judged {
        self.loaded = None;
        let detail = format!("The answers could not be judged: {why}.");
        Judged(unusable(
            COMPONENT_FAILED,
            detail,
            Some(REINSTALL.to_owned()),
        ))
    }

    fn diagnosed(&mut self, answer: Result<health::Diagnosis, CallError>) -> Diagnosis {
        // Where another start follows, its judgment does too, and soon.
        if !matches!(&answer, Ok(diagnosis) if diagnosis.retry) {
            self.loaded = None;
        }
        match answer {
            Ok(diagnosis) => Diagnosis {
                code: diagnosis.code,
                reason: diagnosis.reason,
                next: diagnosis.next,
                retry: diagnosis.retry,
            },
            Err(why) => Diagnosis {
                code: COMPONENT_FAILED.to_owned(),
                reason: format!("It ended, and the reason could not be judged: {why}."),
                next: Some(REINSTALL.to_owned()),
                retry: true,
            },
        }
    }
}

const COMPONENT_FAILED: &str = "component-failed";
const REINSTALL: &str = "Install the plugin again; if it stays so, report it.";

/// A judgment of which nothing is known but that it is bad.
fn unusable(code: &str, detail: String, next: Option<String>) -> health::Verdict {
    health::Verdict {
        readiness: health::Readiness::Unhealthy,
        code: code.to_owned(),
        detail,
        next,
        command: None,
        name: None,
        version: None,
        login: types::Login::Unknown,
        key: health::KeyCheck::Unchecked,
        own_tools: None,
    }
}

/// A judgment as the supervisor carries it.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged(pub health::Verdict);

impl serde::Serialize for Judged {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let verdict = &self.0;
        json!({
            "readiness": case::name(verdict.readiness),
            "code": verdict.code,
            "detail": verdict.detail,
            "next": verdict.next,
            "name": verdict.name,
            "version": verdict.version,
            "login": case::name(verdict.login),
            "key": case::name(verdict.key),
        })
        .serialize(serializer)
    }
}

impl Verdict for Judged {
    fn usability(&self) -> Usability {
        match self.0.readiness {
            health::Readiness::Ready => Usability::Usable,
            health::Readiness::Starting => Usability::Unclear,
            health::Readiness::Unhealthy | health::Readiness::Foreign => Usability::Unusable,
        }
    }

    fn detail(&self) -> &str {
        &self.0.detail
    }

    fn next(&self) -> Option<&str> {
        self.0.next.as_deref()
    }

    fn summary(latest: Option<&Self>) -> Map<String, Value> {
        let login = latest.map_or(types::Login::Unknown, |judged| judged.0.login);
        Map::from_iter([("login".to_owned(), json!(case::name(login)))])
    }
}

impl HealthPolicy for ComponentPolicy {
    type Probe = types::Probe;
    type Observation = types::Observation;
    type Verdict = Judged;

    fn request(probe: &types::Probe) -> Request<'_> {
        request(probe)
    }

    fn observe(probe: types::Probe, result: HttpResult, elapsed_ms: u32) -> types::Observation {
        observation(probe.id, result, elapsed_ms)
    }

    fn judge(
        &mut self,
        owned: Option<bool>,
        seen: &[types::Observation],
    ) -> ControlFlow<Judged, Vec<types::Probe>> {
        self.judge_owner(&listener_owner(owned), seen)
    }

    fn inconclusive(&self) -> Judged {
        let detail = "The probes are inconclusive.".to_owned();
        Judged(unusable("inconclusive", detail, None))
    }

    fn owner_unknown(&mut self) -> Judged {
        match self.judge_owner(&health::ListenerOwner::Stranger(None), &[]) {
            ControlFlow::Break(verdict) => verdict,
            ControlFlow::Continue(_) => self.inconclusive(),
        }
    }

    fn liveness(&mut self) -> types::Probe {
        if std::mem::take(&mut self.just_judged) {
            // From now on only this probe repeats; the code of the start may go.
            crate::memory::release_code_pages();
        }
        self.liveness.clone()
    }

    fn diagnose(&mut self, exit: &Exit) -> Diagnosis {
        if let Some(missing) = self.explain.as_ref().and_then(|explain| explain(exit)) {
            let answer = self.ask(|proxy, settings| {
                proxy.diagnose_spawn(settings, health::SpawnError::NotFound, &missing.detail)
            });
            let why = self.diagnosed(answer);
            return Diagnosis {
                reason: format!("{} ({})", why.reason.trim_end_matches('.'), missing.detail),
                next: missing.next.or(why.next),
                ..why
            };
        }
        let exit = health::Exit {
            code: exit.code,
            signal: exit.signal,
            ran_ms: exit.ran_ms,
            was_ready: exit.was_ready,
            output: exit.output.clone(),
        };
        let answer = self.ask(|proxy, settings| proxy.diagnose(settings, &exit));
        self.diagnosed(answer)
    }

    fn diagnose_spawn(&mut self, error: &io::Error) -> Diagnosis {
        let kind = match error.kind() {
            io::ErrorKind::NotFound => health::SpawnError::NotFound,
            io::ErrorKind::PermissionDenied => health::SpawnError::NotExecutable,
            _ => health::SpawnError::Other,
        };
        let detail = error.to_string();
        let answer = self.ask(|proxy, settings| proxy.diagnose_spawn(settings, kind, &detail));
        self.diagnosed(answer)
    }
}

/// What is known of the owner of a listener, for the component.
pub fn listener_owner(owned: Option<bool>) -> health::ListenerOwner {
    match owned {
        None => health::ListenerOwner::Unknown,
        Some(true) => health::ListenerOwner::Ours,
        Some(false) => health::ListenerOwner::Other,
    }
}

/// A probe of the component, for the supervisor's HTTP client.
pub fn request(probe: &types::Probe) -> Request<'_> {
    Request {
        path: &probe.path,
        headers: &probe.headers,
        body: None,
        with_key: probe.with_key,
        timeout_ms: probe.timeout_ms,
        max_body: probe.max_body,
    }
}

/// What the supervisor's HTTP client gave, as the component's observation. Neither the supervisor nor the interface knows of the
/// other; this is the only place where they meet.
pub fn observation(id: String, result: HttpResult, elapsed_ms: u32) -> types::Observation {
    let outcome = match result {
        Ok(reply) => types::Outcome::Response(types::Response {
            status: reply.status,
            headers: reply.headers,
            body: reply.body,
        }),
        Err(NoReply::Refused) => types::Outcome::Refused,
        Err(NoReply::TimedOut) => types::Outcome::TimedOut,
        Err(NoReply::NotHttp(text)) => types::Outcome::NotHttp(text),
        Err(NoReply::Tls) => types::Outcome::Tls,
        Err(NoReply::Failed(text)) => types::Outcome::Failed(text),
    };
    types::Observation {
        id,
        outcome,
        elapsed_ms,
    }
}
