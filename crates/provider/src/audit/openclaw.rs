//! Whether the audit has data for the version of OpenClaw that uses the document.

use std::cmp::Ordering;

use super::finding::Findings;
use super::message;
use super::version::{KNOWN, Version, judged_version};
use crate::ID;
use crate::document::Value;
use crate::release::compare;
use crate::wit::config::OpenclawVersion;

/// Longest version that is shown, in characters.
const MAX_LENGTH: usize = 64;

/// Reports a version that is not known, and returns the version for which the document is audited. The report on an unknown version
/// is undecided, unless OpenClaw vouches for it: its schema has no unknown path, and its resolvers were asked for everything and
/// `agree` with this audit.
pub(super) fn check_version(
    root: &Value,
    openclaw: Option<&OpenclawVersion>,
    agree: bool,
    found: &mut Findings,
) -> Option<String> {
    let version = judged_version(root, openclaw)?;
    if Version::named(version).is_some() {
        return Some(version.to_owned());
    }
    let shown: String = version.chars().take(MAX_LENGTH).collect();
    let known = KNOWN.join(", ");
    let at = if openclaw.is_some() {
        ""
    } else {
        "meta.lastTouchedVersion"
    };
    // Its schema was compared with the newest inventory, which is not that of the other layout.
    let same = Version::nearest(Some(version)).layout().former == Version::newest().layout().former;
    let vouched = same && agree && openclaw.is_some_and(|openclaw| openclaw.schema_known);
    let message = match vouched {
        true => message::VOUCHED_OPENCLAW,
        false => message::UNVERIFIED_OPENCLAW,
    };
    found.add(message, at, &shown, &[&known, &update_command(version)]);
    Some(shown)
}

/// What to do about a version that is not known: update OpenClaw or the plugin, but never go back.
fn update_command(version: &str) -> String {
    let newest = Version::newest().name();
    match compare(version, newest) {
        Some(Ordering::Less) => format!("npm install -g openclaw@{newest}"),
        _ => format!(
            "openclaw plugins update {ID}   (OpenClaw itself can stay: a later version of this plugin may know {})",
            version.chars().take(MAX_LENGTH).collect::<String>()
        ),
    }
}
