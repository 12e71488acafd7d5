//! The inventory: which paths of a configuration matter, and the matcher that finds the row of a path.

use std::collections::BTreeMap;

use super::version::Version;
use crate::strings::{has_ends, matches_pattern};

/// What kind of setting a place holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// Chooses who answers text.
    Inference,
    /// Chooses a media, voice, embedding or search service.
    Service,
    /// Defines a provider.
    Provider,
    /// An alias, an allowlist or another policy.
    Policy,
    /// A credential.
    Credential,
    /// Looks like a route but is none; the note says why.
    NoRoute,
}

/// What the audit does with the value at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    /// Nothing here: it is harmless or checked elsewhere (the note says which).
    Nothing,
    /// The model reference that a turn starts with.
    Primary,
    /// The model reference of a fallback, which the user may have allowed on purpose.
    Fallback,
    /// A model reference; an id without provider means the provider of the primary.
    Model,
    /// A model reference at a place that does not always resolve aliases: only a full reference is closed.
    FullReference,
    /// A model reference; an id without provider means `openai`.
    BareIsOpenai,
    /// A model reference that is read in two ways: an id without provider means `openai` or the provider of the primary.
    ImageModel,
    /// A model id whose provider is named by the key next to it.
    ModelBesideProvider,
    /// A model of the service whose settings it is in.
    ServiceModel,
    /// The model of a media entry, which counts if the entry names no provider.
    MediaModel,
    /// A media preference: a model reference, `provider:<id>` or `cli:<command>`.
    MediaPreference,
    /// A model reference or pattern that may be chosen.
    AllowedModel,
    /// A switch that allows every model unless a list next to it limits the choice.
    AllowAnyModel,
    /// A provider id.
    Provider,
    /// The provider id of memory search, which only `none` closes.
    EmbeddingProvider,
    /// The provider id of web search, which the proxy does not offer.
    SearchProvider,
    /// A speech provider, which the proxy is not.
    SpeechProvider,
    /// When replies are spoken.
    SpeechMode,
    /// A switch with which every reply is spoken.
    SpeechSwitch,
    /// A setting of another vendor's service.
    VendorSetting,
    /// The address of a service.
    Endpoint,
    /// A program that is started and given content.
    Program,
    /// A switch that opens a route.
    RouteSwitch,
    /// The id of an external agent.
    ExternalAgent,
    /// What runs an agent; `acp` hands its conversations to an external agent.
    AgentRuntime,
    /// What runs a model's turns: the id of a runtime, under the model's key.
    ModelRuntime,
    /// What runs a provider's turns: the id of a runtime, under the provider's key.
    ProviderRuntime,
    /// A plugin that takes over a slot.
    SlotPlugin,
    /// Parameters of requests to a model.
    RequestParams,
    /// `gateway.mode`.
    GatewayMode,
    /// `gateway.remote.url`.
    GatewayUrl,
    /// A switch of an interface whose callers may name a model.
    InboundSwitch,
    /// A credential that makes OpenClaw use a vendor's speech or web search by itself.
    ArmingCredential,
    /// A credential that OpenClaw does not use by itself.
    OtherCredential,
    /// An address that may get content, but no requests to a model.
    ContentEndpoint,
    /// The setting `host` of this plugin.
    ProxyHost,
}

/// One row of the inventory.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// What kind of setting the place holds.
    pub class: Class,
    /// What the audit does with the value there.
    pub check: Check,
    /// The pattern of paths, as `data/routes.rs` explains it.
    pub pattern: &'static str,
    /// What OpenClaw uses the value for, or why it is no route.
    pub note: &'static str,
}

/// The note of a row. No report shows the note of a row without a check, so the component does not contain those.
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
    ($($class:ident $check:ident $($pattern:literal)|+ $note:literal;)*) => {
        &[$($(Row { class: Class::$class, check: Check::$check, pattern: $pattern, note: note!($check $note) },)+)*]
    };
}

/// The rows for every version.
const ROWS: &[Row] = include!("../../data/routes.rs");

/// Further rows for versions with the former layout.
const FORMER: &[Row] = include!("../../data/routes-former.rs");

/// The inventory of a version.
pub fn rows(version: Version) -> impl Iterator<Item = &'static Row> {
    let former = if version.layout().former { FORMER } else { &[] };
    ROWS.iter().chain(former)
}

/// The objects whose `enabled: false` switches off everything in them. These are the objects with an `enabled` in OpenClaw's schema,
/// except speech (its tool is offered anyway), compaction (it still runs if a context overflows) and objects without a route.
const SWITCHES: &str = "acp agents.defaults.compaction.memoryFlush channels.* channels.*.accounts.* \
    channels.*.voice channels.*.accounts.*.voice hooks hooks.internal hooks.internal.entries.* plugins \
    plugins.entries.* plugins.entries.active-memory.config plugins.entries.memory-core.config.dreaming \
    plugins.entries.memory-core.config.dreaming.phases.* plugins.entries.xai.config.codeExecution \
    plugins.entries.xai.config.xSearch proxy tools.links tools.media.* tools.web.fetch tools.web.search \
    tools.web.search.openaiCodex";

/// Whether the object at these keys can be switched off.
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
                    .is_some_and(|segment| matches_pattern(segment, key))
            }) && segments.next().is_none()
        })
}

/// The patterns that a pattern stands for: several if it has a prefix.
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

/// A node of the matcher. The numbers are positions of other nodes.
#[derive(Debug, Default)]
struct Node {
    /// The next node for a key.
    keys: BTreeMap<String, usize>,
    /// The next node for a key with this beginning and this end.
    globs: Vec<(String, String, usize)>,
    /// The next node for a list item.
    item: Option<usize>,
    /// The next node for any key or list item: that of `**`.
    rest: Option<usize>,
    /// The position of the first row whose pattern ends here.
    row: Option<usize>,
    /// Whether this is the node of a `**`, which also matches what follows.
    stays: bool,
}

/// Matches paths against all rows of a version at once.
#[derive(Debug)]
pub struct Table {
    nodes: Vec<Node>,
}

/// The nodes that the part of a path so far leads to.
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

    /// The node that `link` finds from the node `at`, or a new node that it links there.
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

    /// The state before the first key.
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
            let fits = |(head, tail, to): &(String, String, usize)| {
                has_ends(key, head, tail).then_some(*to)
            };
            next.extend(node.globs.iter().filter_map(fits));
        })
    }

    /// The state after a list item.
    pub(super) fn item(&self, state: &[usize]) -> State {
        self.step(state, |node, next| next.extend(node.item))
    }

    /// The first row whose pattern matches the path so far.
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
    /// Every row whose pattern matches the path so far.
    pub(super) fn rows(&self, state: &[usize]) -> Vec<usize> {
        state
            .iter()
            .filter_map(|at| self.nodes.get(*at)?.row)
            .collect()
    }
}
