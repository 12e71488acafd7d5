//! The status of the proxy: the supervisor's, or what probes show without one.

use std::io::{self, Write};
use std::path::PathBuf;

use claude_proxy_supervisor::control::Request;
use serde_json::{Value, json};

use super::access_key;
use super::args::Status;
use super::context::Context;
use super::failure::{CommandError, FAILED, Failure, UNKNOWN};
use super::last_answer::{self, LastAnswer};
use super::output::{self, Style, Tone, duration};
use super::probe::{ProbeResult, Prober};
use super::quota;
use super::supervisor_client::{ask, state_of, text, with};
use crate::component::runtime::{self, State};
use crate::component::{ClaudeProxy, case, types};
use crate::state::StateDir;

pub(super) fn run(context: &Context, args: &Status) -> Result<u8, CommandError> {
    let (status, _) = collect_with_quota(context, args)?;
    if args.proxy.json {
        output::json(&status)?;
    } else {
        show(&status, Style::of_stdout(), &mut output::stdout())?;
    }
    Ok(if is_up(&status) { 0 } else { FAILED })
}

/// The status with the used quota, and the socket that delivers events.
pub(super) fn collect_with_quota(
    context: &Context,
    args: &Status,
) -> Result<(Value, PathBuf), CommandError> {
    let (mut component, settings, state) = context.load(args.proxy.port.as_deref())?;
    let status = collect(context, &mut component, &settings, &state)?;
    let quota = match is_up(&status) && !args.no_quota {
        true => quota::ask(&mut component, &settings, &Prober::of(&settings, &state)?),
        false => Value::Null,
    };
    let status = with(status, json!({ "quota": quota }));
    Ok((status, state.socket_path(settings.port)))
}

pub(super) fn is_up(status: &Value) -> bool {
    status["baseUrl"].is_string()
}

/// The whole status object.
pub(super) fn collect(
    context: &Context,
    component: &mut ClaudeProxy,
    settings: &types::Settings,
    state: &StateDir,
) -> Result<Value, Failure> {
    let socket = state.socket_path(settings.port);
    let supervised = ask(&socket, Request::Status)?;
    let served = supervised.is_some();
    let status = match supervised {
        Some(status @ Value::Object(_)) => status,
        Some(_) | None => {
            let prober = Prober::of(settings, state)?;
            let probed = prober.probe(component, settings, None)?;
            unsupervised(component, settings, &probed)?
        }
    };
    let closed = closed(context, component);
    let known = state_of(&status)
        // Without a supervisor a free port is not a stopped service: nothing would start it.
        .filter(|known| served || *known != State::Stopped);
    let last = last_answer::last(state, settings.port);
    let (seen, optional) = (&status, |value: &Value| value.as_str().map(str::to_owned));
    let now = runtime::Snapshot {
        login: case::parse(text(&status, "login")).unwrap_or(types::Login::Unknown),
        detail: text(&status, "detail").to_owned(),
        next: seen.get("next").and_then(optional),
        code: seen.pointer("/verdict/code").and_then(optional),
        last_output_line: seen.get("lastOutputLine").and_then(optional),
        answer: last.as_ref().map(LastAnswer::for_component),
        ..snapshot(known)
    };
    let found = component.assess(settings, &now, &file_state(closed))?;
    let base_url = match found.up {
        true => Some(component.launch(settings, &[])?.base_url),
        false => None,
    };
    let more = json!({
        "closed": closed,
        "failing": found.failing,
        "next": found.next,
        "answer": last,
        "baseUrl": base_url,
        "keyFile": access_key::existing(settings, state),
    });
    Ok(with(status, more))
}

/// A proxy of which only the state is known; the helper does not ask the Claude CLI about the login.
pub(super) fn snapshot(state: Option<State>) -> runtime::Snapshot {
    runtime::Snapshot {
        state,
        base_url: None,
        login: types::Login::Unknown,
        cli_login: None,
        detail: String::new(),
        next: None,
        code: None,
        last_output_line: None,
        waited_ms: 0,
        reloading: false,
        answer: None,
    }
}

/// What is known of the configuration file here.
pub(super) fn file_state(closed: Option<bool>) -> runtime::FileState {
    runtime::FileState {
        closed,
        unread: None,
        in_force: None,
    }
}

/// Whether the audit's report is closed; `None` where there was nothing to audit.
fn closed(context: &Context, component: &mut ClaudeProxy) -> Option<bool> {
    let document = context.document(UNKNOWN).ok()?;
    let audited = context.audit(component, document, UNKNOWN).ok()?;
    Some(audited.report.closed)
}

fn unsupervised(
    component: &mut ClaudeProxy,
    settings: &types::Settings,
    probed: &ProbeResult,
) -> Result<Value, Failure> {
    let state = component.state_of(probed.verdict.readiness)?;
    Ok(json!({
        "state": case::name(state),
        "sinceMs": null,
        "pid": null,
        "restarts": 0,
        "lastExit": null,
        "listen": { "host": settings.listen_address, "port": settings.port },
        "owner": probed.owner,
        "login": case::name(probed.verdict.login),
        "detail": probed.verdict.detail,
        "next": probed.verdict.next,
        "verdict": null,
        "latencyMs": probed.latency_ms,
        "retryInMs": null,
        "lastOutputLine": null,
        "lastLines": [],
        "logError": null,
        "supervisorPid": null,
    }))
}

fn tone(status: &Value) -> Tone {
    match (is_up(status), status["failing"] == true) {
        (true, false) => Tone::Good,
        (false, true) => Tone::Bad,
        _ => Tone::Warn,
    }
}

/// One screen for people.
pub(super) fn show(status: &Value, style: Style, out: &mut dyn Write) -> io::Result<()> {
    /// Width of the first column.
    const LABEL: usize = 10;
    let mut line = |label: &str, value: &str| {
        let label = style.paint(Tone::Faint, &format!("{label:<LABEL$}"));
        writeln!(out, "{label}{}", style.wrap(LABEL, value))
    };
    let state = status["state"].as_str().unwrap_or("unknown");
    let since = status["sinceMs"].as_u64();
    let since = since.map_or_else(String::new, |ms| format!(" for {}", duration(ms)));
    line(
        "proxy",
        &format!("{}{since}", style.paint(tone(status), state)),
    )?;
    if !text(status, "detail").is_empty() {
        line("", text(status, "detail"))?;
    }
    if let Some(said) = status["lastOutputLine"].as_str() {
        line("output", said)?;
    }
    let listen = &status["listen"];
    if let (Some(host), port) = (listen["host"].as_str(), &listen["port"]) {
        line("address", &format!("{host}:{port}"))?;
    }
    if let Some(pid) = status["pid"].as_u64() {
        let restarted = match status["restarts"].as_u64() {
            None | Some(0) => String::new(),
            Some(1) => ", restarted once".to_owned(),
            Some(times) => format!(", restarted {times} times"),
        };
        line("process", &format!("{pid}{restarted}"))?;
    }
    let owner = &status["owner"];
    if owner.is_object() && owner["ours"] != true {
        let part = |key: &str| owner[key].as_str().unwrap_or("?");
        let pid = owner["pid"].as_u64();
        let pid = pid.map_or_else(|| "?".to_owned(), |pid| pid.to_string());
        line(
            "port held",
            &format!("by {pid} ({}), user {}", part("command"), part("user")),
        )?;
    }
    let reason = text(&status["lastExit"], "reason");
    if !reason.is_empty() {
        line("last exit", reason)?;
    }
    line(
        "login",
        match text(status, "login") {
            "claimed" => "claimed (only a real answer proves it)",
            "none" => "none",
            _ => "unknown",
        },
    )?;
    if let Some(answer) = last_answer::shown(&status["answer"]) {
        line("answer", &answer)?;
    }
    let quota = &status["quota"];
    if let Some(quota) = quota["line"].as_str() {
        line("quota", quota)?;
    }
    line(
        "config",
        &status["closed"]
            .as_bool()
            .map_or_else(|| "unknown".to_owned(), |closed| closed_word(closed, style)),
    )?;
    if let Some(next) = status["next"].as_str() {
        writeln!(out, "{}", style.hint(0, next))?;
    }
    Ok(())
}

/// What people read of a configuration's `closed`.
pub(super) fn closed_word(closed: bool, style: Style) -> String {
    match closed {
        true => style.paint(Tone::Good, "closed"),
        false => style.paint(Tone::Bad, "open"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_of_the_supervisor_is_one_of_the_interface() {
        for state in claude_proxy_supervisor::State::ALL {
            let known = state_of(&json!({ "state": state })).unwrap();
            assert_eq!(case::name(known), state.as_str());
        }
        assert_eq!(state_of(&json!({ "state": "gone" })), None);
    }

    #[test]
    fn the_screen_says_what_matters() {
        let status = json!({
            "state": "blocked", "sinceMs": 2000, "pid": null, "restarts": 0, "lastExit": null,
            "listen": {"host": "127.0.0.1", "port": 3456},
            "owner": {"pid": 12, "command": "python3 -m http.server", "user": "root", "ours": false},
            "login": "unknown", "closed": false, "detail": "Port 3456 is in use.", "next": "Stop process 12.",
        });
        let mut out = Vec::new();
        show(&status, Style::plain(None), &mut out).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "proxy     blocked for 2 s\n\
             \x20         Port 3456 is in use.\n\
             address   127.0.0.1:3456\n\
             port held by 12 (python3 -m http.server), user root\n\
             login     unknown\n\
             config    open\n\
             hint: Stop process 12.\n"
        );
    }
}
