//! Which models `/model` may choose: all that the login registers.

use std::collections::BTreeSet;

use super::draft::Draft;
use crate::ID;
use crate::collect::collect_unsorted;
use crate::document::Value;
use crate::model_id::own_model;

/// Where they stand.
pub(super) const DEFAULT_MODELS: &str = "agents.defaults.models";

/// Lists every registered model beside the one with the alias, and takes away those that are registered no more.
///
/// OpenClaw 2026.9 reads a map that an older version could have written as the list of models that may be chosen
/// (`modelPolicyAllowlist` in its migrations). With the alias alone in it, `/model` would refuse all the others.
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
        (gone, "It is registered no more."),
        (&registered, "So that /model may choose it."),
    );
}
