//! The walk over the tree: every value is matched against the inventory and checked as its row says.

use super::code::Code;
use super::inventory::{Check, Class, Row, State, has_switch};
use super::{Auditor, Location};
use crate::document::{Value, path};

/// The place of a value on the walk, and the row of the inventory that it matches.
#[derive(Clone, Copy)]
pub(super) struct Cursor<'s> {
    pub(super) row: &'static Row,
    pub(super) location: Location<'s>,
    /// The keys of the path, with an empty key for each list position.
    pub(super) keys: &'s [&'s str],
    /// The object or list that holds the value.
    pub(super) holder: &'s Value,
}

impl<'s> Cursor<'s> {
    /// The last key of the path.
    pub(super) fn last_key(&self) -> &'s str {
        last_key(self.keys)
    }
}

/// The last of these keys that is no list position.
pub(super) fn last_key<'s>(keys: &[&'s str]) -> &'s str {
    let mut keys = keys.iter().rev().copied();
    keys.find(|key| !key.is_empty()).unwrap_or_default()
}

/// What one level of the walk passes on to the next.
#[derive(Clone, Copy)]
struct Level<'s> {
    /// The state of the matcher at the channel around the value. Its accounts are matched from there.
    channel: &'s State,
    /// The object or list around the value.
    holder: &'s Value,
    /// Whether something around the value is switched off.
    disabled: bool,
}

/// Longest path that is checked, in bytes. A longer one is undecided.
const MAX_PATH: usize = 4096;

impl Auditor<'_> {
    /// Checks every value of the tree.
    pub(super) fn walk(&mut self) {
        let state = self.table.start();
        let level = Level {
            channel: &state,
            holder: self.root,
            disabled: false,
        };
        self.visit(
            self.root,
            &state,
            &mut String::new(),
            &mut Vec::new(),
            level,
        );
    }

    /// Checks one value and everything in it.
    fn visit<'v>(
        &mut self,
        value: &'v Value,
        state: &State,
        at: &mut String,
        keys: &mut Vec<&'v str>,
        level: Level<'_>,
    ) {
        if at.len() > MAX_PATH {
            self.found.undecided(
                Code::TooLarge,
                "",
                "a path in the file is longer than this audit follows",
            );
            return;
        }
        let row = self.table.row(state);
        let Level {
            holder,
            mut disabled,
            ..
        } = level;
        let location = Location { path: at, disabled };
        let cursor = row.map(|row| Cursor {
            row,
            location,
            keys,
            holder,
        });
        match value {
            // A reference to a secret, whose `provider` is a secret store.
            Value::Object(_)
                if row.is_some_and(|row| row.class == Class::Credential)
                    || is_secret_reference(value) =>
            {
                let arms = |cursor: &Cursor<'_>| {
                    matches!(
                        cursor.row.check,
                        Check::ArmingCredential | Check::VendorSetting
                    )
                };
                if let Some(cursor) = cursor.filter(arms) {
                    self.check(value, cursor);
                }
            }
            Value::Object(entries) => {
                // OpenClaw ignores the switch of `hooks` for internal hooks, which have their own.
                disabled &= *keys != ["hooks", "internal"];
                disabled |= is_switched_off(value)
                    && has_switch(self.version, keys)
                    && !self.is_reenabled(at);
                for (key, child) in entries {
                    let len = at.len();
                    path::push_key(at, key);
                    keys.push(key);
                    // `channels.<id>.accounts.<account>` repeats `channels.<id>`.
                    let next = match keys.as_slice() {
                        ["channels", _, "accounts", _] => level.channel.clone(),
                        _ => self.table.key(state, key),
                    };
                    let level = Level {
                        channel: if keys.len() == 2 {
                            &next
                        } else {
                            level.channel
                        },
                        holder: value,
                        disabled,
                    };
                    self.visit(child, &next, at, keys, level);
                    keys.pop();
                    at.truncate(len);
                }
            }
            Value::Array(items) => {
                // The former list of agents: each item is matched as an entry.
                let next = match keys.as_slice() {
                    ["agents", "list"] => ["agents", "entries", "*"]
                        .iter()
                        .fold(self.table.start(), |state, key| self.table.key(&state, key)),
                    _ => self.table.item(state),
                };
                let level = Level {
                    holder: value,
                    ..level
                };
                for (n, item) in items.iter().enumerate() {
                    let len = at.len();
                    path::push_index(at, n);
                    keys.push("");
                    self.visit(item, &next, at, keys, level);
                    keys.pop();
                    at.truncate(len);
                }
            }
            leaf => match cursor {
                Some(cursor) => self.check(leaf, cursor),
                None => self.check_unlisted(leaf, location, keys),
            },
        }
    }

    /// Whether memory search that is switched off at this path is used anyway, because an agent or the Gateway's API switches it on.
    pub(super) fn is_reenabled(&self, at: &str) -> bool {
        let layout = self.version.layout();
        if self.slots.serves_embeddings() && at.ends_with(&layout.own_search.join(".")) {
            return true;
        }
        at == layout.search_path()
            && super::agents(self.root).any(|(_, _, entry)| {
                let search = entry.at(layout.own_search);
                search.is_some_and(|search| search.bool_at(&["enabled"]) == Some(true))
            })
    }
}

/// Whether a value is `{source, provider, id}`, which names a secret; its `provider` is no model provider.
fn is_secret_reference(value: &Value) -> bool {
    ["source", "provider", "id"]
        .iter()
        .all(|key| value.get(key).is_some())
}

fn is_switched_off(value: &Value) -> bool {
    value.bool_at(&["enabled"]) == Some(false)
}
