//! Runs a small program, for its answer, within a time.

use std::io::Read;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

/// Longest output that is kept, in bytes.
const LONGEST: u64 = 64 * 1024;
/// Time between two looks whether it has ended.
const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// What a program answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    /// Exit code; a signal counts as 128 and its number, as in shells.
    pub(super) code: i32,
    /// Standard output.
    pub(super) output: String,
}

impl Answer {
    /// The first line of the output.
    pub(super) fn first_line(&self) -> &str {
        self.output.lines().next().unwrap_or("").trim()
    }
}

/// Runs a program with exactly this environment; it and what it started are killed at the deadline.
///
/// # Errors
/// Why there is no answer, for people.
pub(super) fn run(
    program: &Path,
    arguments: &[&str],
    environment: &[(String, String)],
    deadline: Duration,
) -> Result<Answer, String> {
    let mut child = Command::new(program)
        .args(arguments)
        .env_clear()
        .envs(environment.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .map_err(|why| format!("`{}` could not be started: {why}", program.display()))?;
    let (sender, output) = mpsc::channel();
    if let Some(stdout) = child.stdout.take() {
        std::thread::spawn(move || {
            let mut bytes = Vec::new();
            // What could be read is what there is.
            let _ = stdout.take(LONGEST).read_to_end(&mut bytes);
            // Nobody waits any more after the deadline.
            let _ = sender.send(bytes);
        });
    }
    let until = Instant::now() + deadline;
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break Some(status),
            Ok(None) if Instant::now() < until => std::thread::sleep(LOOK_AGAIN),
            Ok(None) | Err(_) => break None,
        }
    };
    let Some(status) = status else {
        if let Some(group) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
            // It may have ended just now.
            let _ = kill_process_group(group, Signal::KILL);
        }
        let _ = child.wait();
        return Err(format!(
            "`{}` gave no answer within {} s",
            program.display(),
            deadline.as_secs()
        ));
    };
    let bytes = output
        .recv_timeout(until.saturating_duration_since(Instant::now()))
        .unwrap_or_default();
    let code = status
        .code()
        .or_else(|| status.signal().map(|signal| 128 + signal))
        .unwrap_or(-1);
    Ok(Answer {
        code,
        output: String::from_utf8_lossy(&bytes).into_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_bounded() {
        let shell = Path::new("/bin/sh");
        let answer = run(
            shell,
            &["-c", "echo \"$A\"; exit 3"],
            &[("A".to_owned(), "b".to_owned())],
            Duration::from_secs(10),
        )
        .unwrap();
        assert_eq!((answer.code, answer.first_line()), (3, "b"));
        let begun = Instant::now();
        let why = run(
            shell,
            &["-c", "/bin/sleep 30 & /bin/sleep 30"],
            &[],
            Duration::from_millis(200),
        );
        assert!(why.is_err());
        assert!(begun.elapsed() < Duration::from_secs(10));
        assert!(run(Path::new("/no/such"), &[], &[], Duration::from_secs(1)).is_err());
    }
}
