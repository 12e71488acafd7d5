//! The process: its start, its end, and what follows from that.

use super::io::{Action, Desired, Ms};
use super::probes::ROUND_GAP;
use super::timers::Timer;
use super::transitions::{Cause, State};
use super::{AfterStop, Machine, Process};

impl Machine {
    /// The process was started.
    pub fn handle_spawned(&mut self, now: Ms, generation: u64) {
        if self.process != Process::Spawning(generation) {
            return;
        }
        self.process = Process::Running(generation);
        self.spawned_at = now;
        match self.state {
            State::Starting => self.actions.push_back(Action::AwaitListener { generation }),
            // A stop came while the start was under way.
            _ => {
                self.actions.push_back(Action::Terminate { generation });
                if self.timers.due(Timer::Grace).is_none() {
                    self.timers
                        .set(Timer::Grace, now.plus(self.timing.stop_grace));
                }
            }
        }
    }

    /// The process could not be started; `retry` says whether another try can help.
    pub fn handle_spawn_failed(&mut self, now: Ms, generation: u64, retry: bool) {
        if self.process != Process::Spawning(generation) {
            return;
        }
        self.process = Process::Empty;
        if self.state == State::Stopping {
            self.stopped(now);
        } else {
            self.ended(now, retry, false);
        }
    }

    /// The process ended. `retry` says whether starting again can help, `clean` whether it ended by itself with code 0.
    /// Something that it started may be left: [`Machine::handle_cleared`] follows when nothing is.
    pub fn handle_exited(&mut self, now: Ms, generation: u64, retry: bool, clean: bool) {
        if self.process != Process::Running(generation) {
            return;
        }
        self.process = Process::Clearing(generation);
        if self.state != State::Stopping {
            self.actions.push_back(Action::Kill { generation });
            self.ended(now, retry, clean);
        }
    }

    /// Nothing of this generation is left.
    pub fn handle_cleared(&mut self, now: Ms, generation: u64) {
        if self.process != Process::Clearing(generation) {
            return;
        }
        self.process = Process::Empty;
        match self.state {
            State::Stopping => self.stopped(now),
            State::Starting => self.begin_start(),
            _ => {}
        }
    }

    pub(super) fn spawn(&mut self, now: Ms) {
        self.generation += 1;
        self.spawns += 1;
        self.process = Process::Spawning(self.generation);
        self.listening = false;
        self.ready_at = None;
        self.round_gap = ROUND_GAP;
        self.spawned_at = now;
        self.timers
            .arm(Timer::Start, now, self.timing.start_timeout);
        self.actions.push_back(Action::Spawn {
            generation: self.generation,
        });
    }

    pub(super) fn stop_process(&mut self, now: Ms, cause: Cause, after: AfterStop, grace: u64) {
        if !self.transition(now, cause) {
            return;
        }
        self.after_stop = after;
        match self.process {
            Process::Running(generation) => {
                self.actions.push_back(Action::Terminate { generation });
                self.timers.set(Timer::Grace, now.plus(grace));
            }
            // The process does not exist yet or is gone; what is left of it is being killed already.
            Process::Spawning(_) | Process::Clearing(_) => {
                self.timers.set(Timer::Grace, now.plus(grace))
            }
            Process::Empty => self.stopped(now),
        }
    }

    /// Another process listens in place of ours.
    pub(super) fn port_taken(&mut self, now: Ms) {
        let grace = self.timing.stop_grace;
        self.stop_process(now, Cause::Intruded, AfterStop::Start, grace);
    }

    /// In `stopping` with nothing left.
    pub(super) fn stopped(&mut self, now: Ms) {
        match (self.after_stop, self.desired) {
            (_, Desired::Down) | (AfterStop::Stay, Desired::Up) => {
                self.transition(now, Cause::AllGone);
            }
            (AfterStop::Start, Desired::Up) => {
                self.start_over(now, Cause::ComesBack);
            }
            (AfterStop::End, Desired::Up) => self.ended(now, true, false),
        }
    }

    /// A process ended, or could not be started, although it is wanted.
    pub(super) fn ended(&mut self, now: Ms, retry: bool, clean: bool) {
        let ready_at = self.ready_at.take();
        let was_ready = ready_at.is_some();
        let stable = ready_at.is_some_and(|at| now.since(at) >= self.timing.stable_after);
        if stable {
            self.reset_failures();
        }
        if !retry {
            self.must_transition(now, Cause::CannotHelp);
            self.permanent = true;
        } else if !self.timing.auto_restart {
            if clean && was_ready {
                self.desired = Desired::Down;
                self.stop_process(
                    now,
                    Cause::EndedQuietly,
                    AfterStop::Stay,
                    self.timing.stop_grace,
                );
            } else {
                self.must_transition(now, Cause::CannotHelp);
                self.permanent = true;
            }
        } else if was_ready && self.quick_ends == 0 {
            self.quick_ends = 1;
            self.must_transition(now, Cause::EndedRetryNow);
            self.begin_start();
        } else {
            self.quick_ends = self.quick_ends.saturating_add(1);
            if self.quick_ends >= self.timing.start_limit {
                // The one try after the pause leads back here unless it is good for long enough.
                self.quick_ends = self.timing.start_limit.saturating_sub(1);
                self.must_transition(now, Cause::StartLimit);
                if self.timing.retry_failed == 0 {
                    self.permanent = true;
                } else {
                    self.timers
                        .set(Timer::Respawn, now.plus(self.timing.retry_failed));
                }
            } else {
                let delay = self.timing.delay(self.delays, &mut self.rng);
                self.delays = self.delays.saturating_add(1);
                self.must_transition(now, Cause::EndedRetryLater);
                self.timers.set(Timer::Respawn, now.plus(delay));
            }
        }
    }
}
