//! A real turn through the proxy, as a check: the component decides what to send and judges, this sends it.

use std::io::Write as _;

use serde_json::Value;

use super::args::Doctor;
use super::context::Context;
use super::failure::{CommandError, Failure, REFUSED, UNKNOWN};
use super::last_answer::now_ms;
use super::output::{self, Style, Tone};
use super::probe::Prober;
use super::{models, prompt, status};
use crate::component::doctor::{Check, Status};
use crate::component::types::Problem;
use crate::component::{ClaudeProxy, chat, health, turn, types};

/// A turn has three requests; one that asks for more is not sent.
const MAX_REQUESTS: usize = 4;

/// Asks whether a turn may be sent, which costs something. Without anybody to ask it is refused.
pub(super) fn confirm_cost(
    component: &mut ClaudeProxy,
    settings: &types::Settings,
    args: &Doctor,
) -> Result<bool, CommandError> {
    if args.yes {
        return Ok(true);
    }
    let cost = cost(component, settings)?;
    if !prompt::is_interactive(args.proxy.json) {
        return Err(Failure::new(
            REFUSED,
            "nothing was sent",
            Problem::new(
                "nobody-to-ask",
                "--turn",
                "no terminal to ask at",
                "a yes to this question: ".to_owned() + &cost,
                "Run it at a terminal, or add --yes.",
            ),
        )
        .into());
    }
    prompt::confirm(Style::of_stdout(), &cost, false)
}

fn cost(component: &mut ClaudeProxy, settings: &types::Settings) -> Result<String, Failure> {
    Ok(component.turn_cost(model(settings))?)
}

fn model(settings: &types::Settings) -> &str {
    settings.models.first().map_or("", String::as_str)
}

/// A proxy that was not verified gets no message, nor the key.
fn not_sent(status: &Value) -> Check {
    let text = |key: &str, otherwise: &str| status[key].as_str().unwrap_or(otherwise).to_owned();
    Check {
        id: "turn-answer".to_owned(),
        status: Status::Fail,
        title: "Turn: answer".to_owned(),
        detail: format!(
            "nothing was sent: {}",
            text("detail", "no proxy was verified")
        ),
        fix: Some(text("next", "claude-proxy status")),
    }
}

/// Sends a turn and judges it, one line a check.
pub(super) fn checks(
    context: &Context,
    component: &mut ClaudeProxy,
    settings: &types::Settings,
) -> Result<Vec<Check>, CommandError> {
    let state = context.state(UNKNOWN)?;
    let status = status::collect(context, component, settings, &state)?;
    if !status::is_up(&status) {
        return Ok(vec![not_sent(&status)]);
    }
    let prober = Prober::of(settings, &state)?;
    let listed = match models::listing(component, &prober)? {
        chat::Listing::Models(models) => models,
        chat::Listing::None(_) => Vec::new(),
    };
    let options = turn::Options {
        model: model(settings).to_owned(),
        listed,
        // Only so that two turns differ.
        seed: getrandom::u64().unwrap_or_else(|_| now_ms()),
        now_ms: now_ms(),
    };
    let mut seen = Vec::new();
    loop {
        let progress = component.turn_next(settings, &options, &seen)?;
        match progress {
            turn::Progress::Judged(checks) => return Ok(checks),
            turn::Progress::Send(_) if seen.len() >= MAX_REQUESTS => {
                return Ok(vec![not_sent(&Value::Null)]);
            }
            turn::Progress::Send(request) => seen.push(prober.post(&request)),
        }
    }
}

/// Offers a turn at the end of a setup, where a proxy responds; by default none is sent.
pub(super) fn offer(
    context: &Context,
    component: &mut ClaudeProxy,
    settings: &types::Settings,
) -> Result<(), CommandError> {
    let prober = Prober::of(settings, &context.state(UNKNOWN)?)?;
    let probed = prober.probe(component, settings, None)?;
    if probed.verdict.readiness != health::Readiness::Ready {
        return Ok(());
    }
    let style = Style::of_stdout();
    let mut out = output::stdout();
    let title = style.paint(
        Tone::Strong,
        "A proxy answers: one real turn shows whether chats work.",
    );
    writeln!(out, "\n{title}")?;
    let cost = cost(component, settings)?;
    // Everything is written already; an abort here loses nothing.
    if prompt::confirm(style, &cost, false).unwrap_or(false) {
        let checks = checks(context, component, settings)?;
        super::checks::show(&checks, style, &mut out)?;
    }
    Ok(())
}
