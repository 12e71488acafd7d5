//! Rounds of probes, which lead to a verdict, and liveness probes.

use super::Supervisor;
use super::listener::ListenerOwner;
use crate::clock::Instant;
use crate::health::{HealthPolicy, Usability, Verdict};
use crate::http::{Exchange, NoReply};
use crate::machine::Subject;
use crate::port::{self, Owner};
use crate::status::Event;
use std::ops::ControlFlow;

/// Steps that a round may take before it counts as inconclusive.
const MAX_STEPS: usize = 8;
/// Probes of one step.
const MAX_PROBES: usize = 8;
pub(super) struct Round<P: HealthPolicy> {
    number: u64,
    subject: Subject,
    steps: usize,
    observations: Vec<P::Observation>,
    in_flight: Vec<(P::Probe, Exchange)>,
    /// A probe that needs the access key was not sent.
    key_not_sent: bool,
    /// Something responded, or may be there and silent.
    found: bool,
    /// How long the latest answer took, in milliseconds.
    latency_ms: Option<u32>,
}

impl<P: HealthPolicy> Round<P> {
    pub(super) fn exchanges(&self) -> impl Iterator<Item = &Exchange> {
        self.in_flight.iter().map(|(_, exchange)| exchange)
    }
}

impl<P: HealthPolicy> Supervisor<P> {
    /// Whether the responding program may get the access key: our own may where the kernel names it. Where we start one, the
    /// administrator's may not, since it would not be used either.
    fn may_receive_key(&self, subject: Subject, owned: Option<bool>) -> bool {
        match subject {
            Subject::Child(_) => owned == Some(true),
            Subject::Holder => {
                let holder = self.holder.as_ref();
                let same_user = holder.and_then(|holder| holder.same_user);
                port::may_receive_key(!self.remote, holder)
                    && (self.remote || same_user == Some(true) || self.trusts_holder(holder))
            }
        }
    }

    pub(super) fn start_liveness(&mut self, number: u64, subject: Subject) {
        let probe = self.policy.liveness();
        let request = P::request(&probe);
        let shown = request.with_key && {
            let owned = self.owned(subject, false);
            self.may_receive_key(subject, owned)
        };
        let key = self.spec.access_key.as_ref().filter(|_| shown);
        let address = &self.spec.address;
        let idle = self.idle.take();
        let exchange = Exchange::resume(self.connect_address, address, &request, key, idle);
        self.liveness = Some((number, exchange));
    }

    /// Without a program of our own there is nothing to mistake a holder for, unless it is another user's.
    fn trusts_holder(&self, holder: Option<&Owner>) -> bool {
        self.spec.argv.is_empty() && holder.is_none_or(|holder| !holder.stranger)
    }

    pub(super) fn start_round(&mut self, number: u64, subject: Subject) {
        self.round = Some(Round {
            number,
            subject,
            steps: 0,
            observations: Vec::new(),
            in_flight: Vec::new(),
            key_not_sent: false,
            found: false,
            latency_ms: None,
        });
        self.judge();
    }

    fn owned(&mut self, subject: Subject, first: bool) -> Option<bool> {
        match subject {
            // Just checked. What counts is the check after the responses.
            Subject::Child(_) if first && self.listener.is_some() => Some(true),
            Subject::Holder => Some(false),
            Subject::Child(_) => match self.listening() {
                ListenerOwner::Ours => Some(true),
                ListenerOwner::Foreign => Some(false),
                ListenerOwner::Nobody | ListenerOwner::Unknown => None,
            },
        }
    }

    /// Judges the round, with everything that was asked answered.
    fn judge(&mut self) {
        let Some(mut round) = self.round.take() else {
            return;
        };
        let owned = self.owned(round.subject, round.steps == 0);
        round.steps += 1;
        match self.policy.judge(owned, &round.observations) {
            ControlFlow::Continue(probes) if !probes.is_empty() && round.steps < MAX_STEPS => {
                // Looked at now, and not only when it was seen to listen.
                let owned = match round.subject {
                    Subject::Child(_) if probes.iter().any(|one| P::request(one).with_key) => {
                        self.owned(round.subject, false)
                    }
                    Subject::Child(_) | Subject::Holder => owned,
                };
                let may_receive_key = self.may_receive_key(round.subject, owned);
                let address = &self.spec.address;
                for probe in probes.into_iter().take(MAX_PROBES) {
                    let request = P::request(&probe);
                    if request.with_key && !may_receive_key {
                        round.key_not_sent = true;
                        let why = "the key is not shown to a program that is not ours";
                        let result = Err(NoReply::Failed(why.to_owned()));
                        round.observations.push(P::observe(probe, result, 0));
                        round.latency_ms = Some(0);
                    } else {
                        let key = self.spec.access_key.as_ref();
                        let exchange =
                            Exchange::start(self.connect_address, address, &request, key);
                        round.in_flight.push((probe, exchange));
                    }
                }
                let answered = round.in_flight.is_empty();
                self.round = Some(round);
                if answered {
                    self.judge();
                }
            }
            ControlFlow::Continue(_) => self.judged(&round, owned, self.policy.inconclusive()),
            ControlFlow::Break(verdict) => self.judged(&round, owned, verdict),
        }
    }

    /// Whether a round in attach-only mode found no server.
    fn is_absent(&self, round: &Round<P>) -> bool {
        self.spec.argv.is_empty()
            && round.subject == Subject::Holder
            && !round.observations.is_empty()
            && !round.key_not_sent
            && !round.found
    }

    /// Whether the owner of the responding program is unknown.
    fn is_owner_unknown(&self, subject: Subject, owned: Option<bool>) -> bool {
        self.spec.access_key.is_some()
            && match subject {
                Subject::Child(_) => owned != Some(false),
                Subject::Holder => {
                    let holder = self.holder.as_ref();
                    holder.and_then(|holder| holder.same_user).is_none() && !self.remote
                }
            }
    }

    fn judged(&mut self, round: &Round<P>, owned: Option<bool>, verdict: P::Verdict) {
        if !self.machine.awaits_round(round.number) {
            return;
        }
        if self.is_absent(round) {
            self.clear_holder();
            self.machine
                .handle_absent(Instant::now().ms(), round.number);
            return;
        }
        // Without the key nothing that the program answers shows that it is the one.
        self.owner_unknown = round.key_not_sent && self.is_owner_unknown(round.subject, owned);
        let verdict = if self.owner_unknown {
            self.policy.owner_unknown()
        } else {
            verdict
        };
        self.latency_ms = round.latency_ms;
        let changed = self.verdict.as_ref() != Some(&verdict);
        let usable = !self.owner_unknown && verdict.usability() == Usability::Usable;
        let holder = self.holder.as_ref();
        let trusted = match round.subject {
            Subject::Child(_) => owned != Some(false),
            Subject::Holder => {
                holder.and_then(|holder| holder.same_user) == Some(true)
                    || self.trusts_holder(holder)
            }
        };
        self.verdict = Some(verdict.clone());
        self.machine
            .handle_verdict(Instant::now().ms(), round.number, usable, trusted);
        if changed {
            self.emit(Event::Verdict(verdict));
        }
    }

    pub(super) fn advance_probes(&mut self) {
        if let Some(round) = &mut self.round {
            for (probe, mut exchange) in std::mem::take(&mut round.in_flight) {
                let Some(seen) = exchange.advance() else {
                    round.in_flight.push((probe, exchange));
                    continue;
                };
                round.found |= match seen.result {
                    Err(NoReply::Refused) | Err(NoReply::Failed(_)) => false,
                    // On this machine something listens silently; a remote machine may not exist at all.
                    Err(NoReply::TimedOut) => !self.remote,
                    Ok(_) | Err(NoReply::NotHttp(_)) | Err(NoReply::Tls) => true,
                };
                round.latency_ms = Some(seen.elapsed_ms);
                let seen = P::observe(probe, seen.result, seen.elapsed_ms);
                round.observations.push(seen);
            }
            if round.in_flight.is_empty() {
                self.judge();
            }
        }
        if let Some((number, exchange)) = &mut self.liveness
            && let Some(seen) = exchange.advance()
        {
            let number = *number;
            self.idle = exchange.take_idle();
            self.liveness = None;
            self.latency_ms = Some(seen.elapsed_ms);
            let alive = seen.result.is_ok();
            self.machine
                .handle_liveness(Instant::now().ms(), number, alive);
        }
    }
}
