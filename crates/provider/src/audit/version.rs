//! Which version of OpenClaw is judged, and whether the inventory is of it.

use super::finding::{Code, Findings};
use super::table::OPENCLAW;
use crate::document::Value;
use crate::report::{Host, Severity};

/// The versions of OpenClaw that a verdict is known for.
pub const KNOWN: &[&str] = &[OPENCLAW];

/// Longest version that is read as one.
const MAX_LENGTH: usize = 64;

/// The version that is judged: the host's, else the one that wrote the file. On one that is not known a verdict is
/// undecided, unless the host vouches for it: its schema is known, and its resolvers were asked everything and `agree`.
pub(super) fn judge(
    root: &Value,
    host: Option<&Host>,
    agree: bool,
    found: &mut Findings,
) -> Option<String> {
    let written = root.at(&["meta", "lastTouchedVersion"]);
    let written = written.and_then(Value::as_str);
    let version = host.map(|host| host.version.as_str()).or(written)?.trim();
    if KNOWN.contains(&version) {
        return Some(version.to_owned());
    }
    let shown: String = version.chars().take(MAX_LENGTH).collect();
    let known = KNOWN.join(", ");
    let at = if host.is_some() {
        ""
    } else {
        "meta.lastTouchedVersion"
    };
    let vouched = host.is_some_and(|host| host.schema_known && agree);
    let (severity, message) = if vouched {
        (
            Severity::Exposure,
            format!(
                "This verdict is known for OpenClaw {known}. The host runs {shown}: its schema has no path that this audit lacks, and its own resolvers agree."
            ),
        )
    } else {
        (
            Severity::Undecided,
            format!(
                "This verdict is known for OpenClaw {known}, and this is {shown}. What that version does with the file is not known, so this counts as open."
            ),
        )
    };
    found.add(
        severity,
        Code::UnverifiedHost,
        at,
        &shown,
        message,
        format!("Use OpenClaw {known}, or a version of this plugin that knows the host's."),
    );
    Some(shown)
}
