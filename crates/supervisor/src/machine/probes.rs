//! Port checks, rounds and liveness probes: what is requested, and what the results change.

use super::io::{Action, Ms, PortReport, Subject};
use super::timers::Timer;
use super::transitions::{Cause, State};
use super::{AfterStop, Machine, Process};

/// First gap between rounds while the service is not ready, in milliseconds; it doubles to [`ROUND_GAP_MAX`].
pub(super) const ROUND_GAP: u64 = 25;
/// Longest gap between rounds while starting, in milliseconds.
const ROUND_GAP_MAX: u64 = 2_000;
/// Longest gap between rounds about a stranger on the port, in milliseconds.
const HOLDER_GAP_MAX: u64 = 60_000;
/// How long a holder of the port may take to identify itself before it counts as a stranger, in milliseconds.
const HOLDER_TIMEOUT: u64 = 5;

impl Machine {
    /// The result of a port check.
    pub fn handle_port(&mut self, now: Ms, check: u64, report: PortReport) {
        if self.check.take_if(|asked| *asked == check).is_none() {
            return;
        }
        match (self.state, report) {
            (State::Starting | State::Stopped, PortReport::Free) if self.attach_only => {
                self.absent(now);
            }
            (State::Starting, PortReport::Free) => {
                self.timers.clear(Timer::Holder);
                self.spawn(now);
            }
            (State::Starting | State::Stopped, PortReport::Held) => {
                self.request_round(Subject::Holder);
                self.timers.set(Timer::Holder, now.plus(HOLDER_TIMEOUT));
            }
            (State::Starting | State::Stopped, PortReport::Remote) => {
                self.timers.clear(Timer::Holder);
                self.request_round(Subject::Holder);
            }
            (State::Starting, PortReport::Unusable { retry }) => self.ended(now, retry, false),
            (State::Blocked, PortReport::Free | PortReport::Unusable { .. }) => {
                self.start_over(now, Cause::Freed);
            }
            (State::Blocked, PortReport::Held | PortReport::Remote) => {
                // Looking is cheap; asking may cost the holder something, so that is done less and less.
                if now >= self.holder_round_at && self.round.is_none() {
                    self.request_round(Subject::Holder);
                    self.round_gap = self.round_gap.saturating_mul(2).min(HOLDER_GAP_MAX);
                    self.holder_round_at = now.plus(self.round_gap);
                }
                self.timers
                    .set(Timer::Recheck, now.plus(self.timing.recheck));
            }
            (State::Stopped, PortReport::Free | PortReport::Unusable { .. }) => self.absent(now),
            _ => {}
        }
    }

    /// Somebody listens on the port; `owned` is false when it is known not to be our process.
    pub fn handle_listening(&mut self, now: Ms, generation: u64, owned: bool) {
        if self.state != State::Starting
            || self.process != Process::Running(generation)
            || self.listening
        {
            return;
        }
        if owned {
            self.listening = true;
            self.request_round(Subject::Child(generation));
            self.timers
                .arm(Timer::Liveness, now, self.timing.liveness_period);
        } else {
            self.port_taken(now);
        }
    }

    /// The verdict of a round: whether what responds can be used, and whether it may be, by its owner. A listener in place of
    /// our process may be unless it is known to be another's; somebody's server only if it runs as the same user.
    pub fn handle_verdict(&mut self, now: Ms, round: u64, usable: bool, trusted: bool) {
        let Some((_, subject)) = self.round.take_if(|(number, _)| *number == round) else {
            return;
        };
        let usable = usable && trusted;
        match (subject, self.state) {
            (Subject::Child(generation), _) if self.process != Process::Running(generation) => {}
            (Subject::Child(_), _) if !trusted => self.port_taken(now),
            (Subject::Child(_), _) if usable => self.verified(now),
            (Subject::Child(_), _) => self.not_ready(now),
            (Subject::Holder, State::Starting | State::Blocked | State::Stopped) if usable => {
                self.transition(now, Cause::PortUsable);
                self.watch(now, self.timing.login_period);
            }
            (Subject::Holder, State::Starting | State::Attached | State::Stopped) if !usable => {
                self.blocked(now);
            }
            (Subject::Holder, State::Attached) => {
                self.timers.arm(Timer::Round, now, self.timing.login_period);
            }
            (Subject::Holder, _) => {}
        }
    }

    /// Whether the answer to this round is still waited for.
    pub fn awaits_round(&self, round: u64) -> bool {
        self.round.is_some_and(|(number, _)| number == round)
    }

    /// A round about the holder of the port found nobody, where there is no program to start.
    pub fn handle_absent(&mut self, now: Ms, round: u64) {
        if !self.attach_only || self.round != Some((round, Subject::Holder)) {
            return;
        }
        self.round = None;
        match self.state {
            State::Starting | State::Stopped => self.absent(now),
            State::Blocked => {
                self.start_over(now, Cause::Freed);
            }
            State::Attached => {
                self.start_over(now, Cause::Detached);
            }
            _ => {}
        }
    }

    /// The answer to a liveness probe.
    pub fn handle_liveness(&mut self, now: Ms, probe: u64, alive: bool) {
        let Some((_, subject)) = self.liveness.take_if(|(number, _)| *number == probe) else {
            return;
        };
        if alive {
            self.timers
                .arm(Timer::Liveness, now, self.timing.liveness_period);
            let recovered = self.failures > 0;
            self.failures = 0;
            if recovered && self.state == State::Unhealthy && self.round.is_none() {
                self.request_round(subject);
            }
            return;
        }
        self.failures = self.failures.saturating_add(1);
        // A first doubt is settled soon.
        self.timers.arm(
            Timer::Liveness,
            now,
            self.timing.liveness_period.div_ceil(4),
        );
        let gone = self.failures >= self.timing.liveness_failures;
        match self.state {
            State::Attached if gone => {
                self.start_over(now, Cause::Detached);
            }
            State::Starting | State::Ready | State::Unhealthy if gone => {
                let grace = self.timing.stop_grace.min(self.timing.hang_grace);
                self.stop_process(now, Cause::Hung, AfterStop::End, grace);
            }
            State::Ready => {
                let failures = self.failures;
                self.transition(now, Cause::NotReady);
                self.failures = failures;
                self.round_gap = ROUND_GAP;
                self.timers.arm(
                    Timer::Liveness,
                    now,
                    self.timing.liveness_period.div_ceil(4),
                );
                self.timers.arm(
                    Timer::Round,
                    now,
                    self.timing.liveness_period.max(ROUND_GAP_MAX),
                );
            }
            _ => {}
        }
    }

    /// The process that held the port ended.
    pub fn handle_holder_gone(&mut self, now: Ms) {
        match self.state {
            State::Attached => {
                self.start_over(now, Cause::Detached);
            }
            State::Blocked if self.check.is_none() => self.request_port_check(),
            State::Starting | State::Stopped if self.timers.due(Timer::Holder).is_some() => {
                self.timers.clear(Timer::Holder);
                self.round = None;
                self.request_port_check();
            }
            _ => {}
        }
    }

    pub(super) fn request_port_check(&mut self) {
        self.sequence += 1;
        self.check = Some(self.sequence);
        self.actions.push_back(Action::CheckPort {
            check: self.sequence,
        });
    }

    pub(super) fn request_round(&mut self, subject: Subject) {
        self.sequence += 1;
        self.round = Some((self.sequence, subject));
        self.actions.push_back(Action::Round {
            round: self.sequence,
            subject,
        });
    }

    pub(super) fn verified(&mut self, now: Ms) {
        if self.state == State::Ready {
            self.timers.arm(Timer::Round, now, self.timing.login_period);
        } else if self.transition(now, Cause::Verified) {
            self.ready_at.get_or_insert(now);
            self.watch(now, self.timing.login_period);
        }
    }

    pub(super) fn not_ready(&mut self, now: Ms) {
        if self.state == State::Ready {
            self.transition(now, Cause::NotReady);
            self.round_gap = ROUND_GAP;
            self.timers
                .arm(Timer::Liveness, now, self.timing.liveness_period);
        }
        let gap = self.round_gap;
        self.round_gap = gap.saturating_mul(2).min(match self.state {
            State::Starting => ROUND_GAP_MAX,
            _ => self.timing.login_period.max(ROUND_GAP_MAX),
        });
        self.timers.set(Timer::Round, now.plus(gap));
    }

    pub(super) fn blocked(&mut self, now: Ms) {
        if self.transition(now, Cause::PortHeld) {
            self.timers
                .set(Timer::Recheck, now.plus(self.timing.recheck));
            self.round_gap = self.timing.recheck;
            self.holder_round_at = now.plus(self.round_gap);
        }
    }

    /// No server is there and none can be started: checks again later.
    pub(super) fn absent(&mut self, now: Ms) {
        self.transition(now, Cause::Absent);
        self.timers.clear(Timer::Holder);
        self.timers
            .set(Timer::Recheck, now.plus(self.timing.recheck));
    }

    pub(super) fn watch(&mut self, now: Ms, round_in: u64) {
        self.timers
            .arm(Timer::Liveness, now, self.timing.liveness_period);
        self.timers.arm(Timer::Round, now, round_in);
    }
}
