//! Waiting for a condition, with a deadline.

use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

/// Time between two polls: a twentieth of what was waited already, so that waiting adds little to it and takes little from
/// what is waited for. A poll may start a process.
const SHORTEST_PAUSE: Duration = Duration::from_millis(2);
const MAX_PAUSE: Duration = Duration::from_millis(50);

/// Calls `poll` until it gives something.
///
/// # Errors
/// If that takes longer than `limit` (the text names `what`), or `poll` fails.
pub fn until<T>(
    what: &str,
    limit: Duration,
    mut poll: impl FnMut() -> Result<Option<T>>,
) -> Result<T> {
    let began = Instant::now();
    loop {
        if let Some(found) = poll()? {
            return Ok(found);
        }
        let waited = began.elapsed();
        if waited >= limit {
            bail!("timed out waiting for: {what} (after {limit:?})");
        }
        #[expect(
            clippy::disallowed_methods,
            reason = "between two polls, up to a deadline"
        )]
        sleep((waited / 20).clamp(SHORTEST_PAUSE, MAX_PAUSE));
    }
}

/// Waits until `condition` is true.
///
/// # Errors
/// As [`until`].
pub fn until_true(
    what: &str,
    limit: Duration,
    mut condition: impl FnMut() -> Result<bool>,
) -> Result<()> {
    until(what, limit, || Ok(condition()?.then_some(())))
}

/// Longest time that anything may take in a test of one crate; only a failing test waits that long.
pub const TIMEOUT: Duration = Duration::from_secs(30);

/// Calls `poll` until it gives something.
///
/// # Panics
/// If that takes longer than [`TIMEOUT`].
#[track_caller]
pub fn expect<T>(what: &str, mut poll: impl FnMut() -> Option<T>) -> T {
    match until(what, TIMEOUT, || Ok(poll())) {
        Ok(found) => found,
        #[expect(clippy::panic, reason = "this is a failed test")]
        Err(why) => panic!("{why}"),
    }
}

/// Waits until `condition` is true.
///
/// # Panics
/// If that takes longer than [`TIMEOUT`].
#[track_caller]
pub fn expect_true(what: &str, mut condition: impl FnMut() -> bool) {
    expect(what, || condition().then_some(()));
}
