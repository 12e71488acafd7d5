//! The models that `/model` may choose: all registered models.

use std::collections::BTreeSet;

use super::draft::Draft;
use crate::ID;
use crate::collect::collect_unsorted;
use crate::document::Value;
use crate::model_id::own_model;

/// The path of the map with these models.
pub(super) const DEFAULT_MODELS: &str = "agents.defaults.models";

/// Adds every registered model to the map, and removes our models that are no longer registered.
///
/// OpenClaw 2026.9 takes this map, which older versions wrote too, for the list of models that may be chosen (`modelPolicyAllowlist`
/// in its migrations). If only the model with the alias were in it, `/model` would refuse all others.
pub(super) fn list_models(draft: &mut Draft, models: &[String]) {
    let registered: Vec<String> = models.iter().map(|id| format!("{ID}/{id}")).collect();
    let wanted: BTreeSet<&str> = collect_unsorted(registered.iter().map(String::as_str));
    let gone = |key: &str, entry: &Value| {
        own_model(key).is_some()
            && entry.as_object().is_some_and(<[_]>::is_empty)
            && !wanted.contains(key)
    };
    draft.update_members(
        DEFAULT_MODELS,
        (gone, "It is no longer registered."),
        (&registered, "So that /model may choose it."),
    );
}
