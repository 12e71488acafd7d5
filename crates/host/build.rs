//! Builds the component, compiles it ahead of time for the target, and hands both to the crate.
//!
//! `CLAUDE_PROXY_COMPONENT` names a component that was built before; a release uses it so that every package carries
//! the same bytes. Without it the component is built here by a cargo of its own, in its own target folder.

use std::env;
use std::error::Error;
use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

include!("src/component/tuning.rs");

const PACKAGE: &str = "claude-proxy-plugin";
const TARGET: &str = "wasm32-wasip2";
const GIVEN: &str = "CLAUDE_PROXY_COMPONENT";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-env-changed={GIVEN}");
    println!("cargo::rerun-if-changed=src/component/tuning.rs");
    let out = PathBuf::from(required("OUT_DIR")?);
    let component = match env::var_os(GIVEN) {
        Some(path) => {
            let path = PathBuf::from(path);
            println!("cargo::rerun-if-changed={}", path.display());
            fs::read(&path).map_err(|why| format!("{GIVEN} names {}: {why}", path.display()))?
        }
        None => build_component(&out)?,
    };
    fs::write(out.join("plugin.wasm"), &component)?;

    let target = env::var("TARGET")?;
    let mut config = wasmtime::Config::new();
    config
        .target(&target)
        .map_err(|why| format!("no ahead-of-time code for {target}: {why}"))?
        .cranelift_opt_level(wasmtime::OptLevel::SpeedAndSize);
    tune(&mut config);
    let image = wasmtime::Engine::new(&config)
        .and_then(|engine| engine.precompile_component(&component))
        .map_err(|why| format!("the component does not compile: {why:?}"))?;
    fs::write(out.join("plugin.cwasm"), &image)?;
    Ok(())
}

/// Cargo's target folder: the outermost that cargo marked. Every profile, and every set of features, has an `OUT_DIR` of its own;
/// the component is built once for all of them.
fn target_folder(out: &Path) -> &Path {
    let marked = |folder: &&Path| folder.join("CACHEDIR.TAG").is_file();
    out.ancestors().filter(marked).last().unwrap_or(out)
}

fn required(name: &str) -> Result<OsString, String> {
    env::var_os(name).ok_or_else(|| format!("cargo did not set {name}"))
}

/// Runs a cargo of its own for the component. Everything that would leak from the outer build into the bytes (flags,
/// wrappers, profiles) is cleared, and folders are mapped to fixed names, so that they are the same everywhere.
fn build_component(out: &Path) -> Result<Vec<u8>, Box<dyn Error>> {
    let manifest = PathBuf::from(required("CARGO_MANIFEST_DIR")?);
    let workspace = manifest
        .ancestors()
        .nth(2)
        .ok_or("this crate lies outside its workspace")?
        .to_owned();
    for watched in [
        "crates/plugin",
        "crates/provider",
        "wit",
        "Cargo.lock",
        "rust-toolchain.toml",
    ] {
        println!(
            "cargo::rerun-if-changed={}",
            workspace.join(watched).display()
        );
    }
    let target = target_folder(out).join("plain-component");
    let cargo_home = env::var_os("CARGO_HOME").map_or_else(
        || {
            env::home_dir()
                .map(|home| home.join(".cargo"))
                .ok_or("neither CARGO_HOME nor HOME is set")
        },
        |path| Ok(PathBuf::from(path)),
    )?;
    let mut flags = String::new();
    // The last match wins in rustc, so the wider folder comes first.
    for (from, to) in [
        (&workspace, "/claude-proxy"),
        (&target, "/target"),
        (&cargo_home, "/cargo"),
    ] {
        if !flags.is_empty() {
            flags.push('\x1f');
        }
        write!(flags, "--remap-path-prefix={}={to}", from.display())?;
    }

    let mut cargo = Command::new(required("CARGO")?);
    cargo
        .current_dir(&workspace)
        .args(["build", "--locked", "--package", PACKAGE])
        .args(["--target", TARGET, "--profile", "component", "--target-dir"])
        .arg(&target);
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        let leaks = text.starts_with("CARGO_PROFILE_")
            || text.starts_with("CARGO_BUILD_")
            || text.starts_with("CARGO_FEATURE_")
            || text.starts_with("CARGO_CFG_")
            || text.starts_with("CARGO_TARGET_")
            || [
                "RUSTC",
                "RUSTFLAGS",
                "RUSTC_WRAPPER",
                "RUSTC_WORKSPACE_WRAPPER",
                "RUSTDOC",
            ]
            .contains(&&*text);
        if leaks {
            cargo.env_remove(&name);
        }
    }
    cargo.env("CARGO_ENCODED_RUSTFLAGS", flags);
    let status = cargo
        .status()
        .map_err(|why| format!("cargo could not be started for the component: {why}"))?;
    if !status.success() {
        return Err(format!(
            "the component did not build; if its target is missing, run `rustup target add {TARGET}`"
        )
        .into());
    }
    let path = target
        .join(TARGET)
        .join("component")
        .join("claude_proxy_plugin.wasm");
    fs::read(&path)
        .map_err(|why| format!("cargo left no component at {}: {why}", path.display()).into())
}
