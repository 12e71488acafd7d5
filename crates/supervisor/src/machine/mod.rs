//! The supervisor's decisions, without a clock, a process or a socket.
//!
//! Call order: a `handle_*` method with the time, then [`Machine::poll_action`] until it is empty, then sleep until
//! [`Machine::next_deadline`] or the next event. Every process has a generation and every check, round and probe a number; a result
//! that carries an old one changes nothing.

mod io;
mod probes;
mod process;
mod timers;
mod timing;
mod transitions;

pub use io::{Action, Command, Desired, Ms, PortReport, Subject};
pub use timing::Timing;
pub use transitions::{Cause, State, TRANSITIONS, Transition, next};

use probes::ROUND_GAP;
use std::collections::VecDeque;
use timers::{Timer, Timers};

/// The program's process; a number is its generation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Process {
    Empty,
    /// A spawn was asked for.
    Spawning(u64),
    Running(u64),
    /// The process ended, something that it started may be left.
    Clearing(u64),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum AfterStop {
    Stay,
    Start,
    /// Treat it as an end of the process.
    End,
}

/// The state machine of one service.
#[derive(Debug, Clone)]
pub struct Machine {
    timing: Timing,
    /// There is no program to start: a server that somebody else runs is used while it runs.
    attach_only: bool,
    rng: fastrand::Rng,
    desired: Desired,
    state: State,
    since: Ms,
    generation: u64,
    process: Process,
    after_stop: AfterStop,
    timers: Timers,
    actions: VecDeque<Action>,
    /// Number of the latest check, round or probe.
    sequence: u64,
    check: Option<u64>,
    round: Option<(u64, Subject)>,
    liveness: Option<(u64, Subject)>,
    round_gap: u64,
    /// In `blocked`: when the holder of the port is probed again.
    holder_round_at: Ms,
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
    /// A stopped service; `attach_only` where there is no program to start. `seed` makes the jitter.
    pub fn new(timing: Timing, attach_only: bool, seed: u64, now: Ms) -> Self {
        Self {
            timing: timing.checked(),
            attach_only,
            rng: fastrand::Rng::with_seed(seed),
            desired: Desired::Down,
            state: State::Stopped,
            since: now,
            generation: 0,
            process: Process::Empty,
            after_stop: AfterStop::Stay,
            timers: Timers::default(),
            actions: VecDeque::new(),
            sequence: 0,
            check: None,
            round: None,
            liveness: None,
            round_gap: ROUND_GAP,
            holder_round_at: now,
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

    /// The desired state.
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
        self.process != Process::Empty
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
        self.timers.due(Timer::Respawn)
    }

    /// The next thing to do.
    pub fn poll_action(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    /// When [`Machine::handle_deadline`] is due; `None` when only an event can change anything.
    pub fn next_deadline(&self) -> Option<Ms> {
        self.timers.next()
    }

    /// A command.
    pub fn handle_command(&mut self, now: Ms, command: Command) {
        match command {
            Command::Start => {
                self.desired = Desired::Up;
                match self.state {
                    State::Stopped | State::Failed => {
                        self.reset_failures();
                        self.start_over(now, Cause::StartWanted);
                    }
                    State::Stopping if self.after_stop == AfterStop::Stay => {
                        self.after_stop = AfterStop::Start
                    }
                    _ => {}
                }
            }
            Command::Restart => {
                self.desired = Desired::Up;
                self.reset_failures();
                match (self.state, self.process) {
                    (State::Stopping, _) => self.after_stop = AfterStop::Start,
                    (State::Starting, Process::Empty | Process::Clearing(_)) => {}
                    (State::Starting | State::Ready | State::Unhealthy, _) => {
                        self.stop_process(
                            now,
                            Cause::RestartWanted,
                            AfterStop::Start,
                            self.timing.stop_grace,
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
                        self.start_over(now, Cause::RestartWanted);
                    }
                }
            }
            Command::Stop => self.stop(now, self.timing.stop_grace),
            Command::Abort => {
                self.stop(now, self.timing.hurry_grace);
                // A stop that was under way already gets the shorter period as well.
                if let Some(due) = self.timers.due(Timer::Grace) {
                    self.timers
                        .set(Timer::Grace, due.min(now.plus(self.timing.hurry_grace)));
                }
            }
        }
    }

    fn stop(&mut self, now: Ms, grace: u64) {
        self.desired = Desired::Down;
        if self.state == State::Stopped {
            // Nobody is waited for any more.
            self.timers = Timers::default();
            self.check = None;
            self.round = None;
        } else if self.state == State::Stopping {
            self.after_stop = AfterStop::Stay;
        } else if self.process == Process::Empty {
            self.transition(now, Cause::Withdrawn);
        } else {
            self.stop_process(now, Cause::StopWanted, AfterStop::Stay, grace);
        }
    }

    /// Time passed. Does nothing before [`Machine::next_deadline`].
    pub fn handle_deadline(&mut self, now: Ms) {
        for timer in Timer::ALL {
            if self.timers.due(timer).is_some_and(|due| due <= now) {
                self.timers.clear(timer);
                self.handle_timer(now, timer);
            }
        }
    }

    fn handle_timer(&mut self, now: Ms, timer: Timer) {
        match (timer, self.process) {
            (Timer::Start, Process::Running(_)) => {
                let grace = self.timing.stop_grace;
                self.stop_process(now, Cause::StartTimedOut, AfterStop::End, grace);
            }
            (Timer::Grace, Process::Running(generation) | Process::Clearing(generation)) => {
                self.actions.push_back(Action::Kill { generation });
            }
            (Timer::Respawn, _) => {
                let cause = if self.state == State::Failed {
                    Cause::RetryDue
                } else {
                    Cause::BackoffOver
                };
                self.start_over(now, cause);
            }
            (Timer::Liveness, process) => {
                if let Some(subject) = self.subject(process) {
                    self.sequence += 1;
                    self.liveness = Some((self.sequence, subject));
                    self.actions.push_back(Action::Liveness {
                        probe: self.sequence,
                        subject,
                    });
                }
            }
            (Timer::Round, process) => {
                if let Some(subject) = self.subject(process) {
                    self.request_round(subject);
                }
            }
            (Timer::Recheck, _) => self.request_port_check(),
            (Timer::Holder, _) => {
                // The round goes on: an answer that comes later may still make it a usable server.
                let round = self.round;
                self.blocked(now);
                self.round = round;
            }
            (Timer::Start | Timer::Grace, _) => {}
        }
    }

    fn subject(&self, process: Process) -> Option<Subject> {
        match (self.state, process) {
            (State::Attached, _) => Some(Subject::Holder),
            (State::Starting | State::Ready | State::Unhealthy, Process::Running(generation)) => {
                Some(Subject::Child(generation))
            }
            _ => None,
        }
    }

    /// Moves along the table. Everything that belonged to the state before is dropped.
    fn transition(&mut self, now: Ms, cause: Cause) -> bool {
        let Some(to) = next(self.state, cause) else {
            return false;
        };
        let from = std::mem::replace(&mut self.state, to);
        self.since = now;
        self.timers = Timers::default();
        self.check = None;
        self.round = None;
        self.liveness = None;
        self.failures = 0;
        self.permanent = false;
        self.actions.push_back(Action::Report { from, cause, to });
        true
    }

    /// The same where the table cannot lack the row; the tests walk here.
    fn must_transition(&mut self, now: Ms, cause: Cause) {
        let from = self.state;
        let moved = self.transition(now, cause);
        debug_assert!(moved, "no row for {cause:?} in {from:?}");
    }

    fn reset_failures(&mut self) {
        self.quick_ends = 0;
        self.delays = 0;
    }

    /// Moves to where a start may begin, and begins it.
    fn start_over(&mut self, now: Ms, cause: Cause) {
        self.transition(now, cause);
        self.begin_start();
    }

    /// In `starting` without a process: check the port as soon as nothing of the last process is left.
    fn begin_start(&mut self) {
        if self.state == State::Starting && self.process == Process::Empty {
            // A start that fails before there is a process is not judged by the process before it.
            self.ready_at = None;
            self.request_port_check();
        }
    }
}

#[cfg(test)]
mod tests;
