//! `harden`: every slot that selects a provider by itself is pinned or turned off, every vendor plugin is denied and no
//! vendor entry is left, so that the file stays closed even with every vendor's key in the environment. `unharden` takes
//! that back.
//!
//! The record is `plugins.entries.anthropic-claude-proxy.config.hardened`: `former` holds, by path, what was there before;
//! `kept` lists the paths whose values `harden` did not have to change, or were empty. A pinned path in neither was absent. It is
//! that small because taking it back must not halve the file (see [`super::apply`]).

use super::draft::{Draft, text_list, text_value};
use super::login::{self, PROVIDERS, is_ours};
use std::collections::BTreeSet;

use crate::ID;
use crate::audit::{KNOWN, Version, bundled, primary};
use crate::collect::collect_unsorted;
use crate::document::Value;
use crate::document::path;

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
    /// A list with at least the plugins of vendors.
    Vendors,
    /// This provider's models and no others.
    OnlyOurs,
    /// The first model, where there is nothing; whether a present value leads elsewhere is for the audit to judge.
    Some,
}

use Pin::{Empty, Holds, Off, OnlyOurs, Ours, Text, Vendors};

impl Pin {
    /// What a list must have, for a version or for any.
    fn items(&self, version: Option<Version>) -> Vec<&'static str> {
        match self {
            Holds(items) => items.to_vec(),
            Vendors => plugins(version),
            _ => Vec::new(),
        }
    }
}

/// Slot, value and cost.
const PINS: &[(&str, Pin, &str)] = include!("../../data/pins.rs");

/// The bundled plugins of a version that provide models, media, speech, embeddings or search; without a version those of
/// all. They are denied and not set to `enabled: false`: a denied plugin is off whatever its own entry says, which so stays
/// as the user wrote it.
fn plugins(version: Option<Version>) -> Vec<&'static str> {
    let all = KNOWN.iter().filter_map(|name| Version::named(name));
    let versions = all.filter(|known| version.is_none_or(|version| version == *known));
    let plugins = versions.flat_map(bundled).map(|vendor| vendor.plugin);
    let plugins: BTreeSet<&str> = collect_unsorted(plugins.filter(|plugin| !plugin.is_empty()));
    plugins.into_iter().collect()
}

/// Where the former values are kept.
const RECORD: &str = "plugins.entries.anthropic-claude-proxy.config.hardened";
const RECORD_FORMER: &str = "plugins.entries.anthropic-claude-proxy.config.hardened.former";
const RECORD_KEPT: &str = "plugins.entries.anthropic-claude-proxy.config.hardened.kept";
/// Why the record is written, and cut.
const RECORD_WHY: &str = "The way back, for --unharden.";

/// What it costs the user to have a place pinned.
pub(super) fn cost(place: &str) -> Option<&'static str> {
    let pin = PINS.iter().find(|(pinned, ..)| *pinned == place);
    pin.map(|(_, _, cost)| *cost)
}

/// Plans the hardening; `first` is the reference of the first model.
pub(super) fn harden(draft: &mut Draft, first: &str, version: Version) {
    let again = draft.get(RECORD).is_some();
    let mut former = draft.entries(RECORD_FORMER);
    let mut kept = draft.items(RECORD_KEPT);
    if !again {
        kept.extend(empty_ancestor(draft, RECORD));
    }
    for (place, pin, cost) in PINS.iter().filter(|(place, ..)| version.has(place)) {
        let present = draft.get(place).cloned();
        if !again {
            kept.extend(empty_ancestor(draft, place));
        }
        if present
            .as_ref()
            .is_some_and(|value| is_pinned(pin, value, version))
        {
            if !again {
                kept.push(text_value(place));
            }
            continue;
        }
        // What the user wrote over a pin since is what comes back, save in a list: what is missing there is added again.
        let ours = again && matches!(pin, Holds(_) | Vendors) && !kept.contains(&text_value(place));
        kept.retain(|other| other.as_str() != Some(place));
        if let Some(present) = present
            && !ours
        {
            former.retain(|(other, _)| other != place);
            former.push(((*place).to_owned(), present));
        }
        let (value, cost) = match same_family_value(draft, pin, place, first) {
            Some((value, cost)) => (value, cost),
            None => (
                pinned_value(draft, pin, place, first, version),
                (*cost).to_owned(),
            ),
        };
        draft.set(place, value, &cost);
    }
    for (key, entry) in draft.entries(PROVIDERS) {
        if key == ID {
            continue;
        }
        let place = path::key(PROVIDERS, &key);
        let cost = format!(
            "The provider {key} cannot be used; the record keeps its entry, without its comments."
        );
        draft.remove(&place, &cost);
        former.retain(|(other, _)| *other != place);
        former.push((place, entry));
    }
    let mut members = Vec::new();
    if !former.is_empty() {
        members.push(("former".to_owned(), Value::Object(former)));
    }
    if !kept.is_empty() {
        members.push(("kept".to_owned(), Value::Array(kept)));
    }
    draft.set(RECORD, Value::Object(members), RECORD_WHY);
}

/// Our model of the same family as the present one, and what the replacement costs; `None` where a place names no model.
fn same_family_value(
    draft: &Draft,
    pin: &Pin,
    place: &str,
    first: &str,
) -> Option<(Value, String)> {
    if !matches!(pin, Ours | Empty) {
        return None;
    }
    let present = draft.get(place).and_then(primary)?;
    let (model, cost) = login::replacement_model(draft, present, first);
    if model == first && cost.is_none() {
        return None;
    }
    if let (Empty, Some(cost)) = (pin, cost.clone()) {
        // Without a small model of ours the main one does it, named or not.
        return Some((text_value(""), cost));
    }
    let cost = cost.unwrap_or_else(|| format!("It is {model} instead of {present}."));
    Some((text_value(&model), cost))
}

fn pinned_value(draft: &mut Draft, pin: &Pin, place: &str, first: &str, version: Version) -> Value {
    match pin {
        Pin::Some => login::without_fallbacks(first),
        Ours => text_value(first),
        Empty => text_value(""),
        Text(value) => text_value(value),
        Off => Value::Bool(false),
        OnlyOurs => text_list(&[format!("{ID}/*")]),
        Holds(_) | Vendors => {
            let mut list = draft.items(place);
            for item in pin.items(Some(version)) {
                let item = text_value(item);
                if !list.contains(&item) {
                    list.push(item);
                }
            }
            Value::Array(list)
        }
    }
}

/// Whether a value already satisfies a pin.
fn is_pinned(pin: &Pin, value: &Value, version: Version) -> bool {
    match pin {
        Pin::Some => true,
        Ours => all_ours(value),
        Empty => value.as_str() == Some("") || all_ours(value),
        Text(wanted) => value.as_str() == Some(wanted),
        Off => value == &Value::Bool(false),
        Holds(_) | Vendors => value.as_array().is_some_and(|list| {
            let mut wanted = pin.items(Some(version)).into_iter();
            wanted.all(|item| list.contains(&text_value(item)))
        }),
        OnlyOurs => value.as_array().is_some_and(|list| {
            !list.is_empty() && list.iter().all(|item| item.as_str().is_some_and(is_ours))
        }),
    }
}

/// Whether a reference, or an object of primary and fallbacks, names our models only.
fn all_ours(value: &Value) -> bool {
    let mut fallbacks = value.items_at(&["fallbacks"]).iter();
    primary(value).is_some_and(is_ours) && fallbacks.all(|item| item.as_str().is_some_and(is_ours))
}

/// Plans the way back. A value that was changed since stays as it is.
pub(super) fn unharden(draft: &mut Draft) {
    const WHY: &str = "As it was before --harden.";
    if draft.get(RECORD).is_none() {
        return;
    }
    let mut former = draft.entries(RECORD_FORMER);
    let kept = draft.items(RECORD_KEPT);
    draft.remove(RECORD, RECORD_WHY);
    prune_empty(draft, RECORD, &kept, RECORD_WHY);
    for (place, pin, _) in PINS.iter().rev() {
        let was = former
            .iter()
            .position(|(other, _)| other == place)
            .map(|n| former.remove(n).1);
        let Some(present) = draft.get(place).cloned() else {
            continue;
        };
        if kept.contains(&text_value(place)) {
            continue;
        }
        let back = match (pin, present) {
            (Holds(_) | Vendors, Value::Array(mut list)) => {
                let items = pin.items(None);
                let theirs = was.as_ref().and_then(Value::as_array).unwrap_or_default();
                list.retain(|item| {
                    theirs.contains(item)
                        || !item.as_str().is_some_and(|item| items.contains(&item))
                });
                (was.is_some() || !list.is_empty()).then_some(Value::Array(list))
            }
            (Pin::Some, present) if !all_ours(&present) => continue,
            (pin, present) if is_pinned(pin, &present, Version::newest()) => was,
            _ => continue,
        };
        match back {
            Some(value) => draft.set(place, value, WHY),
            None => {
                draft.remove(place, WHY);
                prune_empty(draft, place, &kept, WHY);
            }
        }
    }
    for (place, value) in former {
        if draft.get(&place).is_none() {
            draft.set(&place, value, WHY);
        }
    }
}

/// The paths of the objects that a pinned place is in, from the innermost outwards. Their keys need no quotes.
fn ancestors(place: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(place.rsplit_once('.'), |(outer, _)| outer.rsplit_once('.'))
        .map(|(outer, _)| outer)
}

/// The path of an empty object that a place would be put into.
fn empty_ancestor(draft: &Draft, place: &str) -> Option<Value> {
    ancestors(place)
        .find(|outer| matches!(draft.get(outer), Some(Value::Object(all)) if all.is_empty()))
        .map(text_value)
}

/// Takes away the empty objects around a place that were not there before.
fn prune_empty(draft: &mut Draft, place: &str, kept: &[Value], why: &str) {
    for outer in ancestors(place) {
        match draft.get(outer) {
            Some(Value::Object(all)) if all.is_empty() && !kept.contains(&text_value(outer)) => {
                draft.remove(outer, why);
            }
            _ => return,
        }
    }
}
