//! What the component says of itself to tools: name, version, licence, source, and what it was made of.

use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use auditable_serde::VersionInfo;
use serde::Deserialize;
use wasm_encoder::ComponentSection as _;
use wasm_metadata::{AddMetadata, AddMetadataField, Dependencies, Payload};

/// The label of a component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// Name, as `wasm-tools metadata show` prints it.
    pub name: String,
    /// Version, the same as in `describe`.
    pub version: String,
    /// One sentence.
    pub description: String,
    /// SPDX expression.
    pub licence: String,
    /// URL of the source.
    pub source: String,
    /// Commit that it was built from; none for a build that is no release.
    pub revision: Option<String>,
    /// Crates that are in it, as [`materials`] gives them.
    pub materials: Option<VersionInfo>,
}

impl Label {
    /// The crates that are in it, `NAME VERSION` each; none where the label does not list them.
    pub fn crates(&self) -> Vec<String> {
        let packages = self.materials.iter().flat_map(|all| &all.packages);
        packages
            .map(|one| format!("{} {}", one.name, one.version))
            .collect()
    }
}

/// Puts a label on a component. One that is there is replaced.
///
/// # Errors
/// If the component cannot be read, or a part of the label is malformed (URL, SPDX expression).
pub fn put(component: &[u8], label: &Label) -> Result<Vec<u8>> {
    let mut add = AddMetadata::default();
    add.name = AddMetadataField::Set(label.name.clone());
    add.version = AddMetadataField::Set(wasm_metadata::Version::new(label.version.clone()));
    add.description =
        AddMetadataField::Set(wasm_metadata::Description::new(label.description.clone()));
    add.licenses = AddMetadataField::Set(
        wasm_metadata::Licenses::new(&label.licence)
            .context("the licence is no SPDX expression")?,
    );
    add.source = AddMetadataField::Set(
        wasm_metadata::Source::new(&label.source).context("the source is no URL")?,
    );
    add.revision = label
        .revision
        .clone()
        .map_or(AddMetadataField::Clear, |revision| {
            AddMetadataField::Set(wasm_metadata::Revision::new(revision))
        });
    let mut labelled = add.to_wasm(component)?;
    if let Some(materials) = &label.materials {
        ensure!(
            read(component)?.materials.is_none(),
            "the component says already what it is made of"
        );
        Dependencies::new(materials.clone())?.append_to_component(&mut labelled);
    }
    Ok(labelled)
}

/// Reads the label of a component.
///
/// # Errors
/// If it cannot be read, or has none.
pub fn read(component: &[u8]) -> Result<Label> {
    let payload = Payload::from_binary(component)?;
    let all = payload.metadata();
    Ok(Label {
        name: all.name.clone().unwrap_or_default(),
        version: all
            .version
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default(),
        description: all
            .description
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default(),
        licence: all
            .licenses
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default(),
        source: all
            .source
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default(),
        revision: all.revision.as_ref().map(ToString::to_string),
        materials: all.dependencies.as_ref().map(|d| d.version_info().clone()),
    })
}

/// The part of `cargo metadata` that is needed.
#[derive(Deserialize)]
struct Graph {
    packages: Vec<Package>,
    resolve: Resolved,
}

#[derive(Deserialize)]
struct Package {
    id: String,
    name: String,
    version: String,
    source: Option<String>,
}

#[derive(Deserialize)]
struct Resolved {
    root: Option<String>,
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
struct Node {
    id: String,
    deps: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    pkg: String,
    dep_kinds: Vec<Kind>,
}

#[derive(Deserialize)]
struct Kind {
    kind: Option<String>,
}

/// The crates that are linked into the component, from `cargo metadata` (a bill of materials, in the form of
/// `cargo auditable`, which scanners read). `cargo` is run in the component's own folder; procedural macros are in the
/// list too, because cargo does not tell them apart there.
///
/// # Errors
/// If cargo fails.
pub fn materials(mut cargo: Command) -> Result<VersionInfo> {
    let output = cargo
        .args(["metadata", "--format-version=1", "--locked"])
        .arg("--filter-platform=wasm32-wasip2")
        .output()
        .context("cannot run cargo")?;
    ensure!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let graph: Graph = serde_json::from_slice(&output.stdout)?;
    let root = graph
        .resolve
        .root
        .context("cargo was not run in the folder of a crate")?;
    let linked = |id: &str| -> Vec<String> {
        let node = graph.resolve.nodes.iter().find(|node| node.id == id);
        node.map(|node| &node.deps)
            .into_iter()
            .flatten()
            .filter(|dep| dep.dep_kinds.iter().any(|kind| kind.kind.is_none()))
            .map(|dep| dep.pkg.clone())
            .collect()
    };
    let mut ids = vec![root.clone()];
    let mut at = 0;
    while let Some(id) = ids.get(at).cloned() {
        for dependency in linked(&id) {
            if !ids.contains(&dependency) {
                ids.push(dependency);
            }
        }
        at += 1;
    }
    let mut packages: Vec<&Package> = graph
        .packages
        .iter()
        .filter(|p| ids.contains(&p.id))
        .collect();
    packages.sort_by(|a, b| (&a.name, &a.version).cmp(&(&b.name, &b.version)));
    let place = |id: &str| packages.iter().position(|package| package.id == id);
    let list = packages.iter().map(|package| {
        let mut dependencies: Vec<_> = linked(&package.id)
            .iter()
            .filter_map(|id| place(id))
            .collect();
        dependencies.sort_unstable();
        serde_json::json!({
            "name": package.name,
            "version": package.version,
            "source": if package.source.is_some() { "crates.io" } else { "local" },
            "dependencies": dependencies,
            "root": package.id == root,
        })
    });
    let packages = list.collect::<Vec<_>>();
    // By way of text: the type reads its parts from borrowed text only.
    let text = serde_json::json!({ "packages": packages }).to_string();
    Ok(serde_json::from_str(&text)?)
}
