//! A simulated environment of the machine: a program that listens, responds, hangs, forks and dies as the test likes, a port that
//! strangers take, and results that come late or twice. Time is a number.

use super::super::*;
use std::collections::BTreeSet;

pub(super) fn timing() -> Timing {
    Timing {
        auto_restart: true,
        restart_delay: 100,
        restart_max: 1_000,
        stable_after: 500,
        start_limit: 5,
        retry_failed: 30_000,
        start_timeout: 5_000,
        stop_grace: 200,
        hang_grace: 50,
        hurry_grace: 5,
        liveness_period: 100,
        liveness_failures: 2,
        login_period: 700,
        recheck: 150,
    }
}

/// A result on its way to the machine.
#[derive(Debug, Clone, Copy)]
pub(super) enum Event {
    Port(u64),
    Spawned(u64),
    SpawnFailed(u64, bool),
    Listening(u64, bool),
    Verdict(u64, Subject, bool, bool),
    Absent(u64),
    Liveness(u64, bool),
    Exited(u64, bool, bool),
    Cleared(u64),
}

/// Who is on the port besides our program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Other {
    Nobody,
    Stranger,
    Usable,
}

pub(super) struct Sim {
    pub(super) machine: Machine,
    pub(super) timing: Timing,
    pub(super) attach_only: bool,
    pub(super) now: Ms,
    pub(super) pending: Vec<Event>,
    /// Events that were delivered; some come again.
    pub(super) delivered: Vec<Event>,
    /// Generation of the process that runs.
    pub(super) child: Option<u64>,
    pub(super) stubborn: bool,
    pub(super) hung: bool,
    /// Something that an ended process left behind.
    pub(super) left: Option<u64>,
    pub(super) other: Other,
    pub(super) good_verdicts: BTreeSet<u64>,
    pub(super) rows: BTreeSet<(State, Cause)>,
    pub(super) spawns: u64,
    pub(super) last_delay: Option<u64>,
    pub(super) choices: Vec<u16>,
    pub(super) next_choice: usize,
}

impl Sim {
    pub(super) fn new(timing: Timing, choices: Vec<u16>) -> Self {
        Self::with(timing, false, choices)
    }

    pub(super) fn reliable() -> Self {
        Self::new(timing(), reliable())
    }

    /// There is no program to start, else everything goes well.
    pub(super) fn attaching() -> Self {
        Self::with(timing(), true, reliable())
    }

    pub(super) fn with(timing: Timing, attach_only: bool, choices: Vec<u16>) -> Self {
        Self {
            machine: Machine::new(timing, attach_only, 7, Ms(0)),
            timing,
            attach_only,
            now: Ms(0),
            pending: Vec::new(),
            delivered: Vec::new(),
            child: None,
            stubborn: false,
            hung: false,
            left: None,
            other: Other::Nobody,
            good_verdicts: BTreeSet::new(),
            rows: BTreeSet::new(),
            spawns: 0,
            last_delay: None,
            choices,
            next_choice: 0,
        }
    }

    /// A number below `bound` from the choices; 0 when they are used up.
    pub(super) fn choose(&mut self, bound: u16) -> u16 {
        let choice = self.choices.get(self.next_choice).copied().unwrap_or(0);
        self.next_choice += 1;
        choice % bound
    }

    pub(super) fn command(&mut self, command: Command) {
        if command == Command::Restart {
            self.last_delay = None;
        }
        self.machine.handle_command(self.now, command);
        self.run_actions();
    }

    /// Carries out what the machine asks for, and checks every step.
    pub(super) fn run_actions(&mut self) {
        while let Some(action) = self.machine.poll_action() {
            match action {
                Action::CheckPort { check } => self.pending.push(Event::Port(check)),
                Action::Spawn { generation } => {
                    assert!(!self.attach_only, "a start of nothing");
                    assert_eq!(self.child, None, "a second process");
                    assert_eq!(
                        self.left, None,
                        "a process beside what is left of the last one"
                    );
                    assert_eq!(self.machine.desired(), Desired::Up);
                    self.spawns += 1;
                    match self.choose(12) {
                        0 => self.pending.push(Event::SpawnFailed(generation, true)),
                        1 if self.choose(4) == 0 => {
                            self.pending.push(Event::SpawnFailed(generation, false))
                        }
                        _ => {
                            self.child = Some(generation);
                            self.stubborn = self.choose(4) == 0;
                            self.hung = self.choose(8) == 0;
                            self.pending.push(Event::Spawned(generation));
                        }
                    }
                }
                Action::AwaitListener { generation } => {
                    let owned = self.choose(10) != 0;
                    self.pending.push(Event::Listening(generation, owned));
                }
                Action::Round {
                    round,
                    subject: Subject::Holder,
                } if self.other == Other::Nobody && self.attach_only => {
                    self.pending.push(Event::Absent(round));
                }
                Action::Round { round, subject } => {
                    let usable = match subject {
                        Subject::Holder => self.other == Other::Usable,
                        Subject::Child(_) => self.choose(5) > 1,
                    };
                    let trusted = subject == Subject::Holder || self.choose(20) != 0;
                    self.pending
                        .push(Event::Verdict(round, subject, usable, trusted));
                }
                Action::Liveness { probe, subject } => {
                    let alive = match subject {
                        Subject::Child(_) => !self.hung,
                        Subject::Holder => self.other == Other::Usable,
                    };
                    self.pending.push(Event::Liveness(probe, alive));
                }
                Action::Terminate { generation } => {
                    self.owned_only(generation);
                    if !self.stubborn {
                        self.die(false);
                    }
                }
                Action::Kill { generation } => {
                    self.owned_only(generation);
                    self.die(false);
                    if self.left.take().is_some() || self.child.is_none() {
                        self.pending.push(Event::Cleared(generation));
                    }
                }
                Action::Report { from, cause, to } => self.check_report(from, cause, to),
            }
        }
    }

    pub(super) fn owned_only(&self, generation: u64) {
        assert!(
            !matches!(self.machine.state(), State::Attached | State::Blocked),
            "a signal while not ours"
        );
        assert_eq!(generation, self.machine.generation());
    }

    pub(super) fn check_report(&mut self, from: State, cause: Cause, to: State) {
        assert_eq!(next(from, cause), Some(to));
        self.rows.insert((from, cause));
        match to {
            State::Ready => {
                let generation = self.machine.generation();
                assert!(
                    self.good_verdicts.contains(&generation),
                    "ready without a verdict of this process"
                );
            }
            State::Backoff => {
                if let Some(at) = self.machine.respawn_at() {
                    let delay = at.since(self.machine.since());
                    assert!(
                        delay >= self.timing.restart_delay && delay <= self.timing.restart_max,
                        "delay {delay}"
                    );
                    if let Some(last) = self.last_delay {
                        assert!(delay >= last, "a delay that shrinks");
                    }
                    self.last_delay = Some(delay);
                }
            }
            _ => {}
        }
        if cause == Cause::EndedRetryNow
            || cause == Cause::RestartWanted
            || cause == Cause::StartWanted
        {
            self.last_delay = None;
        }
    }

    /// The process ends, by itself or not; sometimes it leaves something behind.
    pub(super) fn die(&mut self, by_itself: bool) {
        if let Some(generation) = self.child.take() {
            let retry = !by_itself || self.choose(16) != 0;
            let clean = by_itself && self.choose(3) == 0;
            // The machine learns of the start first.
            self.pending.push(Event::Exited(generation, retry, clean));
            self.left = Some(generation);
            self.pending.push(Event::Cleared(generation));
        }
    }

    pub(super) fn deliver(&mut self, index: usize) {
        if index >= self.pending.len() {
            return;
        }
        let event = self.pending.remove(index);
        self.delivered.push(event);
        self.apply(event);
    }

    pub(super) fn apply(&mut self, event: Event) {
        let now = self.now;
        match event {
            Event::Port(check) => {
                let report = if self.attach_only && self.choose(6) == 0 {
                    PortReport::Remote
                } else if self.other != Other::Nobody {
                    PortReport::Held
                } else if self.choose(40) == 0 {
                    PortReport::Unusable {
                        retry: self.choose(2) == 0,
                    }
                } else {
                    PortReport::Free
                };
                self.machine.handle_port(now, check, report);
            }
            Event::Spawned(generation) => self.machine.handle_spawned(now, generation),
            Event::SpawnFailed(generation, retry) => {
                self.machine.handle_spawn_failed(now, generation, retry)
            }
            Event::Listening(generation, owned) => {
                self.machine.handle_listening(now, generation, owned)
            }
            Event::Verdict(round, subject, usable, trusted) => {
                if let (Subject::Child(generation), true, true) = (subject, usable, trusted) {
                    self.good_verdicts.insert(generation);
                }
                self.machine.handle_verdict(now, round, usable, trusted);
            }
            Event::Absent(round) => self.machine.handle_absent(now, round),
            Event::Liveness(probe, alive) => self.machine.handle_liveness(now, probe, alive),
            Event::Exited(generation, retry, clean) => {
                self.machine.handle_exited(now, generation, retry, clean)
            }
            Event::Cleared(generation) => {
                if self.left == Some(generation) {
                    self.left = None;
                }
                self.machine.handle_cleared(now, generation);
            }
        }
        self.run_actions();
    }

    pub(super) fn pass(&mut self, ms: u64) {
        self.now = self.now.plus(ms);
        self.machine.handle_deadline(self.now);
        self.run_actions();
        assert!(
            self.machine
                .next_deadline()
                .is_none_or(|due| due > self.now),
            "a deadline that does not move"
        );
    }

    pub(super) fn jump(&mut self) {
        if let Some(due) = self.machine.next_deadline() {
            self.pass(due.since(self.now));
        }
    }

    pub(super) fn advance(&mut self) {
        if self.pending.is_empty() {
            self.jump();
        } else {
            self.deliver(0);
        }
    }

    pub(super) fn step(&mut self) {
        match self.choose(16) {
            0..=6 => {
                // Events of one process stay in order, as the driver sees them; others overtake.
                let index = usize::from(self.choose(8));
                let index = if self.pending.len() > index && !self.about_process(index) {
                    index
                } else {
                    0
                };
                self.deliver(index);
            }
            7..=9 => self.jump(),
            10 => {
                let ms = u64::from(self.choose(60));
                self.pass(ms);
            }
            11 => self.die(true),
            12 => {
                self.hung = !self.hung;
            }
            13 => {
                self.other = match self.choose(4) {
                    0 => Other::Stranger,
                    1 => Other::Usable,
                    _ => Other::Nobody,
                };
                if self.other == Other::Nobody {
                    self.machine.handle_holder_gone(self.now);
                    self.run_actions();
                }
            }
            14 => {
                // An answer comes a second time.
                if !self.delivered.is_empty() {
                    let index = usize::from(self.choose(u16::MAX)) % self.delivered.len();
                    let event = self.delivered[index];
                    if !matches!(event, Event::Cleared(_)) {
                        self.apply(event);
                    }
                }
            }
            _ => {
                let command = match self.choose(8) {
                    0 => Command::Stop,
                    1 => Command::Abort,
                    2 | 3 => Command::Restart,
                    _ => Command::Start,
                };
                self.command(command);
            }
        }
        self.check_not_stuck();
    }

    pub(super) fn about_process(&self, index: usize) -> bool {
        matches!(
            self.pending[index],
            Event::Spawned(_)
                | Event::SpawnFailed(..)
                | Event::Exited(..)
                | Event::Cleared(_)
                | Event::Listening(..)
        )
    }

    /// Work toward the desired state never stalls.
    pub(super) fn check_not_stuck(&self) {
        let waits = matches!(
            self.machine.state(),
            State::Starting | State::Unhealthy | State::Stopping | State::Backoff | State::Blocked
        ) || (self.machine.state() == State::Stopped
            && self.machine.desired() == Desired::Up);
        assert!(
            !waits || self.machine.next_deadline().is_some() || !self.pending.is_empty(),
            "stuck in {:?}",
            self.machine.state()
        );
    }

    /// Delivers everything and lets time pass until nothing happens any more.
    pub(super) fn settle(&mut self, wanted: State) {
        for _ in 0..400 {
            while !self.pending.is_empty() {
                self.deliver(0);
            }
            if self.machine.state() == wanted {
                return;
            }
            self.jump();
        }
        panic!(
            "{:?} was not reached from {:?}",
            wanted,
            self.machine.state()
        );
    }

    /// A program that was started and does not listen yet.
    pub(super) fn start_process(&mut self) {
        self.command(Command::Start);
        self.deliver(0);
        self.deliver(0);
    }

    /// A program that starts and is verified.
    pub(super) fn up(&mut self) {
        self.command(Command::Start);
        for _ in 0..50 {
            if self.machine.state() == State::Ready {
                return;
            }
            self.deliver(0);
            if self.pending.is_empty() {
                self.jump();
            }
        }
        panic!("not ready: {:?}", self.machine.state());
    }
}

/// Choices under which everything goes well: the last of every list.
pub(super) fn reliable() -> Vec<u16> {
    vec![u16::MAX - 1; 4_000]
}
