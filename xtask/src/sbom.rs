//! The bill of materials of the package: every crate whose code is in the helpers or in the component, with version, licence
//! and the digest that cargo checked, as CycloneDX 1.6. It has no time and no serial number, so that the same sources give the
//! same bytes.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use anyhow::{Context as _, Result, ensure};
use e2e::places;
use serde_json::{Value, json};

use crate::cargo;

/// A crate that is in something that is shipped.
#[derive(Debug, Default)]
struct Crate {
    license: String,
    inside: BTreeSet<String>,
}

type Crates = BTreeMap<(String, String), Crate>;

/// The bill of materials for the helpers of these targets, and the component.
///
/// # Errors
/// If cargo cannot say what the trees are.
pub(crate) fn make(name: &str, version: &str, license: &str, targets: &[&str]) -> Result<Vec<u8>> {
    let mut crates = Crates::new();
    for target in targets {
        collect(&mut crates, "claude-proxy-host", target, "helper")?;
    }
    collect(
        &mut crates,
        "claude-proxy-plugin",
        "wasm32-wasip2",
        "component",
    )?;
    let lock = fs::read_to_string(places::root().join("Cargo.lock"))?;
    let components: Vec<Value> = crates
        .iter()
        .map(|((name, version), entry)| component(name, version, entry, &lock))
        .collect();
    let bill = json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "name": name,
                "version": version,
                "licenses": [{ "expression": license }],
                "purl": format!("pkg:npm/{}@{version}", name.replace('@', "%40")),
            },
        },
        "components": components,
    });
    Ok((serde_json::to_string_pretty(&bill)? + "\n").into_bytes())
}

fn collect(crates: &mut Crates, package: &str, target: &str, inside: &str) -> Result<()> {
    let output = cargo::cargo(&[
        "tree",
        "--quiet",
        "--locked",
        "--package",
        package,
        // What only runs at build time is in nothing that is shipped.
        "--edges",
        "normal,no-proc-macro",
        "--prefix",
        "none",
        "--no-dedupe",
        "--format",
        "{p}|{l}",
        "--target",
        target,
    ])
    .output()
    .context("cannot run cargo tree")?;
    ensure!(
        output.status.success(),
        "cargo tree failed: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    for line in String::from_utf8(output.stdout)?.lines() {
        let (name, version, license) = parse(line).with_context(|| format!("unread: {line}"))?;
        let entry = crates.entry((name, version)).or_default();
        entry.license = license;
        entry.inside.insert(inside.to_owned());
    }
    Ok(())
}

/// `NAME vVERSION (PLACE)|LICENCE`.
fn parse(line: &str) -> Option<(String, String, String)> {
    let (package, license) = line.rsplit_once('|')?;
    let mut words = package.split(' ');
    let name = words.next()?.to_owned();
    let version = words.next()?.strip_prefix('v')?.to_owned();
    // The slash is how old manifests write "or".
    Some((name, version, license.replace('/', " OR ")))
}

fn component(name: &str, version: &str, entry: &Crate, lock: &str) -> Value {
    let inside: Vec<&str> = entry.inside.iter().map(String::as_str).collect();
    let mut component = json!({
        "type": "library",
        "name": name,
        "version": version,
        "purl": format!("pkg:cargo/{name}@{version}"),
        "licenses": [{ "expression": entry.license }],
        "properties": [{ "name": "claude-proxy:in", "value": inside.join(", ") }],
    });
    // Our own crates have no digest: they are not in a registry.
    if let (Some(digest), Some(fields)) = (checksum(lock, name, version), component.as_object_mut())
    {
        fields.insert(
            "hashes".to_owned(),
            json!([{ "alg": "SHA-256", "content": digest }]),
        );
    }
    component
}

/// The checksum of a crate in `Cargo.lock`.
fn checksum<'a>(lock: &'a str, name: &str, version: &str) -> Option<&'a str> {
    let head = format!("name = \"{name}\"\nversion = \"{version}\"\n");
    let entry = lock
        .split("[[package]]\n")
        .find(|entry| entry.starts_with(&head))?;
    entry
        .lines()
        .find_map(|line| line.strip_prefix("checksum = \""))?
        .strip_suffix('"')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_crate_has_a_licence_and_those_of_the_registry_a_digest() {
        let bytes = make("@x/y", "1.0.0", "MIT", &["x86_64-unknown-linux-musl"]).unwrap();
        let bill: Value = serde_json::from_slice(&bytes).unwrap();
        let all = bill["components"].as_array().unwrap();
        let named = |name: &str| all.iter().find(|one| one["name"] == name).unwrap();
        for one in all {
            assert_ne!(one["licenses"][0]["expression"], "", "{one}");
            let own = one["name"].as_str().unwrap().starts_with("claude-proxy-");
            assert_eq!(own, one.get("hashes").is_none(), "{one}");
        }
        assert_eq!(named("wasmtime")["properties"][0]["value"], "helper");
        assert_eq!(named("wit-bindgen")["properties"][0]["value"], "component");
        let both = named("claude-proxy-provider");
        assert_eq!(both["properties"][0]["value"], "component");
        assert!(
            !all.iter().any(|one| one["name"] == "cranelift-codegen"),
            "the compiler is in nothing that is shipped"
        );
        assert_eq!(
            bill["metadata"]["component"]["purl"],
            "pkg:npm/%40x/y@1.0.0"
        );
    }
}
