//! The processes of this machine, and those that descend from us.

use rustix::process::{Pid, Signal, WaitOptions, WaitStatus};

#[derive(Debug, Clone, Copy)]
pub(crate) struct Reaped {
    pub(crate) pid: u32,
    pub(crate) status: WaitStatus,
}

/// Collects one ended child. `Ok(None)`: children are there and run. `Err(())`: there is no child, and so, with us as
/// the sub-reaper, no descendant.
pub(crate) fn reap() -> Result<Option<Reaped>, ()> {
    loop {
        match rustix::process::wait(WaitOptions::NOHANG) {
            Ok(Some((pid, status))) => {
                return Ok(Some(Reaped {
                    pid: pid.as_raw_nonzero().get().unsigned_abs(),
                    status,
                }));
            }
            Ok(None) => return Ok(None),
            Err(rustix::io::Errno::INTR) => {}
            Err(_) => return Err(()),
        }
    }
}

/// Whether there is any child, ended ones included. Collects nothing.
pub(crate) fn has_children() -> bool {
    use rustix::process::{WaitId, WaitIdOptions, waitid};
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    !matches!(waitid(WaitId::All, options), Err(rustix::io::Errno::CHILD))
}

/// Whether a process is in the group of this leader.
pub(crate) fn in_group(raw: u32, leader: u32) -> bool {
    pid(raw)
        .and_then(|pid| rustix::process::getpgid(Some(pid)).ok())
        .is_some_and(|group| Some(group) == pid(leader))
}

/// A number as a process id, if it can be one.
pub(crate) fn pid(raw: u32) -> Option<Pid> {
    Pid::from_raw(i32::try_from(raw).ok()?)
}

/// Signals a whole group. One that is gone already is fine.
pub(crate) fn signal_group(leader: u32, signal: Signal) {
    if let Some(leader) = pid(leader) {
        let _ = rustix::process::kill_process_group(leader, signal);
    }
}

/// Whether anything is left of a group, where the end of all children does not say so.
pub(crate) fn group_is_left(leader: u32) -> bool {
    // Linux hands every orphan to us, so there a group is left only while a child is.
    cfg!(not(linux_calls))
        && pid(leader)
            .is_some_and(|leader| rustix::process::test_kill_process_group(leader).is_ok())
}

/// Makes this process the one that orphans among its descendants are handed to.
pub(crate) fn adopt_orphans() {
    #[cfg(linux_calls)]
    {
        // Known since Linux 3.4.
        let _ = rustix::process::set_child_subreaper(Some(rustix::process::getpid()));
    }
}

#[cfg(linux_calls)]
pub(crate) use linux::{
    Leftovers, all_pids, command_line, descendants, has_descriptor, signal_descendants, user_name,
};

#[cfg(linux_calls)]
mod linux {
    use super::{Signal, pid};
    use crate::clock::timeout;
    use rustix::event::{PollFd, PollFlags, poll};
    use rustix::fd::OwnedFd;
    use rustix::fs::{Mode, OFlags, RawDir};
    use rustix::process::{PidfdFlags, pidfd_open, pidfd_send_signal};
    use std::collections::BTreeMap;
    use std::io::Read;
    use std::mem::MaybeUninit;

    pub(crate) fn all_pids() -> Vec<u32> {
        let Ok(entries) = std::fs::read_dir("/proc") else {
            return Vec::new();
        };
        entries
            .flatten()
            .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
            .collect()
    }

    /// Parent of a process, and whether it still runs.
    fn parent(pid: u32) -> Option<(u32, bool)> {
        let mut text = [0; 512];
        let length = std::fs::File::open(format!("/proc/{pid}/stat"))
            .ok()?
            .read(&mut text)
            .ok()?;
        let text = text.get(..length)?;
        // The name is in parentheses and may contain anything.
        let after = text.get(memchr::memrchr(b')', text)? + 1..)?;
        let mut fields = after.split(|b| *b == b' ').filter(|f| !f.is_empty());
        let state = fields.next()?;
        let parent = std::str::from_utf8(fields.next()?).ok()?.parse().ok()?;
        Some((parent, state != b"Z" && state != b"X"))
    }

    /// Every running process that descends from `root`, which is not one of them.
    pub(crate) fn descendants(root: u32) -> Vec<u32> {
        let mut children: BTreeMap<u32, Vec<(u32, bool)>> = BTreeMap::new();
        for pid in all_pids() {
            if let Some((parent, runs)) = parent(pid) {
                children.entry(parent).or_default().push((pid, runs));
            }
        }
        let mut found = Vec::new();
        let mut todo = vec![root];
        while let Some(next) = todo.pop() {
            for (pid, runs) in children.remove(&next).unwrap_or_default() {
                todo.push(pid);
                if runs {
                    found.push(pid);
                }
            }
        }
        found
    }

    /// Signals every descendant, wherever it moved to, except those that are spared. Returns how many were
    /// signaled.
    pub(crate) fn signal_descendants(signal: Signal, spare: impl Fn(u32) -> bool) -> usize {
        let own = std::process::id();
        let mut count = 0;
        for raw in descendants(own) {
            if spare(raw) {
                continue;
            }
            // The number may have been given to another process since the table was read: what is signaled is held by
            // a descriptor, and checked again once it is.
            let Some(handle) = open_pidfd(raw) else {
                continue;
            };
            if descends(raw, own) {
                let _ = pidfd_send_signal(&handle, signal);
                count += 1;
            }
        }
        count
    }

    /// A process that keeps its number while this is there.
    fn open_pidfd(raw: u32) -> Option<OwnedFd> {
        pidfd_open(pid(raw)?, PidfdFlags::empty()).ok()
    }

    fn descends(mut pid: u32, root: u32) -> bool {
        // A chain of parents is never longer than this in earnest.
        for _ in 0..MAX_DEPTH {
            match parent(pid) {
                Some((parent, _)) if parent == root => return true,
                Some((parent, _)) if parent > 1 => pid = parent,
                _ => return false,
            }
        }
        false
    }

    /// Whether a process has a descriptor with this target. Relative to the open directory, since a search for the
    /// holder of a port reads every descriptor of the machine.
    pub(crate) fn has_descriptor(pid: u32, target: &[u8]) -> bool {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let Ok(folder) = rustix::fs::open(format!("/proc/{pid}/fd"), flags, Mode::empty()) else {
            return false;
        };
        let mut space = [MaybeUninit::uninit(); 4096];
        let mut entries = RawDir::new(&folder, &mut space);
        while let Some(Ok(entry)) = entries.next() {
            let mut link = [0; 64];
            let length = rustix::fs::readlinkat_raw(&folder, entry.file_name(), &mut link);
            if length.is_ok_and(|length| link.get(..length) == Some(target)) {
                return true;
            }
        }
        false
    }

    const MAX_DEPTH: usize = 256;

    /// The process and everything that it descends from, nearest first.
    fn ancestry(pid: u32, parent: impl Fn(u32) -> Option<u32>) -> Vec<u32> {
        std::iter::successors(Some(pid), |pid| parent(*pid).filter(|parent| *parent > 0))
            .take(MAX_DEPTH)
            .collect()
    }

    /// What may have outlived an earlier supervisor of this place: the processes with its mark, a variable that everything
    /// which it started carries.
    ///
    /// The mark alone is not enough. A host program that was started from inside of the service carries it too, and so do
    /// its supervisor (which is us), that one's monitor, and whatever else it started. So of what we and what we end with descend
    /// from, the topmost one that is marked, and everything below it, is excluded.
    pub(crate) struct Leftovers {
        variable: Vec<u8>,
        /// The topmost marked ones of our ancestors, each of which has kin of ours below it.
        topmost_marked: Vec<u32>,
    }

    impl Leftovers {
        /// `host` is the process that we end with, which need not be one that we descend from.
        pub(crate) fn new(variable: Vec<u8>, host: Option<u32>) -> Self {
            let marked = |pid| has_variable(pid, &variable);
            let parent = |pid| parent(pid).map(|(parent, _)| parent);
            let topmost_marked = topmost_marked([Some(std::process::id()), host], parent, marked);
            Self {
                variable,
                topmost_marked,
            }
        }

        /// Whether an earlier supervisor left it.
        pub(crate) fn contains(&self, pid: u32) -> bool {
            has_variable(pid, &self.variable)
                && !self
                    .topmost_marked
                    .iter()
                    .any(|top| *top == pid || descends(pid, *top))
        }

        /// Kills what was left, and waits a moment until the kernel is done with it.
        pub(crate) fn kill(&self) {
            let mut handles = Vec::new();
            for raw in all_pids() {
                if !self.contains(raw) {
                    continue;
                }
                let Some(handle) = open_pidfd(raw) else {
                    continue;
                };
                // Looked at again, now that the number cannot change its meaning.
                if self.contains(raw) && pidfd_send_signal(&handle, Signal::KILL).is_ok() {
                    handles.push(handle);
                }
            }
            for handle in &handles {
                let mut fds = [PollFd::new(handle, PollFlags::IN)];
                let _ = poll(&mut fds, Some(&timeout(1_000_000_000)));
            }
        }
    }

    /// Of what each of these processes descends from, it itself included, the topmost one that is marked.
    fn topmost_marked(
        of: [Option<u32>; 2],
        parent: impl Fn(u32) -> Option<u32>,
        marked: impl Fn(u32) -> bool,
    ) -> Vec<u32> {
        let lineages = of.into_iter().flatten().map(|pid| ancestry(pid, &parent));
        let top = |ancestry: Vec<u32>| ancestry.into_iter().rev().find(|pid| marked(*pid));
        lineages.filter_map(top).collect()
    }

    /// Whether a process was started with this variable. Only its own user may read that.
    fn has_variable(pid: u32, variable: &[u8]) -> bool {
        let mut text = Vec::new();
        let read = std::fs::File::open(format!("/proc/{pid}/environ"))
            .and_then(|f| f.take(1 << 20).read_to_end(&mut text));
        read.is_ok() && text.split(|b| *b == 0).any(|entry| entry == variable)
    }

    pub(crate) fn command_line(pid: u32) -> Option<String> {
        let mut text = Vec::new();
        std::fs::File::open(format!("/proc/{pid}/cmdline"))
            .ok()?
            .take(1024)
            .read_to_end(&mut text)
            .ok()?;
        let line = String::from_utf8_lossy(&text)
            .trim_end_matches('\0')
            .replace('\0', " ");
        let line: String = crate::capture::strip_controls(&line)
            .replace('\n', " ")
            .chars()
            .take(200)
            .collect();
        (!line.is_empty()).then_some(line)
    }

    /// Name of a user, or the number.
    pub(crate) fn user_name(uid: u32) -> String {
        let number = uid.to_string();
        std::fs::read_to_string("/etc/passwd")
            .unwrap_or_default()
            .lines()
            .find_map(|line| {
                let mut fields = line.split(':');
                let name = fields.next()?;
                (fields.nth(1)? == number).then(|| name.to_owned())
            })
            .unwrap_or(number)
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        /// Our supervisor is 40, its monitor 30, the host 20, a shell in the service 10, the service's program 5.
        fn parent(pid: u32) -> Option<u32> {
            [(40, 30), (30, 20), (20, 10), (10, 5), (5, 1), (1, 0)]
                .into_iter()
                .find_map(|(child, parent)| (child == pid).then_some(parent))
        }

        #[test]
        fn the_topmost_mark_covers_the_rest() {
            let case = |marked: &[u32]| {
                topmost_marked([Some(40), None], parent, |pid| marked.contains(&pid))
            };
            assert!(case(&[]).is_empty());
            assert_eq!(case(&[40, 30]), [30]);
            assert_eq!(case(&[40, 30, 20, 10, 5]), [5]);
            // A variable that was taken out on the way changes nothing below.
            assert_eq!(case(&[10]), [10]);
        }

        #[test]
        fn a_host_that_took_over_is_kin_as_well() {
            assert_eq!(
                topmost_marked([Some(1), Some(20)], parent, |pid| pid == 20),
                [20]
            );
        }

        #[test]
        fn a_circle_of_parents_ends() {
            assert_eq!(ancestry(7, Some).len(), MAX_DEPTH);
        }
    }
}

/// Elsewhere only the process group is known.
#[cfg(not(linux_calls))]
pub(crate) fn signal_descendants(_signal: Signal, _spare: impl Fn(u32) -> bool) -> usize {
    0
}

/// Elsewhere only the process group is known.
#[cfg(not(linux_calls))]
pub(crate) fn descendants(_root: u32) -> Vec<u32> {
    Vec::new()
}
