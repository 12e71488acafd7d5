//! What the kind of the proxy means for the installation: what closedness does not reach, whose tools may run, and whether
//! the key of a user's own proxy can be used.

use super::{Facts, Judgment, elsewhere, fail, is_up, pass, unknown, warn};
use crate::advice;
use crate::proxy_kind::{self, OwnTools};
use crate::settings::SETTINGS_PATH;

/// The kind of the proxy that answers.
pub(super) fn kind(f: &Facts<'_>) -> Judgment {
    let name = match f.get("proxy-kind") {
        Ok("none") => return pass("none answers"),
        Ok(name) => name,
        Err(why) => return unknown(&why),
    };
    let Some(kind) = proxy_kind::named(name) else {
        return match is_up(f) {
            true => warn(
                "not known here: neither who answers behind it nor whose tools it runs can be told",
                format!(
                    "If you vouch for it, set {SETTINGS_PATH}.proxy to the dialect that it speaks."
                ),
            ),
            false => pass("not known here, and not used"),
        };
    };
    let version = f.get("proxy-version").ok();
    let version = version.map_or_else(String::new, |version| format!(" {version}"));
    let title = format!("{}{version}", kind.title);
    match f.get("own-tools") {
        _ if !is_up(f) => pass(format!("{title}, not used")),
        Ok("on") => warn(
            format!("{title}: {}", advice::OWN_TOOLS),
            "Take a proxy that can switch them off (docs/proxies.md), or run this one as a user who may do no harm.",
        ),
        _ if kind.forwards => warn(
            format!("{title}: {}", advice::forwards(kind)),
            "See in its configuration where each model leads.",
        ),
        Ok("off") => pass(format!("{title}; no tools but OpenClaw's run")),
        Ok(_) | Err(_) => warn(
            format!("{title}: {}", advice::UNKNOWN_TOOLS),
            match kind.own_tools {
                OwnTools::SwitchedOff { by, .. } => format!("Start it with {by}."),
                _ => "See in its configuration whether it passes the client's tools through."
                    .to_owned(),
            },
        ),
    }
}

/// The file with the key of a proxy that has one already.
pub(super) fn key_file(f: &Facts<'_>) -> Judgment {
    let path = match f.get("key-file") {
        Ok(path) => path,
        Err(why) => return unknown(&why),
    };
    match (path, f.get("key-file-trouble")) {
        ("", _) => pass("none is set; the generated key is used"),
        (path, Ok("")) => pass(path),
        (_, Ok(trouble)) => fail(
            trouble,
            f.get("key-file-fix")
                .unwrap_or("Name another file in `keyFile`."),
        ),
        (_, Err(why)) => unknown(&why),
    }
}

/// What to do about the program on the port: a proxy that can be used is used, any other program is left alone, and the
/// plugin's own proxy goes to another port. To end the program is the user's to decide.
pub(super) fn free_the_port(f: &Facts<'_>) -> String {
    if let Ok(command) = f.get("proxy-fix")
        && !command.is_empty()
    {
        return command.to_owned();
    }
    if let Some(host) = elsewhere(f) {
        return format!(
            "See on {host} what listens on the port, or log in again with another host or port."
        );
    }
    match f.get("port").map(str::parse::<u16>) {
        Ok(Ok(port)) if port > 0 => advice::move_away(port),
        _ => "Stop that program, or log in again with another port.".to_owned(),
    }
}

/// What holds the port, with the ways to go on that the fix is not.
pub(super) fn stranger(f: &Facts<'_>, who: &str) -> String {
    let kind = f.get("proxy-kind").ok().and_then(proxy_kind::named);
    let title = kind.map_or_else(String::new, |kind| format!(", which is {}", kind.title));
    let port = f.get("port").unwrap_or("?");
    let number = who
        .split(' ')
        .next()
        .and_then(|pid| pid.parse::<u32>().ok());
    let end = number.map(|pid| format!("end it with `kill {pid}`"));
    let has_fix = f.get("proxy-fix").is_ok_and(|fix| !fix.is_empty());
    let go = f.get("port").map(str::parse::<u16>);
    let go = match go {
        Ok(Ok(port)) if has_fix && port > 0 => {
            Some(format!("move with `{}`", advice::move_away(port)))
        }
        _ => None,
    };
    let ways: Vec<String> = go.into_iter().chain(end).collect();
    let ways = match ways.is_empty() {
        true => String::new(),
        false => format!(" (or {})", ways.join(", or ")),
    };
    format!("{port} is held by {who}{title}{ways}")
}

#[cfg(test)]
mod tests {
    use crate::doctor::{Status, tests};
    use crate::proxy_kind::ROWS;

    fn check(id: &str, pairs: &[(&str, &str)]) -> (Status, String, Option<String>) {
        let check = tests::check(&tests::facts(pairs), id);
        (check.status, check.detail, check.fix)
    }

    const UP: (&str, &str) = ("health", "ready ready It answers.");

    #[test]
    fn each_kind_is_told_with_what_it_means() {
        for row in ROWS {
            let tools = match row.own_tools {
                crate::proxy_kind::OwnTools::Always => "on",
                crate::proxy_kind::OwnTools::Unknown => "unknown",
                _ => "off",
            };
            let (status, detail, fix) = check(
                "proxy-kind",
                &[UP, ("proxy-kind", row.name), ("own-tools", tools)],
            );
            assert!(detail.contains(row.title), "{detail}");
            assert_eq!(status == Status::Warn, fix.is_some(), "{detail}");
            assert_eq!(
                status == Status::Warn,
                row.forwards || tools == "on",
                "{detail}"
            );
            assert_eq!(
                detail.contains("closedness ends at the proxy"),
                row.forwards,
                "{detail}"
            );
        }
        let unused = check("proxy-kind", &[("proxy-kind", "litellm")]);
        assert_eq!(unused.0, Status::Pass);
        assert_eq!(check("proxy-kind", &[]).0, Status::Unknown);
        let other = check("proxy-kind", &[UP, ("proxy-kind", "unrecognized")]);
        assert_eq!(other.0, Status::Warn);
    }

    #[test]
    fn a_key_file_that_cannot_be_used_is_a_fault() {
        let of = |facts: &[(&str, &str)]| check("key-file", facts);
        assert_eq!(of(&[("key-file", "")]).0, Status::Pass);
        let good = [("key-file", "/k"), ("key-file-trouble", "")];
        assert_eq!(of(&good).0, Status::Pass);
        let (status, detail, fix) = of(&[
            ("key-file", "/k"),
            ("key-file-trouble", "`/k` is a link"),
            ("key-file-fix", "Name the file itself."),
        ]);
        assert_eq!(status, Status::Fail);
        assert_eq!(detail, "`/k` is a link");
        assert_eq!(fix.as_deref(), Some("Name the file itself."));
    }

    #[test]
    fn to_end_a_program_is_never_the_only_way() {
        for (facts, fix) in [
            (
                &[("proxy-kind", "unrecognized"), ("proxy-fix", "")][..],
                "claude-proxy setup --port 3457",
            ),
            (
                &[("proxy-kind", "litellm"), ("proxy-fix", "openclaw x")],
                "openclaw x",
            ),
        ] {
            let mut all = vec![
                ("port", "3456"),
                ("port-owner", "stranger 4312 python3 -m http.server"),
            ];
            all.extend_from_slice(facts);
            let (status, detail, shown) = check("port", &all);
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
