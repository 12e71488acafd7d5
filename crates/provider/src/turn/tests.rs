use serde_json::{Value, json};

use super::*;
use crate::health::Outcome;
use crate::model_id::ListedModel;

/// 2026-11-27T14:00:00Z.
const NOW: u64 = 1_795_788_000_000;

/// How the proxy and its vendor behave.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Upstream {
    Whole,
    /// Only the last message arrives, as if the proxy took the conversation for a changed one.
    LastOnly,
    /// Results of tools do not arrive.
    NoResults,
    /// The tools that are offered do not arrive.
    NoTools,
    /// Another model answers.
    OtherModel,
    /// The stream ends in the middle of the answer with this number, counted from 0.
    Cut(usize),
    /// The answer with this number is an error with these words, in a stream.
    Error(usize, &'static str),
    /// An HTTP status with a JSON error.
    Http(u16, &'static str),
    /// Nothing listens.
    Nobody,
    /// No answer in time.
    Late,
}

fn options() -> Options {
    Options {
        model: "claude-opus-4.6".to_owned(),
        listed: vec![ListedModel {
            id: "claude-opus-4-6".to_owned(),
            ..ListedModel::default()
        }],
        seed: 7,
        now_ms: NOW,
    }
}

fn events(settings: &Settings, upstream: Upstream, body: &Value, number: usize) -> String {
    let openai = settings.api == Api::OpenaiCompletions;
    let messages = body["messages"].as_array().unwrap();
    let mut texts: Vec<String> = messages
        .iter()
        .filter(|one| one["role"] != "assistant")
        .map(|one| one["content"].to_string())
        .collect();
    if upstream == Upstream::LastOnly {
        // OpenClaw's context comes behind the user's words.
        texts = texts.split_off(texts.len().saturating_sub(1));
    }
    if upstream == Upstream::NoResults {
        texts.retain(|text| !text.contains("The word is"));
    }
    let known = texts.join("\n");
    let (one, other) = TurnCheck::new(settings, &options()).words;
    let words: Vec<&str> = [one.as_str(), other.as_str()]
        .into_iter()
        .filter(|word| known.contains(word))
        .collect();
    let wants_tool = number == 0 && upstream != Upstream::NoTools;
    let model = match upstream {
        Upstream::OtherModel => "claude-sonnet-4-6",
        _ => body["model"].as_str().unwrap(),
    };
    let mut out = String::new();
    let mut say = |value: Value| out.push_str(&format!("event: x\ndata: {value}\n\n"));
    if let Upstream::Error(at, words) = upstream
        && at == number
    {
        say(json!({ "type": "error", "error": { "type": "api_error", "message": words } }));
        return out;
    }
    if openai {
        let delta = match wants_tool {
            true => {
                json!({ "tool_calls": [{ "id": "call_1", "function": { "name": TOOL } }] })
            }
            false => json!({ "content": words.join(" ") }),
        };
        say(json!({ "model": model, "choices": [{ "delta": delta }] }));
        return out + "data: [DONE]\n\n";
    }
    say(json!({ "type": "message_start", "message": { "model": model } }));
    match wants_tool {
        true => say(json!({ "type": "content_block_start",
            "content_block": { "type": "tool_use", "id": "toolu_1", "name": TOOL, "input": {} } })),
        false => say(json!({ "type": "content_block_delta",
            "delta": { "type": "text_delta", "text": words.join(" ") } })),
    }
    if upstream != Upstream::Cut(number) {
        say(json!({ "type": "message_stop" }));
    }
    out
}

/// Runs a whole test. Returns the checks and the number of requests.
fn run(settings: &Settings, upstream: Upstream) -> (Vec<Check>, usize) {
    let mut seen = Vec::new();
    loop {
        assert!(seen.len() <= 3, "a turn ends");
        let request = match next(settings, &options(), &seen) {
            Progress::Judged(checks) => return (checks, seen.len()),
            Progress::Send(request) => request,
        };
        let body: Value = serde_json::from_str(&request.body).unwrap();
        let without_answer = |outcome| Observation {
            id: request.probe.id.clone(),
            outcome,
            elapsed_ms: 1,
        };
        seen.push(match upstream {
            Upstream::Http(status, words) => {
                let body = format!(r#"{{"error":{{"message":"{words}"}}}}"#);
                Observation::answered(&request.probe.id, status, &body)
            }
            Upstream::Nobody => without_answer(Outcome::Refused),
            Upstream::Late => without_answer(Outcome::TimedOut),
            upstream => {
                let body = events(settings, upstream, &body, seen.len());
                Observation::answered(&request.probe.id, 200, &body)
            }
        });
    }
}

/// The results of the checks `key login answer model tool continuity`, one letter for each.
fn letters(checks: &[Check]) -> String {
    let ids = "key login answer model tool continuity".split(' ');
    let ids: Vec<_> = ids.map(|id| format!("turn-{id}")).collect();
    let found: Vec<_> = checks.iter().map(|check| check.id.as_str()).collect();
    assert_eq!(found, ids);
    let letter = |check: &Check| match check.status {
        Status::Pass => 'p',
        Status::Warn => 'w',
        Status::Fail => 'f',
        Status::Unknown => '?',
    };
    checks.iter().map(letter).collect()
}

#[test]
fn each_behavior_has_its_checks() {
    const LIMIT: &str = "You've hit your session limit · resets 4:15pm (UTC)";
    const EXPIRED: &str =
        "Claude OAuth token has expired and could not be refreshed automatically.";
    const UNKNOWN: &str = "There's an issue with the selected model (claude-opus-4.6).";
    const FULL: &str = "Claude Max rate limit reached. Wait a moment and try again.";
    const KEY: &str = "Invalid or missing API key";
    use Upstream::*;
    for (upstream, expected, requests, words) in [
        (Whole, "pppppp", 3, "claude-opus-4-6 answered"),
        (LastOnly, "pppppf", 3, "words get lost"),
        (NoResults, "ppppfp", 3, "did not reach the model"),
        (NoTools, "ppppfp", 2, "did not call the tool"),
        (
            OtherModel,
            "pppfpp",
            3,
            "4-6 was asked, claude-sonnet-4-6 answered",
        ),
        (Cut(0), "??f???", 1, "ended in the middle"),
        (
            Cut(2),
            "ppfpp?",
            3,
            "was not: the answer ended in the middle",
        ),
        (Error(0, EXPIRED), "pf????", 1, "claude auth login"),
        (Error(0, LIMIT), "ppf???", 1, "it resets 4:15pm (UTC)"),
        (Error(0, FULL), "ppf???", 1, "does not say when it resets"),
        (Error(0, UNKNOWN), "pp?f??", 1, "lists claude-opus-4-6"),
        (
            Error(0, "third-party … extra usage"),
            "ppf???",
            1,
            "extra usage",
        ),
        (
            Error(0, "Claude is temporarily overloaded."),
            "p?f???",
            1,
            "no room",
        ),
        (
            Error(0, "\u{1b}[2Jboo"),
            "p?f???",
            1,
            "answers: \\u{1b}[2Jboo",
        ),
        (
            Error(2, "Internal server error"),
            "ppfpp?",
            3,
            "a later one was not",
        ),
        (Http(401, KEY), "f?????", 1, "refuses the access key"),
        (Http(401, EXPIRED), "pf????", 1, "claude auth login"),
        (
            Http(500, "Internal server error"),
            "p?f???",
            1,
            "a fault of its own",
        ),
        (Http(404, "no such route"), "p?f???", 1, "no such route"),
        (Nobody, "??f???", 1, "nothing listens"),
        (Late, "??f???", 1, "timed out"),
    ] {
        let (checks, sent) = run(&Settings::default(), upstream);
        assert_eq!(letters(&checks), expected, "{checks:#?}");
        assert_eq!(sent, requests, "{words}");
        let has_words = |check: &Check| {
            check.detail.contains(words) || check.fix.as_deref().unwrap_or("").contains(words)
        };
        assert!(checks.iter().any(has_words), "{words} in {checks:#?}");
        for check in &checks {
            assert!(
                !check.detail.contains('\n') && check.detail.chars().count() < 400,
                "{check:?}"
            );
            assert!(
                check.status != Status::Fail || check.fix.is_some(),
                "{check:?}"
            );
        }
    }
}

#[test]
fn the_other_dialect_is_understood() {
    let settings = Settings {
        api: Api::OpenaiCompletions,
        ..Settings::default()
    };
    assert_eq!(letters(&run(&settings, Upstream::Whole).0), "pppppp");
    assert_eq!(letters(&run(&settings, Upstream::NoTools).0), "ppppfp");
    assert_eq!(letters(&run(&settings, Upstream::LastOnly).0), "pppppf");
}

#[test]
fn it_is_sent_as_a_conversation_is() {
    let Progress::Send(request) = next(&Settings::default(), &options(), &[]) else {
        panic!()
    };
    let header = |name: &str| {
        request
            .probe
            .headers
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    };
    assert_eq!(
        header("x-litellm-session-id"),
        Some("doctor-0000000000000007")
    );
    assert_eq!(header("x-meridian-agent"), Some("passthrough"));
    let body: Value = serde_json::from_str(&request.body).unwrap();
    assert_eq!(body["model"], "claude-opus-4-6");
    assert_eq!(body["stream"], true);
    assert_eq!(body["tools"][0]["name"], TOOL);
    assert!(request.probe.with_key);
}

#[test]
fn a_model_that_is_not_listed_is_a_warning() {
    let mut options = options();
    options.model = "claude-sonnet-9".to_owned();
    let talk = |seen: &[Observation]| next(&Settings::default(), &options, seen);
    let body = "data: {\"type\":\"message_start\",\"message\":{\"model\":\"claude-sonnet-9\"}}\n\
                data: {\"type\":\"message_stop\"}\n";
    let answered = |id: &str| Observation::answered(id, 200, body);
    let Progress::Judged(checks) = talk(&[answered(FIRST), answered(SECOND)]) else {
        panic!()
    };
    assert_eq!(letters(&checks), "pppwff");
}

#[test]
fn words_are_unlike_each_other() {
    let mut all: Vec<String> = (0..2000).map(|seed| word(seed * 0x1_0000_0001)).collect();
    all.sort();
    all.dedup();
    assert!(all.len() > 1990, "{}", all.len());
    assert!(all.iter().all(|word| word.len() == 10));
    for seed in 0..2000 {
        let options = Options { seed, ..options() };
        let (one, other) = TurnCheck::new(&Settings::default(), &options).words;
        assert_ne!(one, other);
    }
}

#[test]
fn a_refused_key_of_a_remote_proxy_is_fixed_there() {
    let settings = Settings {
        listen_address: "box.lan".to_owned(),
        remote_hosts: vec!["box.lan".to_owned()],
        ..Settings::default()
    };
    let options = options();
    for check in TurnCheck::new(&settings, &options).not_answered(&Fault::Key) {
        let fix = check.fix.unwrap_or_default();
        assert!(!fix.contains("claude-proxy restart"), "{fix}");
    }
}

#[test]
fn a_conversation_is_written_in_either_dialect() {
    let call = wire::ToolCall {
        id: "t\"1".to_owned(),
        name: "n".to_owned(),
    };
    let reply = wire::Reply {
        text: "a\nb".to_owned(),
        tool: Some(call.clone()),
        ..wire::Reply::default()
    };
    let schema = json!({ "type": "object", "properties": {} });
    let anthropic = json!([
        { "role": "assistant", "content": [
            { "type": "text", "text": "a\nb" },
            { "type": "tool_use", "id": "t\"1", "name": "n", "input": {} },
        ] },
        { "role": "user", "content": [
            { "type": "tool_result", "tool_use_id": "t\"1", "content": [{ "type": "text", "text": "w" }] },
        ] },
        { "role": "assistant", "content": [{ "type": "text", "text": "…" }] },
    ]);
    let function = json!({ "name": "n", "arguments": "{}" });
    let openai = json!([
        { "role": "assistant", "content": "a\nb", "tool_calls": [{ "id": "t\"1", "type": "function", "function": function }] },
        { "role": "tool", "content": "w", "tool_call_id": "t\"1" },
        { "role": "assistant", "content": "" },
    ]);
    for (api, messages, parameters, headers) in [
        (Api::AnthropicMessages, anthropic, "/input_schema", 3),
        (Api::OpenaiCompletions, openai, "/function/parameters", 2),
    ] {
        let mut conversation = wire::Conversation::new(api);
        conversation.assistant(&reply);
        conversation.tool_result(&call, "w");
        conversation.assistant(&wire::Reply::default());
        let body: Value = serde_json::from_str(&conversation.body("m", "t")).unwrap();
        assert_eq!(body["messages"], messages);
        assert_eq!(body["tools"][0].pointer(parameters), Some(&schema));
        assert_eq!(conversation.headers(&[]).len(), headers);
    }
}
