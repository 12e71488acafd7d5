//! The models: what is configured, what the catalog knows, what the proxy lists.

use std::io::Write;

use serde_json::{Value, json};

use super::args::Models;
use super::context::Context;
use super::failure::CommandError;
use super::output::{self, Style, Tone};
use super::probe::Prober;
use crate::component::{ClaudeProxy, case, chat, health, types};

pub(super) fn run(context: &Context, args: &Models) -> Result<u8, CommandError> {
    let (mut component, settings, state) = context.load(args.proxy.port.as_deref())?;
    let ids = if args.all {
        Vec::new()
    } else {
        settings.models.clone()
    };
    let mut rows = component.models(&ids)?;
    let prober = Prober::of(&settings, &state)?;
    // The request carries the key, so the listener is verified first.
    let health::Verdict {
        readiness, detail, ..
    } = prober.probe(&mut component, &settings, None)?.verdict;
    let listing = match readiness {
        health::Readiness::Ready => listing(&mut component, &prober)?,
        _ => chat::Listing::None(detail.trim_end_matches('.').to_owned()),
    };
    let live: &[types::ListedModel] = match &listing {
        chat::Listing::Models(models) => models,
        chat::Listing::None(_) => &[],
    };
    // What goes on the wire for each id, which may stand in the list under another spelling.
    let mut sent = Vec::new();
    for row in &rows {
        let request = chat::ChatRequest {
            model: row.id.clone(),
            conversation: None,
            resumed: false,
        };
        sent.push(component.prepare(&settings, live, &request)?.model);
    }
    if args.all {
        let missing: Vec<String> = live
            .iter()
            .map(|model| &model.id)
            .filter(|id| !sent.contains(id))
            .cloned()
            .collect();
        if !missing.is_empty() {
            rows.extend(component.models(&missing)?);
            sent.extend(missing);
        }
    }
    let listed = |id: &String| {
        matches!(listing, chat::Listing::Models(_))
            .then(|| live.iter().any(|model| model.id == *id))
    };
    let configured = |row: &types::Model| settings.models.contains(&row.id);
    if args.proxy.json {
        let rows: Vec<Value> = rows
            .iter()
            .zip(&sent)
            .map(|(row, sent)| {
                json!({
                    "id": row.id,
                    "name": row.name,
                    "known": row.known,
                    "canonical": row.canonical,
                    "contextWindow": row.context_window,
                    "maxTokens": row.max_tokens,
                    "reasoning": row.reasoning,
                    "input": row.input.iter().map(case::name).collect::<Vec<_>>(),
                    "successor": row.successor,
                    "configured": configured(row),
                    "sentAs": sent,
                    "listed": listed(sent),
                })
            })
            .collect();
        output::json(
            &json!({ "models": rows, "proxyListed": matches!(listing, chat::Listing::Models(_))
            .then(|| live.iter().map(|model| &model.id).collect::<Vec<_>>()) }),
        )?;
        return Ok(0);
    }
    let style = Style::of_stdout();
    let mut out = output::stdout();
    let width = rows.iter().map(|row| row.id.len()).max().unwrap_or(0);
    for (row, sent) in rows.iter().zip(&sent) {
        let mut notes = Vec::new();
        if row.reasoning {
            notes.push("extended thinking".to_owned());
        }
        if !row.known {
            notes.push("not in the catalog".to_owned());
        }
        if let Some(successor) = &row.successor {
            notes.push(format!("retired, use {successor}"));
        }
        if *sent != row.id {
            notes.push(format!("sent as {sent}"));
        }
        if listed(sent) == Some(false) {
            notes.push("not listed by the proxy".to_owned());
        }
        let line = format!(
            "{:<width$}  {:>9} in {:>7} out  {}",
            row.id,
            row.context_window,
            row.max_tokens,
            style.paint(Tone::Faint, &notes.join("; "))
        );
        writeln!(out, "{}", line.trim_end())?;
    }
    if let chat::Listing::None(why) = &listing {
        let line =
            format!("The proxy's list of models is unknown ({why}); shown from the catalog only.");
        writeln!(out, "{}", style.paint(Tone::Faint, &line))?;
    }
    Ok(0)
}

pub(super) fn listing(
    component: &mut ClaudeProxy,
    prober: &Prober,
) -> Result<chat::Listing, CommandError> {
    let seen = prober.observe(&[component.models_probe()?]);
    Ok(component.read_models(&seen)?)
}
