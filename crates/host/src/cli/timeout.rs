//! Runs a small program, for its output, with a timeout.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::os::fd::OwnedFd;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Signal, kill_process_group};

use crate::component::auth::ProgramOutput;

const MAX_BYTES: usize = 64 * 1024;
const POLL_INTERVAL: Duration = Duration::from_millis(5);

/// Runs a program with exactly this environment; it and what it started are killed at the deadline.
///
/// # Errors
/// Why there is no result, for people.
pub(super) fn run(
    program: &Path,
    arguments: &[impl AsRef<str>],
    environment: &[(String, String)],
    deadline: Duration,
) -> Result<ProgramOutput, String> {
    let mut child = Command::new(program)
        .args(arguments.iter().map(AsRef::as_ref))
        .env_clear()
        .envs(environment.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()
        .map_err(|why| format!("`{}` could not be started: {why}", program.display()))?;
    let mut output = OutputReader::of(child.stdout.take().map(OwnedFd::from));
    let mut errors = OutputReader::of(child.stderr.take().map(OwnedFd::from));
    let until = Instant::now() + deadline;
    let Some(status) = wait(&mut child, &mut output, &mut errors, until) else {
        // It may have ended just now.
        let _ = kill_process_group(Pid::from_child(&child), Signal::KILL);
        let _ = child.wait();
        return Err(format!(
            "`{}` gave no answer within {} s",
            program.display(),
            deadline.as_secs()
        ));
    };
    let code = status
        .code()
        .or_else(|| status.signal().map(|signal| 128 + signal))
        .unwrap_or(-1);
    Ok(ProgramOutput {
        // A signal counts as 128 and its number, as in shells.
        code: Some(code),
        output: output.text(),
        errors: errors.text(),
    })
}

/// Waits for its end, reading its output meanwhile; `None` at the deadline.
///
/// All its output is in the pipe when it has ended. The end of the pipe may come much later, or never: whatever it started
/// and left behind holds the pipe too.
fn wait(
    child: &mut Child,
    output: &mut OutputReader,
    errors: &mut OutputReader,
    until: Instant,
) -> Option<ExitStatus> {
    loop {
        let ended = child.try_wait().ok()?;
        output.take();
        errors.take();
        if ended.is_some() {
            return ended;
        }
        if Instant::now() >= until {
            return None;
        }
        output.wait();
    }
}

/// Output of a program, read without blocking.
struct OutputReader {
    /// `None` once it has ended, or is as long as may be.
    pipe: Option<File>,
    bytes: Vec<u8>,
}

impl OutputReader {
    fn of(pipe: Option<OwnedFd>) -> Self {
        // One that blocked would hold us beyond the deadline.
        let set = |pipe: &File| rustix::io::ioctl_fionbio(pipe, true);
        Self {
            pipe: pipe.map(File::from).filter(|pipe| set(pipe).is_ok()),
            bytes: Vec::new(),
        }
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    fn take(&mut self) {
        let mut piece = [0; 4096];
        while let Some(pipe) = &mut self.pipe {
            match pipe.read(&mut piece) {
                Ok(n) if n > 0 => {
                    let room = MAX_BYTES - self.bytes.len();
                    let piece = piece.get(..n.min(room)).unwrap_or_default();
                    self.bytes.extend_from_slice(piece);
                    if self.bytes.len() == MAX_BYTES {
                        self.pipe = None;
                    }
                }
                Err(why) if why.kind() == ErrorKind::Interrupted => {}
                Err(why) if why.kind() == ErrorKind::WouldBlock => return,
                Ok(_) | Err(_) => self.pipe = None,
            }
        }
    }

    /// Waits a moment, less where there is something to take.
    fn wait(&self) {
        let moment = Timespec::try_from(POLL_INTERVAL).ok();
        let mut fds: Vec<PollFd<'_>> = self
            .pipe
            .iter()
            .map(|pipe| PollFd::new(pipe, PollFlags::IN))
            .collect();
        // An error here is no more than a moment that was too short.
        let _ = poll(&mut fds, moment.as_ref());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str, limit: Duration) -> Result<ProgramOutput, String> {
        let environment = [("A".to_owned(), "b".to_owned())];
        run(Path::new("/bin/sh"), &["-c", script], &environment, limit)
    }

    #[test]
    fn an_answer_is_bounded() {
        let limit = Duration::from_secs(10);
        let answer = shell("echo \"$A\"; exit 3", limit).unwrap();
        assert_eq!((answer.code, answer.output.as_str()), (Some(3), "b\n"));
        let broken = "printf 'Script not found \\033[2Jx\\n' >&2; echo >&2; exit 1";
        let answer = shell(broken, limit).unwrap();
        assert!(answer.errors.starts_with("Script not found"), "{answer:?}");
        let begun = Instant::now();
        let endless = "/bin/sleep 30 & /bin/sleep 30";
        assert!(shell(endless, Duration::from_millis(200)).is_err());
        assert!(begun.elapsed() < limit);
        assert!(run(Path::new("/no/such"), &[""; 0], &[], limit).is_err());
    }

    #[test]
    fn what_was_said_is_there_though_something_else_keeps_the_pipe() {
        let limit = Duration::from_secs(60);
        let begun = Instant::now();
        let answer = shell("echo 2.1.0; /bin/sleep 90 & echo $!; exit 4", limit).unwrap();
        assert_eq!(answer.code, Some(4));
        assert!(answer.output.starts_with("2.1.0\n"));
        assert!(begun.elapsed() < limit / 2, "{:?}", begun.elapsed());
        let left = answer.output.lines().nth(1).unwrap().parse().unwrap();
        rustix::process::kill_process(Pid::from_raw(left).unwrap(), Signal::KILL).unwrap();
    }

    #[test]
    fn an_endless_answer_is_cut() {
        let endless = "while :; do echo 0123456789; done";
        let answer = shell(endless, Duration::from_secs(60)).unwrap();
        assert_eq!(answer.output.len(), MAX_BYTES);
        assert_ne!(answer.code, Some(0));
    }
}
