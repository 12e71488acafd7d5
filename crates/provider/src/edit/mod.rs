//! Edits of `openclaw.json`. Everything that an edit does not change stays the same, byte for byte. Before an edit is returned, the
//! new text is parsed again, compared with the planned value, and audited.
//!
//! The text is edited by the positions (spans) of its values, not with a syntax-tree crate: the crate that can edit JSON,
//! `jsonc-parser`, refuses texts that OpenClaw reads (an unquoted `$include`, a byte order mark, `.5`), and splits one-line
//! objects into many lines.

mod draft;
mod fix;
mod guarantees;
mod harden;
mod list_matching;
mod login;
mod lookup;
mod merge_patch;
mod redact;
mod removed_models;
mod render;
mod rewrite;
mod selectable;
mod source;
mod spans;
#[cfg(test)]
mod tests;

use crate::audit::{AuditInput, AuditOutcome, ListKind, Report, Version, judged_version};
use crate::{Error, Problem, configured};

pub use crate::wit::config::{Applied, ApplyRequest, Change};

use draft::Draft;
use merge_patch::merge_patch_of;
use source::Source;

/// Edits a document as requested. An empty document means that there is no file. If nothing has to change, the text is returned
/// as it was.
///
/// # Errors
/// - `ErrorKind::Unreadable`: the document is not JSON5.
/// - `ErrorKind::InvalidSettings`: settings in the request, or in the document and not replaced, are not accepted.
/// - `ErrorKind::Refused`: the edit cannot be proven, or would open a route.
/// - `ErrorKind::Other`: the audit has questions that must be answered first.
pub fn apply(input: &AuditInput, request: &ApplyRequest) -> Result<Applied, Error> {
    edit(input, request, FIX_ROUNDS).map(|(_, applied)| applied)
}

/// The same with at most one round of fixes, which is enough to learn whether fixes close anything. (A large file needs many.)
///
/// # Errors
/// As [`apply`].
pub(crate) fn first_round(input: &AuditInput, request: &ApplyRequest) -> Result<Applied, Error> {
    edit(input, request, 1).map(|(_, applied)| applied)
}

/// The same edit as a JSON merge patch, as text: objects are merged, lists replaced, `null` deletes.
///
/// OpenClaw's auth flow merges `models[]` of a provider by `id`, so a patch can add and change models there but not remove one. A
/// host has to call [`apply`] afterwards.
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
        return Err(Error::refused(Problem::new(
            "contradiction",
            "the request",
            "both harden and unharden",
            "one of them",
            "Ask for one of them.",
        )));
    }
    let source = Source::read(&input.document)?;
    let mut draft = Draft::new(source.value.clone());
    let version = Version::nearest(judged_version(&source.value, input.openclaw.as_ref()));
    let (first, settings) = login::plan(&mut draft, request, input, version)?;
    let refuse = Error::refused;
    if request.harden {
        harden::harden(&mut draft, &first, version);
    }
    if request.unharden {
        harden::unharden(&mut draft);
    }
    draft.finish().map_err(refuse)?;
    let mut text = source.with(&draft)?;
    let mut report = audit(input, &text, false)?;
    if request.fix {
        // A fix can bring up a new finding, which the next round closes.
        for _ in 0..rounds {
            if !fix::plan(&mut draft, &report, &first, version) {
                break;
            }
            draft.finish().map_err(refuse)?;
            text = source.with(&draft)?;
            report = audit(input, &text, false)?;
        }
    }
    if request.unharden {
        source.pad_for_unharden(&mut text);
    }
    source.ensure_no_restore(&draft, &text)?;
    if input.files.iter().any(|file| file.text.is_some()) {
        guarantees::ensure_in_force(&input_with_text(input, &text, false), &settings)?;
    }
    let changes = draft.changes();
    // The values that `unharden` restores are the user's own, open or not; the report lists them.
    if !changes.is_empty() && !report.closed && !request.unharden {
        let before = audit(input, source.scanned.text, false)?;
        guarantees::ensure_opens_nothing(&before, &report, &draft, &changes)?;
    }
    if !input.backups.is_empty() {
        report = audit(input, &text, true)?;
    }
    let applied = Applied {
        shown_before: redact::shown(&input.document),
        shown_after: redact::shown(&text),
        text,
        changes,
        report,
    };
    Ok((draft, applied))
}

/// The highest number of rounds of fix and audit. A report lists a limited number of findings, so a large file needs several rounds.
const FIX_ROUNDS: usize = 32;

/// Audits a text with the answers of the input, and with the copies beside the document if they are wanted.
fn audit(input: &AuditInput, text: &str, copies: bool) -> Result<Report, Error> {
    match crate::audit::audit(&input_with_text(input, text, copies)) {
        AuditOutcome::Report(report) => Ok(report),
        AuditOutcome::Needs(questions) => Err(configured::unanswered_error(questions.len())),
    }
}

/// The same input with another text in place of the document.
fn input_with_text(input: &AuditInput, text: &str, copies: bool) -> AuditInput {
    let mut input = input.clone();
    input.document = text.to_owned();
    if !copies {
        input.backups.clear();
    }
    // OpenClaw's resolvers spoke of the document in force, not of this text.
    input
        .stored_lists
        .retain(|list| list.kind != ListKind::Resolutions);
    input.not_asked.clear();
    input
}
