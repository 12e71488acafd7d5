//! Builds the helper for every platform of the package: natively for this one, with zig as cross compiler for the
//! others.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};
use harness::places;

use crate::{cargo, fetch};

/// What a helper may have, in bytes, so that a crate that comes in unseen is seen here.
const LIMITS: [(&str, u64); 4] = [
    ("linux-x64", 5_200_000),
    ("linux-arm64", 5_200_000),
    ("darwin-arm64", 5_000_000),
    ("darwin-x64", 5_000_000),
];

/// How a helper is built.
#[derive(Clone, Copy)]
pub(crate) enum Build {
    /// As it is shipped, for this machine alone.
    Release,
    /// As it is shipped, among others: the compiler of the component knows every processor.
    ReleaseOfAll,
    /// As tests are built, to be run under emulation.
    Emulated,
    /// As quickly as it goes, for the demonstration on this machine. With it what the demonstration also runs.
    Demo,
}

/// The compiler's name of a platform.
fn target_of(platform: &str) -> Result<&'static str> {
    Ok(match platform {
        "linux-x64" => "x86_64-unknown-linux-musl",
        "linux-arm64" => "aarch64-unknown-linux-musl",
        "darwin-arm64" => "aarch64-apple-darwin",
        "darwin-x64" => "x86_64-apple-darwin",
        other => bail!("no helper is made for {other}"),
    })
}

/// Builds the helper for a platform around a component.
pub(crate) fn build(platform: &str, component: &Path, profile: Build) -> Result<PathBuf> {
    if matches!(profile, Build::Demo) {
        return demo(component);
    }
    let target = target_of(platform)?;
    let command = if platform == places::platform() {
        "build"
    } else {
        "zigbuild"
    };
    // The emulated one shares the compiler of the component with the tests, so it is of the same workspace.
    let mut build = match profile {
        Build::Release => cargo::cargo(&[command, "--release"]),
        Build::ReleaseOfAll => cargo::cargo(&[
            command,
            "--release",
            "--features",
            "claude-proxy-host/arm64",
        ]),
        Build::Emulated | Build::Demo => cargo::native(&[command]),
    };
    if !matches!(profile, Build::Emulated) {
        build.args(["--locked", "--package", "claude-proxy-host"]);
        build.env("CARGO_ENCODED_RUSTFLAGS", path_remapping()?);
    }
    build
        .args(["--bin", "claude-proxy", "--target", target, "--target-dir"])
        .arg(places::target())
        .env("CLAUDE_PROXY_COMPONENT", component);
    if command == "zigbuild" {
        with_zig(&mut build)?;
    }
    cargo::ensure_target(target)?;
    cargo::run(&mut build)?;
    let folder = match profile {
        Build::Emulated | Build::Demo => "debug",
        Build::Release | Build::ReleaseOfAll => "release",
    };
    let folder = places::target().join(target).join(folder);
    Ok(folder.join("claude-proxy"))
}

/// Builds everything that the demonstration needs with one cargo, so that shared crates are compiled once, and without the
/// minutes that a small and fast helper takes.
fn demo(component: &Path) -> Result<PathBuf> {
    let mut build = cargo::cargo(&["build", "--locked"]);
    for (package, program) in [
        ("claude-proxy-host", "claude-proxy"),
        ("claude-proxy-fake-proxy", "fake-proxy"),
        ("e2e", "demo"),
    ] {
        build.args(["--package", package, "--bin", program]);
    }
    build.args(["--features", "claude-proxy-fake-proxy/faults"]);
    cargo::run(build.env("CLAUDE_PROXY_COMPONENT", component))?;
    Ok(places::target().join("debug/claude-proxy"))
}

/// Flags that keep this machine's folders out of a program.
fn path_remapping() -> Result<String> {
    let flags = [
        (places::root(), "/claude-proxy"),
        (places::target(), "/target"),
        (cargo::home()?, "/cargo"),
    ]
    .map(|(from, to)| format!("--remap-path-prefix={}={to}", from.display()));
    Ok(flags.join("\x1f"))
}

/// Puts the pinned zig and cargo-zigbuild in front.
fn with_zig(command: &mut Command) -> Result<()> {
    let tools = fetch::wheels("zig").context(
        "helpers for other machines need zig, which is fetched for Linux x64; `--this-machine` does without",
    )?;
    let path = env::var_os("PATH").unwrap_or_default();
    let path = env::join_paths(std::iter::once(tools).chain(env::split_paths(&path)))?;
    command.env("PATH", path);
    Ok(())
}

/// Checks the size of a helper that is shipped.
pub(crate) fn check(platform: &str, bytes: usize) -> Result<()> {
    let limit = LIMITS.iter().find(|(name, _)| *name == platform);
    let (_, limit) = limit.with_context(|| format!("no limit is set for {platform}"))?;
    ensure!(
        u64::try_from(bytes)? <= *limit,
        "the helper for {platform} has {bytes} bytes, more than {limit}"
    );
    Ok(())
}
