//! Probes the proxy once.

use std::io::Write;

use claude_proxy_supervisor::control::Request;
use serde_json::json;

use super::args::ProxyArgs;
use super::context::Context;
use super::failure::{CommandError, FAILED};
use super::output::{self, Style, Tone};
use super::probe::Prober;
use super::supervisor_client::state_of;
use crate::component::{case, health, types};

pub(super) fn run(context: &Context, args: &ProxyArgs) -> Result<u8, CommandError> {
    let (mut component, settings, state) = context.load(args.port.as_deref())?;
    let supervised =
        super::supervisor_client::ask(&state.socket_path(settings.port), Request::Status)?;
    let supervised = &supervised.unwrap_or_default();
    let owner = &supervised["owner"];
    let owned = owner["ours"].as_bool();
    let probed = Prober::of(&settings, &state)?.probe(&mut component, &settings, owned)?;
    let verdict = &probed.verdict;
    let ready = verdict.readiness == health::Readiness::Ready;
    if args.json {
        let state = match state_of(supervised) {
            Some(state) => state,
            None => component.state_of(verdict.readiness)?,
        };
        output::json(&json!({
            "state": case::name(state),
            "ready": ready,
            "detail": verdict.detail,
            "latencyMs": probed.latency_ms,
            "owner": if owner.is_object() { owner.clone() } else { json!(probed.owner) },
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
        if let (Some(name), Some(ms)) = (&verdict.name, probed.latency_ms) {
            let version = verdict
                .version
                .as_ref()
                .map(|version| format!(" {version}"))
                .unwrap_or_default();
            writeln!(out, "{name}{version} answered in {ms} ms")?;
        }
        if let Some(next) = &verdict.next {
            writeln!(out, "{}", style.hint(0, next))?;
        }
    }
    Ok(if ready { 0 } else { FAILED })
}
