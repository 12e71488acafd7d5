//! A home of its own for every test, and the real program in it.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

/// Longest time that anything may take; only a failing test waits that long.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_claude-proxy");

pub(crate) struct Home {
    dir: tempfile::TempDir,
}

pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ended {
    /// It ended with this exit code; if not, what it said is shown.
    #[track_caller]
    pub(crate) fn ends(&self, code: i32) {
        assert_eq!(self.code, code, "{}{}", self.out, self.err);
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out)
            .unwrap_or_else(|why| panic!("{why}: {} {}", self.out, self.err))
    }
}

impl From<Output> for Ended {
    fn from(output: Output) -> Self {
        Self {
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
        self.command(arguments).output().unwrap().into()
    }

    /// Makes the configuration closed, for a port.
    pub(crate) fn set_up(&self, port: u16) {
        let port = port.to_string();
        let setup = self.run(&["setup", "--yes", "--set-default", "--port", &port]);
        assert_eq!(setup.code, 0, "{}", setup.err);
    }
}

pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// A process with lines of JSON on its output; killed when dropped.
pub(crate) struct Supervised {
    pub(crate) process: Child,
    pub(crate) events: Receiver<Value>,
}

impl Supervised {
    pub(crate) fn start(mut command: Command) -> Self {
        let mut process = command
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let stdout = process.stdout.take().unwrap();
        let (sender, events) = mpsc::channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                let event = serde_json::from_str(&line).unwrap_or(Value::String(line));
                if sender.send(event).is_err() {
                    return;
                }
            }
        });
        Self { process, events }
    }

    /// Waits for an event of this name.
    pub(crate) fn event(&self, name: &str) -> Value {
        self.until(&format!("event {name}"), |event| event["event"] == name)
    }

    /// Waits for an event with this state.
    pub(crate) fn state(&self, state: &str) -> Value {
        self.until(&format!("state {state}"), |event| {
            event["status"]["state"] == state
        })
    }

    /// Waits for a line that is wanted.
    pub(crate) fn until(&self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let end = Instant::now() + PATIENCE;
        let mut seen = Vec::new();
        loop {
            match self
                .events
                .recv_timeout(end.saturating_duration_since(Instant::now()))
            {
                Ok(event) if wanted(&event) => return event,
                Ok(event) => seen.push(event.to_string()),
                Err(why) => panic!("no {what} ({why}); seen: {seen:#?}"),
            }
        }
    }

    pub(crate) fn signal(&self, signal: Signal) {
        signal_to(self.process.id(), signal);
    }

    /// Waits for the end and gives the exit code.
    pub(crate) fn end(&mut self) -> i32 {
        let until = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.process.try_wait().unwrap() {
                return status.code().unwrap_or(-1);
            }
            assert!(Instant::now() < until, "it does not end");
            std::thread::sleep(Duration::from_millis(5));
        }
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

pub(crate) fn signal_to(pid: u32, signal: Signal) {
    let pid = Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
    kill_process(pid, signal).unwrap();
}

/// Waits until something is so.
pub(crate) fn wait_until(what: &str, mut so: impl FnMut() -> bool) {
    let until = Instant::now() + PATIENCE;
    while !so() {
        assert!(Instant::now() < until, "{what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
