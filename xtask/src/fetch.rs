//! Fetches what `xtask/peers` pins, each group into a folder of its own: npm packages by lock file, without running
//! their scripts, and Python packages by a `requirements.txt` with digests.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};
use std::thread;

use anyhow::{Context as _, Result, bail, ensure};
use harness::places;

use crate::cargo;

/// Files of one group.
const LOCK: &str = "package-lock.json";
const MANIFEST: &str = "package.json";
const REQUIREMENTS: &str = "requirements.txt";
/// Written last, a copy of the lock file or of the requirements: these lie there.
const STAMP: &str = "fetched.json";
/// No script of a package is run, and only errors are printed.
const QUIET: [&str; 4] = [
    "--ignore-scripts",
    "--no-audit",
    "--no-fund",
    "--loglevel=error",
];

/// Groups that are needed together.
pub(crate) type Groups = &'static [&'static str];

/// OpenClaw and a Node that it accepts.
pub(crate) const OPENCLAW: Groups = &["openclaw"];
/// What only the tests need.
pub(crate) const TOOLS: Groups = &["tools", "samples"];
/// What makes the component small and turns it into JavaScript, and the Node that runs it.
pub(crate) const JCO: Groups = &["openclaw", "jco"];
/// What a chain is made of: OpenClaw, the real Claude CLI, a real proxy.
pub(crate) const CHAIN: Groups = &["openclaw", "tools", "max-api"];
/// What other hosts of the component run in: jco for Node, wasmtime for Python.
pub(crate) const EMBEDDERS: Groups = &["openclaw", "tools", "samples", "jco", "wasmtime"];
/// The other supervisors that ours is measured beside, as far as registries have them, in OpenClaw's Node.
pub(crate) const SUPERVISORS: Groups = &["openclaw", "pm2", "supervisord"];
/// All that a test takes, in the order in which it is needed.
pub(crate) const EVERYTHING: Groups = &[
    "openclaw", "jco", "deny", "zig", "tools", "samples", "wasmtime", "max-api",
];

/// Fetches groups.
///
/// # Errors
/// If npm or Python is missing or fails, or a registry has nothing for this machine.
pub(crate) fn groups(names: Groups) -> Result<()> {
    for name in names {
        if source(name).join(REQUIREMENTS).is_file() {
            wheels(name)?;
        } else {
            packages(name)?;
        }
    }
    Ok(())
}

/// Begins to fetch while something else is built. Whoever needs it fetches the same groups again, which waits for this and
/// reports what is wrong.
pub(crate) fn ahead(names: Groups) {
    thread::spawn(move || groups(names));
}

/// Where the pins of a group are.
fn source(group: &str) -> PathBuf {
    places::root().join("xtask/peers").join(group)
}

/// The folder of another Node's program, by its major version, for `cargo xtask test --node`.
///
/// # Errors
/// If it is not one of those that are pinned, or npm is missing or fails.
pub(crate) fn node(major: &str) -> Result<PathBuf> {
    let group = format!("node-{major}");
    ensure!(
        source(&group).is_dir(),
        "Node {major} is not pinned in xtask/peers; Node 22 is"
    );
    packages(&group)?;
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
    if source(&group).is_dir() {
        return packages(&group);
    }
    let fetch = |folder: &Path| {
        println!("fetching openclaw {version}, without a lock file");
        fs::create_dir_all(folder)?;
        let manifest =
            serde_json::json!({ "private": true, "dependencies": { "openclaw": version } });
        fs::write(folder.join(MANIFEST), manifest.to_string())?;
        let mut npm = Command::new("npm");
        npm.current_dir(folder)
            .args(["install", "--no-package-lock"]);
        cargo::run(npm.args(QUIET)).with_context(|| {
            format!("OpenClaw {version} could not be fetched; this needs npm and the npm registry")
        })
    };
    fetch_once(&group, version.as_bytes(), fetch).map(drop)
}

/// Held by the one that fetches.
static FETCHING: Mutex<()> = Mutex::new(());

/// Fetches a group into its folder, unless the stamp in it says that this very thing lies there.
fn fetch_once(
    group: &str,
    wanted: &[u8],
    fetch: impl FnOnce(&Path) -> Result<()>,
) -> Result<PathBuf> {
    let _one = FETCHING.lock().unwrap_or_else(PoisonError::into_inner);
    let folder = places::peers(group);
    let stamp = folder.join(STAMP);
    if !fs::read(&stamp).is_ok_and(|fetched| fetched == wanted) {
        fetch(&folder)?;
        fs::write(stamp, wanted)?;
    }
    Ok(folder)
}

/// Fetches a group of npm packages.
fn packages(group: &str) -> Result<()> {
    let source = source(group);
    let lock = fs::read(source.join(LOCK))?;
    let fetch = |folder: &Path| {
        println!("fetching {}", description(&source)?);
        fs::create_dir_all(folder)?;
        for name in [LOCK, MANIFEST] {
            fs::copy(source.join(name), folder.join(name))?;
        }
        // `ci` takes exactly what the lock file says and checks every digest; `resolved` is not in it, so that any registry
        // or mirror that the user has set serves it.
        let mut npm = Command::new("npm");
        npm.current_dir(folder).arg("ci");
        cargo::run(npm.args(QUIET))
            .context("the peers could not be fetched; this needs npm and the npm registry")
    };
    fetch_once(group, &lock, fetch).map(drop)
}

/// The folder of the programs of a group from the Python registry.
///
/// # Errors
/// If Python with venv is missing, or the registry does not have what is pinned.
pub(crate) fn wheels(group: &str) -> Result<PathBuf> {
    let list = source(group).join(REQUIREMENTS);
    let fetch = |folder: &Path| {
        cargo::run(Command::new("python3").args(["-m", "venv"]).arg(folder))
            .with_context(|| format!("the tools of {group} need Python with venv"))?;
        let mut pip = Command::new(folder.join("bin/python"));
        pip.args(["-m", "pip", "install", "--quiet"])
            .args(["--disable-pip-version-check", "--no-deps"])
            .args(["--only-binary=:all:", "--require-hashes", "-r"]);
        cargo::run(pip.arg(&list))
    };
    let folder = fetch_once(group, &fs::read(&list)?, fetch)?;
    Ok(folder.join("bin"))
}

/// Names and versions of what a manifest asks for.
fn description(source: &Path) -> Result<String> {
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
