//! The machine's timers: one of each kind, set to a point in time or not.

use std::collections::BTreeMap;

use super::io::Ms;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
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

impl Timer {
    /// All of them, in the order in which they run out when they are due together.
    pub(super) const ALL: [Self; 7] = [
        Self::Start,
        Self::Grace,
        Self::Respawn,
        Self::Liveness,
        Self::Round,
        Self::Recheck,
        Self::Holder,
    ];
}

/// When each timer that is set is due.
#[derive(Debug, Clone, Default)]
pub(super) struct Timers(BTreeMap<Timer, Ms>);

impl Timers {
    pub(super) fn due(&self, timer: Timer) -> Option<Ms> {
        self.0.get(&timer).copied()
    }

    pub(super) fn set(&mut self, timer: Timer, due: Ms) {
        self.0.insert(timer, due);
    }

    pub(super) fn clear(&mut self, timer: Timer) {
        self.0.remove(&timer);
    }

    /// Sets one whose period may be 0, which is never.
    pub(super) fn arm(&mut self, timer: Timer, now: Ms, period: u64) {
        self.clear(timer);
        if period > 0 {
            self.set(timer, now.plus(period));
        }
    }

    pub(super) fn next(&self) -> Option<Ms> {
        self.0.values().min().copied()
    }
}
