//! Edits of `openclaw.json` that leave everything else as it was, byte for byte, and that are proven before they are
//! returned: the new text is read again, compared with what was planned, and audited.
//!
//! The text is edited by spans found beside the parser of [`crate::document`], not by a syntax-tree crate: the one that
//! edits JSON (`jsonc-parser`) refuses texts that OpenClaw reads (an unquoted `$include`, a byte order mark, `.5`) and turns
//! one-line objects into many lines.

mod draft;
mod fix;
mod harden;
mod list_matching;
mod login;
mod lookup;
mod removed_models;
mod render;
mod rewrite;
mod selectable;
mod spans;
#[cfg(test)]
mod tests;

use crate::audit::{Version, judged_version};
use crate::document::path::{self, Part};
use crate::document::{self, Value};
use crate::report::{
    Applied, ApplyRequest, AuditInput, AuditOutcome, Change, Finding, ListKind, Report,
};
use crate::settings::{SETTINGS_PATH, Settings};
use crate::{Error, Problem, configured};

use draft::{Draft, value_at};
use lookup::Lookup;
use rewrite::Blocked;
use spans::ParsedText;

/// Edits a document as requested; an empty one means that there is no file. Without changes the text is returned as it was.
///
/// # Errors
/// [`Error::Unreadable`] where the document is not JSON5; [`Error::InvalidSettings`] where what is asked for, or what is
/// there and stays, is not accepted; [`Error::Refused`] where the edit cannot be proven or would open a route;
/// [`Error::Other`] where the audit needs answers first.
pub fn apply(input: &AuditInput, request: &ApplyRequest) -> Result<Applied, Error> {
    edit(input, request, FIX_ROUNDS).map(|(_, applied)| applied)
}

/// The same with one round of the fix, which is enough to learn whether it closes anything; a large file takes many.
///
/// # Errors
/// As [`apply`].
pub(crate) fn first_round(input: &AuditInput, request: &ApplyRequest) -> Result<Applied, Error> {
    edit(input, request, 1).map(|(_, applied)| applied)
}

/// The same edit as a JSON merge patch, as text: objects are merged, lists replaced, `null` deletes.
///
/// OpenClaw's auth flow merges `models[]` of a provider by `id`, so there a patch adds and changes models but never takes
/// one away; a host follows it up with [`apply`].
///
/// # Errors
/// As [`apply`].
pub fn merge_patch(input: &AuditInput, request: &ApplyRequest) -> Result<String, Error> {
    let (draft, _) = edit(input, request, FIX_ROUNDS)?;
    Ok(merge_patch_of(&draft.old, &draft.new).json())
}

fn edit(
    input: &AuditInput,
    request: &ApplyRequest,
    rounds: usize,
) -> Result<(Draft, Applied), Error> {
    if request.harden && request.unharden {
        return Err(Error::Refused(Problem::new(
            "contradiction",
            "the request",
            "both harden and unharden",
            "one of them",
            "Ask for one of them.",
        )));
    }
    let source = Source::read(&input.document)?;
    let mut draft = Draft::new(source.value.clone());
    let version = Version::nearest(judged_version(&source.value, input.host.as_ref()));
    let (first, settings) = login::plan(&mut draft, request, input, version)?;
    let refuse = Error::Refused;
    if request.harden {
        harden::harden(&mut draft, &first, version);
    }
    if request.unharden {
        harden::unharden(&mut draft);
    }
    draft.finish().map_err(refuse)?;
    let mut text = source.with(&draft)?;
    let mut report = audit(input, &text)?;
    if request.fix {
        // What one fix uncovers, the next round closes.
        for _ in 0..rounds {
            if !fix::plan(&mut draft, &report, &first, version) {
                break;
            }
            draft.finish().map_err(refuse)?;
            text = source.with(&draft)?;
            report = audit(input, &text)?;
        }
    }
    if request.unharden {
        source.pad_for_unharden(&mut text);
    }
    source.ensure_no_restore(&draft, &text)?;
    if input.files.iter().any(|file| file.text.is_some()) {
        ensure_in_force(&input_with_text(input, &text, false), &settings)?;
    }
    let changes = draft.changes();
    // What `unharden` puts back is the user's own, open or not; the report lists it.
    if !changes.is_empty() && !report.closed && !request.unharden {
        ensure_opens_nothing(
            &audit(input, source.scanned.text)?,
            &report,
            &draft,
            &changes,
        )?;
    }
    if !input.backups.is_empty() {
        report = expect_report(crate::audit::audit(&input_with_text(input, &text, true)))?;
    }
    let applied = Applied {
        text,
        changes,
        report,
    };
    Ok((draft, applied))
}

/// Most rounds of audit and fix. Reports are cut at a number of findings, so a large file needs several.
const FIX_ROUNDS: usize = 32;

/// Least size, in bytes, from which OpenClaw takes a file that lost more than half for damaged (2026.9.6).
const LEAST_COMPARED: usize = 512;

/// The document that is edited.
struct Source<'t> {
    /// Its text as it was given; a minimal one where there is no file.
    scanned: ParsedText<'t>,
    /// Whether there is no file.
    absent: bool,
    value: Value,
    duplicates: usize,
}

impl<'t> Source<'t> {
    fn read(given: &'t str) -> Result<Self, Error> {
        let absent = given.trim_start_matches('\u{feff}').trim().is_empty();
        let text = if absent { "{}\n" } else { given };
        let document = document::parse(text).map_err(Error::Unreadable)?;
        if document.root.as_object().is_none() {
            return Err(Error::Refused(Problem::new(
                "wrong-type",
                "the whole document",
                document.root.kind(),
                "an object",
                "Put the settings into an object, or remove the file, and try again.",
            )));
        }
        Ok(Self {
            scanned: ParsedText::of(text).ok_or_else(|| unproven("the places of its values"))?,
            absent,
            value: document.root,
            duplicates: document.duplicates.len(),
        })
    }

    /// The text with the draft's changes, read again and compared.
    fn with(&self, draft: &Draft) -> Result<String, Error> {
        if draft.old == draft.new {
            return Ok(match self.absent {
                true => String::new(),
                false => self.scanned.text.to_owned(),
            });
        }
        let text = rewrite::rewrite(&self.scanned, &draft.old, &draft.new)
            .map_err(|blocked| refusal(&blocked, draft))?;
        let again = document::parse(&text).map_err(|_| unproven("the new text"))?;
        if again.root != draft.new || again.duplicates.len() > self.duplicates {
            return Err(unproven("that exactly the planned places change"));
        }
        Ok(text)
    }

    /// Blanks at the end, where what `harden` wrote was more than half of a small file: the way back must be one step.
    fn pad_for_unharden(&self, text: &mut String) {
        let before = self.scanned.text.len();
        let short = before.div_ceil(2).saturating_sub(text.len());
        if before >= LEAST_COMPARED && short > 0 {
            text.push_str(&" ".repeat(short - 1));
            text.push('\n');
        }
    }

    /// OpenClaw puts an old backup in place of a file that lost half its size, its `meta` or its `gateway.mode`.
    fn ensure_no_restore(&self, draft: &Draft, text: &str) -> Result<(), Error> {
        let before = self.scanned.text.len();
        if before >= LEAST_COMPARED && text.len() * 2 < before {
            return Err(Error::Refused(Problem::new(
                "would-shrink",
                "the whole document",
                format!("{before} bytes that would become {}", text.len()),
                "at least half of the present size",
                "OpenClaw would take the file for damaged and restore an old backup. Remove a part by hand, run `openclaw config \
                 validate`, which makes the smaller file the known one, and try again.",
            )));
        }
        for place in [&["meta"][..], &["gateway", "mode"]] {
            if draft.old.at(place).is_some() && draft.new.at(place).is_none() {
                return Err(unproven("that what OpenClaw compares is kept"));
            }
        }
        Ok(())
    }
}

/// The verdict on a text, with the input's answers, without the copies beside it.
fn audit(input: &AuditInput, text: &str) -> Result<Report, Error> {
    expect_report(crate::audit::audit(&input_with_text(input, text, false)))
}

/// The input of an audit of another text.
fn input_with_text(input: &AuditInput, text: &str, copies: bool) -> AuditInput {
    let mut input = input.clone();
    input.document = text.to_owned();
    if !copies {
        input.backups.clear();
    }
    // What OpenClaw's resolvers say is of the document in force, not of this one.
    input
        .stored_lists
        .retain(|list| list.kind != ListKind::Resolutions);
    input.not_asked.clear();
    input
}

fn expect_report(outcome: AuditOutcome) -> Result<Report, Error> {
    match outcome {
        AuditOutcome::Report(report) => Ok(report),
        AuditOutcome::Needs(questions) => Err(configured::unanswered_error(questions.len())),
    }
}

/// Refuses an edit that makes a place open which was not, or that wrote an open value itself.
fn ensure_opens_nothing(
    before: &Report,
    after: &Report,
    draft: &Draft,
    changes: &[Change],
) -> Result<(), Error> {
    let known: Vec<(&str, String)> = before
        .open()
        .map(|finding| (finding.code.as_str(), without_positions(&finding.path)))
        .collect();
    // A value that was there before, in a list that was written anew, is the user's own.
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
        Some(finding) => Err(Error::Refused(Problem::new(
            "would-open",
            finding.path.clone(),
            format!("a route to {} ({})", finding.leads_to, finding.code),
            "routes that end at the proxy",
            finding.fix.clone(),
        ))),
    }
}

/// The values at a path, at whatever list positions.
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

/// A path without its list positions, which move when an item before goes.
fn without_positions(text: &str) -> String {
    path::parts(text).map_or_else(
        || text.to_owned(),
        |parts| path::format(parts.iter().filter(|part| matches!(part, Part::Key(_)))),
    )
}

/// Refuses an edit that an included file has the last word over: lists of two files are put together.
fn ensure_in_force(input: &AuditInput, wanted: &Settings) -> Result<(), Error> {
    let there = configured::effective_settings(input)?;
    let names = [
        ("host", there.host == wanted.host),
        ("port", there.port == wanted.port),
        ("models", there.models == wanted.models),
    ];
    match names.iter().find(|(_, same)| !same) {
        None => Ok(()),
        Some((name, _)) => Err(Error::Refused(Problem::new(
            "include-on-path",
            path::key(SETTINGS_PATH, name),
            "another value in an included file",
            "this setting in one file",
            format!("Remove {name} from the included file, or change it there."),
        ))),
    }
}

/// What a user writes by hand where an edit is refused: the whole change as JSON, secrets left out.
fn manual_change(draft: &Draft) -> String {
    draft::redacted_json(&merge_patch_of(&draft.old, &draft.new))
}

fn refusal(blocked: &Blocked, draft: &Draft) -> Error {
    let dotted = |keys: &[String]| {
        keys.iter()
            .fold(String::new(), |place, key| path::key(&place, key))
    };
    match blocked {
        Blocked::Duplicate(keys) => Error::Refused(Problem::new(
            "duplicate-key",
            dotted(keys),
            "the same key more than once",
            "each key once",
            "Remove all but one of them (the last one is in force), and try again.",
        )),
        Blocked::Include(keys) => Error::Refused(Problem::new(
            "include-on-path",
            path::key(&dotted(keys), "$include"),
            "content that comes from another file",
            "these parts in the main file",
            format!(
                "Write this into the included file by hand, where null means to remove the key: {}",
                manual_change(draft)
            ),
        )),
        Blocked::Mismatch => unproven("the places of its values"),
    }
}

/// Something that the edit could not prove about its own work.
fn unproven(what: &str) -> Error {
    Error::Refused(Problem::new(
        "edit-not-proven",
        "the whole document",
        format!("a text for which {what} could not be proven"),
        "a text that can be edited without harm",
        "Nothing was changed. Please report this, with the file if it holds no secrets, and make the change by hand.",
    ))
}

/// The merge patch from one value to another.
fn merge_patch_of(old: &Value, new: &Value) -> Value {
    let (Value::Object(before), Value::Object(after)) = (old, new) else {
        return new.clone();
    };
    let (was, is) = (Lookup::new(before), Lookup::new(after));
    let mut members: Vec<(String, Value)> = Vec::new();
    for (key, value) in after {
        match was.find(key) {
            Some(was) if was == value => {}
            Some(was) => members.push((key.clone(), merge_patch_of(was, value))),
            None => members.push((key.clone(), value.clone())),
        }
    }
    for (key, _) in before {
        if is.find(key).is_none() {
            members.push((key.clone(), Value::Null));
        }
    }
    Value::Object(members)
}
