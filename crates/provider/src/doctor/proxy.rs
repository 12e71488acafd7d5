//! The kind of the proxy: whether it may forward to other vendors, whose tools may run, and whether the key file of a user's
//! own proxy can be used.

use super::{CheckResult, Installation, fail, pass, warn};
use crate::advice;
use crate::proxy_kind::{self, OwnTools};
use crate::settings::SETTINGS_PATH;

/// The kind of the proxy that answers.
pub(super) fn kind(f: &Installation<'_>) -> CheckResult {
    let verdict = &f.look.as_ref()?.verdict;
    let Some(name) = &verdict.name else {
        return pass("none answers");
    };
    let Some(kind) = proxy_kind::by_name(name) else {
        return match f.is_ready() {
            true => warn(
                "not known here: neither who answers behind it nor whose tools it runs can be told",
                format!(
                    "If you vouch for it, set {SETTINGS_PATH}.proxy to the dialect that it speaks."
                ),
            ),
            false => pass("not known here, and not used"),
        };
    };
    let version = verdict.version.as_ref();
    let version = version.map_or_else(String::new, |version| format!(" {version}"));
    let title = format!("{}{version}", kind.title);
    match verdict.own_tools {
        _ if !f.is_ready() => pass(format!("{title}, not used")),
        Some(true) => warn(
            format!("{title}: {}", advice::OWN_TOOLS_RUN),
            "Take a proxy that can switch them off (docs/proxies.md), or run this one as a user who may do no harm.",
        ),
        _ if kind.forwards => warn(
            format!("{title}: {}", advice::forwarding_note(kind)),
            "See in its configuration where each model leads.",
        ),
        Some(false) => pass(format!("{title}; no tools but OpenClaw's run")),
        None => warn(
            format!("{title}: {}", advice::OWN_TOOLS_UNKNOWN),
            match kind.own_tools {
                OwnTools::SwitchedOff { by, .. } => format!("Start it with {by}."),
                _ => "See in its configuration whether it passes the client's tools through."
                    .to_owned(),
            },
        ),
    }
}

/// The file with the key of a proxy that has one already.
pub(super) fn key_file(f: &Installation<'_>) -> CheckResult {
    let file = &f.proxy.as_ref()?.key_file;
    match file.as_ref().map(|file| (&file.path, &file.trouble)) {
        None => pass("none is set; the generated key is used"),
        Some((path, None)) => pass(path),
        Some((_, Some((what, fix)))) => fail(what, fix),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{check, facts, found, look, proxy, stranger};
    use super::super::{Facts, KeyFile, Look, Proxy, Status};
    use super::*;
    use crate::health::{Login, Readiness};
    use crate::proxy_kind::KINDS;

    fn of(look: Look, id: &str) -> (Status, String, Option<String>) {
        let check = check(&found(look), id);
        (check.status, check.detail, check.fix)
    }

    fn named(readiness: Readiness, name: &str, own_tools: Option<bool>) -> Look {
        let mut look = look(readiness, "ready", Login::Unknown);
        look.verdict.name = Some(name.to_owned());
        look.verdict.own_tools = own_tools;
        look
    }

    #[test]
    fn each_kind_is_told_with_what_it_means() {
        for row in KINDS {
            let tools = match row.own_tools {
                OwnTools::Always => Some(true),
                OwnTools::Unknown => None,
                _ => Some(false),
            };
            let (status, detail, fix) = of(named(Readiness::Ready, row.name, tools), "proxy-kind");
            assert!(detail.contains(row.title), "{detail}");
            assert_eq!(status == Status::Warn, fix.is_some(), "{detail}");
            let warns = row.forwards || tools == Some(true);
            assert_eq!(status == Status::Warn, warns, "{detail}");
            let forwards = detail.contains("closedness ends at the proxy");
            assert_eq!(forwards, row.forwards, "{detail}");
        }
        let unused = named(Readiness::Unhealthy, "litellm", None);
        assert_eq!(of(unused, "proxy-kind").0, Status::Pass);
        assert_eq!(check(&facts(), "proxy-kind").status, Status::Unknown);
        let other = named(Readiness::Ready, "unrecognized", None);
        assert_eq!(of(other, "proxy-kind").0, Status::Warn);
    }

    #[test]
    fn a_key_file_that_cannot_be_used_is_a_fault() {
        let of = |trouble: Option<(&str, &str)>| {
            let owned = |(what, fix): (&str, &str)| (what.to_owned(), fix.to_owned());
            let key_file = Some(KeyFile {
                path: "/k".to_owned(),
                trouble: trouble.map(owned),
            });
            let facts = Facts {
                proxy: Ok(Proxy {
                    key_file,
                    ..proxy("x")
                }),
                ..facts()
            };
            check(&facts, "key-file")
        };
        assert_eq!(of(None).status, Status::Pass);
        let bad = of(Some(("`/k` is a link", "Name the file itself.")));
        assert_eq!(bad.status, Status::Fail);
        assert_eq!(bad.detail, "`/k` is a link");
        assert_eq!(bad.fix.as_deref(), Some("Name the file itself."));
    }

    #[test]
    fn to_end_a_program_is_never_the_only_way() {
        for (name, command, fix) in [
            ("unrecognized", None, "claude-proxy setup --port 3457"),
            ("litellm", Some("openclaw x"), "openclaw x"),
        ] {
            let mut look = named(Readiness::Foreign, name, None);
            look.verdict.command = command.map(str::to_owned);
            look.listener = stranger();
            let (status, detail, shown) = of(look, "port");
            assert_eq!(status, Status::Fail);
            assert_eq!(shown.as_deref(), Some(fix), "{detail}");
            assert!(detail.contains("kill 4312"), "{detail}");
            assert_eq!(
                detail.contains("setup --port 3457"),
                fix == "openclaw x",
                "{detail}"
            );
        }
    }
}
