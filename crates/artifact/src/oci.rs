//! The component as an OCI artifact, as registries and `wkg` take it: an image layout of four files, made and checked
//! without a network.
//!
//! `oras cp --from-oci-layout FOLDER:TAG REGISTRY/NAME:TAG` sends it.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, bail, ensure};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use wasmparser::{Parser, Payload};

use crate::label;

/// Media type of the manifest.
pub const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
/// Media type of the configuration, as the Wasm working group of the CNCF defines it.
pub const CONFIG: &str = "application/vnd.wasm.config.v0+json";
/// Media type of the one layer, the component.
pub const LAYER: &str = "application/wasm";
/// What the file `oci-layout` says.
const LAYOUT: &[u8] = br#"{"imageLayoutVersion":"1.0.0"}"#;

/// The layout's files by path.
pub type Files = BTreeMap<String, Vec<u8>>;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Descriptor {
    media_type: String,
    digest: String,
    size: usize,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    annotations: BTreeMap<String, String>,
}

impl Descriptor {
    fn of(media_type: &str, bytes: &[u8]) -> Self {
        Self {
            media_type: media_type.to_owned(),
            digest: digest(bytes),
            size: bytes.len(),
            annotations: BTreeMap::new(),
        }
    }

    fn path(&self) -> String {
        format!("blobs/{}", self.digest.replace(':', "/"))
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Manifest {
    schema_version: u8,
    media_type: String,
    config: Descriptor,
    layers: Vec<Descriptor>,
    annotations: BTreeMap<String, String>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Index {
    schema_version: u8,
    manifests: Vec<Descriptor>,
}

/// Packs a labelled component. There is no time in it, so the same component gives the same digests.
///
/// # Errors
/// If the component or its label cannot be read.
pub fn pack(component: &[u8]) -> Result<Files> {
    let label = label::read(component)?;
    ensure!(!label.version.is_empty(), "the component has no label");
    let (imports, exports) = interfaces(component)?;
    let config = serde_json::to_vec(&json!({
        "architecture": "wasm",
        "os": "wasip2",
        "layerDigests": [digest(component)],
        "component": { "imports": imports, "exports": exports, "target": null },
    }))?;
    let annotations = [
        ("title", &label.name),
        ("version", &label.version),
        ("description", &label.description),
        ("licenses", &label.licence),
        ("source", &label.source),
    ];
    let mut annotations: BTreeMap<_, _> = annotations
        .map(|(key, value)| (format!("org.opencontainers.image.{key}"), value.clone()))
        .into();
    if let Some(revision) = label.revision {
        annotations.insert("org.opencontainers.image.revision".to_owned(), revision);
    }
    let layer = Descriptor::of(LAYER, component);
    let manifest = Manifest {
        schema_version: 2,
        media_type: MANIFEST.to_owned(),
        config: Descriptor::of(CONFIG, &config),
        layers: vec![layer],
        annotations,
    };
    let manifest_bytes = serde_json::to_vec(&manifest)?;
    let mut named = Descriptor::of(MANIFEST, &manifest_bytes);
    named.annotations.insert(
        "org.opencontainers.image.ref.name".to_owned(),
        label.version,
    );
    let index = serde_json::to_vec(&Index {
        schema_version: 2,
        manifests: vec![named],
    })?;

    let mut files = Files::new();
    files.insert("oci-layout".to_owned(), LAYOUT.to_vec());
    files.insert("index.json".to_owned(), index);
    for bytes in [config, manifest_bytes, component.to_vec()] {
        files.insert(format!("blobs/{}", digest(&bytes).replace(':', "/")), bytes);
    }
    Ok(files)
}

/// Checks a layout as a registry would: every digest and size, the media types, and that the layer is a component whose
/// interfaces and label are those of the manifest. The digest of the manifest.
///
/// # Errors
/// The first thing that is wrong.
pub fn check(files: &Files) -> Result<String> {
    let layout = files.get("oci-layout").context("no oci-layout")?;
    ensure!(layout == LAYOUT, "another layout version");
    let index: Index = serde_json::from_slice(files.get("index.json").context("no index.json")?)?;
    let [named] = index.manifests.as_slice() else {
        bail!("{} manifests instead of one", index.manifests.len());
    };
    ensure!(
        named.media_type == MANIFEST,
        "the index names a {}",
        named.media_type
    );
    let manifest: Manifest = serde_json::from_slice(blob(files, named)?)?;
    ensure!(
        manifest.media_type == MANIFEST,
        "the manifest calls itself {}",
        manifest.media_type
    );
    ensure!(
        manifest.config.media_type == CONFIG,
        "the configuration is {}",
        manifest.config.media_type
    );
    let config: serde_json::Value = serde_json::from_slice(blob(files, &manifest.config)?)?;
    let [layer] = manifest.layers.as_slice() else {
        bail!("{} layers instead of one", manifest.layers.len());
    };
    ensure!(
        layer.media_type == LAYER,
        "the layer is {}",
        layer.media_type
    );
    let component = blob(files, layer)?;
    let (imports, exports) = interfaces(component)?;
    ensure!(
        config.pointer("/layerDigests") == Some(&json!([layer.digest])),
        "the configuration is of another layer"
    );
    ensure!(
        config.pointer("/component/imports") == Some(&json!(imports)),
        "the configuration has other imports"
    );
    ensure!(
        config.pointer("/component/exports") == Some(&json!(exports)),
        "the configuration has other exports"
    );
    let version = manifest.annotations.get("org.opencontainers.image.version");
    let label = label::read(component)?;
    ensure!(
        version == Some(&label.version),
        "the manifest is of version {version:?}"
    );
    ensure!(
        files.len() == 5,
        "there are {} files instead of 5",
        files.len()
    );
    Ok(named.digest.clone())
}

fn blob<'f>(files: &'f Files, of: &Descriptor) -> Result<&'f [u8]> {
    let bytes = files
        .get(&of.path())
        .with_context(|| format!("no {}", of.path()))?;
    ensure!(
        digest(bytes) == of.digest,
        "{} has other content",
        of.path()
    );
    ensure!(
        bytes.len() == of.size,
        "{} has {} bytes instead of {}",
        of.path(),
        bytes.len(),
        of.size
    );
    Ok(bytes)
}

fn digest(bytes: &[u8]) -> String {
    let mut text = "sha256:".to_owned();
    for byte in Sha256::digest(bytes) {
        text.push_str(&format!("{byte:02x}"));
    }
    text
}

/// Names of what the outermost component imports and exports.
fn interfaces(component: &[u8]) -> Result<(Vec<String>, Vec<String>)> {
    let (mut imports, mut exports) = (Vec::new(), Vec::new());
    let mut depth = 0_usize;
    for payload in Parser::new(0).parse_all(component) {
        match payload? {
            Payload::Version { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::ComponentImportSection(section) if depth == 1 => {
                for import in section {
                    imports.push(import?.name.name.to_owned());
                }
            }
            Payload::ComponentExportSection(section) if depth == 1 => {
                for export in section {
                    exports.push(export?.name.name.to_owned());
                }
            }
            _ => {}
        }
    }
    Ok((imports, exports))
}
