//! The inventory of paths as data, and the matcher that walks a document along it.

use std::collections::BTreeMap;

use super::version::Version;

/// What kind of place a path is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// Text inference route.
    R,
    /// Media, voice, embedding or search route.
    M,
    /// Provider definition.
    P,
    /// Alias, allowlist or policy.
    A,
    /// Credential.
    C,
    /// Not a route.
    N,
}

/// What the audit does with a value that a row matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    /// Nothing here: judged elsewhere, or harmless (the note says which).
    Nothing,
    /// The reference that a turn starts with.
    Primary,
    /// A failover hop, which the user may have chosen on purpose.
    Fallback,
    /// A reference; a bare id means the provider of the primary.
    Model,
    /// A reference in a slot that does not read aliases everywhere: only a full one is closed.
    Exact,
    /// A reference; a bare id means provider `openai`.
    ModelOpenai,
    /// A reference that two code paths read: a bare id means `openai` in one and the primary's provider in the other.
    Image,
    /// A reference after a provider in the key next to it.
    Split,
    /// A model of a provider named next to it.
    Owned,
    /// A model of a media entry: judged where the entry names no provider.
    Entry,
    /// A media preference: a reference, `provider:<id>` or `cli:<command>`.
    Preferred,
    /// A reference or pattern that a standing grant allows.
    Grant,
    /// A switch that allows any choice unless a list bounds it.
    Bounded,
    /// A provider id.
    Provider,
    /// A provider id of memory search, where only `none` closes it.
    Embedding,
    /// A provider id of web search; the proxy is none.
    Search,
    /// A speech provider; the proxy is none.
    Speech,
    /// When replies are spoken.
    SpeechAuto,
    /// `true` speaks every reply.
    SpeechOn,
    /// Settings of another vendor's service.
    Vendor,
    /// An address.
    Url,
    /// A program that is started with content.
    Command,
    /// `true` opens a route.
    Switch,
    /// An id of an external harness.
    Acp,
    /// `acp` sends the conversation to an external harness.
    Harness,
    /// A runtime id under a model map key.
    ModelRun,
    /// A runtime id under a provider.
    ProvRun,
    /// A plugin that takes over a slot.
    Plugin,
    /// Request parameters.
    Params,
    /// `gateway.mode`.
    Mode,
    /// `gateway.remote.url`.
    Remote,
    /// An inbound interface that may name a model.
    Inbound,
    /// A credential in a vendor's settings.
    Arming,
    /// A credential that nothing of OpenClaw's own uses.
    Secret,
    /// Content may leave here, but not as inference.
    Content,
    /// `host` of this plugin.
    OwnHost,
}

/// One row of the inventory.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// What kind of place it is.
    pub class: Class,
    /// What is done with a value there.
    pub check: Check,
    /// The pattern, with the prefixes that the data file explains.
    pub pattern: &'static str,
    /// What the place is for, or why it is not a route.
    pub note: &'static str,
}

/// The note of a row. Where nothing is checked no report shows it, so the component goes without.
macro_rules! note {
    (Nothing $note:literal) => {
        if cfg!(feature = "coverage") {
            $note
        } else {
            ""
        }
    };
    ($check:ident $note:literal) => {
        $note
    };
}

macro_rules! routes {
    ($($class:ident $check:ident $pattern:literal $note:literal;)*) => {
        &[$(Row { class: Class::$class, check: Check::$check, pattern: $pattern, note: note!($check $note) }),*]
    };
}

/// The inventory, one row a pattern.
const ROWS: &[Row] = include!("../../data/routes.rs");

/// The rows that only versions of the former layout have.
const FORMER: &[Row] = include!("../../data/routes-former.rs");

/// The inventory of a version.
pub fn rows(version: Version) -> impl Iterator<Item = &'static Row> {
    let former = if version.layout().former { FORMER } else { &[] };
    ROWS.iter().chain(former)
}

/// The objects whose `enabled: false` switches off everything in them: those that OpenClaw's schema gives an `enabled`, less
/// speech (its tool is offered all the same), compaction (it goes on where a context overflows) and what holds no route.
const SWITCHES: &str = "acp agents.defaults.compaction.memoryFlush channels.* channels.*.accounts.* \
    channels.*.voice channels.*.accounts.*.voice hooks hooks.internal hooks.internal.entries.* plugins \
    plugins.entries.* plugins.entries.active-memory.config plugins.entries.memory-core.config.dreaming \
    plugins.entries.memory-core.config.dreaming.phases.* plugins.entries.xai.config.codeExecution \
    plugins.entries.xai.config.xSearch proxy tools.links tools.media.* tools.web.fetch tools.web.search \
    tools.web.search.openaiCodex";

/// Whether the object at these keys has a switch.
pub(super) fn has_switch(version: Version, keys: &[&str]) -> bool {
    let layout = version.layout();
    let own = keys.strip_prefix(&["agents", "entries"]);
    keys == layout.search
        || own.is_some_and(|keys| keys.get(1..) == Some(layout.own_search))
        || SWITCHES.split(' ').any(|pattern| {
            let mut segments = pattern.split('.');
            keys.iter().all(|key| {
                segments
                    .next()
                    .is_some_and(|segment| matches_key(segment, key))
            }) && segments.next().is_none()
        })
}

/// The patterns that a pattern with a prefix stands for.
fn expand(version: Version, pattern: &str) -> Vec<String> {
    let layout = version.layout();
    let own_search = layout.own_search.join(".");
    let Some((prefix, rest)) = pattern.strip_prefix('@').and_then(|p| p.split_once('.')) else {
        return vec![pattern.to_owned()];
    };
    let places = match prefix {
        "tts" => format!(
            "{} agents.entries.*.tts channels.*.voice.tts channels.*.tts",
            layout.speech.join(".")
        ),
        "search" => format!("{} agents.entries.*.{own_search}", layout.search_path()),
        _ => "agents.defaults agents.entries.*".to_owned(),
    };
    let places = places.split(' ');
    places.map(|place| format!("{place}.{rest}")).collect()
}

#[derive(Debug, Default)]
struct Node {
    /// Next by exact key.
    keys: BTreeMap<String, usize>,
    /// Next by the two ends of a key.
    globs: Vec<(String, String, usize)>,
    /// Next by any list item.
    item: Option<usize>,
    /// Next by anything.
    rest: Option<usize>,
    /// The first row that ends here.
    row: Option<usize>,
    /// Reached by `**`: every step stays here.
    stays: bool,
}

/// A matcher for all rows at once.
#[derive(Debug)]
pub struct Table {
    nodes: Vec<Node>,
}

/// Where a walk stands: the nodes that the path so far leads to.
pub(super) type State = Vec<usize>;

impl Table {
    /// Builds the matcher of [`rows`].
    pub fn new(version: Version) -> Self {
        let mut table = Self {
            nodes: vec![Node::default()],
        };
        for (row, entry) in rows(version).enumerate() {
            for pattern in expand(version, entry.pattern) {
                table.add(&pattern, row);
            }
        }
        table
    }

    fn add(&mut self, pattern: &str, row: usize) {
        let mut at = 0;
        for segment in pattern.split('.') {
            let (key, items) = match segment.strip_suffix("[]") {
                Some(key) => (key, true),
                None => (segment, false),
            };
            at = self.child(at, |node, next| match (key, key.split_once('*')) {
                ("**", _) => *node.rest.get_or_insert(next),
                (_, None) => *node.keys.entry(key.to_owned()).or_insert(next),
                (_, Some((head, tail))) => {
                    let known = node.globs.iter().find(|(h, t, _)| h == head && t == tail);
                    if let Some((.., to)) = known {
                        return *to;
                    }
                    node.globs.push((head.to_owned(), tail.to_owned(), next));
                    next
                }
            });
            if key == "**"
                && let Some(node) = self.nodes.get_mut(at)
            {
                node.stays = true;
            }
            if items {
                at = self.child(at, |node, next| *node.item.get_or_insert(next));
            }
        }
        if let Some(node) = self.nodes.get_mut(at) {
            node.row.get_or_insert(row);
        }
    }

    /// The node that `link` finds in a node, or puts there under the number of a new one.
    fn child(&mut self, at: usize, link: impl FnOnce(&mut Node, usize) -> usize) -> usize {
        let next = self.nodes.len();
        let Some(node) = self.nodes.get_mut(at) else {
            return at;
        };
        let to = link(node, next);
        if to == next {
            self.nodes.push(Node::default());
        }
        to
    }

    /// Where a walk begins.
    pub(super) fn start(&self) -> State {
        vec![0]
    }

    fn step(&self, state: &[usize], links: impl Fn(&Node, &mut State)) -> State {
        let mut next = State::new();
        for &at in state {
            let Some(node) = self.nodes.get(at) else {
                continue;
            };
            if node.stays {
                next.push(at);
            }
            next.extend(node.rest);
            links(node, &mut next);
        }
        next
    }

    /// The state after a key.
    pub(super) fn key(&self, state: &[usize], key: &str) -> State {
        self.step(state, |node, next| {
            next.extend(node.keys.get(key));
            let fits =
                |(head, tail, to): &(String, String, usize)| fits(head, tail, key).then_some(*to);
            next.extend(node.globs.iter().filter_map(fits));
        })
    }

    /// The state after a list item.
    pub(super) fn item(&self, state: &[usize]) -> State {
        self.step(state, |node, next| next.extend(node.item))
    }

    /// The row that a state stands on: of several, the earliest in the table.
    pub(super) fn row(&self, state: &[usize]) -> Option<&'static Row> {
        state
            .iter()
            .filter_map(|at| self.nodes.get(*at)?.row)
            .min()
            .and_then(|row| ROWS.get(row).or_else(|| FORMER.get(row - ROWS.len())))
    }
}

#[cfg(feature = "coverage")]
impl Table {
    /// Every row that a state stands on.
    pub(super) fn rows(&self, state: &[usize]) -> Vec<usize> {
        state
            .iter()
            .filter_map(|at| self.nodes.get(*at)?.row)
            .collect()
    }
}

/// Whether a key has these ends.
fn fits(head: &str, tail: &str, key: &str) -> bool {
    key.len() >= head.len() + tail.len() && key.starts_with(head) && key.ends_with(tail)
}

/// Whether a key fits a pattern with at most one `*`.
fn matches_key(pattern: &str, key: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == key,
        Some((head, tail)) => fits(head, tail, key),
    }
}
