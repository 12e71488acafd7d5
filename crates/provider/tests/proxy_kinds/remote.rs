//! A proxy on another machine: messages name its host, and no next step works only on this machine.

use claude_proxy_provider::audit::{AuditInput, AuditOutcome, Report, audit};
use claude_proxy_provider::auth::{FlowOptions, Prompt};
use claude_proxy_provider::edit::{ApplyRequest, apply};
use claude_proxy_provider::health::{Login, Observation, Outcome};
use claude_proxy_provider::runtime::{
    FileState, GateDecision, GuardDecision, OutgoingRequest, Run, Snapshot, State, ToolCall,
    assess, gate, guard, guard_request, guard_tool,
};
use claude_proxy_provider::settings::{GuardMode, Settings};

use super::{MERIDIAN, log_in, round, with_answer};

pub(crate) fn settings() -> Settings {
    Settings {
        listen_address: "box.lan".to_owned(),
        remote_hosts: vec!["box.lan".to_owned()],
        guard: GuardMode::Strict,
        ..Settings::default()
    }
}

/// Checks that a text names the host, and nothing that works only for a proxy on this machine.
pub(crate) fn fits(text: &str) {
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
        cli_login: None,
        detail: String::new(),
        next: None,
        code: None,
        last_output_line: None,
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
        let next = assess(&settings(), &snapshot(state), &FileState::default()).next;
        fits(&next.unwrap());
    }
    for state in down.into_iter().chain([Some(Ready), Some(Attached)]) {
        let GateDecision::Refuse(text) = gate(&settings(), &snapshot(state), None) else {
            panic!("{state:?}");
        };
        fits(&text);
    }
    let here = assess(&Settings::default(), &snapshot(None), &FileState::default());
    let here = here.next.unwrap();
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
    let request = OutgoingRequest {
        method: "POST".to_owned(),
        server: "https://api.openai.com".to_owned(),
        path: "/v1/responses".to_owned(),
        upgrade: false,
    };
    for decision in [
        guard(&settings(), &run),
        guard_tool(&settings(), &call),
        guard_request(&settings(), &request),
    ] {
        let GuardDecision::Block(text) = decision else {
            panic!("allowed");
        };
        fits(&text);
    }
}

#[test]
fn a_verdict_names_the_step_that_is_done_there() {
    for (code, answers) in [
        ("server-error", "/ 500"),
        ("wrong-service", "/ 200 hello"),
        ("key-rejected", &with_answer(MERIDIAN, "/metrics+", "401")),
        (
            "ready-key-not-enforced",
            &with_answer(MERIDIAN, "/v1/models", "200"),
        ),
        ("logged-out", &with_answer(MERIDIAN, "/health", "503 {}")),
    ] {
        let verdict = round(&settings(), None, answers).0;
        assert_eq!(verdict.code, code, "{verdict:?}");
        fits(&verdict.next.unwrap());
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

    let options = FlowOptions {
        input: AuditInput::of(DOCUMENT),
        accept_defaults: true,
        set_default: true,
        ..FlowOptions::default()
    };
    let (note, prompt) = log_in(options, |probe| Observation {
        id: probe.id,
        outcome: Outcome::Refused,
        elapsed_ms: 1,
    });
    assert!(!note.contains("local proxy"), "{note}");
    let Prompt::Done(end) = prompt else {
        panic!("{prompt:?}");
    };
    let mut notes = end.notes.iter();
    fits(notes.find(|note| note.starts_with("Fail-closed")).unwrap());
}
