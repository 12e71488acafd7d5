//! An edit of the configuration: shown, confirmed, written, and audited again.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use super::context::Context;
use super::failure::{CommandError, FAILED, Failure, REFUSED};
use super::output::{self, Style, Tone};
use super::{diff, prompt};
use crate::component::types::Problem;
use crate::component::{ClaudeProxy, config};
use crate::store::{Document, Replaced, StoreError, StoreFault};

/// How often an edit begins again when another program wrote to the file in between.
const ATTEMPTS: usize = 3;

pub(super) struct Edit {
    pub(super) request: config::ApplyRequest,
    pub(super) dry_run: bool,
    pub(super) json: bool,
    pub(super) interactive: bool,
}

pub(super) struct EditResult {
    pub(super) path: PathBuf,
    pub(super) applied: config::Applied,
    /// What was written; `None` where nothing was.
    pub(super) replaced: Option<Replaced>,
    /// Copies that OpenClaw may restore, and that were brought up to date, or would be.
    pub(super) copies: Vec<PathBuf>,
    /// The audit of what is there now, or would be.
    pub(super) report: config::Report,
}

/// Applies an edit: shows it, asks at a terminal, writes, and audits what is there then.
pub(super) fn write(
    context: &Context,
    component: &mut ClaudeProxy,
    edit: &Edit,
    style: Style,
) -> Result<EditResult, CommandError> {
    let store = context.store();
    let path = context.config_path(FAILED)?;
    let mut attempts = 0;
    loop {
        attempts += 1;
        let document = store
            .read(&path)
            .map_err(|why| Failure::store(FAILED, &why))?;
        let input = context.audit(component, &document, FAILED)?.input;
        let applied = component
            .apply(&input, &edit.request)
            .map_err(|why| Failure::component(FAILED, &why, Some(document.target())))?;
        let changed = !applied.changes.is_empty() || applied.text != document.text();
        let replaced = if changed && may_write(&document, &applied, edit, style)? {
            match store.replace(&document, &applied.text) {
                Ok(replaced) => Some(replaced),
                // Begin again with what the other program wrote.
                Err(StoreError {
                    fault: StoreFault::Changed { kept: None },
                    ..
                }) if attempts < ATTEMPTS => continue,
                Err(why) => return Err(Failure::store(FAILED, &why).into()),
            }
        } else {
            None
        };
        let copies = if edit.request.fix {
            close_copies(context, component, &document, edit)?
        } else {
            Vec::new()
        };
        let report = if edit.dry_run {
            applied.report.clone()
        } else {
            // What was promised is what is there: read again, not remembered.
            let now = store
                .read(&path)
                .map_err(|why| Failure::store(FAILED, &why))?;
            context.audit(component, &now, FAILED)?.report
        };
        return Ok(EditResult {
            path: document.target().to_owned(),
            applied,
            replaced,
            copies,
            report,
        });
    }
}

/// Shows a change, and asks at a terminal; whether it is to be written.
fn may_write(
    document: &Document,
    applied: &config::Applied,
    edit: &Edit,
    style: Style,
) -> Result<bool, CommandError> {
    if !edit.json {
        let mut out = output::stdout();
        let title = style.paint(Tone::Strong, "Change of");
        writeln!(out, "{title} {}", document.target().display())?;
        diff::show(&mut out, style, applied)?;
        writeln!(out)?;
    }
    if edit.dry_run {
        return Ok(false);
    }
    if edit.interactive && !prompt::confirm(style, "Write this?", true)? {
        return Err(Failure::new(
            REFUSED,
            "nothing was changed",
            Problem::new(
                "declined",
                document.target().display().to_string(),
                "the answer no",
                "yes",
                "Run it again when you want the change.",
            ),
        )
        .into());
    }
    Ok(true)
}

/// Closes the copies that OpenClaw may put in place of the file by itself, as far as they can be closed: the report
/// names the others.
fn close_copies(
    context: &Context,
    component: &mut ClaudeProxy,
    document: &Document,
    edit: &Edit,
) -> Result<Vec<PathBuf>, Failure> {
    let store = context.store();
    let mut closed = Vec::new();
    // Where they cannot be listed the audit reports it.
    for path in document.host_copies().unwrap_or_default() {
        let Ok(copy) = store.read(&path) else {
            continue;
        };
        let audited = context.audit(component, &copy, FAILED)?;
        if audited.report.closed {
            continue;
        }
        let request = config::ApplyRequest {
            grant_hooks: edit.request.grant_hooks,
            fix: true,
            ..config::ApplyRequest::default()
        };
        let Ok(applied) = component.apply(&audited.input, &request) else {
            continue;
        };
        if applied.report.closed && (edit.dry_run || store.replace(&copy, &applied.text).is_ok()) {
            closed.push(path);
        }
    }
    Ok(closed)
}

impl EditResult {
    /// Adds what became of it to an object.
    pub(super) fn add_to(&self, object: &mut Map<String, Value>) {
        object.insert("changes".to_owned(), json!(self.applied.changes));
        object.insert("written".to_owned(), json!(self.replaced.is_some()));
        let shown = |path: &Path| path.display().to_string();
        let copies: Vec<String> = self.copies.iter().map(|path| shown(path)).collect();
        object.insert("backup".to_owned(), json!(self.backup().map(shown)));
        object.insert("copies".to_owned(), json!(copies));
    }

    /// Shows people what was written and where the old text is.
    pub(super) fn show(&self, out: &mut dyn Write) -> io::Result<()> {
        if self.replaced.is_some() {
            writeln!(out, "Written: {}", self.path.display())?;
        }
        if let Some(backup) = self.backup() {
            writeln!(out, "Before:  {}", backup.display())?;
        }
        for copy in &self.copies {
            writeln!(out, "Copy:    {}", copy.display())?;
        }
        Ok(())
    }

    fn backup(&self) -> Option<&Path> {
        self.replaced.as_ref()?.backup.as_deref()
    }
}
