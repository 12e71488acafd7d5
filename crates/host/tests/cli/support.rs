//! A home directory for each test, in which the real program runs.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::Receiver;
use std::time::Instant;

use rustix::process::Signal;
use serde_json::{Value, json};

use harness::child::KillOnDrop;
pub(crate) use harness::processes::signal;
pub(crate) use harness::wait::{TIMEOUT, expect_true};

pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_claude-proxy");

pub(crate) struct Home {
    dir: tempfile::TempDir,
}

pub(crate) struct Ended {
    /// What was run, for who reads a failure.
    ran: String,
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ended {
    /// It ended with this exit code; if not, what it said is shown.
    #[track_caller]
    pub(crate) fn ends(&self, code: i32) -> &Self {
        assert_eq!(self.code, code, "{}: {}{}", self.ran, self.out, self.err);
        self
    }

    /// It said these words: on standard error, if anything is there.
    #[track_caller]
    pub(crate) fn says(&self, words: &[&str]) -> &Self {
        let said = if self.err.is_empty() {
            &self.out
        } else {
            &self.err
        };
        says(format!("{}: {said}", self.ran), words);
        self
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out)
            .unwrap_or_else(|why| panic!("{why}: {} {}", self.out, self.err))
    }
}

impl From<Output> for Ended {
    fn from(output: Output) -> Self {
        Self {
            ran: String::new(),
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Home {
    pub(crate) fn new() -> Self {
        let home = Self {
            dir: tempfile::tempdir().unwrap(),
        };
        fs::create_dir(home.path("bin")).unwrap();
        home
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn config(&self) -> PathBuf {
        self.path(".openclaw/openclaw.json")
    }

    pub(crate) fn state(&self, name: &str) -> PathBuf {
        self.path(".openclaw/claude-proxy").join(name)
    }

    pub(crate) fn write_config(&self, text: &str) {
        fs::create_dir_all(self.path(".openclaw")).unwrap();
        fs::write(self.config(), text).unwrap();
    }

    pub(crate) fn read_config(&self) -> String {
        fs::read_to_string(self.config()).unwrap()
    }

    /// The program with nothing of the machine's in its environment.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        // Where the tests run in the background, signals of the keyboard are ignored, and children inherit that.
        let mut command = Command::new("/usr/bin/env");
        command.args(["--default-signal=INT,QUIT", PROGRAM]);
        command
            .args(arguments)
            .env_clear()
            .env("HOME", self.dir.path())
            .env("PATH", self.path("bin"))
            .current_dir(self.dir.path())
            .stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        ended(&mut self.command(arguments))
    }

    pub(crate) fn run_with(&self, name: &str, value: impl AsRef<OsStr>, run: &[&str]) -> Ended {
        ended(self.command(run).env(name, value))
    }

    /// `supervise` for this test process: the proxy of the configuration, or this command.
    pub(crate) fn supervise(&self, port: Option<u16>, program: &[&str]) -> Command {
        let mut command = self.command(&["supervise"]);
        supervised_by_us(&mut command, port, program);
        command
    }

    /// Puts a script where programs are looked for.
    pub(crate) fn program(&self, name: &str, script: &str) -> PathBuf {
        let path = self.path("bin").join(name);
        private(&path, format!("#!/bin/sh\n{script}\n"), 0o755);
        path
    }

    /// One check of the doctor.
    #[track_caller]
    pub(crate) fn checked(&self, id: &str) -> Value {
        check(&self.run(&["doctor", "--json"]).json(), id).clone()
    }

    /// Writes a configuration that holds the plugin's settings alone.
    pub(crate) fn configure(&self, settings: &Value) {
        let entries = json!({ "anthropic-claude-proxy": { "config": settings } });
        self.write_config(&json!({ "plugins": { "entries": entries } }).to_string());
    }

    pub(crate) fn key(&self, port: u16) -> String {
        let path = self.state(&format!("access-key-{port}"));
        fs::read_to_string(path).unwrap().trim().to_owned()
    }

    /// Makes the configuration closed, for a port.
    pub(crate) fn set_up(&self, port: u16) {
        let port = port.to_string();
        self.run(&["setup", "--yes", "--set-default", "--port", &port])
            .ends(0);
    }
}

pub(crate) fn ended(command: &mut Command) -> Ended {
    Ended {
        ran: format!("{command:?}"),
        ..command.output().unwrap().into()
    }
}

/// The flags of `supervise`.
pub(crate) fn supervised_by_us(command: &mut Command, port: Option<u16>, program: &[&str]) {
    command.args(["--parent", &std::process::id().to_string()]);
    if let Some(port) = port {
        command.args(["--port", &port.to_string()]);
    }
    if !program.is_empty() {
        command.arg("--").args(program);
    }
}

pub(crate) fn private(path: &Path, text: impl AsRef<[u8]>, mode: u32) {
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[track_caller]
pub(crate) fn check<'a>(doctor: &'a Value, id: &str) -> &'a Value {
    let checks = doctor["checks"].as_array().unwrap();
    checks.iter().find(|check| check["id"] == id).unwrap()
}

/// A fake proxy that nobody supervises, on a port and with the key of its user, listening.
pub(crate) fn own_proxy(port: u16, switches: &[&str], key: &str) -> KillOnDrop {
    let child = Command::new(PROGRAM)
        .args(["fake-proxy", "--port", &port.to_string()])
        .args(switches)
        .env("FAKE_PROXY_KEY", key)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    expect_true("it listens", || harness::ports::is_listening(port));
    KillOnDrop(child)
}

/// It holds these words; if not, it is shown.
#[track_caller]
pub(crate) fn says(text: impl std::fmt::Display, words: &[&str]) {
    harness::check::says(&text.to_string(), words).unwrap();
}

/// It has these members; if not, it is shown.
#[track_caller]
pub(crate) fn has(document: &Value, members: Value) {
    harness::check::has(document, &members).unwrap();
}

/// A process with lines of JSON on its output; killed when dropped.
pub(crate) struct Supervised {
    pub(crate) process: Child,
    events: Receiver<Vec<u8>>,
}

impl Supervised {
    pub(crate) fn start(mut command: Command) -> Self {
        let mut process = command
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let stdout = process.stdout.take().unwrap();
        let events = harness::child::lines(stdout);
        Self { process, events }
    }

    pub(crate) fn event(&self, name: &str) -> Value {
        self.until(&format!("event {name}"), |event| event["event"] == name)
    }

    pub(crate) fn state(&self, state: &str) -> Value {
        self.until(&format!("state {state}"), |event| {
            event["status"]["state"] == state
        })
    }

    /// Waits for a line of text that holds this.
    pub(crate) fn line(&self, part: &str) {
        let holds = |line: &str| line.contains(part);
        self.until(part, |line| line.as_str().is_some_and(holds));
    }

    /// Waits for a line that is wanted.
    pub(crate) fn until(&self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let end = Instant::now() + TIMEOUT;
        let mut seen = Vec::new();
        loop {
            let left = end.saturating_duration_since(Instant::now());
            let line = match self.events.recv_timeout(left) {
                Ok(line) => line,
                Err(why) => panic!("no {what} ({why}); seen: {seen:#?}"),
            };
            let text = || String::from_utf8_lossy(&line).trim_end().into();
            let event = serde_json::from_slice(&line).unwrap_or_else(|_| text());
            if wanted(&event) {
                return event;
            }
            seen.push(event.to_string());
        }
    }

    pub(crate) fn signal(&self, signal: Signal) {
        harness::processes::signal(self.process.id(), signal);
    }

    /// Waits for the end and gives the exit code.
    pub(crate) fn end(&mut self) -> i32 {
        let status = harness::child::exit_status(&mut self.process);
        status.code().unwrap_or(-1)
    }
}

impl Drop for Supervised {
    fn drop(&mut self) {
        if matches!(self.process.try_wait(), Ok(None)) {
            self.signal(Signal::TERM);
            let _ = self.process.wait();
        }
    }
}

/// The process that an event or a status names.
pub(crate) fn pid(of: &Value) -> u32 {
    of["pid"].as_u64().unwrap().try_into().unwrap()
}

pub(crate) fn free_port() -> u16 {
    harness::ports::free().unwrap()
}

/// Whether the cases of several users, and those that mount, can be played. Only the administrator can; CI is.
pub(crate) fn can_be_root() -> bool {
    let root = rustix::process::geteuid().is_root();
    assert!(
        root || std::env::var_os("CI").is_none(),
        "this case needs root"
    );
    if !root {
        eprintln!("NOT TESTED without root");
    }
    root
}
