//! Running a program to its end, with a deadline.

use std::fs::File;
use std::io::{Read as _, Seek as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use rustix::process::{Pid, Signal, kill_process_group};

use crate::{check, wait};

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

    /// The outcome, if it is a failure that says these words.
    ///
    /// # Errors
    /// If the exit code is 0, or as [`Outcome::says`].
    pub fn failure(self, words: &[&str]) -> Result<Self> {
        ensure!(
            self.code != Some(0),
            "that should have failed:\n{}",
            self.text()
        );
        self.says(words)
    }

    /// The outcome, if these words are in its output.
    ///
    /// # Errors
    /// If one is not; with the output.
    pub fn says(self, words: &[&str]) -> Result<Self> {
        check::says(&self.text(), words)?;
        Ok(self)
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
    // Files, which nothing that it leaves behind can hold open as it could a pipe.
    let (stdout, stderr) = (tempfile::tempfile()?, tempfile::tempfile()?);
    let mut child = command
        .stdin(Stdio::null())
        .stdout(stdout.try_clone()?)
        .stderr(stderr.try_clone()?)
        .process_group(0)
        .spawn()
        .with_context(|| format!("cannot start {}", command.get_program().display()))?;
    let what = format!("the end of {command:?}");
    let status = wait::until(&what, limit, || Ok(child.try_wait()?));
    let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    if let (Err(_), Some(group)) = (&status, group) {
        kill_process_group(group, Signal::KILL).ok();
        child.wait()?;
    }
    let (stdout, stderr) = (text_of(stdout)?, text_of(stderr)?);
    let status = status.with_context(|| format!("its output:\n{stdout}{stderr}"))?;
    Ok(Outcome {
        code: status.code(),
        stdout,
        stderr,
        took: since.elapsed(),
    })
}

fn text_of(mut file: File) -> Result<String> {
    let mut bytes = Vec::new();
    file.rewind()?;
    file.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
