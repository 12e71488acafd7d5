//! Asks a proxy what the component wants to know.

use std::net::SocketAddr;

use claude_proxy_supervisor::{self as supervisor, Owner, SecretString, http, port};

use super::failure::{CANNOT_TELL, Failure};
use crate::component::types::Problem;
use crate::component::{ClaudeProxy, health, turn, types};
use crate::health_policy;

/// Most questions of one round.
const MOST_ROUNDS: usize = 8;

/// One address and how to ask there.
pub(super) struct Prober {
    address: SocketAddr,
    host: String,
    port: u16,
    key: Option<SecretString>,
}

/// What a look at the proxy gave.
pub(super) struct Look {
    pub(super) verdict: health::Verdict,
    /// Longest answer, in milliseconds; `None` where nothing answered.
    pub(super) latency_ms: Option<u32>,
    pub(super) owner: Option<Owner>,
}

impl Prober {
    pub(super) fn new(host: &str, port: u16, key: Option<SecretString>) -> Result<Self, Failure> {
        let listen = supervisor::resolve(host, port).map_err(|why| {
            Failure::new(
                CANNOT_TELL,
                why.to_string(),
                Problem::new(
                    "host-unknown",
                    "host",
                    format!("`{host}`"),
                    "an address, or a name that this machine can look up",
                    "Correct the name; for a proxy on this machine use 127.0.0.1.",
                ),
            )
        })?;
        Ok(Self {
            address: port::connect_address(listen),
            host: host.to_owned(),
            port,
            key,
        })
    }

    /// The key, for the program that listens now: one of another user, or of which the kernel does not tell whose it is, is not
    /// shown it.
    fn shown_key(&self) -> Option<&SecretString> {
        let key = self.key.as_ref();
        key.filter(|_| may_see_key(self.is_local(), self.owner().as_ref()))
    }

    /// Asks.
    pub(super) fn ask(&self, probes: &[types::Probe]) -> Vec<types::Observation> {
        let key = self.shown_key();
        let ask = |probe: &types::Probe| {
            let request = health_policy::request(probe);
            let seen = http::get(self.address, &self.host, &request, key);
            health_policy::observation(probe.id.clone(), seen.outcome, seen.elapsed_ms)
        };
        probes.iter().map(ask).collect()
    }

    /// Sends a request of a turn.
    pub(super) fn send(&self, question: &turn::Question) -> types::Observation {
        let request = http::Request {
            path: &question.path,
            headers: &question.headers,
            with_key: question.with_key,
            timeout_ms: question.timeout_ms,
            max_body: question.max_body,
        };
        let key = self.shown_key();
        let seen = http::post(self.address, &self.host, &request, &question.body, key);
        health_policy::observation(question.id.clone(), seen.outcome, seen.elapsed_ms)
    }

    fn is_local(&self) -> bool {
        port::is_local(self.address.ip())
    }

    /// Who listens, as far as the kernel says.
    pub(super) fn owner(&self) -> Option<Owner> {
        self.is_local()
            .then(|| port::holder(self.address))
            .flatten()
    }

    /// Whatever a program of another user answers, it is not what is looked for.
    fn distrust(&self, owner: &Owner, verdict: &mut health::Verdict) {
        let user = owner.user.as_deref().unwrap_or("unknown");
        verdict.readiness = health::Readiness::Foreign;
        verdict.code = "other-user".to_owned();
        verdict.detail = format!(
            "What answers on {}:{} belongs to another user ({user}); it was not shown the access key.",
            self.host, self.port
        );
        verdict.next = Some(format!(
            "Have that program stopped, or choose another port than {} (run the login again).",
            self.port
        ));
        verdict.command = None;
        verdict.login = types::Login::Unknown;
        verdict.key = health::KeyCheck::Unchecked;
    }

    /// Asks until the component can judge.
    pub(super) fn look(
        &self,
        component: &mut ClaudeProxy,
        settings: &types::Settings,
        owned: Option<bool>,
    ) -> Result<Look, Failure> {
        let mut seen: Vec<types::Observation> = Vec::new();
        for _ in 0..MOST_ROUNDS {
            let step = component.judge(settings, owned, &seen)?;
            match step {
                health::Step::Ask(probes) => seen.extend(self.ask(&probes)),
                health::Step::Judged(mut verdict) => {
                    let owner = self.owner();
                    let answers = seen
                        .iter()
                        .filter(|one| matches!(one.outcome, types::Outcome::Response(_)));
                    let latency_ms = answers.map(|one| one.elapsed_ms).max();
                    if let Some(owner) = owner.as_ref().filter(|owner| owner.stranger) {
                        self.distrust(owner, &mut verdict);
                    } else if self.key.is_some()
                        && latency_ms.is_some()
                        && !may_see_key(self.is_local(), owner.as_ref())
                    {
                        // Without the key nothing that it answers shows that it is the one that is looked for.
                        verdict = health::Verdict {
                            readiness: health::Readiness::Foreign,
                            name: verdict.name,
                            version: verdict.version,
                            own_tools: verdict.own_tools,
                            ..health_policy::owner_unknown(&self.host, self.port)
                        };
                    }
                    return Ok(Look {
                        verdict,
                        latency_ms,
                        owner,
                    });
                }
            }
        }
        Err(Failure::new(
            CANNOT_TELL,
            "the component asks without end",
            Problem::new(
                "component-failed",
                "the component",
                format!("more than {MOST_ROUNDS} rounds of questions"),
                "a judgment",
                "Install the plugin again; if it stays so, report it.",
            ),
        ))
    }
}

/// Whether the program that answers may be shown the access key. On another machine it is the one that the user named; on
/// this one the kernel must say that it is the user's own, or root's.
fn may_see_key(local: bool, owner: Option<&Owner>) -> bool {
    !local || owner.is_some_and(|owner| owner.same_user.is_some() && !owner.stranger)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_shown_to_nobody_whom_the_kernel_does_not_name() {
        let owner = |same_user, stranger| {
            let mut owner = Owner::default();
            owner.same_user = same_user;
            owner.stranger = stranger;
            owner
        };
        let own = owner(Some(true), false);
        let root = owner(Some(false), false);
        let other = owner(Some(false), true);
        let owner_unknown = owner(None, false);
        for (local, owner, shown) in [
            (true, Some(&own), true),
            (true, Some(&root), true),
            (true, Some(&other), false),
            (true, Some(&owner_unknown), false),
            // Nobody listens, or the kernel does not tell.
            (true, None, false),
            (false, None, true),
        ] {
            assert_eq!(may_see_key(local, owner), shown, "{local} {owner:?}");
        }
    }
}
