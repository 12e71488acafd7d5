//! `/v1/usage/quota`: how much of the plan is used.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::json;

use super::Behavior;
use crate::http::Reply;

/// The limits.
pub(super) fn quota(behavior: &impl Behavior) -> Reply {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let now = u64::try_from(now.as_millis()).unwrap_or(u64::MAX);
    let buckets = behavior.limits(now);
    Reply::json(
        200,
        &json!({
            "profile": null, "buckets": buckets, "extraUsage": null,
            "sources": { "oauth": null, "sdk": { "entryCount": buckets.len() } }, "asOf": now,
        }),
    )
}
