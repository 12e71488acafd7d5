//! Where things are: the checkout, what was built from it, and the pinned peers that were fetched.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use crate::versions;

/// The checkout.
#[must_use]
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_owned()
}

/// Cargo's target folder, where everything that is built or fetched goes.
#[must_use]
pub fn target() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| root().join("target"), |folder| root().join(folder))
}

/// Names another folder with a package than that of `cargo xtask package`.
pub const PACKAGE: &str = "CLAUDE_PROXY_TEST_PACKAGE";

/// The OpenClaw package, ready for `npm pack` or `openclaw plugins install`.
#[must_use]
pub fn package() -> PathBuf {
    env::var_os(PACKAGE).map_or_else(|| target().join("package"), PathBuf::from)
}

/// The component that `cargo xtask` built last.
#[must_use]
pub fn component() -> PathBuf {
    target().join("component/plugin.wasm")
}

/// The folder of one group of pinned npm packages.
#[must_use]
pub fn peers(group: &str) -> PathBuf {
    target().join("peers").join(group)
}

/// Names the major version of the Node that OpenClaw runs in; the pinned one without it.
pub const NODE_VERSION: &str = "CLAUDE_PROXY_TEST_NODE";

/// The group of npm packages with that version of OpenClaw.
#[must_use]
pub fn openclaw_group(version: &str) -> String {
    if version == versions::pinned() {
        "openclaw".to_owned()
    } else {
        format!("openclaw-{version}")
    }
}

/// A file that an earlier command of xtask puts there.
///
/// # Errors
/// If it is missing; the text names the command.
pub fn present(path: PathBuf, command: &str) -> Result<PathBuf> {
    if path.exists() {
        return Ok(path);
    }
    bail!("{} is missing\nhint: cargo xtask {command}", path.display())
}

/// The folder of the `node` that tests run OpenClaw with: the pinned one, or that of [`NODE_VERSION`].
///
/// # Errors
/// If it was not fetched, or there is none for this machine.
pub fn node_folder() -> Result<PathBuf> {
    let asked = env::var(NODE_VERSION).ok().filter(|it| !it.is_empty());
    let group = asked.map_or_else(|| "openclaw".to_owned(), |major| format!("node-{major}"));
    let platform = platform();
    present(
        peers(&group).join(format!("node_modules/node-{platform}/bin")),
        "fetch",
    )
}

/// OpenClaw's entry file, for Node, of the version that tests run in.
///
/// # Errors
/// If it was not fetched.
pub fn openclaw() -> Result<PathBuf> {
    openclaw_of(&versions::tested())
}

/// OpenClaw's entry file, for Node, of a given version.
///
/// # Errors
/// If it was not fetched.
pub fn openclaw_of(version: &str) -> Result<PathBuf> {
    present(
        peers(&openclaw_group(version)).join("node_modules/openclaw/openclaw.mjs"),
        &format!("test --openclaw {version}"),
    )
}

/// The real Claude CLI.
///
/// # Errors
/// If it was not fetched, or there is none for this machine.
pub fn claude() -> Result<PathBuf> {
    let platform = platform();
    present(
        peers("tools").join(format!(
            "node_modules/@anthropic-ai/claude-code-{platform}/claude"
        )),
        "fetch",
    )
}

/// The helper of the package for this machine.
///
/// # Errors
/// If it was not packaged.
pub fn helper() -> Result<PathBuf> {
    present(
        package().join(format!("bin/{}/claude-proxy", platform())),
        "package --this-machine",
    )
}

/// The fake proxy with its switches.
///
/// # Errors
/// If it was not built.
pub fn fake_proxy() -> Result<PathBuf> {
    present(target().join("debug/fake-proxy"), "package --this-machine")
}

/// This machine in the terms of Node, for example `linux-x64`.
#[must_use]
pub fn platform() -> String {
    let system = match env::consts::OS {
        "macos" => "darwin",
        other => other,
    };
    let processor = match env::consts::ARCH {
        "x86_64" => "x64",
        "aarch64" => "arm64",
        other => other,
    };
    format!("{system}-{processor}")
}

/// Copies a file, or a folder with all that is in it.
///
/// # Errors
/// If something cannot be read or written; it is named.
pub fn copy(from: &Path, to: &Path) -> Result<()> {
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
