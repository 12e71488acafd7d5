//! The supervisor's decisions, without a clock, a process or a socket.
//!
//! Call order: a `handle_*` method with the time, then [`Machine::poll_action`] until it is empty, then sleep until
//! [`Machine::next_deadline`] or the next event. Every process has a generation and every question a number; an answer
//! that carries an old one changes nothing.

mod policy;
mod transitions;

pub use policy::{Policy, Rng};
pub use transitions::{Cause, State, TRANSITIONS, Transition, mermaid, next};

use crate::health::Readiness;
use std::collections::VecDeque;

/// A point in time: milliseconds since any fixed moment. The machine only compares and adds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Ms(pub u64);

impl Ms {
    /// Later by so many milliseconds.
    pub fn plus(self, ms: u64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// Milliseconds since `earlier`; 0 when it is later.
    pub fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// What is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Desired {
    /// The service should be there.
    Up,
    /// It should not.
    Down,
}

/// What a user may tell the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    /// It should be there.
    Start,
    /// It should not.
    Stop,
    /// It should be there, with a new process and a clean record. Leaves every state.
    Restart,
    /// It should not be there, and its grace period is cut to [`Policy::hurry_grace`].
    Abort,
}

/// What a look at the port showed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PortReport {
    /// Nobody holds it.
    Free,
    /// Somebody does.
    Held,
    /// It is not a port of this machine: only asking tells whether somebody is there.
    Elsewhere,
    /// The address cannot be listened on; whether another try can help.
    Unusable {
        /// Whether another try can help.
        retry: bool,
    },
}

/// Which process a round or a liveness probe is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// Our process of this generation.
    Child(u64),
    /// Whoever holds the port.
    Holder,
}

/// What is to be done. Each is done once, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Look at the port; answer with [`Machine::handle_port`].
    CheckPort {
        /// Number of the question.
        check: u64,
    },
    /// Start the program; answer with [`Machine::handle_spawned`] or [`Machine::handle_spawn_failed`].
    Spawn {
        /// Generation of the process.
        generation: u64,
    },
    /// Watch for the port to be listened on; answer with [`Machine::handle_listening`].
    AwaitListener {
        /// Generation of the process.
        generation: u64,
    },
    /// Ask for identity and readiness; answer with [`Machine::handle_verdict`].
    Round {
        /// Number of the question.
        round: u64,
        /// Whom.
        subject: Subject,
    },
    /// Ask for a sign of life; answer with [`Machine::handle_liveness`].
    Liveness {
        /// Number of the question.
        probe: u64,
        /// Whom.
        subject: Subject,
    },
    /// Send TERM to the process and everything that it started.
    Terminate {
        /// Generation of the process.
        generation: u64,
    },
    /// Send KILL to the process and everything that it started, until nothing is left.
    Kill {
        /// Generation of the process.
        generation: u64,
    },
    /// Tell the world that the state changed.
    Report {
        /// State before.
        from: State,
        /// Why.
        cause: Cause,
        /// State after.
        to: State,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Slot {
    /// No process and nothing left of one.
    Empty,
    /// A spawn was asked for.
    Spawning(u64),
    /// The process runs.
    Running(u64),
    /// The process ended, something that it started may be left.
    Clearing(u64),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum AfterStop {
    /// Stay down.
    Stay,
    /// Start again at once.
    Start,
    /// Treat it as an end of the process.
    End,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Timer {
    /// The start took too long.
    Start,
    /// TERM was not enough.
    Grace,
    /// The next start, after a delay or a pause.
    Respawn,
    /// The next sign of life.
    Liveness,
    /// The next round.
    Round,
    /// The next look at a port that somebody else holds, or is waited for to hold.
    Recheck,
    /// Whoever holds the port did not identify itself in time.
    Holder,
}

const TIMERS: [Timer; 7] = [
    Timer::Start,
    Timer::Grace,
    Timer::Respawn,
    Timer::Liveness,
    Timer::Round,
    Timer::Recheck,
    Timer::Holder,
];

/// First gap between rounds while the service is not ready, in milliseconds; it doubles to [`ROUND_GAP_MAX`].
const ROUND_GAP: u64 = 25;
/// Longest gap between rounds while starting, in milliseconds.
const ROUND_GAP_MAX: u64 = 2_000;
/// Longest gap between questions to a stranger on the port, in milliseconds.
const ASK_HOLDER_MAX: u64 = 60_000;
/// How long a holder of the port may take to identify itself before it counts as a stranger, in milliseconds.
const HOLDER_PATIENCE: u64 = 5;

/// The state machine of one service.
#[derive(Debug, Clone)]
pub struct Machine {
    policy: Policy,
    rng: Rng,
    desired: Desired,
    state: State,
    since: Ms,
    generation: u64,
    slot: Slot,
    after_stop: AfterStop,
    timers: [Option<Ms>; TIMERS.len()],
    actions: VecDeque<Action>,
    /// Number of the latest question of any kind.
    question: u64,
    check: Option<u64>,
    round: Option<(u64, Subject)>,
    liveness: Option<(u64, Subject)>,
    round_gap: u64,
    /// In `blocked`: when whoever holds the port is asked again.
    ask_holder_at: Ms,
    failures: u32,
    listening: bool,
    spawned_at: Ms,
    ready_at: Option<Ms>,
    /// Ends in a row, none of them after a stable run.
    quick_ends: u32,
    /// Delayed restarts in a row.
    delays: u32,
    spawns: u64,
    permanent: bool,
}

impl Machine {
    /// A stopped service. `seed` makes the jitter.
    pub fn new(policy: Policy, seed: u64, now: Ms) -> Self {
        Self {
            policy,
            rng: Rng::new(seed),
            desired: Desired::Down,
            state: State::Stopped,
            since: now,
            generation: 0,
            slot: Slot::Empty,
            after_stop: AfterStop::Stay,
            timers: [None; TIMERS.len()],
            actions: VecDeque::new(),
            question: 0,
            check: None,
            round: None,
            liveness: None,
            round_gap: ROUND_GAP,
            ask_holder_at: now,
            failures: 0,
            listening: false,
            spawned_at: now,
            ready_at: None,
            quick_ends: 0,
            delays: 0,
            spawns: 0,
            permanent: false,
        }
    }

    /// What is wanted.
    pub fn desired(&self) -> Desired {
        self.desired
    }

    /// What is observed.
    pub fn state(&self) -> State {
        self.state
    }

    /// When the present state was entered.
    pub fn since(&self) -> Ms {
        self.since
    }

    /// Generation of the latest process; 0 before the first.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// Whether a process of ours, or something that it started, may be there.
    pub fn occupied(&self) -> bool {
        self.slot != Slot::Empty
    }

    /// Starts after the first one.
    pub fn restarts(&self) -> u64 {
        self.spawns.saturating_sub(1)
    }

    /// Whether the present process was ready at any time.
    pub fn was_ready(&self) -> bool {
        self.ready_at.is_some()
    }

    /// How long the present process has run, in milliseconds.
    pub fn ran_ms(&self, now: Ms) -> u64 {
        now.since(self.spawned_at)
    }

    /// In `failed`: whether only a command leads out of it.
    pub fn is_permanent(&self) -> bool {
        self.permanent
    }

    /// When the next start is due by itself, in `backoff` and `failed`.
    pub fn respawn_at(&self) -> Option<Ms> {
        self.timer(Timer::Respawn)
    }

    /// The next thing to do.
    pub fn poll_action(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    /// When [`Machine::handle_deadline`] is due; `None` when only an event can change anything.
    pub fn next_deadline(&self) -> Option<Ms> {
        self.timers.iter().flatten().min().copied()
    }

    /// A command.
    pub fn handle_command(&mut self, now: Ms, command: Command) {
        match command {
            Command::Start => {
                self.desired = Desired::Up;
                match self.state {
                    State::Stopped | State::Failed => {
                        self.forgive();
                        self.go(now, Cause::StartWanted);
                        self.begin();
                    }
                    State::Stopping if self.after_stop == AfterStop::Stay => {
                        self.after_stop = AfterStop::Start
                    }
                    State::Stopping
                    | State::Starting
                    | State::Ready
                    | State::Unhealthy
                    | State::Backoff
                    | State::Attached
                    | State::Blocked => {}
                }
            }
            Command::Restart => {
                self.desired = Desired::Up;
                self.forgive();
                match (self.state, self.slot) {
                    (State::Stopping, _) => self.after_stop = AfterStop::Start,
                    (State::Starting, Slot::Empty | Slot::Clearing(_)) => {}
                    (State::Starting | State::Ready | State::Unhealthy, _) => {
                        self.stop_process(
                            now,
                            Cause::RestartWanted,
                            AfterStop::Start,
                            self.policy.stop_grace,
                        );
                    }
                    (
                        State::Stopped
                        | State::Backoff
                        | State::Failed
                        | State::Attached
                        | State::Blocked,
                        _,
                    ) => {
                        self.go(now, Cause::RestartWanted);
                        self.begin();
                    }
                }
            }
            Command::Stop => self.stop(now, self.policy.stop_grace),
            Command::Abort => {
                self.stop(now, self.policy.hurry_grace);
                // A stop that was under way already gets the shorter period as well.
                if let Some(due) = self.timer(Timer::Grace) {
                    self.set(Timer::Grace, due.min(now.plus(self.policy.hurry_grace)));
                }
            }
        }
    }

    fn stop(&mut self, now: Ms, grace: u64) {
        self.desired = Desired::Down;
        if self.state == State::Stopped {
            // Nobody is waited for any more.
            self.timers = [None; TIMERS.len()];
            self.check = None;
            self.round = None;
        } else if self.state == State::Stopping {
            self.after_stop = AfterStop::Stay;
        } else if self.slot == Slot::Empty {
            self.go(now, Cause::Withdrawn);
        } else {
            self.stop_process(now, Cause::StopWanted, AfterStop::Stay, grace);
        }
    }

    /// What the look at the port showed.
    pub fn handle_port(&mut self, now: Ms, check: u64, report: PortReport) {
        if self.check != Some(check) {
            return;
        }
        self.check = None;
        match (self.state, report) {
            (State::Starting | State::Stopped, PortReport::Free) if self.policy.attach_only => {
                self.absent(now);
            }
            (State::Starting, PortReport::Free) => {
                self.clear(Timer::Holder);
                self.spawn(now);
            }
            (State::Starting | State::Stopped, PortReport::Held) => {
                self.ask_round(Subject::Holder);
                self.set(Timer::Holder, now.plus(HOLDER_PATIENCE));
            }
            (State::Starting | State::Stopped, PortReport::Elsewhere) => {
                self.clear(Timer::Holder);
                self.ask_round(Subject::Holder);
            }
            (State::Starting, PortReport::Unusable { retry }) => self.ended(now, retry, false),
            (State::Blocked, PortReport::Free | PortReport::Unusable { .. }) => {
                self.go(now, Cause::Freed);
                self.begin();
            }
            (State::Blocked, PortReport::Held | PortReport::Elsewhere) => {
                // Looking is cheap; asking may cost the holder something, so that is done less and less.
                if now >= self.ask_holder_at && self.round.is_none() {
                    self.ask_round(Subject::Holder);
                    self.round_gap = self.round_gap.saturating_mul(2).min(ASK_HOLDER_MAX);
                    self.ask_holder_at = now.plus(self.round_gap);
                }
                self.set(Timer::Recheck, now.plus(self.policy.recheck));
            }
            (State::Stopped, PortReport::Free | PortReport::Unusable { .. }) => self.absent(now),
            (
                State::Ready
                | State::Unhealthy
                | State::Stopping
                | State::Backoff
                | State::Failed
                | State::Attached,
                _,
            ) => {}
        }
    }

    /// The process was started.
    pub fn handle_spawned(&mut self, now: Ms, generation: u64) {
        if self.slot != Slot::Spawning(generation) {
            return;
        }
        self.slot = Slot::Running(generation);
        self.spawned_at = now;
        match self.state {
            State::Starting => self.actions.push_back(Action::AwaitListener { generation }),
            // A stop came while the start was under way.
            _ => {
                self.actions.push_back(Action::Terminate { generation });
                if self.timer(Timer::Grace).is_none() {
                    self.set(Timer::Grace, now.plus(self.policy.stop_grace));
                }
            }
        }
    }

    /// The process could not be started; `retry` says whether another try can help.
    pub fn handle_spawn_failed(&mut self, now: Ms, generation: u64, retry: bool) {
        if self.slot != Slot::Spawning(generation) {
            return;
        }
        self.slot = Slot::Empty;
        if self.state == State::Stopping {
            self.stopped(now);
        } else {
            self.ended(now, retry, false);
        }
    }

    /// Somebody listens on the port; `owned` is false when it is known not to be our process.
    pub fn handle_listening(&mut self, now: Ms, generation: u64, owned: bool) {
        if self.state != State::Starting || self.slot != Slot::Running(generation) || self.listening
        {
            return;
        }
        if owned {
            self.listening = true;
            self.ask_round(Subject::Child(generation));
            self.arm(Timer::Liveness, now, self.policy.liveness_period);
        } else {
            self.stop_process(
                now,
                Cause::Intruded,
                AfterStop::Start,
                self.policy.stop_grace,
            );
        }
    }

    /// The judgment of a round. `owned` is false when the listener is known not to be our process; `adoptable` says
    /// whether a holder that we did not start runs as the same user.
    pub fn handle_verdict(
        &mut self,
        now: Ms,
        round: u64,
        readiness: Readiness,
        owned: bool,
        adoptable: bool,
    ) {
        let Some((number, subject)) = self.round else {
            return;
        };
        if number != round {
            return;
        }
        self.round = None;
        let usable = readiness == Readiness::Ready;
        match subject {
            Subject::Child(generation) => {
                if self.slot != Slot::Running(generation) {
                    return;
                }
                if !owned {
                    self.stop_process(
                        now,
                        Cause::Intruded,
                        AfterStop::Start,
                        self.policy.stop_grace,
                    );
                } else if usable {
                    self.verified(now);
                } else {
                    self.not_ready(now);
                }
            }
            Subject::Holder => {
                let usable = usable && adoptable;
                match self.state {
                    State::Starting | State::Blocked | State::Stopped if usable => {
                        self.go(now, Cause::PortUsable);
                        self.watch(now, self.policy.login_period);
                    }
                    State::Starting | State::Attached | State::Stopped if !usable => {
                        self.blocked(now);
                    }
                    State::Attached => self.arm(Timer::Round, now, self.policy.login_period),
                    _ => {}
                }
            }
        }
    }

    /// Whether the answer to this round is still waited for.
    pub fn awaits_round(&self, round: u64) -> bool {
        self.round.is_some_and(|(number, _)| number == round)
    }

    /// A round about whoever holds the port found nobody, where there is no program to start.
    pub fn handle_absent(&mut self, now: Ms, round: u64) {
        if !self.policy.attach_only || self.round != Some((round, Subject::Holder)) {
            return;
        }
        self.round = None;
        match self.state {
            State::Starting | State::Stopped => self.absent(now),
            State::Blocked => {
                self.go(now, Cause::Freed);
                self.begin();
            }
            State::Attached => {
                self.go(now, Cause::Detached);
                self.begin();
            }
            State::Ready | State::Unhealthy | State::Stopping | State::Backoff | State::Failed => {}
        }
    }

    /// The answer to a liveness probe.
    pub fn handle_liveness(&mut self, now: Ms, probe: u64, alive: bool) {
        let Some((number, subject)) = self.liveness else {
            return;
        };
        if number != probe {
            return;
        }
        self.liveness = None;
        if alive {
            self.arm(Timer::Liveness, now, self.policy.liveness_period);
            let recovered = self.failures > 0;
            self.failures = 0;
            if recovered && self.state == State::Unhealthy && self.round.is_none() {
                self.ask_round(subject);
            }
            return;
        }
        self.failures = self.failures.saturating_add(1);
        // A first doubt is settled soon.
        self.arm(
            Timer::Liveness,
            now,
            self.policy.liveness_period.div_ceil(4),
        );
        let gone = self.failures >= self.policy.liveness_failures;
        match self.state {
            State::Attached if gone => {
                self.go(now, Cause::Detached);
                self.begin();
            }
            State::Starting | State::Ready | State::Unhealthy if gone => {
                let grace = self.policy.stop_grace.min(self.policy.hang_grace);
                self.stop_process(now, Cause::Hung, AfterStop::End, grace);
            }
            State::Ready => {
                let failures = self.failures;
                self.go(now, Cause::NotReady);
                self.failures = failures;
                self.round_gap = ROUND_GAP;
                self.arm(
                    Timer::Liveness,
                    now,
                    self.policy.liveness_period.div_ceil(4),
                );
                self.arm(
                    Timer::Round,
                    now,
                    self.policy.liveness_period.max(ROUND_GAP_MAX),
                );
            }
            _ => {}
        }
    }

    /// The process ended. `retry` says whether starting again can help, `clean` whether it ended by itself with code 0.
    /// Something that it started may be left: [`Machine::handle_cleared`] follows when nothing is.
    pub fn handle_exited(&mut self, now: Ms, generation: u64, retry: bool, clean: bool) {
        if self.slot != Slot::Running(generation) {
            return;
        }
        self.slot = Slot::Clearing(generation);
        if self.state != State::Stopping {
            self.actions.push_back(Action::Kill { generation });
            self.ended(now, retry, clean);
        }
    }

    /// Nothing of this generation is left.
    pub fn handle_cleared(&mut self, now: Ms, generation: u64) {
        if self.slot != Slot::Clearing(generation) {
            return;
        }
        self.slot = Slot::Empty;
        match self.state {
            State::Stopping => self.stopped(now),
            State::Starting => self.begin(),
            State::Stopped
            | State::Ready
            | State::Unhealthy
            | State::Backoff
            | State::Failed
            | State::Attached
            | State::Blocked => {}
        }
    }

    /// The process that held the port ended.
    pub fn handle_holder_gone(&mut self, now: Ms) {
        match self.state {
            State::Attached => {
                self.go(now, Cause::Detached);
                self.begin();
            }
            State::Blocked if self.check.is_none() => self.ask_port(),
            State::Starting | State::Stopped if self.timer(Timer::Holder).is_some() => {
                self.clear(Timer::Holder);
                self.round = None;
                self.ask_port();
            }
            _ => {}
        }
    }

    /// Time passed. Does nothing before [`Machine::next_deadline`].
    pub fn handle_deadline(&mut self, now: Ms) {
        for timer in TIMERS {
            if self.timer(timer).is_some_and(|due| due <= now) {
                self.clear(timer);
                self.expired(now, timer);
            }
        }
    }

    fn expired(&mut self, now: Ms, timer: Timer) {
        match (timer, self.slot) {
            (Timer::Start, Slot::Running(_)) => {
                let grace = self.policy.stop_grace;
                self.stop_process(now, Cause::StartTimedOut, AfterStop::End, grace);
            }
            (Timer::Grace, Slot::Running(generation) | Slot::Clearing(generation)) => {
                self.actions.push_back(Action::Kill { generation });
            }
            (Timer::Respawn, _) => {
                let cause = if self.state == State::Failed {
                    Cause::RetryDue
                } else {
                    Cause::BackoffOver
                };
                self.go(now, cause);
                self.begin();
            }
            (Timer::Liveness, slot) => {
                if let Some(subject) = self.subject(slot) {
                    self.question += 1;
                    self.liveness = Some((self.question, subject));
                    self.actions.push_back(Action::Liveness {
                        probe: self.question,
                        subject,
                    });
                }
            }
            (Timer::Round, slot) => {
                if let Some(subject) = self.subject(slot) {
                    self.ask_round(subject);
                }
            }
            (Timer::Recheck, _) => self.ask_port(),
            (Timer::Holder, _) => {
                // The round goes on: an answer that comes later may still make it a usable server.
                let round = self.round;
                self.blocked(now);
                self.round = round;
            }
            (Timer::Start | Timer::Grace, _) => {}
        }
    }

    fn subject(&self, slot: Slot) -> Option<Subject> {
        match (self.state, slot) {
            (State::Attached, _) => Some(Subject::Holder),
            (State::Starting | State::Ready | State::Unhealthy, Slot::Running(generation)) => {
                Some(Subject::Child(generation))
            }
            _ => None,
        }
    }

    /// Moves along the table. Everything that belonged to the state before is dropped.
    fn go(&mut self, now: Ms, cause: Cause) -> bool {
        let Some(to) = next(self.state, cause) else {
            return false;
        };
        let from = std::mem::replace(&mut self.state, to);
        self.since = now;
        self.timers = [None; TIMERS.len()];
        self.check = None;
        self.round = None;
        self.liveness = None;
        self.failures = 0;
        self.permanent = false;
        self.actions.push_back(Action::Report { from, cause, to });
        true
    }

    /// The same where the table cannot lack the row; the tests walk here.
    fn must_go(&mut self, now: Ms, cause: Cause) {
        let from = self.state;
        let moved = self.go(now, cause);
        debug_assert!(moved, "no row for {cause:?} in {from:?}");
    }

    fn forgive(&mut self) {
        self.quick_ends = 0;
        self.delays = 0;
    }

    /// In `starting` without a process: look at the port as soon as nothing of the last process is left.
    fn begin(&mut self) {
        if self.state == State::Starting && self.slot == Slot::Empty {
            // A start that fails before there is a process is not judged by the process before it.
            self.ready_at = None;
            self.ask_port();
        }
    }

    fn ask_port(&mut self) {
        self.question += 1;
        self.check = Some(self.question);
        self.actions.push_back(Action::CheckPort {
            check: self.question,
        });
    }

    fn ask_round(&mut self, subject: Subject) {
        self.question += 1;
        self.round = Some((self.question, subject));
        self.actions.push_back(Action::Round {
            round: self.question,
            subject,
        });
    }

    fn spawn(&mut self, now: Ms) {
        self.generation += 1;
        self.spawns += 1;
        self.slot = Slot::Spawning(self.generation);
        self.listening = false;
        self.ready_at = None;
        self.round_gap = ROUND_GAP;
        self.spawned_at = now;
        self.arm(Timer::Start, now, self.policy.start_timeout);
        self.actions.push_back(Action::Spawn {
            generation: self.generation,
        });
    }

    fn verified(&mut self, now: Ms) {
        if self.state == State::Ready {
            self.arm(Timer::Round, now, self.policy.login_period);
        } else if self.go(now, Cause::Verified) {
            self.ready_at.get_or_insert(now);
            self.watch(now, self.policy.login_period);
        }
    }

    fn not_ready(&mut self, now: Ms) {
        if self.state == State::Ready {
            self.go(now, Cause::NotReady);
            self.round_gap = ROUND_GAP;
            self.arm(Timer::Liveness, now, self.policy.liveness_period);
        }
        let gap = self.round_gap;
        self.round_gap = gap.saturating_mul(2).min(match self.state {
            State::Starting => ROUND_GAP_MAX,
            _ => self.policy.login_period.max(ROUND_GAP_MAX),
        });
        self.set(Timer::Round, now.plus(gap));
    }

    fn blocked(&mut self, now: Ms) {
        if self.go(now, Cause::PortHeld) {
            self.set(Timer::Recheck, now.plus(self.policy.recheck));
            self.round_gap = self.policy.recheck;
            self.ask_holder_at = now.plus(self.round_gap);
        }
    }

    /// Nobody is there and nobody can be started: looks again later.
    fn absent(&mut self, now: Ms) {
        self.go(now, Cause::Absent);
        self.clear(Timer::Holder);
        self.set(Timer::Recheck, now.plus(self.policy.recheck));
    }

    fn watch(&mut self, now: Ms, round_in: u64) {
        self.arm(Timer::Liveness, now, self.policy.liveness_period);
        self.arm(Timer::Round, now, round_in);
    }

    fn stop_process(&mut self, now: Ms, cause: Cause, after: AfterStop, grace: u64) {
        if !self.go(now, cause) {
            return;
        }
        self.after_stop = after;
        match self.slot {
            Slot::Running(generation) => {
                self.actions.push_back(Action::Terminate { generation });
                self.set(Timer::Grace, now.plus(grace));
            }
            // The process does not exist yet or is gone; what is left of it is being killed already.
            Slot::Spawning(_) | Slot::Clearing(_) => self.set(Timer::Grace, now.plus(grace)),
            Slot::Empty => self.stopped(now),
        }
    }

    /// In `stopping` with nothing left.
    fn stopped(&mut self, now: Ms) {
        match (self.after_stop, self.desired) {
            (_, Desired::Down) | (AfterStop::Stay, Desired::Up) => {
                self.go(now, Cause::AllGone);
            }
            (AfterStop::Start, Desired::Up) => {
                self.go(now, Cause::ComesBack);
                self.begin();
            }
            (AfterStop::End, Desired::Up) => self.ended(now, true, false),
        }
    }

    /// A process ended, or could not be started, although it is wanted.
    fn ended(&mut self, now: Ms, retry: bool, clean: bool) {
        let ready_at = self.ready_at.take();
        let was_ready = ready_at.is_some();
        let stable = ready_at.is_some_and(|at| now.since(at) >= self.policy.stable_after);
        if stable {
            self.forgive();
        }
        if !retry {
            self.must_go(now, Cause::CannotHelp);
            self.permanent = true;
        } else if !self.policy.auto_restart {
            if clean && was_ready {
                self.desired = Desired::Down;
                self.stop_process(
                    now,
                    Cause::EndedQuietly,
                    AfterStop::Stay,
                    self.policy.stop_grace,
                );
            } else {
                self.must_go(now, Cause::CannotHelp);
                self.permanent = true;
            }
        } else if was_ready && self.quick_ends == 0 {
            self.quick_ends = 1;
            self.must_go(now, Cause::EndedRetryNow);
            self.begin();
        } else {
            self.quick_ends = self.quick_ends.saturating_add(1);
            if self.quick_ends >= self.policy.start_limit {
                // The one try after the pause leads back here unless it is good for long enough.
                self.quick_ends = self.policy.start_limit.saturating_sub(1);
                self.must_go(now, Cause::StartLimit);
                if self.policy.retry_failed == 0 {
                    self.permanent = true;
                } else {
                    self.set(Timer::Respawn, now.plus(self.policy.retry_failed));
                }
            } else {
                let delay = self.policy.delay(self.delays, &mut self.rng);
                self.delays = self.delays.saturating_add(1);
                self.must_go(now, Cause::EndedRetryLater);
                self.set(Timer::Respawn, now.plus(delay));
            }
        }
    }

    fn timer(&self, timer: Timer) -> Option<Ms> {
        self.timers.get(timer as usize).copied().flatten()
    }

    fn set(&mut self, timer: Timer, due: Ms) {
        if let Some(slot) = self.timers.get_mut(timer as usize) {
            *slot = Some(due);
        }
    }

    fn clear(&mut self, timer: Timer) {
        if let Some(slot) = self.timers.get_mut(timer as usize) {
            *slot = None;
        }
    }

    /// Sets a timer whose period may be 0, which is never.
    fn arm(&mut self, timer: Timer, now: Ms, period: u64) {
        if period == 0 {
            self.clear(timer);
        } else {
            self.set(timer, now.plus(period));
        }
    }
}

#[cfg(test)]
mod tests;
