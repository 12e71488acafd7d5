//! How much of the plan is used, if the proxy reports it: the probe, and its answer.
//!
//! Meridian 1.43 answers `GET /v1/usage/quota` from what the vendor reports to the Claude CLI and from the vendor's page about usage. A
//! figure that it does not know is missing or null. Other proxies have no such path.

use crate::document::{self, Value};
use crate::health::{self, Observation, Probe, find};
use crate::settings::Settings;
use crate::strings;

pub use crate::wit::quota::{Usage, Window};

/// The id of the probe.
const QUOTA: &str = "quota";
/// The highest number of limits that are read.
const MAX_WINDOWS: usize = 12;
/// Longest name of a limit that is read, in bytes.
const MAX_NAME: usize = 32;
/// Times below this are in seconds, all others in milliseconds. (In milliseconds it is in the year 1973.)
const SECONDS_BELOW: u64 = 100_000_000_000;
const MINUTE_MS: u64 = 60_000;

/// The probe for the limits; `None` if this kind of proxy does not report them.
pub fn probe(settings: &Settings) -> Option<Probe> {
    let path = settings.kind().quota_path?;
    // The proxy may ask the vendor first.
    Some(health::probe(QUOTA, path, true, 3_000, 64 * 1024))
}

/// Reads the limits from the observations; `None` if they are not known. `now_ms` is the time, in milliseconds since 1970.
pub fn read(seen: &[Observation], now_ms: u64) -> Option<Usage> {
    let response = find(seen, QUOTA)?.response().ok()?;
    if response.status != 200 {
        return None;
    }
    let document = document::parse(&response.body).ok()?;
    let mut windows: Vec<Window> = Vec::new();
    // The proxy sorts them by the time of its last update. (A sort of the standard library would be larger than all of this file.)
    for rank_now in 0..=LAST_RANK {
        for bucket in document
            .root
            .get("buckets")?
            .as_array()?
            .iter()
            .take(MAX_WINDOWS)
        {
            let Some(window) = window(bucket).filter(|window| rank(&window.id) == rank_now) else {
                continue;
            };
            if !windows.iter().any(|known| known.id == window.id) {
                windows.push(window);
            }
        }
    }
    if windows.is_empty() {
        return None;
    }
    let parts: Vec<String> = windows
        .iter()
        .map(|window| describe(window, now_ms))
        .collect();
    Some(Usage {
        line: parts.join("; "),
        windows,
    })
}

fn window(bucket: &Value) -> Option<Window> {
    let id = bucket.get("type")?.as_str()?;
    let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
    if id.is_empty() || id.len() > MAX_NAME || !id.bytes().all(fits) {
        return None;
    }
    let exhausted = bucket.get("status").and_then(Value::as_str) == Some("rejected");
    let used = bucket.get("utilization").and_then(percent);
    let resets = bucket.get("resetsAt").and_then(Value::as_u64);
    let resets_at_ms = resets
        .filter(|time| *time > 0)
        .map(|time| match time < SECONDS_BELOW {
            true => time.saturating_mul(1000),
            false => time,
        });
    // A limit without any figure is left out.
    (exhausted || used.is_some() || resets_at_ms.is_some()).then(|| Window {
        id: id.to_owned(),
        label: label(id),
        used_percent: used.or(exhausted.then_some(100)),
        resets_at_ms,
        exhausted,
    })
}

/// A fraction as percent; `None` if it is not plausible.
fn percent(fraction: &Value) -> Option<u32> {
    let fraction = fraction.as_f64()?;
    (0.0..100.0)
        .contains(&fraction)
        .then(|| (fraction * 100.0).round() as u32)
}

/// The last rank of the order in which limits are shown.
const LAST_RANK: u8 = 3;

fn rank(id: &str) -> u8 {
    match id {
        "five_hour" => 0,
        "seven_day" => 1,
        _ if id.starts_with("seven_day_") => 2,
        _ => 3,
    }
}

fn label(id: &str) -> String {
    match id {
        "five_hour" => "5h".to_owned(),
        "seven_day" => "Week".to_owned(),
        _ => match id.strip_prefix("seven_day_") {
            Some(part) => format!("Week {}", part.replace('_', " ")),
            None => strings::escape_invisible(&id.replace('_', " ")),
        },
    }
}

fn describe(window: &Window, now_ms: u64) -> String {
    let mut text = match window.used_percent {
        Some(used) => format!("{} {used} % used", window.label),
        None => format!("{} usage unknown", window.label),
    };
    if window.exhausted {
        text.push_str(", refused now");
    }
    match window.resets_at_ms.map(|at| at.checked_sub(now_ms)) {
        Some(Some(left)) => text.push_str(&format!(", resets in {}", duration(left))),
        Some(None) => text.push_str(", has reset since"),
        None => {}
    }
    text
}

/// A length of time in its two largest units.
fn duration(ms: u64) -> String {
    let minutes = ms / MINUTE_MS;
    let (hours, days) = (minutes / 60, minutes / 1440);
    match (days, hours) {
        (0, 0) => format!("{minutes} min"),
        (0, _) => format!("{hours} h {} min", minutes % 60),
        _ => format!("{days} d {} h", hours % 24),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-27T14:00:00Z.
    const NOW: u64 = 1_795_788_000_000;

    fn answered(status: u16, body: &str) -> Option<Usage> {
        read(&[Observation::answered(QUOTA, status, body)], NOW)
    }

    #[test]
    fn the_quota_of_the_proxy_is_read() {
        let body = format!(
            r#"{{"profile":null,"buckets":[
                {{"type":"seven_day_opus","status":"allowed","utilization":0,"resetsAt":null}},
                {{"type":"seven_day","status":"allowed_warning","utilization":0.905,"resetsAt":{}}},
                {{"type":"five_hour","status":"rejected","utilization":null,"resetsAt":{}}}
            ],"extraUsage":null,"asOf":1}}"#,
            NOW + 3 * 86_400_000 + 7_200_000,
            // In seconds, as the CLI's own event has it.
            NOW / 1000 + 7800,
        );
        let quota = answered(200, &body).unwrap();
        assert_eq!(
            quota.line,
            "5h 100 % used, refused now, resets in 2 h 10 min; Week 91 % used, resets in 3 d 2 h; \
             Week opus 0 % used"
        );
        assert_eq!(quota.windows[0].resets_at_ms, Some(NOW + 7_800_000));
    }

    #[test]
    fn fractions_are_read() {
        for row in "0=0 1=100 0.42=42 0.4199999=42 0.005=1 1.07=107 0.5=50 1e-7=0 1e7= -0.2= 1234="
            .split(' ')
        {
            let (source, expected) = row.split_once('=').unwrap();
            let value = Value::Number(source.to_owned());
            assert_eq!(percent(&value), expected.parse().ok(), "{source}");
        }
    }

    #[test]
    fn a_quota_that_is_not_there_is_not_known() {
        for (status, body) in [
            (200, r#"{"profile":null,"buckets":[],"extraUsage":null}"#),
            (
                200,
                r#"{"buckets":[{"type":"five_hour","status":"allowed","utilization":null,"resetsAt":null}]}"#,
            ),
            (
                200,
                r#"{"buckets":[{"type":"\u001b[2J","utilization":0.5}, 7, {"utilization":0.5}]}"#,
            ),
            (200, r#"{"buckets":{}}"#),
            (200, "<html>"),
            (
                404,
                r#"{"buckets":[{"type":"five_hour","utilization":0.5}]}"#,
            ),
            (401, "{}"),
        ] {
            assert_eq!(answered(status, body), None, "{body}");
        }
        assert_eq!(read(&[], NOW), None);
        let other = Settings {
            proxy: "claude-max-api-proxy".to_owned(),
            ..Settings::default()
        };
        assert_eq!(probe(&other), None);
    }
}
