//! What the component says of itself: its identity, its license and the crates in it.

use crate::{ID, MODEL_ALIAS, PLACEHOLDER_KEY};

pub use crate::wit::provider::{Dependency, Descriptor};

/// Describes this build.
pub fn describe() -> Descriptor {
    Descriptor {
        id: ID.to_owned(),
        label: "Anthropic Claude (local proxy)".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        aliases: vec![MODEL_ALIAS.to_owned(), "anthropic-proxy".to_owned()],
        model_alias: MODEL_ALIAS.to_owned(),
        placeholder_key: PLACEHOLDER_KEY.to_owned(),
        license: "MIT".to_owned(),
        source: "https://github.com/rustyrayzor/anthropic-claude-proxy".to_owned(),
        // Packaging compares it with `cargo tree`.
        dependencies: include_str!("../data/crates.txt")
            .lines()
            .filter_map(|line| line.split_once(' '))
            .map(|(name, version)| Dependency {
                name: name.to_owned(),
                version: version.to_owned(),
            })
            .collect(),
    }
}
