//! A program in namespaces of its own, as on a machine with nothing but loopback. That takes root, util-linux and iproute2.

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use crate::wait;

/// Set for the process inside.
const INSIDE: &str = "HARNESS_NAMESPACE";

/// Whether this process runs inside already.
#[must_use]
pub fn is_inside() -> bool {
    env::var_os(INSIDE).is_some()
}

/// Whether this user may make namespaces here.
#[must_use]
pub fn is_permitted() -> bool {
    let made = Command::new("unshare")
        .args(["--net", "--mount", "true"])
        .output();
    rustix::process::geteuid().is_root() && made.is_ok_and(|made| made.status.success())
}

/// A command that runs a program inside; when it is killed everything inside is.
#[must_use]
pub fn command(program: &Path) -> Command {
    let mut command = Command::new("unshare");
    command
        .args([
            "--net",
            "--mount",
            "--pid",
            "--fork",
            "--kill-child",
            "--mount-proc",
        ])
        .arg(program)
        .env(INSIDE, "1");
    command
}

/// A command as process 1 of a PID namespace, which ends with it; nothing where this user may make none. `unshare` has the
/// environment.
///
/// # Errors
/// If `unshare` is missing.
pub fn of_processes(mut unshare: Command, inner: &Command) -> Result<Option<Command>> {
    const FLAGS: [&str; 4] = ["--pid", "--fork", "--mount-proc", "--kill-child"];
    let may = Command::new("unshare").args(FLAGS).arg("true").output()?;
    unshare.args(FLAGS).arg(inner.get_program());
    unshare.args(inner.get_args());
    Ok(may.status.success().then_some(unshare))
}

/// The process that is process 1 for those in the namespace, by the process that made it.
///
/// # Errors
/// If there is none in time.
pub fn first_process(unshare: u32) -> Result<u32> {
    let children = format!("/proc/{unshare}/task/{unshare}/children");
    wait::until("the first process of the namespace", wait::TIMEOUT, || {
        Ok(fs::read_to_string(&children)?.trim().parse().ok())
    })
}

/// Inside: brings loopback up, and puts a text in place of a file of `/etc`; `folder` keeps it.
///
/// # Errors
/// If the system refuses.
pub fn set_up(folder: &Path, name: &str, text: &str) -> Result<()> {
    let file = folder.join(name);
    fs::write(&file, text)?;
    let place = fs::canonicalize(Path::new("/etc").join(name))?;
    run(Command::new("mount").arg("--bind").args([file, place]))?;
    run(Command::new("ip").args(["link", "set", "lo", "up"]))
}

fn run(command: &mut Command) -> Result<()> {
    let output = command
        .output()
        .with_context(|| format!("cannot start {}", command.get_program().display()))?;
    ensure!(
        output.status.success(),
        "{command:?} failed: {}",
        String::from_utf8_lossy(&output.stderr).trim()
    );
    Ok(())
}
