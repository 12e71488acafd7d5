//! The audited configuration, with what a fix and a login would change in it.

use crate::audit::{AuditInput, AuditOutcome, Finding, Report, Severity};
use crate::configured::Merged;
use crate::document::{self, Value};
use crate::edit::ApplyRequest;
use crate::settings::AccessKeyMode;
use crate::{ID, MODEL_ALIAS, audit, configured, edit};

/// The audited configuration.
pub(super) struct Configuration {
    pub(super) report: Report,
    /// The included files that could not be read.
    pub(super) unread: Vec<String>,
    /// Whether `audit --fix` closes any of it.
    pub(super) fix_helps: bool,
    /// Whether the plugin is enabled, and whether its guard has its permission; or why that is not known.
    pub(super) plugin: Result<(bool, bool), String>,
    /// The model that the model alias names.
    pub(super) alias: Alias,
    /// Whether the settings turn access keys off.
    pub(super) keyless: bool,
}

/// The model that the model alias names.
pub(super) enum Alias {
    /// This model.
    Model(String),
    /// None, because the user has given this other alias to the first model.
    Own(String),
    /// None.
    Nothing,
}

impl Configuration {
    /// Audits a configuration.
    ///
    /// # Errors
    /// The audit's questions are not answered.
    pub(super) fn of(input: &AuditInput) -> Result<Self, String> {
        let AuditOutcome::Report(report) = audit::audit(input) else {
            return Err("the audit's questions are not answered".to_owned());
        };
        let before = report.open().count();
        let fixed = ApplyRequest {
            fix: true,
            ..ApplyRequest::default()
        };
        let fix_helps = before > 0
            && edit::first_round(input, &fixed)
                .is_ok_and(|applied| applied.report.open().count() < before);
        let files = input.files.iter();
        let (alias, keyless) = settings(input).unwrap_or((Alias::Nothing, false));
        Ok(Self {
            unread: files
                .filter(|file| file.text.is_none())
                .map(|file| file.path.clone())
                .collect(),
            fix_helps,
            plugin: plugin(input),
            alias,
            keyless,
            report,
        })
    }

    /// How many findings there are of a severity.
    pub(super) fn count(&self, severity: Severity) -> usize {
        let findings = self.report.findings.iter();
        findings.filter(|one| one.severity == severity).count()
    }

    /// The first finding that keeps the file from being closed.
    pub(super) fn first(&self) -> Option<&Finding> {
        self.report.open().next()
    }
}

/// Whether the plugin is enabled, so that a login would not have to, and has the permission of its guard.
fn plugin(input: &AuditInput) -> Result<(bool, bool), String> {
    let request = ApplyRequest {
        grant_hooks: true,
        ..ApplyRequest::default()
    };
    let applied = edit::apply(input, &request).map_err(|why| why.to_string())?;
    let own = format!("plugins.entries.{ID}.");
    let is_disabled = applied.changes.iter().any(|change| {
        let path = change.path.as_str();
        let path = path.strip_prefix(&own).unwrap_or(path);
        ["enabled", "plugins.deny", "plugins.allow"].contains(&path)
    });
    Ok((!is_disabled, configured::is_guard_permitted(input)))
}

/// The model alias, and whether access keys are turned off; `None` if the settings cannot be read.
fn settings(input: &AuditInput) -> Option<(Alias, bool)> {
    let Ok(Merged::Document(whole)) = configured::merge(input) else {
        return None;
    };
    let settings = configured::settings(&whole).ok()?;
    let whole = document::parse(&whole).ok()?;
    let first = settings.models.first().map_or("", String::as_str);
    let alias = alias_in(&whole.root, &format!("{ID}/{first}"));
    Some((alias, settings.access_key == AccessKeyMode::Off))
}

/// The model that the alias names in an effective configuration. `first` is the reference of the first model.
fn alias_in(whole: &Value, first: &str) -> Alias {
    let mut own = Alias::Nothing;
    for (_, _, models) in audit::model_maps(whole) {
        for (model, entry) in models.as_object().unwrap_or_default() {
            let alias = entry.get("alias").and_then(Value::as_str).map(str::trim);
            match alias {
                Some(alias) if alias.eq_ignore_ascii_case(MODEL_ALIAS) => {
                    return Alias::Model(model.clone());
                }
                Some(alias) if model == first && !alias.is_empty() => {
                    own = Alias::Own(alias.to_owned());
                }
                _ => {}
            }
        }
    }
    own
}
