//! Replaces references to models that are no longer registered with references to other models of ours. A reference to a missing
//! model is not closed, and a turn with it fails.

use std::collections::{BTreeMap, BTreeSet};

use super::draft::{Draft, text_value};
use crate::ID;
use crate::collect::collect_unsorted;
use crate::document::Value;
use crate::document::path;
use crate::model_id::ModelId;
use crate::settings::SETTINGS_PATH;

/// Parts of the document whose texts are no references in use.
const NOT_REFERENCES: [&str; 2] = ["models.providers", SETTINGS_PATH];

/// Replaces references to the models that are in `before` and not in `now`: with a model of the same family if there is one,
/// otherwise with the first model.
pub(super) fn redirect_references(draft: &mut Draft, before: &[String], now: &[String]) {
    let there: BTreeSet<&str> = collect_unsorted(now.iter().map(String::as_str));
    let gone = before.iter().filter(|id| !there.contains(id.as_str()));
    let (gone, next): (Vec<String>, Vec<String>) = gone
        .filter_map(|id| {
            let family = ModelId::parse(id).family();
            let same = now
                .iter()
                .find(|other| family.is_some() && ModelId::parse(other).family() == family);
            let next = same.or_else(|| now.first())?;
            Some((format!("{ID}/{id}"), format!("{ID}/{next}")))
        })
        .unzip();
    let gone: BTreeMap<String, usize> =
        collect_unsorted(gone.into_iter().enumerate().map(|(n, id)| (id, n)));
    let mut places = Vec::new();
    if !gone.is_empty() {
        collect_references(&draft.new, String::new(), (&gone, &next), &mut places);
    }
    for (place, next) in places {
        let why = "The model that it names is no longer registered.";
        draft.set(&place, text_value(&next), why);
    }
}

/// Collects the places with a reference to a removed model, each with the reference that replaces it.
fn collect_references(
    value: &Value,
    place: String,
    (gone, next): (&BTreeMap<String, usize>, &[String]),
    places: &mut Vec<(String, String)>,
) {
    if NOT_REFERENCES.contains(&place.as_str()) {
        return;
    }
    match value {
        Value::String(text) => {
            if let Some(next) = gone.get(text).and_then(|n| next.get(*n)) {
                places.push((place, next.clone()));
            }
        }
        Value::Array(items) => {
            for (n, item) in items.iter().enumerate() {
                collect_references(item, path::index(&place, n), (gone, next), places);
            }
        }
        Value::Object(members) => {
            for (key, member) in members {
                collect_references(member, path::key(&place, key), (gone, next), places);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
