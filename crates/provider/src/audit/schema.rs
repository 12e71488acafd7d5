//! The paths that could hold a model, a provider or an address, found in the schema of a version of OpenClaw (`openclaw config
//! schema`); and those of them that have no row in the inventory.

use super::inventory::{State, Table};
use super::version::Version;
use crate::document::{self, Value};
use crate::problem::Problem;
use crate::strings::has_word;

/// The paths of a schema that matter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Derived {
    /// Paths that can hold a value of interest, sorted.
    pub candidates: Vec<String>,
    /// Every path with a name or description of interest, including objects and lists, sorted.
    pub seen: Vec<String>,
}

/// Ends of keys that hold models, providers, addresses or credentials.
const ENDINGS: &str = "model models provider providers providerid fallback fallbacks fallbackpolicy url urlbase endpoint proxy \
    apikey profileid host";
/// Keys that hold such values.
const NAMES: &str = "modelpolicy modelselectionscope apikeyenv api auth authmode order profile profiles preferredprofile headers \
    request region agentruntime runtime pickerruntimes backend harness llm guard engine contextengine memory \
    command installcommand cliagents agentruns claude codex localservice vars shellenv alias allowmodeloverride \
    allowauthprofileoverride allowmodelid defaultagent allowedagents mode primary params inference nodeinference \
    openaicodex catalogrefresh discovery peers reviewer cyberfailover links media acp loopbackmode modelpath";
/// Keys that hold such values only below one of [`PARENTS`].
const GENERIC: &str = "id enabled agent type allow agentid image video music";
/// Keys below which the [`GENERIC`] keys hold such values.
const PARENTS: &str = "agentruntime runtime acp dispatch cliagents agentruns workerruns claude shellenv nodeinference discovery \
    catalogrefresh cyberfailover modelpolicy links audio video search xsearch codeexecution openaicodex \
    systemagent authinheritance sessioncatalog chatcompletions responses triggers models heartbeat llm \
    localservice mediamodels";
/// Words in the description of a key that holds such a value, separated by `|`.
const WORDS: &str = "provider/model|model ref|model override|embedding|inference|\
    summarization model|summarisation model|vision model";

/// Paths that every schema of OpenClaw has. A text without them is no such schema.
const ALWAYS: &[&str] = &["agents.defaults.model", "models.providers.*.baseUrl"];

/// The paths of a schema that could hold a route and have no row in the inventory of the newest known version. `None` if the text is
/// no schema of OpenClaw.
pub fn unknown_paths(schema: &str) -> Option<Vec<String>> {
    let document = document::parse(schema).ok()?;
    let Walk {
        found, unresolved, ..
    } = walk_schema(&document.root);
    // The part behind an unresolved reference is unknown.
    if unresolved {
        return None;
    }
    let carriers = || found.iter().filter(|(_, carries)| *carries);
    for known in ALWAYS {
        carriers().find(|(path, _)| path == known)?;
    }
    let table = Table::new(Version::newest());
    let mut unknown = Vec::new();
    for (path, _) in carriers() {
        if table.row(&state(&table, path)).is_none() && !unknown.contains(path) {
            unknown.push(path.clone());
        }
    }
    Some(unknown)
}

/// Finds the paths of interest in a schema.
fn walk_schema(schema: &Value) -> Walk<'_> {
    let mut walk = Walk::default();
    walk.visit(schema);
    walk
}

/// The paths of a schema that matter.
///
/// # Errors
/// `schema-unreadable` if the text is not JSON.
pub fn derive(schema: &str) -> Result<Derived, Problem> {
    let schema = document::parse(schema).map_err(|problem| {
        Problem::new(
            "schema-unreadable",
            "schema",
            problem.to_string(),
            "the output of `openclaw config schema`",
            "Run that command again and pass what it prints.",
        )
    })?;
    let Walk { found, .. } = walk_schema(&schema.root);
    let sorted = |mut paths: Vec<String>| {
        paths.sort_unstable();
        paths.dedup();
        paths
    };
    let candidates = found.iter().filter(|(_, carries)| *carries);
    Ok(Derived {
        candidates: sorted(candidates.map(|(path, _)| path.clone()).collect()),
        seen: sorted(found.into_iter().map(|(path, _)| path).collect()),
    })
}

/// The state of the matcher after a candidate path.
pub(super) fn state(table: &Table, path: &str) -> State {
    let mut state = table.start();
    // Items of the former list of agents are matched as entries.
    let entry = path.strip_prefix("agents.list[].");
    let prefix = if entry.is_some() {
        "agents.entries.*"
    } else {
        ""
    };
    let segments = prefix.split('.').filter(|segment| !segment.is_empty());
    for segment in segments.chain(entry.unwrap_or(path).split('.')) {
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
struct Walk<'a> {
    /// The paths of interest, and whether each can hold a value that is no object.
    found: Vec<(String, bool)>,
    /// Whether the target of a reference is missing.
    unresolved: bool,
    /// The path of the current node.
    path: Vec<&'a str>,
    /// The names of the definitions around the current node.
    followed: Vec<&'a str>,
    /// The definitions that can be referred to there, outermost first.
    definitions: Vec<&'a Value>,
}

impl<'a> Walk<'a> {
    fn visit(&mut self, node: &'a Value) {
        if node.as_object().is_none() {
            return;
        }
        let outer = self.definitions.len();
        self.definitions.extend(node.get("$defs"));
        self.visit_in(node);
        self.definitions.truncate(outer);
    }

    fn visit_in(&mut self, node: &'a Value) {
        if let Some(reference) = node.str_at(&["$ref"]) {
            let name = reference.rsplit('/').next().unwrap_or_default();
            let mut definitions = self.definitions.iter().rev();
            let target = definitions.find_map(|all| all.get(name));
            self.unresolved |= target.is_none();
            if let Some(target) = target
                && !self.followed.contains(&name)
            {
                self.followed.push(name);
                self.visit(target);
                self.followed.pop();
            }
            return;
        }
        if !self.path.is_empty() && is_of_interest(&self.path, node) {
            let (mut objects, mut others) = (false, false);
            branches(node, &mut |branch| {
                add_kinds(branch, &mut objects, &mut others)
            });
            // An object does not count as a value itself.
            let path = collapse(&self.path.join(".").replace(".[]", "[]"));
            self.found.push((path, others || !objects));
        }
        let mut all = Vec::new();
        branches(node, &mut |branch| all.push(branch));
        for branch in all {
            if is_secret_reference(branch) {
                continue;
            }
            let maps = ["properties", "patternProperties"]
                .map(|key| branch.get(key).and_then(Value::as_object));
            for (key, child) in maps[0].into_iter().flatten() {
                self.step(child, key);
            }
            if let Some(child @ Value::Object(_)) = branch.get("additionalProperties") {
                self.step(child, "*");
            }
            for (_, child) in maps[1].into_iter().flatten() {
                self.step(child, "*");
            }
            match branch.get("items") {
                Some(Value::Array(items)) => items.iter().for_each(|child| self.step(child, "[]")),
                Some(child) => self.step(child, "[]"),
                None => {}
            }
        }
    }

    fn step(&mut self, node: &'a Value, segment: &'a str) {
        self.path.push(segment);
        self.visit(node);
        self.path.pop();
    }
}

/// Calls a function with a node and all its alternatives.
fn branches<'a>(object: &'a Value, each: &mut dyn FnMut(&'a Value)) {
    each(object);
    for key in ["anyOf", "oneOf", "allOf"] {
        let all = object.items_at(&[key]);
        for branch in all {
            if branch.as_object().is_some() {
                branches(branch, each);
            }
        }
    }
}

/// Notes whether a branch accepts objects, and whether it accepts other values.
fn add_kinds(branch: &Value, objects: &mut bool, others: &mut bool) {
    let mut kind = |kind: Option<&str>| match kind {
        Some("object") => *objects = true,
        Some(_) => *others = true,
        None => {}
    };
    match branch.get("type") {
        Some(Value::Array(several)) => several.iter().for_each(|one| kind(one.as_str())),
        Some(one) => kind(one.as_str()),
        None => *others |= branch.get("enum").is_some() || branch.get("const").is_some(),
    }
}

/// Whether a branch is `{source, provider, id}`, a reference to a secret.
fn is_secret_reference(branch: &Value) -> bool {
    let keys = ["source", "provider", "id"];
    branch
        .get("properties")
        .is_some_and(|all| keys.iter().all(|key| all.get(key).is_some()))
}

fn is_of_interest(path: &[&str], object: &Value) -> bool {
    let names = path.iter().rev();
    let names = names.filter(|segment| !matches!(**segment, "*" | "[]"));
    let mut names = names.map(|key| key.to_ascii_lowercase());
    let key = names.next().unwrap_or_default();
    let parent = names.next().unwrap_or_default();
    let generic = has_word(GENERIC, &key) && has_word(PARENTS, &parent);
    let named = has_word(NAMES, &key)
        || key.starts_with("modelby")
        || ENDINGS.split(' ').any(|ending| key.ends_with(ending));
    generic || named || is_described(object)
}

fn is_described(object: &Value) -> bool {
    let text = |key: &str| object.str_at(&[key]).unwrap_or_default();
    let text = format!("{} {}", text("title"), text("description")).to_ascii_lowercase();
    WORDS.split('|').any(|word| text.contains(word))
        || text
            .split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
            .any(|word| word == "llm")
}

/// Shortens paths that repeat others: the part of `plugins.entries.<id>` that is the same for every plugin, and the accounts of a
/// channel.
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
