//! What OpenClaw's package says of vendors, generated from it by `cargo xtask routes`.

use super::slots::Slot;

/// A vendor that OpenClaw ships.
#[derive(Debug, Clone, Copy)]
pub struct Vendor {
    /// Id of the plugin; empty where the core knows the provider.
    pub plugin: &'static str,
    /// Provider ids, folded.
    pub providers: &'static [&'static str],
    /// Environment variables that hold its credential.
    pub variables: &'static [&'static str],
    /// Slots that its credential arms.
    pub slots: &'static [Slot],
    /// Hosts that it dials for these slots without any credential.
    pub keyless: &'static [&'static str],
}

macro_rules! vendors {
    ($($plugin:literal [$($provider:literal)*] [$($variable:literal)*] [$($slot:ident)*] [$($host:literal)*];)*) => {
        &[$(Vendor {
            plugin: $plugin,
            providers: &[$($provider),*],
            variables: &[$($variable),*],
            slots: &[$(Slot::$slot),*],
            keyless: &[$($host),*],
        }),*]
    };
}

/// Every vendor.
pub const VENDORS: &[Vendor] = include!("../../data/vendors-2026.9.6.rs");

/// The bundled skills whose key becomes an environment variable of the Gateway, and that variable.
pub(super) const SKILLS: &[(&str, &str)] = include!("../../data/skills-2026.9.6.rs");

impl Vendor {
    /// The id that reports name it by.
    pub fn name(&self) -> &'static str {
        self.providers.first().copied().unwrap_or(self.plugin)
    }

    /// The vendors whose credential a variable holds.
    pub(super) fn of_variable(name: &str) -> impl Iterator<Item = &'static Self> {
        VENDORS
            .iter()
            .filter(move |vendor| vendor.variables.contains(&name))
    }

    /// The vendor of a provider id.
    pub(super) fn of_provider(id: &str) -> Option<&'static Self> {
        VENDORS.iter().find(|vendor| vendor.providers.contains(&id))
    }

    /// The vendor of a plugin.
    pub(super) fn of_plugin(id: &str) -> Option<&'static Self> {
        VENDORS
            .iter()
            .find(|vendor| !id.is_empty() && vendor.plugin == id)
    }
}

/// Whether an id is a vendor's, for recognising references.
pub(super) fn is_vendor(id: &str) -> bool {
    Vendor::of_provider(id).is_some()
}
