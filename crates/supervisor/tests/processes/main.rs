//! The supervisor with real processes: the example `supervise` around the example `child`.
//!
//! With the feature `portable` the code for systems that tell less runs here: what only Linux can do is left out, by
//! `cfg(linux_calls)`.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failure here is a failed test"
)]

mod ends;
mod others;
mod reports;
mod starts_and_stops;

use claude_proxy_supervisor::control::{self, Request};
use harness::child::KillOnDrop;
use harness::ports::free;
use harness::processes::{signal, with_variable};
use harness::wait::{TIMEOUT, expect, expect_true};
use rustix::process::Signal;
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

fn example(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let profile = test.ancestors().nth(2).unwrap();
    let path = profile.join("examples").join(name);
    let missing = "an example is missing: run the tests of the whole package";
    assert!(path.exists(), "{missing}: {}", path.display());
    path
}

fn answers(port: u16) -> Option<u32> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    let patience = Duration::from_millis(500);
    stream.set_read_timeout(Some(patience)).ok()?;
    stream.write_all(b"GET / HTTP/1.1\r\n\r\n").ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (_, pid) = answer.rsplit_once("\"pid\":")?;
    pid.trim_end_matches('}').parse().ok()
}

/// In place of the program's options: there is no program.
const NO_PROGRAM: &[&str] = &["no program"];

/// The shape that other supervisors leave behind: a wrapper, and a server that left its session and group.
/// Where only the group is known, the server stays in it.
const HIDING: &[&str] = if cfg!(linux_calls) {
    &["--wrap", "--leave"]
} else {
    &["--wrap"]
};

struct Run {
    supervisor: Child,
    dir: tempfile::TempDir,
    port: u16,
}

impl Run {
    fn start(options: &[&str], child: &[&str]) -> Self {
        Self::start_on(free().unwrap(), options, child)
    }

    fn start_on(port: u16, options: &[&str], child: &[&str]) -> Self {
        Self::start_by(port, options, child, |_| {})
    }

    /// Starts a supervisor with a command that `prepare` may change.
    fn start_by(
        port: u16,
        options: &[&str],
        child: &[&str],
        prepare: impl FnOnce(&mut Command),
    ) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut command = Self::command(dir.path(), port, options, child);
        prepare(&mut command);
        Self {
            supervisor: command.spawn().unwrap(),
            dir,
            port,
        }
    }

    /// One that tells what happens, and ends with the reader of that.
    fn with_events(
        options: &[&str],
        child: &[&str],
    ) -> (Self, impl Iterator<Item = Value> + use<>) {
        let options = [&["--stdout", "--events"], options].concat();
        let mut run = Self::start_by(free().unwrap(), &options, child, |command| {
            command.stdout(Stdio::piped());
        });
        let stdout = BufReader::new(run.supervisor.stdout.take().unwrap());
        let lines = stdout.lines().map_while(Result::ok);
        (run, lines.map(|line| serde_json::from_str(&line).unwrap()))
    }

    /// Another supervisor in the place of this one, which has ended.
    #[cfg(linux_calls)]
    fn start_again(&mut self) {
        let mut command = Self::command(self.dir.path(), self.port, &[], &[]);
        self.supervisor = command.spawn().unwrap();
    }

    /// Kills both processes of the supervisor of a wrapped server at the same moment; the server that is left.
    #[cfg(linux_calls)]
    fn orphan(&mut self) -> u32 {
        let status = self.until("ready");
        let orphan = answers(self.port).unwrap();
        // Neither may notice that the other is gone before it is gone itself.
        for which in [Signal::STOP, Signal::KILL] {
            signal(self.supervisor.id(), which);
            signal(number(&status["supervisorPid"]), which);
        }
        self.ended();
        expect_true("the wrapper to be gone", || {
            with_variable(&self.mark()) == [orphan]
        });
        orphan
    }

    fn command(dir: &Path, port: u16, options: &[&str], child: &[&str]) -> Command {
        let mut command = Command::new(example("supervise"));
        command
            .arg("--dir")
            .arg(dir)
            .args(["--port", &port.to_string()])
            .args(options);
        command.arg("--");
        if child != NO_PROGRAM {
            command
                .arg(example("child"))
                .arg(port.to_string())
                .args(child);
        }
        command
            .env("CHILD_HANGS", dir.join("hang"))
            .stdout(Stdio::null());
        command
    }

    fn socket(&self) -> PathBuf {
        self.dir.path().join("control")
    }

    fn mark(&self) -> String {
        format!("SUPERVISED_AT={}", self.socket().display())
    }

    fn ask(&self, request: &Request) -> Option<Value> {
        control::request(&self.socket(), request, TIMEOUT).ok()
    }

    fn status(&self) -> Value {
        self.ask(&Request::Status).unwrap_or(Value::Null)
    }

    fn until(&self, state: &str) -> Value {
        expect(&format!("the state {state}"), || {
            Some(self.status()).filter(|status| status["state"] == state)
        })
    }

    fn nothing_left(&self) {
        expect_true("everything to be gone", || {
            with_variable(&self.mark()).is_empty()
        });
        // A process that is ending has no environment any more, and its socket for a moment longer.
        expect_true("the port to be free", || {
            !harness::ports::is_listening(self.port)
        });
    }

    fn stop(&mut self) -> i32 {
        signal(self.supervisor.id(), Signal::TERM);
        self.ended()
    }

    fn ended(&mut self) -> i32 {
        let status = harness::child::exit_status(&mut self.supervisor);
        status.code().unwrap_or(-1)
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.dir.path().join("output.log")).unwrap_or_default()
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        let _ = self.supervisor.kill();
        let _ = self.supervisor.wait();
        for pid in with_variable(&self.mark()) {
            signal(pid, Signal::KILL);
        }
    }
}

fn number(value: &Value) -> u32 {
    let number = value.as_u64().and_then(|number| number.try_into().ok());
    number.unwrap_or_else(|| panic!("no number: {value}"))
}

/// A server that somebody else runs, ended with the test.
fn other(port: u16, prepare: impl FnOnce(&mut Command)) -> KillOnDrop {
    let mut command = Command::new(example("child"));
    command.arg(port.to_string()).stdout(Stdio::null());
    prepare(&mut command);
    let other = KillOnDrop(command.spawn().unwrap());
    expect("the other's server", || answers(port));
    other
}
