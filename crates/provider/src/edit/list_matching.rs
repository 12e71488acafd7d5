//! Which items of two lists correspond to each other.

use std::collections::BTreeMap;

use crate::catalog::canonical;
use crate::document::Value;

/// For each text its positions, in rising order.
pub(super) type Positions = BTreeMap<String, Vec<usize>>;

/// The positions of texts.
pub(super) fn positions(texts: impl Iterator<Item = String>) -> Positions {
    let mut positions = Positions::new();
    for (n, text) in texts.enumerate() {
        positions.entry(text).or_default().push(n);
    }
    positions
}

/// The positions of one text.
pub(super) fn positions_of<'p>(positions: &'p Positions, text: &str) -> &'p [usize] {
    positions.get(text).map_or(&[], Vec::as_slice)
}

/// The identity of an item: the canonical `id` of a model, otherwise the whole item as text.
pub(super) fn identity(item: &Value) -> String {
    match item.str_at(&["id"]) {
        Some(id) => format!("id {}", canonical(id)),
        None => super::redact::redacted_json(item),
    }
}

/// For each new item, the position of the old item that it replaces. The positions rise. Items with the same identity are matched
/// first, then items between them that can be edited into each other. `names` are the identities of the old items.
pub(super) fn match_items(names: &Positions, old: &[Value], new: &[Value]) -> Vec<Option<usize>> {
    let mut next = 0;
    let mut places: Vec<Option<usize>> = Vec::with_capacity(new.len());
    for wanted in new {
        let known = positions_of(names, &identity(wanted));
        let found = known.get(known.partition_point(|n| *n < next)).copied();
        places.push(found);
        next = found.map_or(next, |n| n + 1);
    }
    let mut kinds: [Vec<usize>; 3] = Default::default();
    for (n, item) in old.iter().enumerate() {
        if let Some(kind) = item_kind(item).and_then(|kind| kinds.get_mut(kind)) {
            kind.push(n);
        }
    }
    // For each new item, the position that its old item must be before.
    let mut until = old.len();
    let mut bounds: Vec<usize> = Vec::with_capacity(new.len());
    for place in places.iter().rev() {
        until = place.unwrap_or(until);
        bounds.push(until);
    }
    let mut from = 0;
    for ((place, wanted), until) in places.iter_mut().zip(new).zip(bounds.iter().rev()) {
        if place.is_none()
            && let Some(all) = item_kind(wanted).and_then(|kind| kinds.get(kind))
        {
            let found = all.get(all.partition_point(|n| *n < from)).copied();
            *place = found.filter(|n| n < until);
        }
        from = place.map_or(from, |place| place + 1);
    }
    places
}

/// The kind of an item. Items of one kind can be edited into each other: objects without `id`, lists, and all other values.
fn item_kind(item: &Value) -> Option<usize> {
    match item {
        Value::Object(_) => item.get("id").is_none().then_some(0),
        Value::Array(_) => Some(1),
        _ => Some(2),
    }
}

/// Whether two items are equal, have the same identity, or can be edited into each other.
pub(super) fn are_interchangeable(left: &Value, right: &Value) -> bool {
    let kinds = (item_kind(left), item_kind(right));
    kinds.0.is_some() && kinds.0 == kinds.1 || left == right || identity(left) == identity(right)
}
