//! Which models `/model` may choose: all that the login registers.

use super::draft::Draft;
use crate::ID;
use crate::document::Value;
use crate::document::path;

/// The map of models with their aliases and parameters.
pub(super) const MODELS: &str = "agents.defaults.models";

/// Lists every registered model beside the one with the alias, and takes away those that are registered no more.
///
/// OpenClaw 2026.9 reads a map that an older version could have written as the list of models that may be chosen
/// (`modelPolicyAllowlist` in its migrations). With the alias alone in it, `/model` would refuse all the others.
pub(super) fn list(draft: &mut Draft, models: &[String]) {
    let registered: Vec<String> = models.iter().map(|id| format!("{ID}/{id}")).collect();
    let is_ours = |key: &str| {
        key.strip_prefix(ID)
            .is_some_and(|rest| rest.starts_with('/'))
    };
    for (key, entry) in draft.entries(MODELS) {
        let empty = entry.as_object().is_some_and(<[_]>::is_empty);
        if is_ours(&key) && empty && !registered.contains(&key) {
            draft.remove(&path::key(MODELS, &key), "It is registered no more.");
        }
    }
    for reference in registered {
        let place = path::key(MODELS, &reference);
        if draft.get(&place).is_none() {
            let why = "So that /model may choose it.";
            draft.set(&place, Value::Object(Vec::new()), why);
        }
    }
}
