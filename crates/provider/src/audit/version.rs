//! Versions of OpenClaw: for which one a document is audited, and where that version keeps settings that moved.

use std::cmp::Ordering;

use crate::document::Value;
use crate::release::compare;
use crate::wit::config::OpenclawVersion;

/// The versions of OpenClaw for which the audit has data, oldest first.
pub const KNOWN: &[&str] = include!("../../data/versions.rs");

/// One of the [`KNOWN`] versions, as a position in that list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Version(usize);

impl Version {
    /// The newest known version.
    pub fn newest() -> Self {
        Self(KNOWN.len().saturating_sub(1))
    }

    /// The known version with this name.
    pub fn named(name: &str) -> Option<Self> {
        KNOWN.iter().position(|known| *known == name).map(Self)
    }

    /// The known version whose data is used for a version: itself, else the newest one before it. If the name is missing or cannot be
    /// compared, it is the newest known version.
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

    /// Whether a row of the data is for this version. `versions` has one bit for each known version.
    pub fn is_in(self, versions: u8) -> bool {
        versions >> self.0 & 1 == 1
    }

    /// Where this version keeps settings that moved between versions.
    pub(crate) fn layout(self) -> &'static Layout {
        if self.has("agents.entries") {
            &PRESENT
        } else {
            &FORMER
        }
    }
}

/// Where a version of OpenClaw keeps settings that moved between versions.
#[derive(Debug)]
pub(crate) struct Layout {
    /// Settings of memory search, for all agents.
    pub(crate) search: &'static [&'static str],
    /// The same in an agent's entry.
    pub(crate) own_search: &'static [&'static str],
    /// Settings of speech, for all agents.
    pub(crate) speech: &'static [&'static str],
    /// Whether this is the former layout, which has further rows in the inventory.
    pub(super) former: bool,
}

/// From 2026.8 on.
const PRESENT: Layout = Layout {
    search: &["memory", "search"],
    own_search: &["memory", "search"],
    speech: &["tts"],
    former: false,
};

/// Before 2026.8. Items of `agents.list` are matched as entries.
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

    /// The model that generates images, videos or music.
    pub(super) fn generation<'v>(&self, root: &'v Value, kind: &str) -> Option<&'v Value> {
        let defaults = root.at(&["agents", "defaults"])?;
        match self.former {
            true => defaults.get(&format!("{kind}GenerationModel")),
            false => defaults.at(&["mediaModels", kind]),
        }
    }

    /// The key of a setting of memory search for all agents, if this is the path of one.
    pub(super) fn shared_search<'k>(&self, keys: &[&'k str]) -> Option<&'k str> {
        keys.strip_prefix(self.search)?.first().copied()
    }
}

/// The name of the version for which a document is audited: that of the host, else the one that wrote the file.
pub(crate) fn judged_version<'a>(
    root: &'a Value,
    host: Option<&'a OpenclawVersion>,
) -> Option<&'a str> {
    let written = root.str_at(&["meta", "lastTouchedVersion"]);
    Some(host.map(|host| host.version.as_str()).or(written)?.trim())
}
