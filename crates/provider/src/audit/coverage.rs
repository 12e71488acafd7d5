//! Completeness: which paths of an OpenClaw configuration could carry a model, a provider or an address, derived from the
//! schema that the installed version publishes (`openclaw config schema`), and whether the inventory names each of them.
//!
//! Compiled with the feature `coverage` only; the component does not need it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::table::{Class, State, Table, rows};
use super::version::Version;
use crate::problem::Problem;

/// The candidate paths of the versions of OpenClaw, one a line, as [`derive()`] gives them.
const CANDIDATES: &str = include_str!("../../data/candidates.txt");

/// The paths of a version's schema that could carry a route.
pub fn candidates(version: Version) -> Vec<String> {
    let lines = CANDIDATES
        .lines()
        .filter_map(|line| line.strip_prefix("0b"));
    let lines = lines.filter_map(|line| line.split_once(' '));
    let of = |mask: &str| u8::from_str_radix(mask, 2).is_ok_and(|mask| version.is_in(mask));
    lines
        .filter(|(mask, _)| of(mask))
        .map(|(_, path)| path.to_owned())
        .collect()
}

/// What a schema holds that matters here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Derived {
    /// Paths that a value of interest can stand at, sorted.
    pub candidates: Vec<String>,
    /// Every path whose name or description is of interest, containers included, sorted.
    pub seen: Vec<String>,
}

/// A candidate that the inventory names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Covered {
    /// The path, `*` for any key and `[]` for any item.
    pub path: String,
    /// The pattern that names it.
    pub pattern: &'static str,
    /// What kind of place it is.
    pub class: Class,
    /// What it is for, or why it is not a route.
    pub note: &'static str,
}

/// How the inventory and a schema fit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Candidates that a row names.
    pub covered: Vec<Covered>,
    /// Candidates that no row names: the audit is not complete for this schema.
    pub missing: Vec<String>,
    /// Rows that name nothing in this schema.
    pub stale: Vec<&'static str>,
}

/// Ends of key names that carry models, providers, addresses or credentials.
const ENDINGS: &[&str] = &[
    "model",
    "models",
    "provider",
    "providers",
    "providerid",
    "fallback",
    "fallbacks",
    "fallbackpolicy",
    "url",
    "urlbase",
    "endpoint",
    "proxy",
    "apikey",
    "profileid",
    "host",
];
/// Whole key names of the same kind.
const NAMES: &[&str] = &[
    "modelpolicy",
    "modelselectionscope",
    "apikeyenv",
    "api",
    "auth",
    "authmode",
    "order",
    "profile",
    "profiles",
    "preferredprofile",
    "headers",
    "request",
    "region",
    "agentruntime",
    "runtime",
    "pickerruntimes",
    "backend",
    "harness",
    "llm",
    "guard",
    "engine",
    "contextengine",
    "memory",
    "command",
    "installcommand",
    "cliagents",
    "agentruns",
    "claude",
    "codex",
    "localservice",
    "vars",
    "shellenv",
    "alias",
    "allowmodeloverride",
    "allowauthprofileoverride",
    "allowmodelid",
    "defaultagent",
    "allowedagents",
    "mode",
    "primary",
    "params",
    "inference",
    "nodeinference",
    "openaicodex",
    "catalogrefresh",
    "discovery",
    "peers",
    "reviewer",
    "cyberfailover",
    "links",
    "media",
    "acp",
    "loopbackmode",
    "modelpath",
];
/// Names that mean something only under one of [`PARENTS`].
const GENERIC: &[&str] = &[
    "id", "enabled", "agent", "type", "allow", "agentid", "image", "video", "music",
];
/// Names that give a generic name below them a meaning.
const PARENTS: &[&str] = &[
    "agentruntime",
    "runtime",
    "acp",
    "dispatch",
    "cliagents",
    "agentruns",
    "workerruns",
    "claude",
    "shellenv",
    "nodeinference",
    "discovery",
    "catalogrefresh",
    "cyberfailover",
    "modelpolicy",
    "links",
    "audio",
    "video",
    "search",
    "xsearch",
    "codeexecution",
    "openaicodex",
    "systemagent",
    "authinheritance",
    "sessioncatalog",
    "chatcompletions",
    "responses",
    "triggers",
    "models",
    "heartbeat",
    "llm",
    "localservice",
    "mediamodels",
];
/// Words in a description that mean a model is asked.
const WORDS: &[&str] = &[
    "provider/model",
    "model ref",
    "model override",
    "embedding",
    "inference",
    "summarization model",
    "summarisation model",
    "vision model",
];

/// Derives the candidate paths of a schema.
///
/// # Errors
/// `schema-unreadable` where the text is not JSON.
pub fn derive(schema: &str) -> Result<Derived, Problem> {
    let schema: Value = serde_json::from_str(schema).map_err(|error| {
        Problem::new(
            "schema-unreadable",
            "schema",
            error.to_string(),
            "the output of `openclaw config schema`",
            "Run that command again and pass what it prints.",
        )
    })?;
    let mut walk = Walk::default();
    walk.visit(&schema, &mut Vec::new(), &BTreeSet::new(), &BTreeMap::new());
    let mut candidates = BTreeSet::new();
    let mut seen = BTreeSet::new();
    for (path, types) in walk.found {
        let path = collapse(&path);
        seen.insert(path.clone());
        // A pure container carries no value itself.
        if types.is_empty() || types.iter().any(|kind| kind != "object") {
            candidates.insert(path);
        }
    }
    Ok(Derived {
        candidates: candidates.into_iter().collect(),
        seen: seen.into_iter().collect(),
    })
}

/// Holds candidates against the inventory. `seen` are all paths of interest, for finding rows that name nothing.
pub fn coverage(version: Version, candidates: &[String], seen: &[String]) -> Coverage {
    let table = Table::new(version);
    let mut out = Coverage::default();
    let mut used = BTreeSet::new();
    for path in seen.iter().chain(candidates) {
        used.extend(table.rows(&state(&table, path)));
    }
    for path in candidates {
        match table.row(&state(&table, path)) {
            Some(row) => out.covered.push(Covered {
                path: path.clone(),
                pattern: row.pattern,
                class: row.class,
                note: row.note,
            }),
            None => out.missing.push(path.clone()),
        }
    }
    out.stale = rows(version)
        .enumerate()
        .filter_map(|(n, row)| (!used.contains(&n)).then_some(row.pattern))
        .collect();
    out
}

/// Where a candidate path leads in the table.
fn state(table: &Table, path: &str) -> State {
    let mut state = table.start();
    // Items of the former list of agents are matched as entries.
    let entry = path.strip_prefix("agents.list[].");
    let path = entry.map_or_else(
        || path.to_owned(),
        |entry| format!("agents.entries.*.{entry}"),
    );
    for segment in path.split('.') {
        let mut key = segment;
        let mut items = 0;
        while let Some(rest) = key.strip_suffix("[]") {
            key = rest;
            items += 1;
        }
        if !key.is_empty() {
            state = table.key(&state, key);
        }
        for _ in 0..items {
            state = table.item(&state);
        }
    }
    state
}

#[derive(Default)]
struct Walk {
    /// Path and the types of values that it takes.
    found: BTreeMap<String, BTreeSet<String>>,
}

impl Walk {
    fn visit<'a>(
        &mut self,
        node: &'a Value,
        path: &mut Vec<&'a str>,
        followed: &BTreeSet<&'a str>,
        definitions: &BTreeMap<&'a str, &'a Value>,
    ) {
        let Value::Object(object) = node else { return };
        let mut inner;
        let definitions = match object.get("$defs") {
            Some(Value::Object(more)) => {
                inner = definitions.clone();
                inner.extend(more.iter().map(|(name, value)| (name.as_str(), value)));
                &inner
            }
            _ => definitions,
        };
        if let Some(reference) = object.get("$ref").and_then(Value::as_str) {
            let name = reference.rsplit('/').next().unwrap_or_default();
            if let Some(target) = definitions.get(name)
                && !followed.contains(name)
            {
                let mut followed = followed.clone();
                followed.insert(name);
                self.visit(target, path, &followed, definitions);
            }
            return;
        }
        if !path.is_empty() && is_of_interest(path, object) {
            let types = self
                .found
                .entry(path.join(".").replace(".[]", "[]"))
                .or_default();
            branches(object, &mut |branch| kinds(branch, types));
        }
        let mut all = Vec::new();
        branches(object, &mut |branch| all.push(branch));
        for branch in all {
            if is_secret_reference(branch) {
                continue;
            }
            let maps = ["properties", "patternProperties"]
                .map(|key| branch.get(key).and_then(Value::as_object));
            for (key, child) in maps[0].into_iter().flatten() {
                self.step(child, key, path, followed, definitions);
            }
            if let Some(child @ Value::Object(_)) = branch.get("additionalProperties") {
                self.step(child, "*", path, followed, definitions);
            }
            for (_, child) in maps[1].into_iter().flatten() {
                self.step(child, "*", path, followed, definitions);
            }
            match branch.get("items") {
                Some(Value::Array(items)) => {
                    for child in items {
                        self.step(child, "[]", path, followed, definitions);
                    }
                }
                Some(child) => self.step(child, "[]", path, followed, definitions),
                None => {}
            }
        }
    }

    fn step<'a>(
        &mut self,
        node: &'a Value,
        segment: &'a str,
        path: &mut Vec<&'a str>,
        followed: &BTreeSet<&'a str>,
        definitions: &BTreeMap<&'a str, &'a Value>,
    ) {
        path.push(segment);
        self.visit(node, path, followed, definitions);
        path.pop();
    }
}

/// The node and all its alternatives.
fn branches<'a>(object: &'a Map<String, Value>, each: &mut dyn FnMut(&'a Map<String, Value>)) {
    each(object);
    for key in ["anyOf", "oneOf", "allOf"] {
        for branch in object
            .get(key)
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            if let Value::Object(branch) = branch {
                branches(branch, each);
            }
        }
    }
}

fn kinds(branch: &Map<String, Value>, types: &mut BTreeSet<String>) {
    match branch.get("type") {
        Some(Value::String(kind)) => {
            types.insert(kind.clone());
        }
        Some(Value::Array(several)) => {
            types.extend(several.iter().filter_map(Value::as_str).map(str::to_owned))
        }
        _ if branch.contains_key("enum") => {
            types.insert("enum".to_owned());
        }
        _ if branch.contains_key("const") => {
            types.insert("const".to_owned());
        }
        _ => {}
    }
}

/// `{source, provider, id}` is one credential value.
fn is_secret_reference(branch: &Map<String, Value>) -> bool {
    branch
        .get("properties")
        .and_then(Value::as_object)
        .is_some_and(|all| {
            ["source", "provider", "id"]
                .iter()
                .all(|key| all.contains_key(*key))
        })
}

fn is_of_interest(path: &[&str], object: &Map<String, Value>) -> bool {
    let mut names = path
        .iter()
        .rev()
        .filter(|segment| !matches!(**segment, "*" | "[]"));
    let key = names
        .next()
        .map(|key| key.to_lowercase())
        .unwrap_or_default();
    let parent = names
        .next()
        .map(|key| key.to_lowercase())
        .unwrap_or_default();
    let generic = GENERIC.contains(&key.as_str()) && PARENTS.contains(&parent.as_str());
    let named = NAMES.contains(&key.as_str())
        || key.starts_with("modelby")
        || ENDINGS.iter().any(|ending| key.ends_with(ending));
    generic || named || is_described(object)
}

fn is_described(object: &Map<String, Value>) -> bool {
    let text = |key: &str| object.get(key).and_then(Value::as_str).unwrap_or_default();
    let text = format!("{} {}", text("title"), text("description")).to_lowercase();
    WORDS.iter().any(|word| text.contains(word))
        || text
            .split(|c: char| !(c.is_alphanumeric() || c == '_'))
            .any(|word| word == "llm")
}

/// The envelope of `plugins.entries.<id>` is the same for every plugin, and account blocks repeat the channel's.
fn collapse(path: &str) -> String {
    if let Some(rest) = path.strip_prefix("plugins.entries.")
        && let Some((_, inside)) = rest.split_once('.')
        && inside.split(['.', '[']).next() != Some("config")
    {
        return format!("plugins.entries.*.{inside}");
    }
    if let Some(rest) = path.strip_prefix("channels.")
        && let Some((channel, inside)) = rest.split_once('.')
        && let Some(inside) = inside.strip_prefix("accounts.*.")
    {
        return format!("channels.{channel}.{inside}");
    }
    path.to_owned()
}
