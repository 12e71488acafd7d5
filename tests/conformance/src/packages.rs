//! The WIT package beside the component: documentation, versions that agree, and the artifact.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use claude_proxy_artifact::{oci, wit};
use serde_json::Value;

use crate::rust::{Host, MEMORY};
use crate::vectors;

fn root() -> PathBuf {
    vectors::folder().join("../..")
}

/// Writes `docs/wit/` anew: made from `wit/`, so nobody commits it.
pub(crate) fn write() -> Result<()> {
    for (name, text) in wit::markdown(&root().join("wit"))? {
        fs::create_dir_all(root().join("docs/wit"))?;
        fs::write(root().join("docs/wit").join(name), text)?;
    }
    Ok(())
}

/// Every check of the package.
pub(crate) fn check(component: &Path) -> Result<String> {
    let folder = root().join("wit");
    let pages = wit::markdown(&folder)?.len();
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
    Ok(format!("version {version} everywhere, {pages} pages"))
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
