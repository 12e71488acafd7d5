//! The edit request's `harden`: pins or turns off every slot for which OpenClaw chooses a provider by itself, denies every vendor's
//! plugin, and removes every vendor's provider entry. Then the file stays closed even with every vendor's key in the environment.
//! `unharden` undoes this.
//!
//! The former state is recorded in `plugins.entries.anthropic-claude-proxy.config.hardened`. `former` has the former values by path.
//! `kept` lists the paths whose values did not have to change, and the objects that were empty. A pinned path in neither was absent
//! before. The record is small because `unharden` must not make the file much shorter (see [`super::apply`]).

use super::draft::{Draft, text_list, text_value};
use super::login::{self, PROVIDERS, is_ours};
use std::collections::BTreeSet;

use crate::ID;
use crate::audit::{KNOWN, Version, bundled, primary};
use crate::collect::collect_unsorted;
use crate::document::Value;
use crate::document::path;

/// The value to which a setting is pinned.
enum Pin {
    /// The first model of this provider.
    Ours,
    /// Empty text, which turns the slot off. A model of ours that is set already is kept.
    Empty,
    /// This text.
    Text(&'static str),
    /// `false`.
    Off,
    /// A list that contains at least these items.
    Holds(&'static [&'static str]),
    /// A list that contains at least the plugins of vendors.
    Vendors,
    /// A list with only this provider's models.
    OnlyOurs,
    /// The first model, unless there is a value already. (The audit checks whether that leads elsewhere.)
    Some,
}

use Pin::{Empty, Holds, Off, OnlyOurs, Ours, Text, Vendors};

impl Pin {
    /// The items that a list must contain, for one version or for all versions.
    fn items(&self, version: Option<Version>) -> Vec<&'static str> {
        match self {
            Holds(items) => items.to_vec(),
            Vendors => plugins(version),
            _ => Vec::new(),
        }
    }
}

/// The settings that are pinned: path, value, and what that costs the user.
const PINS: &[(&str, Pin, &str)] = include!("../../data/pins.rs");

/// The bundled plugins that provide models, media, speech, embeddings or search, in one version or in all versions. They are put
/// into `plugins.deny` instead of setting `enabled: false`, because a denied plugin is off while its own entry stays as the user
/// wrote it.
fn plugins(version: Option<Version>) -> Vec<&'static str> {
    let all = KNOWN.iter().filter_map(|name| Version::named(name));
    let versions = all.filter(|known| version.is_none_or(|version| version == *known));
    let plugins = versions.flat_map(bundled).map(|vendor| vendor.plugin);
    let plugins: BTreeSet<&str> = collect_unsorted(plugins.filter(|plugin| !plugin.is_empty()));
    plugins.into_iter().collect()
}

/// The path of the record.
const RECORD: &str = "plugins.entries.anthropic-claude-proxy.config.hardened";
const RECORD_FORMER: &str = "plugins.entries.anthropic-claude-proxy.config.hardened.former";
const RECORD_KEPT: &str = "plugins.entries.anthropic-claude-proxy.config.hardened.kept";
/// The reason for the changes of the record.
const RECORD_WHY: &str = "The way back, for --unharden.";

/// What it costs the user that a setting is pinned.
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
        // A value that the user wrote over a pin is recorded as the former one. A list is only completed again.
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

/// Our model of the same family as the present one, and what the replacement costs. `None` if the place names no model, or if the
/// first model is the right one.
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
        // Without a small model of ours the main model does this work in any case.
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

/// Whether a model setting, text or an object with `primary` and `fallbacks`, names only our models.
fn all_ours(value: &Value) -> bool {
    let mut fallbacks = value.items_at(&["fallbacks"]).iter();
    primary(value).is_some_and(is_ours) && fallbacks.all(|item| item.as_str().is_some_and(is_ours))
}

/// Restores the former values. A value that the user changed in the meantime stays as it is.
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

/// The paths of the objects around a pinned place, innermost first. None of the keys needs quotes.
fn ancestors(place: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(place.rsplit_once('.'), |(outer, _)| outer.rsplit_once('.'))
        .map(|(outer, _)| outer)
}

/// The path of an empty object around a place, if there is one.
fn empty_ancestor(draft: &Draft, place: &str) -> Option<Value> {
    ancestors(place)
        .find(|outer| matches!(draft.get(outer), Some(Value::Object(all)) if all.is_empty()))
        .map(text_value)
}

/// Removes the empty objects around a place, except those that were empty before.
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
