//! The component as the supervisor's health policy.
//!
//! It is loaded when something has to be judged and dropped when the proxy is ready: from then on a supervisor costs no
//! more memory than one that knows nothing.

use claude_proxy_supervisor as supervisor;
use supervisor::{
    Diagnosis, ExitInfo, HealthPolicy, Observation, Probe, SpawnErrorKind, Step, Verdict,
};

use crate::component::{ClaudeProxy, Error, Limits, health, types};

/// Judges for one proxy with given settings.
pub struct ComponentPolicy {
    settings: types::Settings,
    limits: Limits,
    loaded: Option<ClaudeProxy>,
    liveness: Option<Probe>,
    /// The latest judgment was "ready", and no process ended since.
    settled: bool,
}

impl ComponentPolicy {
    /// A health policy that loads the component when it is first asked.
    pub fn new(settings: types::Settings, limits: Limits) -> Self {
        Self {
            settings,
            limits,
            loaded: None,
            liveness: None,
            settled: false,
        }
    }

    /// A health policy that begins with a component that is there already.
    pub fn with_loaded(
        mut component: ClaudeProxy,
        settings: types::Settings,
        limits: Limits,
    ) -> Self {
        let liveness = component.liveness().ok().map(|asked| probe(&asked));
        Self {
            loaded: Some(component),
            liveness,
            ..Self::new(settings, limits)
        }
    }

    fn ask<R>(
        &mut self,
        question: impl FnOnce(&mut ClaudeProxy, &types::Settings) -> Result<R, Error>,
    ) -> Result<R, Error> {
        let proxy = match &mut self.loaded {
            Some(proxy) => proxy,
            none => none.insert(ClaudeProxy::load(self.limits)?),
        };
        question(proxy, &self.settings)
    }

    fn diagnosis(&mut self, answer: Result<health::Diagnosis, Error>) -> Diagnosis {
        self.settled = false;
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

/// The next step where the system does not tell whose the program on the port is.
pub fn next_if_unnamed() -> String {
    let first = if cfg!(target_os = "linux") {
        "Let this process ask the kernel (`sock_diag`, which some sandboxes forbid), or set"
    } else {
        "This system does not tell it: set"
    };
    format!(
        "{first} plugins.entries.anthropic-claude-proxy.config.accessKey to \"off\" and run the login again; then any local program can use the proxy."
    )
}

impl HealthPolicy for ComponentPolicy {
    fn judge(&mut self, owned: Option<bool>, seen: &[Observation]) -> Step {
        let seen: Vec<types::Observation> = seen.iter().map(observation).collect();
        let step = self.ask(|proxy, settings| proxy.judge(settings, owned, &seen));
        match step {
            Ok(health::Step::Ask(probes)) => Step::Ask(probes.iter().map(probe).collect()),
            Ok(health::Step::Judged(judged)) => {
                let ready = judged.readiness == health::Readiness::Ready;
                if ready {
                    self.loaded = None;
                }
                if ready && self.settled {
                    // Not in the way of a proxy that has just become ready.
                    crate::memory::forget_code();
                }
                self.settled = ready;
                Step::Judged(verdict(judged))
            }
            Err(why) => {
                self.loaded = None;
                // What cannot be judged is not used.
                Step::Judged(Verdict {
                    readiness: supervisor::Readiness::Unhealthy,
                    code: COMPONENT_FAILED.to_owned(),
                    detail: format!("The answers could not be judged: {why}."),
                    next: Some(REINSTALL.to_owned()),
                    name: None,
                    version: None,
                    login: supervisor::Login::Unknown,
                    key: supervisor::KeyCheck::Unchecked,
                })
            }
        }
    }

    fn liveness(&mut self) -> Probe {
        if let Some(known) = &self.liveness {
            return known.clone();
        }
        match self.ask(|proxy, _| proxy.liveness()) {
            Ok(asked) => self.liveness.insert(probe(&asked)).clone(),
            // Any answer to any question shows life.
            Err(_) => Probe {
                id: "liveness".to_owned(),
                path: "/".to_owned(),
                headers: Vec::new(),
                with_key: false,
                timeout_ms: 2_000,
                max_body: 4_096,
            },
        }
    }

    fn diagnose(&mut self, exit: &ExitInfo) -> Diagnosis {
        let exit = health::Exit {
            code: exit.code,
            signal: exit.signal,
            ran_ms: exit.ran_ms,
            was_ready: exit.was_ready,
            output: exit.output.clone(),
        };
        let answer = self.ask(|proxy, settings| proxy.diagnose(settings, &exit));
        self.diagnosis(answer)
    }

    fn diagnose_spawn(&mut self, kind: SpawnErrorKind, detail: &str) -> Diagnosis {
        let answer =
            self.ask(|proxy, settings| proxy.diagnose_spawn(settings, spawn_error(kind), detail));
        self.diagnosis(answer)
    }

    fn next_if_unnamed(&self) -> Option<String> {
        Some(next_if_unnamed())
    }
}

fn spawn_error(kind: SpawnErrorKind) -> health::SpawnError {
    match kind {
        SpawnErrorKind::NotFound => health::SpawnError::NotFound,
        SpawnErrorKind::NotExecutable => health::SpawnError::NotExecutable,
        SpawnErrorKind::Other => health::SpawnError::Other,
    }
}

/// A probe of the component, for the supervisor's HTTP client.
pub fn probe(probe: &types::Probe) -> Probe {
    Probe {
        id: probe.id.clone(),
        path: probe.path.clone(),
        headers: probe.headers.clone(),
        with_key: probe.with_key,
        timeout_ms: probe.timeout_ms,
        max_body: probe.max_body,
    }
}

/// What the supervisor's HTTP client saw, for the component.
pub fn observation(seen: &Observation) -> types::Observation {
    use supervisor::Outcome;
    types::Observation {
        id: seen.id.clone(),
        outcome: match &seen.outcome {
            Outcome::Response(response) => types::Outcome::Response(types::Response {
                status: response.status,
                headers: response.headers.clone(),
                body: response.body.clone(),
            }),
            Outcome::Refused => types::Outcome::Refused,
            Outcome::TimedOut => types::Outcome::TimedOut,
            Outcome::NotHttp(text) => types::Outcome::NotHttp(text.clone()),
            Outcome::Tls => types::Outcome::Tls,
            Outcome::Failed(text) => types::Outcome::Failed(text.clone()),
        },
        elapsed_ms: seen.elapsed_ms,
    }
}

fn verdict(verdict: health::Verdict) -> Verdict {
    Verdict {
        readiness: match verdict.readiness {
            health::Readiness::Ready => supervisor::Readiness::Ready,
            health::Readiness::Starting => supervisor::Readiness::Starting,
            health::Readiness::Unhealthy => supervisor::Readiness::Unhealthy,
            health::Readiness::Foreign => supervisor::Readiness::Foreign,
        },
        code: verdict.code,
        detail: verdict.detail,
        next: verdict.next,
        name: verdict.name,
        version: verdict.version,
        login: match verdict.login {
            types::Login::Claimed => supervisor::Login::Claimed,
            types::Login::None => supervisor::Login::None,
            types::Login::Unknown => supervisor::Login::Unknown,
        },
        key: match verdict.key {
            health::KeyCheck::Enforced => supervisor::KeyCheck::Enforced,
            health::KeyCheck::NotEnforced => supervisor::KeyCheck::NotEnforced,
            health::KeyCheck::Rejected => supervisor::KeyCheck::Rejected,
            health::KeyCheck::Unchecked => supervisor::KeyCheck::Unchecked,
        },
    }
}
