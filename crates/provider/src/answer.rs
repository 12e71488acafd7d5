//! What an error in place of an answer means: the message for the user, in one line with the next step, and what `status`, the gate and
//! the log remember.
//!
//! The texts of errors are those of the Claude CLI 2.1.119 and 2.1.197 and of the proxies over it, as they were seen on the network
//! (`docs/proxies.md`). Texts of only one kind of proxy are in [`crate::proxy_kind`].
//!
//! OpenClaw decides by words in the message what to do after a failure. OpenClaw 2026.9.6 shows the message and does not try again if
//! the provider calls it `rate_limit` and the message has a word for a longer time (`subscription`) and one for a quota (`plan`,
//! `resets`). So every message here has both, and none may have a word that OpenClaw takes for another reason, such as `overloaded`
//! or `expired`.

use crate::advice;
use crate::listing;
use crate::model_id::ListedModel;
use crate::proxy_kind::{self, ProxyKind};
use crate::settings::Settings;
use crate::strings::{self, shown};
use crate::{ID, NOTHING_SENT};

pub use crate::wit::chat::{AnswerKind, Failure};

/// Longest part of an error that is read, in characters. The beginning says what it is about.
const MAX_READ: usize = 10_000;
/// Longest part of a text from outside that is shown, in characters.
const MAX_SHOWN: usize = 60;
/// The highest number of models that are named.
const MAX_NAMED: usize = 5;
const DAY_MS: u64 = 86_400_000;

/// Signs of each kind in the text of an error, in lower case, separated by `|`. The most certain kind is first.
const SIGNS: &[(AnswerKind, &str)] = &[
    (
        AnswerKind::TooLong,
        "prompt is too long|context window|maximum context length",
    ),
    (AnswerKind::ExtraUsage, "extra usage"),
    (
        AnswerKind::Limit,
        "you've hit your|limit · resets|usage limit reached|rate limit|rate_limit|too many requests",
    ),
    (
        AnswerKind::UnknownModel,
        "issue with the selected model|not_found_error|may not exist or you may not have access",
    ),
    (
        AnswerKind::RefusedLogin,
        "oauth token|not logged in|please run /login|please login again|does not have access to claude|authentication_error|permission_error|authentication expired|often an authentication issue|invalid bearer token",
    ),
    (
        AnswerKind::Overloaded,
        "overloaded|529|temporarily limiting requests",
    ),
    (
        AnswerKind::ServerError,
        "internal server error|returned a server error|api error: 5|service unavailable",
    ),
    // In the words of OpenClaw and of its HTTP client.
    (
        AnswerKind::BrokenOff,
        "terminated|stream ended before|malformed",
    ),
];

/// Finds out what the error of one of our requests means. `now_ms` is the time, in milliseconds since 1970.
pub fn read(
    settings: &Settings,
    model: &str,
    listed: &[ListedModel],
    error: &str,
    now_ms: u64,
) -> Failure {
    let proxy = settings.kind();
    let error = strings::head(error, MAX_READ);
    let lower = error.to_ascii_lowercase();
    let sign = proxy
        .refusals
        .iter()
        .chain(SIGNS)
        .find(|(_, signs)| proxy_kind::contains_sign(&lower, signs));
    let kind = match proxy.refuses_key(&lower) {
        true => AnswerKind::RefusedKey,
        false => sign.map_or(AnswerKind::Other, |(kind, _)| *kind),
    };
    let resets = (kind == AnswerKind::Limit).then(|| resets(error)).flatten();
    let until_ms = resets
        .as_deref()
        .and_then(|text| next_time_ms(text, now_ms));
    let line = match kind {
        AnswerKind::BrokenOff => Some(try_later(
            "the answer broke off before its end (see `openclaw claude-proxy logs`)",
        )),
        AnswerKind::Answered | AnswerKind::TooLong | AnswerKind::Other => None,
        AnswerKind::RefusedKey => Some(format!(
            "{} refuses the access key that it was sent; your Claude login and subscription plan are not the cause. {} Then \
             send your message again.",
            proxy.title,
            advice::key_step(settings)
                .unwrap_or_else(|| "Run `openclaw claude-proxy restart`.".to_owned())
        )),
        _ if proxy.forwards && kind != AnswerKind::ExtraUsage => {
            Some(forwarded_line(proxy, kind, model, listed, resets.as_deref()))
        }
        AnswerKind::Limit => Some(limit_line(&lower, resets.as_deref())),
        AnswerKind::RefusedLogin => Some(
            "Claude does not accept the login of your subscription plan any more. Run `claude auth login` where the proxy \
             runs (without a browser: `claude setup-token`), then send your message again."
                .to_owned(),
        ),
        AnswerKind::ExtraUsage => Some(
            "Anthropic counts this request as extra usage, beyond your subscription plan: its decision about third-party \
             programs. Switch extra usage on in your Claude account, or choose another model with /model."
                .to_owned(),
        ),
        AnswerKind::UnknownModel => Some(format!(
            "Anthropic does not know the model {}, or your subscription plan does not have it; {}. Choose one with /model, or \
             run the login again.",
            shown(model, MAX_SHOWN),
            models_in_words(listed)
        )),
        AnswerKind::Overloaded => Some(try_later(
            "Anthropic has no room for this request at the moment",
        )),
        AnswerKind::ServerError => Some(try_later("Anthropic's service had a fault of its own")),
    };
    Failure {
        kind,
        line: line.map(|line| format!("{ID}: {line}")),
        resets,
        until_ms,
    }
}

/// Whether a text is the line of a failure. What was refused before anything was sent is another matter.
pub fn is_line(text: &str) -> bool {
    let ours = text.strip_prefix(ID);
    ours.is_some_and(|rest| rest.starts_with(": ") && !rest.contains(NOTHING_SENT))
}

/// The message about a failure that passes by itself.
fn try_later(what: &str) -> String {
    format!(
        "{what}; your subscription plan is not the cause. Send your message again in a few minutes."
    )
}

fn limit_line(lower: &str, resets: Option<&str>) -> String {
    let which = ["session", "weekly", "opus", "sonnet", "5-hour"]
        .into_iter()
        .find(|which| lower.contains(&format!("{which} limit")))
        .map(|which| format!("{which} "))
        .unwrap_or_default();
    let when = match resets {
        Some(text) => format!("it resets {text}. Wait until then"),
        None => {
            "the proxy does not say when it resets. Wait, see `/usage` in Claude Code".to_owned()
        }
    };
    format!(
        "the {which}limit of your Claude subscription plan is reached; {when}, or choose another model with /model."
    )
}

/// The message about an error of a proxy that may forward to any vendor, with any account.
fn forwarded_line(
    proxy: &ProxyKind,
    kind: AnswerKind,
    model: &str,
    listed: &[ListedModel],
    resets: Option<&str>,
) -> String {
    let proxy = if proxy.is_generic() {
        "the proxy"
    } else {
        proxy.title
    };
    match kind {
        AnswerKind::Limit => {
            let when = resets.map_or_else(String::new, |text| format!("; it resets {text}"));
            format!(
                "{proxy} says that a limit of the vendor behind it is reached{when}. Whose subscription or plan that is, its \
                 own configuration says. Wait, or choose another model with /model."
            )
        }
        AnswerKind::RefusedLogin => format!(
            "{proxy} says that the vendor behind it refuses its login or key. Your subscription plan is not the cause: see \
             its own configuration and what it logs, then send your message again."
        ),
        AnswerKind::UnknownModel => format!(
            "{proxy} has no model {}, whatever your subscription plan has; {}. Choose one with /model, or run the login again.",
            shown(model, MAX_SHOWN),
            models_in_words(listed)
        ),
        _ => try_later(&format!(
            "{proxy} has no answer from the vendor behind it at the moment"
        )),
    }
}

/// The models that the proxy lists, for a message.
fn models_in_words(listed: &[ListedModel]) -> String {
    if listed.is_empty() {
        return "the proxy does not say which models it has".to_owned();
    }
    let names = listing::names(listed, MAX_NAMED, |id| shown(id, MAX_SHOWN));
    format!("the proxy lists {names}")
}

/// The vendor's words after `resets`, safe to print.
fn resets(error: &str) -> Option<String> {
    let at = error.to_ascii_lowercase().find("resets ")?;
    let rest = error.get(at + "resets ".len()..)?;
    let end = rest.find(['\n', '"', '\\', '·', '.']);
    let text = shown(rest.get(..end.unwrap_or(rest.len()))?, MAX_SHOWN);
    (!text.is_empty()).then_some(text)
}

/// The next moment at this time of the day: `3pm (UTC)`, `3:57pm (UTC)`, `at 15:57 (UTC)`.
fn next_time_ms(text: &str, now_ms: u64) -> Option<u64> {
    let text = text.trim().to_ascii_lowercase();
    let time = text.strip_suffix("(utc)")?.trim();
    let time = time.strip_prefix("at ").unwrap_or(time).trim();
    let (time, half) = match (time.strip_suffix("am"), time.strip_suffix("pm")) {
        (Some(time), _) => (time.trim(), Some(0)),
        (_, Some(time)) => (time.trim(), Some(12)),
        (None, None) => (time, None),
    };
    let (hour, minute) = time.split_once(':').unwrap_or((time, "0"));
    let (hour, minute) = (hour.parse::<u64>().ok()?, minute.parse::<u64>().ok()?);
    let hour = match half {
        Some(half) if (1..=12).contains(&hour) => hour % 12 + half,
        None if hour < 24 => hour,
        _ => return None,
    };
    if minute > 59 {
        return None;
    }
    let of_day = (hour * 60 + minute) * 60_000;
    let today = (now_ms - now_ms % DAY_MS).checked_add(of_day)?;
    if today > now_ms {
        Some(today)
    } else {
        today.checked_add(DAY_MS)
    }
}

#[cfg(test)]
mod tests;
