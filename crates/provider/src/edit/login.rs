//! The changes of a login: the provider entry, the alias, the default model and the plugin's permission.

use std::collections::BTreeMap;

use super::ApplyRequest;
use super::draft::{self, Draft, text_list, text_value};
use super::removed_models;
use super::selectable::{self, DEFAULT_MODELS};
use crate::audit::{
    AuditInput, EffectiveConfig, PROVIDER, StoredList, Version, chosen_models, model_maps, primary,
};
use crate::catalog::{self, Model, canonical};
use crate::document::{Value, path};
use crate::model_id::{FAMILIES, own_model};
use crate::settings::{self, Api, SETTINGS_PATH, Settings};
use crate::{Error, ID, MODEL_ALIAS, PLACEHOLDER_KEY, Problem, chat, configured, strings};

/// Path of the provider entries.
pub(super) const PROVIDERS: &str = "models.providers";
/// Path of the plugin's entry.
const PLUGIN: &str = "plugins.entries.anthropic-claude-proxy";
/// Path of the default model.
const DEFAULT_MODEL: &str = "agents.defaults.model";

/// Plans the changes of a login. Returns the reference of the first model and the settings that have to be in force afterwards.
///
/// # Errors
/// Settings that are not accepted, or an included file that may hold settings and cannot be read.
pub(super) fn plan(
    draft: &mut Draft,
    request: &ApplyRequest,
    input: &AuditInput,
    version: Version,
) -> Result<(String, Settings), Error> {
    normalize_provider_key(draft, request.fix);
    draft.finish().map_err(Error::refused)?;
    let config = configured::effective_config(&draft.new, input)?;
    let mut settings = requested_settings(&config, request)?;
    let before = registered_models(draft);
    keep_chosen_models(&mut settings, &before, &input.stored_lists);
    let rows = provider_rows(draft, request, &settings);
    set_provider_entry(draft, &config, &settings, rows);
    update_own_settings(draft, &config, &settings);
    if request.command.is_some() {
        let place = path::key(SETTINGS_PATH, "command");
        draft.set(
            &place,
            text_list(&settings.command),
            "The program that was found here starts the proxy.",
        );
    }
    let first = settings.models.first().map_or("", String::as_str);
    let first = format!("{ID}/{first}");
    set_alias(draft, &first);
    selectable::list_models(draft, &settings.models);
    removed_models::redirect_references(draft, &before, &registered_models(draft));
    disable_keyless_speech(draft, version);
    if request.grant_hooks {
        grant_hooks(draft);
    }
    if request.set_default {
        set_default_model(draft, &first);
    }
    Ok((first, settings))
}

/// Renames a key that is another spelling of our provider. OpenClaw trims provider keys and makes them lower case, so it would be a
/// second entry for the same provider.
fn normalize_provider_key(draft: &mut Draft, fix: bool) {
    const WHY: &str = "OpenClaw takes this key for the same provider, and which of the two wins depends on their order.";
    for (other, value) in draft.entries(PROVIDERS) {
        if other == ID || other.trim().to_ascii_lowercase() != ID {
            continue;
        }
        let place = path::key(PROVIDERS, &other);
        if !fix {
            return draft.refuse(Problem::new(
                "provider-key-variant",
                place,
                format!("the provider key {}", strings::quoted(&other)),
                format!("the spelling \"{ID}\" only"),
                format!("Rename the key to \"{ID}\", or remove it where that entry is there too."),
            ));
        }
        if draft.get(PROVIDER).is_none() {
            draft.set(PROVIDER, value, WHY);
        }
        draft.remove(&place, WHY);
    }
}

/// The requested settings, completed with the present ones.
fn requested_settings(config: &EffectiveConfig, request: &ApplyRequest) -> Result<Settings, Error> {
    let object = |place| {
        let value = part(config, place).cloned();
        value.unwrap_or_else(|| Value::Object(Vec::new()))
    };
    let (mut entry, mut own) = (object(PROVIDER), object(SETTINGS_PATH));
    let requested = [
        ("host", request.address.as_deref().map(text_value)),
        (
            "port",
            request.port.map(|port| Value::Number(port.to_string())),
        ),
        ("models", request.models.as_deref().map(text_list)),
        ("command", request.command.as_deref().map(text_list)),
    ];
    // Requested values replace present ones before those are checked, so that an invalid value can be repaired.
    for (name, value) in &requested {
        if let Some(value) = value {
            own.insert(name, value.clone());
        }
    }
    if own.get("host").is_some() && own.get("port").is_some() {
        entry.remove("baseUrl");
    }
    if own.get("models").is_some() {
        entry.remove("models");
    }
    let is_replaced = |place: &str| {
        let is_at = |root: &str, name: &str| place.starts_with(&path::key(root, name));
        let unused = ["baseUrl", "models"]
            .iter()
            .filter(|name| entry.get(name).is_none());
        let mut requested = requested.iter().filter(|(_, value)| value.is_some());
        requested.any(|(name, _)| is_at(SETTINGS_PATH, name))
            || unused.into_iter().any(|name| is_at(PROVIDER, name))
    };
    let open = configured::unresolved(config, |place| !is_replaced(place));
    let settings = match open.is_empty() {
        true => settings::from_parts(Some(&own), Some(&entry)),
        false => Err(Error::invalid_settings(open)),
    };
    if settings.is_err() && request.fix {
        // An address that is not accepted is a leak, which the default address closes.
        entry.remove("baseUrl");
        own.remove("host");
        return settings::from_parts(Some(&own), Some(&entry));
    }
    settings
}

/// Keeps models registered that a stored session or job uses. The edit cannot change the stored choice, and a choice of a model that is
/// not registered is not closed.
fn keep_chosen_models(settings: &mut Settings, before: &[String], stored: &[StoredList]) {
    let chosen = chosen_models(stored);
    for id in before {
        if chosen.contains(&format!("{ID}/{id}")) && !settings.models.contains(id) {
            settings.models.push(id.clone());
        }
    }
}

/// A part of the effective configuration.
fn part<'w>(config: &'w EffectiveConfig, place: &str) -> Option<&'w Value> {
    draft::value_at(&config.root, &path::parts(place)?)
}

/// The provider's rows for the models of the settings. The user's own additions to a row stay, and missing members are added. Rows of
/// other models are removed if the request names the models.
fn provider_rows(draft: &mut Draft, request: &ApplyRequest, settings: &Settings) -> Vec<Value> {
    let place = path::key(PROVIDER, "models");
    let mut present: Vec<Option<Value>> = draft.items(&place).into_iter().map(Some).collect();
    let mut known: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (n, row) in present.iter().flatten().enumerate() {
        match row_id(row) {
            Some(id) => known.entry(canonical(id)).or_default().push(n),
            None => {
                let place = path::index(&place, n);
                draft.refuse_kind(&place, row.kind(), "an object with an \"id\" in text");
            }
        }
    }
    let mut rows = Vec::new();
    for id_wanted in &settings.models {
        let model = catalog::row_as_listed(id_wanted, &request.listed);
        // A row with the same spelling is preferred to other rows of the same model.
        let places = known
            .get(&canonical(&model.id))
            .map_or(&[][..], Vec::as_slice);
        let is_there = |n: &&usize| present.get(**n).is_some_and(Option::is_some);
        let is_it = |n: &&usize| {
            let row = present.get(**n).and_then(Option::as_ref);
            row.and_then(row_id) == Some(&model.id)
        };
        let found = places.iter().find(is_it);
        let found = found.or_else(|| places.iter().find(is_there));
        let row = found.and_then(|n| present.get_mut(*n)?.take());
        let members = match row {
            Some(Value::Object(members)) => members,
            _ => Vec::new(),
        };
        rows.push(complete_row(members, &model));
    }
    if request.models.is_none() {
        rows.extend(present.into_iter().flatten());
    }
    rows
}

/// The ids of the models in the provider entry.
fn registered_models(draft: &Draft) -> Vec<String> {
    let rows = draft.new.items_at(&["models", "providers", ID, "models"]);
    rows.iter().filter_map(row_id).map(str::to_owned).collect()
}

fn row_id(row: &Value) -> Option<&str> {
    row.get("id")?.as_str()
}

fn complete_row(mut members: Vec<(String, Value)>, model: &Model) -> Value {
    let number = |n: u32| Value::Number(n.to_string());
    let free = ["input", "output", "cacheRead", "cacheWrite"];
    let free = free.map(|key| (key.to_owned(), number(0)));
    let wanted = [
        ("id", text_value(&model.id)),
        ("name", text_value(&model.name)),
        ("input", text_list(&model.input)),
        ("contextWindow", number(model.context_window)),
        ("maxTokens", number(model.max_tokens)),
        ("reasoning", Value::Bool(model.reasoning)),
        ("cost", Value::Object(free.into())),
    ];
    // A figure that equals the catalog's was written by an earlier login, and the proxy's figure replaces it. Any other figure is the
    // user's own.
    let written = catalog::row(&model.id);
    let is_written = |key: &str, there: &Value| match key {
        "input" => *there == text_list(&written.input),
        "contextWindow" => there.as_u64() == Some(written.context_window.into()),
        "maxTokens" => there.as_u64() == Some(written.max_tokens.into()),
        _ => false,
    };
    for (key, value) in wanted {
        match members.iter_mut().find(|(name, _)| name == key) {
            Some((_, there))
                if key == "id" || there.kind() != value.kind() || is_written(key, there) =>
            {
                *there = value;
            }
            Some(_) => {}
            None => members.push((key.to_owned(), value)),
        }
    }
    Value::Object(members)
}

fn set_provider_entry(
    draft: &mut Draft,
    config: &EffectiveConfig,
    settings: &Settings,
    rows: Vec<Value>,
) {
    let why = &format!("Claude models through {}.", settings.proxy_name());
    draft.entries(PROVIDER);
    let there = draft.get(PROVIDER);
    let member = |key: &str| there.and_then(|entry| entry.get(key));
    // The address is kept in the user's own spelling, even with a variable.
    let address = part(config, PROVIDER).and_then(|entry| entry.get("baseUrl"));
    let keeps_address = address.is_some_and(|address| is_address_of(address, settings));
    let keeps_key = match member("apiKey") {
        None | Some(Value::Null) => false,
        Some(key) => key.as_str() != Some(""),
    };
    let wanted = [
        ("baseUrl", text_value(&settings.endpoint()), keeps_address),
        ("api", text_value(settings.api.name()), false),
        ("apiKey", text_value(PLACEHOLDER_KEY), keeps_key),
        // After a refusal OpenClaw does not use a key for some minutes. It does not treat tokens like that.
        ("auth", text_value("token"), member("auth").is_some()),
        ("models", Value::Array(rows), false),
    ];
    let headers = entry_headers(member("headers"), settings);
    if there.is_none() {
        let mut entry: Vec<_> = wanted.map(|(key, value, _)| (key.to_owned(), value)).into();
        entry.extend(headers.map(|headers| ("headers".to_owned(), headers)));
        return draft.set(PROVIDER, Value::Object(entry), why);
    }
    let has_headers = member("headers").is_some();
    for (key, value, keeps) in wanted {
        if !keeps {
            draft.set(&path::key(PROVIDER, key), value, why);
        }
    }
    let place = path::key(PROVIDER, "headers");
    match headers {
        Some(headers) => draft.set(&place, headers, WHY_HEADERS),
        None if has_headers => draft.remove(&place, WHY_HEADERS),
        None => {}
    }
}

const WHY_HEADERS: &str =
    "With these headers the proxy sends every message on whole, and offers no tools of its own.";

/// The headers of the entry: the user's own, and those for requests that the plugin does not see. Our headers for another kind or API
/// are removed.
fn entry_headers(there: Option<&Value>, settings: &Settings) -> Option<Value> {
    let wanted = chat::entry_headers(settings);
    let is_wanted = |name: &str| wanted.iter().any(|(w, _)| name.eq_ignore_ascii_case(w));
    let mut members: Vec<(String, Value)> = match there {
        Some(Value::Object(members)) => members.clone(),
        Some(_) | None => Vec::new(),
    };
    members.retain(|(name, _)| is_wanted(name) || !chat::is_entry_header(name));
    for (name, value) in wanted {
        if !members.iter().any(|(n, _)| n.eq_ignore_ascii_case(name)) {
            members.push((name.to_owned(), text_value(value)));
        }
    }
    (!members.is_empty()).then_some(Value::Object(members))
}

/// Whether an address in the user's own spelling is that of the settings.
fn is_address_of(address: &Value, settings: &Settings) -> bool {
    let dialect = address
        .as_str()
        .is_some_and(|address| address.trim_end_matches('/').ends_with("/v1"))
        == (settings.api == Api::OpenaiCompletions);
    let object = |key: &str, value| Value::Object(vec![(key.to_owned(), value)]);
    let entry = object("baseUrl", address.clone());
    let remote = object("remoteHosts", text_list(&settings.remote_hosts));
    settings::from_parts(Some(&remote), Some(&entry)).is_ok_and(|there| {
        there.listen_address == settings.listen_address && there.port == settings.port && dialect
    })
}

/// Updates host, port and models in the plugin's own settings, which win over the provider entry.
fn update_own_settings(draft: &mut Draft, config: &EffectiveConfig, settings: &Settings) {
    const WHY: &str = "The plugin's own setting wins over the provider entry.";
    let wanted = [
        ("host", text_value(&settings.listen_address)),
        ("port", Value::Number(settings.port.to_string())),
        ("models", text_list(&settings.models)),
    ];
    for (name, value) in wanted {
        let place = path::key(SETTINGS_PATH, name);
        if part(config, &place).is_some_and(|there| {
            there != &value && (value.as_u64().is_none() || there.as_u64() != value.as_u64())
        }) {
            draft.set(&place, value, WHY);
        }
    }
}

/// The path of a model's alias.
fn alias_path(model: &str) -> String {
    path::key(&path::key(DEFAULT_MODELS, model), "alias")
}

/// Gives the alias to the first model only, unless the user has given that model another alias.
fn set_alias(draft: &mut Draft, first: &str) {
    const WHY: &str = "The alias names one model.";
    // A model has only one alias in OpenClaw, and the user's own stays. Then our alias stays with another of our models.
    let place = alias_path(first);
    let taken = draft
        .text_at(&place)
        .map(str::trim)
        .is_some_and(|alias| !alias.is_empty() && !alias.eq_ignore_ascii_case(MODEL_ALIAS));
    let rows = registered_models(draft);
    let is_row =
        |key: &str| own_model(key).is_some_and(|model| rows.iter().any(|row| row == model));
    let mut others = Vec::new();
    for (_, map, entries) in model_maps(&draft.new) {
        for (key, entry) in entries.as_object().unwrap_or_default() {
            let alias = entry.str_at(&["alias"]);
            if key == first
                || (taken && is_row(key))
                || !alias.is_some_and(|alias| alias.trim().eq_ignore_ascii_case(MODEL_ALIAS))
            {
                continue;
            }
            let place = path::key(&map, key);
            let nothing_else = entry.as_object().is_some_and(|members| members.len() == 1);
            // `selectable` removes what is left of an entry in the default map, if its model is not registered.
            others.push(
                if nothing_else && own_model(key).is_some() && map != DEFAULT_MODELS {
                    place
                } else {
                    path::key(&place, "alias")
                },
            );
        }
    }
    for place in others {
        draft.remove(&place, WHY);
    }
    if !taken {
        draft.set(&place, text_value(MODEL_ALIAS), WHY);
    }
}

fn set_default_model(draft: &mut Draft, first: &str) {
    const WHY: &str = "The default model, without fallbacks: if the proxy is down a request fails.";
    remember_default_model(draft, DEFAULT_MODEL);
    if !matches!(draft.get(DEFAULT_MODEL), Some(Value::Object(_))) {
        return draft.set(DEFAULT_MODEL, without_fallbacks(first), WHY);
    }
    draft.set("agents.defaults.model.primary", text_value(first), WHY);
    draft.set(
        "agents.defaults.model.fallbacks",
        Value::Array(Vec::new()),
        WHY,
    );
}

/// Whether a place is the default model of all agents.
pub(super) fn is_default_model(place: &str) -> bool {
    path::is_within(place, DEFAULT_MODEL)
}

/// Records the default model before a change at `place`, if that is part of the default model and the model is not ours.
pub(super) fn remember_default_model(draft: &mut Draft, place: &str) {
    if !is_default_model(place) {
        return;
    }
    let Some(present) = draft.get(DEFAULT_MODEL).cloned() else {
        return;
    };
    if !matches!(present, Value::String(_) | Value::Object(_)) {
        let accepted = "text, or an object with \"primary\"";
        return draft.refuse_kind(DEFAULT_MODEL, present.kind(), accepted);
    }
    let is_alias = |named: &str| {
        let aliases = draft.old.members_at(&["agents", "defaults", "models"]);
        aliases.iter().any(|(key, entry)| {
            let alias = entry.str_at(&["alias"]);
            is_ours(key) && alias.is_some_and(|alias| alias.trim().eq_ignore_ascii_case(named))
        })
    };
    if !primary(&present).is_some_and(|named| is_ours(named) || is_alias(named.trim())) {
        let record = path::key(SETTINGS_PATH, "previousDefault");
        draft.set(
            &record,
            present,
            "The way back to the former default model.",
        );
    }
}

/// Our model that replaces another one: the first registered model of the same family, so that cheap work stays cheap; otherwise
/// `first`. Also returns what that costs the user, if it may be more expensive.
pub(super) fn replacement_model(
    draft: &Draft,
    former: &str,
    first: &str,
) -> (String, Option<String>) {
    let Some(family) = family(former) else {
        return (first.to_owned(), None);
    };
    let of_family = |reference: &str| {
        reference
            .rsplit_once('/')
            .is_some_and(|(_, id)| self::family(id) == Some(family))
    };
    if of_family(first) {
        return (first.to_owned(), None);
    }
    let known = registered_models(draft)
        .iter()
        .map(|id| format!("{ID}/{id}"))
        .find(|reference| of_family(reference));
    match known {
        Some(reference) => (reference, None),
        None if family == CHEAPEST => (
            first.to_owned(),
            Some(format!(
                "No {family} model is registered, so {first} does this small work now, which costs more; register one with \
                 `claude-proxy setup --models`."
            )),
        ),
        None => (first.to_owned(), None),
    }
}

/// The family of small models.
const CHEAPEST: &str = "haiku";
/// Words in the names of other vendors' small models.
const SMALL: &[&str] = &[
    "mini", "nano", "micro", "small", "lite", "flash", "fast", "instant", "tiny",
];

/// The family of Claude models that a model belongs to or is most like. Small models of any vendor are like Claude's small one.
fn family(reference: &str) -> Option<&'static str> {
    let reference = reference.to_ascii_lowercase();
    let mut words = reference.split(|c: char| !c.is_ascii_alphanumeric());
    let named = |family: &&str| words.clone().any(|word| word == *family);
    FAMILIES
        .into_iter()
        .find(named)
        .or_else(|| words.any(|word| SMALL.contains(&word)).then_some(CHEAPEST))
}

/// A model without fallbacks.
pub(super) fn without_fallbacks(reference: &str) -> Value {
    Value::Object(vec![
        ("primary".to_owned(), text_value(reference)),
        ("fallbacks".to_owned(), Value::Array(Vec::new())),
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

/// Turns off the one service that OpenClaw offers in every turn without any configuration. It stays on if the user configured it or
/// speech in general, and the audit reports it.
fn disable_keyless_speech(draft: &mut Draft, version: Version) {
    const COST: &str = "OpenClaw offers every turn a tool that sends text to speech.platform.bing.com, which needs no key. Nothing is spoken by it now; \
                        other speech services that you set up are not touched.";
    const ENTRY: &str = "plugins.entries.microsoft";
    if draft.get(ENTRY).is_none() && draft.get(&version.layout().speech.join(".")).is_none() {
        draft.set(&format!("{ENTRY}.enabled"), Value::Bool(false), COST);
    }
}

/// Enables the plugin, and permits its guard to see a run before it begins.
fn grant_hooks(draft: &mut Draft) {
    const ENABLE: &str = "Without the plugin nothing guards a run.";
    const ALLOW: &str = "The guard sees a run, and its prompt, before it begins; without this OpenClaw drops the guard in silence.";
    let hooks = format!("{PLUGIN}.hooks.allowConversationAccess");
    draft.set(&format!("{PLUGIN}.enabled"), Value::Bool(true), ENABLE);
    draft.set(&hooks, Value::Bool(true), ALLOW);
    let mut denied = draft.items("plugins.deny");
    let count = denied.len();
    denied.retain(|item| item.as_str() != Some(ID));
    if denied.len() < count {
        draft.set("plugins.deny", Value::Array(denied), ENABLE);
    }
    let mut allowed = draft.items("plugins.allow");
    if !allowed.is_empty() && !allowed.contains(&text_value(ID)) {
        allowed.push(text_value(ID));
        draft.set("plugins.allow", Value::Array(allowed), ENABLE);
    }
}
