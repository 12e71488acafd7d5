//! How Meridian reports errors of the API to its client, as seen with 1.43 and the Claude CLI 2.1.119.

use crate::api::{Refusal, RefusalKind};
use crate::chat;
use crate::switches::Login;

const EXPIRED: &str = "Claude OAuth token has expired and could not be refreshed automatically. \
     Run 'claude login' in your terminal to re-authenticate.";
const REJECTED: &str = "Claude authentication expired or invalid. \
     Run 'claude login' in your terminal to re-authenticate, then restart the proxy.";

/// What the proxy puts before the words of the CLI.
const CLI: &str = "Claude Code returned an error result: ";

/// The login has expired, as the CLI notices it.
fn expired() -> chat::Refusal {
    chat::Refusal {
        status: 401,
        kind: "authentication_error",
        message: EXPIRED.to_owned(),
    }
}

/// How chat is refused where there is no login.
pub(super) fn for_login(login: Login) -> Option<chat::Refusal> {
    match login {
        Login::Ok => None,
        Login::Unhealthy | Login::AtStart => Some(expired()),
        Login::Rejected => Some(chat::Refusal {
            message: REJECTED.to_owned(),
            ..expired()
        }),
    }
}

/// The refusal of the API as the proxy's client sees it.
pub(super) fn of(refusal: &Refusal, asked: &str) -> chat::Refusal {
    let (status, kind, message) = match &refusal.kind {
        RefusalKind::Expired => return expired(),
        // The CLI tells the end of the limit by the clock of its own zone.
        RefusalKind::Limit => (
            500,
            "api_error",
            format!(
                "{CLI}You've hit your session limit · resets {} (UTC)",
                clock(refusal)
            ),
        ),
        RefusalKind::BareLimit => (
            429,
            "rate_limit_error",
            "Claude Max rate limit reached. Wait a moment and try again.".to_owned(),
        ),
        RefusalKind::Model(_) => {
            let large = if asked.contains("opus") && !asked.contains("[1m]") {
                "[1m]"
            } else {
                ""
            };
            let text = format!(
                "{CLI}There's an issue with the selected model ({asked}{large}). It may not exist or you may not have access to it. \
                 Run --model to pick a different model."
            );
            (500, "api_error", text)
        }
        RefusalKind::Overloaded => (
            503,
            "overloaded_error",
            "Claude is temporarily overloaded. Try again in a few seconds.".to_owned(),
        ),
    };
    chat::Refusal {
        status,
        kind,
        message,
    }
}

/// The time at which the limit ends, as `4:05pm`.
fn clock(refusal: &Refusal) -> String {
    let reset = refusal
        .headers
        .iter()
        .find(|(name, _)| name.ends_with("unified-reset"));
    let seconds: u64 = reset
        .and_then(|(_, value)| value.parse().ok())
        .unwrap_or_default();
    let minutes = seconds / 60 % (24 * 60);
    let (hour, minute) = (minutes / 60, minutes % 60);
    let half = if hour < 12 { "am" } else { "pm" };
    let hour = if hour % 12 == 0 { 12 } else { hour % 12 };
    if minute == 0 {
        format!("{hour}{half}")
    } else {
        format!("{hour}:{minute:02}{half}")
    }
}
