//! Versions of OpenClaw: which one is judged, and where it keeps what moved between versions.

use std::cmp::Ordering;

use super::input::OpenclawVersion;
use crate::document::Value;
use crate::release::compare;

/// The versions of OpenClaw that a verdict is known for, oldest first.
pub const KNOWN: &[&str] = include!("../../data/versions.rs");

/// A version of OpenClaw that the audit has data of, as a place in [`KNOWN`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Version(usize);

impl Version {
    /// The newest.
    pub fn newest() -> Self {
        Self(KNOWN.len().saturating_sub(1))
    }

    /// The one of this name.
    pub fn named(name: &str) -> Option<Self> {
        KNOWN.iter().position(|known| *known == name).map(Self)
    }

    /// Whose data is used for a version: its own, else that of the newest one before it. What cannot be compared, and where
    /// no version is given, it is the newest.
    pub fn nearest(name: Option<&str>) -> Self {
        let Some(name) = name else {
            return Self::newest();
        };
        let older = |known: &str| match compare(known, name) {
            Some(order) => order != Ordering::Greater,
            None => true,
        };
        let before = KNOWN.iter().filter(|known| older(known)).count();
        Self(before.saturating_sub(1))
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        KNOWN.get(self.0).copied().unwrap_or_default()
    }

    /// Whether a line of the data holds for it.
    pub fn is_in(self, versions: u8) -> bool {
        versions >> self.0 & 1 == 1
    }

    /// Where it keeps what another version keeps elsewhere.
    pub(crate) fn layout(self) -> &'static Layout {
        if self.has("agents.entries") {
            &PRESENT
        } else {
            &FORMER
        }
    }
}

/// Where versions of OpenClaw keep what they keep in different places.
#[derive(Debug)]
pub(crate) struct Layout {
    /// Settings of memory search, for all agents.
    pub(crate) search: &'static [&'static str],
    /// The same in an agent's entry.
    pub(crate) own_search: &'static [&'static str],
    /// Settings of speech, for all agents.
    pub(crate) speech: &'static [&'static str],
    /// Whether the rows of the former layout belong to it.
    pub(super) former: bool,
}

/// From 2026.8 on.
const PRESENT: Layout = Layout {
    search: &["memory", "search"],
    own_search: &["memory", "search"],
    speech: &["tts"],
    former: false,
};

/// Before. Items of `agents.list` are matched as entries.
const FORMER: Layout = Layout {
    search: &["agents", "defaults", "memorySearch"],
    own_search: &["memorySearch"],
    speech: &["messages", "tts"],
    former: true,
};

impl Layout {
    /// The dotted path of memory search for all agents.
    pub(crate) fn search_path(&self) -> String {
        self.search.join(".")
    }

    /// The model of generated images, videos or music.
    pub(super) fn generation<'v>(&self, root: &'v Value, kind: &str) -> Option<&'v Value> {
        let defaults = root.at(&["agents", "defaults"])?;
        match self.former {
            true => defaults.get(&format!("{kind}GenerationModel")),
            false => defaults.at(&["mediaModels", kind]),
        }
    }

    /// Whether keys are those of a setting of memory search for all agents, and which.
    pub(super) fn shared_search<'k>(&self, keys: &[&'k str]) -> Option<&'k str> {
        keys.strip_prefix(self.search)?.first().copied()
    }
}

/// The name of the version that is judged: the host's, else the one that wrote the file.
pub(crate) fn judged_version<'a>(
    root: &'a Value,
    host: Option<&'a OpenclawVersion>,
) -> Option<&'a str> {
    let written = root.str_at(&["meta", "lastTouchedVersion"]);
    Some(host.map(|host| host.version.as_str()).or(written)?.trim())
}
