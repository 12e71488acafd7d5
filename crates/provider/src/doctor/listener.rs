//! Checks of the program on the port: whether it is the proxy, and whether it asks for our key.

use super::{CheckResult, Installation, Listener, fail, pass, warn};
use crate::health::{KeyCheck, Readiness, Verdict};
use crate::{ID, advice, proxy_kind};

/// The holder of the port.
enum Holder<'f> {
    Nobody,
    /// The proxy that the supervisor started.
    Managed(&'f Listener),
    /// The user's own proxy.
    Attached(&'f Listener),
    /// Another program.
    Stranger(&'f Listener),
}

/// The verdict on what answers, and the holder of the port.
///
/// # Errors
/// The port was not probed, or it is not known who listens.
fn holder<'f>(f: &'f Installation<'_>) -> Result<(&'f Verdict, Holder<'f>), &'f String> {
    let check = f.port_check.as_ref()?;
    let verdict = &check.verdict;
    if verdict.code == "refused" {
        return Ok((verdict, Holder::Nobody));
    }
    let listener = check.listener.as_ref()?;
    let holder = match (listener.ours, verdict.readiness) {
        (Some(true), _) => Holder::Managed(listener),
        (_, Readiness::Ready) => Holder::Attached(listener),
        _ => Holder::Stranger(listener),
    };
    Ok((verdict, holder))
}

/// A process, as far as it is known.
fn process(listener: &Listener) -> String {
    if !listener.visible {
        return "? a process that cannot be seen from here".to_owned();
    }
    let pid = listener.pid.map(|pid| pid.to_string());
    format!(
        "{} {}",
        pid.as_deref().unwrap_or("?"),
        listener.command.as_deref().unwrap_or("?")
    )
}

pub(super) fn port(f: &Installation<'_>) -> CheckResult {
    let (verdict, holder) = holder(f)?;
    let port = f.proxy.as_ref().map(|proxy| proxy.port.to_string());
    let port = port.unwrap_or_else(|_| "?".to_owned());
    if let Some(host) = f.remote_address() {
        return match holder {
            Holder::Nobody => fail(
                format!("nothing listens on {host}:{port}"),
                remote_step(verdict, host),
            ),
            Holder::Managed(_) | Holder::Attached(_) => {
                pass(format!("{port}: the proxy on {host}"))
            }
            Holder::Stranger(_) => fail(
                format!("another program answers on {host}:{port}"),
                free_the_port(f, verdict),
            ),
        };
    }
    match holder {
        Holder::Nobody => pass(format!("{port} is free")),
        Holder::Managed(it) => pass(format!("{port}: the proxy ({})", process(it))),
        Holder::Attached(it) => pass(format!("{port}: your own proxy ({})", process(it))),
        Holder::Stranger(it) => fail(
            format!("{port} is held by {}", stranger(f, verdict, it)),
            free_the_port(f, verdict),
        ),
    }
}

/// Whether the proxy answers as it should.
pub(super) fn health(f: &Installation<'_>) -> CheckResult {
    let verdict = &f.port_check.as_ref()?.verdict;
    let detail = verdict.detail.clone();
    match (verdict.readiness, verdict.code.as_str()) {
        (Readiness::Ready, _) => pass(detail),
        (Readiness::Foreign, _) => fail(detail, free_the_port(f, verdict)),
        _ if let Some(host) = f.remote_address() => fail(detail, remote_step(verdict, host)),
        (Readiness::Starting, "refused") => warn(detail, "openclaw gateway run"),
        (Readiness::Starting, _) => warn(detail, "claude-proxy status --watch"),
        (Readiness::Unhealthy, _) => fail(detail, "claude-proxy restart"),
    }
}

/// Whether the listener is the proxy.
pub(super) fn identity(f: &Installation<'_>) -> CheckResult {
    let (verdict, holder) = holder(f)?;
    match verdict.readiness {
        _ if matches!(holder, Holder::Nobody) => pass("nothing listens"),
        Readiness::Unhealthy if verdict.name.is_some() => pass("recognized"),
        Readiness::Foreign | Readiness::Unhealthy => {
            fail(&verdict.detail, free_the_port(f, verdict))
        }
        Readiness::Ready | Readiness::Starting => pass("recognized"),
    }
}

/// Whether the listener accepts requests with our key and refuses those without it.
pub(super) fn access_key(f: &Installation<'_>) -> CheckResult {
    let (verdict, holder) = holder(f)?;
    if f.configuration.as_ref().is_ok_and(|found| found.keyless) {
        return warn(
            "keys are turned off: any local program and any web page may use the proxy",
            format!("openclaw config unset plugins.entries.{ID}.config.accessKey"),
        );
    }
    match verdict.key {
        KeyCheck::Enforced => pass("refused without the key, accepted with it"),
        KeyCheck::NotEnforced | KeyCheck::Rejected if let Some(host) = f.remote_address() => fail(
            "the proxy does not ask for the key of this machine",
            advice::start_remote_with_key(host),
        ),
        KeyCheck::NotEnforced => warn(
            "the proxy does not ask for it: any local program and any web page may use it",
            "Take a proxy, or a version of it, that knows access keys (docs/proxies.md).",
        ),
        KeyCheck::Rejected => fail(
            "the proxy was started with another key",
            match holder {
                Holder::Stranger(_) => free_the_port(f, verdict),
                _ => "claude-proxy restart".to_owned(),
            },
        ),
        KeyCheck::Unchecked => pass("not asked; nothing listens"),
    }
}

/// The next step for a proxy on another machine.
fn remote_step(verdict: &Verdict, host: &str) -> String {
    let step = verdict.next.clone();
    step.unwrap_or_else(|| format!("See on {host} what listens on the port."))
}

/// The command that moves to another port; `None` if the present port is not known.
fn move_away(f: &Installation<'_>) -> Option<String> {
    let port = f.proxy.as_ref().ok()?.port;
    (port > 0).then(|| advice::other_port_command(port))
}

/// The next step for another program on the port: use it if it is a proxy, otherwise move to another port. Whether to end the program
/// is left to the user.
fn free_the_port(f: &Installation<'_>, verdict: &Verdict) -> String {
    match (&verdict.command, f.remote_address()) {
        (Some(command), _) => command.clone(),
        (None, Some(host)) => remote_step(verdict, host),
        (None, None) => move_away(f)
            .unwrap_or_else(|| "Stop that program, or log in again with another port.".to_owned()),
    }
}

/// The program that holds the port, with the next steps beside the fix.
fn stranger(f: &Installation<'_>, verdict: &Verdict, listener: &Listener) -> String {
    let kind = verdict.name.as_deref().and_then(proxy_kind::by_name);
    let title = kind.map_or_else(String::new, |kind| format!(", which is {}", kind.title));
    let other_port = move_away(f).filter(|_| verdict.command.is_some());
    let other_port = other_port.map(|command| format!("move with `{command}`"));
    let end = listener.pid.map(|pid| format!("end it with `kill {pid}`"));
    let ways: Vec<String> = other_port.into_iter().chain(end).collect();
    let ways = match ways.is_empty() {
        true => String::new(),
        false => format!(" (or {})", ways.join(", or ")),
    };
    format!("{}{title}{ways}", process(listener))
}
