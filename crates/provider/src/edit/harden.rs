//! `harden`: every slot that selects a provider by itself is pinned or turned off, every vendor plugin is denied and no
//! vendor entry is left, so that the file stays closed even with every vendor's key in the environment. `unharden` takes
//! that back.
//!
//! The record is `plugins.entries.anthropic-claude-proxy.config.hardened`: `former` holds, by path, what was there before;
//! `kept` lists the paths that already were as `harden` wants them, or empty. A pinned path in neither was not there. It is
//! that small because taking it back must not halve the file (see [`super::apply`]).

use super::draft::{Draft, keys, list_of_texts, text, under, wrong_type};
use super::login::{self, is_ours};
use crate::document::Value;
use crate::document::path::{self, Step};
use crate::{ID, Problem};

/// What a slot is set to.
enum Pin {
    /// The first model of this provider.
    Ours,
    /// Empty text, which turns the slot off; another of our models is as good.
    Empty,
    /// This text.
    Text(&'static str),
    /// `false`.
    Off,
    /// A list with at least these.
    Holds(&'static [&'static str]),
    /// This provider's models and no others.
    OnlyOurs,
    /// The first model, where there is nothing; whether what is there leads elsewhere is the audit's question.
    Some,
}

use Pin::{Empty, Holds, Off, OnlyOurs, Ours, Text};

/// Slot, value and cost. Measured on OpenClaw 2026.9.6: with these, without vendor plugins and without vendor entries, a
/// turn made no request outside although four vendors' keys were in the environment.
const PINS: &[(&[&str], Pin, &str)] = &[
    (
        &["agents", "defaults", "model"],
        Pin::Some,
        "Without a default model OpenClaw picks one.",
    ),
    (
        &["agents", "defaults", "modelPolicy", "allow"],
        OnlyOurs,
        "Users, sessions, hooks and scheduled jobs can choose this provider's models only.",
    ),
    (
        &["agents", "defaults", "utilityModel"],
        Empty,
        "Titles come from the main model instead of a small one.",
    ),
    (
        &["agents", "defaults", "decisionModel"],
        Empty,
        "No separate model for decisions.",
    ),
    (
        &["agents", "defaults", "imageModel"],
        Ours,
        "Images are seen by the main model only.",
    ),
    (
        &["agents", "defaults", "pdfModel"],
        Ours,
        "PDF files are read by the main model only.",
    ),
    (
        &["agents", "defaults", "subagents", "model"],
        Ours,
        "Subagents use the main model.",
    ),
    (
        &[
            "agents",
            "defaults",
            "embeddedAgent",
            "cyberFailover",
            "mode",
        ],
        Text("off"),
        "A refused request is not tried again elsewhere.",
    ),
    (
        &["models", "mode"],
        Text("replace"),
        "Only models that the configuration lists exist.",
    ),
    (
        &["memory", "search", "provider"],
        Text("none"),
        "Memory is searched by keyword, not by meaning.",
    ),
    (
        &["tools", "deny"],
        Holds(&[
            "node_inference",
            "image_generate",
            "video_generate",
            "music_generate",
            "tts",
            "web_search",
            "x_search",
            "llm-task",
        ]),
        "Agents cannot make images, videos, music or speech, search the web, or prompt other models.",
    ),
    (
        &["tools", "media", "audio", "enabled"],
        Off,
        "Voice messages are not transcribed.",
    ),
    (
        &["tools", "media", "video", "enabled"],
        Off,
        "Videos are not described.",
    ),
    (
        &["tools", "web", "search", "enabled"],
        Off,
        "No web search.",
    ),
    (
        &["tools", "links", "enabled"],
        Off,
        "Links are not summarised by a command.",
    ),
    (&["acp", "enabled"], Off, "No agents over ACP."),
    (
        &["gateway", "cliAgents", "enabled"],
        Off,
        "Agents installed on this machine are not offered.",
    ),
    (
        &["env", "shellEnv", "enabled"],
        Off,
        "Variables of the login shell are not read.",
    ),
    (
        &["plugins", "deny"],
        Holds(VENDORS),
        "Nothing of these vendors can be used, not even by name.",
    ),
];

/// Bundled plugins of OpenClaw 2026.9.6 that provide models, media, speech, embeddings or search: every
/// `openclaw.plugin.json` with `providers` or such a contract. They are denied and not set to `enabled: false`: a denied
/// plugin is off whatever its own entry says, which so stays as the user wrote it.
const VENDORS: &[&str] = &[
    "alibaba",
    "anthropic",
    "apple-fm",
    "azure-speech",
    "clawrouter",
    "copilot-proxy",
    "deepgram",
    "elevenlabs",
    "fal",
    "github-copilot",
    "google",
    "huggingface",
    "litellm",
    "lmstudio",
    "microsoft",
    "microsoft-foundry",
    "minimax",
    "nvidia",
    "ollama",
    "openai",
    "opencode-go",
    "openrouter",
    "runway",
    "senseaudio",
    "sglang",
    "together",
    "tts-local-cli",
    "vllm",
    "xai",
];

/// Where the former values are kept.
fn record() -> Vec<Step> {
    under(&login::config(), "hardened")
}

/// Why the record is written, and cut.
const RECORD: &str = "The way back, for --unharden.";

/// Plans the hardening; `first` is the reference of the first model.
///
/// # Errors
/// A place that holds something else than what belongs there.
pub(super) fn harden(draft: &mut Draft, first: &str) -> Result<(), Problem> {
    let again = draft.object_at(&record())?.is_some();
    let mut former = entries_at(draft, "former")?;
    let mut kept = names_at(draft, "kept")?;
    if !again {
        kept.extend(empty_above(draft, &record()));
    }
    for (place, pin, cost) in pins() {
        let present = draft.get(&place).cloned();
        let name = path::format(&place);
        if !again {
            kept.extend(empty_above(draft, &place));
        }
        if present.as_ref().is_some_and(|value| holds(pin, value)) {
            if !again {
                kept.push(name);
            }
            continue;
        }
        // What the user wrote over a pin since is what comes back, save in a list: what is missing there is added again.
        let ours = again && matches!(pin, Holds(_)) && !kept.contains(&name);
        kept.retain(|other| *other != name);
        if let Some(present) = present
            && !ours
        {
            former.retain(|(other, _)| *other != name);
            former.push((name, present));
        }
        let value = wanted(draft, pin, &place, first)?;
        draft.set(&place, value, cost)?;
    }
    let providers = keys(&["models", "providers"]);
    let others: Vec<(String, Value)> = draft
        .object_at(&providers)?
        .unwrap_or_default()
        .iter()
        .filter(|(key, _)| key != ID)
        .cloned()
        .collect();
    for (key, entry) in others {
        let place = under(&providers, &key);
        let name = path::format(&place);
        let cost = format!(
            "The provider {key} cannot be used; the record keeps its entry, without its comments."
        );
        draft.remove(&place, &cost);
        former.retain(|(other, _)| *other != name);
        former.push((name, entry));
    }
    let mut members = Vec::new();
    if !former.is_empty() {
        members.push(("former".to_owned(), Value::Object(former)));
    }
    if !kept.is_empty() {
        members.push(("kept".to_owned(), list_of_texts(&kept)));
    }
    draft.set(&record(), Value::Object(members), RECORD)
}

/// Every pin with its path.
fn pins() -> impl DoubleEndedIterator<Item = (Vec<Step>, &'static Pin, &'static str)> {
    PINS.iter()
        .map(|(names, pin, cost)| (keys(names), pin, *cost))
}

fn wanted(draft: &Draft, pin: &Pin, place: &[Step], first: &str) -> Result<Value, Problem> {
    Ok(match pin {
        Pin::Some => login::only(first),
        Ours => text(first),
        Empty => text(""),
        Text(value) => text(value),
        Off => Value::Bool(false),
        OnlyOurs => Value::Array(vec![text(&format!("{ID}/*"))]),
        Holds(items) => {
            let mut list = draft.list_at(place)?.unwrap_or_default().to_vec();
            for item in items.iter().map(|item| text(item)) {
                if !list.contains(&item) {
                    list.push(item);
                }
            }
            Value::Array(list)
        }
    })
}

/// Whether a value is already as a pin wants it.
fn holds(pin: &Pin, value: &Value) -> bool {
    match pin {
        Pin::Some => true,
        Ours => all_ours(value),
        Empty => value.as_str() == Some("") || all_ours(value),
        Text(wanted) => value.as_str() == Some(wanted),
        Off => value == &Value::Bool(false),
        Holds(items) => value.as_array().is_some_and(|list| {
            items
                .iter()
                .all(|item| list.iter().any(|there| there.as_str() == Some(item)))
        }),
        OnlyOurs => value.as_array().is_some_and(|list| {
            !list.is_empty() && list.iter().all(|item| item.as_str().is_some_and(is_ours))
        }),
    }
}

/// Whether a reference, or an object of primary and fallbacks, names our models only.
fn all_ours(value: &Value) -> bool {
    let primary = value.as_str().or_else(|| value.get("primary")?.as_str());
    let fallbacks = value.get("fallbacks").and_then(Value::as_array);
    primary.is_some_and(is_ours)
        && fallbacks
            .unwrap_or_default()
            .iter()
            .all(|item| item.as_str().is_some_and(is_ours))
}

fn entries_at(draft: &Draft, part: &str) -> Result<Vec<(String, Value)>, Problem> {
    Ok(draft
        .object_at(&under(&record(), part))?
        .unwrap_or_default()
        .to_vec())
}

fn names_at(draft: &Draft, part: &str) -> Result<Vec<String>, Problem> {
    let place = under(&record(), part);
    let list = draft.list_at(&place)?.unwrap_or_default();
    list.iter()
        .map(|item| match item.as_str() {
            Some(name) => Ok(name.to_owned()),
            None => Err(wrong_type(&place, item, "paths in text")),
        })
        .collect()
}

/// Plans the way back. A value that was changed since stays as it is.
///
/// # Errors
/// `wrong-type` where the record is not in its form.
pub(super) fn unharden(draft: &mut Draft) -> Result<(), Problem> {
    const WHY: &str = "As it was before --harden.";
    if draft.object_at(&record())?.is_none() {
        return Ok(());
    }
    let mut former = entries_at(draft, "former")?;
    let kept = names_at(draft, "kept")?;
    draft.remove(&record(), RECORD);
    prune(draft, &login::config(), &kept, RECORD);
    for (place, pin, _) in pins().rev() {
        let name = path::format(&place);
        let was = former
            .iter()
            .position(|(other, _)| *other == name)
            .map(|n| former.remove(n).1);
        let Some(present) = draft.get(&place).cloned() else {
            continue;
        };
        if kept.contains(&name) {
            continue;
        }
        let back = match (pin, present) {
            (Holds(items), Value::Array(list)) => {
                let theirs = was.as_ref().and_then(Value::as_array).unwrap_or_default();
                let added = |item: &Value| {
                    item.as_str().is_some_and(|item| items.contains(&item))
                        && !theirs.contains(item)
                };
                let rest: Vec<Value> = list.into_iter().filter(|item| !added(item)).collect();
                (was.is_some() || !rest.is_empty()).then_some(Value::Array(rest))
            }
            (Pin::Some, present) if !all_ours(&present) => continue,
            (pin, present) if holds(pin, &present) => was,
            _ => continue,
        };
        match back {
            Some(value) => draft.set(&place, value, WHY)?,
            None => {
                draft.remove(&place, WHY);
                if let Some((_, outer)) = place.split_last() {
                    prune(draft, outer, &kept, WHY);
                }
            }
        }
    }
    for (name, value) in former {
        let Some(place) = path::steps(&name).filter(|place| !place.is_empty()) else {
            let record = under(&under(&record(), "former"), &name);
            return Err(wrong_type(&record, &value, "a value under its path"));
        };
        if draft.get(&place).is_none() {
            draft.set(&place, value, WHY)?;
        }
    }
    Ok(())
}

/// The path of an empty object that a place would be put into.
fn empty_above(draft: &Draft, place: &[Step]) -> Option<String> {
    (1..place.len())
        .map(|n| place.split_at(n).0)
        .find(
            |outer| matches!(draft.get(outer), Some(Value::Object(entries)) if entries.is_empty()),
        )
        .map(path::format)
}

/// Takes away empty objects, from `place` outwards, that were not there before.
fn prune(draft: &mut Draft, place: &[Step], kept: &[String], why: &str) {
    for n in (1..=place.len()).rev() {
        let (place, _) = place.split_at(n);
        match draft.get(place) {
            Some(Value::Object(entries))
                if entries.is_empty() && !kept.contains(&path::format(place)) =>
            {
                draft.remove(place, why);
            }
            _ => return,
        }
    }
}
