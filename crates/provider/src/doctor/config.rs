//! The configuration: whether it is closed, and where it is not.

use super::version::shown;
use super::{Facts, Judgment, Status, fail, pass, unknown, warn};
use crate::audit::{Code, KNOWN};
use crate::document::{self, Value};
use crate::{ID, MODEL_ALIAS};

pub(super) fn closed(f: &Facts<'_>) -> Judgment {
    let verdict = match f.get("config-audit") {
        Ok(verdict) => verdict,
        Err(why) => return unknown(&why),
    };
    let known = KNOWN.join(", ");
    // Which one wrote the file is the file's own word, and does not say which one reads it.
    let unknown_version = match f.get("openclaw-version") {
        Ok(version) if KNOWN.contains(&version) => None,
        Ok(version) => Some(format!(
            "the verdict is known for OpenClaw {known}, and this is {}",
            shown(version)
        )),
        Err(_) => Some(format!(
            "the verdict is known for OpenClaw {known}, and which one reads the file is not"
        )),
    };
    match (verdict.split_once(' '), unknown_version) {
        (None, Some(why)) if verdict == "closed" => (
            Status::Unknown,
            format!("Every route that is known leads to the proxy, but {why}."),
            None,
        ),
        // Where the version alone is why, no edit of the file decides it.
        (Some(("undecided", count)), Some(why))
            if finding(f).is_none_or(|code| code == Code::UnverifiedHost.text()) =>
        {
            (
                Status::Unknown,
                format!(
                    "{why}; places that could not be decided: {count}; `claude-proxy audit` names each"
                ),
                None,
            )
        }
        _ => open_places(f),
    }
}

/// The code of the first finding that keeps the file open.
fn finding(f: &Facts<'_>) -> Option<String> {
    let list = document::parse(f.get("config-findings").ok()?).ok()?;
    let first = list.root.as_array()?.first()?;
    first.get("code")?.as_str().map(str::to_owned)
}

/// The audit's verdict: the first place by name, and a fix that can help there.
fn open_places(f: &Facts<'_>) -> Judgment {
    let (what, count) = match f.get("config-audit") {
        Ok("closed") => return pass("every route leads to the proxy"),
        Ok(text) => match text.split_once(' ') {
            Some(("open", count)) => (format!("routes past the proxy: {count}"), count),
            Some(("undecided", count)) => {
                (format!("places that could not be decided: {count}"), count)
            }
            _ => (text.to_owned(), ""),
        },
        Err(why) => return unknown(&why),
    };
    let findings = f
        .get("config-findings")
        .ok()
        .and_then(|text| document::parse(text).ok());
    let first = findings
        .as_ref()
        .and_then(|list| list.root.as_array())
        .and_then(|list| list.first());
    let text = |key: &str| {
        first
            .and_then(|finding| finding.get(key))
            .and_then(Value::as_str)
            .unwrap_or("")
    };
    let unread = f
        .get("config-unread")
        .ok()
        .filter(|names| !names.is_empty() && text("code") == Code::IncludeUnreadable.text());
    let mut detail = what;
    if first.is_some() {
        detail.push_str(": ");
        match (text("path"), text("leadsTo")) {
            ("", _) => detail.push_str(text("message")),
            (path, "") => detail.push_str(&format!("{path}: {}", text("message"))),
            (path, leads_to) => detail.push_str(&format!("{path} -> {leads_to}")),
        }
        if let Some(names) = unread {
            detail.push_str(&format!(" Not read: {names}."));
        }
    }
    if first.is_none() || !matches!(count, "1" | "") {
        let detail_end = detail.trim_end_matches('.').len();
        detail.truncate(detail_end);
        detail.push_str("; `claude-proxy audit` names each");
    }
    let fix = match (f.get("config-fix"), unread) {
        (Ok("no"), Some(names)) => format!(
            "Put {names} where the include says, readable and in the configuration's own folder, or remove the include."
        ),
        (Ok("no"), None) if text("code") == Code::Unreadable.text() => {
            "Correct openclaw.json there; until then OpenClaw cannot read it either.".to_owned()
        }
        (Ok("no"), None) if !text("fix").is_empty() => text("fix").to_owned(),
        (Ok("no"), None) => "claude-proxy audit".to_owned(),
        _ => "claude-proxy audit --fix".to_owned(),
    };
    fail(detail, fix)
}

/// What the alias names.
pub(super) fn alias(f: &Facts<'_>) -> Judgment {
    match f.get("model-alias") {
        Ok(target) if target.starts_with(&format!("{ID}/")) => {
            pass(format!("{MODEL_ALIAS} -> {target}"))
        }
        Ok(target) if target.starts_with("own ") => pass(format!(
            "{MODEL_ALIAS} is not set: the first model keeps your alias {}",
            target.trim_start_matches("own ")
        )),
        Ok(target) => fail(
            format!("{MODEL_ALIAS} names {target}"),
            format!("openclaw models auth login --provider {ID}"),
        ),
        Err(_) => warn(
            format!("{MODEL_ALIAS} names nothing"),
            format!("openclaw models auth login --provider {ID}"),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Status;
    use super::super::tests::{check, facts};

    #[test]
    fn an_open_configuration_is_told_with_its_place_and_a_fix_that_helps() {
        let finding = |code: &str, path: &str, leads_to: &str, message: &str| {
            format!(
                r#"[{{"code":"{code}","path":"{path}","leadsTo":"{leads_to}","message":"{message}","fix":"Correct it."}}]"#
            )
        };
        let model = finding(
            "other-model",
            "agents.defaults.imageModel",
            "openai/gpt-6",
            "m",
        );
        let broken = finding("unreadable", "", "", "line 2, column 38: found '}'.");
        let include = finding("include-unreadable", "$include", "", "It cannot be read.");
        let open = finding("unproven", "a.b", "", "Unclear.");
        for (audit, findings, more, detail, fix) in [
            (
                "open 1",
                &model,
                &[("config-fix", "yes")][..],
                "routes past the proxy: 1: agents.defaults.imageModel -> openai/gpt-6",
                "claude-proxy audit --fix",
            ),
            (
                "open 3",
                &model,
                &[("config-fix", "yes")],
                "agents.defaults.imageModel -> openai/gpt-6; `claude-proxy audit` names each",
                "claude-proxy audit --fix",
            ),
            (
                "undecided 1",
                &broken,
                &[("config-fix", "no")],
                "line 2, column 38",
                "Correct openclaw.json there",
            ),
            (
                "undecided 1",
                &include,
                &[("config-fix", "no"), ("config-unread", "base.json5")],
                "$include: It cannot be read. Not read: base.json5.",
                "Put base.json5 where the include says",
            ),
            (
                "undecided 1",
                &open,
                &[("config-fix", "no")],
                "a.b: Unclear.",
                "Correct it.",
            ),
        ] {
            let mut known = vec![
                ("config-audit", audit),
                ("config-findings", findings.as_str()),
            ];
            known.extend_from_slice(more);
            let check = check(&facts(&known), "config-closed");
            assert_eq!(check.status, Status::Fail);
            assert!(check.detail.contains(detail), "{check:?}");
            assert!(check.fix.as_deref().unwrap().starts_with(fix), "{check:?}");
        }
    }
}
