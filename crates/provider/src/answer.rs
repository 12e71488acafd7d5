//! What an answer other than success means: what the user reads, in one line with the next step, and what `status`, the
//! gate and the log know from then on.
//!
//! The texts are those that the Claude CLI 2.1.119 and 2.1.197 and the proxies over it give for what the API said, seen on
//! the wire (`docs/proxies.md`); what only one kind of proxy says stands in [`crate::proxy_kind`].
//!
//! A host decides by words how to go on with a failure. OpenClaw 2026.9.6 shows a line to the user, and tries no further,
//! where the provider calls it `rate_limit` and it has a word of a longer window (`subscription`) and one of a quota
//! (`plan`, `resets`); every line here has both. It must not have a word that OpenClaw reads as another reason, such as
//! `overloaded` or `expired`.

use serde::{Deserialize, Serialize};

use crate::ID;
use crate::advice;
use crate::model_id::ListedModel;
use crate::proxy_kind::ProxyKind;
use crate::quote;
use crate::settings::Settings;

pub use crate::answer_kind::AnswerKind;

/// An answer, read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Answer {
    /// What kind it was.
    pub kind: AnswerKind,
    /// What the user reads, one line; `None` where the host's own words and ways are the right ones.
    pub line: Option<String>,
    /// When a limit ends, in the vendor's own words: `3:57pm (UTC)`.
    pub resets: Option<String>,
    /// When a limit ends, in milliseconds since 1970, where the words say it.
    pub until_ms: Option<u64>,
}

impl Answer {
    /// An answer of the model.
    pub fn answered() -> Self {
        Self {
            kind: AnswerKind::Answered,
            line: None,
            resets: None,
            until_ms: None,
        }
    }
}

/// Longest beginning of an error that is read, in characters: what it is about stands at its beginning.
const LONGEST_READ: usize = 10_000;
/// Longest part of the vendor's words that is shown, in characters.
const LONGEST: usize = 60;
/// At most so many models are named.
const MOST_NAMED: usize = 5;
const DAY_MS: u64 = 86_400_000;

/// Signs of each kind in an error's text, lower case, the surest first.
const SIGNS: &[(AnswerKind, &[&str])] = &[
    (
        AnswerKind::TooLong,
        &[
            "prompt is too long",
            "context window",
            "maximum context length",
        ],
    ),
    (AnswerKind::ExtraUsage, &["extra usage"]),
    (
        AnswerKind::Limit,
        &[
            "you've hit your",
            "limit · resets",
            "usage limit reached",
            "rate limit",
            "rate_limit",
            "too many requests",
        ],
    ),
    (
        AnswerKind::UnknownModel,
        &[
            "issue with the selected model",
            "not_found_error",
            "may not exist or you may not have access",
        ],
    ),
    (
        AnswerKind::RefusedLogin,
        &[
            "oauth token",
            "not logged in",
            "please run /login",
            "please login again",
            "does not have access to claude",
            "authentication_error",
            "permission_error",
            "authentication expired",
            "often an authentication issue",
            "invalid bearer token",
        ],
    ),
    (
        AnswerKind::Overloaded,
        &["overloaded", "529", "temporarily limiting requests"],
    ),
    (
        AnswerKind::ServerError,
        &[
            "internal server error",
            "returned a server error",
            "api error: 5",
            "service unavailable",
        ],
    ),
    // It began and never came to its end, in the words of OpenClaw and of its HTTP client.
    (
        AnswerKind::Other,
        &["terminated", "stream ended before", "malformed"],
    ),
];

/// Reads the text of an error that ended a request of ours. `now_ms` is the time, in milliseconds since 1970.
pub fn read(
    settings: &Settings,
    model: &str,
    listed: &[ListedModel],
    error: &str,
    now_ms: u64,
) -> Answer {
    let proxy = settings.kind();
    let error = head(error, LONGEST_READ);
    let lower = error.to_ascii_lowercase();
    let sign = proxy
        .refusals
        .iter()
        .chain(SIGNS)
        .find(|(_, signs)| signs.iter().any(|sign| lower.contains(sign)));
    let kind = match proxy.refuses_key(&lower) {
        true => AnswerKind::RefusedKey,
        false => sign.map_or(AnswerKind::Other, |(kind, _)| *kind),
    };
    let resets = (kind == AnswerKind::Limit).then(|| resets(error)).flatten();
    let until_ms = resets.as_deref().and_then(|text| clock(text, now_ms));
    let line = match kind {
        AnswerKind::Other if sign.is_some() => Some(later(
            "the answer broke off before its end (see `openclaw claude-proxy logs`)",
        )),
        AnswerKind::Answered | AnswerKind::TooLong | AnswerKind::Other => None,
        AnswerKind::RefusedKey => Some(format!(
            "{} refuses the access key that it was sent; your Claude login and subscription plan are not the cause. {} Then \
             send your message again.",
            proxy.title,
            advice::right_key(settings)
                .unwrap_or_else(|| "Run `openclaw claude-proxy restart`.".to_owned())
        )),
        _ if proxy.forwards && kind != AnswerKind::ExtraUsage => {
            Some(forwarded(proxy, kind, model, listed, resets.as_deref()))
        }
        AnswerKind::Limit => Some(limit(&lower, resets.as_deref())),
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
            shown(model),
            lists(listed)
        )),
        AnswerKind::Overloaded => Some(later(
            "Anthropic has no room for this request at the moment",
        )),
        AnswerKind::ServerError => Some(later("Anthropic's service had a fault of its own")),
    };
    Answer {
        kind,
        line: line.map(|line| format!("{ID}: {line}")),
        resets,
        until_ms,
    }
}

/// What is said of a fault that passes by itself.
fn later(what: &str) -> String {
    format!(
        "{what}; your subscription plan is not the cause. Send your message again in a few minutes."
    )
}

fn limit(lower: &str, resets: Option<&str>) -> String {
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

/// What a refusal means where the proxy decides who answers: the vendor may be any, and so may the account.
fn forwarded(
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
            shown(model),
            lists(listed)
        ),
        _ => later(&format!(
            "{proxy} has no answer from the vendor behind it at the moment"
        )),
    }
}

/// Which models the proxy lists.
fn lists(listed: &[ListedModel]) -> String {
    let names: Vec<_> = listed
        .iter()
        .take(MOST_NAMED)
        .map(|model| shown(&model.id))
        .collect();
    match (names.is_empty(), listed.len().saturating_sub(names.len())) {
        (true, _) => "the proxy does not say which models it has".to_owned(),
        (false, 0) => format!("the proxy lists {}", names.join(", ")),
        (false, more) => format!("the proxy lists {} and {more} more", names.join(", ")),
    }
}

/// The vendor's words after `resets`, as a person may be shown them.
fn resets(error: &str) -> Option<String> {
    let at = error.to_ascii_lowercase().find("resets ")?;
    let rest = error.get(at + "resets ".len()..)?;
    let end = rest.find(['\n', '"', '\\', '·', '.']);
    let text = shown(rest.get(..end.unwrap_or(rest.len()))?.trim());
    (!text.is_empty()).then_some(text)
}

/// Texts that come from outside, made harmless and short.
fn shown(text: &str) -> String {
    quote::visible(head(text, LONGEST))
}

/// The beginning of a text, so many characters.
fn head(text: &str, characters: usize) -> &str {
    let end = text.char_indices().nth(characters).map(|(n, _)| n);
    text.get(..end.unwrap_or(text.len())).unwrap_or_default()
}

/// The next time a clock in UTC shows this: `3pm (UTC)`, `3:57pm (UTC)`, `at 15:57 (UTC)`.
fn clock(text: &str, now_ms: u64) -> Option<u64> {
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
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::proxy_kind;

    /// 2026-11-27T14:00:00Z.
    const NOW: u64 = 1_795_788_000_000;

    fn kind(error: &str) -> AnswerKind {
        read(&Settings::default(), "claude-opus-4.6", &[], error, NOW).kind
    }

    #[test]
    fn what_was_seen_is_told_apart() {
        for (error, expected) in [
            (
                "Claude Code returned an error result: You've hit your session limit · resets 3:57pm (UTC)",
                AnswerKind::Limit,
            ),
            (
                "Claude Max rate limit reached. Wait a moment and try again.",
                AnswerKind::Limit,
            ),
            (
                "Claude OAuth token has expired and could not be refreshed automatically. Run 'claude login' in your terminal to re-authenticate.",
                AnswerKind::RefusedLogin,
            ),
            (
                "Claude Code returned an error result: Your account does not have access to Claude. Please login again or contact your administrator.",
                AnswerKind::RefusedLogin,
            ),
            (
                "Claude Code returned an error result: There's an issue with the selected model (claude-opus-4.6[1m]). It may not exist or you may not have access to it. Run --model to pick a different model.",
                AnswerKind::UnknownModel,
            ),
            (
                "Claude Code returned an error result: Prompt is too long",
                AnswerKind::TooLong,
            ),
            (
                "API Error: 400 You're out of extra usage. Add more at claude.ai/settings/usage",
                AnswerKind::ExtraUsage,
            ),
            (
                "Claude is temporarily overloaded. Try again in a few seconds.",
                AnswerKind::Overloaded,
            ),
            (
                "Claude API returned a server error. This is usually temporary",
                AnswerKind::ServerError,
            ),
            ("socket hang up", AnswerKind::Other),
            ("", AnswerKind::Other),
        ] {
            assert_eq!(kind(error), expected, "{error}");
        }
    }

    /// The words are those of OpenClaw 2026.9.6 where a proxy ended, or its stream did, in the middle of an answer.
    #[test]
    fn an_answer_that_is_cut_in_the_middle_is_told_with_the_next_step() {
        for (error, cut) in [
            ("terminated", true),
            ("Anthropic stream ended before a terminal event", true),
            (
                "OpenClaw transport error: malformed_streaming_fragment",
                true,
            ),
            ("socket hang up", false),
            ("fetch failed", false),
        ] {
            let answer = read(&Settings::default(), "m", &[], error, NOW);
            assert_eq!(answer.kind, AnswerKind::Other, "{error}");
            let line = answer.line.unwrap_or_default();
            assert_eq!(line.contains("broke off"), cut, "{error}: {line}");
            assert_eq!(line.contains("Send your message again"), cut, "{line}");
        }
    }

    #[test]
    fn a_clock_at_the_end_of_time_is_no_clock() {
        let error = "You've hit your weekly limit · resets 3:57pm (UTC)";
        assert_eq!(
            read(&Settings::default(), "m", &[], error, u64::MAX).until_ms,
            None
        );
    }

    #[test]
    fn a_limit_says_which_and_until_when() {
        let error = "You've hit your weekly limit · resets 3:57pm (UTC)";
        let answer = read(&Settings::default(), "m", &[], error, NOW);
        let line = answer.line.unwrap();
        assert!(
            line.contains("weekly limit") && line.contains("resets 3:57pm (UTC)"),
            "{line}"
        );
        assert_eq!(answer.until_ms, Some(NOW + 117 * 60_000));
        let answer = read(&Settings::default(), "m", &[], "rate limit", NOW);
        assert_eq!((answer.resets, answer.until_ms), (None, None));
        assert!(answer.line.unwrap().contains("does not say when it resets"));
    }

    /// What the real ones said, over a service behind them that refused.
    #[test]
    fn what_a_forwarding_proxy_says_is_told_apart() {
        let of = |proxy: &str, error: &str| {
            let settings = Settings {
                proxy: proxy.to_owned(),
                ..Settings::default()
            };
            read(&settings, "claude-opus-4.6", &[], error, NOW)
        };
        for (proxy, error, expected) in [
            (
                "claude-code-router",
                r#"Error from provider(up,claude-sonnet-4-6: 401): {"type":"error","error":{"type":"authentication_error","message":"OAuth token has expired."}}Error: ..."#,
                AnswerKind::RefusedLogin,
            ),
            (
                "claude-code-router",
                r#"Error from provider(up,x: 429): {"type":"error","error":{"type":"rate_limit_error","message":"This request would exceed your rate limit"}}"#,
                AnswerKind::Limit,
            ),
            (
                "claude-code-router",
                r#"{"error":{"message":"Provider 'undefined' not foundError: ...","type":"api_error","code":"provider_not_found"}}"#,
                AnswerKind::UnknownModel,
            ),
            (
                "litellm",
                "anthropic_messages: Invalid model name passed in model=claude-opus-9. Call `/v1/models` to view available models for your key.",
                AnswerKind::UnknownModel,
            ),
            (
                "litellm",
                r#"{"type":"error","error":{"type":"rate_limit_error","message":"No deployments available for selected model, Try again in 5 seconds."}}"#,
                AnswerKind::Overloaded,
            ),
            (
                "litellm",
                r#"litellm.AuthenticationError: AnthropicException - {"type":"error","error":{"type":"authentication_error","message":"OAuth token has expired."}}"#,
                AnswerKind::RefusedLogin,
            ),
        ] {
            let answer = of(proxy, error);
            assert_eq!(answer.kind, expected, "{error}");
            let line = answer.line.unwrap();
            assert!(
                line.contains(proxy_kind::named(proxy).unwrap().title),
                "{line}"
            );
            assert!(!line.contains("claude auth login"), "{line}");
        }
    }

    const MERIDIAN: &str =
        r#"401 {"error":{"type":"authentication_error","message":"Invalid or missing API key"}}"#;

    /// Who refuses a key is no vendor, and no login helps.
    #[test]
    fn a_refused_key_of_the_proxy_is_no_refused_login() {
        for (proxy, key_file, error) in [
            ("meridian", None, MERIDIAN),
            ("meridian", Some("/k"), MERIDIAN),
            ("claude-code-router", Some("/k"), "Invalid API key"),
            ("claude-code-router", Some("/k"), "401 APIKEY is missing"),
            ("litellm", Some("/k"), "No api key passed in."),
            ("litellm", Some("/k"), "400 No connected db."),
        ] {
            let settings = Settings {
                proxy: proxy.to_owned(),
                key_file: key_file.map(str::to_owned),
                ..Settings::default()
            };
            let next = key_file.map_or("claude-proxy restart", |_| "`keyFile`");
            let line = read(&settings, "m", &[], error, NOW)
                .line
                .unwrap_or_default();
            assert!(
                line.contains("access key") && line.contains(next),
                "{error}: {line}"
            );
            assert!(!line.contains("claude auth login"), "{line}");
        }
        // What a proxy passes on is the vendor's.
        for (proxy, error) in [
            (
                "claude-code-router",
                "Error from provider(up,x: 401): Invalid API key authentication_error",
            ),
            (
                "litellm",
                r#"litellm.AuthenticationError: No connected db. authentication_error"#,
            ),
        ] {
            let settings = Settings {
                proxy: proxy.to_owned(),
                ..Settings::default()
            };
            assert_eq!(
                read(&settings, "m", &[], error, NOW).kind,
                AnswerKind::RefusedLogin
            );
        }
    }

    #[test]
    fn clocks_are_read() {
        for (text, minutes) in [
            ("3pm (UTC)", Some(60)),
            ("at 14:30 (UTC)", Some(30)),
            ("2pm (UTC)", Some(24 * 60)),
            ("12am (UTC)", Some(600)),
            ("12pm (UTC)", Some(22 * 60)),
            ("13pm (UTC)", None),
            ("3:70pm (UTC)", None),
            ("3pm (Europe/Berlin)", None),
            ("Dec 3 at 4pm (UTC)", None),
        ] {
            let expected = minutes.map(|minutes: u64| NOW + minutes * 60_000);
            assert_eq!(clock(text, NOW), expected, "{text}");
        }
    }

    #[test]
    fn an_unknown_model_names_what_there_is() {
        let listed: Vec<_> = (0..9)
            .map(|n| ListedModel {
                id: format!("claude-opus-4-{n}"),
                ..ListedModel::default()
            })
            .collect();
        let error = "There's an issue with the selected model (x)";
        let line = read(&Settings::default(), "claude-opus-9", &listed, error, NOW)
            .line
            .unwrap();
        assert!(
            line.contains("claude-opus-9") && line.contains("claude-opus-4-4 and 4 more"),
            "{line}"
        );
    }

    /// Words by which OpenClaw 2026.9.6 takes a failure for another one, or shows its own text instead of ours.
    const OTHER_REASONS: &[&str] = &[
        "overloaded",
        "expired",
        "unauthorized",
        "authentication",
        "billing",
        "payment",
        "credit",
        "timeout",
        "timed out",
        "internal error",
        "server error",
        "not found",
        "try again in ",
        "retry after",
        "api key",
    ];

    proptest! {
        #[test]
        fn every_line_is_one_that_the_host_shows(row in 0..proxy_kind::ROWS.len(), error in ".{0,40}(limit|login|overloaded|model|extra usage|resets|500)?.{0,80}") {
            let settings = Settings {
                proxy: proxy_kind::ROWS[row].name.to_owned(),
                ..Settings::default()
            };
            let answer = read(&settings, "claude-opus-4.6", &[], &error, NOW);
            if let Some(line) = answer.line {
                let lower = line.to_ascii_lowercase();
                prop_assert!(!line.contains('\n') && line.chars().count() <= 300, "{}", line);
                prop_assert!(lower.contains("subscription") && lower.contains("plan"), "{}", line);
                if answer.resets.is_none() {
                    for word in OTHER_REASONS {
                        prop_assert!(!lower.contains(word), "{} in {}", word, line);
                    }
                }
            }
        }
    }

    #[test]
    fn the_lines_of_all_kinds_are_such() {
        for (_, signs) in SIGNS {
            for sign in *signs {
                if let Some(line) =
                    read(&Settings::default(), "claude-opus-4.6", &[], sign, NOW).line
                {
                    assert!(line.chars().count() <= 300, "{line}");
                    let lower = line.to_ascii_lowercase();
                    assert!(
                        lower.contains("subscription") && lower.contains("plan"),
                        "{line}"
                    );
                    for word in OTHER_REASONS {
                        assert!(!lower.contains(word), "{word} in {line}");
                    }
                }
            }
        }
    }
}
