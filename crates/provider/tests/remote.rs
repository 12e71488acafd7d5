//! A proxy on a host that `remoteHosts` names: messages name that host, and no step is one that only works here.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use claude_proxy_provider::audit::audit;
use claude_proxy_provider::auth::{Answer, AuthStatus, Flow, FlowOptions, Step};
use claude_proxy_provider::doctor::{Facts, Status, examine};
use claude_proxy_provider::edit::apply;
use claude_proxy_provider::health::{
    self, Login, Observation, Outcome, Probe, Response, Step as Judging, Verdict,
};
use claude_proxy_provider::report::{ApplyRequest, AuditInput, AuditOutcome, Report};
use claude_proxy_provider::request::{self, Request};
use claude_proxy_provider::runtime::{
    GateDecision, GuardDecision, Run, Snapshot, State, ToolCall, gate, guard, guard_tool, next_step,
};
use claude_proxy_provider::settings::{GuardMode, Settings};

fn there() -> Settings {
    Settings {
        host: "box.lan".to_owned(),
        remote_hosts: vec!["box.lan".to_owned()],
        guard: GuardMode::Strict,
        ..Settings::default()
    }
}

/// Names the host, and nothing that is done or true only where the proxy is on this machine.
fn fits(text: &str) {
    assert!(text.contains("box.lan"), "no host: {text}");
    for local in [
        "local proxy",
        "127.0.0.1",
        "claude-proxy run",
        "claude-proxy restart",
        "claude-proxy logs",
        "autoStart",
        "let the plugin start",
        "holds the port",
    ] {
        assert!(!text.contains(local), "{local}: {text}");
    }
}

fn snapshot(state: Option<State>) -> Snapshot {
    Snapshot {
        state,
        base_url: None,
        login: Login::Unknown,
        detail: String::new(),
        waited_ms: u32::MAX,
        reloading: false,
        answer: None,
    }
}

#[test]
fn the_next_step_is_one_that_helps_from_here() {
    use State::{Attached, Blocked, Failed, Ready, Stopped};
    let down = [None, Some(Stopped), Some(Blocked), Some(Failed)];
    for state in down {
        fits(&next_step(&there(), &snapshot(state), Some(true)).unwrap());
    }
    for state in down.into_iter().chain([Some(Ready), Some(Attached)]) {
        let GateDecision::Refuse(text) = gate(&there(), &snapshot(state), None) else {
            panic!("{state:?}");
        };
        fits(&text);
    }
    let here = next_step(&Settings::default(), &snapshot(None), Some(true)).unwrap();
    assert!(here.contains("`claude-proxy run`"), "{here}");
}

#[test]
fn what_is_stopped_is_outside_the_proxy_that_is_configured() {
    let run = Run {
        provider: Some("openai".to_owned()),
        model: Some("gpt-6".to_owned()),
        trigger: String::new(),
        origin: String::new(),
    };
    let call = ToolCall {
        tool: "sessions_spawn".to_owned(),
        model: Some("openai/gpt-6".to_owned()),
        provider: None,
        open_tools: None,
    };
    let request = Request {
        method: "POST".to_owned(),
        server: "https://api.openai.com".to_owned(),
        path: "/v1/responses".to_owned(),
        upgrade: false,
    };
    for decision in [
        guard(&there(), &run),
        guard_tool(&there(), &call),
        request::guard(&there(), &request),
    ] {
        let GuardDecision::Block(text) = decision else {
            panic!("allowed");
        };
        fits(&text);
    }
}

fn round(table: &[(&str, Outcome)]) -> Verdict {
    let mut seen = Vec::new();
    loop {
        match health::judge(&there(), None, &seen) {
            Judging::Judged(verdict) => return verdict,
            Judging::Ask(probes) => seen.extend(probes.into_iter().map(|probe| {
                let given = table.iter().find(|(id, _)| *id == probe.id);
                let outcome = given.map_or_else(|| answer(404, ""), |given| given.1.clone());
                observed(probe, outcome)
            })),
        }
    }
}

fn observed(probe: Probe, outcome: Outcome) -> Observation {
    Observation {
        id: probe.id,
        outcome,
        elapsed_ms: 1,
    }
}

fn answer(status: u16, body: &str) -> Outcome {
    Outcome::Response(Response {
        status,
        headers: Vec::new(),
        body: body.to_owned(),
    })
}

#[test]
fn a_verdict_names_the_step_that_is_done_there() {
    let failed = Outcome::Failed("no route".to_owned());
    let at_root = [
        ("refused", Outcome::Refused),
        ("no-answer", Outcome::TimedOut),
        ("transport", failed),
        ("not-http", Outcome::NotHttp(String::new())),
        ("tls", Outcome::Tls),
        ("server-error", answer(500, "")),
        ("wrong-service", answer(200, "hello")),
    ];
    // What Meridian answers about its health, without the key, and with it.
    let of_meridian = [
        ("key-rejected", 200, 401, 401),
        ("ready-key-not-enforced", 200, 200, 404),
        ("logged-out", 503, 401, 200),
    ];
    let at_root = at_root.map(|(code, outcome)| (code, vec![("root", outcome)]));
    let of_meridian = of_meridian.map(|(code, health, without, with)| {
        let table = vec![
            ("root", answer(200, r#"{"service":"meridian"}"#)),
            ("health", answer(health, r#"{"status":"healthy"}"#)),
            ("without-key", answer(without, "")),
            ("with-key", answer(with, "")),
        ];
        (code, table)
    });
    for (code, table) in at_root.into_iter().chain(of_meridian) {
        let verdict = round(&table);
        assert_eq!(verdict.code, code, "{verdict:?}");
        let next = verdict.next;
        fits(&next.unwrap_or_else(|| panic!("{code}: no next step")));
    }
}

/// What this machine sees of a proxy elsewhere.
fn installation(verdict: &serde_json::Value) -> Facts {
    let unseen = serde_json::json!({ "Err": "not here" });
    let facts = serde_json::json!({
        "platform": { "Ok": "linux-x86_64" },
        "oauthToken": { "Ok": "malformed" },
        "claudeVersion": unseen, "claudeElsewhere": null,
        "claudeLogin": { "code": 1, "output": r#"{"loggedIn":false}"# },
        "bunVersion": null, "nodeVersion": null, "runtimeElsewhere": null,
        "openclawVersion": unseen,
        "proxy": { "Ok": {
            "elsewhere": "box.lan", "port": 3456, "keyFile": null, "keyed": true,
            "command": { "Ok": {
                "words": ["bunx", "opencode-claude-max-proxy"], "pinned": false, "elsewhere": null,
                "program": { "Err": { "kind": "other", "value": "not here" } },
            } },
        } },
        "look": { "Ok": {
            "verdict": verdict, "listed": [],
            "listener": { "Ok": { "ours": null, "seen": false, "pid": null, "command": null } },
        } },
        "configuration": unseen,
        "stateDir": { "Ok": null }, "diskFree": { "Ok": 1_u64 << 40 },
        "clock": 1_800_000_000, "clockWritten": null,
    });
    serde_json::from_value(facts).unwrap()
}

#[test]
fn the_doctor_sends_nobody_after_a_program_of_this_machine() {
    for (readiness, code, key, login) in [
        ("starting", "refused", "unchecked", "unknown"),
        ("foreign", "wrong-service", "rejected", "unknown"),
        ("unhealthy", "no-answer", "unchecked", "unknown"),
        ("ready", "ready-key-not-enforced", "not-enforced", "none"),
    ] {
        let facts = installation(&serde_json::json!({
            "readiness": readiness, "code": code, "detail": "Another.", "key": key, "login": login,
            "next": null, "command": null, "name": null, "version": null, "ownTools": null,
        }));
        for check in examine(&facts) {
            match check.id.as_str() {
                "claude-cli" | "runtime" | "proxy-command" | "proxy-pinned" | "oauth-token" => {
                    assert_eq!(check.status, Status::Pass, "{check:?}");
                }
                "port" | "health" | "identity" | "access-key" | "login" => {
                    if let Some(fix) = check.fix {
                        fits(&fix);
                    }
                }
                _ => {}
            }
        }
    }
}

const DOCUMENT: &str = r#"{
  models: {providers: {"anthropic-claude-proxy": {baseUrl: "http://box.lan:4000", api: "anthropic-messages", models: [{id: "claude-opus-4-6"}]}}},
  agents: {defaults: {model: {primary: "anthropic-claude-proxy/claude-opus-4-6", fallbacks: []}}},
  plugins: {entries: {microsoft: {enabled: false}, "anthropic-claude-proxy": {enabled: true, config: {remoteHosts: ["box.lan"]}}}},
}"#;

fn report(document: &str) -> Report {
    match audit(&AuditInput::of(document)) {
        AuditOutcome::Report(report) => report,
        AuditOutcome::Needs(questions) => panic!("{questions:?}"),
    }
}

#[test]
fn the_audit_says_how_to_keep_it_and_how_to_come_back() {
    for (document, path) in [
        (
            DOCUMENT.to_owned(),
            "models.providers.anthropic-claude-proxy.baseUrl",
        ),
        (
            DOCUMENT.replace("config: {", "config: {host: \"box.lan\", port: 4000, "),
            "plugins.entries.anthropic-claude-proxy.config.host",
        ),
    ] {
        let report = report(&document);
        let mut findings = report.findings.iter();
        let found = findings.find(|one| one.code == "remote-proxy" && one.path == path);
        let found = found.unwrap_or_else(|| panic!("{report:?}"));
        assert!(found.message.contains("box.lan"), "{found:?}");
        assert!(found.fix.starts_with("Nothing, if "), "{found:?}");
        // The way back keeps the port.
        let back = if path.ends_with("host") {
            "\"127.0.0.1\""
        } else {
            "\"http://127.0.0.1:4000\""
        };
        assert!(found.fix.contains(back), "{found:?}");
        assert!(report.closed, "{report:?}");
    }
}

#[test]
fn a_host_that_is_not_listed_is_offered_only_where_it_is_ones_own() {
    for (host, offered) in [
        ("box.lan", true),
        ("box", true),
        ("192.168.1.9", true),
        ("[fd00::1]", true),
        ("api.anthropic.com", false),
        ("8.8.8.8", false),
        ("0.0.0.0", false),
        ("[2001:db8::1]", false),
    ] {
        let document = DOCUMENT
            .replace("remoteHosts: [\"box.lan\"]", "")
            .replace("http://box.lan:", &format!("http://{host}:"));
        let report = report(&document);
        let mut findings = report.findings.iter();
        let found = findings.find(|one| one.code == "proxy-address-outside");
        let found = found.unwrap_or_else(|| panic!("{report:?}"));
        assert_eq!(found.fix.contains("remoteHosts"), offered, "{found:?}");
        assert!(!report.closed);
    }
}

#[test]
fn an_edit_and_the_login_name_the_host() {
    let request = ApplyRequest {
        set_default: true,
        port: Some(4001),
        ..ApplyRequest::default()
    };
    let applied = apply(&AuditInput::of(DOCUMENT), &request).unwrap();
    let why = applied.changes.iter().filter(|one| {
        one.path.starts_with("models.providers") && one.why.starts_with("Claude models")
    });
    assert!(why.clone().next().is_some(), "{:?}", applied.changes);
    why.for_each(|one| fits(&one.why));

    let mut flow = Flow::new(FlowOptions {
        input: AuditInput::of(DOCUMENT),
        accept_defaults: true,
        set_default: true,
        ..FlowOptions::default()
    });
    let mut answer = Answer::Begin;
    let end = loop {
        answer = match flow.next(answer).unwrap() {
            Step::Probe(asked) => {
                let probes = asked.probes.into_iter();
                Answer::Observed(
                    probes
                        .map(|probe| observed(probe, Outcome::Refused))
                        .collect(),
                )
            }
            Step::LoginStatus => Answer::Login(Some(AuthStatus {
                code: Some(0),
                output: r#"{"loggedIn":true}"#.to_owned(),
            })),
            Step::Note(note) => {
                assert!(!note.body.contains("local proxy"), "{}", note.body);
                Answer::Shown
            }
            Step::Done(end) => break end,
            other => panic!("{other:?}"),
        };
    };
    let mut notes = end.notes.iter();
    fits(notes.find(|note| note.starts_with("Fail-closed")).unwrap());
}
