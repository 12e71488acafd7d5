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
use harness::ports::free;
use harness::processes::{marked, signal};
use harness::wait::{PATIENCE, found};
use rustix::process::Signal;
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

fn example(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let path = test
        .parent()
        .unwrap()
        .parent()
        .unwrap()
        .join("examples")
        .join(name);
    assert!(
        path.exists(),
        "{} is missing: run the tests of the whole package",
        path.display()
    );
    path
}

/// The pid that answers on a port.
fn answers(port: u16) -> Option<u32> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    stream
        .set_read_timeout(Some(Duration::from_millis(500)))
        .ok()?;
    stream.write_all(b"GET / HTTP/1.1\r\n\r\n").ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    answer
        .rsplit("\"pid\":")
        .next()?
        .trim_end_matches('}')
        .parse()
        .ok()
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
        Self::start_in(tempfile::tempdir().unwrap(), port, options, child)
    }

    fn start_in(dir: tempfile::TempDir, port: u16, options: &[&str], child: &[&str]) -> Self {
        let supervisor = Self::command(dir.path(), port, options, child)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        Self {
            supervisor,
            dir,
            port,
        }
    }

    fn command(dir: &Path, port: u16, options: &[&str], child: &[&str]) -> Command {
        let mut command = Command::new(example("supervise"));
        command
            .arg("run")
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
            .stderr(Stdio::inherit());
        command
    }

    fn socket(&self) -> PathBuf {
        self.dir.path().join("control")
    }

    fn mark(&self) -> String {
        format!("SUPERVISED_AT={}", self.socket().display())
    }

    fn ask(&self, request: &Request) -> Option<Value> {
        control::request(&self.socket(), request, PATIENCE).ok()
    }

    fn status(&self) -> Value {
        self.ask(&Request::Status).unwrap_or(Value::Null)
    }

    fn until(&self, state: &str) -> Value {
        found(&format!("the state {state}"), || {
            Some(self.status()).filter(|status| status["state"] == state)
        })
    }

    fn nothing_left(&self) {
        found("everything to be gone", || {
            marked(&self.mark()).is_empty().then_some(())
        });
        // A process that is ending has no environment any more, and its socket for a moment longer.
        found("the port to be free", || {
            TcpStream::connect(("127.0.0.1", self.port))
                .is_err()
                .then_some(())
        });
    }

    fn stop(&mut self) -> i32 {
        signal(self.supervisor.id(), Signal::TERM);
        self.ended()
    }

    fn ended(&mut self) -> i32 {
        let status = found("the supervisor to end", || {
            self.supervisor.try_wait().unwrap()
        });
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
        for pid in marked(&self.mark()) {
            signal(pid, Signal::KILL);
        }
    }
}

fn number(value: &Value) -> u32 {
    u32::try_from(
        value
            .as_u64()
            .unwrap_or_else(|| panic!("no number: {value}")),
    )
    .unwrap()
}
