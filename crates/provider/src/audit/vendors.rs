//! The vendors in OpenClaw's package. `cargo xtask routes` generates the data from the package.

use super::slot::Slot;
use super::version::Version;

/// A vendor that OpenClaw ships, or whose plugin it installs by itself.
#[derive(Debug, Clone, Copy)]
pub struct Vendor {
    /// The versions of OpenClaw that have exactly this row, one bit each (see [`Version::is_in`]).
    pub versions: u8,
    /// Id of the plugin; empty if the provider is part of OpenClaw's core.
    pub plugin: &'static str,
    /// Ids of its providers, in lower case.
    pub providers: &'static [&'static str],
    /// Environment variables that hold its credential.
    pub variables: &'static [&'static str],
    /// Slots that its credential arms.
    pub slots: &'static [Slot],
    /// Hosts that it connects to for these slots without any credential.
    pub keyless: &'static [&'static str],
}

macro_rules! vendors {
    ($($versions:literal $plugin:literal [$($provider:literal)*] [$($variable:literal)*] [$($slot:ident)*] [$($host:literal)*];)*) => {
        &[$(Vendor {
            versions: $versions,
            plugin: $plugin,
            providers: &[$($provider),*],
            variables: &[$($variable),*],
            slots: &[$(Slot::$slot),*],
            keyless: &[$($host),*],
        }),*]
    };
}

macro_rules! pairs {
    ($($versions:literal $key:literal $value:literal;)*) => {
        &[$(($versions, $key, $value)),*]
    };
}

/// Every vendor of every version.
const VENDORS: &[Vendor] = include!("../../data/vendors.rs");

/// Every official plugin outside the package that arms a slot. OpenClaw installs such a plugin by itself if it starts with its key
/// (`resolveOfficialExternalProviderPluginIdsForEnv`; an attempt was seen in 2026.9.6).
const OFFICIAL: &[Vendor] = include!("../../data/official.rs");

/// The bundled skills whose key becomes an environment variable of the Gateway, and that variable.
const SKILLS: &[(u8, &str, &str)] = include!("../../data/skills.rs");

/// The aliases that OpenClaw adds by itself to a listed model that has none.
const ALIASES: &[(u8, &str, &str)] = include!("../../data/aliases.rs");

/// The vendors in the package of a version, and those whose plugin it installs by itself.
pub(crate) fn vendors(version: Version) -> impl Iterator<Item = &'static Vendor> {
    let official = OFFICIAL.iter();
    bundled(version).chain(official.filter(move |vendor| version.is_in(vendor.versions)))
}

/// The vendors in the package of a version.
pub fn bundled(version: Version) -> impl Iterator<Item = &'static Vendor> {
    let all = VENDORS.iter();
    all.filter(move |vendor| version.is_in(vendor.versions))
}

/// The variable that is set to the key of a bundled skill.
pub(super) fn of_skill(version: Version, skill: &str) -> Option<&'static str> {
    let mut all = SKILLS.iter();
    all.find(|(versions, name, _)| version.is_in(*versions) && *name == skill)
        .map(|(.., variable)| *variable)
}

/// The reference of an alias that OpenClaw adds by itself.
pub(super) fn built_in(version: Version, alias: &str) -> Option<&'static str> {
    let mut all = ALIASES.iter();
    all.find(|(versions, name, _)| version.is_in(*versions) && *name == alias)
        .map(|(.., target)| *target)
}

impl Vendor {
    /// Its name in reports.
    pub fn name(&self) -> &'static str {
        self.providers.first().copied().unwrap_or(self.plugin)
    }

    /// The vendors that read a credential from this variable.
    pub(super) fn of_variable(version: Version, name: &str) -> impl Iterator<Item = &'static Self> {
        vendors(version).filter(move |vendor| vendor.variables.contains(&name))
    }

    /// The vendor of a provider id.
    pub(super) fn of_provider(version: Version, id: &str) -> Option<&'static Self> {
        vendors(version).find(|vendor| vendor.providers.contains(&id))
    }

    /// The vendor of a plugin.
    pub(super) fn of_plugin(version: Version, id: &str) -> Option<&'static Self> {
        vendors(version).find(|vendor| !id.is_empty() && vendor.plugin == id)
    }
}

/// Whether an id is that of a vendor's provider.
pub(super) fn is_vendor(version: Version, id: &str) -> bool {
    Vendor::of_provider(version, id).is_some()
}
