//! Runs cargo and other tools, printing each command line first.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, Result, bail};
use harness::places;

use crate::times;

/// A cargo command in the checkout, with the toolchain that the checkout pins.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(places::root()).args(arguments);
    command
}

/// A cargo command over every crate that is built for this machine, with the component that was built before.
pub(crate) fn native(arguments: &[&str]) -> Command {
    let mut command = cargo(arguments);
    command
        .args([
            "--locked",
            "--workspace",
            "--exclude",
            "claude-proxy-plugin",
            // What is run under emulation too takes the compiler of the component that everything else takes.
            "--features",
            "claude-proxy-host/arm64",
        ])
        .env("CLAUDE_PROXY_COMPONENT", places::component());
    command
}

/// Cargo's own folder, where the sources of crates are.
pub(crate) fn home() -> Result<PathBuf> {
    env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| env::home_dir().map(|home| home.join(".cargo")))
        .context("neither CARGO_HOME nor HOME is set")
}

/// Ensures that the toolchain can compile for a target. `rust-toolchain.toml` names the targets, but rustup reads them
/// only when it installs the toolchain, not when it is there already.
///
/// # Errors
/// If it is missing and rustup cannot bring it.
pub(crate) fn ensure_target(target: &str) -> Result<()> {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let folder = Command::new(rustc)
        .current_dir(places::root())
        .args(["--print", "target-libdir", "--target", target])
        .output()
        .context("cannot run rustc; is it installed?")?;
    let folder = String::from_utf8_lossy(&folder.stdout).trim().to_owned();
    if Path::new(&folder).is_dir() {
        return Ok(());
    }
    let mut rustup = Command::new("rustup");
    rustup
        .current_dir(places::root())
        .args(["target", "add", target]);
    run(&mut rustup).with_context(|| {
        format!("the Rust toolchain has no {target}; install its standard library for that target")
    })
}

/// Runs a command, showing its line and its output.
///
/// # Errors
/// If it cannot be started (the text says what to install) or fails.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let line = command_line(command);
    match times::last(&line) {
        Some(seconds) => println!("$ {line}    # took {seconds} s last time"),
        None => println!("$ {line}"),
    }
    let since = Instant::now();
    let status = command.status().with_context(|| {
        format!(
            "cannot run {}; is it installed?",
            command.get_program().display()
        )
    })?;
    if !status.success() {
        bail!("`{line}` failed: {status}");
    }
    times::remember(&line, since.elapsed());
    Ok(())
}

/// Builds a program of this workspace for this machine; its path.
pub(crate) fn program(package: &str, name: &str) -> Result<PathBuf> {
    run(&mut cargo(&[
        "build",
        "--locked",
        "--package",
        package,
        "--bin",
        name,
    ]))?;
    Ok(places::target().join("debug").join(name))
}

/// The command as somebody would type it in the checkout.
pub(crate) fn command_line(command: &Command) -> String {
    let program = command.get_program().to_string_lossy();
    let name = program.rsplit('/').next().unwrap_or(&program).to_owned();
    let root = format!("{}/", places::root().display());
    std::iter::once(name)
        .chain(
            command
                .get_args()
                .map(|argument| argument.to_string_lossy().replace(&root, "")),
        )
        .collect::<Vec<_>>()
        .join(" ")
}
