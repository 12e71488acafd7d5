//! The driver: one thread and one poll loop around the [`Machine`].

mod listener;
mod options;
mod probes;
mod process;
mod report;
mod wait;

pub use options::{Ended, LogSpec, Options, SetupError, resolve};

use crate::capture::{Capture, LogFile};
use crate::clock::Instant;
use crate::control::{Request, Server};
use crate::health::HealthPolicy;
use crate::http::Exchange;
use crate::machine::{Action, Cause, Command, Desired, Machine, State};
use crate::monitor::{self, Message, Monitor, Signals};
use crate::notify;
use crate::parent::Parent;
use crate::port::{self, Owner};
use crate::spec::Spec;
use crate::status::{Event, LastExit, Status};
use listener::ListenerWatch;
use probes::Round;
use process::{Child, Sweep};
use rustix::fd::OwnedFd;
use std::net::{SocketAddr, TcpStream};

/// Called with each event and the status at that moment.
type OnEvent<V> = Box<dyn FnMut(&Event<V>, &Status<V>)>;

/// Keeps one service running.
pub struct Supervisor<P: HealthPolicy> {
    spec: Spec,
    listen: SocketAddr,
    connect_address: SocketAddr,
    policy: P,
    on_event: OnEvent<P::Verdict>,
    machine: Machine,
    capture: Capture,
    control: Option<Server>,
    monitor: Option<Monitor>,
    watchdog: Option<(u64, Instant)>,
    signals: Signals,
    parent: Option<Parent>,
    watch_stdout: bool,
    exit_on_failed: bool,
    lease: Option<Instant>,
    ending: bool,
    /// The monitor was killed, and everything else with it.
    monitor_lost: bool,
    child: Option<Child>,
    /// Group of the latest process.
    leader: Option<u32>,
    sweep: Option<Sweep>,
    await_listener: Option<ListenerWatch>,
    round: Option<Round<P>>,
    liveness: Option<(u64, Exchange)>,
    /// The connection of the last liveness probe.
    idle: Option<TcpStream>,
    /// Process of ours that listens, with its socket.
    listener: Option<(u32, u64)>,
    holder: Option<Owner>,
    holder_fd: Option<OwnedFd>,
    remote: bool,
    verdict: Option<P::Verdict>,
    /// The verdict is about a program that was not shown the access key, since it is unknown whose it is.
    owner_unknown: bool,
    latency_ms: Option<u32>,
    last_exit: Option<LastExit>,
    stopping_because: Option<Cause>,
    log_error: Option<String>,
}

impl<P: HealthPolicy> Supervisor<P> {
    /// Prepares everything that can fail; nothing is started yet. `monitor` is from [`monitor::split`].
    pub fn new(
        spec: Spec,
        options: Options,
        monitor: Monitor,
        policy: P,
        on_event: impl FnMut(&Event<P::Verdict>, &Status<P::Verdict>) + 'static,
    ) -> Result<Self, SetupError> {
        let listen = resolve(&spec.address, spec.port)?;
        let mut redaction = options.redaction;
        redaction.literals.extend(spec.access_key.clone());
        let control = options.control.as_deref().map(|path| {
            let server = Server::bind(path).map_err(SetupError::Control)?;
            server.ok_or(SetupError::AlreadyRunning)
        });
        let control = control.transpose()?;
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
            machine: Machine::new(spec.timing, spec.argv.is_empty(), seed, now.ms()),
            connect_address: port::connect_address(listen),
            listen,
            spec,
            policy,
            on_event: Box::new(on_event),
            capture,
            control,
            monitor: Some(monitor),
            watchdog: notify::watchdog_period_ms().map(|period| (period, now)),
            signals,
            parent,
            watch_stdout: options.end_with_stdout,
            exit_on_failed: options.exit_on_failed,
            lease: None,
            ending: false,
            monitor_lost: false,
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
            remote: false,
            verdict: None,
            owner_unknown: false,
            latency_ms: None,
            last_exit: None,
            stopping_because: None,
            log_error: None,
        })
    }

    /// Starts the service, and runs until it is stopped for good. Nothing of it is left then.
    pub fn run(mut self) -> Ended {
        self.machine
            .handle_command(Instant::now().ms(), Command::Start);
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
        let failed = match &self.last_exit {
            Some(exit) if !exit.why.retry => Ended::CannotHelp,
            _ => Ended::Failed,
        };
        match self.machine.state() {
            _ if self.monitor_lost => Some(Ended::Failed),
            State::Stopped if self.ending => Some(Ended::Stopped),
            // While it is desired, it waits for a server that somebody else starts.
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
                Action::Liveness { probe, subject } => self.start_liveness(probe, subject),
                Action::Terminate { generation: _ } => self.terminate(now),
                Action::Kill { generation: _ } => self.kill(now),
                Action::Report { from, cause, to } => self.report(from, cause, to),
            }
        }
    }

    /// Stops the service and ends; with `at_once` after next to no grace period.
    fn shut_down(&mut self, at_once: bool) {
        if !self.ending {
            self.notify_manager("STOPPING=1");
        }
        self.ending = true;
        let command = if at_once {
            Command::Abort
        } else {
            Command::Stop
        };
        self.machine.handle_command(Instant::now().ms(), command);
    }

    fn handle_monitor(&mut self) {
        match self
            .monitor
            .as_ref()
            .map_or(Message::Nothing, Monitor::receive)
        {
            Message::Nothing => {}
            Message::Stop => self.shut_down(false),
            Message::StopNow => self.shut_down(true),
            Message::Closed => {
                // The pid that the world knows was killed: so is everything that it stood for.
                if let Some(child) = &self.child {
                    crate::tree::signal_group(child.pid, rustix::process::Signal::KILL);
                }
                monitor::kill_all(&[]);
                self.monitor = None;
                self.monitor_lost = true;
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
                    self.shut_down(false);
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
