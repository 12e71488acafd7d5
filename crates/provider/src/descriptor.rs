//! What the component says of itself: its identity, its license and the crates in it.

use serde::Serialize;

use crate::{ID, MODEL_ALIAS, PLACEHOLDER_KEY};

/// A crate that is compiled into the component.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Dependency {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// The identity of the provider and of this build of the component.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Descriptor {
    /// Provider and plugin id.
    pub id: String,
    /// Name for people.
    pub label: String,
    /// Version of the component.
    pub version: String,
    /// Other names a user may type for the provider.
    pub aliases: Vec<String>,
    /// Model alias that names the first model.
    pub model_alias: String,
    /// Value of `apiKey` in the provider entry ([`PLACEHOLDER_KEY`]).
    pub placeholder_key: String,
    /// License of the component (SPDX).
    pub license: String,
    /// Address of its source repository.
    pub source: String,
    /// The crates that are compiled into the component: `data/crates.txt`, which packaging compares with `cargo tree`.
    pub dependencies: Vec<Dependency>,
}

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
