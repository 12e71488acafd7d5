//! Runs a program and its forks under ptrace, and changes the results of chosen system calls.
#![allow(
    clippy::disallowed_methods,
    reason = "a system call that is held is held for so long"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use nix::errno::Errno;
use nix::sys::ptrace::{self, Options};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

use crate::fault::{Fault, Injector};

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
    /// Whether the watchdog had to end it.
    pub(crate) hung: AtomicBool,
    /// Where its processes were then.
    pub(crate) hung_at: Mutex<Vec<String>>,
}

/// How a program ended.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Exit {
    pub(crate) code: Option<i32>,
    pub(crate) signal: Option<Signal>,
}

/// Runs a command to its end, with all processes that it forks. What they `exec` is let go, unless the command line has
/// `keep` as its second word.
pub(crate) fn trace(
    mut command: Command,
    keep: Option<&str>,
    conditions: &Arc<Conditions>,
    longest: Duration,
    injector: &mut dyn Injector,
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
    let alive = Arc::new(Mutex::new(BTreeSet::from([root.as_raw()])));
    let over = Arc::new(AtomicBool::new(false));
    let watchdog = start_watchdog(
        Arc::clone(&alive),
        Arc::clone(&over),
        Arc::clone(conditions),
        longest,
    );
    let mut tracer = Tracer {
        inside: BTreeMap::new(),
        known: BTreeSet::from([root.as_raw()]),
        keep: keep.map(str::to_owned),
        conditions: Arc::clone(conditions),
        alive,
    };
    let mut exit = Exit {
        code: None,
        signal: None,
    };
    resume(root, None);
    loop {
        let status = match waitpid(Pid::from_raw(-1), Some(WaitPidFlag::__WALL)) {
            Ok(status) => status,
            Err(Errno::EINTR) => continue,
            Err(Errno::ECHILD) => break,
            Err(why) => return Err(why.into()),
        };
        match status {
            WaitStatus::Exited(pid, code) => {
                tracer.gone(pid);
                if pid == root {
                    exit.code = Some(code);
                }
            }
            WaitStatus::Signaled(pid, signal, _) => {
                tracer.gone(pid);
                if pid == root {
                    exit.signal = Some(signal);
                }
            }
            other => tracer.stopped(other, injector),
        }
    }
    over.store(true, Ordering::SeqCst);
    watchdog.thread().unpark();
    let _ = watchdog.join();
    Ok(exit)
}

fn start_watchdog(
    alive: Arc<Mutex<BTreeSet<i32>>>,
    over: Arc<AtomicBool>,
    conditions: Arc<Conditions>,
    longest: Duration,
) -> std::thread::JoinHandle<()> {
    std::thread::spawn(move || {
        let end = Instant::now() + longest;
        while !over.load(Ordering::SeqCst) {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                if !conditions.hung.swap(true, Ordering::SeqCst)
                    && let (Ok(mut places), Ok(pids)) = (conditions.hung_at.lock(), alive.lock())
                {
                    places.extend(pids.iter().map(|pid| describe_process(*pid)));
                }
                for pid in alive.lock().iter().flat_map(|pids| pids.iter()) {
                    let _ = kill(Pid::from_raw(*pid), Signal::SIGKILL);
                }
                std::thread::park_timeout(Duration::from_millis(50));
            } else {
                std::thread::park_timeout(left);
            }
        }
    })
}

/// What a process is doing: its name and state, the system call that it is in with its arguments.
fn describe_process(pid: i32) -> String {
    let read =
        |name: &str| std::fs::read_to_string(format!("/proc/{pid}/{name}")).unwrap_or_default();
    let status = read("status");
    let line = |name: &str| {
        status
            .lines()
            .find(|line| line.starts_with(name))
            .unwrap_or("")
    };
    format!(
        "{pid} {} {} {} in {}",
        line("Name:"),
        line("State:"),
        line("PPid:"),
        read("syscall").trim()
    )
}

/// Lets a process go on to its next stop. One that was killed meanwhile is reported as gone.
fn resume(pid: Pid, signal: Option<Signal>) {
    let _ = ptrace::syscall(pid, signal);
}

struct Tracer {
    /// Calls that were entered, by process, and what comes out of them.
    inside: BTreeMap<i32, Option<Fault>>,
    known: BTreeSet<i32>,
    keep: Option<String>,
    conditions: Arc<Conditions>,
    alive: Arc<Mutex<BTreeSet<i32>>>,
}

impl Tracer {
    fn gone(&mut self, pid: Pid) {
        self.inside.remove(&pid.as_raw());
        if let Ok(mut alive) = self.alive.lock() {
            alive.remove(&pid.as_raw());
        }
    }

    fn stopped(&mut self, status: WaitStatus, injector: &mut dyn Injector) {
        match status {
            WaitStatus::PtraceSyscall(pid) => {
                let hold = self.conditions.hold_ms.swap(0, Ordering::SeqCst);
                if hold > 0 {
                    std::thread::sleep(Duration::from_millis(hold));
                }
                self.call(pid, injector);
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
        let Some(keep) = &self.keep else {
            return true;
        };
        let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        line.split(|byte| *byte == 0).nth(1) == Some(keep.as_bytes())
    }

    /// A system call is entered or left.
    fn call(&mut self, pid: Pid, injector: &mut dyn Injector) {
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
        let fault = injector.inject(registers.orig_rax);
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
                ptrace::write(
                    pid,
                    at as ptrace::AddressType,
                    libc::AT_IGNORE.cast_signed(),
                )?;
                return Ok(());
            }
            _ => at += 2 * WORD,
        }
    }
}
