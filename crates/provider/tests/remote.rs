//! A proxy on a host that `remoteHosts` names: what is said names that host, and no step is one that only works here.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use claude_proxy_provider::audit::audit;
use claude_proxy_provider::auth::{Answer, AuthStatus, Flow, FlowOptions, Step, TokenState};
use claude_proxy_provider::doctor::{
    Command, Facts, Listener, Look, ProgramTrouble, Proxy, Status, examine,
};
use claude_proxy_provider::edit::apply;
use claude_proxy_provider::health::{
    self, KeyCheck, Login, Observation, Outcome, Readiness, Response, Step as Judging, Verdict,
};
use claude_proxy_provider::report::{ApplyRequest, AuditInput, AuditOutcome};
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
    for state in [
        None,
        Some(State::Stopped),
        Some(State::Blocked),
        Some(State::Failed),
    ] {
        fits(&next_step(&there(), &snapshot(state), Some(true)).unwrap());
        let GateDecision::Refuse(text) = gate(&there(), &snapshot(state), None) else {
            panic!("{state:?}");
        };
        fits(&text);
    }
    for state in [State::Ready, State::Attached] {
        let GateDecision::Refuse(text) = gate(&there(), &snapshot(Some(state)), None) else {
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
                Observation {
                    outcome: table
                        .iter()
                        .find(|(id, _)| *id == probe.id)
                        .map_or_else(|| answer(404, ""), |(_, outcome)| outcome.clone()),
                    id: probe.id,
                    elapsed_ms: 1,
                }
            })),
        }
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
    let meridian = || ("root", answer(200, r#"{"service":"meridian"}"#));
    let healthy = || ("health", answer(200, r#"{"status":"healthy"}"#));
    for (code, table) in [
        ("refused", vec![("root", Outcome::Refused)]),
        ("no-answer", vec![("root", Outcome::TimedOut)]),
        (
            "transport",
            vec![("root", Outcome::Failed("no route".to_owned()))],
        ),
        ("not-http", vec![("root", Outcome::NotHttp(String::new()))]),
        ("tls", vec![("root", Outcome::Tls)]),
        ("server-error", vec![("root", answer(500, ""))]),
        ("wrong-service", vec![("root", answer(200, "hello"))]),
        (
            "key-rejected",
            vec![
                meridian(),
                healthy(),
                ("without-key", answer(401, "")),
                ("with-key", answer(401, "")),
            ],
        ),
        (
            "ready-key-not-enforced",
            vec![meridian(), healthy(), ("without-key", answer(200, ""))],
        ),
        (
            "logged-out",
            vec![
                meridian(),
                ("health", answer(503, "{}")),
                ("without-key", answer(401, "")),
                ("with-key", answer(200, "")),
            ],
        ),
    ] {
        let verdict = round(&table);
        assert_eq!(verdict.code, code, "{verdict:?}");
        fits(
            &verdict
                .next
                .unwrap_or_else(|| panic!("{code}: no next step")),
        );
    }
}

/// What this machine sees of a proxy elsewhere.
fn installation(readiness: Readiness, code: &str, key: KeyCheck, login: Login) -> Facts {
    let not_here = || "not here".to_owned();
    Facts {
        platform: Ok("linux-x86_64".to_owned()),
        oauth_token: Ok(TokenState::Malformed),
        claude_version: Err(not_here()),
        claude_elsewhere: None,
        claude_login: Some(AuthStatus {
            code: Some(1),
            output: r#"{"loggedIn":false}"#.to_owned(),
        }),
        bun_version: None,
        node_version: None,
        runtime_elsewhere: None,
        openclaw_version: Err(not_here()),
        proxy: Ok(Proxy {
            elsewhere: Some("box.lan".to_owned()),
            port: 3456,
            command: Ok(Command {
                words: vec!["bunx".to_owned(), "opencode-claude-max-proxy".to_owned()],
                pinned: false,
                program: Err(ProgramTrouble::Other(not_here())),
                elsewhere: None,
            }),
            key_file: None,
            keyed: true,
        }),
        look: Ok(Look {
            verdict: Verdict {
                readiness,
                code: code.to_owned(),
                detail: "Another.".to_owned(),
                next: None,
                command: None,
                name: None,
                version: None,
                login,
                key,
                own_tools: None,
            },
            listener: Ok(Listener::default()),
            listed: Vec::new(),
        }),
        configuration: Err(not_here()),
        state_dir: Ok(None),
        disk_free: Ok(1 << 40),
        clock: 1_800_000_000,
        clock_written: None,
    }
}

#[test]
fn the_doctor_sends_nobody_after_a_program_of_this_machine() {
    for (readiness, code, key, login) in [
        (
            Readiness::Starting,
            "refused",
            KeyCheck::Unchecked,
            Login::Unknown,
        ),
        (
            Readiness::Foreign,
            "wrong-service",
            KeyCheck::Rejected,
            Login::Unknown,
        ),
        (
            Readiness::Unhealthy,
            "no-answer",
            KeyCheck::Unchecked,
            Login::Unknown,
        ),
        (
            Readiness::Ready,
            "ready-key-not-enforced",
            KeyCheck::NotEnforced,
            Login::None,
        ),
    ] {
        let facts = installation(readiness, code, key, login);
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
        let AuditOutcome::Report(report) = audit(&AuditInput::of(&document)) else {
            panic!("questions");
        };
        let found = report
            .findings
            .iter()
            .find(|one| one.code == "remote-proxy" && one.path == path)
            .unwrap_or_else(|| panic!("{report:?}"));
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
        let AuditOutcome::Report(report) = audit(&AuditInput::of(&document)) else {
            panic!("questions");
        };
        let found = report
            .findings
            .iter()
            .find(|one| one.code == "proxy-address-outside")
            .unwrap_or_else(|| panic!("{report:?}"));
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
    let why: Vec<_> = applied
        .changes
        .iter()
        .filter(|one| {
            one.path.starts_with("models.providers") && one.why.starts_with("Claude models")
        })
        .map(|one| one.why.clone())
        .collect();
    assert!(!why.is_empty(), "{:?}", applied.changes);
    why.iter().for_each(|one| fits(one));

    let mut flow = Flow::new(FlowOptions {
        input: AuditInput::of(DOCUMENT),
        accept_defaults: true,
        set_default: true,
        ..FlowOptions::default()
    });
    let mut answer = Answer::Begin;
    let end = loop {
        answer = match flow.next(answer).unwrap() {
            Step::Probe(asked) => Answer::Observed(
                asked
                    .probes
                    .into_iter()
                    .map(|probe| Observation {
                        id: probe.id,
                        outcome: Outcome::Refused,
                        elapsed_ms: 1,
                    })
                    .collect(),
            ),
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
    fits(
        end.notes
            .iter()
            .find(|note| note.starts_with("Fail-closed"))
            .unwrap(),
    );
}
