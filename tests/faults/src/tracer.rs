//! Runs a program and its forks under ptrace, and changes the results of chosen system calls.
#![allow(
    clippy::disallowed_methods,
    reason = "a system call that is held is held for so long"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::Duration;

use anyhow::{Context as _, Result};
use nix::errno::Errno;
use nix::sys::ptrace::{self, Options};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

use crate::fault::Fault;

/// What `rax` holds when a system call is entered.
const ENTERED: u64 = (-(libc::ENOSYS as i64)) as u64;
/// A number that no system call has.
const NO_CALL: u64 = u64::MAX;

/// The conditions of a traced program that other threads change, and what was seen of it.
#[derive(Debug, Default)]
pub(crate) struct Conditions {
    /// Hold everything still for so many milliseconds, once.
    pub(crate) hold_ms: AtomicU64,
    /// Seconds that the wall clock is off.
    pub(crate) wall_s: AtomicI64,
    /// Seconds that the monotonic clock has jumped ahead.
    pub(crate) monotonic_s: AtomicI64,
    /// How often a clock was read that was not right.
    pub(crate) shifted_reads: AtomicU64,
}

/// How a program ended.
#[derive(Debug, Default)]
pub(crate) struct Exit {
    pub(crate) code: Option<i32>,
    pub(crate) signal: Option<Signal>,
    /// Where its processes were when it had to be ended, because it took too long.
    pub(crate) hung_at: Vec<String>,
}

/// Gives the fault of a call that is about to be made.
pub(crate) type Inject<'a> = &'a mut dyn FnMut(u64) -> Option<Fault>;

/// Runs a command to its end, with all processes that it forks. What they `exec` is let go, unless the command line has
/// `keep` as its second word.
pub(crate) fn trace(
    mut command: Command,
    keep: Option<&str>,
    conditions: &Conditions,
    longest: Duration,
    inject: Inject<'_>,
) -> Result<Exit> {
    // SAFETY: between fork and exec one system call is made, nothing is allocated and no lock is taken.
    #[allow(
        unsafe_code,
        reason = "the only way to be traced from the first instruction"
    )]
    unsafe {
        command.pre_exec(|| {
            ptrace::traceme().map_err(|why| std::io::Error::from_raw_os_error(why as i32))
        });
    }
    let child = command.spawn().context("the program cannot be started")?;
    let root = Pid::from_raw(i32::try_from(child.id())?);
    waitpid(root, None)?;
    ptrace::setoptions(
        root,
        Options::PTRACE_O_TRACESYSGOOD
            | Options::PTRACE_O_TRACEFORK
            | Options::PTRACE_O_TRACEVFORK
            | Options::PTRACE_O_TRACECLONE
            | Options::PTRACE_O_TRACEEXEC
            | Options::PTRACE_O_EXITKILL,
    )
    .context("this process may not trace others (ptrace)")?;
    hide_vdso(root)?;
    let alive = Mutex::new(BTreeSet::from([root.as_raw()]));
    let mut tracer = Tracer {
        inside: BTreeMap::new(),
        known: BTreeSet::from([root.as_raw()]),
        keep,
        conditions,
        alive: &alive,
        inject,
    };
    resume(root, None);
    std::thread::scope(|scope| {
        let (over, ended) = mpsc::channel();
        let watchdog = scope.spawn(|| end_what_takes_longer(longest, ended, &alive));
        let exit = tracer.until_the_end(root);
        drop(over);
        let hung_at = watchdog.join().unwrap_or_default();
        Ok(Exit { hung_at, ..exit? })
    })
}

/// Kills every process that is alive after so long, until the end; where they were.
fn end_what_takes_longer(
    longest: Duration,
    ended: Receiver<()>,
    alive: &Mutex<BTreeSet<i32>>,
) -> Vec<String> {
    let pids = || alive.lock().map(|pids| pids.clone()).unwrap_or_default();
    let (mut patience, mut hung_at) = (longest, Vec::new());
    while ended.recv_timeout(patience) == Err(RecvTimeoutError::Timeout) {
        for pid in pids() {
            if patience == longest {
                hung_at.push(describe_process(pid));
            }
            let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
        }
        patience = Duration::from_millis(50);
    }
    hung_at
}

/// What a process is doing: its name and state, the system call that it is in with its arguments.
fn describe_process(pid: i32) -> String {
    let read =
        |name: &str| std::fs::read_to_string(format!("/proc/{pid}/{name}")).unwrap_or_default();
    let status = read("status");
    let wanted = |line: &&str| {
        ["Name:", "State:", "PPid:"]
            .iter()
            .any(|name| line.starts_with(name))
    };
    let lines: Vec<&str> = status.lines().filter(wanted).collect();
    format!("{pid} {} in {}", lines.join(" "), read("syscall").trim())
}

/// Lets a process go on to its next stop. One that was killed meanwhile is reported as gone.
fn resume(pid: Pid, signal: Option<Signal>) {
    let _ = ptrace::syscall(pid, signal);
}

struct Tracer<'a> {
    /// Calls that were entered, by process, and what comes out of them.
    inside: BTreeMap<i32, Option<Fault>>,
    known: BTreeSet<i32>,
    keep: Option<&'a str>,
    conditions: &'a Conditions,
    alive: &'a Mutex<BTreeSet<i32>>,
    inject: Inject<'a>,
}

impl Tracer<'_> {
    /// How the first process ended, once all have.
    fn until_the_end(&mut self, root: Pid) -> Result<Exit> {
        let mut exit = Exit::default();
        loop {
            match waitpid(Pid::from_raw(-1), Some(WaitPidFlag::__WALL)) {
                Ok(WaitStatus::Exited(pid, code)) => {
                    self.gone(pid);
                    exit.code = (pid == root).then_some(code).or(exit.code);
                }
                Ok(WaitStatus::Signaled(pid, signal, _)) => {
                    self.gone(pid);
                    exit.signal = (pid == root).then_some(signal).or(exit.signal);
                }
                Ok(other) => self.stopped(other),
                Err(Errno::EINTR) => {}
                Err(Errno::ECHILD) => return Ok(exit),
                Err(why) => return Err(why.into()),
            }
        }
    }

    fn gone(&mut self, pid: Pid) {
        self.inside.remove(&pid.as_raw());
        if let Ok(mut alive) = self.alive.lock() {
            alive.remove(&pid.as_raw());
        }
    }

    fn stopped(&mut self, status: WaitStatus) {
        match status {
            WaitStatus::PtraceSyscall(pid) => {
                let hold = self.conditions.hold_ms.swap(0, Ordering::SeqCst);
                if hold > 0 {
                    std::thread::sleep(Duration::from_millis(hold));
                }
                self.call(pid);
                resume(pid, None);
            }
            WaitStatus::PtraceEvent(pid, _, libc::PTRACE_EVENT_EXEC) if !self.is_kept(pid) => {
                self.gone(pid);
                let _ = ptrace::detach(pid, None);
            }
            WaitStatus::PtraceEvent(pid, ..) => resume(pid, None),
            WaitStatus::Stopped(pid, signal) => {
                // A fork begins with a stop that nobody sent.
                let first = self.known.insert(pid.as_raw());
                if let Ok(mut alive) = self.alive.lock() {
                    alive.insert(pid.as_raw());
                }
                let begins = first && signal == Signal::SIGSTOP;
                resume(pid, (!begins).then_some(signal));
            }
            _ => {}
        }
    }

    fn is_kept(&self, pid: Pid) -> bool {
        let Some(keep) = self.keep else {
            return true;
        };
        let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        line.split(|byte| *byte == 0).nth(1) == Some(keep.as_bytes())
    }

    /// A system call is entered or left.
    fn call(&mut self, pid: Pid) {
        let Ok(mut registers) = ptrace::getregs(pid) else {
            return;
        };
        if let Some(pending) = self.inside.remove(&pid.as_raw()) {
            if let Some(Fault::Error(error)) = pending {
                registers.rax = (-i64::from(error)).cast_unsigned();
                let _ = ptrace::setregs(pid, registers);
            }
            if registers.orig_rax == libc::SYS_clock_gettime.cast_unsigned() && registers.rax == 0 {
                self.shift_clock(pid, registers.rdi, registers.rsi);
            }
            return;
        }
        if registers.rax != ENTERED {
            // The end of the call by which it was forked.
            return;
        }
        let fault = (self.inject)(registers.orig_rax);
        self.inside.insert(pid.as_raw(), fault);
        match fault {
            Some(Fault::Error(_)) => registers.orig_rax = NO_CALL,
            Some(Fault::Short) => registers.rdx = (registers.rdx / 2).max(1),
            Some(Fault::Kill) => {
                let _ = kill(pid, Signal::SIGKILL);
                return;
            }
            None => return,
        }
        let _ = ptrace::setregs(pid, registers);
    }

    fn shift_clock(&self, pid: Pid, clock: u64, place: u64) {
        let offset = match i32::try_from(clock) {
            Ok(libc::CLOCK_REALTIME) => self.conditions.wall_s.load(Ordering::SeqCst),
            Ok(libc::CLOCK_MONOTONIC) => self.conditions.monotonic_s.load(Ordering::SeqCst),
            _ => 0,
        };
        if offset == 0 {
            return;
        }
        let place = place as ptrace::AddressType;
        if let Ok(seconds) = ptrace::read(pid, place)
            && ptrace::write(pid, place, seconds + offset).is_ok()
        {
            self.conditions.shifted_reads.fetch_add(1, Ordering::SeqCst);
        }
    }
}

/// Hides the kernel's page of clock functions, so that reading a clock is a system call.
fn hide_vdso(pid: Pid) -> Result<()> {
    const WORD: u64 = 8;
    let mut at = ptrace::getregs(pid)?.rsp;
    let read = |at: u64| ptrace::read(pid, at as ptrace::AddressType);
    // The number of arguments, the arguments, the environment, each ended by a zero; then pairs.
    at += WORD;
    for _ in 0..2 {
        while read(at)? != 0 {
            at += WORD;
        }
        at += WORD;
    }
    loop {
        match read(at)?.cast_unsigned() {
            libc::AT_NULL => return Ok(()),
            libc::AT_SYSINFO_EHDR => {
                let ignore = libc::AT_IGNORE.cast_signed();
                return Ok(ptrace::write(pid, at as ptrace::AddressType, ignore)?);
            }
            _ => at += 2 * WORD,
        }
    }
}
