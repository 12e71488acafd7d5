//! The models: what is configured, what the catalogue knows, what the proxy lists.

use std::io::Write;

use serde_json::{Value, json};

use super::args::Models;
use super::failure::{CANNOT_TELL, Failure, Halt};
use super::output::{self, Style, Tone};
use super::status::prober;
use super::surroundings::Surroundings;
use crate::component::types;

/// The list may ask the Claude CLI, which takes seconds where it is slow, in milliseconds.
const LIST_TIMEOUT_MS: u32 = 8_000;
/// Longest list that is read, in bytes.
const LONGEST_LIST: u32 = 256 * 1024;

pub(super) fn run(surroundings: &Surroundings, wanted: &Models) -> Result<u8, Halt> {
    let mut component = surroundings.component(CANNOT_TELL)?;
    let settings = surroundings.settings_for(&mut component, wanted.look.port.as_deref())?;
    let state = surroundings.state(CANNOT_TELL)?;
    let ids = if wanted.all {
        Vec::new()
    } else {
        settings.models.clone()
    };
    let mut rows = component
        .models(&ids)
        .map_err(|why| Failure::component(CANNOT_TELL, &why, None))?;
    let live = live(&prober(&settings, &state)?);
    if let Some(live) = &live {
        let missing: Vec<String> = live
            .iter()
            .filter(|id| {
                !rows
                    .iter()
                    .any(|row| row.id == **id || row.canonical == **id)
            })
            .cloned()
            .collect();
        if wanted.all && !missing.is_empty() {
            rows.extend(
                component
                    .models(&missing)
                    .map_err(|why| Failure::component(CANNOT_TELL, &why, None))?,
            );
        }
    }
    let listed = |row: &types::Model| {
        live.as_ref()
            .map(|live| live.iter().any(|id| *id == row.id || *id == row.canonical))
    };
    let configured = |row: &types::Model| settings.models.contains(&row.id);
    if wanted.look.json {
        let rows: Vec<Value> = rows
            .iter()
            .map(|row| {
                json!({
                    "id": row.id,
                    "name": row.name,
                    "known": row.known,
                    "canonical": row.canonical,
                    "contextWindow": row.context_window,
                    "maxTokens": row.max_tokens,
                    "reasoning": row.reasoning,
                    "input": row.input,
                    "successor": row.successor,
                    "configured": configured(row),
                    "listed": listed(row),
                })
            })
            .collect();
        output::json(&json!({ "models": rows, "proxyListed": live }))?;
        return Ok(0);
    }
    let style = Style::of_stdout();
    let mut out = output::stdout();
    let width = rows.iter().map(|row| row.id.len()).max().unwrap_or(0);
    for row in &rows {
        let mut notes = Vec::new();
        if row.reasoning {
            notes.push("thinks first".to_owned());
        }
        if !row.known {
            notes.push("not in the catalogue: careful figures".to_owned());
        }
        if let Some(successor) = &row.successor {
            notes.push(format!("retired, use {successor}"));
        }
        if listed(row) == Some(false) {
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
    if live.is_none() {
        writeln!(
            out,
            "{}",
            style.paint(
                Tone::Faint,
                "The proxy does not answer; this is the catalogue's word alone."
            )
        )?;
    }
    Ok(0)
}

/// The ids that the proxy lists; `None` where it does not answer with a list.
fn live(prober: &super::probe::Prober) -> Option<Vec<String>> {
    let seen = prober.ask(&[types::Probe {
        id: "models".to_owned(),
        path: "/v1/models".to_owned(),
        headers: vec![("accept".to_owned(), "application/json".to_owned())],
        with_key: true,
        timeout_ms: LIST_TIMEOUT_MS,
        max_body: LONGEST_LIST,
    }]);
    let types::Outcome::Response(response) = &seen.first()?.outcome else {
        return None;
    };
    if response.status != 200 {
        return None;
    }
    let body: Value = serde_json::from_str(&response.body).ok()?;
    let ids = body.get("data")?.as_array()?;
    Some(
        ids.iter()
            .filter_map(|model| model.get("id")?.as_str())
            .map(str::to_owned)
            .collect(),
    )
}
