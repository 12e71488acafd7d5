//! Running a program to its end, with a deadline.

use std::io::Read;
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use rustix::process::{Pid, Signal, kill_process_group};

use crate::wait;

/// How a program ended, and its output.
#[derive(Debug)]
pub struct Outcome {
    /// Its exit code; `None` if a signal ended it.
    pub code: Option<i32>,
    /// What it wrote to standard output.
    pub stdout: String,
    /// What it wrote to standard error.
    pub stderr: String,
    /// How long it took.
    pub took: Duration,
}

impl Outcome {
    /// Both outputs, as a person at a terminal sees them.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{}{}", self.stdout, self.stderr)
    }

    /// The outcome, if it is a success.
    ///
    /// # Errors
    /// If the exit code is not 0; with its output.
    pub fn success(self) -> Result<Self> {
        match self.code {
            Some(0) => Ok(self),
            _ => bail!("ended with {:?}:\n{}", self.code, self.text()),
        }
    }

    /// Standard output as JSON.
    ///
    /// # Errors
    /// If it is none; with its output.
    pub fn json(&self) -> Result<serde_json::Value> {
        serde_json::from_str(&self.stdout).with_context(|| format!("not JSON:\n{}", self.text()))
    }
}

/// Runs a program in a process group of its own, without input.
///
/// # Errors
/// If it cannot be started, or does not end within `limit`; its group is killed then.
pub fn run(command: &mut Command, limit: Duration) -> Result<Outcome> {
    let since = Instant::now();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()
        .with_context(|| format!("cannot start {}", command.get_program().display()))?;
    let stdout = drain(child.stdout.take());
    let stderr = drain(child.stderr.take());
    let ended: Result<ExitStatus> =
        wait::until(
            &format!("{command:?} ends"),
            limit,
            || Ok(child.try_wait()?),
        );
    let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    // What it left behind in its group must not hold the pipes open; an empty group is no error worth telling.
    if ended.is_err()
        && let Some(group) = group
    {
        kill_process_group(group, Signal::KILL).ok();
        child.wait()?;
    }
    let (stdout, stderr) = (collect(stdout), collect(stderr));
    let took = since.elapsed();
    let status = ended.with_context(|| format!("its output:\n{stdout}{stderr}"))?;
    Ok(Outcome {
        code: status.code(),
        stdout,
        stderr,
        took,
    })
}

type Drain = Option<thread::JoinHandle<Vec<u8>>>;

fn drain(pipe: Option<impl Read + Send + 'static>) -> Drain {
    pipe.map(|mut pipe| {
        thread::spawn(move || {
            let mut bytes = Vec::new();
            // A pipe that breaks has given what it had.
            pipe.read_to_end(&mut bytes).ok();
            bytes
        })
    })
}

fn collect(drain: Drain) -> String {
    let bytes = drain
        .and_then(|thread| thread.join().ok())
        .unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}
