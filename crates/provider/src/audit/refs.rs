//! What a model reference means: aliases, bare ids, profile suffixes and slot defaults, as OpenClaw 2026.9.6 resolves them.

use std::collections::{BTreeMap, BTreeSet};

use crate::ID;
use crate::document::{Value, path};

/// The provider of a bare id that nothing else decides, and of an absent primary.
pub(super) const DEFAULT_PROVIDER: &str = "openai";
/// The model of an absent primary.
pub(super) const DEFAULT_MODEL: &str = "gpt-6-astra";

/// Text without white space around it, by JavaScript's idea of white space.
pub(super) fn trimmed(text: &str) -> &str {
    text.trim_matches(|c: char| (c.is_whitespace() && c != '\u{85}') || c == '\u{feff}')
}

/// Text as OpenClaw compares ids: trimmed, lower case.
pub(super) fn folded(text: &str) -> String {
    trimmed(text).to_lowercase()
}

/// Where a reference leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    /// Provider id, folded.
    pub(super) provider: String,
    /// Model id.
    pub(super) model: String,
    /// How it was found.
    pub(super) how: How,
}

/// How a reference was resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum How {
    /// It names its provider.
    Literal,
    /// Through the alias at this path.
    Alias(String),
    /// A bare id that exactly one provider lists.
    Unique,
    /// A bare id that several providers list; the slot's default decides, or a catalog that is not in the file.
    Ambiguous,
    /// A bare id that nobody lists; the slot's default decides.
    Default,
}

impl Target {
    fn new(provider: &str, model: &str, how: How) -> Self {
        Self {
            provider: folded(provider),
            model: trimmed(model).to_owned(),
            how,
        }
    }

    /// Whether it is the proxy.
    pub(super) fn is_ours(&self) -> bool {
        self.provider == ID
    }

    /// `provider/model`, for reports.
    pub(super) fn text(&self) -> String {
        if self.model.is_empty() {
            self.provider.clone()
        } else {
            format!("{}/{}", self.provider, self.model)
        }
    }
}

/// Cuts a credential profile off a reference (`model@profile`); date and quantisation suffixes are part of the id.
pub(super) fn without_profile(raw: &str) -> &str {
    let text = trimmed(raw);
    let after_slash = text.rfind('/').map_or(0, |slash| slash + 1);
    let find = |from: usize| {
        text.get(from..)
            .and_then(|rest| rest.find('@'))
            .map(|n| from + n)
    };
    let Some(mut cut) = find(after_slash).filter(|cut| *cut > 0) else {
        return text;
    };
    let suffix = |cut: usize| {
        let rest = text.get(cut + 1..).unwrap_or_default();
        rest.split('@').next().unwrap_or_default()
    };
    for is_part_of_id in [is_date as fn(&str) -> bool, is_quantisation] {
        if is_part_of_id(suffix(cut)) {
            match find(cut + 1) {
                Some(next) => cut = next,
                None => return text,
            }
        }
    }
    let model = trimmed(text.get(..cut).unwrap_or_default());
    let profile = trimmed(text.get(cut + 1..).unwrap_or_default());
    if model.is_empty() || profile.is_empty() {
        text
    } else {
        model
    }
}

fn is_date(suffix: &str) -> bool {
    suffix.len() == 8 && suffix.bytes().all(|b| b.is_ascii_digit())
}

/// `q4_k_m`, `iq3_xs`, `8bit`.
fn is_quantisation(suffix: &str) -> bool {
    let lower = suffix.to_ascii_lowercase();
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if lower.strip_suffix("bit").is_some_and(digits) {
        return true;
    }
    let tail = lower.strip_prefix('i').unwrap_or(&lower);
    let Some(tail) = tail.strip_prefix('q') else {
        return false;
    };
    let mut parts = tail.split('_');
    parts.next().is_some_and(digits)
        && parts.all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric()))
}

/// `provider/model`, both sides filled.
fn literal(text: &str) -> Option<(&str, &str)> {
    let (provider, model) = text.split_once('/')?;
    let (provider, model) = (trimmed(provider), trimmed(model));
    (!provider.is_empty() && !model.is_empty()).then_some((provider, model))
}

/// An alias of a model map.
#[derive(Debug, Clone)]
struct Alias {
    text: String,
    /// Folded provider of the map key; `None` where the key is bare and the slot's default decides.
    provider: Option<String>,
    model: String,
    key_has_slash: bool,
    path: String,
}

impl Alias {
    fn key(&self) -> String {
        scoped(self.provider.as_deref().unwrap_or_default(), &self.model)
    }
}

/// What ids a list of providers or map keys offers.
#[derive(Debug, Default)]
struct Offers {
    /// Folded provider ids.
    ids: Vec<String>,
    /// By provider id: its position in `ids`.
    known: BTreeMap<String, usize>,
    /// By model id as it is written: providers.
    exact: BTreeMap<String, Vec<usize>>,
    /// By folded model id: providers.
    folded: BTreeMap<String, Vec<usize>>,
}

enum Match {
    None,
    One(String),
    Many,
}

impl Offers {
    fn add(&mut self, provider: &str, model: &str) {
        let (provider, model) = (folded(provider), trimmed(model));
        if provider.is_empty() || model.is_empty() {
            return;
        }
        let id = *self.known.entry(provider).or_insert_with_key(|provider| {
            self.ids.push(provider.clone());
            self.ids.len() - 1
        });
        for (map, text) in [
            (&mut self.exact, model.to_owned()),
            (&mut self.folded, folded(model)),
        ] {
            // Two providers are as ambiguous as a thousand.
            let listed = map.entry(text).or_default();
            if listed.len() < 2 && !listed.contains(&id) {
                listed.push(id);
            }
        }
    }

    fn add_map(&mut self, map: Option<&Value>) {
        for (key, _) in map.and_then(Value::as_object).unwrap_or_default() {
            if let Some((provider, model)) = literal(trimmed(key))
                && model != "*"
            {
                self.add(provider, model);
            }
        }
    }

    fn find(&self, model: &str) -> Match {
        let model = trimmed(model);
        let listed = self.exact.get(model);
        match listed
            .or_else(|| self.folded.get(&folded(model)))
            .map(Vec::as_slice)
        {
            None => Match::None,
            Some([one]) => self
                .ids
                .get(*one)
                .map_or(Match::Many, |id| Match::One(id.clone())),
            _ => Match::Many,
        }
    }
}

/// The aliases of one model map, looked up by text.
#[derive(Debug, Default)]
struct Aliases {
    all: Vec<Alias>,
    /// By folded text, and by folded provider and text: positions, in order.
    texts: BTreeMap<String, Vec<usize>>,
    /// By model: the last entry with an alias, an empty one included.
    models: BTreeMap<String, usize>,
}

impl Aliases {
    /// Reads a map. Of several entries for one model the last counts, and an empty alias removes it.
    fn new(map: Option<&Value>, at: &str) -> Self {
        let mut out = Self {
            all: aliases(map, at),
            ..Self::default()
        };
        for (n, alias) in out.all.iter().enumerate() {
            out.models.insert(alias.key(), n);
        }
        for (n, alias) in out.all.iter().enumerate() {
            if out.models.get(&alias.key()) != Some(&n) || alias.text.is_empty() {
                continue;
            }
            let text = folded(&alias.text);
            if let Some(provider) = &alias.provider {
                out.texts
                    .entry(scoped(provider, &text))
                    .or_default()
                    .push(n);
            }
            out.texts.entry(text).or_default().push(n);
        }
        out
    }

    /// The last alias under a text whose model `over` does not redefine.
    fn last(&self, text: &str, over: &Self) -> Option<&Alias> {
        let found = self
            .texts
            .get(text)
            .into_iter()
            .flatten()
            .rev()
            .filter_map(|n| self.all.get(*n));
        let mut found =
            found.filter(|alias| over.models.is_empty() || !over.models.contains_key(&alias.key()));
        found.next()
    }
}

/// The text under which an alias is found within its provider only. It begins with a line break, which no trimmed text does.
fn scoped(provider: &str, text: &str) -> String {
    format!("\n{provider}\n{text}")
}

/// What is the same for every agent: the default model map and the provider rows.
pub(super) struct Shared<'a> {
    defaults: Aliases,
    /// Stands in for the map of whoever has none.
    none: Aliases,
    offers: Offers,
    /// First provider entry of each folded id has an `api` that is not its own id.
    own_api: BTreeSet<String>,
    /// Folded ids of all configured providers.
    pub(super) providers: BTreeSet<String>,
    root: &'a Value,
}

impl<'a> Shared<'a> {
    pub(super) fn new(root: &'a Value) -> Self {
        let map = root.at(&["agents", "defaults", "models"]);
        let mut offers = Offers::default();
        offers.add_map(map);
        let mut providers = BTreeSet::new();
        let mut own_api = BTreeSet::new();
        for (key, entry) in provider_entries(root) {
            let id = folded(key);
            for row in entry
                .get("models")
                .and_then(Value::as_array)
                .unwrap_or_default()
            {
                if let Some(model) = row.get("id").and_then(Value::as_str) {
                    offers.add(key, model);
                }
            }
            let api = entry.get("api").and_then(Value::as_str).map(folded);
            if !providers.contains(&id) && api.is_some_and(|api| !api.is_empty() && api != id) {
                own_api.insert(id.clone());
            }
            providers.insert(id);
        }
        Self {
            defaults: Aliases::new(map, "agents.defaults.models"),
            none: Aliases::default(),
            offers,
            own_api,
            providers,
            root,
        }
    }
}

/// The entries of `models.providers` in the order in which JavaScript lists them: whole numbers first.
pub(super) fn provider_entries(root: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let entries = root
        .at(&["models", "providers"])
        .and_then(Value::as_object)
        .unwrap_or_default();
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

/// The aliases of one model map, in its order; an entry with an empty alias is kept, because it disables others.
fn aliases(map: Option<&Value>, at: &str) -> Vec<Alias> {
    let mut out = Vec::new();
    for (key, entry) in map.and_then(Value::as_object).unwrap_or_default() {
        let Some(alias) = entry.get("alias") else {
            continue;
        };
        let name = trimmed(key);
        if name.is_empty() || name.ends_with("/*") {
            continue;
        }
        let (provider, model) = match literal(name) {
            Some((provider, model)) => (Some(folded(provider)), model),
            None if name.contains('/') => continue,
            None => (None, name),
        };
        out.push(Alias {
            text: trimmed(alias.as_str().unwrap_or_default()).to_owned(),
            provider,
            model: model.to_owned(),
            key_has_slash: name.contains('/'),
            path: path::key(&path::key(at, key), "alias"),
        });
    }
    out
}

/// Who resolves: the defaults, or one agent.
pub(super) struct Scope<'a> {
    shared: &'a Shared<'a>,
    /// The agent's id; empty for the defaults.
    pub(super) agent: String,
    /// Where the agent stands in the file; empty for the defaults.
    pub(super) place: String,
    /// The agent's own aliases, which go before those of the defaults.
    aliases: Aliases,
    own: Offers,
    /// Where turns of this scope start.
    pub(super) primary: Target,
    /// Whether any primary is set, here or in the defaults.
    pub(super) has_primary: bool,
}

impl<'a> Scope<'a> {
    pub(super) fn new(
        shared: &'a Shared<'a>,
        agent: &str,
        place: &str,
        entry: Option<&'a Value>,
    ) -> Self {
        let map = entry.and_then(|entry| entry.get("models"));
        let mut own = Offers::default();
        own.add_map(map);
        let mut scope = Self {
            shared,
            agent: agent.to_owned(),
            place: place.to_owned(),
            aliases: Aliases::new(map, &path::key(place, "models")),
            own,
            primary: Target::new(DEFAULT_PROVIDER, DEFAULT_MODEL, How::Default),
            has_primary: false,
        };
        let raw = entry
            .and_then(|entry| primary_text(entry.get("model")))
            .or_else(|| primary_text(shared.root.at(&["agents", "defaults", "model"])));
        match raw {
            Some(raw) => {
                scope.has_primary = true;
                scope.primary = scope.primary(raw);
            }
            None => scope.primary = implicit_primary(shared.root),
        }
        scope
    }

    /// The alias of a folded text that counts here.
    fn alias(&self, text: &str) -> Option<&Alias> {
        let (own, defaults) = (&self.aliases, &self.shared.defaults);
        own.last(text, &self.shared.none)
            .or_else(|| defaults.last(text, own))
    }

    fn through(&self, alias: &Alias, default: &str) -> Target {
        Target::new(
            alias.provider.as_deref().unwrap_or(default),
            &alias.model,
            How::Alias(alias.path.clone()),
        )
    }

    /// What a primary means. It alone takes a literal reference before an alias, and only where the provider's entry has an
    /// `api` of its own.
    pub(super) fn primary(&self, raw: &str) -> Target {
        let whole = trimmed(raw);
        let cut = without_profile(whole);
        let exact = self.alias(&folded(whole));
        if cut != whole
            && let Some(alias) = exact.or_else(|| self.alias(&folded(cut)))
        {
            return self.through(alias, DEFAULT_PROVIDER);
        }
        if let Some((provider, model)) = literal(cut)
            && (self.shared.own_api.contains(&folded(provider))
                || exact.is_some_and(|alias| !alias.key_has_slash))
        {
            return Target::new(provider, model, How::Literal);
        }
        self.resolve(whole, DEFAULT_PROVIDER)
    }

    /// What a reference means in a slot whose bare ids mean `default`.
    pub(super) fn resolve(&self, raw: &str, default: &str) -> Target {
        let text = without_profile(raw);
        if let Some(alias) = self.alias(&folded(text)) {
            return self.through(alias, default);
        }
        if let Some((provider, rest)) = text.split_once('/')
            && let Some(alias) = self.alias(&scoped(&folded(provider), &folded(rest)))
        {
            return self.through(alias, default);
        }
        match folded(text).as_str() {
            "openrouter:auto" | "openrouter:free" => {
                return Target::new("openrouter", text, How::Literal);
            }
            _ => {}
        }
        if let Some((provider, model)) = literal(text) {
            return Target::new(provider, model, How::Literal);
        }
        let found = match self.own.find(text) {
            Match::None => self.shared.offers.find(text),
            found => found,
        };
        match found {
            Match::One(provider) => Target::new(&provider, text, How::Unique),
            Match::Many => Target::new(default, text, How::Ambiguous),
            Match::None => Target::new(default, text, How::Default),
        }
    }

    /// What a bare id means where nothing looks at lists.
    pub(super) fn resolve_unlisted(&self, raw: &str, default: &str) -> Target {
        let target = self.resolve(raw, default);
        match target.how {
            How::Unique | How::Ambiguous => Target::new(default, &target.model, How::Default),
            How::Literal | How::Alias(_) | How::Default => target,
        }
    }

    /// Aliases that count here and lead to another provider: text, target, path. Those of the defaults are listed by the
    /// scope of the defaults only.
    pub(super) fn outside_aliases(&self) -> impl Iterator<Item = (&str, Target, &str)> {
        let listed = match self.place.as_str() {
            "" => &self.shared.defaults,
            _ => &self.aliases,
        };
        let texts = listed
            .texts
            .iter()
            .filter(|(text, _)| !text.starts_with('\n'));
        let positions = texts.filter_map(|(_, positions)| listed.all.get(*positions.last()?));
        positions.filter_map(|alias| {
            let target = self.through(alias, &self.primary.provider);
            (!target.is_ours()).then_some((alias.text.as_str(), target, alias.path.as_str()))
        })
    }

    /// Adds what the aliases read here capture: their texts, and their texts after their provider.
    pub(super) fn captures(&self, into: &mut BTreeSet<String>) {
        let listed = match self.place.as_str() {
            "" => &self.shared.defaults,
            _ => &self.aliases,
        };
        into.extend(listed.texts.keys().cloned());
    }
}

/// Whether a reference says what it means, to everyone: it names its provider, and no alias captures it.
pub(super) fn is_plain(raw: &str, captures: &BTreeSet<String>) -> bool {
    let text = without_profile(raw);
    text.split_once('/').is_some_and(|(provider, rest)| {
        !captures.contains(&folded(text))
            && !captures.contains(&scoped(&folded(provider), &folded(rest)))
    })
}

/// The primary of a `model` value: text, or an object's `primary`.
fn primary_text(model: Option<&Value>) -> Option<&str> {
    let model = model?;
    let text = model.as_str().or_else(|| model.get("primary")?.as_str())?;
    (!trimmed(text).is_empty()).then_some(text)
}

/// What OpenClaw takes where no primary is set: `openai` if it lists the built-in model, else the first provider with a
/// row, else `openai`.
fn implicit_primary(root: &Value) -> Target {
    let built_in = Target::new(DEFAULT_PROVIDER, DEFAULT_MODEL, How::Default);
    let rows = |entry: &'_ Value| -> Vec<String> {
        entry
            .get("models")
            .and_then(Value::as_array)
            .unwrap_or_default()
            .iter()
            .map(|row| {
                row.get("id")
                    .and_then(Value::as_str)
                    .unwrap_or_default()
                    .to_owned()
            })
            .collect()
    };
    let openai = provider_entries(root).find(|(key, _)| folded(key) == DEFAULT_PROVIDER);
    if openai.is_some_and(|(_, entry)| rows(entry).iter().any(|id| id == DEFAULT_MODEL)) {
        return built_in;
    }
    provider_entries(root)
        .find_map(|(key, entry)| {
            let first = rows(entry).first()?.clone();
            (!first.is_empty()).then(|| Target::new(key, &first, How::Default))
        })
        .unwrap_or(built_in)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_profiles_and_keeps_versions() {
        for (raw, want) in [
            ("a/b@work", "a/b"),
            ("a/b@20250514", "a/b@20250514"),
            ("a/b@20250514@work", "a/b@20250514"),
            ("a/b@q4_k_m", "a/b@q4_k_m"),
            ("a/b@iq3_xs@work", "a/b@iq3_xs"),
            ("a/b@8bit", "a/b@8bit"),
            ("a/b@20250514@8bit@w", "a/b@20250514@8bit"),
            ("a@x/b", "a@x/b"),
            ("@x", "@x"),
            ("a/b@", "a/b@"),
            (" fast@work ", "fast"),
        ] {
            assert_eq!(without_profile(raw), want, "{raw}");
        }
    }
}
