//! Waiting for a condition, with a deadline.

use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

/// Time between two looks: a twentieth of what was waited already, so that waiting adds little to it and takes little from
/// what is waited for. A look may start a process.
const SHORTEST_LOOK: Duration = Duration::from_millis(2);
const LONGEST_LOOK: Duration = Duration::from_millis(50);

/// Waits until `look` gives something.
///
/// # Errors
/// If that takes longer than `limit` (the text names `what`), or `look` fails.
pub fn until<T>(
    what: &str,
    limit: Duration,
    mut look: impl FnMut() -> Result<Option<T>>,
) -> Result<T> {
    let began = Instant::now();
    loop {
        if let Some(found) = look()? {
            return Ok(found);
        }
        let waited = began.elapsed();
        if waited >= limit {
            bail!("{what}: not within {limit:?}");
        }
        #[expect(
            clippy::disallowed_methods,
            reason = "between two looks, up to a deadline"
        )]
        sleep((waited / 20).clamp(SHORTEST_LOOK, LONGEST_LOOK));
    }
}

/// Waits until something is so.
///
/// # Errors
/// As [`until`].
pub fn until_so(what: &str, limit: Duration, mut so: impl FnMut() -> Result<bool>) -> Result<()> {
    until(what, limit, || Ok(so()?.then_some(())))
}

/// Longest time that anything may take in a test of one crate; only a failing test waits that long.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Waits until `look` finds something.
///
/// # Panics
/// If that takes longer than [`PATIENCE`].
#[track_caller]
pub fn found<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    match until(what, PATIENCE, || Ok(look())) {
        Ok(found) => found,
        #[expect(clippy::panic, reason = "this is a failed test")]
        Err(why) => panic!("{why}"),
    }
}

/// Waits until something is so.
///
/// # Panics
/// If that takes longer than [`PATIENCE`].
#[track_caller]
pub fn so(what: &str, mut so: impl FnMut() -> bool) {
    found(what, || so().then_some(()));
}
