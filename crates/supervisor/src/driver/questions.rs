//! The port, the listener behind it, and what answers.

use super::Supervisor;
use crate::clock::Instant;
use crate::health::{HealthPolicy, Standing, Step, Verdict};
use crate::http::{Exchange, Outcome};
use crate::machine::{PortReport, Subject};
#[cfg(linux_calls)]
use crate::parent::Parent;
use crate::port::{self, Availability, Owner};
use crate::status::{Event, Status};
use crate::tree;

/// Steps that a round may take before it counts as inconclusive.
const MAX_STEPS: usize = 8;
/// Probes of one step.
const MAX_PROBES: usize = 8;
/// First pause between looks for the listener, in nanoseconds.
const LOOK_NS: u64 = 150_000;
/// Longest pause between looks for the listener, in nanoseconds.
const LOOK_MAX_NS: u64 = 50_000_000;
/// What a program says is told after it was waited for so long, in nanoseconds.
const FIRST_WORD_NS: u64 = 2_000_000_000;
/// And again after so long.
const NEXT_WORD_NS: u64 = 10_000_000_000;

/// The wait for the program to listen. Looks often at first and then every eighth of the time that has passed.
#[derive(Debug)]
pub(super) struct ListenerWatch {
    generation: u64,
    since: Instant,
    pub(super) due: Instant,
    /// When there is something to tell of what the program says.
    telling: Instant,
}

impl ListenerWatch {
    pub(super) fn new(generation: u64, now: Instant) -> Self {
        Self {
            generation,
            since: now,
            due: now.plus_ns(LOOK_NS),
            telling: now.plus_ns(FIRST_WORD_NS),
        }
    }

    /// The program said something: it has often just begun to listen. Whether that is worth telling.
    pub(super) fn said(&mut self, now: Instant) -> bool {
        self.due = now;
        let tell = self.telling <= now;
        if tell {
            self.telling = now.plus_ns(NEXT_WORD_NS);
        }
        tell
    }
}

/// One round of questions.
pub(super) struct Round<O: HealthPolicy> {
    number: u64,
    subject: Subject,
    steps: usize,
    seen: Vec<O::Observation>,
    open: Vec<(O::Probe, Exchange)>,
    /// A question that should have been asked with the access key was not.
    unasked: bool,
    /// Something answered, or may be there and silent.
    found: bool,
    /// How long the latest answer took, in milliseconds.
    latency_ms: Option<u32>,
}

impl<O: HealthPolicy> Round<O> {
    pub(super) fn exchanges(&self) -> impl Iterator<Item = &Exchange> {
        self.open.iter().map(|(_, exchange)| exchange)
    }
}

/// Whose the listener is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Listening {
    Nobody,
    /// A process of ours.
    Ours,
    /// Known not to be ours.
    Foreign,
    /// Somebody's; the kernel does not tell.
    Unknown,
}

impl<O, F> Supervisor<O, F>
where
    O: HealthPolicy,
    F: FnMut(&Event<O::Verdict>, &Status<O::Verdict>),
{
    /// Whether the answering program may be shown the access key: who has seen it can use the service from then on. Only
    /// one that the kernel names may, or one on another machine, which the user has named.
    fn may_see_key(&self, subject: Subject, owned: Option<bool>) -> bool {
        match (subject, &self.holder) {
            (Subject::Child(_), _) => owned == Some(true),
            (Subject::Holder, Some(holder)) => match holder.same_user {
                Some(true) => true,
                Some(false) => self.spec.argv.is_empty() && !holder.stranger,
                None => false,
            },
            (Subject::Holder, None) => self.elsewhere,
        }
    }

    /// Asks for a sign of life.
    pub(super) fn ask_liveness(&mut self, number: u64, subject: Subject) {
        let probe = self.policy.liveness();
        let question = O::question(&probe);
        let shown = question.with_key && {
            let owned = self.owned(subject, false);
            self.may_see_key(subject, owned)
        };
        let key = self.spec.access_key.as_ref().filter(|_| shown);
        let host = &self.spec.host;
        let idle = self.idle.take();
        let exchange = Exchange::resume(self.reach, host, &question, key, idle);
        self.liveness = Some((number, exchange));
    }

    /// Without a program of our own there is nothing to mistake a holder for, unless it is another user's.
    fn is_adopted(&self, holder: Option<&Owner>) -> bool {
        self.spec.argv.is_empty() && holder.is_none_or(|holder| !holder.stranger)
    }

    pub(super) fn check_port(&mut self, check: u64) {
        let attach_only = self.spec.argv.is_empty();
        let mut availability = port::availability(self.listen);
        if availability == Availability::Held && self.remove_orphan() {
            availability = port::availability(self.listen);
        }
        // What runs elsewhere is asked, not looked up. So is what may have a port of ours that is reserved.
        let is_asked = attach_only && matches!(availability, Availability::Unusable(_));
        self.elsewhere = is_asked && !port::is_local(self.listen.ip());
        let mut ended = None;
        let report = match availability {
            Availability::Unusable(_) if attach_only => PortReport::Elsewhere,
            Availability::Free => PortReport::Free,
            Availability::Held => PortReport::Held,
            Availability::Unusable(detail) => {
                let diagnosis = self
                    .policy
                    .diagnose_spawn(crate::health::SpawnErrorKind::Other, &detail);
                let retry = diagnosis.retry;
                ended = Some(self.remember(None, None, diagnosis));
                PortReport::Unusable { retry }
            }
        };
        match report {
            PortReport::Held | PortReport::Elsewhere if !self.elsewhere => {
                let holder = port::holder_unless(self.reach, self.holder.as_ref());
                if self.holder != holder || self.holder_fd.is_none() {
                    let pid = holder.as_ref().and_then(|holder| holder.pid);
                    self.holder_fd = pid.and_then(|pid| super::process::watch(pid).ok());
                }
                self.holder = holder;
            }
            PortReport::Free
            | PortReport::Held
            | PortReport::Elsewhere
            | PortReport::Unusable { .. } => self.forget_holder(),
        }
        self.machine.handle_port(Instant::now().ms(), check, report);
        if let Some(exit) = ended {
            self.emit(Event::Exited(exit));
        }
    }

    pub(super) fn forget_holder(&mut self) {
        self.holder = None;
        self.holder_fd = None;
    }

    /// Removes what an earlier supervisor of this place left on the port, if it is that.
    fn remove_orphan(&mut self) -> bool {
        #[cfg(linux_calls)]
        if let Some((name, value)) = self.spec.mark.as_ref().filter(|_| self.control.is_some()) {
            let variable = format!("{name}={value}").into_bytes();
            let host = self.parent.as_ref().map(Parent::pid);
            let holder = port::holder_unless(self.reach, self.holder.as_ref());
            let marked = tree::Marked::new(variable, host);
            if let Some(pid) = holder
                .and_then(|holder| holder.pid)
                .filter(|pid| marked.left(*pid))
            {
                self.warn(format!(
                    "process {pid} was left by an earlier supervisor and is removed"
                ));
                marked.kill();
                return true;
            }
        }
        false
    }

    /// Whose process listens where the service should: of ours those are known that stayed in the group of the program.
    #[cfg(not(linux_calls))]
    fn listening(&mut self) -> Listening {
        let Some(child) = &self.child else {
            return Listening::Nobody;
        };
        // Cheaper than a look into every process.
        if crate::http::connect(self.reach).is_err() {
            return Listening::Nobody;
        }
        let all = port::visible(self.reach);
        if all.iter().any(|one| !tree::in_group(one.pid, child.pid)) {
            return Listening::Foreign;
        }
        match all.iter().find(|one| one.exact) {
            Some(one) => {
                self.listener = Some((one.pid, 0));
                Listening::Ours
            }
            None => Listening::Unknown,
        }
    }

    /// Whose process listens where the service should.
    #[cfg(linux_calls)]
    fn listening(&mut self) -> Listening {
        let Some(child) = &self.child else {
            return Listening::Nobody;
        };
        let Some(listeners) = port::listeners(self.reach) else {
            return match crate::http::connect(self.reach) {
                Ok(_) => Listening::Unknown,
                Err(_) => Listening::Nobody,
            };
        };
        let own = rustix::process::geteuid().as_raw();
        let mut result = Listening::Nobody;
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
                    if result == Listening::Nobody {
                        result = Listening::Ours;
                    }
                }
                // One listener that is not ours is enough: connections may reach it. Of another user's processes the
                // descriptors are hidden, but not whose the socket is.
                None if listener.uid != own
                    || port::owner_among(tree::all(), listener.inode).is_some() =>
                {
                    return Listening::Foreign;
                }
                None => result = Listening::Unknown,
            }
        }
        result
    }

    pub(super) fn look_for_listener(&mut self, now: Instant) {
        let Some(generation) = self.await_listener.as_ref().map(|watch| watch.generation) else {
            return;
        };
        let child = self.child.as_ref();
        if child.is_none_or(|child| child.generation != generation) {
            self.await_listener = None;
            return;
        }
        match self.listening() {
            Listening::Nobody => {
                if let Some(watch) = &mut self.await_listener {
                    let pause = (now.since_ns(watch.since) / 8).clamp(LOOK_NS, LOOK_MAX_NS);
                    watch.due = Instant::now().plus_ns(pause);
                }
            }
            found => {
                self.await_listener = None;
                let owned = found != Listening::Foreign;
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
            seen: Vec::new(),
            open: Vec::new(),
            unasked: false,
            found: false,
            latency_ms: None,
        });
        self.judge();
    }

    fn owned(&mut self, subject: Subject, first: bool) -> Option<bool> {
        match subject {
            // Just seen. What counts is the look after the answers.
            Subject::Child(_) if first && self.listener.is_some() => Some(true),
            Subject::Holder => Some(false),
            Subject::Child(_) => match self.listening() {
                Listening::Ours => Some(true),
                Listening::Foreign => Some(false),
                Listening::Nobody | Listening::Unknown => None,
            },
        }
    }

    /// The next step of the round, with everything that was asked answered.
    fn judge(&mut self) {
        let Some(mut round) = self.round.take() else {
            return;
        };
        let owned = self.owned(round.subject, round.steps == 0);
        round.steps += 1;
        match self.policy.judge(owned, &round.seen) {
            Step::Ask(probes) if !probes.is_empty() && round.steps < MAX_STEPS => {
                // Looked at now, and not only when it was seen to listen.
                let owned = match round.subject {
                    Subject::Child(_) if probes.iter().any(|one| O::question(one).with_key) => {
                        self.owned(round.subject, false)
                    }
                    Subject::Child(_) | Subject::Holder => owned,
                };
                let may_see_key = self.may_see_key(round.subject, owned);
                let host = &self.spec.host;
                for probe in probes.into_iter().take(MAX_PROBES) {
                    let question = O::question(&probe);
                    if question.with_key && !may_see_key {
                        round.unasked = true;
                        let why = "the key is not shown to a program that is not ours";
                        let outcome = Outcome::Failed(why.to_owned());
                        round.seen.push(O::observe(probe, outcome, 0));
                        round.latency_ms = Some(0);
                    } else {
                        let key = self.spec.access_key.as_ref();
                        let exchange = Exchange::start(self.reach, host, &question, key);
                        round.open.push((probe, exchange));
                    }
                }
                let answered = round.open.is_empty();
                self.round = Some(round);
                if answered {
                    self.judge();
                }
            }
            Step::Ask(_) => self.judged(&round, owned, self.policy.inconclusive()),
            Step::Judged(verdict) => self.judged(&round, owned, verdict),
        }
    }

    /// Whether a round for a server that somebody else runs found that there is none.
    fn is_absent(&self, round: &Round<O>) -> bool {
        self.spec.argv.is_empty()
            && round.subject == Subject::Holder
            && !round.seen.is_empty()
            && !round.unasked
            && !round.found
    }

    /// Whether the kernel does not tell whose the answering program is.
    fn is_unnamed(&self, subject: Subject, owned: Option<bool>) -> bool {
        self.spec.access_key.is_some()
            && match subject {
                Subject::Child(_) => owned != Some(false),
                Subject::Holder => {
                    let holder = self.holder.as_ref();
                    holder.and_then(|holder| holder.same_user).is_none() && !self.elsewhere
                }
            }
    }

    fn judged(&mut self, round: &Round<O>, owned: Option<bool>, verdict: O::Verdict) {
        if !self.machine.awaits_round(round.number) {
            return;
        }
        if self.is_absent(round) {
            self.forget_holder();
            self.machine
                .handle_absent(Instant::now().ms(), round.number);
            return;
        }
        // Without the key nothing that the program answers shows that it is the one.
        self.unnamed = round.unasked && self.is_unnamed(round.subject, owned);
        let verdict = if self.unnamed {
            self.policy.unnamed(&self.spec.host, self.spec.port)
        } else {
            verdict
        };
        self.latency_ms = round.latency_ms;
        let changed = self.verdict.as_ref() != Some(&verdict);
        let usable = !self.unnamed && verdict.standing() == Standing::Usable;
        let holder = self.holder.as_ref();
        let trusted = match round.subject {
            Subject::Child(_) => owned != Some(false),
            Subject::Holder => {
                holder.and_then(|holder| holder.same_user) == Some(true) || self.is_adopted(holder)
            }
        };
        self.verdict = Some(verdict.clone());
        self.machine
            .handle_verdict(Instant::now().ms(), round.number, usable, trusted);
        if changed {
            self.emit(Event::Verdict(verdict));
        }
    }

    /// Goes on with what is asked at the moment.
    pub(super) fn questions(&mut self) {
        if let Some(round) = &mut self.round {
            for (probe, mut exchange) in std::mem::take(&mut round.open) {
                let Some(seen) = exchange.advance() else {
                    round.open.push((probe, exchange));
                    continue;
                };
                round.found |= match seen.outcome {
                    Outcome::Refused | Outcome::Failed(_) => false,
                    // Here somebody listens and is silent; elsewhere there may be no machine at all.
                    Outcome::TimedOut => !self.elsewhere,
                    Outcome::Response(_) | Outcome::NotHttp(_) | Outcome::Tls => true,
                };
                round.latency_ms = Some(seen.elapsed_ms);
                let seen = O::observe(probe, seen.outcome, seen.elapsed_ms);
                round.seen.push(seen);
            }
            if round.open.is_empty() {
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
            let alive = matches!(seen.outcome, Outcome::Response(_));
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
