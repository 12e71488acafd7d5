//! The kinds of proxies, with answers that were seen from the real ones (`docs/proxies.md`).
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods
)]

mod names;
mod remote;

use std::cell::RefCell;

use claude_proxy_provider::audit::AuditInput;
use claude_proxy_provider::auth::{Flow, FlowOptions, ProgramOutput, Prompt, PromptAnswer};
use claude_proxy_provider::health::{
    self, Judgment, KeyCheck, Login, Observation, Outcome, Probe, Readiness, Response, Verdict,
    judge,
};
use claude_proxy_provider::proxy_kind::{KINDS, by_name};
use claude_proxy_provider::settings::{self, Settings};

const MERIDIAN: &str = r#"
/ 200 {"status":"ok","service":"meridian"}
/health 200 {"status":"healthy","version":"1.43.0","auth":{"loggedIn":true},"mode":"passthrough"}
/v1/models 401
/v1/models+ 200 {"data":[{"id":"claude-opus-4-6"}]}
/metrics+ 200 meridian_x 1"#;
const MAX_API: &str = r#"
/ 404 {"error":{"message":"Not found"}}
/health 200 {"status":"ok","provider":"claude-code-cli"}
/v1/models 200 LIST
/v1/models+ 200 LIST"#;
const ROUTER: &str = r#"
/ 200 {"message":"LLMs API","version":"1.0.51"}
/health 200 {"status":"ok"}
/v1/models 401 APIKEY is missing
/api/transformers 401 APIKEY is missing
/api/transformers+ 200 {"transformers":[{"name":"Anthropic"}]}"#;
const LITELLM: &str = r#"
/ 200 <!DOCTYPE html><title>LiteLLM API - Swagger UI</title>
/v1/models 401 {"error":{"type":"auth_error"}}
/v1/models+ 200 LIST"#;
const CLI_PROXY_API: &str = r#"
/ 200 {"message":"CLI Proxy API Server","endpoints":["GET /v1/models"]}
/v1/models 401 {"error":"Missing API key"}
/v1/models+ 200 LIST"#;
/// Some gateway of the user's own.
const OTHER: &str = "
/ 404 nothing here
/v1/models 401
/v1/models+ 200 LIST";
/// What `LIST` stands for.
const LIST: &str = r#"{"data":[{"id":"claude-opus-4"},{"id":"gpt-x"},{"id":"claude-sonnet-4-6"}]}"#;

/// The answers of each kind. A line has the path (with `+` if the key is sent), the status and the body.
const ANSWERS: &[(&str, &str)] = &[
    ("meridian", MERIDIAN),
    ("claude-max-api-proxy", MAX_API),
    ("claude-code-router", ROUTER),
    ("litellm", LITELLM),
    ("cliproxyapi", CLI_PROXY_API),
    ("anthropic-messages", OTHER),
    ("openai-completions", OTHER),
];

fn settings(json: &str) -> Settings {
    settings::parse(json).unwrap()
}

/// Settings with which a kind is used if it runs already.
fn chosen(name: &str) -> Settings {
    settings(&format!(r#"{{"proxy":"{name}"}}"#))
}

/// A probe as lines of answers begin: the path, with `+` if the key is sent.
fn question(probe: &Probe) -> String {
    format!("{}{}", probe.path, if probe.with_key { "+" } else { "" })
}

fn answered(answers: &str, probe: Probe) -> Observation {
    let question = question(&probe) + " ";
    let line = answers
        .lines()
        .find_map(|line| line.strip_prefix(&question));
    let line = line.unwrap_or("404");
    let (status, body) = line.split_once(' ').unwrap_or((line, ""));
    Observation {
        id: probe.id,
        outcome: Outcome::Response(Response {
            status: status.parse().unwrap(),
            headers: Vec::new(),
            body: body.replace("LIST", LIST),
        }),
        elapsed_ms: 1,
    }
}

/// The verdict of a whole round, and the paths that were requested, with `+` if the key was sent.
fn round(settings: &Settings, owned: Option<bool>, answers: &str) -> (Verdict, Vec<String>) {
    let mut seen = Vec::new();
    let mut asked = Vec::new();
    for _ in 0..6 {
        match judge(settings, owned, &seen) {
            Judgment::Judged(verdict) => return (verdict, asked),
            Judgment::Ask(probes) => {
                asked.extend(probes.iter().map(question));
                seen.extend(probes.into_iter().map(|probe| answered(answers, probe)));
            }
        }
    }
    panic!("{asked:?}")
}

/// The same answers, with another one for this question.
fn with_answer(answers: &str, question: &str, answer: &str) -> String {
    let lines = answers.lines().map(|line| match line.split_once(' ') {
        Some((one, _)) if one == question => format!("{one} {answer}\n"),
        _ => format!("{line}\n"),
    });
    lines.collect()
}

#[test]
fn every_kind_has_answers() {
    let rows: Vec<_> = KINDS.iter().map(|row| row.name).collect();
    let with_answers: Vec<_> = ANSWERS.iter().map(|(name, _)| *name).collect();
    assert_eq!(rows, with_answers);
}

#[test]
#[rustfmt::skip]
fn every_shape_has_its_own_verdict() {
    use KeyCheck::{Enforced, NotEnforced, Rejected, Unchecked};
    use Login::{Claimed, None as NoLogin, Unknown};
    use Readiness::{Foreign, Ready, Unhealthy};
    let health = |answer: &str| with_answer(MERIDIAN, "/health", answer);
    let degraded = health(r#"200 {"status":"degraded","version":"1.43.0","error":"Could not verify auth status"}"#);
    let logged_out = r#"{"status":"unhealthy","version":"1.43.0","auth":{"loggedIn":false}}"#;
    let older_name = with_answer(MERIDIAN, "/", r#"200 {"status":"ok","service":"claude-max-proxy"}"#);
    let without_metrics = with_answer(MERIDIAN, "/metrics+", "404");
    let keyless = with_answer(MERIDIAN, "/v1/models", "200 {}");
    let refused = with_answer(MERIDIAN, "/metrics+", "401");
    let (ours, theirs) = (Some(true), Some(false));
    for (answers, owned, readiness, code, login, key) in [
        (MERIDIAN, ours, Ready, "ready", Claimed, Enforced),
        (MERIDIAN, None, Ready, "ready", Claimed, Enforced),
        (&degraded, ours, Ready, "ready", Unknown, Enforced),
        (&health(&format!("503 {logged_out}")), ours, Ready, "logged-out", NoLogin, Enforced),
        (&health(&format!("200 {logged_out}")), ours, Ready, "logged-out", NoLogin, Enforced),
        (&health("500 busy"), ours, Ready, "ready", Unknown, Enforced),
        (&without_metrics, ours, Ready, "ready", Claimed, Enforced),
        (&older_name, ours, Ready, "ready", Claimed, Enforced),
        (&keyless, ours, Ready, "ready-key-not-enforced", Claimed, NotEnforced),
        (&refused, theirs, Foreign, "key-rejected", Claimed, Rejected),
        (&refused, ours, Unhealthy, "key-rejected", Claimed, Rejected),
        (MAX_API, ours, Unhealthy, "wrong-api", Unknown, Unchecked),
        (MAX_API, theirs, Foreign, "wrong-api", Unknown, Unchecked),
        ("/ 200 <html>", theirs, Foreign, "wrong-service", Unknown, Unchecked),
        ("/ 404 <html>", ours, Unhealthy, "wrong-service", Unknown, Unchecked),
        ("/ 200 ok\n/health 200 {}", ours, Ready, "ready-unrecognized", Unknown, Unchecked),
        ("/ 500", ours, Unhealthy, "server-error", Unknown, Unchecked),
    ] {
        let (verdict, asked) = round(&Settings::default(), owned, answers);
        let got = (verdict.readiness, verdict.code.as_str(), verdict.login, verdict.key);
        assert_eq!(got, (readiness, code, login, key), "{owned:?} {asked:?} {answers}");
        assert!(!verdict.detail.is_empty(), "{verdict:?}");
        let is_well = matches!(code, "ready" | "ready-unrecognized");
        assert!(is_well || verdict.next.is_some(), "{verdict:?}");
    }
    let off = settings(r#"{"accessKey":"off"}"#);
    let (verdict, asked) = round(&off, None, MERIDIAN);
    assert_eq!((verdict.code.as_str(), verdict.next), ("ready", None));
    assert!(!asked.iter().any(|path| path.ends_with('+')), "{asked:?}");
    // A proxy of the other dialect is ready where that was configured, and says that it asks for no key.
    let openai = settings(r#"{"api":"openai-completions"}"#);
    for (answers, owned, code) in [
        (MAX_API, ours, "ready-key-not-enforced"),
        (MAX_API, theirs, "ready-key-not-enforced"),
        (MERIDIAN, ours, "ready"),
    ] {
        let verdict = round(&openai, owned, answers).0;
        assert_eq!((verdict.readiness, verdict.code.as_str()), (Ready, code));
    }
}

#[test]
fn a_version_that_is_none_is_not_shown() {
    let long = "9".repeat(41);
    for (version, shown) in [
        ("1.43.0-rc.1+x", true),
        ("\u{1b}]0;title\u{7}1", false),
        ("1\n2", false),
        ("", false),
        (&long, false),
    ] {
        let health = serde_json::json!({ "status": "healthy", "version": version });
        let answers = with_answer(MERIDIAN, "/health", &format!("200 {health}"));
        let verdict = round(&Settings::default(), None, &answers).0;
        assert_eq!(verdict.version.as_deref(), shown.then_some(version));
    }
}

#[test]
fn a_transport_that_fails_is_named() {
    use Readiness::{Foreign, Starting, Unhealthy};
    for (outcome, readiness, code, detail) in [
        (Outcome::Refused, Starting, "refused", "Nothing listens"),
        (Outcome::TimedOut, Unhealthy, "no-answer", "does not answer"),
        (
            Outcome::NotHttp("SSH-2.0".to_owned()),
            Foreign,
            "not-http",
            "speak HTTP",
        ),
        (Outcome::Tls, Foreign, "tls", "speaks TLS"),
        (
            Outcome::Failed("reset".to_owned()),
            Unhealthy,
            "transport",
            "reset",
        ),
    ] {
        for settings in [Settings::default(), remote::settings()] {
            let seen = [Observation {
                id: health::liveness().id,
                outcome: outcome.clone(),
                elapsed_ms: 0,
            }];
            let Judgment::Judged(verdict) = judge(&settings, None, &seen) else {
                panic!("{code}")
            };
            assert_eq!(
                (verdict.readiness, verdict.code.as_str()),
                (readiness, code)
            );
            let at = format!("{}:3456", settings.listen_address);
            assert!(verdict.detail.contains(&at), "{verdict:?}");
            assert!(verdict.detail.contains(detail), "{verdict:?}");
            match settings.is_local() {
                true => assert!(verdict.next.is_some() || readiness == Starting),
                false => remote::fits(&verdict.next.unwrap()),
            }
        }
    }
}

#[test]
fn each_is_recognized_and_used_where_it_is_chosen() {
    for (name, answers) in ANSWERS {
        let row = by_name(name).unwrap();
        for owned in [Some(true), Some(false), None] {
            let (verdict, asked) = round(&chosen(name), owned, answers);
            assert_eq!(verdict.readiness, Readiness::Ready, "{verdict:?} {asked:?}");
            assert_eq!(verdict.name.as_deref(), Some(*name));
            let keyed = row.key_probe.is_some();
            assert_eq!(verdict.key == KeyCheck::Enforced, keyed, "{verdict:?}");
            assert_eq!(
                verdict.login == Login::Claimed,
                row.login_probe.is_some(),
                "{verdict:?}"
            );
        }
    }
}

#[test]
fn what_may_forward_is_only_used_where_it_is_named_or_started() {
    for (name, answers) in ANSWERS {
        let row = by_name(name).unwrap();
        if row.is_generic() {
            continue;
        }
        let auto = settings(&format!(r#"{{"api":"{}"}}"#, row.api().name()));
        let (verdict, asked) = round(&auto, Some(false), answers);
        let used = verdict.readiness == Readiness::Ready;
        assert_eq!(used, !row.forwards, "{verdict:?}");
        if row.forwards {
            assert_eq!(verdict.code, "not-chosen");
            assert!(!asked.iter().any(|path| path.ends_with('+')), "{asked:?}");
            let command = verdict.command.unwrap();
            assert!(
                command.contains(&format!("config.proxy {name} &&"))
                    && command.contains("config.keyFile /full/path/of/its/key &&"),
                "{command}"
            );
            assert!(verdict.detail.contains(row.title), "{}", verdict.detail);
            let next = verdict.next.unwrap();
            assert!(next.contains(&command) && next.contains("setup --port 3457"));
        }
        // The command of the settings started it.
        let (verdict, _) = round(&auto, Some(true), answers);
        assert_eq!(verdict.readiness, Readiness::Ready, "{verdict:?}");
    }
}

#[test]
fn no_question_to_a_forwarding_proxy_reaches_a_model() {
    // LiteLLM's `/health` asks each of its models.
    for name in ["litellm", "claude-code-router", "cliproxyapi"] {
        let answers = ANSWERS.iter().find(|(n, _)| n == &name).unwrap().1;
        for settings in [chosen(name), Settings::default()] {
            let (_, asked) = round(&settings, None, answers);
            assert!(
                !asked.iter().any(|path| path.starts_with("/health")),
                "{asked:?}"
            );
        }
    }
}

#[test]
fn a_key_of_the_users_own_is_tried_before_the_verdict() {
    for (name, answers) in ANSWERS {
        let row = by_name(name).unwrap();
        let Some(key) = &row.key_probe else { continue };
        let with_file = settings(&format!(r#"{{"proxy":"{name}","keyFile":"/home/u/key"}}"#));
        let good = round(&with_file, Some(false), answers).0;
        assert_eq!(
            (good.readiness, good.key),
            (Readiness::Ready, KeyCheck::Enforced)
        );
        // The same answers, with this status to every question that carries the key.
        let keyed = |status: u16| {
            let questions = key.with.iter().map(|path| format!("{path}+"));
            questions.fold(answers.to_string(), |answers, question| {
                with_answer(&answers, &question, &status.to_string())
            })
        };
        let bad = keyed(*key.refused.first().unwrap());
        let verdict = round(&with_file, Some(false), &bad).0;
        assert_eq!(verdict.readiness, Readiness::Foreign, "{verdict:?}");
        assert_eq!(verdict.code, "key-rejected");
        let text = format!("{} {}", verdict.detail, verdict.next.unwrap());
        assert!(text.contains("`/home/u/key`"), "{text}");
        assert!(
            !text.contains("kill") && text.contains("setup --port 3457"),
            "{text}"
        );
        // An answer that says nothing of the key is none.
        let verdict = round(&with_file, Some(false), &keyed(502)).0;
        assert_eq!(verdict.code, "key-unchecked", "{verdict:?}");
        // Without the file the way to name it is in the command.
        let verdict = round(&chosen(name), Some(false), &keyed(401)).0;
        assert!(verdict.command.unwrap().contains("config.keyFile"));
    }
    // Of LiteLLM without a database, and without its library for one.
    let settings = chosen("litellm");
    let answers = with_answer(LITELLM, "/v1/models+", "400");
    assert_eq!(
        round(&settings, Some(false), &answers).0.code,
        "key-rejected"
    );
    let answers = with_answer(LITELLM, "/v1/models", "500");
    assert_eq!(
        round(&settings, Some(false), &answers).0.key,
        KeyCheck::Enforced
    );
}

#[test]
fn another_kind_than_the_named_one_is_not_used() {
    let settings = chosen("litellm");
    let (verdict, asked) = round(&settings, Some(false), MERIDIAN);
    // Nor is it shown the key.
    assert!(!asked.iter().any(|path| path.ends_with('+')), "{asked:?}");
    assert_eq!(
        (verdict.readiness, verdict.code.as_str()),
        (Readiness::Foreign, "wrong-kind")
    );
    assert!(verdict.command.unwrap().contains("config.proxy meridian"));
    let (verdict, _) = round(&settings, Some(true), MERIDIAN);
    assert_eq!(verdict.readiness, Readiness::Unhealthy);
    assert!(verdict.next.unwrap().contains("command"));
    // A dialect is a kind that the user vouches for, whatever is recognized.
    let (verdict, _) = round(&chosen("anthropic-messages"), Some(false), MERIDIAN);
    assert_eq!(verdict.name.as_deref(), Some("meridian"));
    assert_eq!(verdict.readiness, Readiness::Ready);
}

#[test]
fn a_dialect_that_does_not_answer_is_no_proxy() {
    let dead = "/ 200 <html>";
    for name in ["anthropic-messages", "openai-completions"] {
        let (verdict, asked) = round(&chosen(name), Some(false), dead);
        assert_eq!(verdict.code, "wrong-service", "{asked:?}");
        assert_eq!(verdict.readiness, Readiness::Foreign);
        let path = if name == "anthropic-messages" {
            "/v1/messages"
        } else {
            "/v1/chat/completions"
        };
        assert!(asked.contains(&format!("{path}+")), "{asked:?}");
        // The path is there, though it takes no such question.
        let answers = format!("{dead}\n{path}+ 405 ");
        let (verdict, _) = round(&chosen(name), Some(false), &answers);
        assert_eq!(verdict.readiness, Readiness::Ready, "{verdict:?}");
        let off = settings(&format!(r#"{{"proxy":"{name}","accessKey":"off"}}"#));
        let (verdict, asked) = round(&off, Some(false), OTHER);
        assert_eq!(verdict.readiness, Readiness::Ready, "{verdict:?} {asked:?}");
    }
}

#[test]
fn whose_tools_may_run_is_in_the_verdict() {
    for (name, answers) in ANSWERS {
        let (verdict, _) = round(&chosen(name), Some(false), answers);
        let expected = match *name {
            "claude-max-api-proxy" => Some(true),
            "anthropic-messages" | "openai-completions" => None,
            _ => Some(false),
        };
        assert_eq!(verdict.own_tools, expected, "{name}");
    }
    // In the dialect whose requests carry no header for it, the way it was started counts.
    let openai = settings(r#"{"api":"openai-completions"}"#);
    assert_eq!(
        round(&openai, Some(true), MERIDIAN).0.own_tools,
        Some(false)
    );
    let answers = MERIDIAN.replace("passthrough", "internal");
    // Its usual adapter keeps them off then too, unless a variable switches them on: the answer is the same.
    assert_eq!(round(&openai, Some(true), &answers).0.own_tools, None);
    let (note, _) = login(r#"{"api":"openai-completions"}"#, &answers);
    assert!(note.contains("MERIDIAN_PASSTHROUGH=1"), "{note}");
    // A header with each request of the other dialect keeps them off, however it was started.
    assert_eq!(
        round(&settings("{}"), Some(true), &answers).0.own_tools,
        Some(false)
    );
    let answers = with_answer(MERIDIAN, "/health", "200 {}");
    assert_eq!(round(&openai, Some(true), &answers).0.own_tools, None);
}

/// Presses Enter through the login, with this configuration and these outcomes of its probes, up to the question about models
/// or to the end; the last note and that prompt.
fn log_in(options: FlowOptions, outcome: impl Fn(Probe) -> Observation) -> (String, Prompt) {
    let mut flow = Flow::new(options);
    let mut answer = PromptAnswer::Begin;
    let mut note = String::new();
    for _ in 0..20 {
        answer = match flow.next(answer).unwrap() {
            Prompt::Text(prompt) if prompt.id != "models" => PromptAnswer::Text(prompt.initial),
            Prompt::Note(shown) => {
                note = shown.lines.join("\n");
                PromptAnswer::Shown
            }
            Prompt::Probe(request) => {
                PromptAnswer::Observed(request.probes.into_iter().map(&outcome).collect())
            }
            Prompt::LoginStatus => PromptAnswer::Login(Some(ProgramOutput {
                errors: String::new(),
                code: Some(0),
                output: r#"{"loggedIn":true}"#.to_owned(),
            })),
            prompt => return (note, prompt),
        };
    }
    panic!("no end: {note}")
}

fn login_options(config: &str) -> FlowOptions {
    FlowOptions {
        input: AuditInput::of(format!(
            r#"{{"plugins":{{"entries":{{"anthropic-claude-proxy":{{"config":{config}}}}}}}}}"#
        )),
        interactive: true,
        set_default: true,
        ..FlowOptions::default()
    }
}

/// What the login says about a running proxy, and the models that it proposes.
fn login(config: &str, answers: &str) -> (String, Vec<String>) {
    match log_in(login_options(config), |probe| answered(answers, probe)) {
        (note, Prompt::Text(prompt)) => (note, vec![prompt.initial]),
        (note, Prompt::Choose(prompt)) => (note, prompt.initial),
        (_, prompt) => panic!("{prompt:?}"),
    }
}

#[test]
fn only_a_proxy_that_takes_the_key_is_asked_for_its_models() {
    for (answers, keyed) in [
        ("/ 200 hello", ""),
        (&with_answer(MERIDIAN, "/metrics+", "401"), "/metrics+"),
        (MERIDIAN, "/metrics+ /v1/models+"),
    ] {
        let asked = RefCell::new(Vec::new());
        log_in(login_options("{}"), |probe| {
            asked.borrow_mut().push(question(&probe));
            answered(answers, probe)
        });
        let asked = asked.into_inner();
        assert_eq!(asked[0], "/");
        let with_key: Vec<_> = asked
            .into_iter()
            .filter(|path| path.ends_with('+'))
            .collect();
        assert_eq!(with_key.join(" "), keyed, "{answers}");
    }
}

#[test]
fn the_login_says_what_a_kind_means() {
    for (name, answers) in ANSWERS {
        let row = by_name(name).unwrap();
        let (note, models) = login(&format!(r#"{{"proxy":"{name}"}}"#), answers);
        assert!(note.contains(&format!("Proxy: {}", row.title)), "{note}");
        assert_eq!(
            note.contains("closedness ends at the proxy"),
            row.forwards,
            "{note}"
        );
        assert_eq!(
            note.contains("past OpenClaw's tool policy"),
            *name == "claude-max-api-proxy",
            "{note}"
        );
        for fault in row.faults {
            assert!(note.contains(fault), "{note}");
        }
        // Where the login is reported, so is the version.
        assert!(
            row.login_probe.is_none() || note.contains(" 1.43.0 answers"),
            "{note}"
        );
        // What is another vendor's is not proposed as Claude.
        if row.forwards {
            assert!(!models.iter().any(|id| id == "gpt-x"), "{models:?}");
        }
    }
}

#[test]
fn the_login_names_what_holds_the_port() {
    for (config, answers, says) in [
        ("{}", LITELLM, "config.proxy litellm"),
        ("{}", MAX_API, "config.api openai-completions"),
        (
            r#"{"proxy":"cliproxyapi"}"#,
            LITELLM,
            "config.proxy litellm",
        ),
        (
            r#"{"keyFile":"/home/u/key"}"#,
            &with_answer(MERIDIAN, "/metrics+", "401"),
            "`/home/u/key`",
        ),
        ("{}", "/ 200 <html>", "setup --port 3457"),
    ] {
        let (note, _) = login(config, answers);
        assert!(note.contains(says), "{config}: {note}");
        assert!(!note.contains("kill"), "{note}");
    }
}
