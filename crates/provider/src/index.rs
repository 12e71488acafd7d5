//! One kind of lookup table for the whole crate. Every further kind of map or sort would add kilobytes to the component.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

/// Positions by text.
#[derive(Debug, Default)]
pub(crate) struct Index(BTreeMap<String, Vec<usize>>);

impl Index {
    /// Adds a position under a text.
    pub(crate) fn add(&mut self, text: String, position: usize) {
        self.0.entry(text).or_default().push(position);
    }

    /// The positions under a text, in the order in which they were added.
    pub(crate) fn get(&self, text: &str) -> &[usize] {
        self.0.get(text).map_or(&[], Vec::as_slice)
    }

    /// The position that was added last under a text.
    pub(crate) fn last(&self, text: &str) -> Option<usize> {
        self.get(text).last().copied()
    }

    /// Whether anything is under a text.
    pub(crate) fn has(&self, text: &str) -> bool {
        self.0.contains_key(text)
    }

    /// Whether nothing was added.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The texts, sorted, each once.
    pub(crate) fn texts(&self) -> Vec<String> {
        self.0.keys().cloned().collect()
    }

    /// Texts and their positions, sorted by text.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &[usize])> {
        self.0
            .iter()
            .map(|(text, positions)| (text.as_str(), positions.as_slice()))
    }
}
