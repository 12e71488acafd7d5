//! What a model reference means. A model slot is closed only by a full reference that is exactly a row of the proxy's entry, or by an
//! alias that can mean nothing else. Other rules of OpenClaw are not repeated here: a reference that plainly leads elsewhere is
//! reported as such, and every other reference is unclear.

use std::collections::{BTreeMap, BTreeSet};

use super::vendors::built_in;
use super::version::Version;
use crate::ID;
use crate::document::{Value, path};
use crate::model_id::own_model;

/// OpenClaw's default provider: for an id without provider, and if no primary is set.
pub(super) const DEFAULT_PROVIDER: &str = "openai";

/// Text without the white space around it, as JavaScript trims it.
pub(super) fn trimmed(text: &str) -> &str {
    text.trim_matches(|c: char| (c.is_whitespace() && c != '\u{85}') || c == '\u{feff}')
}

/// Text in the form in which ids are compared: trimmed, with ASCII letters in lower case. (Other letters never close a slot, so
/// their case does not matter.)
pub(super) fn folded(text: &str) -> String {
    trimmed(text).to_ascii_lowercase()
}

/// What a reference means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Meaning {
    /// Only the proxy: the reference to its model.
    Ours(String),
    /// Another provider: where it leads, and why.
    Elsewhere(String, Reason),
    /// Unknown, with the reason.
    Unclear(&'static str),
}

/// Why a reference leads elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reason {
    /// It names another provider.
    Provider,
    /// The alias at this path.
    Alias(String),
    /// An alias that OpenClaw adds by itself.
    BuiltIn,
    /// It names no provider, and no provider in the file has a model with this id.
    BareId,
}

/// How a slot reads references.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ResolveOptions {
    /// Whether an alias can close the slot.
    pub(super) aliases: bool,
    /// Whether an id without provider means the default provider if no provider in the file has such a model.
    pub(super) bare_is_default: bool,
}

/// Whether a reference with this id can only mean the model with this id.
fn is_plain_id(id: &str) -> bool {
    !id.is_empty()
        && id
            .bytes()
            .all(|b| b.is_ascii_graphic() && b != b'@' && b != b'*')
}

/// An alias of a model map.
#[derive(Debug)]
struct Alias {
    /// The alias, folded.
    text: String,
    /// Whether the key is exactly a reference to one of our models.
    ours: bool,
    /// The key of the map: the reference that the alias stands for.
    leads_to: String,
    /// Path of the alias.
    path: String,
    /// Path of the agent that owns the map; empty for the defaults.
    owner: String,
}

/// The names of models in the file: those of the providers' rows, the aliases, and the keys of the model maps.
pub(super) struct Names<'a> {
    /// The exact references to the proxy's models.
    rows: BTreeSet<String>,
    aliases: Vec<Alias>,
    /// The positions in `aliases` of each folded alias.
    texts: BTreeMap<String, Vec<usize>>,
    /// The folded alias of each of our models in all maps, an empty one too; `None` for a model with several.
    row_aliases: BTreeMap<String, Option<String>>,
    /// The folded ids in the rows of all providers and in the keys of all model maps.
    listed: BTreeSet<String>,
    /// Whether a model map has a key that is not exactly a reference to one of our models.
    foreign_keys: bool,
    /// The folded ids of all configured providers.
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
                let alias = self.row_aliases.entry(key.clone());
                let alias = alias.or_insert_with(|| Some(text.clone()));
                alias.take_if(|known| *known != text);
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

    /// Whether a text is exactly a reference to one of the proxy's models.
    pub(super) fn is_row(&self, text: &str) -> bool {
        self.rows.contains(text)
    }

    /// The ids of the proxy's models, folded.
    pub(super) fn row_ids(&self) -> impl Iterator<Item = String> {
        let references = self.rows.iter();
        references.filter_map(|row| Some(folded(row.split_once('/')?.1)))
    }

    /// The ids of the proxy's models that OpenClaw takes for a built-in alias, each with the reference of that alias.
    pub(super) fn built_in_rows(&self) -> impl Iterator<Item = (String, &'static str)> {
        let named = |id: String| Some((built_in(self.version, &id)?, id));
        let all = self.row_ids().filter(|_| self.foreign_keys);
        all.filter_map(named).map(|(target, id)| (id, target))
    }

    /// Whether any map has this alias.
    pub(super) fn is_alias(&self, text: &str) -> bool {
        self.texts.contains_key(&folded(text))
    }

    /// What a reference means. `agent` is the path of the agent that reads it, or empty if all agents do.
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
                _ => Meaning::Elsewhere(alias.leads_to.clone(), Reason::Alias(alias.path.clone())),
            };
        }
        if self.is_row(text) {
            return Meaning::Ours(text.to_owned());
        }
        if let Some(target) = built_in(self.version, base).filter(|_| self.foreign_keys) {
            return Meaning::Elsewhere(target.to_owned(), Reason::BuiltIn);
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
                Meaning::Elsewhere(trimmed(text).to_owned(), Reason::Provider)
            };
        }
        if matches!(base, "openrouter:auto" | "openrouter:free") {
            return Meaning::Elsewhere(base.replace(':', "/"), Reason::Provider);
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
                Reason::BareId,
            );
        }
        Meaning::Unclear(
            "it names no provider, and which one OpenClaw takes depends on lists in the file and outside of it",
        )
    }

    /// An alias with this text that is not for one of our models and that the agent sees.
    fn foreign_alias(&self, text: &str, agent: &str) -> Option<&Alias> {
        let visible = |alias: &&Alias| {
            !alias.ours && (alias.owner.is_empty() || agent.is_empty() || alias.owner == agent)
        };
        let of = |text: &str| {
            let places = self.texts.get(text).into_iter().flatten();
            places.filter_map(|n| self.aliases.get(*n)).find(visible)
        };
        // `provider/alias` is a reference to that provider, unless some code of OpenClaw splits it. The second half may then be an alias.
        let pair =
            own_model(text).filter(|_| !self.rows.iter().any(|row| row.eq_ignore_ascii_case(text)));
        of(text).or_else(|| of(pair?))
    }

    /// The alias with this text, if it can mean only one of our models.
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
        let only = self.row_aliases.get(&alias.leads_to);
        let for_all = named.iter().any(|n| {
            self.aliases
                .get(*n)
                .is_some_and(|alias| alias.owner.is_empty())
        });
        let built_in = self.foreign_keys && built_in(self.version, reference).is_some();
        let sure = plain
            && for_all
            && only.is_some_and(Option::is_some)
            && named.iter().all(same)
            && !built_in
            && !self.listed.contains(reference);
        sure.then_some(alias)
    }

    /// The aliases that are not for our models: alias, reference, path.
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

    /// The model that OpenClaw takes if no primary is set: the first model of the first provider that has one, else one of `openai`.
    /// An entry of `openai` can come first (until 2026.7 always, later if it lists a model that differs between versions), so its
    /// models are not named here.
    pub(super) fn implicit_primary(&self) -> Meaning {
        let elsewhere = |reference: &str| Meaning::Elsewhere(reference.to_owned(), Reason::BareId);
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

/// The ids in the rows of a provider's entry; empty for a row without id.
fn rows(entry: &Value) -> impl Iterator<Item = &str> {
    let rows = entry.items_at(&["models"]);
    rows.iter()
        .map(|row| row.str_at(&["id"]).unwrap_or_default())
}

/// A folded reference without the `@` suffix that selects a login.
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

/// The entries of `models.providers` in JavaScript's order, which has whole numbers first.
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
            // As a text of one length, since each type of key would bring a map of 2 KB of its own into the component.
            Some(number) => drop(numbers.insert(format!("{number:010}"), n)),
            None => order.push(n),
        }
    }
    numbers
        .into_values()
        .chain(order)
        .filter_map(|n| entries.get(n))
        .map(|(key, value)| (key.as_str(), value))
}
