//! Asks a proxy what the component wants to know.

use std::net::SocketAddr;

use claude_proxy_supervisor::{self as supervisor, Owner, Secret, http, port};

use super::failure::{CANNOT_TELL, Failure, Problem};
use crate::component::{ClaudeProxy, health, turn, types};
use crate::health_policy;

/// Most questions of one round.
const MOST_ROUNDS: usize = 8;

/// One address and how to ask there.
pub(super) struct Prober {
    address: SocketAddr,
    host: String,
    port: u16,
    key: Option<Secret>,
}

/// What a look at the proxy gave.
pub(super) struct Look {
    pub(super) verdict: health::Verdict,
    /// Longest answer, in milliseconds; `None` where nothing answered.
    pub(super) latency_ms: Option<u32>,
    pub(super) owner: Option<Owner>,
}

impl Prober {
    pub(super) fn new(host: &str, port: u16, key: Option<Secret>) -> Result<Self, Failure> {
        let listen = supervisor::resolve(host, port).map_err(|why| {
            Failure::new(
                CANNOT_TELL,
                why.to_string(),
                Problem {
                    code: "host-unknown".to_owned(),
                    path: "host".to_owned(),
                    found: format!("`{host}`"),
                    accepted: "an address, or a name that this machine can look up".to_owned(),
                    next: "Correct the name; for a proxy on this machine use 127.0.0.1.".to_owned(),
                },
            )
        })?;
        Ok(Self {
            address: port::reach(listen),
            host: host.to_owned(),
            port,
            key,
        })
    }

    /// Asks; a program of another user, or of which the kernel does not tell whose it is, is not shown the key.
    pub(super) fn ask(&self, probes: &[types::Probe]) -> Vec<types::Observation> {
        let shown = || may_see_key(self.is_local(), self.owner().as_ref());
        let key = self.key.as_ref().filter(|_| shown());
        probes
            .iter()
            .map(|probe| {
                let seen = http::fetch(
                    self.address,
                    &self.host,
                    &health_policy::question(probe),
                    key,
                );
                health_policy::observation(probe.id.clone(), seen.outcome, seen.elapsed_ms)
            })
            .collect()
    }

    /// Sends the requests of a turn, one by one; as with [`Prober::ask`], not every program is shown the key.
    pub(super) fn send(&self, question: &turn::Question) -> types::Observation {
        let key = self.key.as_ref();
        let key = key.filter(|_| may_see_key(self.is_local(), self.owner().as_ref()));
        let asked = http::Question {
            path: &question.path,
            headers: &question.headers,
            with_key: question.with_key,
            timeout_ms: question.timeout_ms,
            max_body: question.max_body,
        };
        let seen = http::send(self.address, &self.host, &asked, &question.body, key);
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
            let step = component
                .judge(settings, owned, &seen)
                .map_err(|why| Failure::component(CANNOT_TELL, &why, None))?;
            match step {
                health::Step::Ask(probes) => seen.extend(self.ask(&probes)),
                health::Step::Judged(mut verdict) => {
                    let owner = self.owner();
                    let answers = || {
                        let response = |one: &types::Observation| {
                            matches!(one.outcome, types::Outcome::Response(_))
                        };
                        seen.iter().any(response)
                    };
                    if let Some(owner) = owner.as_ref().filter(|owner| owner.stranger) {
                        self.distrust(owner, &mut verdict);
                    } else if self.key.is_some()
                        && answers()
                        && !may_see_key(self.is_local(), owner.as_ref())
                    {
                        // Without the key nothing that it answers shows that it is the one that is looked for.
                        verdict = health::Verdict {
                            readiness: health::Readiness::Foreign,
                            name: verdict.name,
                            version: verdict.version,
                            own_tools: verdict.own_tools,
                            ..health_policy::unnamed(&self.host, self.port)
                        };
                    }
                    let latency_ms = seen
                        .iter()
                        .filter(|one| matches!(one.outcome, types::Outcome::Response(_)))
                        .map(|one| one.elapsed_ms)
                        .max();
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
            Problem {
                code: "component-failed".to_owned(),
                path: "the component".to_owned(),
                found: format!("more than {MOST_ROUNDS} rounds of questions"),
                accepted: "a judgment".to_owned(),
                next: "Install the plugin again; if it stays so, report it.".to_owned(),
            },
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
        let unnamed = owner(None, false);
        for (local, owner, shown) in [
            (true, Some(&own), true),
            (true, Some(&root), true),
            (true, Some(&other), false),
            (true, Some(&unnamed), false),
            // Nobody listens, or the kernel does not tell.
            (true, None, false),
            (false, None, true),
        ] {
            assert_eq!(may_see_key(local, owner), shown, "{local} {owner:?}");
        }
    }
}
