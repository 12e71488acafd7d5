//! The WIT package beside the component: documentation, frozen versions, versions that agree, and the artifact.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use claude_proxy_artifact::{oci, wit};
use serde_json::Value;
use wasmtime::Engine;
use wasmtime::component::Component;

use crate::older::OLDER;
use crate::rust::{Host, MEMORY};
use crate::vectors;

fn root() -> PathBuf {
    vectors::folder().join("../..")
}

/// Writes `docs/wit/` anew.
pub(crate) fn write() -> Result<()> {
    for (name, text) in wit::markdown(&root().join("wit"))? {
        fs::create_dir_all(root().join("docs/wit"))?;
        fs::write(root().join("docs/wit").join(name), text)?;
    }
    Ok(())
}

/// Checks that `docs/wit/` is current; the number of pages.
pub(crate) fn documented() -> Result<usize> {
    let pages = wit::markdown(&root().join("wit"))?;
    for (name, text) in &pages {
        let path = root().join("docs/wit").join(name);
        let there = fs::read_to_string(&path).unwrap_or_default();
        ensure!(
            there == *text,
            "docs/wit/{name} is not current; run `cargo xtask conformance wit --write`"
        );
    }
    let there = fs::read_dir(root().join("docs/wit"))?.count();
    ensure!(
        there == pages.len(),
        "docs/wit/ has {there} files instead of {}",
        pages.len()
    );
    Ok(pages.len())
}

/// Every check of the package.
pub(crate) fn check(component: &Path) -> Result<String> {
    let folder = root().join("wit");
    let pages = documented()?;
    let manifest: Value =
        serde_json::from_str(&fs::read_to_string(root().join("plugin-manifest.json"))?)?;
    let manifest = manifest
        .pointer("/identity/version")
        .and_then(Value::as_str)
        .context("no version in plugin-manifest.json")?;
    let said = Host::new(component)?
        .instance(MEMORY)?
        .call("provider", "describe", &[])?;
    let said = said
        .get("version")
        .and_then(Value::as_str)
        .context("describe says no version")?;
    let version = wit::same_version(
        &folder,
        &[
            ("cargo", env!("CARGO_PKG_VERSION")),
            ("plugin-manifest.json", manifest),
            ("describe", said),
        ],
    )?;
    let frozen = wit::frozen(&folder, &folder.join("frozen"))?;
    ensure!(
        frozen.iter().eq(OLDER.iter().map(|(name, _)| name)),
        "this program was built for other versions than wit/frozen/ has"
    );
    let engine = Engine::default();
    let newest = Component::from_file(&engine, component)?;
    for (name, older) in OLDER {
        older(&engine, &newest)
            .map_err(anyhow::Error::from)
            .with_context(|| format!("a host built for {name} cannot use this component"))?;
    }
    Ok(format!(
        "version {version} everywhere, {pages} pages, hosts of {} run it",
        frozen.join(", ")
    ))
}

/// Freezes the version that `wit/` carries. Until it is released the copy is written anew with each change.
pub(crate) fn freeze() -> Result<()> {
    let folder = root().join("wit");
    let copy = folder.join("frozen").join(wit::version(&folder)?);
    if copy.exists() {
        fs::remove_dir_all(&copy)?;
    }
    for path in wit::files(&folder)? {
        let to = copy.join(&path);
        fs::create_dir_all(to.parent().unwrap_or(&copy))?;
        fs::copy(folder.join(&path), to)?;
    }
    println!("wrote {}", copy.display());
    Ok(())
}

/// Writes the list of crates that `describe` shows.
pub(crate) fn write_crates(component: &Path) -> Result<()> {
    let label = claude_proxy_artifact::label::read(&fs::read(component)?)?;
    let path = root().join("crates/provider/data/crates.txt");
    fs::write(&path, label.crates().join("\n") + "\n")?;
    println!("wrote {}; build the component again", path.display());
    Ok(())
}

/// Checks that the component's label says what `describe` says, and what it is made of; then packs it as an OCI artifact, checks
/// the pack, and that a changed byte is found.
pub(crate) fn artifact(component: &Path) -> Result<String> {
    let bytes = fs::read(component)?;
    let label = claude_proxy_artifact::label::read(&bytes)?;
    let described = claude_proxy_provider::command::describe();
    ensure!(
        (&label.name, &label.version, &label.licence, &label.source)
            == (
                &described.id,
                &described.version,
                &described.licence,
                &described.source
            ),
        "the label is {label:?}"
    );
    ensure!(
        label.crates() == described.materials,
        "crates/provider/data/crates.txt is not what the component is made of; `cargo xtask conformance crates` writes it"
    );
    let mut files = oci::pack(&bytes)?;
    let digest = oci::check(&files)?;
    ensure!(oci::pack(&bytes)? == files, "packing twice gives two packs");
    for path in files.keys().cloned().collect::<Vec<_>>() {
        let Some(last) = files.get_mut(&path).and_then(|content| content.last_mut()) else {
            continue;
        };
        *last ^= 1;
        ensure!(
            oci::check(&files).is_err(),
            "a changed byte in {path} is not found"
        );
        if let Some(last) = files.get_mut(&path).and_then(|content| content.last_mut()) {
            *last ^= 1;
        }
    }
    Ok(format!(
        "manifest {digest}, {} bytes, {} crates",
        bytes.len(),
        described.materials.len()
    ))
}
