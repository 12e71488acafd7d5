//! The document that is edited: its text, its value and the positions in it; and how a changed value becomes new text.

use super::draft::Draft;
use super::merge_patch::merge_patch_of;
use super::redact;
use super::rewrite::{self, Blocked};
use super::spans::ParsedText;
use crate::document::path;
use crate::document::{self, Value};
use crate::{Error, Problem};

/// OpenClaw 2026.9.6 takes a file of at least this size, in bytes, for damaged if it has lost more than half of its size.
const LEAST_COMPARED: usize = 512;

/// The document that is edited.
pub(super) struct Source<'t> {
    /// The text as it was given, or a minimal one if there is no file.
    pub(super) scanned: ParsedText<'t>,
    /// Whether there is no file.
    absent: bool,
    pub(super) value: Value,
    duplicates: usize,
}

impl<'t> Source<'t> {
    /// Reads the text of the document; blank text means that there is no file.
    pub(super) fn read(given: &'t str) -> Result<Self, Error> {
        let absent = given.trim_start_matches('\u{feff}').trim().is_empty();
        let text = if absent { "{}\n" } else { given };
        let (document, root) = document::parse_with_spans(text).map_err(Error::unreadable)?;
        if document.root.as_object().is_none() {
            return Err(Error::refused(Problem::new(
                "wrong-type",
                "the whole document",
                document.root.kind(),
                "an object",
                "Put the settings into an object, or remove the file, and try again.",
            )));
        }
        Ok(Self {
            scanned: ParsedText::new(text, root),
            absent,
            value: document.root,
            duplicates: document.duplicates.len(),
        })
    }

    /// The text with the changes of the draft. It is parsed again, and must give exactly the planned value.
    pub(super) fn with(&self, draft: &Draft) -> Result<String, Error> {
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

    /// Appends blanks if `unharden` would remove more than half of the file, which OpenClaw would take for damage.
    pub(super) fn pad_for_unharden(&self, text: &mut String) {
        let before = self.scanned.text.len();
        let short = before.div_ceil(2).saturating_sub(text.len());
        if before >= LEAST_COMPARED && short > 0 {
            text.push_str(&" ".repeat(short - 1));
            text.push('\n');
        }
    }

    /// Refuses new text that OpenClaw would replace with an old backup: one that has lost more than half of its size, its `meta` or
    /// its `gateway.mode`.
    pub(super) fn ensure_no_restore(&self, draft: &Draft, text: &str) -> Result<(), Error> {
        let before = self.scanned.text.len();
        if before >= LEAST_COMPARED && text.len() * 2 < before {
            return Err(Error::refused(Problem::new(
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

/// The whole change as JSON without secrets, for a user who has to make it by hand because the edit is refused.
fn manual_change(draft: &Draft) -> String {
    redact::redacted_json(&merge_patch_of(&draft.old, &draft.new))
}

fn refusal(blocked: &Blocked, draft: &Draft) -> Error {
    let dotted = |keys: &[String]| {
        keys.iter()
            .fold(String::new(), |place, key| path::key(&place, key))
    };
    match blocked {
        Blocked::Duplicate(keys) => Error::refused(Problem::new(
            "duplicate-key",
            dotted(keys),
            "the same key more than once",
            "each key once",
            "Remove all but one of them (the last one is in force), and try again.",
        )),
        Blocked::Include(keys) => Error::refused(Problem::new(
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

/// The error for a property of its own result that the edit could not prove.
fn unproven(what: &str) -> Error {
    Error::refused(Problem::new(
        "edit-not-proven",
        "the whole document",
        format!("a text for which {what} could not be proven"),
        "a text that can be edited without harm",
        "Nothing was changed. Please report this, with the file if it holds no secrets, and make the change by hand.",
    ))
}
