//! One fresh look at the proxy.

use std::io::Write;

use claude_proxy_supervisor::control::Request;
use serde_json::{Value, json};

use super::args::Look;
use super::context::Context;
use super::failure::{CANNOT_TELL, COULD_NOT, Halt};
use super::output::{self, Style, Tone};
use super::status::{prober, state_without_supervisor};
use crate::component::{case, health, types};

pub(super) fn run(context: &Context, wanted: &Look) -> Result<u8, Halt> {
    let mut component = context.component(CANNOT_TELL)?;
    let settings = context.settings_for(&mut component, wanted.port.as_deref())?;
    let state = context.state(CANNOT_TELL)?;
    let supervised = super::control::ask(&state.socket_path(settings.port), Request::Status)?;
    let held = supervised.as_ref().and_then(|status| status.get("owner"));
    let owned = held
        .and_then(|owner| owner.get("ours"))
        .and_then(Value::as_bool);
    let look = prober(&settings, &state)?.look(&mut component, &settings, owned)?;
    let verdict = &look.verdict;
    let ready = verdict.readiness == health::Readiness::Ready;
    if wanted.json {
        let known_state = supervised
            .as_ref()
            .and_then(|status| status.get("state"))
            .and_then(Value::as_str)
            .unwrap_or(state_without_supervisor(&look));
        output::json(&json!({
            "state": known_state,
            "ready": ready,
            "detail": verdict.detail,
            "latencyMs": look.latency_ms,
            "owner": held.filter(|owner| owner.is_object()).cloned().unwrap_or(json!(look.owner)),
            "proxy": {
                "name": verdict.name,
                "version": verdict.version,
                "loggedIn": match verdict.login {
                    types::Login::Claimed => Some(true),
                    types::Login::None => Some(false),
                    types::Login::Unknown => None,
                },
            },
            "code": verdict.code,
            "accessKey": case::name(verdict.key),
            "next": verdict.next,
        }))?;
    } else {
        let style = Style::of_stdout();
        let mut out = output::stdout();
        let word = if ready {
            style.paint(Tone::Good, "ready")
        } else {
            style.paint(Tone::Bad, "not ready")
        };
        writeln!(out, "{word}: {}", verdict.detail)?;
        if let (Some(name), Some(ms)) = (&verdict.name, look.latency_ms) {
            let version = verdict
                .version
                .as_ref()
                .map(|version| format!(" {version}"))
                .unwrap_or_default();
            writeln!(out, "{name}{version} answered in {ms} ms")?;
        }
        if let Some(next) = &verdict.next {
            writeln!(out, "{} {next}", style.paint(Tone::Strong, "next:"))?;
        }
    }
    Ok(if ready { 0 } else { COULD_NOT })
}
