//! The Claude CLI, its login and the headless token.

use super::calendar::{DAY, day, day_of, seconds};
use super::command::into_path;
use super::{Facts, Judgment, Status, elsewhere, fail, is_up, pass, there, unknown, warn};
use crate::document::{self, Value};
use crate::health::LOGIN_NEXT;
use crate::health::renewal;

/// A login that ends within this time is told, in seconds: a week.
const LOGIN_SOON: u64 = 7 * DAY;

/// The CLI itself.
pub(super) fn cli(f: &Facts<'_>) -> Judgment {
    match f.get("claude-version") {
        Err(_) if let Some(host) = elsewhere(f) => there(host),
        Ok(version) => pass(version),
        Err(why) => without_claude(f, why),
    }
}

/// No Claude CLI in this shell. A proxy may bring its own.
fn without_claude(f: &Facts<'_>, why: String) -> Judgment {
    const INSTALL: &str = "npm install -g @anthropic-ai/claude-code";
    let elsewhere = f.get("claude-elsewhere").ok();
    let why = match elsewhere {
        Some(path) => format!("{why}, but `{path}` is there"),
        None => why,
    };
    let fix = elsewhere
        .and_then(into_path)
        .unwrap_or_else(|| INSTALL.to_owned());
    match (is_up(f), f.get("login")) {
        (true, Ok("claimed")) => pass(format!("{why}; the running proxy has its own")),
        (true, _) => warn(format!("{why}; the running proxy answers without it"), fix),
        (false, _) => fail(why, fix),
    }
}

/// The token for a machine without a browser.
pub(super) fn token(f: &Facts<'_>) -> Judgment {
    match f.get("oauth-token") {
        _ if let Some(host) = elsewhere(f) => there(host),
        Ok("present") => pass("CLAUDE_CODE_OAUTH_TOKEN is set"),
        Ok("malformed") => fail(
            "CLAUDE_CODE_OAUTH_TOKEN is set but does not look like a token",
            "claude setup-token",
        ),
        Ok(_)
            if f.get("claude-auth-status")
                .is_ok_and(|said| said.starts_with("0 ")) =>
        {
            pass("not set; the stored login is used")
        }
        Ok(_) => pass("not set in this shell"),
        Err(why) => unknown(&why),
    }
}

/// The login, and whether it ends soon.
pub(super) fn judge(f: &Facts<'_>) -> Judgment {
    ends_soon(f, login(f))
}

/// A login that holds, but not for long, as the running proxy says.
fn ends_soon(f: &Facts<'_>, judged: Judgment) -> Judgment {
    let told = f.get("health").ok().and_then(renewal::in_fact);
    match (judged.0, told) {
        (Status::Pass, Some(sentence)) => {
            let there = elsewhere(f).map_or(String::new(), |host| format!("On {host}: "));
            warn(
                format!("claimed. {sentence}"),
                format!("{there}claude auth login"),
            )
        }
        _ => judged,
    }
}

fn login(f: &Facts<'_>) -> Judgment {
    let from_proxy = f.get("login").ok();
    let status = f.get("claude-auth-status").ok().and_then(|text| {
        let (code, body) = text.split_once(' ')?;
        Some((code == "0", document::parse(body).ok()?.root))
    });
    let text = |key: &str| {
        status
            .as_ref()
            .and_then(|(_, body)| body.get(key))
            .and_then(Value::as_str)
            .unwrap_or("")
            .to_owned()
    };
    let logged_in = status
        .as_ref()
        .map(|(ok, body)| *ok && body.get("loggedIn").and_then(Value::as_bool) == Some(true));
    let fix = "claude auth login";
    match (logged_in, from_proxy) {
        // The CLI of this machine has another login than the one that answers.
        (_, Some("none")) if let Some(host) = elsewhere(f) => {
            fail("none", format!("On {host}: claude auth login"))
        }
        (_, Some("claimed")) if elsewhere(f).is_some() => {
            pass("the proxy claims one (only a real answer proves it)")
        }
        _ if let Some(host) = elsewhere(f) => unknown(&format!("the proxy on {host} does not say")),
        (Some(true), _) if !["", "firstParty"].contains(&text("apiProvider").as_str()) => fail(
            format!(
                "claimed, but through {}: the cloud would answer, not the subscription",
                text("apiProvider")
            ),
            "Remove the cloud switches from Claude Code's settings file and environment.",
        ),
        (Some(true), _)
            if !text("apiKeySource").is_empty() || text("authMethod").starts_with("api_key") =>
        {
            fail(
                "claimed, but by an API key: it would be billed by token",
                "Remove the API key from Claude Code's settings, then: claude auth login",
            )
        }
        // An older CLI.
        (Some(true), _) if text("apiProvider").is_empty() => warn(
            "claimed; this Claude CLI does not say who would answer, the subscription or a cloud",
            "claude update",
        ),
        (Some(true), _) => claimed(f, &text("loginExpiresAt")),
        // The proxy has an environment of its own, with a token perhaps: what it says of itself counts.
        (Some(false), Some("claimed")) => pass(
            "the proxy claims one (only a real answer proves it); the Claude CLI of this shell has none",
        ),
        (Some(false), Some("unknown")) if is_up(f) => warn(
            "the Claude CLI of this shell has none; the running proxy does not say whether it has one",
            fix,
        ),
        (Some(false), _) => fail("none", fix),
        (None, Some("claimed")) => pass("the proxy claims one (only a real answer proves it)"),
        (None, Some("none")) => fail(format!("none. {LOGIN_NEXT}"), fix),
        (None, _) => unknown("neither the Claude CLI nor the proxy says"),
    }
}

/// A login that the Claude CLI claims; it knows when some of them end.
fn claimed(f: &Facts<'_>, expires: &str) -> Judgment {
    const AGAIN: &str = "claude auth login";
    match (seconds(f, "clock"), day_of(expires)) {
        (Some(now), Some(end)) if end + DAY <= now => {
            fail(format!("it ended on {}", day(end)), AGAIN)
        }
        (Some(now), Some(end)) if end < now + LOGIN_SOON => {
            warn(format!("claimed; it ends on {}", day(end)), AGAIN)
        }
        (_, Some(end)) => pass(format!(
            "claimed until {} (only a real answer proves it)",
            day(end)
        )),
        (_, None) => pass("claimed (only a real answer proves it)"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Status;
    use super::super::calendar::CLOCK_LEAST;
    use super::super::tests::{check, facts, missing, status};
    use super::*;

    #[test]
    fn a_login_that_ends_soon_is_told_before_it_does() {
        let soon = "ready renewal-soon The proxy answers on 127.0.0.1:3456. Its Claude login ends in 3 days.";
        let claimed = ("login", "claimed");
        let none = ("claude-auth-status", r#"1 {"loggedIn":false}"#);
        let check = |pairs: &[(&str, &str)]| check(&facts(pairs), "login");
        let told = check(&[("health", soon), claimed]);
        assert_eq!(told.status, Status::Warn);
        assert_eq!(told.detail, "claimed. Its Claude login ends in 3 days.");
        assert_eq!(told.fix.as_deref(), Some("claude auth login"));
        let there = check(&[("health", soon), claimed, ("proxy-host", "10.0.0.9")]);
        assert_eq!(there.fix.as_deref(), Some("On 10.0.0.9: claude auth login"));
        assert_eq!(
            check(&[("health", "ready ready It answers."), claimed]).status,
            Status::Pass
        );
        assert_eq!(check(&[("health", soon), none]).status, Status::Fail);
    }

    #[test]
    fn the_login_is_what_the_cli_says_and_how_it_says_it() {
        let auth = |text: &str| status(&[("claude-auth-status", text)], "login").0;
        assert_eq!(
            auth(r#"0 {"loggedIn":true,"apiProvider":"firstParty","authMethod":"claude.ai"}"#),
            Status::Pass
        );
        assert_eq!(
            auth(r#"1 {"loggedIn":false,"apiProvider":"firstParty"}"#),
            Status::Fail
        );
        assert_eq!(auth(r#"0 {"loggedIn":true}"#), Status::Warn);
        assert_eq!(
            auth(r#"0 {"loggedIn":true,"apiProvider":"bedrock"}"#),
            Status::Fail
        );
        assert_eq!(
            auth(
                r#"0 {"loggedIn":true,"apiProvider":"firstParty","apiKeySource":"ANTHROPIC_API_KEY"}"#
            ),
            Status::Fail
        );
        assert_eq!(status(&[("login", "none")], "login").0, Status::Fail);
        assert_eq!(status(&[("login", "claimed")], "login").0, Status::Pass);
    }

    #[test]
    fn a_login_that_ends_is_told_before() {
        let now = CLOCK_LEAST + 3600;
        let at = |seconds: u64, days: u64| {
            let body = format!(
                r#"0 {{"loggedIn":true,"apiProvider":"firstParty","loginExpiresAt":"{}T01:02:03.000Z"}}"#,
                day(seconds + days * DAY)
            );
            let now = now.to_string();
            status(&[("clock", &now), ("claude-auth-status", &body)], "login").0
        };
        assert_eq!(at(now, 30), Status::Pass);
        assert_eq!(at(now, 3), Status::Warn);
        assert_eq!(at(now, 0), Status::Warn);
        assert_eq!(at(now - 2 * DAY, 0), Status::Fail);
    }

    #[test]
    fn the_running_proxy_knows_better_than_this_shell() {
        use Status::{Fail, Pass, Warn};
        const NONE: (&str, &str) = ("claude-auth-status", r#"1 {"loggedIn":false}"#);
        const UP: (&str, &str) = ("health", "ready ready It answers.");
        const DOWN: (&str, &str) = ("health", "starting refused Nothing listens.");
        let claude = || missing("claude-version", "`claude` is in no directory of PATH");
        for (known, id, want) in [
            (&[NONE, UP, ("login", "claimed")][..], "login", Pass),
            (&[NONE, UP, ("login", "unknown")], "login", Warn),
            (&[NONE, UP, ("login", "none")], "login", Fail),
            (&[NONE, DOWN, ("login", "unknown")], "login", Fail),
            (&[NONE], "login", Fail),
            (&[UP, ("login", "claimed")], "claude-cli", Pass),
            (&[UP, ("login", "unknown")], "claude-cli", Warn),
            (&[DOWN, ("login", "unknown")], "claude-cli", Fail),
            (&[], "claude-cli", Fail),
            (&[UP], "runtime", Warn),
            (&[DOWN], "runtime", Fail),
            (&[UP, ("proxy-command", "x")], "proxy-command", Warn),
            (&[DOWN, ("proxy-command", "x")], "proxy-command", Fail),
        ] {
            let mut all = facts(known);
            all.push(claude());
            all.push(missing("proxy-program", "`x` is in no directory of PATH"));
            let check = check(&all, id);
            assert_eq!(check.status, want, "{known:?}: {check:?}");
            assert!(check.status == Pass || check.fix.is_some(), "{check:?}");
        }
    }
}
