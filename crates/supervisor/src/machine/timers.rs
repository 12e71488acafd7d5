//! The machine's timers: one of each kind, set to a point in time or not.

use super::io::Ms;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Timer {
    Start,
    /// TERM was not enough.
    Grace,
    /// The next start, after a delay or a pause.
    Respawn,
    Liveness,
    Round,
    /// The next check of a port that somebody else holds, or is expected to hold.
    Recheck,
    /// Whoever holds the port did not identify itself in time.
    Holder,
}

/// All of them, in the order in which they run out when they are due together.
const TIMERS: [Timer; 7] = [
    Timer::Start,
    Timer::Grace,
    Timer::Respawn,
    Timer::Liveness,
    Timer::Round,
    Timer::Recheck,
    Timer::Holder,
];

#[derive(Debug, Clone, Default)]
pub(super) struct Timers([Option<Ms>; TIMERS.len()]);

impl Timers {
    pub(super) fn due(&self, timer: Timer) -> Option<Ms> {
        self.0.get(timer as usize).copied().flatten()
    }

    pub(super) fn set(&mut self, timer: Timer, due: Ms) {
        self.put(timer, Some(due));
    }

    pub(super) fn clear(&mut self, timer: Timer) {
        self.put(timer, None);
    }

    /// Sets one whose period may be 0, which is never.
    pub(super) fn arm(&mut self, timer: Timer, now: Ms, period: u64) {
        self.put(timer, (period > 0).then(|| now.plus(period)));
    }

    fn put(&mut self, timer: Timer, due: Option<Ms>) {
        if let Some(slot) = self.0.get_mut(timer as usize) {
            *slot = due;
        }
    }

    pub(super) fn next(&self) -> Option<Ms> {
        self.0.iter().flatten().min().copied()
    }

    /// Those that may be due, in order.
    pub(super) fn kinds() -> [Timer; TIMERS.len()] {
        TIMERS
    }
}
