//! Sends the component's probes to a proxy.

use std::net::SocketAddr;

use claude_proxy_supervisor::{self as supervisor, Owner, SecretString, http, port};

use super::failure::{Failure, UNKNOWN};
use crate::component::types::Problem;
use crate::component::{ClaudeProxy, health, turn, types};
use crate::health_policy;

const MAX_ROUNDS: usize = 8;

pub(super) struct Prober {
    connect_address: SocketAddr,
    address: String,
    port: u16,
    key: Option<SecretString>,
}

/// The verdict on what responds at the address.
pub(super) struct ProbeResult {
    pub(super) verdict: health::Verdict,
    /// Longest answer, in milliseconds; `None` where nothing answered.
    pub(super) latency_ms: Option<u32>,
    pub(super) owner: Option<Owner>,
}

impl Prober {
    pub(super) fn new(
        address: &str,
        port: u16,
        key: Option<SecretString>,
    ) -> Result<Self, Failure> {
        let listen = supervisor::resolve(address, port).map_err(|why| {
            Failure::new(
                UNKNOWN,
                why.to_string(),
                Problem::new(
                    "host-unknown",
                    "host",
                    format!("`{address}`"),
                    "an address, or a name that this machine can look up",
                    "Correct the name; for a proxy on this machine use 127.0.0.1.",
                ),
            )
        })?;
        Ok(Self {
            connect_address: port::connect_address(listen),
            address: address.to_owned(),
            port,
            key,
        })
    }

    /// The key, if the program that listens now may get it.
    fn permitted_key(&self) -> Option<&SecretString> {
        let key = self.key.as_ref();
        key.filter(|_| may_receive_key(self.is_local(), self.owner().as_ref()))
    }

    pub(super) fn observe(&self, probes: &[types::Probe]) -> Vec<types::Observation> {
        let key = self.permitted_key();
        let ask = |probe: &types::Probe| {
            let request = health_policy::request(probe);
            let seen = http::get(self.connect_address, &self.address, &request, key);
            health_policy::observation(probe.id.clone(), seen.result, seen.elapsed_ms)
        };
        probes.iter().map(ask).collect()
    }

    pub(super) fn post(&self, request: &turn::TurnRequest) -> types::Observation {
        let sent = health_policy::request(&request.probe);
        let key = self.permitted_key();
        let seen = http::post(
            self.connect_address,
            &self.address,
            &sent,
            &request.body,
            key,
        );
        health_policy::observation(request.probe.id.clone(), seen.result, seen.elapsed_ms)
    }

    fn is_local(&self) -> bool {
        port::is_local(self.connect_address.ip())
    }

    /// Who listens, as far as the kernel knows.
    pub(super) fn owner(&self) -> Option<Owner> {
        self.is_local()
            .then(|| port::holder(self.connect_address))
            .flatten()
    }

    /// Whatever a program of another user responds, it is not the proxy.
    fn distrust(&self, owner: &Owner, verdict: &mut health::Verdict) {
        let user = owner.user.as_deref().unwrap_or("unknown");
        verdict.readiness = health::Readiness::Foreign;
        verdict.code = "other-user".to_owned();
        verdict.detail = format!(
            "What answers on {}:{} belongs to another user ({user}); it was not shown the access key.",
            self.address, self.port
        );
        verdict.next = Some(format!(
            "Have that program stopped, or choose another port than {} (run the login again).",
            self.port
        ));
        verdict.command = None;
        verdict.login = types::Login::Unknown;
        verdict.key = health::KeyCheck::Unchecked;
    }

    /// Probes until the component has a verdict.
    pub(super) fn probe(
        &self,
        component: &mut ClaudeProxy,
        settings: &types::Settings,
        owned: Option<bool>,
    ) -> Result<ProbeResult, Failure> {
        let mut seen: Vec<types::Observation> = Vec::new();
        for _ in 0..MAX_ROUNDS {
            let judgment = component.judge(settings, owned, &seen)?;
            match judgment {
                health::Judgment::Ask(probes) => seen.extend(self.observe(&probes)),
                health::Judgment::Judged(mut verdict) => {
                    let owner = self.owner();
                    let answers = seen
                        .iter()
                        .filter(|one| matches!(one.outcome, types::Outcome::Response(_)));
                    let latency_ms = answers.map(|one| one.elapsed_ms).max();
                    if let Some(owner) = owner.as_ref().filter(|owner| owner.stranger) {
                        self.distrust(owner, &mut verdict);
                    } else if self.key.is_some()
                        && latency_ms.is_some()
                        && !may_receive_key(self.is_local(), owner.as_ref())
                    {
                        // Without the key no response shows that it is the proxy.
                        verdict = health::Verdict {
                            readiness: health::Readiness::Foreign,
                            name: verdict.name,
                            version: verdict.version,
                            own_tools: verdict.own_tools,
                            ..health_policy::owner_unknown(&self.address, self.port)
                        };
                    }
                    return Ok(ProbeResult {
                        verdict,
                        latency_ms,
                        owner,
                    });
                }
            }
        }
        Err(Failure::new(
            UNKNOWN,
            "the component asks without end",
            Problem::new(
                "component-failed",
                "the component",
                format!("more than {MAX_ROUNDS} rounds of probes"),
                "a judgment",
                "Install the plugin again; if it stays so, report it.",
            ),
        ))
    }
}

/// Whether the program that answers may be shown the access key. On another machine it is the one that the user named; on
/// this one the kernel must say that it is the user's own, or root's.
fn may_receive_key(local: bool, owner: Option<&Owner>) -> bool {
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
            // Nobody listens, or the owner is unknown.
            (true, None, false),
            (false, None, true),
        ] {
            assert_eq!(may_receive_key(local, owner), shown, "{local} {owner:?}");
        }
    }
}
