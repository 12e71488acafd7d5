//! The component as the supervisor's health policy.
//!
//! It is loaded when something has to be judged and dropped when the proxy is ready: from then on a supervisor costs no
//! more memory than one that knows nothing.

use std::io;
use std::ops::ControlFlow;

use claude_proxy_supervisor::http::{HttpResult, NoReply, Request};
use claude_proxy_supervisor::{ExitInfo, ExitReason, HealthPolicy, Standing, Verdict};
use serde_json::{Map, Value, json};

use crate::component::{CallError, ClaudeProxy, Limits, case, health, types};

/// Judges for one proxy with given settings.
pub struct ComponentPolicy {
    settings: types::Settings,
    limits: Limits,
    loaded: Option<ClaudeProxy>,
    liveness: Option<types::Probe>,
    /// No liveness probe was asked since the latest judgment.
    just_judged: bool,
    explain: Option<Explain>,
}

/// What only the embedding program knows of an end: that it is the one of a program that was not found.
pub type Explain = Box<dyn Fn(&ExitInfo) -> Option<NotFound>>;

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
    pub fn new(
        mut component: ClaudeProxy,
        settings: types::Settings,
        limits: Limits,
        explain: Option<Explain>,
    ) -> Self {
        let liveness = component.liveness().ok();
        Self {
            settings,
            limits,
            loaded: Some(component),
            liveness,
            just_judged: true,
            explain,
        }
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

    fn exit_reason(&mut self, answer: Result<health::Diagnosis, CallError>) -> ExitReason {
        // Where another start follows, its judgment does too, and soon.
        if !matches!(&answer, Ok(diagnosis) if diagnosis.retry) {
            self.loaded = None;
        }
        match answer {
            Ok(diagnosis) => ExitReason {
                diagnosis: diagnosis.code,
                reason: diagnosis.reason,
                next: diagnosis.next,
                retry: diagnosis.retry,
            },
            Err(why) => ExitReason {
                diagnosis: COMPONENT_FAILED.to_owned(),
                reason: format!("It ended, and the reason could not be judged: {why}."),
                next: Some(REINSTALL.to_owned()),
                retry: true,
            },
        }
    }
}

const COMPONENT_FAILED: &str = "component-failed";
const REINSTALL: &str = "Install the plugin again; if it stays so, report it.";

/// The next step where the owner of the program on the port is unknown.
fn next_if_owner_unknown() -> String {
    let first = if cfg!(target_os = "linux") {
        "Let this process ask the kernel (`sock_diag`, which some sandboxes forbid), or set"
    } else {
        "This system does not tell it: set"
    };
    format!(
        "{first} plugins.entries.anthropic-claude-proxy.config.accessKey to \"off\" and run the login again; then any local program can use the proxy."
    )
}

/// The verdict on a program that did not get the access key, since its owner is unknown.
pub fn owner_unknown(address: &str, port: u16) -> health::Verdict {
    let detail = format!(
        "The system does not tell whose program answers on {address}:{port}, so it was not shown the access key."
    );
    unusable("owner-unknown", detail, Some(next_if_owner_unknown()))
}

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
    fn standing(&self) -> Standing {
        match self.0.readiness {
            health::Readiness::Ready => Standing::Usable,
            health::Readiness::Starting => Standing::Unclear,
            health::Readiness::Unhealthy | health::Readiness::Foreign => Standing::Unusable,
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
        let judgment = self.ask(|proxy, settings| proxy.judge(settings, owned, seen));
        match judgment {
            Ok(health::Judgment::Ask(probes)) => ControlFlow::Continue(probes),
            Ok(health::Judgment::Judged(verdict)) => {
                if verdict.readiness == health::Readiness::Ready {
                    self.loaded = None;
                }
                self.just_judged = true;
                ControlFlow::Break(Judged(verdict))
            }
            Err(why) => {
                self.loaded = None;
                // What cannot be judged is not used.
                let detail = format!("The answers could not be judged: {why}.");
                let next = Some(REINSTALL.to_owned());
                ControlFlow::Break(Judged(unusable(COMPONENT_FAILED, detail, next)))
            }
        }
    }

    fn inconclusive(&self) -> Judged {
        let detail = "The probes are inconclusive.".to_owned();
        Judged(unusable("inconclusive", detail, None))
    }

    fn owner_unknown(&self, address: &str, port: u16) -> Judged {
        Judged(owner_unknown(address, port))
    }

    fn liveness(&mut self) -> types::Probe {
        if let Some(known) = &self.liveness {
            if std::mem::take(&mut self.just_judged) {
                // From now on only this probe repeats; the code of the start may go.
                crate::memory::release_code_pages();
            }
            return known.clone();
        }
        match self.ask(|proxy, _| proxy.liveness()) {
            Ok(asked) => self.liveness.insert(asked).clone(),
            // Any response to any probe shows that it is alive.
            Err(_) => types::Probe {
                id: "liveness".to_owned(),
                path: "/".to_owned(),
                headers: Vec::new(),
                with_key: false,
                timeout_ms: 2_000,
                max_body: 4_096,
            },
        }
    }

    fn diagnose(&mut self, exit: &ExitInfo) -> ExitReason {
        if let Some(missing) = self.explain.as_ref().and_then(|explain| explain(exit)) {
            let answer = self.ask(|proxy, settings| {
                proxy.diagnose_spawn(settings, health::SpawnError::NotFound, &missing.detail)
            });
            let why = self.exit_reason(answer);
            return ExitReason {
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
        self.exit_reason(answer)
    }

    fn diagnose_spawn(&mut self, error: &io::Error) -> ExitReason {
        let kind = match error.kind() {
            io::ErrorKind::NotFound => health::SpawnError::NotFound,
            io::ErrorKind::PermissionDenied => health::SpawnError::NotExecutable,
            _ => health::SpawnError::Other,
        };
        let detail = error.to_string();
        let answer = self.ask(|proxy, settings| proxy.diagnose_spawn(settings, kind, &detail));
        self.exit_reason(answer)
    }
}

/// A probe of the component, for the supervisor's HTTP client.
pub fn request(probe: &types::Probe) -> Request<'_> {
    Request {
        path: &probe.path,
        headers: &probe.headers,
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
