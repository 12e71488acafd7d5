//! The check of the clock, and dates.

use time::Date;

use super::{CheckResult, Installation, fail, pass};

/// A clock before this time is certainly wrong: 2026-01-01.
pub(super) const EARLIEST_CLOCK: u64 = 1_767_225_600;
/// How far in the future the time of a file may be, in seconds: the clocks of file servers differ a little.
const MAX_CLOCK_SKEW: u64 = 300;
pub(super) const DAY: u64 = 86_400;

/// Whether the clock can be right.
pub(super) fn clock(f: &Installation<'_>) -> CheckResult {
    const FIX: &str = "sudo timedatectl set-ntp true";
    let now = f.now;
    match f.config_modified {
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

/// The Julian day of 1970-01-01.
const EPOCH: i32 = 2_440_588;

/// The day of a Unix time, as `2026-11-29` (UTC).
pub(super) fn day(seconds: u64) -> String {
    let date = i32::try_from(seconds / DAY)
        .ok()
        .and_then(|days| Date::from_julian_day(EPOCH.checked_add(days)?).ok());
    date.map_or_else(
        || "beyond the year 9999".to_owned(),
        |date| {
            let (year, month, day) = date.to_calendar_date();
            format!("{year:04}-{:02}-{day:02}", u8::from(month))
        },
    )
}

/// Unix time of midnight before a time that is written `2026-11-29T11:36:09.000Z`.
pub(super) fn parse_day(text: &str) -> Option<u64> {
    let mut parts = text.split('T').next()?.splitn(3, '-');
    let year = parts.next()?.parse().ok()?;
    let month: u8 = parts.next()?.parse().ok()?;
    let day = parts.next()?.parse().ok()?;
    let date = Date::from_calendar_date(year, month.try_into().ok()?, day).ok()?;
    Some(u64::try_from(date.to_julian_day() - EPOCH).ok()? * DAY)
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
