//! What an edit must not do: open a route, or write settings that an included file overrides.

use super::Change;
use super::draft::{Draft, value_at};
use crate::audit::{AuditInput, Finding, Report};
use crate::document::Value;
use crate::document::path::{self, Part};
use crate::settings::{SETTINGS_PATH, Settings};
use crate::{Error, Problem, configured};

/// Refuses an edit that opens a place which was closed, or that writes a value which the audit calls open.
pub(super) fn ensure_opens_nothing(
    before: &Report,
    after: &Report,
    draft: &Draft,
    changes: &[Change],
) -> Result<(), Error> {
    let known: Vec<(&str, String)> = before
        .open()
        .map(|finding| (finding.code.as_str(), without_positions(&finding.path)))
        .collect();
    // A value that was in the document before is the user's own, even if the list around it was written again.
    let is_written = |finding: &Finding| {
        let Some(place) = path::parts(&finding.path) else {
            return true;
        };
        changes
            .iter()
            .any(|change| path::is_within(&finding.path, &change.path))
            && value_at(&draft.new, &place)
                .is_some_and(|value| !values_at_any_index(&draft.old, &place).contains(&value))
    };
    let opened = after.open().find(|finding| {
        let place = (finding.code.as_str(), without_positions(&finding.path));
        !known.contains(&place) || is_written(finding)
    });
    match opened {
        None => Ok(()),
        Some(finding) => Err(Error::refused(Problem::new(
            "would-open",
            finding.path.clone(),
            format!("a route to {} ({})", finding.leads_to, finding.code),
            "routes that end at the proxy",
            finding.fix.clone(),
        ))),
    }
}

/// The values at a path, with any list position in place of those in the path.
fn values_at_any_index<'v>(root: &'v Value, place: &[Part]) -> Vec<&'v Value> {
    place.iter().fold(vec![root], |values, part| match part {
        Part::Key(key) => values.iter().filter_map(|value| value.get(key)).collect(),
        Part::Index(_) => values
            .iter()
            .filter_map(|value| value.as_array())
            .flatten()
            .collect(),
    })
}

/// A path without its list positions, which change when an earlier item is removed.
fn without_positions(text: &str) -> String {
    path::parts(text).map_or_else(
        || text.to_owned(),
        |parts| path::format(parts.iter().filter(|part| matches!(part, Part::Key(_)))),
    )
}

/// Refuses an edit whose settings are not in force because of an included file. (OpenClaw joins the lists of both files, for
/// example.)
pub(super) fn ensure_in_force(input: &AuditInput, wanted: &Settings) -> Result<(), Error> {
    let there = configured::effective_settings(input)?;
    let names = [
        ("host", there.listen_address == wanted.listen_address),
        ("port", there.port == wanted.port),
        ("models", there.models == wanted.models),
    ];
    match names.iter().find(|(_, same)| !same) {
        None => Ok(()),
        Some((name, _)) => Err(Error::refused(Problem::new(
            "include-on-path",
            path::key(SETTINGS_PATH, name),
            "another value in an included file",
            "this setting in one file",
            format!("Remove {name} from the included file, or change it there."),
        ))),
    }
}
