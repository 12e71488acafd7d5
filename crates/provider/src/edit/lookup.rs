//! Entries of an object, found by key.

use std::collections::BTreeMap;

use crate::collect::collect_unsorted;
use crate::document::Value;

/// Finds entries by key, at once where they are asked for in order.
pub(super) struct Lookup<'v> {
    entries: &'v [(String, Value)],
    /// Where the next one is looked for first.
    next: usize,
    /// Positions by key, once one was asked for out of order.
    index: Option<BTreeMap<&'v str, usize>>,
}

impl<'v> Lookup<'v> {
    pub(super) fn new(entries: &'v [(String, Value)]) -> Self {
        Self {
            entries,
            next: 0,
            index: None,
        }
    }

    pub(super) fn find(&mut self, key: &str) -> Option<&'v Value> {
        let entries = self.entries;
        let n = match entries.get(self.next) {
            Some((name, _)) if name == key => self.next,
            _ => {
                let keys = entries.iter().enumerate();
                let index = self.index.get_or_insert_with(|| {
                    collect_unsorted(keys.map(|(n, (name, _))| (name.as_str(), n)))
                });
                *index.get(key)?
            }
        };
        self.next = n + 1;
        entries.get(n).map(|(_, value)| value)
    }
}

/// How many of an object's keys stay, where it can become the other by taking away, changing and adding at the end.
pub(super) fn count_kept(old: &[(String, Value)], new: &[(String, Value)]) -> Option<usize> {
    let mut after = Lookup::new(new);
    let mut kept = 0;
    for (key, _) in old {
        if after.find(key).is_some() {
            if after.next != kept + 1 {
                return None;
            }
            kept += 1;
        }
    }
    Some(kept)
}
