//! Programs that cannot run: built for another machine, not executable, on a `noexec` file system; and an OpenClaw that
//! does not print its version. Each is reported in one line with the next step.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::support::{
    Ended, Home, PROGRAM, Supervised, can_be_root, check, ended, free_port, private, says,
};

fn with_programs(bytes: &[u8], mode: u32) -> Home {
    let home = Home::new();
    home.set_up(free_port());
    for name in ["bunx", "claude", "bun", "node", "openclaw"] {
        private(&home.path("bin").join(name), bytes, mode);
    }
    home
}

/// What the doctor says of a check: status, detail, and the next step.
fn said(doctor: &Value, id: &str) -> [String; 3] {
    let check = check(doctor, id);
    ["status", "detail", "fix"].map(|key| check[key].as_str().unwrap_or_default().to_owned())
}

/// The doctor names the programs' paths, says why they do not run, and what to do.
#[track_caller]
fn does_not_run(doctor: &Ended, why: &str, fix: &str) {
    doctor.ends(1);
    let doctor = doctor.json();
    for id in ["proxy-command", "claude-cli"] {
        let [status, detail, next] = said(&doctor, id);
        assert_eq!(status, "fail", "{id}: {detail}");
        says(&detail, &["bin/", why]);
        assert!(!detail.contains('\n') && !next.is_empty(), "{id}: {detail}");
    }
    says(&said(&doctor, "proxy-command")[2], &[fix]);
}

#[test]
fn doctor_names_a_program_that_cannot_run_here() {
    let mut other = [0; 64];
    other[..4].copy_from_slice(b"\x7fELF");
    let arm64_or_x64 = if cfg!(target_arch = "x86_64") {
        183
    } else {
        62
    };
    other[18] = arm64_or_x64;
    let emulated = Path::new("/proc/sys/fs/binfmt_misc/qemu-aarch64").exists();
    if !emulated {
        let home = with_programs(&other, 0o755);
        let command = "config.command";
        does_not_run(&home.run(&["doctor", "--json"]), "is built for", command);
    }
    let home = with_programs(b"#!/bin/sh\n", 0o644);
    let doctor = home.run(&["doctor", "--json"]);
    does_not_run(&doctor, "is not executable", "chmod +x");
}

#[test]
fn an_unknown_openclaw_version_is_reported_and_not_closed() {
    let home = with_programs(b"#!/bin/sh\necho hello\n", 0o755);
    let doctor = home.run(&["doctor", "--json"]).json();
    let [status, detail, _] = said(&doctor, "openclaw-version");
    assert_eq!(status, "unknown", "{detail}");
    says(&detail, &["`openclaw --version` names none"]);
    let [status, detail, _] = said(&doctor, "config-closed");
    assert_eq!(status, "unknown", "{detail}");
    says(&detail, &["which one reads the file is not"]);
    // Told outright, as the plugin does.
    home.run(&["audit", "--openclaw", "hello", "--json"])
        .ends(2)
        .says(&["unverified-host"]);
}

/// Runs something where a folder is an empty file system from which nothing may be run, mounted for this process alone.
fn beside_noexec(command: &Command, folder: &Path, script: &str) -> Command {
    let mut unshared = Command::new("/usr/bin/unshare");
    let mounted =
        format!("/bin/mount -t tmpfs -o noexec,mode=755 none \"$0\" && {script} && exec \"$@\"");
    unshared
        .args(["-m", "/bin/sh", "-c", &mounted])
        .arg(folder)
        .arg(command.get_program())
        .args(command.get_args())
        .env_clear()
        .envs(
            command
                .get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        );
    unshared
}

#[test]
fn a_noexec_file_system_is_named_for_programs_and_fine_for_state() {
    if !can_be_root() {
        return;
    }
    let home = with_programs(b"#!/bin/sh\n", 0o755);
    fs::rename(home.path("bin"), home.path("aside")).unwrap();
    fs::create_dir(home.path("bin")).unwrap();
    let copied = format!("/bin/cp -p {}/* \"$0\"", home.path("aside").display());
    let doctor = home.command(&["doctor", "--json"]);
    let doctor = ended(&mut beside_noexec(&doctor, &home.path("bin"), &copied));
    let why = "lies on a file system that is mounted noexec";
    does_not_run(&doctor, why, "config.command");

    // Home, state directory and what is temporary: the proxy itself lies elsewhere.
    let mut command = home.supervise(Some(free_port()), &[PROGRAM, "fake-proxy"]);
    command.env("TMPDIR", home.path(""));
    let running = Supervised::start(beside_noexec(&command, &home.path(""), "true"));
    running.event("ready");
}
