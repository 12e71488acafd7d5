//! The process that the supervisor ends with, and how its end is noticed.
//!
//! The kernel reports the end of a process when its last thread is gone, and the last thread is the one that gives the
//! memory back: 130 to 240 ms for 800 MB on two cores. Its other threads are gone after one or two. So, where the kernel
//! can watch threads (Linux 6.9), a few of them are watched as well. The end of a thread alone means nothing; it counts
//! only if every thread that is left is ending or has a KILL pending, which no process survives.

use crate::{sys, tree};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::process::Pid;
use std::io;

/// A process whose end is waited for.
#[derive(Debug)]
pub(crate) struct Parent {
    /// Read only where processes and threads are inspected.
    #[cfg_attr(not(linux_calls), allow(dead_code))]
    pid: Pid,
    end: OwnedFd,
    /// Empty where the kernel cannot watch threads, or the process has too few.
    threads: Vec<OwnedFd>,
}

impl Parent {
    /// Begins to watch.
    ///
    /// # Errors
    /// If there is no such process.
    pub(crate) fn watch(pid: u32) -> io::Result<Self> {
        let pid = tree::pid(pid).ok_or(io::ErrorKind::InvalidInput)?;
        let mut parent = Self {
            pid,
            end: sys::watch_process(pid)?,
            threads: Vec::new(),
        };
        parent.watch_threads();
        Ok(parent)
    }

    #[cfg(linux_calls)]
    pub(crate) fn pid(&self) -> u32 {
        self.pid.as_raw_nonzero().get().unsigned_abs()
    }

    /// What becomes readable when [`Parent::ended`] should be asked.
    pub(crate) fn interests(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        std::iter::once(&self.end)
            .chain(&self.threads)
            .map(AsFd::as_fd)
    }
}

#[cfg(not(linux_calls))]
impl Parent {
    fn watch_threads(&mut self) {}

    /// Whether it ended, now that something became readable.
    pub(crate) fn ended(&mut self) -> bool {
        true
    }
}

#[cfg(linux_calls)]
mod linux {
    use super::{OwnedFd, Parent, Pid, io, sys};
    use crate::clock::timeout;
    use rustix::event::{PollFd, PollFlags, poll};
    use rustix::io::Errno;

    /// Threads to watch beside the first one, which the kernel reports together with the process. All but one of them
    /// end early; the oldest ones are seldom those that come and go.
    const THREADS: usize = 4;
    /// Checks after the end of a thread: between taking the KILL and being marked as ending, a thread shows neither.
    const CHECKS: u32 = 4;
    const PAUSE_NS: u64 = 300_000;
    /// `PF_EXITING` of the kernel's `sched.h`, in the flags of a thread's `stat`; see proc_pid_stat(5).
    const EXITING: u64 = 0x4;
    /// KILL in the set of pending signals.
    const KILL_PENDING: u64 = 1 << 8;

    impl Parent {
        /// Watches the oldest threads that are there now.
        pub(super) fn watch_threads(&mut self) {
            self.threads.clear();
            if !proc_is_ours() {
                return;
            }
            let threads = threads(self.pid).unwrap_or_default();
            let watched = threads
                .into_iter()
                .filter(|thread| *thread != self.pid)
                .filter_map(|thread| sys::watch_thread(thread).ok())
                // One that a tracer keeps would be reported for ever.
                .filter(|thread| !is_readable(thread));
            self.threads.extend(watched.take(THREADS));
        }

        /// Whether it ended, or is certain to, now that something became readable.
        pub(crate) fn ended(&mut self) -> bool {
            for check in 0..CHECKS {
                if check > 0 {
                    let _ = poll(&mut [], Some(&timeout(PAUSE_NS)));
                }
                // If the number meant another process by now, ours would have ended all the same.
                if is_readable(&self.end) || is_confirmed(|| exiting_threads(self.pid)) {
                    return true;
                }
            }
            // Only a thread ended.
            self.watch_threads();
            false
        }
    }

    fn is_readable(fd: &OwnedFd) -> bool {
        let mut fds = [PollFd::new(fd, PollFlags::IN)];
        poll(&mut fds, Some(&timeout(0))).is_ok_and(|ready| ready > 0)
    }

    /// Whether `/proc` is the one of our PID namespace, in which a number means the process that we mean.
    fn proc_is_ours() -> bool {
        std::fs::read_link("/proc/self")
            .is_ok_and(|own| own.to_str() == Some(&std::process::id().to_string()))
    }

    fn threads(pid: Pid) -> io::Result<Vec<Pid>> {
        let mut threads = Vec::new();
        for entry in std::fs::read_dir(format!("/proc/{pid}/task"))? {
            let name = entry?.file_name();
            let number = name.to_str().and_then(|name| name.parse().ok());
            threads.push(
                number
                    .and_then(Pid::from_raw)
                    .ok_or(io::ErrorKind::InvalidData)?,
            );
        }
        Ok(threads)
    }

    /// The threads of a process, if each of them is exiting or gone.
    fn exiting_threads(pid: Pid) -> Option<Vec<Pid>> {
        let threads = threads(pid).ok()?;
        let mut seen = false;
        for thread in &threads {
            match std::fs::read_to_string(format!("/proc/{pid}/task/{thread}/stat")) {
                Ok(stat) if is_exiting(&stat) == Some(true) => seen = true,
                Err(error) if is_gone(&error) => {}
                Ok(_) | Err(_) => return None,
            }
        }
        seen.then_some(threads)
    }

    fn is_gone(error: &io::Error) -> bool {
        error.kind() == io::ErrorKind::NotFound
            || error.raw_os_error() == Some(Errno::SRCH.raw_os_error())
    }

    /// Whether two looks agree that all threads end. One is not enough: a thread can begin another one, or become the
    /// first one by `exec`, between the list and the look at it. The second one sees either.
    pub(super) fn is_confirmed(mut check: impl FnMut() -> Option<Vec<Pid>>) -> bool {
        check().is_some_and(|before| {
            check().is_some_and(|after| after.iter().all(|thread| before.contains(thread)))
        })
    }

    /// Whether a thread cannot go on, by its line in `stat`; `None` for a line that is not understood.
    pub(super) fn is_exiting(stat: &str) -> Option<bool> {
        // The name is in parentheses and may contain anything. Fields 3, 9 and 31 of the line are wanted.
        let mut fields = stat.rsplit_once(')')?.1.split_ascii_whitespace();
        let state = fields.next()?;
        let flags: u64 = fields.nth(5)?.parse().ok()?;
        let pending: u64 = fields.nth(21)?.parse().ok()?;
        Some(matches!(state, "Z" | "X") || flags & EXITING != 0 || pending & KILL_PENDING != 0)
    }
}

#[cfg(all(test, linux_calls))]
#[allow(clippy::unwrap_used, reason = "a failure here is a failed test")]
mod tests {
    use super::linux::{is_confirmed, is_exiting};
    use rustix::process::Pid;

    // What Linux 6.18 said (the names and what follows are shortened): a thread that lives, one with a KILL pending, one
    // that gives the memory back, and a first thread that is gone.
    const LIVES: &str = "20925 (Main) Thread) S 20864 20782 16929 0 -1 4194560 207637 0 1 0 11 56 0 0 20 0 7 0 1499570 2279936000 216118 18446744073709551615 7626752 52430497 140729993786528 0 0 0 0 16781312 17922 1 0 0 17";
    const KILLED: &str = "22962 (python3) R 22881 22432 16929 0 -1 4194304 1939 0 0 0 4 0 0 0 20 0 7 0 1502084 562642944 24606 18446744073709551615 94069368475648 94069368475989 140731921949504 0 0 256 0 16781312 2 0 0 0 17";
    const EXITS: &str = "20929 (V8Worker) R 20864 20782 16929 0 -1 4195404 12 0 0 0 0 0 0 0 20 0 2 0 1499571 0 0 18446744073709551615 0 0 0 0 0 0 512 16781312 17922 0 0 0 -1";
    const ZOMBIE: &str = "20925 (MainThread) Z 20864 20782 16929 0 -1 4228364 207637 0 1 0 11 56 0 0 20 0 2 0 1499570 0 0 18446744073709551615 0 0 0 0 0 0 0 16781312 17922 1 0 0 17";

    #[test]
    fn a_thread_ends_when_it_is_killed_or_exits() {
        assert_eq!(is_exiting(LIVES), Some(false));
        assert_eq!(is_exiting(KILLED), Some(true));
        assert_eq!(is_exiting(EXITS), Some(true));
        assert_eq!(is_exiting(ZOMBIE), Some(true));
    }

    #[test]
    fn a_line_that_is_not_understood_is_no_end() {
        assert_eq!(is_exiting(""), None);
        assert_eq!(is_exiting("71 (node"), None);
        assert_eq!(is_exiting("71 (node) S 70"), None);
    }

    #[test]
    fn two_looks_have_to_agree() {
        let threads = |numbers: &[i32]| {
            let known = numbers.iter().filter_map(|number| Pid::from_raw(*number));
            Some(known.collect::<Vec<_>>())
        };
        let certain = |looks: [Option<Vec<Pid>>; 2]| {
            let mut looks = looks.into_iter();
            is_confirmed(|| looks.next().unwrap())
        };
        assert!(certain([threads(&[7, 8]), threads(&[7, 8])]));
        assert!(certain([threads(&[7, 8]), threads(&[7])]));
        assert!(!certain([threads(&[7]), threads(&[7, 9])]), "a new thread");
        assert!(!certain([threads(&[7, 8]), None]), "one lives on");
        assert!(!certain([None, threads(&[7])]));
    }
}
