//! The packaged helper on a system with nothing else: no C library, no shell, no other program.

use std::fs;
use std::process::Command;
use std::time::Duration;

use anyhow::{Result, ensure};
use harness::home::Home;
use harness::{command, places, ports};

const LIMIT: Duration = Duration::from_secs(120);

#[test]
fn the_helper_needs_nothing_but_the_kernel() -> Result<()> {
    let home = Home::new()?;
    let root = home.path().join("root");
    for folder in ["home", "proc", "dev", "tmp"] {
        fs::create_dir_all(root.join(folder))?;
    }
    fs::write(root.join("dev/null"), "")?;
    fs::copy(places::helper()?, root.join("claude-proxy"))?;
    let port = ports::free()?.to_string();
    // A user namespace, so that it takes no administrator; what of the kernel a container has is mounted.
    let run_isolated = |arguments: &[&str]| {
        let mounted = "mount --rbind /proc \"$0/proc\" && mount --bind /dev/null \"$0/dev/null\" && exec chroot \"$0\" \"$@\"";
        let mut unshared = Command::new("unshare");
        unshared
            .args(["-r", "-m", "sh", "-c", mounted])
            .arg(&root)
            .arg("/claude-proxy")
            .args(arguments)
            .env_clear()
            .envs([("HOME", "/home"), ("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")]);
        command::run(&mut unshared, LIMIT)
    };
    run_isolated(&["setup", "--yes", "--set-default", "--port", &port])?.success()?;
    run_isolated(&["audit"])?.success()?;
    let doctor = run_isolated(&["doctor", "--json"])?.json()?;
    let checks = doctor["checks"].as_array().map_or(&[][..], Vec::as_slice);
    let platform = checks.iter().find(|check| check["id"] == "platform");
    ensure!(
        platform.is_some_and(|check| check["status"] == "pass"),
        "{doctor:#}"
    );
    // It starts the proxy, knows it for its own, and ends with its reader.
    let demo = run_isolated(&["demo"])?.success()?;
    let told = ["ready again after", "connection refused, nothing was sent"];
    demo.says(&told).map(drop)
}
