use proptest::prelude::*;

use super::*;
use crate::proxy_kind;

/// 2026-11-27T14:00:00Z.
const NOW: u64 = 1_795_788_000_000;

fn kind(error: &str) -> AnswerKind {
    read(&Settings::default(), "claude-opus-4.6", &[], error, NOW).kind
}

/// What an error of this kind of proxy means.
fn of(proxy: &str, key_file: Option<&str>, error: &str) -> Failure {
    let settings = Settings {
        proxy: proxy.to_owned(),
        key_file: key_file.map(str::to_owned),
        ..Settings::default()
    };
    read(&settings, "claude-opus-4.6", &[], error, NOW)
}

#[test]
fn errors_that_were_seen_have_their_kinds() {
    // The kind, and the text of the error.
    for row in [
        "Limit: Claude Code returned an error result: You've hit your session limit · resets 3:57pm (UTC)",
        "Limit: Claude Max rate limit reached. Wait a moment and try again.",
        "RefusedLogin: Claude OAuth token has expired and could not be refreshed automatically. Run 'claude login' in your terminal to re-authenticate.",
        "RefusedLogin: Claude Code returned an error result: Your account does not have access to Claude. Please login again or contact your administrator.",
        "UnknownModel: Claude Code returned an error result: There's an issue with the selected model (claude-opus-4.6[1m]). It may not exist or you may not have access to it. Run --model to pick a different model.",
        "TooLong: Claude Code returned an error result: Prompt is too long",
        "ExtraUsage: API Error: 400 You're out of extra usage. Add more at claude.ai/settings/usage",
        "Overloaded: Claude is temporarily overloaded. Try again in a few seconds.",
        "ServerError: Claude API returned a server error. This is usually temporary",
        "Other: socket hang up",
        "Other: ",
    ] {
        let (expected, error) = row.split_once(": ").unwrap();
        assert_eq!(format!("{:?}", kind(error)), expected, "{error}");
    }
}

/// The words are those of OpenClaw 2026.9.6 when a proxy or its stream ended in the middle of an answer.
#[test]
fn an_answer_that_is_cut_in_the_middle_has_a_next_step() {
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
        assert_eq!(answer.kind == AnswerKind::BrokenOff, cut, "{error}");
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

/// The errors are those of the real proxies, in front of a service that refused the request.
#[test]
fn errors_of_a_forwarding_proxy_have_their_kinds() {
    // Which proxy, the kind, and the text of the error.
    for row in [
        r#"claude-code-router RefusedLogin Error from provider(up,claude-sonnet-4-6: 401): {"type":"error","error":{"type":"authentication_error","message":"OAuth token has expired."}}Error: ..."#,
        r#"claude-code-router Limit Error from provider(up,x: 429): {"type":"error","error":{"type":"rate_limit_error","message":"This request would exceed your rate limit"}}"#,
        r#"claude-code-router UnknownModel {"error":{"message":"Provider 'undefined' not foundError: ...","type":"api_error","code":"provider_not_found"}}"#,
        "litellm UnknownModel anthropic_messages: Invalid model name passed in model=claude-opus-9. Call `/v1/models` to view available models for your key.",
        r#"litellm Overloaded {"type":"error","error":{"type":"rate_limit_error","message":"No deployments available for selected model, Try again in 5 seconds."}}"#,
        r#"litellm RefusedLogin litellm.AuthenticationError: AnthropicException - {"type":"error","error":{"type":"authentication_error","message":"OAuth token has expired."}}"#,
    ] {
        let [proxy, expected, error] = row.splitn(3, ' ').collect::<Vec<_>>()[..] else {
            panic!("{row}");
        };
        let answer = of(proxy, None, error);
        assert_eq!(format!("{:?}", answer.kind), expected, "{error}");
        let line = answer.line.unwrap();
        let title = proxy_kind::by_name(proxy).unwrap().title;
        assert!(line.contains(title), "{line}");
        assert!(!line.contains("claude auth login"), "{line}");
    }
}

const MERIDIAN: &str =
    r#"401 {"error":{"type":"authentication_error","message":"Invalid or missing API key"}}"#;

/// The proxy itself refuses the key, so a login does not help.
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
        let next = key_file.map_or("claude-proxy restart", |_| "`keyFile`");
        let line = of(proxy, key_file, error).line.unwrap_or_default();
        assert!(
            line.contains("access key") && line.contains(next),
            "{error}: {line}"
        );
        assert!(!line.contains("claude auth login"), "{line}");
    }
    // What a proxy passes on is the vendor's.
    let router = "Error from provider(up,x: 401): Invalid API key authentication_error";
    let litellm = "litellm.AuthenticationError: No connected db. authentication_error";
    for (proxy, error) in [("claude-code-router", router), ("litellm", litellm)] {
        assert_eq!(of(proxy, None, error).kind, AnswerKind::RefusedLogin);
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
        assert_eq!(next_time_ms(text, NOW), expected, "{text}");
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

/// Words, separated by `|`, for which OpenClaw 2026.9.6 takes a failure for another one or shows its own message.
const OTHER_REASONS: &str = "overloaded|expired|unauthorized|authentication|billing|payment|credit|timeout|timed out|\
    internal error|server error|not found|try again in |retry after|api key";

/// Checks that the host would show our message about an error.
fn is_shown(row: &proxy_kind::ProxyKind, error: &str) {
    let answer = of(row.name, None, error);
    let Some(line) = answer.line else { return };
    let lower = line.to_ascii_lowercase();
    assert!(
        !line.contains('\n') && line.chars().count() <= 300,
        "{line}"
    );
    assert!(
        lower.contains("subscription") && lower.contains("plan"),
        "{line}"
    );
    for word in OTHER_REASONS.split('|').filter(|_| answer.resets.is_none()) {
        assert!(!lower.contains(word), "{word} in {line}");
    }
}

#[test]
fn the_lines_of_all_kinds_are_shown() {
    for row in proxy_kind::KINDS {
        for sign in SIGNS.iter().flat_map(|(_, signs)| signs.split('|')) {
            is_shown(row, sign);
        }
    }
}

proptest! {
    #[test]
    fn every_line_is_one_that_the_host_shows(row in 0..proxy_kind::KINDS.len(), error in ".{0,40}(limit|login|overloaded|model|extra usage|resets|500)?.{0,80}") {
        is_shown(&proxy_kind::KINDS[row], &error);
    }
}

#[test]
fn a_line_is_known_again() {
    let read = |error| read(&Settings::default(), "m", &[], error, NOW).line;
    for error in ["terminated", "usage limit reached", "not logged in"] {
        assert!(is_line(&read(error).unwrap()), "{error}");
    }
    let refused = format!("{ID}: {NOTHING_SENT}: the limit is reached");
    for other in [
        "",
        ID,
        "terminated",
        &refused,
        "not anthropic-claude-proxy: x",
    ] {
        assert!(!is_line(other), "{other}");
    }
}
