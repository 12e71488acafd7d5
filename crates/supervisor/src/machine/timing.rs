//! Periods, limits and the delay between restarts.

/// The machine's settings. Times are in milliseconds; 0 is never where a period may be left out. There is no default: the embedding
/// program knows its service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timing {
    /// Start again when it ends.
    pub auto_restart: bool,
    /// Delay before the second restart in a row; it doubles from there. The first one is immediate when the program had been
    /// ready.
    pub restart_delay: u64,
    /// Longest delay.
    pub restart_max: u64,
    /// A run that was ready for this long clears the count of quick ends.
    pub stable_after: u64,
    /// Quick ends in a row before `failed`.
    pub start_limit: u32,
    /// Pause in `failed` before one more try; 0 is never.
    pub retry_failed: u64,
    /// How long a start may take; 0 is for ever.
    pub start_timeout: u64,
    /// Time between TERM and KILL.
    pub stop_grace: u64,
    /// The same for a process that hangs, if that is shorter.
    pub hang_grace: u64,
    /// The same when the program that wanted the service is gone.
    pub hurry_grace: u64,
    /// Time between liveness probes; 0 is never.
    pub liveness_period: u64,
    /// Liveness failures in a row that mean a hang.
    pub liveness_failures: u32,
    /// Time between rounds, which check identity and login, while ready; 0 is never.
    pub login_period: u64,
    /// Time between checks of a port that somebody else holds, or is expected to hold.
    pub recheck: u64,
}

impl Timing {
    /// The same with what may not be 0 at least 1.
    pub(super) fn checked(self) -> Self {
        Self {
            start_limit: self.start_limit.max(1),
            liveness_failures: self.liveness_failures.max(1),
            recheck: self.recheck.max(1),
            ..self
        }
    }

    /// Delay before the `nth` delayed restart in a row, from 0: the first delay doubled `nth` times plus up to a fifth
    /// of jitter, never over the longest delay. It never shrinks inside a row.
    pub fn delay(&self, nth: u32, rng: &mut fastrand::Rng) -> u64 {
        let cap = self.restart_max.max(self.restart_delay);
        let factor = 1u64.checked_shl(nth).unwrap_or(u64::MAX);
        let base = self.restart_delay.saturating_mul(factor).min(cap);
        base.saturating_add(rng.u64(0..=base / 5)).min(cap)
    }
}
