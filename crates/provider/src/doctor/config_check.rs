//! The checks of the configuration: whether it is closed and where it is not, and what the alias names.

use super::configuration::{Alias, Configuration};
use super::version::shown;
use super::{CheckResult, Installation, Status, fail, pass, warn};
use crate::audit::{Code, KNOWN};
use crate::report::{Finding, Severity};
use crate::{ID, MODEL_ALIAS};

pub(super) fn closed(f: &Installation<'_>) -> CheckResult {
    let config = f.configuration.as_ref()?;
    let known = KNOWN.join(", ");
    // Which one wrote the file is the file's own word, and does not say which one reads it.
    let unknown_version = match &f.openclaw_version {
        Ok(version) if KNOWN.contains(&version.as_str()) => None,
        Ok(version) => Some(format!(
            "the verdict is known for OpenClaw {known}, and this is {}",
            shown(version)
        )),
        Err(_) => Some(format!(
            "the verdict is known for OpenClaw {known}, and which one reads the file is not"
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
        // Where the version alone is why, no edit of the file decides it.
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

/// The audit's verdict: the first place by name, and a fix that can help there.
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
        _ if code(Code::Unreadable) => {
            "Correct openclaw.json there; until then OpenClaw cannot read it either.".to_owned()
        }
        (Some(finding), None) if !finding.fix.is_empty() => finding.fix.clone(),
        _ => "claude-proxy audit".to_owned(),
    };
    fail(detail, fix)
}

/// What the alias names.
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

#[cfg(test)]
mod tests {
    use super::super::Facts;
    use super::super::tests::{check_with, configuration, facts, finding};
    use super::*;
    use Severity::{Leak, Undecided};

    #[test]
    fn an_open_configuration_is_told_with_its_place_and_a_fix_that_helps() {
        let at = |severity, code: Code, path: &str, leads_to: &str, message: &str| Finding {
            path: path.to_owned(),
            leads_to: leads_to.to_owned(),
            message: message.to_owned(),
            ..finding(severity, code.text())
        };
        let place = "agents.defaults.imageModel";
        let model = at(Leak, Code::OtherModel, place, "openai/gpt-6", "m");
        let line = "line 2, column 38: found '}'.";
        let broken = at(Undecided, Code::Unreadable, "", "", line);
        let include = Code::IncludeUnreadable;
        let include = at(Undecided, include, "$include", "", "It cannot be read.");
        let open = at(Undecided, Code::UnclearModel, "a.b", "", "Unclear.");
        let several = vec![model.clone(), model.clone(), open.clone()];
        // What is found, whether a fix helps, what was not read; what is told and what helps.
        for (findings, fix_helps, unread, told) in [
            (
                vec![model],
                true,
                "",
                "routes past the proxy: 1: agents.defaults.imageModel -> openai/gpt-6 | claude-proxy audit --fix",
            ),
            (
                several,
                true,
                "",
                "past the proxy: 2: agents.defaults.imageModel -> openai/gpt-6; `claude-proxy audit` names each | claude-proxy audit --fix",
            ),
            (
                vec![broken],
                false,
                "",
                "line 2, column 38 | Correct openclaw.json there",
            ),
            (
                vec![include],
                false,
                "base.json5",
                "$include: It cannot be read. Not read: base.json5. | Put base.json5 where the include says",
            ),
            (vec![open], false, "", "a.b: Unclear. | Correct it."),
        ] {
            let (detail, fix) = told.split_once(" | ").unwrap();
            let configuration = Configuration {
                fix_helps,
                unread: unread.split_whitespace().map(str::to_owned).collect(),
                ..configuration(findings)
            };
            let known = Facts {
                openclaw_version: Ok(KNOWN[0].to_owned()),
                ..facts()
            };
            let check = check_with(&known, configuration, "config-closed");
            assert_eq!(check.status, Status::Fail);
            assert!(check.detail.contains(detail), "{check:?}");
            assert!(check.fix.as_deref().unwrap().starts_with(fix), "{check:?}");
        }
    }

    #[test]
    fn the_alias_is_told_with_where_it_leads() {
        for (alias, status, detail) in [
            (Alias::Model(format!("{ID}/opus")), Status::Pass, "/opus"),
            (
                Alias::Model("openai/x".to_owned()),
                Status::Fail,
                "names openai/x",
            ),
            (
                Alias::Own("opus".to_owned()),
                Status::Pass,
                "your alias opus",
            ),
            (Alias::Nothing, Status::Warn, "names nothing"),
        ] {
            let configuration = Configuration {
                alias,
                ..configuration(Vec::new())
            };
            let check = check_with(&facts(), configuration, "model-alias");
            assert_eq!(check.status, status, "{check:?}");
            assert!(check.detail.contains(detail), "{check:?}");
        }
    }
}
