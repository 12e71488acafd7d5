//! Builds the component, and checks its size, its list of crates, and that another folder gives the same bytes.
//!
//! Cargo links the core module; `xtask/component.mjs` makes the component of it, with the pinned tools.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};
use harness::places;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::{cargo, fetch, manifest};

/// What the component must not exceed, in bytes.
pub(crate) const BUDGET: u64 = 700_000;
const TARGET: &str = "wasm32-wasip2";
const PROFILE: &str = "component";

/// Builds the component from the checkout.
///
/// # Errors
/// If it does not build, or the optimizer cannot be fetched or fails.
pub(crate) fn build() -> Result<PathBuf> {
    let core = link_in(&places::root(), &folder())?;
    fetch::groups(fetch::JCO)?;
    let metadata = metadata()?;
    // Optimizing takes seconds, so what it was made from stands beside it.
    let inputs = digest(
        &[
            &fs::read(&core)?,
            SCRIPT.as_bytes(),
            metadata.as_bytes(),
            &fs::read(places::peers("jco").join("package-lock.json"))?,
        ]
        .concat(),
    );
    let (path, stamp) = (places::component(), folder().join("inputs.sha256"));
    if !path.is_file() || fs::read_to_string(&stamp).ok() != Some(inputs.clone()) {
        cargo::run(script("make")?.arg(core).arg(&path).arg(&metadata))?;
        fs::write(&stamp, inputs)?;
    }
    Ok(path)
}

/// The script that makes the component of the core module. It decides the bytes too.
const SCRIPT: &str = include_str!("../component.mjs");

/// The script with the tools that it takes.
fn script(what: &str) -> Result<Command> {
    let mut node = Command::new(places::node_folder()?.join("node"));
    node.arg(places::root().join("xtask/component.mjs"));
    node.arg(what).arg(places::peers("jco"));
    Ok(node)
}

/// Turns a component into JavaScript and declarations, in a folder of their own.
pub(crate) fn transpile(component: &Path) -> Result<PathBuf> {
    let to = folder().join("js");
    if to.exists() {
        fs::remove_dir_all(&to)?;
    }
    cargo::run(script("transpile")?.arg(component).arg(&to))?;
    let code = fs::read_to_string(to.join("plugin.js"))?;
    let import = code.lines().find(|line| line.starts_with("import "));
    ensure!(
        import.is_none(),
        "plugin.js imports: {}",
        import.unwrap_or_default()
    );
    Ok(to)
}

/// What the component says of itself to tools, as JSON: the sections that `wasm-tools metadata show` reads.
fn metadata() -> Result<String> {
    let described = claude_proxy_provider::descriptor::describe();
    let metadata = json!({
        "version": described.version,
        "description": manifest::read()?.identity.description,
        "licenses": described.license,
        "source": described.source,
    });
    Ok(metadata.to_string())
}

/// Compares the list of crates that `describe` gives with what is linked into the component; with `UPDATE_DOCS` it is written.
///
/// # Errors
/// If cargo cannot say, or the list is another.
pub(crate) fn crates() -> Result<usize> {
    let output = cargo::cargo(&["tree", "--quiet", "--locked", "--prefix", "none"])
        .args(["--package", "claude-proxy-plugin", "--target", TARGET])
        .args(["--edges", "normal,no-proc-macro", "--no-dedupe"])
        .args(["--format", "{p}"])
        .output()
        .context("cannot run cargo tree")?;
    let text = String::from_utf8(output.stdout)?;
    let crates: BTreeSet<_> = text
        .lines()
        .filter_map(|line| line.split_once(" v"))
        .map(|(name, rest)| format!("{name} {}", rest.split(' ').next().unwrap_or(rest)))
        .collect();
    ensure!(!crates.is_empty(), "cargo tree printed nothing");
    let count = crates.len();
    let list = crates.into_iter().collect::<Vec<_>>().join("\n") + "\n";
    let path = places::root().join("crates/provider/data/crates.txt");
    if env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, &list)?;
    }
    ensure!(
        fs::read_to_string(&path)? == list,
        "crates/provider/data/crates.txt is not what the component is made of; `UPDATE_DOCS=1 cargo xtask test` writes it"
    );
    Ok(count)
}

fn folder() -> PathBuf {
    places::target().join("component")
}

/// Lints of the guest's crate, beside what the component is built from: macros and build scripts are compiled already.
pub(crate) fn lint() -> Result<()> {
    cargo::ensure_target(TARGET)?;
    let mut command = cargo::cargo(&[
        "clippy",
        "--quiet",
        "--locked",
        "--package",
        "claude-proxy-plugin",
    ]);
    command
        .args(["--target", TARGET, "--profile", PROFILE, "--target-dir"])
        .arg(folder())
        .args(["--", "-D", "warnings"]);
    cargo::run(&mut command)
}

/// SHA-256 in hexadecimal.
pub(crate) fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// Links the core module of a checkout in a target folder. Variables of the environment that would change the bytes are
/// removed, and folders are mapped to fixed names, as the build script of `crates/host` does it too.
fn link_in(checkout: &Path, target: &Path) -> Result<PathBuf> {
    cargo::ensure_target(TARGET)?;
    let mut command = cargo::cargo(&["build", "--locked", "--package", "claude-proxy-plugin"]);
    command
        .current_dir(checkout)
        .args(["--target", TARGET, "--profile", PROFILE, "--target-dir"])
        .arg(target);
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        let leaks = ["CARGO_PROFILE_", "CARGO_BUILD_", "CARGO_TARGET_"]
            .iter()
            .any(|prefix| text.starts_with(prefix))
            || [
                "RUSTC",
                "RUSTFLAGS",
                "RUSTC_WRAPPER",
                "RUSTC_WORKSPACE_WRAPPER",
            ]
            .contains(&&*text);
        if leaks {
            command.env_remove(&name);
        }
    }
    let registry = cargo::home()?;
    // The last match wins in rustc, so the wider folder comes first.
    let flags = [
        (checkout, "/claude-proxy"),
        (target, "/target"),
        (&registry, "/cargo"),
    ]
    .map(|(from, to)| format!("--remap-path-prefix={}={to}", from.display()))
    .join("\x1f");
    command.env(
        "CARGO_ENCODED_RUSTFLAGS",
        // A function that is inlined stands there several times: without it the component is 1 % smaller.
        format!("{flags}\x1f-Clink-arg=--skip-wit-component\x1f-Cllvm-args=-inline-threshold=0"),
    );
    cargo::run(&mut command)?;
    let path = target
        .join(TARGET)
        .join("component/claude_proxy_plugin.wasm");
    ensure!(path.is_file(), "cargo left no module at {}", path.display());
    Ok(path)
}

/// Checks the size, in bytes. What it imports every host of it checks.
pub(crate) fn check(component: &Path) -> Result<u64> {
    let size = fs::metadata(component)?.len();
    ensure!(
        size <= BUDGET,
        "the component has {size} bytes, more than {BUDGET}"
    );
    println!("the component has {size} of {BUDGET} bytes");
    Ok(size)
}

/// Links the core module once more, from a copy of the sources in another folder, and compares. What is made of it is a
/// function of these bytes and of pinned tools.
pub(crate) fn reproduce() -> Result<()> {
    let core = fs::read(link_in(&places::root(), &folder())?)?;
    let copy = tempfile::Builder::new()
        .prefix("another-checkout-")
        .tempdir()?;
    for name in [
        "Cargo.toml",
        "Cargo.lock",
        "rust-toolchain.toml",
        "crates",
        "tests",
        "xtask",
        "wit",
    ] {
        places::copy(&places::root().join(name), &copy.path().join(name))?;
    }
    let another = copy.path().join("another-target");
    // Macros and build scripts run on this machine and know neither folder, so they are not compiled once more; what
    // goes into the module is, since its flags name the folders.
    places::copy(&folder().join(PROFILE), &another.join(PROFILE))?;
    let again = fs::read(link_in(copy.path(), &another)?)?;
    if again != core {
        bail!(
            "the module differs when it is built in another folder ({} and {} bytes); something of the machine got into it",
            core.len(),
            again.len()
        );
    }
    Ok(())
}
