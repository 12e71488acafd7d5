//! Looks up entries of an object by key.

use std::collections::BTreeMap;

use crate::collect::collect_unsorted;
use crate::document::Value;

/// An index of an object. Without it, looking up all keys of an object would take quadratic time.
pub(super) struct Lookup<'v> {
    entries: &'v [(String, Value)],
    positions: BTreeMap<&'v str, usize>,
}

impl<'v> Lookup<'v> {
    pub(super) fn new(entries: &'v [(String, Value)]) -> Self {
        let keys = entries.iter().enumerate();
        Self {
            entries,
            positions: collect_unsorted(keys.map(|(n, (key, _))| (key.as_str(), n))),
        }
    }

    pub(super) fn find(&self, key: &str) -> Option<&'v Value> {
        let entry = self.entries.get(*self.positions.get(key)?);
        entry.map(|(_, value)| value)
    }
}

/// The number of keys that stay, if the old object can become the new one by removing and changing entries and by adding some at the
/// end. Otherwise `None`.
pub(super) fn count_kept(old: &[(String, Value)], new: &[(String, Value)]) -> Option<usize> {
    let after = Lookup::new(new);
    let kept = old
        .iter()
        .filter_map(|(key, _)| after.positions.get(key.as_str()));
    let count = kept.clone().count();
    kept.copied().eq(0..count).then_some(count)
}
