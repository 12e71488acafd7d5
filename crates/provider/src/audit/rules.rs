//! The walk over the tree: every value is matched against the inventory and judged by its row.

use super::finding::{Code, set, unset};
use super::table::{Check, Class, Row, State, has_switch};
use super::{Auditor, Where};
use crate::ID;
use crate::address;
use crate::document::{Value, path};

/// Where the walk stands.
#[derive(Clone, Copy)]
pub(super) struct Spot<'s> {
    /// The path.
    pub(super) at: &'s str,
    /// The keys of the path, list positions as empty keys.
    pub(super) keys: &'s [&'s str],
    /// The object or list that holds the value.
    pub(super) holder: &'s Value,
    /// How the place counts.
    pub(super) place: Where,
}

/// What does not change on the way down.
#[derive(Clone, Copy)]
struct Level<'s> {
    /// Where the nearest channel stands in the table: its accounts are matched from there.
    channel: &'s State,
    /// The object or list around the value.
    holder: &'s Value,
    /// How the place counts.
    place: Where,
}

/// Longest path that is judged; a longer one is not decided.
const MAX_PATH: usize = 4096;

impl Auditor<'_> {
    /// Judges every value of the tree.
    pub(super) fn walk(&mut self) {
        let state = self.table.start();
        let level = Level {
            channel: &state,
            holder: self.root,
            place: Where { off: false },
        };
        self.visit(
            self.root,
            &state,
            &mut String::new(),
            &mut Vec::new(),
            level,
        );
    }

    /// One value and everything in it.
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
            holder, mut place, ..
        } = level;
        let spot = Spot {
            at,
            keys,
            holder,
            place,
        };
        match value {
            // A reference to a secret: its `provider` is a secret store.
            Value::Object(_)
                if row.is_some_and(|row| row.class == Class::C) || is_secret_reference(value) =>
            {
                if let Some(row) =
                    row.filter(|row| matches!(row.check, Check::Arming | Check::Vendor))
                {
                    self.check(row, value, &spot);
                }
            }
            Value::Object(entries) => {
                // Internal hooks have a switch of their own, and OpenClaw asks no other.
                place.off &= *keys != ["hooks", "internal"];
                place.off |=
                    switched_off(value) && has_switch(self.version, keys) && !self.is_reenabled(at);
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
                        place,
                    };
                    self.visit(child, &next, at, keys, level);
                    keys.pop();
                    at.truncate(len);
                }
            }
            Value::Array(items) => {
                // The old roster form: each item is judged as an entry.
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
            leaf => match row {
                Some(row) => self.check(row, leaf, &spot),
                None => self.scan(leaf, at, keys, place),
            },
        }
    }

    /// Whether memory search that is off there is used all the same: an agent turns it on again, or callers of the Gateway do.
    pub(super) fn is_reenabled(&self, at: &str) -> bool {
        let layout = self.version.layout();
        if self.slots.serves_embeddings() && at.ends_with(&layout.own_search.join(".")) {
            return true;
        }
        at == layout.search_path()
            && super::agents(self.root).any(|(_, _, entry)| {
                let enabled = entry
                    .at(layout.own_search)
                    .and_then(|search| search.get("enabled"));
                enabled.and_then(Value::as_bool) == Some(true)
            })
    }

    pub(super) fn check(&mut self, row: &Row, value: &Value, spot: &Spot<'_>) {
        let place = Where {
            off: spot.place.off || self.is_dormant(row, spot.keys),
        };
        let spot = &Spot { place, ..*spot };
        let Spot { at, keys, .. } = *spot;
        match row.check {
            Check::Nothing => {}
            Check::Switch => {
                if value.as_bool() == Some(true) {
                    self.outside(
                        Code::ExternalHarness,
                        at,
                        "an external agent",
                        format!("This opens a way past the proxy: {}.", row.note),
                        set(at, "false"),
                        place,
                    );
                } else if value.as_bool().is_none() {
                    self.shape(value, at);
                }
            }
            Check::Inbound => {
                if value.as_bool() == Some(true) {
                    self.found.exposure(
Code::InboundModel,
                        at,
                        "",
                        "Callers of this interface may name any model in a header; agents.defaults.modelPolicy.allow is what bounds them.".to_owned(),
                        set("agents.defaults.modelPolicy.allow", &format!("[\"{ID}/*\"]")),
                    );
                }
            }
            Check::Bounded => self.bounded(row, value, spot),
            Check::Arming => self.arming(row, at, keys, place),
            Check::SpeechOn => self.speech_on(value, at),
            Check::Secret => self.found.exposure(
                Code::UnusedCredential,
                at,
                "",
                format!("A credential in the file: {}.", row.note),
                unset(at),
            ),
            Check::Content => {
                if let Some(text) = value.as_str()
                    && super::scan::is_address(text)
                {
                    self.content(row, text, at);
                }
            }
            Check::Params => {
                if let Some(text) = value.as_str()
                    && super::scan::is_address(text)
                    && !address::decide(text).is_loopback()
                {
                    self.content(row, text, at);
                }
            }
            Check::Vendor => self.vendor(row, value, at, keys, place),
            Check::Primary
            | Check::Fallback
            | Check::Model
            | Check::Exact
            | Check::Speech
            | Check::SpeechAuto
            | Check::Search
            | Check::ModelOpenai
            | Check::Image
            | Check::Split
            | Check::Owned
            | Check::Entry
            | Check::Preferred
            | Check::Grant
            | Check::Provider
            | Check::Embedding
            | Check::Url
            | Check::Command
            | Check::Acp
            | Check::Harness
            | Check::ModelRun
            | Check::ProvRun
            | Check::Plugin
            | Check::Mode
            | Check::Remote
            | Check::OwnHost => match value.as_str() {
                None => self.shape(value, at),
                Some(text) if self.is_open_question(text, at, place) => {}
                Some(text) => self.check_text(row, text, spot),
            },
        }
    }

    pub(super) fn shape(&mut self, value: &Value, at: &str) {
        self.found.undecided(
            Code::UnknownShape,
            at,
            &format!(
                "{} stands where OpenClaw accepts something else",
                value.kind()
            ),
        );
    }
}

/// `{source, provider, id}` names a secret; its `provider` is no model provider.
fn is_secret_reference(value: &Value) -> bool {
    ["source", "provider", "id"]
        .iter()
        .all(|key| value.get(key).is_some())
}

fn switched_off(value: &Value) -> bool {
    value.get("enabled").and_then(Value::as_bool) == Some(false)
}
