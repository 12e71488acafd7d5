//! Checks of the Claude CLI, its login and the headless token.

use super::calendar::{DAY, day, parse_day};
use super::command::add_to_path;
use super::{CheckResult, Installation, Status, fail, not_here, pass, programs, warn};
use crate::auth::{TokenState, read_login};
use crate::document::Value;
use crate::health::renewal;
use crate::health::{LOGIN_NEXT, Login};

/// A login that ends within this time gives a warning: a week, in seconds.
const LOGIN_SOON: u64 = 7 * DAY;
const LOG_IN: &str = "claude auth login";
const PROXY_CLAIMS: &str = "the proxy claims one (only a real answer proves it)";

/// Whether there is a Claude CLI.
pub(super) fn cli(f: &Installation<'_>) -> CheckResult {
    match &f.claude_version {
        Err(_) if let Some(host) = f.remote_address() => not_here(host),
        Ok(version) => pass(version),
        Err(why) => without_cli(f, why),
    }
}

/// The result without a Claude CLI in this shell. A proxy may have its own.
fn without_cli(f: &Installation<'_>, why: &str) -> CheckResult {
    let path = f.installed_at(programs::CLAUDE);
    let why = match path {
        Some(path) => format!("{why}, but `{path}` is there"),
        None => why.to_owned(),
    };
    let fix = path
        .and_then(add_to_path)
        .unwrap_or_else(|| "npm install -g @anthropic-ai/claude-code".to_owned());
    match (f.is_ready(), login_of_proxy(f)) {
        (true, Some(Login::Claimed)) => pass(format!("{why}; the running proxy has its own")),
        (true, _) => warn(format!("{why}; the running proxy answers without it"), fix),
        (false, _) => fail(why, fix),
    }
}

/// The login that the proxy claims, if it was probed.
fn login_of_proxy(f: &Installation<'_>) -> Option<Login> {
    Some(f.verdict()?.login)
}

/// Whether the token for a machine without a browser looks right.
pub(super) fn token(f: &Installation<'_>) -> CheckResult {
    if let Some(host) = f.remote_address() {
        return not_here(host);
    }
    let status = f.claude_login();
    let is_stored = status.is_some_and(|status| status.code == Some(0));
    match f.oauth_token.as_ref()? {
        TokenState::Present => pass("CLAUDE_CODE_OAUTH_TOKEN is set"),
        TokenState::Malformed => fail(
            "CLAUDE_CODE_OAUTH_TOKEN is set but does not look like a token",
            "claude setup-token",
        ),
        TokenState::Absent if is_stored => pass("not set; the stored login is used"),
        TokenState::Absent => pass("not set in this shell"),
    }
}

/// Whether there is a login, and whether it ends soon according to the proxy.
pub(super) fn login(f: &Installation<'_>) -> CheckResult {
    let result = current_login(f)?;
    match (result.0, f.verdict().and_then(renewal::sentence)) {
        (Status::Pass, Some(sentence)) => warn(format!("claimed. {sentence}"), log_in(f)),
        _ => Ok(result),
    }
}

/// The command that logs in, with the machine of the proxy.
fn log_in(f: &Installation<'_>) -> String {
    match f.remote_address() {
        Some(host) => format!("On {host}: {LOG_IN}"),
        None => LOG_IN.to_owned(),
    }
}

fn current_login(f: &Installation<'_>) -> CheckResult {
    let of_proxy = login_of_proxy(f);
    if let Some(host) = f.remote_address() {
        // The CLI of this machine does not have the login of that proxy.
        return match of_proxy {
            Some(Login::None) => fail("none", log_in(f)),
            Some(Login::Claimed) => pass(PROXY_CLAIMS),
            Some(Login::Unknown) | None => Err(format!("the proxy on {host} does not say")),
        };
    }
    let (of_cli, answer) = match f.claude_login() {
        Some(status) => read_login(status),
        None => (Login::Unknown, None),
    };
    let text = |key: &str| {
        let value = answer.as_ref().and_then(|answer| answer.get(key));
        value.and_then(Value::as_str).unwrap_or_default()
    };
    match (of_cli, of_proxy) {
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
        // The proxy may have a token in its own environment, so its claim counts.
        (Login::None, Some(Login::Claimed)) => pass(format!(
            "{PROXY_CLAIMS}; the Claude CLI of this shell has none"
        )),
        (Login::None, Some(Login::Unknown)) if f.is_ready() => warn(
            "the Claude CLI of this shell has none; the running proxy does not say whether it has one",
            LOG_IN,
        ),
        (Login::None, _) => fail("none", LOG_IN),
        (Login::Unknown, Some(Login::Claimed)) => pass(PROXY_CLAIMS),
        (Login::Unknown, Some(Login::None)) => fail(format!("none. {LOGIN_NEXT}"), LOG_IN),
        (Login::Unknown, _) => Err("neither the Claude CLI nor the proxy says".to_owned()),
    }
}

/// The result for a login that the Claude CLI claims. For some logins it says when they end.
fn claimed(f: &Installation<'_>, expires: &str) -> CheckResult {
    let Some(end) = parse_day(expires) else {
        return pass("claimed (only a real answer proves it)");
    };
    let date = day(end);
    if end + DAY <= f.now {
        fail(format!("it ended on {date}"), LOG_IN)
    } else if end < f.now.saturating_add(LOGIN_SOON) {
        warn(format!("claimed; it ends on {date}"), LOG_IN)
    } else {
        pass(format!(
            "claimed until {date} (only a real answer proves it)"
        ))
    }
}
