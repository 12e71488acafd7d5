//! Which paths of an OpenClaw configuration could carry a model, a provider or an address, derived from the schema that a
//! version publishes (`openclaw config schema`), and which of them the inventory does not name.

use super::inventory::{State, Table};
use super::version::Version;
use crate::document::{self, Value};
use crate::problem::Problem;
use crate::strings::has_word;

/// What a schema holds that matters here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Derived {
    /// Paths that a value of interest can stand at, sorted.
    pub candidates: Vec<String>,
    /// Every path whose name or description is of interest, containers included, sorted.
    pub seen: Vec<String>,
}

/// Ends of key names that carry models, providers, addresses or credentials.
const ENDINGS: &str = "model models provider providers providerid fallback fallbacks fallbackpolicy url urlbase endpoint proxy \
    apikey profileid host";
/// Whole key names of the same kind.
const NAMES: &str = "modelpolicy modelselectionscope apikeyenv api auth authmode order profile profiles preferredprofile headers \
    request region agentruntime runtime pickerruntimes backend harness llm guard engine contextengine memory \
    command installcommand cliagents agentruns claude codex localservice vars shellenv alias allowmodeloverride \
    allowauthprofileoverride allowmodelid defaultagent allowedagents mode primary params inference nodeinference \
    openaicodex catalogrefresh discovery peers reviewer cyberfailover links media acp loopbackmode modelpath";
/// Names that mean something only under one of [`PARENTS`].
const GENERIC: &str = "id enabled agent type allow agentid image video music";
/// Names that give a generic name below them a meaning.
const PARENTS: &str = "agentruntime runtime acp dispatch cliagents agentruns workerruns claude shellenv nodeinference discovery \
    catalogrefresh cyberfailover modelpolicy links audio video search xsearch codeexecution openaicodex \
    systemagent authinheritance sessioncatalog chatcompletions responses triggers models heartbeat llm \
    localservice mediamodels";
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

/// Paths that every schema of OpenClaw has; a text without them is none.
const ALWAYS: &[&str] = &["agents.defaults.model", "models.providers.*.baseUrl"];

/// The paths of a schema that could carry a route and that the inventory of the newest known version does not name; `None`
/// where the text is no schema of OpenClaw.
pub fn unknown_paths(schema: &str) -> Option<Vec<String>> {
    let document = document::parse(schema).ok()?;
    let Walk {
        found, unresolved, ..
    } = walk_schema(&document.root);
    // What an unresolved reference leads to is unknown, and so is the whole.
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

/// Every path of interest in a schema, and whether a value that is no object may stand there.
fn walk_schema(schema: &Value) -> Walk<'_> {
    let mut walk = Walk::default();
    walk.visit(schema);
    walk
}

/// Derives the candidate paths of a schema.
///
/// # Errors
/// `schema-unreadable` where the text is not JSON.
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

/// Where a candidate path leads in the table.
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
    /// Paths of interest, and whether a value that is no object may stand there.
    found: Vec<(String, bool)>,
    /// Whether a reference led nowhere.
    unresolved: bool,
    /// Where the walk stands.
    path: Vec<&'a str>,
    /// Names of the definitions that it is in.
    followed: Vec<&'a str>,
    /// The definitions that count there, the outermost first.
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
            // A pure container carries no value itself.
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

/// The node and all its alternatives.
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

/// Whether a branch takes objects, and whether it takes something else.
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

/// `{source, provider, id}` is one credential value.
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
    WORDS.iter().any(|word| text.contains(word))
        || text
            .split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
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
