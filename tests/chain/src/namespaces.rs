//! A machine of its own: only loopback, and the vendor's names lead there.

use std::env;
use std::fs;
use std::path::Path;
use std::process::{Command, ExitStatus};

use anyhow::{Context as _, Result, bail, ensure};

/// Everything that a Claude CLI or a proxy may want to speak with.
pub(crate) const NAMES: [&str; 11] = [
    "api.anthropic.com",
    "console.anthropic.com",
    "statsig.anthropic.com",
    "mcp-proxy.anthropic.com",
    "platform.claude.com",
    "claude.ai",
    "downloads.claude.ai",
    "code.claude.com",
    "claude.com",
    "api.openai.com",
    "registry.npmjs.org",
];

/// Set for the process inside.
const INSIDE: &str = "CHAIN_INSIDE";

/// Whether this process runs inside already.
pub(crate) fn inside() -> bool {
    env::var_os(INSIDE).is_some()
}

/// Runs this program again, with the same arguments, inside.
///
/// # Errors
/// If this machine or this user cannot make namespaces.
pub(crate) fn enter() -> Result<ExitStatus> {
    ensure!(
        rustix::process::geteuid().is_root(),
        "the chain makes network and mount namespaces, which needs root\n\
         hint: run it as root, for example in a container with `--privileged`"
    );
    Command::new("unshare")
        .args([
            "--net",
            "--mount",
            "--pid",
            "--fork",
            "--kill-child",
            "--mount-proc",
        ])
        .arg(env::current_exe()?)
        .args(env::args_os().skip(1))
        .env(INSIDE, "1")
        .status()
        .context("`unshare` (util-linux) cannot be started, and the chain needs it")
}

/// Inside: brings loopback up, and lets the names lead there.
///
/// # Errors
/// If the system refuses.
pub(crate) fn furnish(folder: &Path) -> Result<()> {
    let hosts = folder.join("hosts");
    fs::write(
        &hosts,
        format!(
            "127.0.0.1 localhost\n::1 localhost\n127.0.0.1 {}\n",
            NAMES.join(" ")
        ),
    )?;
    run(Command::new("mount")
        .arg("--bind")
        .arg(&hosts)
        .arg("/etc/hosts"))?;
    run(Command::new("ip").args(["link", "set", "lo", "up"]))
}

fn run(command: &mut Command) -> Result<()> {
    let ended = command
        .output()
        .with_context(|| format!("cannot start {}", command.get_program().display()))?;
    if !ended.status.success() {
        bail!(
            "{command:?} failed: {}\nhint: the chain needs root and a kernel with network and mount namespaces",
            String::from_utf8_lossy(&ended.stderr).trim()
        );
    }
    Ok(())
}
