//! What a login writes: the provider entry, the alias, the default model and the plugin's permission.

use super::draft::{Draft, keys, list_of_texts, object, text, under, wrong_type};
use crate::catalogue::{self, Model, canonical};
use crate::configured::json;
use crate::document::Value;
use crate::document::path::{self, Step};
use crate::report::ApplyRequest;
use crate::settings::{self, Settings};
use crate::{Error, ID, MODEL_ALIAS, PLACEHOLDER_KEY, Problem};

/// API dialect of the provider entry, in OpenClaw's terms.
const API: &str = "anthropic-messages";

/// Path of the provider entry.
pub(super) fn provider() -> Vec<Step> {
    keys(&["models", "providers", ID])
}

/// Path of the plugin's entry.
pub(super) fn plugin() -> Vec<Step> {
    keys(&["plugins", "entries", ID])
}

/// Path of the plugin's settings.
pub(super) fn config() -> Vec<Step> {
    under(&plugin(), "config")
}

/// Plans the login's changes and gives the reference of the first model.
///
/// # Errors
/// Settings that are not accepted, or a place that holds something else than what belongs there.
pub(super) fn plan(draft: &mut Draft, request: &ApplyRequest) -> Result<String, Error> {
    exact_key(draft, request.fix).map_err(Error::Refused)?;
    let settings = wanted(draft, request)?;
    write(draft, request, &settings).map_err(Error::Refused)
}

fn write(
    draft: &mut Draft,
    request: &ApplyRequest,
    settings: &Settings,
) -> Result<String, Problem> {
    let rows = rows(draft, request.models.is_some(), settings)?;
    entry(draft, settings, rows)?;
    own_settings(draft, settings)?;
    let first = settings
        .models
        .first()
        .map(|id| format!("{ID}/{id}"))
        .unwrap_or_default();
    alias(draft, &first)?;
    if request.grant_hooks {
        grant(draft)?;
    }
    if request.set_default {
        make_default(draft, &first)?;
    }
    Ok(first)
}

/// OpenClaw trims and lower-cases provider keys, so another spelling of ours is a second entry for the same provider.
fn exact_key(draft: &mut Draft, fix: bool) -> Result<(), Problem> {
    const WHY: &str = "OpenClaw takes this key for the same provider, and which of the two wins depends on their order.";
    let providers = keys(&["models", "providers"]);
    let others: Vec<String> = draft
        .object_at(&providers)?
        .unwrap_or_default()
        .iter()
        .map(|(key, _)| key)
        .filter(|key| *key != ID && key.trim().to_lowercase() == ID)
        .cloned()
        .collect();
    for other in others {
        let place = under(&providers, &other);
        if !fix {
            return Err(Problem::new(
                "provider-key-variant",
                path::format(&place),
                format!("the provider key {other:?}"),
                format!("the spelling \"{ID}\" only"),
                format!("Rename the key to \"{ID}\", or remove it where that entry is there too."),
            ));
        }
        if draft.get(&provider()).is_none()
            && let Some(value) = draft.get(&place).cloned()
        {
            draft.set(&provider(), value, WHY)?;
        }
        draft.remove(&place, WHY);
    }
    Ok(())
}

/// The settings that are asked for, completed from what is there.
fn wanted(draft: &Draft, request: &ApplyRequest) -> Result<Settings, Error> {
    let mut entry = part(draft, &provider())?;
    let mut own = part(draft, &config())?.unwrap_or_else(|| serde_json::json!({}));
    // What is asked for replaces what is there before that is judged: asking is how a bad value is repaired.
    if let Some(members) = own.as_object_mut() {
        if let Some(host) = &request.host {
            members.insert("host".to_owned(), host.as_str().into());
        }
        if let Some(port) = request.port {
            members.insert("port".to_owned(), port.into());
        }
        if let Some(models) = &request.models {
            members.insert("models".to_owned(), models.as_slice().into());
        }
        if let Some(entry) = entry.as_mut().and_then(|entry| entry.as_object_mut()) {
            if members.contains_key("host") && members.contains_key("port") {
                entry.remove("baseUrl");
            }
            if members.contains_key("models") {
                entry.remove("models");
            }
        }
    }
    let settings = settings::from_parts(Some(&own), entry.as_ref());
    if settings.is_err() && request.fix {
        // An address that cannot be ours is a leak, and its fix is the default.
        for (part, name) in [(entry.as_mut(), "baseUrl"), (Some(&mut own), "host")] {
            if let Some(members) = part.and_then(|part| part.as_object_mut()) {
                members.remove(name);
            }
        }
        return settings::from_parts(Some(&own), entry.as_ref());
    }
    settings
}

/// A part of the document as plain JSON. An include that may hold it is an error rather than an absence.
fn part(draft: &Draft, place: &[Step]) -> Result<Option<serde_json::Value>, Error> {
    for (n, step) in place.iter().enumerate() {
        let (outer, _) = place.split_at(n);
        let (Some(inner), Step::Key(key)) = (draft.get(outer), step) else {
            return Ok(None);
        };
        if inner.get(key).is_none() && inner.get("$include").is_some() {
            return Err(Error::Refused(Problem::new(
                "include-on-path",
                path::format(&under(outer, "$include")),
                format!("an include that may hold {}", path::format(place)),
                "this part in the main file",
                format!(
                    "Move {} from the included file into the main file.",
                    path::format(place)
                ),
            )));
        }
    }
    Ok(draft.get(place).map(json))
}

/// The provider's rows for the wanted models: what the user added to a row stays, what is missing is filled in. Where
/// models were asked for, the others go.
fn rows(draft: &Draft, only_these: bool, settings: &Settings) -> Result<Vec<Value>, Problem> {
    let place = under(&provider(), "models");
    let mut present: Vec<(String, Value)> = Vec::new();
    for (n, row) in draft
        .list_at(&place)?
        .unwrap_or_default()
        .iter()
        .enumerate()
    {
        let Some(id) = row.get("id").and_then(Value::as_str) else {
            let mut place = place;
            place.push(Step::Index(n));
            return Err(wrong_type(&place, row, "an object with an \"id\" in text"));
        };
        present.push((id.to_owned(), row.clone()));
    }
    let mut rows = Vec::new();
    for model in catalogue::rows(&settings.models) {
        let found = present
            .iter()
            .position(|(id, _)| *id == model.id)
            .or_else(|| {
                present
                    .iter()
                    .position(|(id, _)| canonical(id) == canonical(&model.id))
            });
        let row = found.map_or_else(|| Value::Object(Vec::new()), |n| present.remove(n).1);
        rows.push(completed(row, &model));
    }
    if !only_these {
        rows.extend(present.into_iter().map(|(_, row)| row));
    }
    Ok(rows)
}

fn completed(row: Value, model: &Model) -> Value {
    let Value::Object(mut members) = row else {
        return row;
    };
    let number = |n: u32| Value::Number(n.to_string());
    let zero = || number(0);
    let wanted = [
        ("id", text(&model.id)),
        ("name", text(&model.name)),
        ("input", list_of_texts(&model.input)),
        ("contextWindow", number(model.context_window)),
        ("maxTokens", number(model.max_tokens)),
        ("reasoning", Value::Bool(model.reasoning)),
        (
            "cost",
            object([
                ("input", zero()),
                ("output", zero()),
                ("cacheRead", zero()),
                ("cacheWrite", zero()),
            ]),
        ),
    ];
    for (key, value) in wanted {
        match members.iter_mut().find(|(name, _)| name == key) {
            Some((_, there)) if key == "id" || there.kind() != value.kind() => *there = value,
            Some(_) => {}
            None => members.push((key.to_owned(), value)),
        }
    }
    Value::Object(members)
}

fn entry(draft: &mut Draft, settings: &Settings, rows: Vec<Value>) -> Result<(), Problem> {
    const WHY: &str = "Claude models through the local proxy.";
    let place = provider();
    let url = text(&settings.base_url());
    if draft.object_at(&place)?.is_none() {
        let entry = object([
            ("baseUrl", url),
            ("api", text(API)),
            ("apiKey", text(PLACEHOLDER_KEY)),
            ("models", Value::Array(rows)),
        ]);
        return draft.set(&place, entry, WHY);
    }
    let address = under(&place, "baseUrl");
    if !draft
        .get(&address)
        .is_some_and(|there| leads_to(there, settings))
    {
        draft.set(&address, url, "Where the proxy listens.")?;
    }
    draft.set(
        &under(&place, "api"),
        text(API),
        "The dialect that the proxy speaks.",
    )?;
    let key = under(&place, "apiKey");
    if matches!(draft.get(&key), None | Some(Value::Null)) || draft.get(&key) == Some(&text("")) {
        draft.set(
            &key,
            text(PLACEHOLDER_KEY),
            "OpenClaw wants a key; this one opens nothing.",
        )?;
    }
    let models = under(&place, "models");
    draft.set(
        &models,
        Value::Array(rows),
        "The models that were asked for, in their order.",
    )
}

/// Whether an address already says what the settings say, in the user's own spelling.
fn leads_to(address: &Value, settings: &Settings) -> bool {
    let entry = serde_json::json!({"baseUrl": json(address)});
    let remote = serde_json::json!({"remoteHosts": settings.remote_hosts});
    settings::from_parts(Some(&remote), Some(&entry))
        .is_ok_and(|there| there.host == settings.host && there.port == settings.port)
}

/// The plugin's own settings win over the provider entry, so an explicit one must say the same.
fn own_settings(draft: &mut Draft, settings: &Settings) -> Result<(), Problem> {
    const WHY: &str = "The plugin's own setting wins over the provider entry.";
    let wanted = [
        ("host", text(&settings.host)),
        ("port", Value::Number(settings.port.to_string())),
        ("models", list_of_texts(&settings.models)),
    ];
    for (name, value) in wanted {
        let place = under(&config(), name);
        let there = draft.get(&place).map(json);
        if there.is_some_and(|there| there != json(&value)) {
            draft.set(&place, value, WHY)?;
        }
    }
    Ok(())
}

/// The maps that give models their aliases: the default one and each agent's.
fn alias_maps(draft: &Draft) -> Vec<Vec<Step>> {
    let mut maps = vec![keys(&["agents", "defaults", "models"])];
    let entries = keys(&["agents", "entries"]);
    if let Some(Value::Object(agents)) = draft.get(&entries) {
        maps.extend(
            agents
                .iter()
                .map(|(id, _)| under(&under(&entries, id), "models")),
        );
    }
    let list = keys(&["agents", "list"]);
    if let Some(Value::Array(agents)) = draft.get(&list) {
        maps.extend((0..agents.len()).map(|n| {
            let mut place = list.clone();
            place.push(Step::Index(n));
            under(&place, "models")
        }));
    }
    maps
}

/// The alias names the first model and no other.
fn alias(draft: &mut Draft, first: &str) -> Result<(), Problem> {
    const WHY: &str = "The alias names one model.";
    for map in alias_maps(draft) {
        let Some(Value::Object(entries)) = draft.get(&map) else {
            continue;
        };
        let others: Vec<(String, bool)> = entries
            .iter()
            .filter(|(key, entry)| {
                key != first
                    && entry
                        .get("alias")
                        .and_then(Value::as_str)
                        .is_some_and(|alias| alias.trim().eq_ignore_ascii_case(MODEL_ALIAS))
            })
            .map(|(key, entry)| {
                let nothing_else = entry.as_object().is_some_and(|members| members.len() == 1);
                let ours = key
                    .strip_prefix(ID)
                    .is_some_and(|rest| rest.starts_with('/'));
                (key.clone(), nothing_else && ours)
            })
            .collect();
        for (key, whole) in others {
            let place = under(&map, &key);
            draft.remove(&if whole { place } else { under(&place, "alias") }, WHY);
        }
    }
    let place = keys(&["agents", "defaults", "models", first, "alias"]);
    let why = match draft.get(&place).and_then(Value::as_str) {
        Some(former) if former != MODEL_ALIAS => {
            format!("{WHY} OpenClaw keeps one alias a model, so \"{former}\" no longer works.")
        }
        _ => WHY.to_owned(),
    };
    draft.set(&place, text(MODEL_ALIAS), &why)
}

fn make_default(draft: &mut Draft, first: &str) -> Result<(), Problem> {
    const WHY: &str = "The default model, without fallbacks: if the proxy is down a request fails.";
    let place = default_model();
    remember_default(draft, &place)?;
    if matches!(draft.get(&place), Some(Value::Object(_))) {
        draft.set(&under(&place, "primary"), text(first), WHY)?;
        return draft.set(&under(&place, "fallbacks"), Value::Array(Vec::new()), WHY);
    }
    draft.set(&place, only(first), WHY)
}

fn default_model() -> Vec<Step> {
    keys(&["agents", "defaults", "model"])
}

/// Keeps the default model, where it is not ours and `place`, which is about to change, is part of it.
pub(super) fn remember_default(draft: &mut Draft, place: &[Step]) -> Result<(), Problem> {
    let model = default_model();
    if !place.starts_with(&model) {
        return Ok(());
    }
    let Some(present) = draft.get(&model).cloned() else {
        return Ok(());
    };
    let primary = match &present {
        Value::String(reference) => Some(reference.as_str()),
        Value::Object(_) => present.get("primary").and_then(Value::as_str),
        other => {
            let accepted = "text, or an object with \"primary\"";
            return Err(wrong_type(&model, other, accepted));
        }
    };
    if primary.is_some_and(is_ours) {
        return Ok(());
    }
    let record = under(&config(), "previousDefault");
    draft.set(
        &record,
        present,
        "The way back to the former default model.",
    )
}

/// A model without fallbacks.
pub(super) fn only(reference: &str) -> Value {
    object([
        ("primary", text(reference)),
        ("fallbacks", Value::Array(Vec::new())),
    ])
}

/// Whether a reference names one of our models, by its provider or by the alias.
pub(super) fn is_ours(reference: &str) -> bool {
    let reference = reference.trim();
    reference.eq_ignore_ascii_case(MODEL_ALIAS)
        || reference
            .split_once('/')
            .is_some_and(|(provider, _)| provider.trim().eq_ignore_ascii_case(ID))
}

/// Enables the plugin and lets its guard see a run before it begins.
fn grant(draft: &mut Draft) -> Result<(), Problem> {
    const ENABLE: &str = "Without the plugin nothing guards a run.";
    let place = plugin();
    draft.set(&under(&place, "enabled"), Value::Bool(true), ENABLE)?;
    let hooks = under(&under(&place, "hooks"), "allowConversationAccess");
    draft.set(
        &hooks,
        Value::Bool(true),
        "The guard sees a run, and its prompt, before it begins; without this OpenClaw drops the guard in silence.",
    )?;
    let is_us = |item: &Value| item.as_str() == Some(ID);
    let deny = keys(&["plugins", "deny"]);
    if let Some(denied) = draft.list_at(&deny)?
        && denied.iter().any(is_us)
    {
        let rest = denied.iter().filter(|item| !is_us(item)).cloned().collect();
        draft.set(&deny, Value::Array(rest), ENABLE)?;
    }
    let allow = keys(&["plugins", "allow"]);
    if let Some(allowed) = draft.list_at(&allow)?
        && !allowed.is_empty()
        && !allowed.iter().any(is_us)
    {
        let all = allowed.iter().cloned().chain([text(ID)]).collect();
        draft.set(&allow, Value::Array(all), ENABLE)?;
    }
    Ok(())
}
