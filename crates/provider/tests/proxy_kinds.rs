//! Each kind of proxy by the answers that the real one was seen to give (`docs/proxies.md`), and that nothing else in the
//! project knows a proxy by name.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods
)]

use std::fs;
use std::path::{Path, PathBuf};

use claude_proxy_provider::auth::{Answer, Flow, FlowOptions, Step as AuthStep};
use claude_proxy_provider::health::{
    KeyCheck, Login, Observation, Outcome, Readiness, Response, Step, Verdict, judge,
};
use claude_proxy_provider::proxy_kind::{ROWS, named};
use claude_proxy_provider::report::AuditInput;
use claude_proxy_provider::settings::{self, Settings};

/// An answer: path, with the key or without, status, body.
type Said = (&'static str, bool, u16, &'static str);

const MERIDIAN: &[Said] = &[
    ("/", false, 200, r#"{"status":"ok","service":"meridian"}"#),
    (
        "/health",
        false,
        200,
        r#"{"status":"healthy","version":"1.43.0","auth":{"loggedIn":true},"mode":"passthrough"}"#,
    ),
    ("/v1/models", false, 401, ""),
    (
        "/v1/models",
        true,
        200,
        r#"{"data":[{"id":"claude-opus-4-6"}]}"#,
    ),
    ("/metrics", true, 200, "meridian_x 1"),
];
const MAX_API: &[Said] = &[
    ("/", false, 404, r#"{"error":{"message":"Not found"}}"#),
    (
        "/health",
        false,
        200,
        r#"{"status":"ok","provider":"claude-code-cli"}"#,
    ),
    ("/v1/models", false, 200, LIST),
    ("/v1/models", true, 200, LIST),
];
const ROUTER: &[Said] = &[
    (
        "/",
        false,
        200,
        r#"{"message":"LLMs API","version":"1.0.51"}"#,
    ),
    ("/health", false, 200, r#"{"status":"ok"}"#),
    ("/v1/models", false, 401, "APIKEY is missing"),
    ("/api/transformers", false, 401, "APIKEY is missing"),
    (
        "/api/transformers",
        true,
        200,
        r#"{"transformers":[{"name":"Anthropic"}]}"#,
    ),
];
const LITELLM: &[Said] = &[
    (
        "/",
        false,
        200,
        "<!DOCTYPE html><title>LiteLLM API - Swagger UI</title>",
    ),
    (
        "/v1/models",
        false,
        401,
        r#"{"error":{"type":"auth_error"}}"#,
    ),
    ("/v1/models", true, 200, LIST),
];
const CLI_PROXY_API: &[Said] = &[
    (
        "/",
        false,
        200,
        r#"{"message":"CLI Proxy API Server","endpoints":["GET /v1/models"]}"#,
    ),
    ("/v1/models", false, 401, r#"{"error":"Missing API key"}"#),
    ("/v1/models", true, 200, LIST),
];
/// Some gateway of the user's own.
const OTHER: &[Said] = &[
    ("/", false, 404, "nothing here"),
    ("/v1/models", false, 401, ""),
    ("/v1/models", true, 200, LIST),
];
const LIST: &str = r#"{"data":[{"id":"claude-opus-4"},{"id":"gpt-x"},{"id":"claude-sonnet-4-6"}]}"#;

/// Every row with what its program says.
const PLAYED: &[(&str, &[Said])] = &[
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

/// Settings with which a kind is used where it runs already.
fn chosen(name: &str) -> Settings {
    settings(&format!(r#"{{"proxy":"{name}"}}"#))
}

fn answers(said: &[Said], path: &str, with_key: bool) -> Outcome {
    let found = said.iter().find(|s| s.0 == path && s.1 == with_key);
    let (status, body) = found.map_or((404, ""), |s| (s.2, s.3));
    Outcome::Response(Response {
        status,
        headers: Vec::new(),
        body: body.to_owned(),
    })
}

/// A whole round. Also the paths that were asked, `+` behind those with the key.
fn round(settings: &Settings, owned: Option<bool>, said: &[Said]) -> (Verdict, Vec<String>) {
    let mut seen = Vec::new();
    let mut asked = Vec::new();
    for _ in 0..6 {
        match judge(settings, owned, &seen) {
            Step::Judged(verdict) => return (verdict, asked),
            Step::Ask(probes) => {
                for probe in probes {
                    let mark = if probe.with_key { "+" } else { "" };
                    asked.push(format!("{}{mark}", probe.path));
                    seen.push(Observation {
                        id: probe.id,
                        outcome: answers(said, &probe.path, probe.with_key),
                        elapsed_ms: 1,
                    });
                }
            }
        }
    }
    panic!("{asked:?}")
}

/// The same answers, with another status for a path.
fn but(said: &[Said], path: &str, with_key: bool, status: u16) -> Vec<Said> {
    let mut said: Vec<Said> = said.to_vec();
    for one in &mut said {
        if one.0 == path && one.1 == with_key {
            one.2 = status;
        }
    }
    said
}

#[test]
fn every_row_is_played() {
    let rows: Vec<_> = ROWS.iter().map(|row| row.name).collect();
    let played: Vec<_> = PLAYED.iter().map(|(name, _)| *name).collect();
    assert_eq!(rows, played);
}

#[test]
fn each_is_recognized_and_used_where_it_is_chosen() {
    for (name, said) in PLAYED {
        let row = named(name).unwrap();
        for owned in [Some(true), Some(false), None] {
            let (verdict, asked) = round(&chosen(name), owned, said);
            assert_eq!(verdict.readiness, Readiness::Ready, "{verdict:?} {asked:?}");
            assert_eq!(verdict.name.as_deref(), Some(*name));
            let keyed = row.probes.key.is_some();
            assert_eq!(verdict.key == KeyCheck::Enforced, keyed, "{verdict:?}");
            assert_eq!(
                verdict.login == Login::Claimed,
                row.probes.login.is_some(),
                "{verdict:?}"
            );
        }
    }
}

#[test]
fn what_may_forward_is_only_used_where_it_is_named_or_started() {
    for (name, said) in PLAYED {
        let row = named(name).unwrap();
        if row.is_generic() {
            continue;
        }
        let auto = settings(&format!(r#"{{"api":"{}"}}"#, row.api().name()));
        let (verdict, asked) = round(&auto, Some(false), said);
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
        let (verdict, _) = round(&auto, Some(true), said);
        assert_eq!(verdict.readiness, Readiness::Ready, "{verdict:?}");
    }
}

#[test]
fn no_question_to_a_forwarding_proxy_reaches_a_model() {
    // LiteLLM's `/health` asks each of its models.
    for name in ["litellm", "claude-code-router", "cliproxyapi"] {
        let said = PLAYED.iter().find(|(n, _)| n == &name).unwrap().1;
        for settings in [chosen(name), Settings::default()] {
            let (_, asked) = round(&settings, None, said);
            assert!(
                !asked.iter().any(|path| path.starts_with("/health")),
                "{asked:?}"
            );
        }
    }
}

#[test]
fn a_key_of_the_users_own_is_tried_before_anything_is_said() {
    for (name, said) in PLAYED {
        let row = named(name).unwrap();
        let Some(key) = &row.probes.key else { continue };
        let with_file = settings(&format!(r#"{{"proxy":"{name}","keyFile":"/home/u/key"}}"#));
        let good = round(&with_file, Some(false), said).0;
        assert_eq!(
            (good.readiness, good.key),
            (Readiness::Ready, KeyCheck::Enforced)
        );
        let mut bad = said.to_vec();
        for path in key.with {
            bad = but(&bad, path, true, *key.refused.first().unwrap());
        }
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
        for path in key.with {
            bad = but(&bad, path, true, 502);
        }
        let verdict = round(&with_file, Some(false), &bad).0;
        assert_eq!(verdict.code, "key-unchecked", "{verdict:?}");
        // Without the file the way to name it is told.
        let without = chosen(name);
        for path in key.with {
            bad = but(&bad, path, true, 401);
        }
        let verdict = round(&without, Some(false), &bad).0;
        assert!(verdict.command.unwrap().contains("config.keyFile"));
    }
    // Of LiteLLM without a database, and without its library for one.
    let settings = chosen("litellm");
    let said = but(LITELLM, "/v1/models", true, 400);
    assert_eq!(round(&settings, Some(false), &said).0.code, "key-rejected");
    let said = but(LITELLM, "/v1/models", false, 500);
    assert_eq!(
        round(&settings, Some(false), &said).0.key,
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
    let dead: &[Said] = &[("/", false, 200, "<html>")];
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
        let said = &[("/", false, 200, "<html>"), (path, true, 405, "")];
        let (verdict, _) = round(&chosen(name), Some(false), said);
        assert_eq!(verdict.readiness, Readiness::Ready, "{verdict:?}");
        let off = settings(&format!(r#"{{"proxy":"{name}","accessKey":"off"}}"#));
        let (verdict, asked) = round(&off, Some(false), OTHER);
        assert_eq!(verdict.readiness, Readiness::Ready, "{verdict:?} {asked:?}");
    }
}

#[test]
fn whose_tools_may_run_is_told() {
    for (name, said) in PLAYED {
        let (verdict, _) = round(&chosen(name), Some(false), said);
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
    let mut said = MERIDIAN.to_vec();
    said[1].3 = r#"{"status":"healthy","auth":{"loggedIn":true},"mode":"internal"}"#;
    // Its usual adapter keeps them off then too, unless a variable switches them on: the answer is the same.
    assert_eq!(round(&openai, Some(true), &said).0.own_tools, None);
    let (note, _) = login(r#"{"api":"openai-completions"}"#, &said).unwrap();
    assert!(note.contains("MERIDIAN_PASSTHROUGH=1"), "{note}");
    // A header with each request of the other dialect keeps them off, however it was started.
    assert_eq!(
        round(&settings("{}"), Some(true), &said).0.own_tools,
        Some(false)
    );
    said[1].3 = "{}";
    assert_eq!(round(&openai, Some(true), &said).0.own_tools, None);
}

/// What the login says of a proxy that runs already, and which models it proposes.
fn login(config: &str, said: &[Said]) -> Result<(String, Vec<String>), String> {
    let document = format!(
        r#"{{"plugins":{{"entries":{{"anthropic-claude-proxy":{{"config":{config}}}}}}}}}"#
    );
    let mut flow = Flow::new(FlowOptions {
        input: AuditInput::of(document),
        interactive: true,
        set_default: true,
        ..FlowOptions::default()
    });
    let mut answer = Answer::Begin;
    let mut note = String::new();
    for _ in 0..20 {
        answer = match flow.next(answer).map_err(|why| why.to_string())? {
            AuthStep::Text(prompt) if prompt.id == "models" => {
                return Ok((note, vec![prompt.initial]));
            }
            AuthStep::Text(prompt) => Answer::Text(prompt.initial),
            AuthStep::Choose(prompt) => return Ok((note, prompt.initial)),
            AuthStep::Note(shown) => {
                note = shown.body;
                Answer::Shown
            }
            AuthStep::Probe(request) => Answer::Observed(
                request
                    .probes
                    .into_iter()
                    .map(|probe| Observation {
                        id: probe.id,
                        outcome: answers(said, &probe.path, probe.with_key),
                        elapsed_ms: 1,
                    })
                    .collect(),
            ),
            AuthStep::LoginStatus => Answer::Login(None),
            step => panic!("{step:?}"),
        };
    }
    panic!("no end: {note}")
}

#[test]
fn the_login_says_what_a_kind_means() {
    for (name, said) in PLAYED {
        let row = named(name).unwrap();
        let (note, models) = login(&format!(r#"{{"proxy":"{name}"}}"#), said).unwrap();
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
        // What is another vendor's is not proposed as Claude.
        if row.forwards {
            assert!(!models.iter().any(|id| id == "gpt-x"), "{models:?}");
        }
    }
}

#[test]
fn the_login_names_what_holds_the_port() {
    for (config, said, says) in [
        ("{}", LITELLM, "config.proxy litellm"),
        ("{}", MAX_API, "config.api openai-completions"),
        (
            r#"{"proxy":"cliproxyapi"}"#,
            LITELLM,
            "config.proxy litellm",
        ),
        (
            r#"{"keyFile":"/home/u/key"}"#,
            &but(MERIDIAN, "/metrics", true, 401),
            "`/home/u/key`",
        ),
        ("{}", &[("/", false, 200, "<html>")], "setup --port 3457"),
    ] {
        let (note, _) = login(config, said).unwrap();
        assert!(note.contains(says), "{config}: {note}");
        assert!(!note.contains("kill"), "{note}");
    }
}

fn sources(folder: &Path, ends: &str, out: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            if !["tests", "types", "node_modules", "proxy_kind"].contains(&&*name) {
                sources(&path, ends, out);
            }
        } else if name.ends_with(ends) {
            out.push(path);
        }
    }
}

/// What plays the proxies (`crates/fake-proxy`), tests and generated names may say them; code that decides may not.
#[test]
fn nothing_else_knows_a_proxy_by_name() {
    const NAMES: &[&str] = &[
        "meridian",
        "max-api",
        "max_api",
        "litellm",
        "claude-code-router",
        "cliproxy",
        "opencode-claude",
        "passthrough",
    ];
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut files = Vec::new();
    for folder in ["provider", "plugin", "supervisor", "host"] {
        let folder = root.join("crates").join(folder).join("src");
        sources(&folder, ".rs", &mut files);
    }
    sources(&root.join("openclaw"), ".js", &mut files);
    assert!(files.len() > 80, "{}", files.len());
    for path in files {
        // Names of OpenClaw's own providers, one of which is called the same.
        if path.ends_with("edit/harden.rs") || path.ends_with("tests.rs") {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap();
        for (n, line) in code.lines().enumerate() {
            let line = line.to_lowercase();
            // What was measured with which one may be said.
            if line.trim_start().starts_with("//") {
                continue;
            }
            for name in NAMES {
                assert!(!line.contains(name), "{}:{}: {line}", path.display(), n + 1);
            }
        }
    }
}
