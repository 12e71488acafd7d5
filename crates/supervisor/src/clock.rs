//! The monotonic clock, in nanoseconds.

use rustix::time::{ClockId, Timespec, clock_gettime};

/// So many nanoseconds, as a limit of `poll`.
pub(crate) fn timeout(ns: u64) -> Timespec {
    Timespec {
        tv_sec: i64::try_from(ns / 1_000_000_000).unwrap_or(i64::MAX),
        tv_nsec: (ns % 1_000_000_000) as _,
    }
}

/// A point on the monotonic clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Instant(u64);

impl Instant {
    /// Now.
    pub fn now() -> Self {
        let t = clock_gettime(ClockId::Monotonic);
        let seconds = u64::try_from(t.tv_sec).unwrap_or(0);
        let nanos = u64::try_from(t.tv_nsec).unwrap_or(0);
        Self(seconds.saturating_mul(1_000_000_000).saturating_add(nanos))
    }

    /// Later by so many nanoseconds.
    pub fn plus_ns(self, ns: u64) -> Self {
        Self(self.0.saturating_add(ns))
    }

    /// Later by so many milliseconds.
    pub fn plus_ms(self, ms: u64) -> Self {
        self.plus_ns(ms.saturating_mul(1_000_000))
    }

    /// Nanoseconds since `earlier`; 0 when it is later.
    pub fn since_ns(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }

    /// Whole milliseconds since `earlier`; 0 when it is later.
    pub fn since_ms(self, earlier: Self) -> u64 {
        self.since_ns(earlier) / 1_000_000
    }

    /// The same moment for the state machine.
    pub(crate) fn ms(self) -> crate::machine::Ms {
        crate::machine::Ms(self.0 / 1_000_000)
    }

    /// The moment at which the machine's millisecond begins.
    pub(crate) fn at(ms: crate::machine::Ms) -> Self {
        Self(ms.0.saturating_mul(1_000_000))
    }
}
