//! The pinned npm packages, at the versions and with the digests of the committed lock files; no script of theirs is run.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};
use std::thread;

use anyhow::{Context as _, Result, bail, ensure};
use harness::places;

use crate::{cargo, wheels};

/// Files of one group.
const LOCK: &str = "package-lock.json";
const MANIFEST: &str = "package.json";
/// Written last, a copy of the lock file: this is what lies there.
const DONE: &str = "fetched.json";
/// No script of a package is run, and nothing is said but errors.
const QUIET: [&str; 4] = [
    "--ignore-scripts",
    "--no-audit",
    "--no-fund",
    "--loglevel=error",
];

/// OpenClaw and a Node that it accepts.
///
/// # Errors
/// If npm is missing or fails.
pub(crate) fn openclaw() -> Result<()> {
    fetch("openclaw")?;
    places::node_folder().context("the npm registry has no pinned Node for this machine")?;
    Ok(())
}

/// The folder of another Node's program, by its major version, for `cargo xtask test --node`.
///
/// # Errors
/// If it is not one of those that are pinned, or npm is missing or fails.
pub(crate) fn node(major: &str) -> Result<PathBuf> {
    let group = format!("node-{major}");
    ensure!(
        places::root().join("xtask/peers").join(&group).is_dir(),
        "Node {major} is not pinned in xtask/peers; Node 22 is"
    );
    fetch(&group)?;
    let folder = format!("node_modules/node-{}/bin", places::platform());
    places::present(places::peers(&group).join(folder), "fetch")
}

/// Another version of OpenClaw, for `cargo xtask test --openclaw`: with the digests of a committed lock file where there is
/// one (the oldest that the package is for), else the exact version as the registry has it.
///
/// # Errors
/// If it is not a version, or npm is missing or fails.
pub(crate) fn openclaw_version(version: &str) -> Result<()> {
    ensure!(
        version.starts_with(|c: char| c.is_ascii_digit())
            && version
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || ".-".contains(c)),
        "{version:?} is not a version of OpenClaw: 2026.7.1"
    );
    let group = places::openclaw_group(version);
    if places::root().join("xtask/peers").join(&group).is_dir() {
        return fetch(&group);
    }
    let folder = places::peers(&group);
    if fs::read_to_string(folder.join(DONE)).is_ok_and(|done| done == version) {
        return Ok(());
    }
    println!("fetching openclaw {version}, without a lock file");
    fs::create_dir_all(&folder)?;
    let manifest = serde_json::json!({ "private": true, "dependencies": { "openclaw": version } });
    fs::write(folder.join(MANIFEST), manifest.to_string())?;
    let mut npm = Command::new("npm");
    npm.current_dir(&folder)
        .args(["install", "--no-package-lock"]);
    cargo::run(npm.args(QUIET)).with_context(|| {
        format!("OpenClaw {version} could not be fetched; this needs npm and the npm registry")
    })?;
    fs::write(folder.join(DONE), version)?;
    Ok(())
}

/// What only the tests need.
///
/// # Errors
/// If npm or Python is missing or fails.
pub(crate) fn tools() -> Result<()> {
    fetch("tools")?;
    wheels::tools("samples")?;
    Ok(())
}

/// What a chain is made of: OpenClaw, the real Claude CLI, a real proxy.
///
/// # Errors
/// If npm is missing or fails.
pub(crate) fn chain() -> Result<()> {
    openclaw()?;
    fetch("tools")?;
    fetch("max-api")
}

/// What other hosts of the component run in: jco for Node, wasmtime for Python.
///
/// # Errors
/// If npm or Python is missing or fails.
pub(crate) fn embedders() -> Result<()> {
    openclaw()?;
    tools()?;
    fetch("jco")?;
    wheels::tools("wasmtime")?;
    Ok(())
}

/// All that a test takes, in the order in which it is needed.
///
/// # Errors
/// If npm or Python is missing or fails.
pub(crate) fn everything() -> Result<()> {
    jco()?;
    for group in ["deny", "zig"] {
        wheels::tools(group)?;
    }
    embedders()?;
    chain()
}

/// What makes the component small and turns it into JavaScript, and the Node that runs it.
///
/// # Errors
/// If npm is missing or fails.
pub(crate) fn jco() -> Result<()> {
    openclaw()?;
    fetch("jco")
}

/// The other supervisors that ours is measured beside, as far as registries have them.
///
/// # Errors
/// If npm or Python is missing or fails.
pub(crate) fn supervisors() -> Result<()> {
    fetch("pm2")?;
    wheels::tools("supervisord")?;
    Ok(())
}

/// Begins to fetch while something else is built. Whoever needs it calls the same function again, which waits for it and
/// reports what is wrong.
pub(crate) fn ahead(what: fn() -> Result<()>) {
    thread::spawn(what);
}

/// Held by the one that fetches.
static FETCHING: Mutex<()> = Mutex::new(());

fn fetch(group: &str) -> Result<()> {
    let _one = FETCHING.lock().unwrap_or_else(PoisonError::into_inner);
    let source = places::root().join("xtask/peers").join(group);
    let folder = places::peers(group);
    let lock = fs::read(source.join(LOCK))?;
    if fs::read(folder.join(DONE)).is_ok_and(|done| done == lock) {
        return Ok(());
    }
    println!("fetching {}", pinned(&source)?);
    fs::create_dir_all(&folder)?;
    for name in [LOCK, MANIFEST] {
        fs::copy(source.join(name), folder.join(name))?;
    }
    // `ci` takes exactly what the lock file says and checks every digest; `resolved` is not in it, so that any registry
    // or mirror that the user has set serves it.
    let mut npm = Command::new("npm");
    npm.current_dir(&folder).arg("ci");
    cargo::run(npm.args(QUIET))
        .context("the peers could not be fetched; this needs npm and the npm registry")?;
    fs::write(folder.join(DONE), lock)?;
    Ok(())
}

/// What the manifest asks for, in words.
fn pinned(source: &Path) -> Result<String> {
    let text = fs::read_to_string(source.join(MANIFEST))?;
    let manifest: serde_json::Value = serde_json::from_str(&text)?;
    let of = |key: &str| manifest.get(key).and_then(serde_json::Value::as_object);
    // Node alone is what a manifest can leave to npm, which takes the one for this machine.
    let Some(wanted) = of("dependencies").or_else(|| of("optionalDependencies")) else {
        bail!("{} names no dependencies", source.join(MANIFEST).display());
    };
    let names = wanted
        .iter()
        .map(|(name, version)| format!("{name} {}", version.as_str().unwrap_or_default()));
    Ok(names.collect::<Vec<_>>().join(", "))
}
