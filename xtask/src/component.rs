//! Building the component, and what is promised of it: size, imports, the same bytes from every folder.
//!
//! Cargo links the core module; `claude_proxy_artifact` makes the component of it, with the pinned optimiser.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};
use claude_proxy_artifact::component;
use claude_proxy_artifact::label::{self, Label};
use e2e::places;
use wasmparser::{Parser, Payload};

use crate::{cargo, fetch, manifest, package};

/// What the component must not exceed, in bytes.
pub(crate) const BUDGET: usize = 700_000;
const TARGET: &str = "wasm32-wasip2";
const PROFILE: &str = "component";

/// Everything the component may import: the interfaces that Rust's `std` always links. A host may deny all of it.
const IMPORTS: [&str; 13] = [
    "wasi:cli/environment@0.2.4",
    "wasi:cli/exit@0.2.4",
    "wasi:cli/stderr@0.2.4",
    "wasi:cli/stdin@0.2.4",
    "wasi:cli/stdout@0.2.4",
    "wasi:cli/terminal-input@0.2.4",
    "wasi:cli/terminal-output@0.2.4",
    "wasi:cli/terminal-stderr@0.2.4",
    "wasi:cli/terminal-stdin@0.2.4",
    "wasi:cli/terminal-stdout@0.2.4",
    "wasi:io/error@0.2.4",
    "wasi:io/poll@0.2.4",
    "wasi:io/streams@0.2.4",
];

/// Builds the component from the checkout.
///
/// # Errors
/// If it does not build, or the optimiser cannot be fetched or fails.
pub(crate) fn build() -> Result<PathBuf> {
    let core = fs::read(link_in(&places::root(), &folder())?)?;
    fetch::optimiser()?;
    let label = label()?;
    // Optimising takes seconds, so what it was made from stands beside it.
    let made_from = package::digest(
        &[
            &core,
            RECIPE,
            &serde_json::to_vec(&label.materials)?,
            &fs::read(places::peers("binaryen").join("package-lock.json"))?,
        ]
        .concat(),
    );
    let (path, stamp) = (built(), folder().join("made-from.txt"));
    if !path.is_file() || fs::read_to_string(&stamp).ok() != Some(made_from.clone()) {
        let mut wasm_opt = Command::new(places::node_folder()?.join("node"));
        wasm_opt.arg(places::peers("binaryen").join("node_modules/binaryen/bin/wasm-opt"));
        fs::write(&path, component::make(&core, Some(wasm_opt), &label)?)?;
        fs::write(&stamp, made_from)?;
    }
    Ok(path)
}

/// How a component is made of a core module and what it is called, as source: both decide the bytes.
const RECIPE: &[u8] = concat!(
    include_str!("../../crates/artifact/src/component.rs"),
    include_str!("../../plugin-manifest.json"),
)
.as_bytes();

fn label() -> Result<Label> {
    let identity = manifest::read()?.identity;
    let described = claude_proxy_provider::command::describe();
    let mut cargo = cargo::cargo(&[]);
    cargo.current_dir(places::root().join("crates/plugin"));
    Ok(Label {
        name: identity.id,
        version: identity.version,
        description: identity.description,
        licence: described.licence,
        source: described.source,
        revision: None,
        materials: Some(label::materials(cargo)?),
    })
}

fn folder() -> PathBuf {
    places::target().join("component")
}

/// Lints of the guest's crate, beside what the component is built from: macros and build scripts are compiled already.
///
/// # Errors
/// If there is something to say.
pub(crate) fn lint() -> Result<()> {
    cargo::bring_target(TARGET)?;
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

/// Where [`build`] leaves it.
pub(crate) fn built() -> PathBuf {
    folder().join("plugin.wasm")
}

/// Links the core module of a checkout in a target folder. Whatever would leak from the surroundings into the bytes is
/// taken away, and folders are mapped to fixed names, as the build script of `crates/host` does it too.
///
/// # Errors
/// If it does not build.
fn link_in(checkout: &Path, target: &Path) -> Result<PathBuf> {
    cargo::bring_target(TARGET)?;
    let mut command = cargo::cargo(&[
        "build",
        "--quiet",
        "--locked",
        "--package",
        "claude-proxy-plugin",
    ]);
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
    let registry = env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| env::home_dir().map(|home| home.join(".cargo")));
    let registry = registry.context("neither CARGO_HOME nor HOME is set")?;
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
        format!("{flags}\x1f-Clink-arg=--skip-wit-component"),
    );
    cargo::run(&mut command)?;
    let path = target
        .join(TARGET)
        .join("component/claude_proxy_plugin.wasm");
    ensure!(path.is_file(), "cargo left no module at {}", path.display());
    Ok(path)
}

/// Checks size and imports; the size in bytes.
///
/// # Errors
/// If one is not as promised.
pub(crate) fn check(component: &[u8]) -> Result<usize> {
    let found = imports(component)?;
    let unknown: Vec<_> = found
        .iter()
        .filter(|name| !IMPORTS.contains(&name.as_str()))
        .collect();
    ensure!(
        unknown.is_empty(),
        "the component imports what is not pinned: {unknown:?}"
    );
    let gone: Vec<_> = IMPORTS
        .iter()
        .filter(|name| !found.contains(**name))
        .collect();
    ensure!(
        gone.is_empty(),
        "the component no longer imports {gone:?}; take it out of the pinned list"
    );
    let size = component.len();
    ensure!(
        size <= BUDGET,
        "the component has {size} bytes, more than {BUDGET}"
    );
    Ok(size)
}

/// The imports of the outermost component.
fn imports(component: &[u8]) -> Result<BTreeSet<String>> {
    let mut names = BTreeSet::new();
    let mut depth = 0_usize;
    for payload in Parser::new(0).parse_all(component) {
        match payload? {
            Payload::Version { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::ComponentImportSection(section) if depth == 1 => {
                for import in section {
                    names.insert(import?.name.name.to_owned());
                }
            }
            _ => {}
        }
    }
    Ok(names)
}

/// Links the core module once more, from a copy of the sources in another folder, and compares. What is made of it is a
/// function of these bytes and of pinned tools.
///
/// # Errors
/// If the bytes differ.
pub(crate) fn reproduce() -> Result<()> {
    let core = fs::read(link_in(&places::root(), &folder())?)?;
    let elsewhere = tempfile::Builder::new()
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
        copy(&places::root().join(name), &elsewhere.path().join(name))?;
    }
    let another = elsewhere.path().join("another-target");
    // Macros and build scripts run on this machine and know neither folder, so they are not compiled once more; what
    // goes into the module is, since its flags name the folders.
    copy(&folder().join(PROFILE), &another.join(PROFILE))?;
    let again = fs::read(link_in(elsewhere.path(), &another)?)?;
    if again != core {
        bail!(
            "another folder gives other bytes ({} and {}); something leaks into the component",
            core.len(),
            again.len()
        );
    }
    Ok(())
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    if from.is_dir() {
        fs::create_dir_all(to)?;
        for entry in fs::read_dir(from)? {
            let name = entry?.file_name();
            copy(&from.join(&name), &to.join(&name))?;
        }
    } else {
        fs::copy(from, to).with_context(|| from.display().to_string())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_import_that_is_not_pinned_is_refused() {
        // (component (import "host:files/read" (func)))
        let bytes = [
            0x00, 0x61, 0x73, 0x6d, 0x0d, 0x00, 0x01, 0x00, 0x07, 0x05, 0x01, 0x40, 0x00, 0x01,
            0x00, 0x0a, 0x14, 0x01, 0x00, 0x0f, b'h', b'o', b's', b't', b':', b'f', b'i', b'l',
            b'e', b's', b'/', b'r', b'e', b'a', b'd', 0x01, 0x00,
        ];
        let why = check(&bytes).unwrap_err().to_string();
        assert!(why.contains("host:files/read"), "{why}");
    }
}
