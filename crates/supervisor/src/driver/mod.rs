//! The half that acts: one thread and one poll loop around the [`Machine`].

mod process;
mod questions;
mod report;

use crate::capture::{Capture, LogFile, Redaction};
use crate::clock::Instant;
use crate::control::{BindError, Request, Server};
use crate::health::{HealthPolicy, Login, Verdict};
use crate::http::Exchange;
use crate::machine::{Action, Cause, Command, Desired, Machine, Policy, State};
use crate::monitor::{self, Monitor, Signals, Word};
use crate::notify::{self, Manager};
use crate::parent::Parent;
use crate::port::{self, Owner};
use crate::spec::Spec;
use crate::status::{Event, LastExit, Status};
use process::{Child, Sweep};
use questions::{ListenerWatch, Round};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::{AsFd, OwnedFd};
use std::fmt;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::PathBuf;

/// Where the program's output is kept.
#[derive(Debug, Clone)]
pub struct LogSpec {
    /// The log file. When it is full it is renamed to `NAME.1`.
    pub path: PathBuf,
    /// Bytes that both files together may take.
    pub disk: u64,
}

/// How the supervisor itself runs.
#[derive(Debug, Default)]
pub struct Options {
    /// Path of the control socket; `None` for no socket.
    pub control: Option<PathBuf>,
    /// The log file; `None` keeps the last lines in memory only.
    pub log: Option<LogSpec>,
    /// What must not appear in logs and diagnoses. The access key is added to it.
    pub redaction: Redaction,
    /// End when this process ends.
    pub parent: Option<u32>,
    /// End when nobody reads standard output any more.
    pub end_with_stdout: bool,
    /// Return from [`Supervisor::run`] in a `failed` that only a command leads out of.
    pub exit_on_failed: bool,
    /// Start the service at once.
    pub auto_start: bool,
    /// From [`monitor::split`]. Without it a violent death of this process may leave processes behind.
    pub monitor: Option<Monitor>,
}

/// How [`Supervisor::run`] ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// It was told to stop, or the service ended well and may not be restarted.
    Stopped,
    /// The service failed.
    Failed,
    /// The service failed, and another start cannot help.
    CannotHelp,
}

impl Ended {
    /// The process exit code: 0, 1, or 78 (`EX_CONFIG`).
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Stopped => 0,
            Self::Failed => 1,
            Self::CannotHelp => 78,
        }
    }
}

/// Why a supervisor cannot be set up.
#[derive(Debug)]
pub enum SetupError {
    /// The host has no address.
    Host(String),
    /// Another supervisor is alive at the control socket.
    AlreadyRunning,
    /// The control socket cannot be made.
    Control(io::Error),
    /// The log file cannot be opened.
    Log(io::Error),
    /// The process that this one should end with is gone.
    ParentGone,
    /// The system refused something basic.
    System(io::Error),
}

impl fmt::Display for SetupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Host(host) => write!(f, "the host {host:?} has no address"),
            Self::AlreadyRunning => f.write_str("another supervisor is running for this place"),
            Self::Control(error) => write!(f, "the control socket cannot be made: {error}"),
            Self::Log(error) => write!(f, "the log file cannot be opened: {error}"),
            Self::ParentGone => f.write_str("the parent process is gone"),
            Self::System(error) => write!(f, "the system refused: {error}"),
        }
    }
}

impl std::error::Error for SetupError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Control(error) | Self::Log(error) | Self::System(error) => Some(error),
            Self::Host(_) | Self::AlreadyRunning | Self::ParentGone => None,
        }
    }
}

/// What can wake the supervisor up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    Child,
    Output,
    Stop,
    Monitor,
    Parent,
    Holder,
    Stdout,
    Control,
    Question,
}

/// Keeps one service running.
pub struct Supervisor<O, F> {
    spec: Spec,
    listen: SocketAddr,
    reach: SocketAddr,
    policy: O,
    on_event: F,
    machine: Machine,
    capture: Capture,
    control: Option<Server>,
    monitor: Option<Monitor>,
    manager: Option<Manager>,
    watchdog: Option<(u64, Instant)>,
    signals: Signals,
    parent: Option<Parent>,
    watch_stdout: bool,
    exit_on_failed: bool,
    auto_start: bool,
    lease: Option<Instant>,
    /// Somebody wants this supervisor to end.
    ending: bool,
    /// The monitor was killed, and everything else with it.
    abandoned: bool,
    child: Option<Child>,
    /// Group of the latest process.
    leader: Option<u32>,
    sweep: Option<Sweep>,
    await_listener: Option<ListenerWatch>,
    round: Option<Round>,
    liveness: Option<(u64, Exchange)>,
    /// The connection of the last liveness probe.
    idle: Option<OwnedFd>,
    /// Process of ours that listens, with its socket.
    listener: Option<(u32, u64)>,
    holder: Option<Owner>,
    holder_fd: Option<OwnedFd>,
    /// The address is not of this machine.
    elsewhere: bool,
    verdict: Option<Verdict>,
    login: Login,
    latency_ms: Option<u32>,
    last_exit: Option<LastExit>,
    next_step: Option<String>,
    stopping_because: Option<Cause>,
    cannot_help: bool,
    log_trouble: Option<String>,
}

impl<O: HealthPolicy, F: FnMut(&Event, &Status)> Supervisor<O, F> {
    /// Prepares everything that can fail; nothing is started yet.
    pub fn new(spec: Spec, options: Options, policy: O, on_event: F) -> Result<Self, SetupError> {
        let listen = resolve(&spec.host, spec.port)?;
        let mut redaction = options.redaction;
        redaction.literals.extend(spec.access_key.clone());
        let control = match options.control.as_deref().map(Server::bind).transpose() {
            Ok(control) => control,
            Err(BindError::AlreadyRunning) => return Err(SetupError::AlreadyRunning),
            Err(BindError::Io(error)) => return Err(SetupError::Control(error)),
        };
        let log = options
            .log
            .map(|log| LogFile::open(&log.path, log.disk))
            .transpose()
            .map_err(SetupError::Log)?;
        let capture = Capture::new(log, redaction).map_err(SetupError::System)?;
        let signals = Signals::register().map_err(SetupError::System)?;
        let parent = options
            .parent
            .map(Parent::watch)
            .transpose()
            .map_err(|_| SetupError::ParentGone)?;
        crate::tree::adopt_orphans();
        let now = Instant::now();
        let seed = now.since_ns(Instant::at(crate::machine::Ms(0)))
            ^ u64::from(std::process::id()).rotate_left(40);
        Ok(Self {
            machine: Machine::new(Policy::from(&spec), seed, now.ms()),
            reach: port::reach(listen),
            listen,
            spec,
            policy,
            on_event,
            capture,
            control,
            manager: if options.monitor.is_none() {
                Manager::from_environment()
            } else {
                None
            },
            monitor: options.monitor,
            watchdog: notify::watchdog_period_ms().map(|period| (period, now)),
            signals,
            parent,
            watch_stdout: options.end_with_stdout,
            exit_on_failed: options.exit_on_failed,
            auto_start: options.auto_start,
            lease: None,
            ending: false,
            abandoned: false,
            child: None,
            leader: None,
            sweep: None,
            await_listener: None,
            round: None,
            liveness: None,
            idle: None,
            listener: None,
            holder: None,
            holder_fd: None,
            elsewhere: false,
            verdict: None,
            login: Login::Unknown,
            latency_ms: None,
            last_exit: None,
            next_step: None,
            stopping_because: None,
            cannot_help: false,
            log_trouble: None,
        })
    }

    /// Runs until the service is stopped for good. Nothing of it is left then.
    pub fn run(mut self) -> Ended {
        if self.auto_start {
            self.machine
                .handle_command(Instant::now().ms(), Command::Start);
        }
        loop {
            self.act();
            if let Some(ended) = self.ended() {
                return ended;
            }
            if let Err(error) = self.wait() {
                // Without the poll loop nothing can be watched; better nothing than something unwatched.
                self.warn(format!("the poll loop failed: {error}"));
                monitor::kill_all(&[]);
                return Ended::Failed;
            }
        }
    }

    fn ended(&self) -> Option<Ended> {
        let failed = if self.cannot_help {
            Ended::CannotHelp
        } else {
            Ended::Failed
        };
        match self.machine.state() {
            _ if self.abandoned => Some(Ended::Failed),
            State::Stopped if self.ending => Some(Ended::Stopped),
            // While it is wanted, somebody else's server is waited for.
            State::Stopped if self.exit_on_failed && self.machine.desired() == Desired::Down => {
                Some(Ended::Stopped)
            }
            State::Failed
                if self.exit_on_failed
                    && self.machine.is_permanent()
                    && !self.machine.occupied() =>
            {
                Some(failed)
            }
            _ => None,
        }
    }

    /// Does what the machine asks for.
    fn act(&mut self) {
        while let Some(action) = self.machine.poll_action() {
            let now = Instant::now();
            match action {
                Action::CheckPort { check } => self.check_port(check),
                Action::Spawn { generation } => self.spawn(generation),
                Action::AwaitListener { generation } => {
                    self.await_listener = Some(ListenerWatch::new(generation, now));
                }
                Action::Round { round, subject } => self.start_round(round, subject),
                Action::Liveness { probe, subject } => self.ask_liveness(probe, subject),
                Action::Terminate { generation: _ } => self.terminate(now),
                Action::Kill { generation } => self.kill(generation, now),
                Action::Report { from, cause, to } => self.report(from, cause, to),
            }
        }
    }

    /// Sleeps until something happens, and hands it to the machine.
    fn wait(&mut self) -> io::Result<()> {
        let deadline = self.deadline();
        let now = Instant::now();
        let timeout = deadline.map(|at| {
            let ns = at.since_ns(now);
            Timespec {
                tv_sec: i64::try_from(ns / 1_000_000_000).unwrap_or(i64::MAX),
                tv_nsec: (ns % 1_000_000_000) as _,
            }
        });
        for source in self.sleep(timeout.as_ref())? {
            match source {
                Source::Child => {
                    self.signals.take_child();
                    self.collect();
                }
                Source::Output => {
                    self.capture.advance();
                    if self
                        .await_listener
                        .as_mut()
                        .is_some_and(|watch| watch.said(now))
                        && let Some(last_output_line) = self.capture.last_line()
                    {
                        self.emit(Event::Progress { last_output_line });
                    }
                }
                Source::Stop => {
                    let again = self.signals.take_stop() > 1 || self.ending;
                    self.finish(again);
                }
                Source::Monitor => self.hear_guard(),
                Source::Parent if self.lease.is_none() => {
                    if self.parent.as_mut().is_some_and(Parent::ended) {
                        self.parent = None;
                        self.finish(true);
                    }
                }
                Source::Stdout if self.lease.is_none() => {
                    self.watch_stdout = false;
                    self.finish(true);
                }
                Source::Holder => {
                    self.holder_fd = None;
                    self.machine.handle_holder_gone(Instant::now().ms());
                }
                Source::Control => self.serve(),
                // Questions are looked at below; what a lease covers is looked at when it is over.
                Source::Question | Source::Parent | Source::Stdout => {}
            }
        }
        self.questions();
        self.on_time();
        Ok(())
    }

    /// Polls everything there is to wait for; what happened, each source once.
    fn sleep(&self, timeout: Option<&Timespec>) -> io::Result<Vec<Source>> {
        let stdout = io::stdout();
        let read = PollFlags::IN;
        let mut sources = Vec::with_capacity(16);
        let mut fds = Vec::with_capacity(16);
        let mut add = |source, fd, flags| {
            sources.push(source);
            fds.push(PollFd::from_borrowed_fd(fd, flags));
        };
        add(Source::Child, self.signals.child(), read);
        add(Source::Output, self.capture.interest(), read);
        add(Source::Stop, self.signals.stop(), read);
        if let Some(monitor) = &self.monitor {
            add(Source::Monitor, monitor.interest(), read);
        }
        if self.lease.is_none() {
            for fd in self.parent.iter().flat_map(Parent::interests) {
                add(Source::Parent, fd, read);
            }
        }
        if let Some(fd) = &self.holder_fd {
            add(Source::Holder, fd.as_fd(), read);
        }
        if self.watch_stdout && self.lease.is_none() {
            add(Source::Stdout, stdout.as_fd(), PollFlags::empty());
        }
        for (fd, writes) in self.control.iter().flat_map(Server::interests) {
            add(
                Source::Control,
                fd,
                if writes { read | PollFlags::OUT } else { read },
            );
        }
        for (fd, flags) in self.open_exchanges().filter_map(Exchange::interest) {
            add(Source::Question, fd, flags);
        }
        match poll(&mut fds, timeout) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        let mut happened: Vec<Source> = sources
            .into_iter()
            .zip(&fds)
            .filter(|(source, fd)| match source {
                // Nothing else is meant by an end of the reader; a closed descriptor never had one.
                Source::Stdout => fd.revents().intersects(PollFlags::ERR | PollFlags::HUP),
                _ => !fd.revents().is_empty(),
            })
            .map(|(source, _)| source)
            .collect();
        happened.dedup();
        Ok(happened)
    }

    fn open_exchanges(&self) -> impl Iterator<Item = &Exchange> {
        self.round
            .iter()
            .flat_map(Round::exchanges)
            .chain(self.liveness.iter().map(|(_, exchange)| exchange))
    }

    /// When to wake up although nothing happened.
    fn deadline(&self) -> Option<Instant> {
        [
            self.machine.next_deadline().map(Instant::at),
            self.await_listener.as_ref().map(|watch| watch.due),
            self.sweep.as_ref().map(|sweep| sweep.due),
            self.watchdog.map(|(_, due)| due),
            self.lease,
            self.open_exchanges().map(Exchange::deadline).min(),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// Does what is due.
    fn on_time(&mut self) {
        let now = Instant::now();
        if self
            .await_listener
            .as_ref()
            .is_some_and(|watch| watch.due <= now)
        {
            self.look_for_listener(now);
        }
        if self.sweep.as_ref().is_some_and(|sweep| sweep.due <= now) {
            self.sweep(now);
        }
        if let Some((period, due)) = &mut self.watchdog
            && *due <= now
        {
            *due = now.plus_ms(*period);
            self.tell_manager("WATCHDOG=1");
        }
        if self.lease.is_some_and(|due| due <= now) {
            self.lease = None;
            self.finish(true);
        }
        if self
            .machine
            .next_deadline()
            .is_some_and(|due| due <= now.ms())
        {
            self.machine.handle_deadline(now.ms());
        }
    }

    /// Stops the service and ends. In a hurry the program gets next to no time.
    fn finish(&mut self, hurry: bool) {
        if !self.ending {
            self.tell_manager("STOPPING=1");
        }
        self.ending = true;
        let command = if hurry { Command::Abort } else { Command::Stop };
        self.machine.handle_command(Instant::now().ms(), command);
    }

    fn hear_guard(&mut self) {
        match self.monitor.as_ref().map_or(Word::Nothing, Monitor::hear) {
            Word::Nothing => {}
            Word::Stop => self.finish(false),
            Word::Hurry => self.finish(true),
            Word::Gone => {
                // The pid that the world knows was killed: so is everything that it stood for.
                if let Some(child) = &self.child {
                    crate::tree::signal_group(child.pid, rustix::process::Signal::KILL);
                }
                monitor::kill_all(&[]);
                self.monitor = None;
                self.abandoned = true;
            }
        }
    }

    fn serve(&mut self) {
        let Some(mut control) = self.control.take() else {
            return;
        };
        control.advance(|request| {
            let now = Instant::now();
            let command = match request {
                Request::Status | Request::Watch => None,
                Request::Stop => Some(Command::Stop),
                Request::Start => Some(Command::Start),
                Request::Restart => Some(Command::Restart),
                Request::Shutdown => {
                    self.finish(false);
                    None
                }
                Request::Lease { ms, parent } => {
                    if let Some(pid) = parent {
                        match Parent::watch(pid) {
                            Ok(parent) => self.parent = Some(parent),
                            Err(error) => return serde_json::json!({"error": format!("process {pid}: {error}")}),
                        }
                        self.watch_stdout = false;
                    }
                    self.lease = (ms > 0).then(|| now.plus_ms(ms));
                    None
                }
            };
            if let Some(command) = command {
                self.machine.handle_command(now.ms(), command);
            }
            serde_json::to_value(self.status()).unwrap_or_else(|error| serde_json::json!({"error": error.to_string()}))
        });
        self.control = Some(control);
    }
}

/// The address of a host, as the supervisor uses it: the first one that the system knows.
///
/// # Errors
/// [`SetupError::Host`] where it has none.
pub fn resolve(host: &str, port: u16) -> Result<SocketAddr, SetupError> {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    if let Ok(ip) = bare.parse() {
        return Ok(SocketAddr::new(ip, port));
    }
    if bare.eq_ignore_ascii_case("localhost") {
        return Ok(SocketAddr::from(([127, 0, 0, 1], port)));
    }
    let mut found = (bare, port)
        .to_socket_addrs()
        .map_err(|_| SetupError::Host(host.to_owned()))?;
    found
        .next()
        .ok_or_else(|| SetupError::Host(host.to_owned()))
}
