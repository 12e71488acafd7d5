//! `arm64 QEMU HELPER`: the helper for Linux arm64 under qemu's user emulation: the machine code that was made of the component
//! ahead of time, an audit, a supervised proxy, its crash, a stop.
//!
//! qemu has no `sock_diag`, so nobody learns whose program listens; as in a container that forbids it, the access key is off.

#![allow(
    clippy::indexing_slicing,
    reason = "JSON of our own making; a panic is a failed test"
)]

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{self, Command, Stdio};
use std::sync::mpsc::Receiver;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use harness::{child, ports, processes, wait};
use rustix::process::Signal;
use serde_json::{Value, json};

/// Longest time for one thing under emulation.
const TIMEOUT: Duration = Duration::from_secs(120);

fn main() -> Result<()> {
    let mut arguments = env::args_os().skip(1).map(PathBuf::from);
    let (Some(qemu), Some(helper)) = (arguments.next(), arguments.next()) else {
        bail!("arm64 QEMU HELPER; `cargo xtask test` knows both");
    };
    let home = tempfile::tempdir()?;
    let emulated = Emulated { qemu, helper, home };
    let port = ports::free()?;
    let settings = json!({ "port": port, "accessKey": "off" });
    emulated.write(&json!({
        "plugins": { "entries": { "anthropic-claude-proxy": { "config": settings } } }
    }))?;
    emulated.does(&["setup", "--yes", "--set-default"])?;
    let audit = emulated.does(&["audit", "--openclaw", "2026.9.6"])?;
    ensure!(audit.contains("closed"), "the audit says: {audit}");

    let own = process::id().to_string();
    let mut supervise = emulated.command(&["supervise", "--parent", &own, "--"]);
    supervise.args(emulated.argv()).arg("fake-proxy");
    let mut supervise = supervise.stdout(Stdio::piped()).spawn()?;
    let events = child::lines(supervise.stdout.take().context("no output")?);
    let first = ready(&events, None)?;
    let status: Value = serde_json::from_str(&emulated.does(&["status", "--json"])?)?;
    ensure!(status["state"] == "ready", "the status says: {status}");

    processes::signal(u32::try_from(first)?, Signal::KILL);
    ready(&events, Some(first))?;
    let status: Value = serde_json::from_str(&emulated.does(&["status", "--json"])?)?;
    ensure!(status["restarts"] == 1, "the status says: {status}");

    // Without a Claude CLI it has something to say.
    let doctor = emulated.command(&["doctor", "--json"]).output()?;
    let doctor: Value = serde_json::from_slice(&doctor.stdout).context("what doctor says")?;
    for (id, wanted) in [
        ("platform", "pass"),
        ("config-closed", "unknown"),
        ("health", "pass"),
    ] {
        let checks = doctor["checks"].as_array();
        let check = checks.and_then(|all| all.iter().find(|check| check["id"] == id));
        let said = check.map_or(&Value::Null, |check| &check["status"]);
        ensure!(said == wanted, "doctor says of {id}: {check:?}");
    }

    emulated.does(&["stop", "--supervisor"])?;
    let ended = wait::until("the end of the supervisor", TIMEOUT, || {
        Ok(supervise.try_wait()?)
    })?;
    ensure!(ended.success(), "the supervisor ended with {ended}");
    ensure!(
        !ports::is_listening(port),
        "something still answers on port {port}"
    );
    println!("the helper for Linux arm64 was set up, audited, supervised, crashed and stopped");
    Ok(())
}

/// A home with the emulated helper.
struct Emulated {
    qemu: PathBuf,
    helper: PathBuf,
    home: tempfile::TempDir,
}

impl Emulated {
    /// What runs it: emulator and program.
    fn argv(&self) -> [&Path; 2] {
        [&self.qemu, &self.helper]
    }

    fn write(&self, config: &Value) -> Result<()> {
        let folder = self.home.path().join(".openclaw");
        fs::create_dir(&folder)?;
        Ok(fs::write(folder.join("openclaw.json"), config.to_string())?)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.qemu);
        command.arg(&self.helper).args(arguments);
        command.env_clear().env("HOME", self.home.path());
        command.env("PATH", "/usr/bin:/bin").stdin(Stdio::null());
        command
    }

    /// Runs it to its end, which must be a success; its output.
    fn does(&self, arguments: &[&str]) -> Result<String> {
        println!("$ claude-proxy {}", arguments.join(" "));
        let output = self.command(arguments).output()?;
        let out = String::from_utf8(output.stdout)?;
        let err = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "{}: {out}{err}", output.status);
        Ok(out)
    }
}

/// Waits until the proxy is ready, as another process than before; its process id.
fn ready(events: &Receiver<Vec<u8>>, before: Option<u64>) -> Result<u64> {
    let mut seen = Vec::new();
    loop {
        let Ok(line) = events.recv_timeout(TIMEOUT) else {
            bail!("the proxy is not ready; what was told: {seen:#?}");
        };
        let event: Value = serde_json::from_slice(&line)?;
        let pid = event["status"]["pid"].as_u64();
        if event["event"] == "ready" && pid.is_some() && pid != before {
            return pid.context("no process id");
        }
        seen.push(event.to_string());
    }
}
