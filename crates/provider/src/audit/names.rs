//! What closes a model slot, and nothing more: a full reference, letter by letter, to a row of the proxy's entry, or an alias
//! that cannot mean anything else. How OpenClaw resolves the rest is not repeated here: what plainly leads elsewhere is
//! reported as that, everything else is unclear.

use std::collections::{BTreeMap, BTreeSet};

use super::vendors::built_in;
use super::version::Version;
use crate::ID;
use crate::document::{Value, path};
use crate::model_id::own_model;

/// The provider of a bare id that nothing else decides, and of an absent primary.
pub(super) const DEFAULT_PROVIDER: &str = "openai";

/// Text without white space around it, by JavaScript's idea of white space.
pub(super) fn trimmed(text: &str) -> &str {
    text.trim_matches(|c: char| (c.is_whitespace() && c != '\u{85}') || c == '\u{feff}')
}

/// Text as ids are compared: trimmed, ASCII in lower case. What is not ASCII is never closed, so its case does not matter.
pub(super) fn folded(text: &str) -> String {
    trimmed(text).to_ascii_lowercase()
}

/// What a reference means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Meaning {
    /// The proxy and nothing else: its reference.
    Ours(String),
    /// Shown to lead elsewhere: where, and why there.
    Elsewhere(String, Via),
    /// Unknown: why.
    Unclear(&'static str),
}

/// Why a reference leads elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Via {
    /// It names its provider.
    Provider,
    /// The alias at this path.
    Alias(String),
    /// An alias that OpenClaw adds by itself.
    BuiltIn,
    /// It names no provider, and no entry of the file lists the id.
    BareId,
}

/// How a slot reads its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ResolveOptions {
    /// Whether an alias may close it.
    pub(super) aliases: bool,
    /// Whether a bare id that no entry lists means the default provider.
    pub(super) bare_is_default: bool,
}

/// Whether an id of the proxy's entry can be named by a reference that means only it.
fn is_plain_id(id: &str) -> bool {
    !id.is_empty()
        && id
            .bytes()
            .all(|b| b.is_ascii_graphic() && b != b'@' && b != b'*')
}

/// An alias of a model map.
#[derive(Debug)]
struct Alias {
    /// Folded text.
    text: String,
    /// The reference, where the key is one of ours, letter by letter.
    ours: bool,
    /// The key, as it leads elsewhere.
    leads_to: String,
    /// Path of the alias.
    path: String,
    /// Path of the agent whose map it is in; empty for the defaults.
    owner: String,
}

/// Rows, aliases and lists of the file that give models their names.
pub(super) struct Names<'a> {
    /// References to the proxy's rows, letter by letter.
    rows: BTreeSet<String>,
    aliases: Vec<Alias>,
    /// By folded text: positions in `aliases`.
    texts: BTreeMap<String, Vec<usize>>,
    /// By reference to one of our rows: the folded aliases that any map gives it, empty ones included.
    row_aliases: BTreeMap<String, BTreeSet<String>>,
    /// Folded ids that a row or a key of any provider offers.
    listed: BTreeSet<String>,
    /// Whether a model map has a key that is not one of ours, letter by letter.
    foreign_keys: bool,
    /// Folded ids of all configured providers.
    pub(super) providers: BTreeSet<String>,
    root: &'a Value,
    version: Version,
}

impl<'a> Names<'a> {
    pub(super) fn new(root: &'a Value, version: Version) -> Self {
        let mut out = Self {
            rows: BTreeSet::new(),
            aliases: Vec::new(),
            texts: BTreeMap::new(),
            row_aliases: BTreeMap::new(),
            listed: BTreeSet::new(),
            foreign_keys: false,
            providers: BTreeSet::new(),
            root,
            version,
        };
        for (key, entry) in provider_entries(root) {
            out.providers.insert(folded(key));
            for id in rows(entry) {
                out.listed.insert(folded(id));
                if key == ID && is_plain_id(id) {
                    out.rows.insert(format!("{ID}/{id}"));
                }
            }
        }
        for (owner, at, map) in super::model_maps(root) {
            out.add_map(map, &at, &owner);
        }
        out
    }

    fn add_map(&mut self, map: &Value, at: &str, owner: &str) {
        for (key, entry) in map.as_object().unwrap_or_default() {
            let wildcard = key.ends_with("/*");
            let ours = self.rows.contains(key);
            self.foreign_keys |= !ours && !wildcard;
            if let Some((_, model)) = key.split_once('/') {
                self.listed.insert(folded(model));
            }
            let Some(alias) = entry.get("alias").filter(|_| !wildcard) else {
                continue;
            };
            let text = folded(alias.as_str().unwrap_or_default());
            let path = path::key(&path::key(at, key), "alias");
            if ours {
                self.row_aliases
                    .entry(key.clone())
                    .or_default()
                    .insert(text.clone());
            }
            if text.is_empty() {
                continue;
            }
            self.texts
                .entry(text.clone())
                .or_default()
                .push(self.aliases.len());
            self.aliases.push(Alias {
                text,
                ours,
                leads_to: trimmed(key).to_owned(),
                path,
                owner: owner.to_owned(),
            });
        }
    }

    /// Whether a text names a row of the proxy's entry, letter by letter.
    pub(super) fn is_row(&self, text: &str) -> bool {
        self.rows.contains(text)
    }

    /// The ids of the proxy's entry, folded.
    pub(super) fn row_ids(&self) -> impl Iterator<Item = String> {
        let references = self.rows.iter();
        references.filter_map(|row| Some(folded(row.split_once('/')?.1)))
    }

    /// Those of them that OpenClaw takes for an alias of its own, with what that means.
    pub(super) fn built_in_rows(&self) -> impl Iterator<Item = (String, &'static str)> {
        let named = |id: String| Some((built_in(self.version, &id)?, id));
        let all = self.row_ids().filter(|_| self.foreign_keys);
        all.filter_map(named).map(|(target, id)| (id, target))
    }

    /// Whether an alias of any map has a text.
    pub(super) fn is_alias(&self, text: &str) -> bool {
        self.texts.contains_key(&folded(text))
    }

    /// What a reference means to everyone who reads it; `agent` is the path of the one agent that does, or empty for all.
    pub(super) fn meaning(&self, text: &str, agent: &str, options: ResolveOptions) -> Meaning {
        let reference = folded(text);
        let base = without_profile(&reference);
        if let Some(alias) = self
            .foreign_alias(&reference, agent)
            .or_else(|| self.foreign_alias(base, agent))
        {
            return match alias.leads_to.split_once('/') {
                Some((provider, _)) if folded(provider) == ID => Meaning::Unclear(
                    "an alias reads it, for a model of the proxy that its entry does not list letter by letter",
                ),
                _ => Meaning::Elsewhere(alias.leads_to.clone(), Via::Alias(alias.path.clone())),
            };
        }
        if self.is_row(text) {
            return Meaning::Ours(text.to_owned());
        }
        if let Some(target) = built_in(self.version, base).filter(|_| self.foreign_keys) {
            return Meaning::Elsewhere(target.to_owned(), Via::BuiltIn);
        }
        if let Some((provider, model)) = reference.split_once('/') {
            let (provider, model) = (trimmed(provider), trimmed(model));
            return if provider == ID
                || provider.is_empty()
                || model.is_empty()
                || !provider.is_ascii()
            {
                Meaning::Unclear(if text.contains('@') {
                    "a suffix selects a login, and only a full reference without one is sure"
                } else {
                    "it is not, letter by letter, a model that the proxy's entry lists"
                })
            } else {
                Meaning::Elsewhere(trimmed(text).to_owned(), Via::Provider)
            };
        }
        if matches!(base, "openrouter:auto" | "openrouter:free") {
            return Meaning::Elsewhere(base.replace(':', "/"), Via::Provider);
        }
        if let Some(alias) = self.own_alias(text, &reference) {
            return if options.aliases {
                Meaning::Ours(alias.leads_to.clone())
            } else {
                Meaning::Unclear(
                    "this slot does not read aliases everywhere; only a full reference is sure",
                )
            };
        }
        if self.texts.contains_key(base) {
            return Meaning::Unclear(
                "an alias of that name is defined in more than one way, or another model has it as its id",
            );
        }
        if options.bare_is_default && !self.listed.contains(&reference) && reference.is_ascii() {
            return Meaning::Elsewhere(
                format!("{DEFAULT_PROVIDER}/{}", trimmed(text)),
                Via::BareId,
            );
        }
        Meaning::Unclear(
            "it names no provider, and which one OpenClaw takes depends on lists in the file and outside of it",
        )
    }

    /// An alias of a text that is not for one of our rows, and that a reader can see.
    fn foreign_alias(&self, text: &str, agent: &str) -> Option<&Alias> {
        let visible = |alias: &&Alias| {
            !alias.ours && (alias.owner.is_empty() || agent.is_empty() || alias.owner == agent)
        };
        let of = |text: &str| {
            let places = self.texts.get(text).into_iter().flatten();
            places.filter_map(|n| self.aliases.get(*n)).find(visible)
        };
        // `provider/alias` stays with its provider, except where a pair is resolved as it is written.
        let pair =
            own_model(text).filter(|_| !self.rows.iter().any(|row| row.eq_ignore_ascii_case(text)));
        of(text).or_else(|| of(pair?))
    }

    /// The alias of a text, if it can mean nothing but one of our rows.
    fn own_alias(&self, text: &str, reference: &str) -> Option<&Alias> {
        let plain = !text.is_empty()
            && text
                .bytes()
                .all(|b| b.is_ascii_graphic() && !matches!(b, b'@' | b'/' | b':'));
        let named = self.texts.get(reference)?;
        let alias = self.aliases.get(*named.first()?)?;
        let same = |n: &usize| {
            self.aliases
                .get(*n)
                .is_some_and(|other| other.ours && other.leads_to == alias.leads_to)
        };
        let only = self
            .row_aliases
            .get(&alias.leads_to)
            .is_some_and(|texts| texts.len() == 1);
        let for_all = named.iter().any(|n| {
            self.aliases
                .get(*n)
                .is_some_and(|alias| alias.owner.is_empty())
        });
        let built_in = self.foreign_keys && built_in(self.version, reference).is_some();
        let sure = plain
            && for_all
            && only
            && named.iter().all(same)
            && !built_in
            && !self.listed.contains(reference);
        sure.then_some(alias)
    }

    /// Aliases that do not lead to one of our rows: text, key, path.
    pub(super) fn foreign_aliases(&self) -> impl Iterator<Item = (&str, &str, &str)> {
        let foreign = self.aliases.iter().filter(|alias| !alias.ours);
        foreign.map(|alias| {
            (
                alias.text.as_str(),
                alias.leads_to.as_str(),
                alias.path.as_str(),
            )
        })
    }

    /// What OpenClaw takes where no primary is set: the first provider with a row, else `openai`. An entry of that one goes
    /// first, until 2026.7 whatever it lists, then where it lists a model that each version has another of: so no model is named here.
    pub(super) fn implicit_primary(&self) -> Meaning {
        let elsewhere = |reference: &str| Meaning::Elsewhere(reference.to_owned(), Via::BareId);
        let openai = provider_entries(self.root).any(|(key, _)| folded(key) == DEFAULT_PROVIDER);
        let first = provider_entries(self.root).find_map(|(key, entry)| {
            let id = rows(entry).next().filter(|id| !id.is_empty())?;
            Some(format!("{key}/{id}"))
        });
        match first {
            Some(reference) if self.is_row(&reference) && openai => Meaning::Unclear(
                "no primary is set, and OpenClaw's own default is a model of openai, which the file sets up",
            ),
            Some(reference) if self.is_row(&reference) => Meaning::Ours(reference),
            Some(reference) if folded(reference.split('/').next().unwrap_or_default()) == ID => {
                Meaning::Unclear(
                    "no primary is set, and the first row of the proxy's entry cannot be named letter by letter",
                )
            }
            Some(reference) => elsewhere(trimmed(&reference)),
            None => elsewhere(DEFAULT_PROVIDER),
        }
    }
}

/// The ids of the rows of a provider's entry; empty where a row has none.
fn rows(entry: &Value) -> impl Iterator<Item = &str> {
    let rows = entry.items_at(&["models"]);
    rows.iter()
        .map(|row| row.str_at(&["id"]).unwrap_or_default())
}

/// A folded reference before its suffix.
fn without_profile(text: &str) -> &str {
    let from = text.rfind('/').map_or(0, |slash| slash + 1);
    let end = text
        .get(from..)
        .and_then(|rest| rest.find('@'))
        .map(|n| from + n);
    match end {
        Some(end) if end > 0 => trimmed(text.get(..end).unwrap_or(text)),
        _ => text,
    }
}

/// The entries of `models.providers` in the order in which JavaScript lists them: whole numbers first.
pub(super) fn provider_entries(root: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let entries = root.members_at(&["models", "providers"]);
    let number = |key: &str| -> Option<u32> {
        let n: u32 = key.parse().ok()?;
        (n != u32::MAX && n.to_string() == key).then_some(n)
    };
    let mut numbers = BTreeMap::new();
    let mut order = Vec::new();
    for (n, (key, _)) in entries.iter().enumerate() {
        match number(key) {
            Some(number) => {
                numbers.insert(number, n);
            }
            None => order.push(n),
        }
    }
    numbers
        .into_values()
        .chain(order)
        .filter_map(|n| entries.get(n))
        .map(|(key, value)| (key.as_str(), value))
}
