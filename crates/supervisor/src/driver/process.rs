//! Starting the program, ending it with everything that it started, and noticing that it ended.

use super::Supervisor;
use crate::clock::Instant;
use crate::health::{Diagnosis, Exit, HealthPolicy};
use crate::machine::{Cause, State};
use crate::status::{Event, LastExit};
use crate::sys;
use crate::tree::{self, Reaped};
use rustix::fd::OwnedFd;
use rustix::process::Signal;
use secrecy::ExposeSecret as _;
use std::io;
use std::process::{Command, Stdio};

const DIAGNOSIS_LINES: usize = 40;
/// Pause before processes that left the group are searched for after TERM, in nanoseconds: most programs have none, and
/// are gone by then.
const STRAGGLERS_NS: u64 = 1_000_000;
/// Interval between checks of a group whose processes are not our children, in nanoseconds.
const GROUP_POLL_NS: u64 = 10_000_000;
/// When to give up on processes that do not go away after KILL, in milliseconds.
const UNKILLABLE_MS: u64 = 5_000;

#[derive(Debug)]
pub(super) struct Child {
    pub(super) pid: u32,
    pub(super) generation: u64,
}

/// The search for processes that have not ended yet.
#[derive(Debug)]
pub(super) struct Sweep {
    pub(super) due: Instant,
    signal: Signal,
    leader: Option<u32>,
    pause_ns: u64,
    give_up: Instant,
}

impl Sweep {
    /// One search for processes that left the leader's group, to terminate them.
    fn once(due: Instant, leader: Option<u32>) -> Self {
        Self {
            due,
            signal: Signal::TERM,
            leader,
            pause_ns: 0,
            give_up: due,
        }
    }
}

/// A descriptor that becomes readable when the process ends.
pub(super) fn watch(pid: u32) -> io::Result<OwnedFd> {
    sys::watch_process(tree::pid(pid).ok_or(io::ErrorKind::InvalidInput)?)
}

impl<P: HealthPolicy> Supervisor<P> {
    pub(super) fn spawn(&mut self, generation: u64) {
        self.capture.drain();
        self.capture.begin();
        self.verdict = None;
        self.listener = None;
        match self.launch() {
            Ok(pid) => {
                self.child = Some(Child { pid, generation });
                self.leader = Some(pid);
                #[cfg(not(linux_calls))]
                if let Some(monitor) = &self.monitor {
                    monitor.leader(pid);
                }
                self.machine.handle_spawned(Instant::now().ms(), generation);
                self.emit(Event::Started { pid, generation });
            }
            Err(error) => {
                let why = self.policy.diagnose_spawn(&error);
                let retry = why.retry;
                let exit = self.record_exit(None, None, why);
                self.machine
                    .handle_spawn_failed(Instant::now().ms(), generation, retry);
                self.emit(Event::Exited(exit));
            }
        }
    }

    fn launch(&self) -> io::Result<u32> {
        let Some((program, arguments)) = self.spec.argv.split_first() else {
            let why = "there is no program to start";
            return Err(io::Error::new(io::ErrorKind::NotFound, why));
        };
        if let Some(cwd) = self.spec.cwd.as_ref().filter(|cwd| !cwd.is_dir()) {
            let why = format!("the working directory {} is missing", cwd.display());
            return Err(io::Error::other(why));
        }
        let mut command = Command::new(program);
        command.args(arguments).env_clear();
        command.envs(self.spec.env.iter().map(|(name, value)| (name, value)));
        if let (Some(variable), Some(key)) = (&self.spec.key_variable, &self.spec.access_key) {
            command.env(variable, key.expose_secret());
        }
        if let Some((name, value)) = &self.spec.mark {
            command.env(name, value);
        }
        if let Some(cwd) = &self.spec.cwd {
            command.current_dir(cwd);
        }
        let output = self.capture.writer()?;
        let errors = self.capture.writer()?;
        command.stdin(Stdio::null()).stdout(output).stderr(errors);
        sys::isolate(&mut command);
        command.spawn().map(|child| child.id()).map_err(|error| {
            let kind = match error.raw_os_error() {
                Some(libc::ENOEXEC) => io::ErrorKind::PermissionDenied,
                _ => error.kind(),
            };
            io::Error::new(kind, format!("{program}: {error}"))
        })
    }

    pub(super) fn collect(&mut self) {
        loop {
            match tree::reap() {
                Ok(Some(reaped)) => self.exited(reaped),
                Ok(None) => return,
                Err(()) => return self.cleared(),
            }
        }
    }

    fn exited(&mut self, reaped: Reaped) {
        let Some(child) = self.child.take_if(|child| child.pid == reaped.pid) else {
            return;
        };
        self.capture.drain();
        let now = Instant::now().ms();
        let info = Exit {
            code: reaped.status.exit_status(),
            signal: reaped.status.terminating_signal(),
            ran_ms: self.machine.ran_ms(now),
            was_ready: self.machine.was_ready(),
            output: self.capture.last_lines(DIAGNOSIS_LINES),
        };
        let why = match self.stopping_because {
            Some(cause) if self.machine.state() == State::Stopping => self.stopped_because(cause),
            _ => self.policy.diagnose(&info),
        };
        let retry = why.retry;
        // Nothing that was known of it is true of what comes.
        self.verdict = None;
        self.latency_ms = None;
        self.listener = None;
        self.await_listener = None;
        let exit = self.record_exit(info.code, info.signal, why);
        self.machine
            .handle_exited(now, child.generation, retry, info.code == Some(0));
        self.emit(Event::Exited(exit));
    }

    /// Why it ended when it was us who ended it.
    fn stopped_because(&self, cause: Cause) -> Diagnosis {
        let logs = "Look at the last lines of its output.";
        let (code, reason, next) = match cause {
            Cause::Hung => ("hang", "It did not answer any more.".to_owned(), Some(logs)),
            Cause::StartTimedOut => {
                let seconds = self.spec.timing.start_timeout.div_ceil(1_000);
                (
                    "start-timeout",
                    format!("It was not ready within {seconds} seconds."),
                    Some(logs),
                )
            }
            Cause::Intruded => (
                "port-taken",
                format!("Another process took port {}.", self.spec.port),
                None,
            ),
            Cause::RestartWanted => (
                "restarted",
                "It was stopped to be started again.".to_owned(),
                None,
            ),
            _ => ("stopped", "It was stopped.".to_owned(), None),
        };
        Diagnosis {
            code: code.to_owned(),
            reason,
            next: next.map(str::to_owned),
            retry: true,
        }
    }

    /// Nothing that descends from us is left.
    pub(super) fn cleared(&mut self) {
        if self.leader.is_some_and(tree::group_is_left) {
            let due = Instant::now().plus_ns(GROUP_POLL_NS);
            self.sweep.get_or_insert(Sweep::once(due, self.leader));
            return;
        }
        self.sweep = None;
        self.listener = None;
        self.machine
            .handle_cleared(Instant::now().ms(), self.machine.generation());
    }

    /// Stores why it ended. The event follows once the machine knows: it carries the state too.
    pub(super) fn record_exit(
        &mut self,
        code: Option<i32>,
        signal: Option<i32>,
        why: Diagnosis,
    ) -> LastExit {
        let exit = LastExit { code, signal, why };
        self.last_exit = Some(exit.clone());
        exit
    }

    pub(super) fn terminate(&mut self, now: Instant) {
        let Some(child) = &self.child else {
            return;
        };
        tree::signal_group(child.pid, Signal::TERM);
        // One that was suspended would never see it.
        tree::signal_group(child.pid, Signal::CONT);
        let due = now.plus_ns(STRAGGLERS_NS);
        self.sweep = Some(Sweep::once(due, Some(child.pid)));
    }

    pub(super) fn kill(&mut self, now: Instant) {
        if let Some(child) = &self.child {
            tree::signal_group(child.pid, Signal::KILL);
        }
        self.sweep = Some(Sweep {
            due: now,
            signal: Signal::KILL,
            leader: None,
            pause_ns: 500_000,
            give_up: now.plus_ms(UNKILLABLE_MS),
        });
        self.collect();
        if self.sweep.is_some() {
            self.sweep(now);
        }
    }

    /// Looks for processes that are left and signals them; for KILL again and again, since a process may fork while the
    /// table is read.
    pub(super) fn sweep(&mut self, now: Instant) {
        let Some(sweep) = &mut self.sweep else {
            return;
        };
        let leader = sweep.leader;
        let spare = |pid| leader.is_some_and(|leader| tree::in_group(pid, leader));
        let left = tree::signal_descendants(sweep.signal, spare);
        if sweep.signal != Signal::KILL {
            self.sweep = None;
            self.collect();
            return;
        }
        if let Some(leader) = self.leader.filter(|leader| tree::group_is_left(*leader)) {
            tree::signal_group(leader, Signal::KILL);
        }
        if now < sweep.give_up {
            sweep.due = now.plus_ns(sweep.pause_ns);
            sweep.pause_ns = (sweep.pause_ns * 2).min(50_000_000);
            self.collect();
            return;
        }
        let generation = self.machine.generation();
        self.sweep = None;
        self.warn(format!("{left} processes did not end after KILL"));
        if self.child.take().is_some() {
            self.machine
                .handle_exited(now.ms(), generation, true, false);
        }
        self.machine.handle_cleared(now.ms(), generation);
    }
}
