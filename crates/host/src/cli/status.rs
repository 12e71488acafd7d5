//! What the proxy does now: the supervisor's own answer, or what can be seen without one.

use std::io::{self, Write};
use std::path::PathBuf;

use claude_proxy_supervisor::control::Request;
use serde_json::{Map, Value, json};

use super::answer::{self, LastAnswer};
use super::args::Status;
use super::context::Context;
use super::failure::{CANNOT_TELL, COULD_NOT, Failure, Halt};
use super::output::{self, Style, Tone, duration};
use super::probe::{Look, Prober};
use super::quota;
use super::secret;
use crate::component::{ClaudeProxy, case, health, runtime, types};
use crate::state::StateDir;

pub(super) fn run(context: &Context, wanted: &Status) -> Result<u8, Halt> {
    let (status, _) = look(context, wanted)?;
    if wanted.look.json {
        output::json(&status)?;
    } else {
        show(&status, Style::of_stdout(), &mut output::stdout())?;
    }
    Ok(if is_up(&status) { 0 } else { COULD_NOT })
}

/// The status with what is used of the plan, and the socket that tells of changes.
pub(super) fn look(
    context: &Context,
    wanted: &Status,
) -> Result<(Map<String, Value>, PathBuf), Halt> {
    let mut component = context.component(CANNOT_TELL)?;
    let settings = context.settings_for(&mut component, wanted.look.port.as_deref())?;
    let state = context.state(CANNOT_TELL)?;
    let mut status = gather(context, &mut component, &settings, &state)?;
    let quota = match is_up(&status) && !wanted.no_quota {
        true => quota::ask(&mut component, &settings, &prober(&settings, &state)?),
        false => Value::Null,
    };
    status.insert("quota".to_owned(), quota);
    Ok((status, state.socket_path(settings.port)))
}

pub(super) fn is_up(status: &Map<String, Value>) -> bool {
    matches!(
        status.get("state").and_then(Value::as_str),
        Some("ready" | "attached")
    )
}

/// The whole status object.
pub(super) fn gather(
    context: &Context,
    component: &mut ClaudeProxy,
    settings: &types::Settings,
    state: &StateDir,
) -> Result<Map<String, Value>, Failure> {
    let socket = state.socket_path(settings.port);
    let supervised = super::control::ask(&socket, Request::Status)?;
    let served = supervised.is_some();
    let mut status = match supervised {
        Some(Value::Object(status)) => status,
        Some(_) | None => {
            let prober = prober(settings, state)?;
            let look = prober.look(component, settings, None)?;
            unsupervised(settings, &look)
        }
    };
    let closed = closed(context, component);
    let known = status
        .get("state")
        .and_then(Value::as_str)
        .and_then(case::named)
        // Without a supervisor a free port is not a stopped service: nobody looks after it.
        .filter(|known| served || *known != runtime::State::Stopped);
    let text = |key: &str| status.get(key).and_then(Value::as_str).map(str::to_owned);
    let up = is_up(&status);
    let base_url = up.then(|| base_url(settings));
    let last = answer::last(state, settings.port);
    let now = runtime::Snapshot {
        state: known,
        base_url: base_url.clone(),
        login: text("login")
            .and_then(|login| case::named(&login))
            .unwrap_or(types::Login::Unknown),
        detail: text("detail").unwrap_or_default(),
        waited_ms: 0,
        reloading: false,
        answer: last.as_ref().map(LastAnswer::for_component),
    };
    let general = component.next_step(settings, &now, closed)?;
    // What the judgment of this very case said is closer than the advice for its state.
    let next = match text("next") {
        Some(specific) if !up || general.is_none() => Some(specific),
        _ => general,
    };
    status.insert("closed".to_owned(), json!(closed));
    status.insert("next".to_owned(), json!(next));
    status.insert("answer".to_owned(), json!(last));
    status.insert("baseUrl".to_owned(), json!(base_url));
    status.insert("keyFile".to_owned(), json!(key_file(settings, state)));
    Ok(status)
}

/// A prober with the key of the port, where there is one.
pub(super) fn prober(settings: &types::Settings, state: &StateDir) -> Result<Prober, Failure> {
    let key = secret::in_use(settings, state, CANNOT_TELL)?;
    Prober::new(&settings.host, settings.port, key.map(|(key, _)| key))
}

/// `http://host:port`, with brackets around an IPv6 address.
pub(super) fn base_url(settings: &types::Settings) -> String {
    if settings.host.contains(':') {
        format!("http://[{}]:{}", settings.host, settings.port)
    } else {
        format!("http://{}:{}", settings.host, settings.port)
    }
}

/// The file with the access key, where one is in use.
pub(super) fn key_file(settings: &types::Settings, state: &StateDir) -> Option<String> {
    let path = secret::place(settings, state);
    (settings.access_key == types::AccessKeyMode::Generated && path.exists())
        .then(|| path.display().to_string())
}

/// The audit's verdict; `None` where there was nothing to audit.
pub(super) fn closed(context: &Context, component: &mut ClaudeProxy) -> Option<bool> {
    let document = context.document(CANNOT_TELL).ok()?;
    context
        .audit(component, document)
        .ok()
        .map(|audited| audited.report.closed)
}

/// The state that a look shows where no supervisor can say more.
pub(super) fn state_without_supervisor(look: &Look) -> &'static str {
    match look.verdict.readiness {
        health::Readiness::Ready => "attached",
        health::Readiness::Starting => "stopped",
        health::Readiness::Unhealthy => "unhealthy",
        health::Readiness::Foreign => "blocked",
    }
}

fn unsupervised(settings: &types::Settings, look: &Look) -> Map<String, Value> {
    let value = json!({
        "state": state_without_supervisor(look),
        "sinceMs": null,
        "pid": null,
        "restarts": 0,
        "lastExit": null,
        "listen": { "host": settings.host, "port": settings.port },
        "owner": look.owner,
        "login": case::name(look.verdict.login),
        "detail": look.verdict.detail,
        "next": look.verdict.next,
        "verdict": null,
        "latencyMs": look.latency_ms,
        "retryInMs": null,
        "lastOutputLine": null,
        "lastLines": [],
        "logTrouble": null,
        "supervisorPid": null,
    });
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

fn tone(state: &str) -> Tone {
    match state {
        "ready" | "attached" => Tone::Good,
        "failed" | "blocked" | "unhealthy" => Tone::Bad,
        _ => Tone::Warn,
    }
}

/// One screen for people.
pub(super) fn show(
    status: &Map<String, Value>,
    style: Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    /// Width of the first column.
    const LABEL: usize = 10;
    let text = |key: &str| status.get(key).and_then(Value::as_str);
    let number = |key: &str| status.get(key).and_then(Value::as_u64);
    let mut line = |label: &str, value: &str| {
        let label = style.paint(Tone::Faint, &format!("{label:<LABEL$}"));
        writeln!(out, "{label}{}", style.wrap(LABEL, value))
    };
    let state = text("state").unwrap_or("unknown");
    let since = number("sinceMs")
        .map(|ms| format!(" for {}", duration(ms)))
        .unwrap_or_default();
    line(
        "proxy",
        &format!("{}{since}", style.paint(tone(state), state)),
    )?;
    if let Some(detail) = text("detail").filter(|detail| !detail.is_empty()) {
        line("", detail)?;
    }
    if let Some(said) = text("lastOutputLine") {
        line("says", said)?;
    }
    if let Some(listen) = status.get("listen") {
        let host = listen.get("host").and_then(Value::as_str).unwrap_or("?");
        let port = listen.get("port").and_then(Value::as_u64).unwrap_or(0);
        line("address", &format!("{host}:{port}"))?;
    }
    if let Some(pid) = number("pid") {
        let restarts = number("restarts").unwrap_or(0);
        line("process", &format!("{pid}, restarted {restarts} times"))?;
    }
    if let Some(owner) = status.get("owner").filter(|owner| owner.is_object()) {
        let part = |key: &str| owner.get(key).and_then(Value::as_str).unwrap_or("?");
        let pid = owner
            .get("pid")
            .and_then(Value::as_u64)
            .map_or_else(|| "?".to_owned(), |pid| pid.to_string());
        let ours = owner.get("ours").and_then(Value::as_bool) == Some(true);
        if !ours {
            line(
                "port held",
                &format!("by {pid} ({}), user {}", part("command"), part("user")),
            )?;
        }
    }
    if let Some(reason) = status
        .get("lastExit")
        .and_then(|exit| exit.get("reason"))
        .and_then(Value::as_str)
        .filter(|reason| !reason.is_empty())
    {
        line("last end", reason)?;
    }
    line(
        "login",
        match text("login") {
            Some("claimed") => "claimed (only a real answer proves it)",
            Some("none") => "none",
            _ => "unknown",
        },
    )?;
    if let Some(answer) = status.get("answer").and_then(answer::shown) {
        line("answer", &answer)?;
    }
    if let Some(quota) = status.get("quota").and_then(quota::shown) {
        line("quota", quota)?;
    }
    line(
        "config",
        &match status.get("closed").and_then(Value::as_bool) {
            Some(true) => style.paint(Tone::Good, "closed"),
            Some(false) => style.paint(Tone::Bad, "open"),
            None => "unknown".to_owned(),
        },
    )?;
    if let Some(next) = text("next") {
        line("next", &style.paint(Tone::Strong, next))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_screen_says_what_matters() {
        let Value::Object(status) = json!({
            "state": "blocked", "sinceMs": 2000, "pid": null, "restarts": 0, "lastExit": null,
            "listen": {"host": "127.0.0.1", "port": 3456},
            "owner": {"pid": 12, "command": "python3 -m http.server", "user": "root", "ours": false},
            "login": "unknown", "closed": false, "detail": "Port 3456 is in use.", "next": "Stop process 12.",
        }) else {
            unreachable!()
        };
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
             next      Stop process 12.\n"
        );
    }
}
