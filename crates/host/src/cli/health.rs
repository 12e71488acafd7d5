//! One fresh look at the proxy.

use std::io::Write;

use claude_proxy_supervisor::control::Request;
use serde_json::json;

use super::args::Look;
use super::context::Context;
use super::failure::{COULD_NOT, Halt};
use super::output::{self, Style, Tone};
use super::status::{prober, state_without_supervisor};
use crate::component::{case, health, types};

pub(super) fn run(context: &Context, wanted: &Look) -> Result<u8, Halt> {
    let (mut component, settings, state) = context.open(wanted.port.as_deref())?;
    let supervised = super::control::ask(&state.socket_path(settings.port), Request::Status)?;
    let supervised = &supervised.unwrap_or_default();
    let held = &supervised["owner"];
    let owned = held["ours"].as_bool();
    let look = prober(&settings, &state)?.look(&mut component, &settings, owned)?;
    let verdict = &look.verdict;
    let ready = verdict.readiness == health::Readiness::Ready;
    if wanted.json {
        output::json(&json!({
            "state": supervised["state"].as_str().unwrap_or(state_without_supervisor(&look)),
            "ready": ready,
            "detail": verdict.detail,
            "latencyMs": look.latency_ms,
            "owner": if held.is_object() { held.clone() } else { json!(look.owner) },
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
