//! Sends the component's probes to a proxy.

use std::net::SocketAddr;

use claude_proxy_supervisor::http::{self, Request};
use claude_proxy_supervisor::{self as supervisor, Owner, SecretString, port};

use super::access_key;
use super::failure::{Failure, UNKNOWN};
use crate::component::types::Problem;
use crate::component::{ClaudeProxy, health, turn, types};
use crate::health_policy;
use crate::state::StateDir;

const MAX_ROUNDS: usize = 8;

pub(super) struct Prober {
    connect_address: SocketAddr,
    address: String,
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
    /// For the proxy of these settings, with its key where there is one.
    pub(super) fn of(settings: &types::Settings, state: &StateDir) -> Result<Self, Failure> {
        let key = access_key::in_use(settings, settings.port, state, UNKNOWN)?;
        let key = key.map(|(key, _)| key);
        Self::new(&settings.listen_address, settings.port, key)
    }

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
            key,
        })
    }

    /// The key, if the program that listens now may get it.
    fn permitted_key(&self) -> Option<&SecretString> {
        let key = self.key.as_ref();
        key.filter(|_| port::may_receive_key(self.is_local(), self.owner().as_ref()))
    }

    pub(super) fn observe(&self, probes: &[types::Probe]) -> Vec<types::Observation> {
        let key = self.permitted_key();
        let ask = |probe: &types::Probe| {
            let request = health_policy::request(probe);
            self.send(&probe.id, &request, key)
        };
        probes.iter().map(ask).collect()
    }

    pub(super) fn post(&self, request: &turn::TurnRequest) -> types::Observation {
        let sent = Request {
            body: Some(&request.body),
            ..health_policy::request(&request.probe)
        };
        self.send(&request.probe.id, &sent, self.permitted_key())
    }

    fn send(
        &self,
        id: &str,
        request: &Request<'_>,
        key: Option<&SecretString>,
    ) -> types::Observation {
        let seen = http::send(self.connect_address, &self.address, request, key);
        health_policy::observation(id.to_owned(), seen.result, seen.elapsed_ms)
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

    /// Probes until the component has a verdict.
    pub(super) fn probe(
        &self,
        component: &mut ClaudeProxy,
        settings: &types::Settings,
        owned: Option<bool>,
    ) -> Result<ProbeResult, Failure> {
        let owner = health_policy::listener_owner(owned);
        let mut seen: Vec<types::Observation> = Vec::new();
        let mut verdict = None;
        for _ in 0..MAX_ROUNDS {
            match component.judge(settings, &owner, &seen)? {
                health::Judgment::Ask(probes) => seen.extend(self.observe(&probes)),
                health::Judgment::Judged(judged) => {
                    verdict = Some(judged);
                    break;
                }
            }
        }
        let mut verdict = verdict.ok_or_else(endless)?;
        let answers = seen
            .iter()
            .filter(|one| matches!(one.outcome, types::Outcome::Response(_)));
        let latency_ms = answers.map(|one| one.elapsed_ms).max();
        let holder = self.owner();
        let stranger = match &holder {
            Some(holder) if holder.stranger => Some(holder.user.clone()),
            holder => {
                let is_kept = self.key.is_some() && latency_ms.is_some();
                (is_kept && !port::may_receive_key(self.is_local(), holder.as_ref()))
                    .then_some(None)
            }
        };
        if let Some(user) = stranger {
            let owner = health::ListenerOwner::Stranger(user);
            let health::Judgment::Judged(judged) = component.judge(settings, &owner, &[])? else {
                return Err(endless());
            };
            // What it says it is, it is not believed for more.
            verdict = health::Verdict {
                name: verdict.name,
                version: verdict.version,
                own_tools: verdict.own_tools,
                ..judged
            };
        }
        Ok(ProbeResult {
            verdict,
            latency_ms,
            owner: holder,
        })
    }
}

fn endless() -> Failure {
    Failure::new(
        UNKNOWN,
        "the component asks without end",
        Problem::new(
            "component-failed",
            "the component",
            format!("more than {MAX_ROUNDS} rounds of probes"),
            "a judgment",
            "Install the plugin again; if it stays so, report it.",
        ),
    )
}
