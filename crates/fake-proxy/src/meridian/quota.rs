//! `/v1/usage/quota`: how much of the plan is used.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::http::Reply;
use crate::switches::Switches;

/// When the short limit resets, in milliseconds from now, and when the long one does.
const RESETS: (u64, u64) = (7_800_000, 266_400_000);

/// The limits, as far as a switch says how much is used; without it the proxy has heard of none.
pub(super) fn quota(switches: &Switches) -> Reply {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let now = u64::try_from(now.as_millis()).unwrap_or(u64::MAX);
    let bucket = |kind: &str, percent: u32, resets: u64| {
        let status = if percent >= 100 {
            "rejected"
        } else {
            "allowed"
        };
        json!({
            "type": kind, "status": status, "utilization": f64::from(percent) / 100.0, "resetsAt": now + resets,
            "isUsingOverage": false, "overageStatus": null, "overageResetsAt": null, "overageDisabledReason": null,
            "surpassedThreshold": null, "observedAt": now,
        })
    };
    let buckets: Vec<Value> = switches
        .quota
        .into_iter()
        .flat_map(|percent| {
            [
                bucket("seven_day", percent / 2, RESETS.1),
                bucket("five_hour", percent, RESETS.0),
            ]
        })
        .collect();
    Reply::json(
        200,
        &json!({
            "profile": null, "buckets": buckets, "extraUsage": null,
            "sources": { "oauth": null, "sdk": { "entryCount": buckets.len() } }, "asOf": now,
        }),
    )
}
