//! Checks of the configuration: whether it is closed, and which model the alias names.

use super::configuration::{Alias, Configuration};
use super::version::shown;
use super::{CheckResult, Installation, Status, fail, pass, warn};
use crate::audit::{Code, Finding, KNOWN, Severity};
use crate::{ID, MODEL_ALIAS};

pub(super) fn closed(f: &Installation<'_>) -> CheckResult {
    let config = f.configuration.as_ref()?;
    let known = KNOWN.join(", ");
    // The file says which version wrote it, but not which one reads it.
    let unknown_version = match &f.openclaw_version {
        Ok(version) if KNOWN.contains(&version.as_str()) => None,
        Ok(version) => Some(format!(
            "the audit knows OpenClaw {known}, and this is {}",
            shown(version)
        )),
        Err(_) => Some(format!(
            "the audit knows OpenClaw {known}, and which one reads the file is not"
        )),
    };
    let is_unverified = |first: Option<&Finding>| {
        first.is_none_or(|finding| finding.code == Code::UnverifiedHost.text())
    };
    match unknown_version {
        None if config.report.closed => pass("every route leads to the proxy"),
        Some(why) if config.report.closed => Ok((
            Status::Unknown,
            format!("Every route that is known leads to the proxy, but {why}."),
            None,
        )),
        // If only the version is unknown, no edit of the file helps.
        Some(why) if config.count(Severity::Leak) == 0 && is_unverified(config.first()) => Ok((
            Status::Unknown,
            format!(
                "{why}; places that could not be decided: {}; `claude-proxy audit` names each",
                config.count(Severity::Undecided)
            ),
            None,
        )),
        _ => open_places(config),
    }
}

/// The result for a file that is not closed: the number of places, the first place, and a fix for it.
fn open_places(config: &Configuration) -> CheckResult {
    let (what, count) = match config.count(Severity::Leak) {
        0 => (
            "places that could not be decided",
            config.count(Severity::Undecided),
        ),
        leaks => ("routes past the proxy", leaks),
    };
    let first = config.first();
    let code = |code: Code| first.is_some_and(|finding| finding.code == code.text());
    let unread = (code(Code::IncludeUnreadable) && !config.unread.is_empty())
        .then(|| config.unread.join(", "));
    let mut detail = format!("{what}: {count}");
    if let Some(finding) = first {
        detail.push_str(": ");
        match (finding.path.as_str(), finding.leads_to.as_str()) {
            ("", _) => detail.push_str(&finding.message),
            (path, "") => detail.push_str(&format!("{path}: {}", finding.message)),
            (path, leads_to) => detail.push_str(&format!("{path} -> {leads_to}")),
        }
        if let Some(names) = &unread {
            detail.push_str(&format!(" Not read: {names}."));
        }
    }
    if count != 1 {
        let detail_end = detail.trim_end_matches('.').len();
        detail.truncate(detail_end);
        detail.push_str("; `claude-proxy audit` names each");
    }
    let fix = match (first, unread) {
        _ if config.fix_helps => "claude-proxy audit --fix".to_owned(),
        (_, Some(names)) => format!(
            "Put {names} where the include says, readable and in the configuration's own folder, or remove the include."
        ),
        (Some(finding), None) if !finding.fix.is_empty() => finding.fix.clone(),
        _ => "claude-proxy audit".to_owned(),
    };
    fail(detail, fix)
}

/// Which model the alias names.
pub(super) fn alias(f: &Installation<'_>) -> CheckResult {
    let again = || format!("openclaw models auth login --provider {ID}");
    match f.configuration.as_ref().map(|config| &config.alias) {
        Ok(Alias::Model(target)) if target.starts_with(&format!("{ID}/")) => {
            pass(format!("{MODEL_ALIAS} -> {target}"))
        }
        Ok(Alias::Model(target)) => fail(format!("{MODEL_ALIAS} names {target}"), again()),
        Ok(Alias::Own(alias)) => pass(format!(
            "{MODEL_ALIAS} is not set: the first model keeps your alias {alias}"
        )),
        Ok(Alias::Nothing) | Err(_) => warn(format!("{MODEL_ALIAS} names nothing"), again()),
    }
}
