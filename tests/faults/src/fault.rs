//! Which faults each system call can have, and the count of those that were injected.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

use fastrand::Rng;

/// One fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fault {
    /// The call is not made and gives this error.
    Error(i32),
    /// Half of what should be written is.
    Short,
    /// The process is killed before the call.
    Kill,
}

/// The ways in which a system call can fail. Calls that change nothing that matters, or whose failure the kernel never
/// reports, have none.
pub(crate) fn possible(call: u64) -> &'static [Fault] {
    use Fault::{Error, Kill, Short};
    let Ok(call) = i64::try_from(call) else {
        return &[];
    };
    match call {
        libc::SYS_write | libc::SYS_pwrite64 => &[
            Short,
            Error(libc::ENOSPC),
            Error(libc::EINTR),
            Error(libc::EIO),
            Error(libc::EDQUOT),
            Kill,
        ],
        libc::SYS_writev => &[Error(libc::ENOSPC), Error(libc::EINTR), Kill],
        libc::SYS_read | libc::SYS_pread64 => &[Error(libc::EINTR), Error(libc::EIO), Kill],
        libc::SYS_open | libc::SYS_openat => &[
            Error(libc::EMFILE),
            Error(libc::ENFILE),
            Error(libc::EINTR),
            Error(libc::ENOSPC),
            Error(libc::EIO),
            Kill,
        ],
        libc::SYS_fsync | libc::SYS_fdatasync => &[
            Error(libc::ENOSPC),
            Error(libc::EIO),
            Error(libc::EINTR),
            Kill,
        ],
        libc::SYS_rename
        | libc::SYS_renameat
        | libc::SYS_renameat2
        | libc::SYS_link
        | libc::SYS_linkat
        | libc::SYS_mkdir
        | libc::SYS_mkdirat => &[Error(libc::ENOSPC), Error(libc::EIO), Kill],
        libc::SYS_unlink | libc::SYS_unlinkat | libc::SYS_rmdir => &[Error(libc::EIO), Kill],
        libc::SYS_fchmod | libc::SYS_chmod | libc::SYS_fchown | libc::SYS_fchmodat => {
            &[Error(libc::EIO), Error(libc::EPERM), Kill]
        }
        libc::SYS_flock => &[Error(libc::EINTR), Error(libc::ENOLCK), Kill],
        libc::SYS_statx | libc::SYS_newfstatat | libc::SYS_fstat | libc::SYS_lstat => {
            &[Error(libc::EIO), Error(libc::ENOMEM)]
        }
        libc::SYS_getdents64 | libc::SYS_readlink | libc::SYS_readlinkat => &[Error(libc::EIO)],
        libc::SYS_getrandom => &[Error(libc::EINTR)],
        libc::SYS_clone | libc::SYS_clone3 | libc::SYS_fork | libc::SYS_vfork => {
            &[Error(libc::EAGAIN), Error(libc::ENOMEM), Kill]
        }
        libc::SYS_execve => &[Error(libc::ENOMEM), Error(libc::EAGAIN)],
        libc::SYS_socket
        | libc::SYS_socketpair
        | libc::SYS_accept4
        | libc::SYS_pipe2
        | libc::SYS_pidfd_open
        | libc::SYS_dup => &[Error(libc::EMFILE), Error(libc::ENFILE), Kill],
        libc::SYS_connect => &[Error(libc::EAGAIN), Error(libc::EADDRNOTAVAIL), Kill],
        libc::SYS_bind | libc::SYS_listen => &[Error(libc::ENOMEM), Kill],
        libc::SYS_sendto | libc::SYS_sendmsg => &[
            Error(libc::EINTR),
            Error(libc::ENOBUFS),
            Error(libc::EPIPE),
            Error(libc::ECONNRESET),
        ],
        // No connection that is reset: the standard library learns by this call whether a program was started, on a
        // socket that cannot be reset, and would wait for that program's end.
        libc::SYS_recvfrom | libc::SYS_recvmsg => &[Error(libc::EINTR), Kill],
        libc::SYS_poll | libc::SYS_ppoll => &[Error(libc::EINTR), Error(libc::ENOMEM), Kill],
        libc::SYS_wait4 | libc::SYS_waitid => &[Error(libc::EINTR), Kill],
        _ => &[],
    }
}

/// Fails calls at random.
pub(crate) struct RandomFaults<'a> {
    pub(crate) rng: Rng,
    /// The ways in which a call can fail.
    pub(crate) possible: fn(u64) -> &'static [Fault],
    /// One call in so many fails.
    pub(crate) rarity: u64,
    /// Of those that would kill the process one in so many does, or hardly anything else would happen.
    pub(crate) kills: u64,
    /// Nothing fails while it is false.
    pub(crate) is_active: &'a AtomicBool,
    /// What was injected.
    pub(crate) injected: Vec<Fault>,
}

impl RandomFaults<'_> {
    /// The fault of a call that is about to be made.
    pub(crate) fn inject(&mut self, call: u64) -> Option<Fault> {
        let faults = (self.possible)(call);
        let is_active = self.is_active.load(Ordering::SeqCst);
        if faults.is_empty() || !is_active || self.rng.u64(..self.rarity) > 0 {
            return None;
        }
        let fault = *self.rng.choice(faults)?;
        if fault == Fault::Kill && self.rng.u64(..self.kills) > 0 {
            return None;
        }
        self.injected.push(fault);
        Some(fault)
    }
}

/// The row of the table that a fault counts in.
fn class(fault: Fault) -> &'static str {
    match fault {
        Fault::Short => "short write",
        Fault::Kill => "killed at a call",
        Fault::Error(libc::ENOSPC | libc::EDQUOT) => "disk full",
        Fault::Error(libc::EINTR) => "interrupted by a signal",
        Fault::Error(libc::EMFILE | libc::ENFILE) => "no descriptor left",
        Fault::Error(libc::EAGAIN) => "no process, port or buffer left",
        Fault::Error(libc::ENOMEM | libc::ENOBUFS) => "no memory left",
        Fault::Error(_) => "other failures",
    }
}

/// What was done and what came of it.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    counts: BTreeMap<&'static str, u64>,
    violations: u64,
}

impl Tally {
    pub(crate) fn fault(&mut self, fault: Fault) {
        self.event(class(fault));
    }

    /// A fault that is no system call's.
    pub(crate) fn event(&mut self, name: &'static str) {
        *self.counts.entry(name).or_default() += 1;
    }

    pub(crate) fn total(&self) -> u64 {
        self.counts.values().sum()
    }

    /// Something that must not be.
    pub(crate) fn violation(&mut self, text: &str) {
        self.violations += 1;
        eprintln!("VIOLATION: {text}");
    }

    pub(crate) fn is_clean(&self) -> bool {
        self.violations == 0
    }

    pub(crate) fn show(&self) {
        for (name, count) in &self.counts {
            println!("{count:>7}  {name}");
        }
        let (total, violations) = (self.total(), self.violations);
        println!("{total} faults injected, {violations} violations");
    }
}
