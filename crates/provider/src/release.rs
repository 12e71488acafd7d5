//! Compares versions of OpenClaw.

use std::cmp::Ordering;

/// Compares versions as OpenClaw does: `-beta` is before the release, and `-1`, a correction, is after it. `None` if one of them is no
/// version.
pub(crate) fn compare(one: &str, other: &str) -> Option<Ordering> {
    let parts = |version: &str| {
        let version = version.split('+').next().unwrap_or_default();
        let (release, suffix) = match version.split_once('-') {
            Some((release, suffix)) => (release, Some(suffix)),
            None => (version, None),
        };
        let numbers: Vec<u64> = release
            .split('.')
            .map(|number| number.parse().ok())
            .collect::<Option<_>>()?;
        let after = match suffix {
            Some("") => return None,
            Some(suffix) => suffix.parse::<u64>().map_or(-1, |n| i64::from(n > 0)),
            None => 0,
        };
        (numbers.len() == 3).then_some((numbers, after))
    };
    Some(parts(one)?.cmp(&parts(other)?))
}
