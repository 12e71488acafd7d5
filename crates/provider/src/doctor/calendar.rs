//! The clock, and days of the calendar.

use super::{CheckResult, Installation, fail, pass};

/// Before this build's time a clock is certainly wrong: 2026-01-01.
pub(super) const EARLIEST_CLOCK: u64 = 1_767_225_600;
/// A file may lie this far in the future, in seconds: clocks of file servers differ a little.
const MAX_CLOCK_SKEW: u64 = 300;
pub(super) const DAY: u64 = 86_400;

/// Whether the clock can be right.
pub(super) fn clock(f: &Installation<'_>) -> CheckResult {
    const FIX: &str = "sudo timedatectl set-ntp true";
    let now = f.clock;
    match f.clock_written {
        _ if now < EARLIEST_CLOCK => fail(format!("{} is in the past", day(now)), FIX),
        Some(at) if at > now.saturating_add(MAX_CLOCK_SKEW) => {
            let (today, written) = (day(now), day(at));
            fail(
                format!("it is {today}, but openclaw.json was written on {written}"),
                FIX,
            )
        }
        _ => pass(day(now)),
    }
}

/// Days from 1970-01-01 to a day of the Gregorian calendar; the months of its year begin in March.
fn days_until(year: u64, month: u64, day: u64) -> Option<u64> {
    if !(1970..=9999).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let year = if month > 2 { year } else { year - 1 };
    let month = (month + 9) % 12;
    let days = year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + day;
    days.checked_sub(719_469)
}

/// The day of a Unix time, as `2026-11-29` (UTC).
pub(super) fn day(seconds: u64) -> String {
    let days = seconds / DAY;
    // At most 366 days a year, so the year is this one or a little later; then the same for the month.
    let mut year = 1970 + days / 366;
    while days_until(year + 1, 1, 1).is_some_and(|next| next <= days) {
        year += 1;
    }
    let mut month = 1;
    while month < 12 && days_until(year, month + 1, 1).is_some_and(|next| next <= days) {
        month += 1;
    }
    let first = days_until(year, month, 1).unwrap_or(days);
    format!("{year:04}-{month:02}-{:02}", days.saturating_sub(first) + 1)
}

/// Unix time of midnight before a time that is written `2026-11-29T11:36:09.000Z`.
pub(super) fn parse_day(text: &str) -> Option<u64> {
    let mut parts = text
        .split('T')
        .next()?
        .splitn(3, '-')
        .map(str::parse::<u64>);
    let (year, month, day) = (
        parts.next()?.ok()?,
        parts.next()?.ok()?,
        parts.next()?.ok()?,
    );
    Some(days_until(year, month, day)? * DAY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_of_the_calendar() {
        for (seconds, text) in [
            (0, "1970-01-01"),
            (951_782_400, "2000-02-29"),
            (EARLIEST_CLOCK - 1, "2025-12-31"),
            (EARLIEST_CLOCK, "2026-01-01"),
            (1_795_910_400, "2026-11-29"),
        ] {
            assert_eq!(day(seconds), text);
            assert_eq!(parse_day(text), Some(seconds / DAY * DAY), "{text}");
        }
        assert_eq!(parse_day("soon"), None);
        assert_eq!(parse_day("2026-13-01T"), None);
    }
}
