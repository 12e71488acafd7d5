//! The Claude CLI, its login and the headless token.

use super::calendar::{DAY, day, day_of};
use super::command::into_path;
use super::{Judgment, Known, Status, fail, pass, there, unknown, warn};
use crate::auth::{TokenState, read_login};
use crate::document::Value;
use crate::health::renewal;
use crate::health::{LOGIN_NEXT, Login};

/// A login that ends within this time is told, in seconds: a week.
const LOGIN_SOON: u64 = 7 * DAY;

/// The CLI itself.
pub(super) fn cli(f: &Known<'_>) -> Judgment {
    match &f.claude_version {
        Err(_) if let Some(host) = f.elsewhere() => there(host),
        Ok(version) => pass(version),
        Err(why) => without_claude(f, why),
    }
}

/// No Claude CLI in this shell. A proxy may bring its own.
fn without_claude(f: &Known<'_>, why: &str) -> Judgment {
    const INSTALL: &str = "npm install -g @anthropic-ai/claude-code";
    let elsewhere = f.claude_elsewhere.as_deref();
    let why = match elsewhere {
        Some(path) => format!("{why}, but `{path}` is there"),
        None => why.to_owned(),
    };
    let fix = elsewhere
        .and_then(into_path)
        .unwrap_or_else(|| INSTALL.to_owned());
    match (f.is_up(), of_proxy(f)) {
        (true, Some(Login::Claimed)) => pass(format!("{why}; the running proxy has its own")),
        (true, _) => warn(format!("{why}; the running proxy answers without it"), fix),
        (false, _) => fail(why, fix),
    }
}

/// What the proxy says of its login.
fn of_proxy(f: &Known<'_>) -> Option<Login> {
    Some(f.looked()?.verdict.login)
}

/// The token for a machine without a browser.
pub(super) fn token(f: &Known<'_>) -> Judgment {
    let stored = || {
        f.claude_login
            .as_ref()
            .is_some_and(|said| said.code == Some(0))
    };
    match &f.oauth_token {
        _ if let Some(host) = f.elsewhere() => there(host),
        Ok(TokenState::Present) => pass("CLAUDE_CODE_OAUTH_TOKEN is set"),
        Ok(TokenState::Malformed) => fail(
            "CLAUDE_CODE_OAUTH_TOKEN is set but does not look like a token",
            "claude setup-token",
        ),
        Ok(TokenState::Absent) if stored() => pass("not set; the stored login is used"),
        Ok(TokenState::Absent) => pass("not set in this shell"),
        Err(why) => unknown(why),
    }
}

/// The login, and whether it ends soon.
pub(super) fn judge(f: &Known<'_>) -> Judgment {
    ends_soon(f, login(f))
}

/// A login that holds, but not for long, as the running proxy says.
fn ends_soon(f: &Known<'_>, judged: Judgment) -> Judgment {
    let told = f.looked().and_then(|look| renewal::sentence(&look.verdict));
    match (judged.0, told) {
        (Status::Pass, Some(sentence)) => {
            let there = f
                .elsewhere()
                .map_or(String::new(), |host| format!("On {host}: "));
            warn(
                format!("claimed. {sentence}"),
                format!("{there}claude auth login"),
            )
        }
        _ => judged,
    }
}

fn login(f: &Known<'_>) -> Judgment {
    let (of_cli, said) = match &f.claude_login {
        Some(said) => read_login(said),
        None => (Login::Unknown, None),
    };
    let text = |key: &str| {
        let value = said.as_ref().and_then(|said| said.get(key));
        value.and_then(Value::as_str).unwrap_or_default()
    };
    let fix = "claude auth login";
    match (of_cli, of_proxy(f)) {
        // The CLI of this machine has another login than the one that answers.
        (_, Some(Login::None)) if let Some(host) = f.elsewhere() => {
            fail("none", format!("On {host}: claude auth login"))
        }
        (_, Some(Login::Claimed)) if f.elsewhere().is_some() => {
            pass("the proxy claims one (only a real answer proves it)")
        }
        _ if let Some(host) = f.elsewhere() => {
            unknown(&format!("the proxy on {host} does not say"))
        }
        (Login::Claimed, _) if !["", "firstParty"].contains(&text("apiProvider")) => fail(
            format!(
                "claimed, but through {}: the cloud would answer, not the subscription",
                text("apiProvider")
            ),
            "Remove the cloud switches from Claude Code's settings file and environment.",
        ),
        (Login::Claimed, _)
            if !text("apiKeySource").is_empty() || text("authMethod").starts_with("api_key") =>
        {
            fail(
                "claimed, but by an API key: it would be billed by token",
                "Remove the API key from Claude Code's settings, then: claude auth login",
            )
        }
        // An older CLI.
        (Login::Claimed, _) if text("apiProvider").is_empty() => warn(
            "claimed; this Claude CLI does not say who would answer, the subscription or a cloud",
            "claude update",
        ),
        (Login::Claimed, _) => claimed(f, text("loginExpiresAt")),
        // The proxy has an environment of its own, with a token perhaps: what it says of itself counts.
        (Login::None, Some(Login::Claimed)) => pass(
            "the proxy claims one (only a real answer proves it); the Claude CLI of this shell has none",
        ),
        (Login::None, Some(Login::Unknown)) if f.is_up() => warn(
            "the Claude CLI of this shell has none; the running proxy does not say whether it has one",
            fix,
        ),
        (Login::None, _) => fail("none", fix),
        (Login::Unknown, Some(Login::Claimed)) => {
            pass("the proxy claims one (only a real answer proves it)")
        }
        (Login::Unknown, Some(Login::None)) => fail(format!("none. {LOGIN_NEXT}"), fix),
        (Login::Unknown, _) => unknown("neither the Claude CLI nor the proxy says"),
    }
}

/// A login that the Claude CLI claims; it knows when some of them end.
fn claimed(f: &Known<'_>, expires: &str) -> Judgment {
    const AGAIN: &str = "claude auth login";
    match day_of(expires) {
        Some(end) if end + DAY <= f.clock => fail(format!("it ended on {}", day(end)), AGAIN),
        Some(end) if end < f.clock.saturating_add(LOGIN_SOON) => {
            warn(format!("claimed; it ends on {}", day(end)), AGAIN)
        }
        Some(end) => pass(format!(
            "claimed until {} (only a real answer proves it)",
            day(end)
        )),
        None => pass("claimed (only a real answer proves it)"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::calendar::CLOCK_LEAST;
    use super::super::tests::{check, facts, look, proxy, said};
    use super::super::{Facts, Look, ProgramTrouble, Proxy};
    use super::*;
    use crate::health::Readiness;

    const NONE: &str = r#"{"loggedIn":false}"#;

    #[test]
    fn a_login_that_ends_soon_is_told_before_it_does() {
        let ready = |code: &str| look(Readiness::Ready, code, Login::Claimed);
        let mut soon = ready(renewal::CODE);
        soon.verdict.detail = "The proxy answers. Its Claude login ends in 3 days.".to_owned();
        let with = |look: &Look, elsewhere: Option<&str>, claude_login| {
            let proxy = Proxy {
                elsewhere: elsewhere.map(str::to_owned),
                ..proxy("x")
            };
            let facts = Facts {
                look: Ok(look.clone()),
                proxy: Ok(proxy),
                claude_login,
                ..facts()
            };
            check(&facts, "login")
        };
        let told = with(&soon, None, None);
        assert_eq!(told.status, Status::Warn);
        assert_eq!(told.detail, "claimed. Its Claude login ends in 3 days.");
        assert_eq!(told.fix.as_deref(), Some("claude auth login"));
        let there = with(&soon, Some("10.0.0.9"), None);
        assert_eq!(there.fix.as_deref(), Some("On 10.0.0.9: claude auth login"));
        assert_eq!(with(&ready("ready"), None, None).status, Status::Pass);
        // What the running proxy claims counts for more than this shell.
        assert_eq!(with(&soon, None, said(1, NONE)).status, Status::Warn);
    }

    #[test]
    fn the_login_is_what_the_cli_says_and_how_it_says_it() {
        const OURS: &str = r#"{"loggedIn":true,"apiProvider":"firstParty"#;
        for (code, output, status) in [
            (
                0,
                format!(r#"{OURS}","authMethod":"claude.ai"}}"#),
                Status::Pass,
            ),
            (1, OURS.replace("true", "false") + "\"}", Status::Fail),
            (0, r#"{"loggedIn":true}"#.to_owned(), Status::Warn),
            (
                0,
                OURS.replace("firstParty", "bedrock") + "\"}",
                Status::Fail,
            ),
            (
                0,
                format!(r#"{OURS}","apiKeySource":"ANTHROPIC_API_KEY"}}"#),
                Status::Fail,
            ),
        ] {
            let facts = Facts {
                claude_login: said(code, &output),
                ..facts()
            };
            assert_eq!(check(&facts, "login").status, status, "{output}");
        }
    }

    #[test]
    fn a_login_that_ends_is_told_before() {
        let now = CLOCK_LEAST + 3600;
        let at = |seconds: u64, days: u64| {
            let output = format!(
                r#"{{"loggedIn":true,"apiProvider":"firstParty","loginExpiresAt":"{}T01:02:03.000Z"}}"#,
                day(seconds + days * DAY)
            );
            let facts = Facts {
                clock: now,
                claude_login: said(0, &output),
                ..facts()
            };
            check(&facts, "login").status
        };
        assert_eq!(at(now, 30), Status::Pass);
        assert_eq!(at(now, 3), Status::Warn);
        assert_eq!(at(now, 0), Status::Warn);
        assert_eq!(at(now - 2 * DAY, 0), Status::Fail);
    }

    #[test]
    fn the_running_proxy_knows_better_than_this_shell() {
        use Login::{Claimed, None as NoLogin, Unknown};
        use Status::{Fail, Pass, Warn};
        let up = |login| Ok(look(Readiness::Ready, "ready", login));
        let down = || Ok(look(Readiness::Starting, "refused", Unknown));
        let silent = || Err("it was not looked at".to_owned());
        for (look, id, want) in [
            (up(Claimed), "login", Pass),
            (up(Unknown), "login", Warn),
            (up(NoLogin), "login", Fail),
            (down(), "login", Fail),
            (silent(), "login", Fail),
            (up(Claimed), "claude-cli", Pass),
            (up(Unknown), "claude-cli", Warn),
            (down(), "claude-cli", Fail),
            (silent(), "claude-cli", Fail),
            (up(Unknown), "runtime", Warn),
            (down(), "runtime", Fail),
            (up(Unknown), "proxy-command", Warn),
            (down(), "proxy-command", Fail),
        ] {
            let mut proxy = proxy("x");
            proxy.command.as_mut().unwrap().program = Err(ProgramTrouble::Other(
                "`x` is in no directory of PATH".to_owned(),
            ));
            let facts = Facts {
                look,
                claude_version: Err("`claude` is in no directory of PATH".to_owned()),
                claude_login: said(1, NONE),
                proxy: Ok(proxy),
                ..facts()
            };
            let check = check(&facts, id);
            assert_eq!(check.status, want, "{facts:?}: {check:?}");
            assert!(check.status == Pass || check.fix.is_some(), "{check:?}");
        }
    }
}
