//! Port checks, the listener's owner, rounds and liveness probes.

use super::Supervisor;
use crate::clock::Instant;
use crate::health::{HealthPolicy, Standing, Verdict};
use crate::http::{Exchange, NoReply};
use crate::machine::{PortReport, Subject};
#[cfg(linux_calls)]
use crate::parent::Parent;
use crate::port::{self, Availability, Owner};
use crate::status::Event;
use crate::tree;
use std::io;
use std::ops::ControlFlow;

/// Steps that a round may take before it counts as inconclusive.
const MAX_STEPS: usize = 8;
/// Probes of one step.
const MAX_PROBES: usize = 8;
/// First interval between checks for the listener, in nanoseconds.
const FIRST_POLL_NS: u64 = 150_000;
/// Longest interval between checks for the listener, in nanoseconds.
const MAX_POLL_NS: u64 = 50_000_000;
/// Time until output of a starting program is reported as progress, in nanoseconds.
const FIRST_PROGRESS_NS: u64 = 2_000_000_000;
const NEXT_PROGRESS_NS: u64 = 10_000_000_000;

/// The wait for the program to listen. Checks often at first and then every eighth of the time that has passed.
#[derive(Debug)]
pub(super) struct ListenerWatch {
    generation: u64,
    since: Instant,
    pub(super) due: Instant,
    /// When output is reported as progress again.
    progress_due: Instant,
}

impl ListenerWatch {
    pub(super) fn new(generation: u64, now: Instant) -> Self {
        Self {
            generation,
            since: now,
            due: now.plus_ns(FIRST_POLL_NS),
            progress_due: now.plus_ns(FIRST_PROGRESS_NS),
        }
    }

    /// The program wrote output: it has often just begun to listen. Returns whether progress is due.
    pub(super) fn note_output(&mut self, now: Instant) -> bool {
        self.due = now;
        let is_due = self.progress_due <= now;
        if is_due {
            self.progress_due = now.plus_ns(NEXT_PROGRESS_NS);
        }
        is_due
    }
}

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

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ListenerOwner {
    Nobody,
    Ours,
    Foreign,
    /// Unknown: the kernel does not say.
    Unknown,
}

impl<P: HealthPolicy> Supervisor<P> {
    /// Whether the responding program may get the access key: our own may where the kernel names it.
    fn may_receive_key(&self, subject: Subject, owned: Option<bool>) -> bool {
        match subject {
            Subject::Child(_) => owned == Some(true),
            Subject::Holder => port::may_receive_key(!self.remote, self.holder.as_ref()),
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

    pub(super) fn check_port(&mut self, check: u64) {
        let attach_only = self.spec.argv.is_empty();
        let mut availability = port::availability(self.listen);
        if availability == Availability::Held && self.remove_orphan() {
            availability = port::availability(self.listen);
        }
        // A server on another machine is probed, not looked up in the kernel. So is one on a reserved port of this machine.
        let is_asked = attach_only && matches!(availability, Availability::Unusable(_));
        self.remote = is_asked && !port::is_local(self.listen.ip());
        let mut ended = None;
        let report = match availability {
            Availability::Unusable(_) if attach_only => PortReport::Remote,
            Availability::Free => PortReport::Free,
            Availability::Held => PortReport::Held,
            Availability::Unusable(detail) => {
                let why = self.policy.diagnose_spawn(&io::Error::other(detail));
                let retry = why.retry;
                ended = Some(self.record_exit(None, None, why));
                PortReport::Unusable { retry }
            }
        };
        match report {
            PortReport::Held | PortReport::Remote if !self.remote => {
                let holder = port::holder_or_known(self.connect_address, self.holder.as_ref());
                if self.holder != holder || self.holder_fd.is_none() {
                    let pid = holder.as_ref().and_then(|holder| holder.pid);
                    self.holder_fd = pid.and_then(|pid| super::process::watch(pid).ok());
                }
                self.holder = holder;
            }
            PortReport::Free
            | PortReport::Held
            | PortReport::Remote
            | PortReport::Unusable { .. } => self.clear_holder(),
        }
        self.machine.handle_port(Instant::now().ms(), check, report);
        if let Some(exit) = ended {
            self.emit(Event::Exited(exit));
        }
    }

    pub(super) fn clear_holder(&mut self) {
        self.holder = None;
        self.holder_fd = None;
    }

    /// Removes what an earlier supervisor of this place left on the port, if it is that.
    fn remove_orphan(&mut self) -> bool {
        #[cfg(linux_calls)]
        if let Some((name, value)) = self.spec.mark.as_ref().filter(|_| self.control.is_some()) {
            let variable = format!("{name}={value}").into_bytes();
            let host = self.parent.as_ref().map(Parent::pid);
            let holder = port::holder_or_known(self.connect_address, self.holder.as_ref());
            let leftovers = tree::Leftovers::new(variable, host);
            if let Some(pid) = holder
                .and_then(|holder| holder.pid)
                .filter(|pid| leftovers.contains(*pid))
            {
                self.warn(format!(
                    "process {pid} was left by an earlier supervisor and is removed"
                ));
                leftovers.kill();
                return true;
            }
        }
        false
    }

    /// Whose process listens where the service should: of ours those are known that stayed in the group of the program.
    #[cfg(not(linux_calls))]
    fn listening(&mut self) -> ListenerOwner {
        let Some(child) = &self.child else {
            return ListenerOwner::Nobody;
        };
        // Cheaper than searching every process.
        if crate::http::connect(self.connect_address).is_err() {
            return ListenerOwner::Nobody;
        }
        let all = port::visible_listeners(self.connect_address);
        if all.iter().any(|one| !tree::in_group(one.pid, child.pid)) {
            return ListenerOwner::Foreign;
        }
        match all.iter().find(|one| one.exact) {
            Some(one) => {
                self.listener = Some((one.pid, 0));
                ListenerOwner::Ours
            }
            None => ListenerOwner::Unknown,
        }
    }

    /// Whose process listens where the service should.
    #[cfg(linux_calls)]
    fn listening(&mut self) -> ListenerOwner {
        let Some(child) = &self.child else {
            return ListenerOwner::Nobody;
        };
        let Some(listeners) = port::listeners(self.connect_address) else {
            return match crate::http::connect(self.connect_address) {
                Ok(_) => ListenerOwner::Unknown,
                Err(_) => ListenerOwner::Nobody,
            };
        };
        let own = rustix::process::geteuid().as_raw();
        let mut result = ListenerOwner::Nobody;
        for listener in listeners {
            let known = self
                .listener
                .filter(|(_, inode)| *inode == listener.inode)
                .map(|(pid, _)| pid);
            let direct = [known, Some(child.pid)].into_iter().flatten();
            let pid = port::owner_among(direct, listener.inode).or_else(|| {
                port::owner_among(tree::descendants(std::process::id()), listener.inode)
            });
            match pid {
                Some(pid) => {
                    self.listener = Some((pid, listener.inode));
                    if result == ListenerOwner::Nobody {
                        result = ListenerOwner::Ours;
                    }
                }
                // One listener that is not ours is enough: connections may reach it. Of another user's processes the
                // descriptors are hidden, but not whose the socket is.
                None if listener.uid != own
                    || port::owner_among(tree::all_pids(), listener.inode).is_some() =>
                {
                    return ListenerOwner::Foreign;
                }
                None => result = ListenerOwner::Unknown,
            }
        }
        result
    }

    pub(super) fn poll_listener(&mut self, now: Instant) {
        let Some(generation) = self.await_listener.as_ref().map(|watch| watch.generation) else {
            return;
        };
        let child = self.child.as_ref();
        if child.is_none_or(|child| child.generation != generation) {
            self.await_listener = None;
            return;
        }
        match self.listening() {
            ListenerOwner::Nobody => {
                if let Some(watch) = &mut self.await_listener {
                    let pause = (now.since_ns(watch.since) / 8).clamp(FIRST_POLL_NS, MAX_POLL_NS);
                    watch.due = Instant::now().plus_ns(pause);
                }
            }
            found => {
                self.await_listener = None;
                let owned = found != ListenerOwner::Foreign;
                self.machine
                    .handle_listening(Instant::now().ms(), generation, owned);
            }
        }
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
        let usable = !self.owner_unknown && verdict.standing() == Standing::Usable;
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

    /// Who listens, for the status.
    pub(super) fn owner(&self) -> Option<Owner> {
        if let Some((pid, _)) = self.listener {
            return Some(Owner {
                pid: Some(pid),
                #[cfg(linux_calls)]
                command: tree::command_line(pid),
                #[cfg(linux_calls)]
                user: Some(tree::user_name(rustix::process::geteuid().as_raw())),
                ours: true,
                same_user: Some(true),
                ..Owner::default()
            });
        }
        self.holder.clone()
    }
}
