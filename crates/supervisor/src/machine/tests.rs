//! The machine against a simulated world: a program that listens, answers, hangs, forks and dies as the test likes, a
//! port that strangers take, and answers that come late or twice. Time is a number.

use super::policy::Rng;
use super::*;
use proptest::prelude::*;
use std::collections::BTreeSet;

fn policy() -> Policy {
    Policy {
        attach_only: false,
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

/// An answer on its way to the machine.
#[derive(Debug, Clone, Copy)]
enum Letter {
    Port(u64),
    Spawned(u64),
    SpawnFailed(u64, bool),
    Listening(u64, bool),
    Verdict(u64, Subject, Readiness, bool),
    Absent(u64),
    Liveness(u64, bool),
    Exited(u64, bool, bool),
    Cleared(u64),
}

/// Who is on the port besides our program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Other {
    Nobody,
    Stranger,
    /// A usable server of the same user.
    Twin,
}

struct Sim {
    machine: Machine,
    policy: Policy,
    now: Ms,
    letters: Vec<Letter>,
    /// Letters that were delivered; some come again.
    old: Vec<Letter>,
    /// Generation of the process that runs.
    child: Option<u64>,
    /// It ignores TERM.
    stubborn: bool,
    /// It does not answer.
    hung: bool,
    /// Something that an ended process left behind.
    left: Option<u64>,
    other: Other,
    good_verdicts: BTreeSet<u64>,
    rows: BTreeSet<(State, Cause)>,
    spawns: u64,
    last_delay: Option<u64>,
    choices: Vec<u16>,
    next_choice: usize,
}

impl Sim {
    fn new(policy: Policy, choices: Vec<u16>) -> Self {
        Self {
            machine: Machine::new(policy, 7, Ms(0)),
            policy,
            now: Ms(0),
            letters: Vec::new(),
            old: Vec::new(),
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
    fn choose(&mut self, bound: u16) -> u16 {
        let choice = self.choices.get(self.next_choice).copied().unwrap_or(0);
        self.next_choice += 1;
        choice % bound
    }

    fn command(&mut self, command: Command) {
        if command == Command::Restart {
            self.last_delay = None;
        }
        self.machine.handle_command(self.now, command);
        self.obey();
    }

    /// Carries out what the machine asks for, and checks every step.
    fn obey(&mut self) {
        while let Some(action) = self.machine.poll_action() {
            match action {
                Action::CheckPort { check } => self.letters.push(Letter::Port(check)),
                Action::Spawn { generation } => {
                    assert!(!self.policy.attach_only, "a start of nothing");
                    assert_eq!(self.child, None, "a second process");
                    assert_eq!(
                        self.left, None,
                        "a process beside what is left of the last one"
                    );
                    assert_eq!(self.machine.desired(), Desired::Up);
                    self.spawns += 1;
                    match self.choose(12) {
                        0 => self.letters.push(Letter::SpawnFailed(generation, true)),
                        1 if self.choose(4) == 0 => {
                            self.letters.push(Letter::SpawnFailed(generation, false))
                        }
                        _ => {
                            self.child = Some(generation);
                            self.stubborn = self.choose(4) == 0;
                            self.hung = self.choose(8) == 0;
                            self.letters.push(Letter::Spawned(generation));
                        }
                    }
                }
                Action::AwaitListener { generation } => {
                    let owned = self.choose(10) != 0;
                    self.letters.push(Letter::Listening(generation, owned));
                }
                Action::Round {
                    round,
                    subject: Subject::Holder,
                } if self.other == Other::Nobody && self.policy.attach_only => {
                    self.letters.push(Letter::Absent(round));
                }
                Action::Round { round, subject } => {
                    let readiness = match (subject, self.other) {
                        (Subject::Holder, Other::Twin) => Readiness::Ready,
                        (Subject::Holder, _) => Readiness::Foreign,
                        (Subject::Child(_), _) => match self.choose(6) {
                            0 => Readiness::Starting,
                            1 => Readiness::Unhealthy,
                            2 if self.choose(3) == 0 => Readiness::Foreign,
                            _ => Readiness::Ready,
                        },
                    };
                    let owned = self.choose(20) != 0;
                    self.letters
                        .push(Letter::Verdict(round, subject, readiness, owned));
                }
                Action::Liveness { probe, subject } => {
                    let alive = match subject {
                        Subject::Child(_) => !self.hung,
                        Subject::Holder => self.other == Other::Twin,
                    };
                    self.letters.push(Letter::Liveness(probe, alive));
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
                        self.letters.push(Letter::Cleared(generation));
                    }
                }
                Action::Report { from, cause, to } => self.check_report(from, cause, to),
            }
        }
    }

    fn owned_only(&self, generation: u64) {
        assert!(
            !matches!(self.machine.state(), State::Attached | State::Blocked),
            "a signal while not ours"
        );
        assert_eq!(generation, self.machine.generation());
    }

    fn check_report(&mut self, from: State, cause: Cause, to: State) {
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
                        delay >= self.policy.restart_delay && delay <= self.policy.restart_max,
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
    fn die(&mut self, by_itself: bool) {
        if let Some(generation) = self.child.take() {
            let retry = !by_itself || self.choose(16) != 0;
            let clean = by_itself && self.choose(3) == 0;
            // The machine learns of the start first.
            self.letters.push(Letter::Exited(generation, retry, clean));
            self.left = Some(generation);
            self.letters.push(Letter::Cleared(generation));
        }
    }

    fn deliver(&mut self, index: usize) {
        if index >= self.letters.len() {
            return;
        }
        let letter = self.letters.remove(index);
        self.old.push(letter);
        self.hand_over(letter);
    }

    fn hand_over(&mut self, letter: Letter) {
        let now = self.now;
        match letter {
            Letter::Port(check) => {
                let report = if self.policy.attach_only && self.choose(6) == 0 {
                    PortReport::Elsewhere
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
            Letter::Spawned(generation) => self.machine.handle_spawned(now, generation),
            Letter::SpawnFailed(generation, retry) => {
                self.machine.handle_spawn_failed(now, generation, retry)
            }
            Letter::Listening(generation, owned) => {
                self.machine.handle_listening(now, generation, owned)
            }
            Letter::Verdict(round, subject, readiness, owned) => {
                if let (Subject::Child(generation), Readiness::Ready, true) =
                    (subject, readiness, owned)
                {
                    self.good_verdicts.insert(generation);
                }
                self.machine
                    .handle_verdict(now, round, readiness, owned, true);
            }
            Letter::Absent(round) => self.machine.handle_absent(now, round),
            Letter::Liveness(probe, alive) => self.machine.handle_liveness(now, probe, alive),
            Letter::Exited(generation, retry, clean) => {
                self.machine.handle_exited(now, generation, retry, clean)
            }
            Letter::Cleared(generation) => {
                if self.left == Some(generation) {
                    self.left = None;
                }
                self.machine.handle_cleared(now, generation);
            }
        }
        self.obey();
    }

    fn pass(&mut self, ms: u64) {
        self.now = self.now.plus(ms);
        self.machine.handle_deadline(self.now);
        self.obey();
        assert!(
            self.machine
                .next_deadline()
                .is_none_or(|due| due > self.now),
            "a deadline that does not move"
        );
    }

    fn jump(&mut self) {
        if let Some(due) = self.machine.next_deadline() {
            self.pass(due.since(self.now));
        }
    }

    /// One step of a history.
    fn step(&mut self) {
        match self.choose(16) {
            0..=6 => {
                // Letters of one process stay in order, as the driver sees them; others overtake.
                let index = usize::from(self.choose(8));
                let index = if self.letters.len() > index && !self.about_process(index) {
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
            11 => self.die_and_learn(),
            12 => {
                self.hung = !self.hung;
            }
            13 => {
                self.other = match self.choose(4) {
                    0 => Other::Stranger,
                    1 => Other::Twin,
                    _ => Other::Nobody,
                };
                if self.other == Other::Nobody {
                    self.machine.handle_holder_gone(self.now);
                    self.obey();
                }
            }
            14 => {
                // An answer comes a second time.
                if !self.old.is_empty() {
                    let index = usize::from(self.choose(u16::MAX)) % self.old.len();
                    let letter = self.old[index];
                    if !matches!(letter, Letter::Cleared(_)) {
                        self.hand_over(letter);
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

    fn about_process(&self, index: usize) -> bool {
        matches!(
            self.letters[index],
            Letter::Spawned(_)
                | Letter::SpawnFailed(..)
                | Letter::Exited(..)
                | Letter::Cleared(_)
                | Letter::Listening(..)
        )
    }

    fn die_and_learn(&mut self) {
        self.die(true);
    }

    /// What is wanted is always being worked on.
    fn check_not_stuck(&self) {
        let waits = matches!(
            self.machine.state(),
            State::Starting | State::Unhealthy | State::Stopping | State::Backoff | State::Blocked
        ) || (self.machine.state() == State::Stopped
            && self.machine.desired() == Desired::Up);
        assert!(
            !waits || self.machine.next_deadline().is_some() || !self.letters.is_empty(),
            "stuck in {:?}",
            self.machine.state()
        );
    }

    /// Delivers everything and lets time pass until nothing happens any more.
    fn settle(&mut self, wanted: State) {
        for _ in 0..400 {
            while !self.letters.is_empty() {
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

    /// A program that starts and is verified.
    fn up(&mut self) {
        self.command(Command::Start);
        for _ in 0..50 {
            if self.machine.state() == State::Ready {
                return;
            }
            self.deliver(0);
            if self.letters.is_empty() {
                self.jump();
            }
        }
        panic!("not ready: {:?}", self.machine.state());
    }
}

/// Choices under which everything goes well: the last of every list.
fn well() -> Vec<u16> {
    vec![u16::MAX - 1; 4_000]
}

#[test]
fn the_first_end_after_ready_is_followed_by_a_start_at_once() {
    let mut sim = Sim::new(policy(), well());
    sim.up();
    sim.pass(1);
    let before = sim.now;
    sim.die(true);
    while sim.spawns < 2 {
        sim.deliver(0);
    }
    assert_eq!(sim.now, before);
}

#[test]
fn quick_ends_are_followed_by_growing_delays_and_then_by_failed() {
    let mut sim = Sim::new(policy(), well());
    sim.command(Command::Start);
    let mut starts = Vec::new();
    while sim.machine.state() != State::Failed {
        let spawns = sim.spawns;
        while sim.spawns == spawns && sim.machine.state() != State::Failed {
            if sim.letters.is_empty() {
                sim.jump()
            } else {
                sim.deliver(0)
            }
        }
        if sim.spawns > spawns {
            starts.push(sim.now.0);
            sim.deliver(0);
            sim.letters.clear();
            sim.die(true);
        }
    }
    assert_eq!(starts.len(), 5, "the start limit");
    let gaps: Vec<u64> = starts.windows(2).map(|w| w[1] - w[0]).collect();
    assert!(gaps.windows(2).all(|w| w[0] < w[1]), "{gaps:?}");
    assert!(!sim.machine.is_permanent());
    // It tries again by itself, once.
    let failed_at = sim.now;
    sim.jump();
    assert_eq!(sim.now.since(failed_at), policy().retry_failed);
    assert_eq!(sim.machine.state(), State::Starting);
}

#[test]
fn an_end_that_a_retry_cannot_help_fails_at_once_and_for_good() {
    let mut sim = Sim::new(policy(), well());
    sim.command(Command::Start);
    sim.deliver(0);
    sim.deliver(0);
    let generation = sim.child.take().unwrap();
    sim.machine.handle_exited(sim.now, generation, false, true);
    sim.obey();
    assert_eq!(sim.machine.state(), State::Failed);
    assert!(sim.machine.is_permanent());
    assert_eq!(sim.machine.next_deadline(), None);
    sim.letters
        .retain(|letter| matches!(letter, Letter::Cleared(_)));
    sim.settle(State::Failed);
    sim.command(Command::Restart);
    assert_eq!(sim.machine.state(), State::Starting);
}

#[test]
fn without_auto_restart_an_end_is_final() {
    for (clean, wanted) in [(true, State::Stopped), (false, State::Failed)] {
        let mut sim = Sim::new(
            Policy {
                auto_restart: false,
                ..policy()
            },
            well(),
        );
        sim.up();
        let generation = sim.child.take().unwrap();
        sim.left = Some(generation);
        sim.letters.push(Letter::Exited(generation, true, clean));
        sim.letters.push(Letter::Cleared(generation));
        sim.settle(wanted);
        assert_eq!(sim.spawns, 1);
        assert_eq!(sim.machine.next_deadline(), None);
    }
}

#[test]
fn a_code_of_zero_before_ready_is_a_failed_start() {
    let mut sim = Sim::new(policy(), well());
    sim.command(Command::Start);
    sim.deliver(0);
    sim.deliver(0);
    let generation = sim.child.take().unwrap();
    sim.left = Some(generation);
    sim.machine.handle_exited(sim.now, generation, true, true);
    sim.obey();
    assert_eq!(sim.machine.state(), State::Backoff);
}

#[test]
fn a_hang_is_ended_and_started_again() {
    let mut sim = Sim::new(policy(), well());
    sim.up();
    sim.hung = true;
    let started = sim.now;
    while sim.machine.state() != State::Stopping {
        if sim.letters.is_empty() {
            sim.jump()
        } else {
            sim.deliver(0)
        }
    }
    assert!(sim.now.since(started) <= 150, "{:?}", sim.now);
    sim.settle(State::Ready);
    assert_eq!(sim.spawns, 2);
}

#[test]
fn a_stranger_on_the_port_means_no_start_until_it_is_gone() {
    let mut sim = Sim::new(policy(), well());
    sim.other = Other::Stranger;
    sim.command(Command::Start);
    sim.settle(State::Blocked);
    for _ in 0..20 {
        sim.jump();
        while !sim.letters.is_empty() {
            sim.deliver(0);
        }
        assert_eq!(sim.machine.state(), State::Blocked);
    }
    assert_eq!(sim.spawns, 0);
    sim.other = Other::Nobody;
    sim.settle(State::Ready);
}

#[test]
fn a_silent_stranger_is_named_in_time() {
    let mut sim = Sim::new(policy(), well());
    sim.other = Other::Stranger;
    sim.command(Command::Start);
    sim.deliver(0);
    sim.letters.clear();
    sim.jump();
    assert_eq!(sim.machine.state(), State::Blocked);
    assert!(sim.now.0 <= 20);
}

#[test]
fn a_usable_server_is_attached_to_and_let_go() {
    let mut sim = Sim::new(policy(), well());
    sim.other = Other::Twin;
    sim.command(Command::Start);
    sim.settle(State::Attached);
    sim.command(Command::Stop);
    assert_eq!(sim.machine.state(), State::Stopped);
    assert_eq!(sim.spawns, 0);
}

/// Delivers everything and lets the next timer run out.
fn look(sim: &mut Sim) -> State {
    sim.jump();
    while !sim.letters.is_empty() {
        sim.deliver(0);
    }
    sim.machine.state()
}

#[test]
fn without_a_program_somebody_elses_server_is_waited_for() {
    let attach_only = Policy {
        attach_only: true,
        ..policy()
    };
    let mut sim = Sim::new(attach_only, well());
    sim.command(Command::Start);
    for _ in 0..20 {
        let before = sim.now;
        assert_eq!(look(&mut sim), State::Stopped);
        assert!(sim.now.since(before) <= policy().recheck);
    }
    assert_eq!(
        sim.rows,
        BTreeSet::from([
            (State::Stopped, Cause::StartWanted),
            (State::Starting, Cause::Absent)
        ]),
        "a look that changes nothing is not reported"
    );
    sim.other = Other::Twin;
    assert_eq!(look(&mut sim), State::Attached);
    sim.other = Other::Nobody;
    sim.machine.handle_holder_gone(sim.now);
    sim.obey();
    sim.settle(State::Stopped);
    sim.other = Other::Stranger;
    assert_eq!(look(&mut sim), State::Blocked);
    sim.other = Other::Nobody;
    while sim.machine.state() == State::Blocked {
        look(&mut sim);
    }
    sim.settle(State::Stopped);
    // A stop ends the waiting.
    sim.command(Command::Stop);
    assert_eq!(sim.machine.next_deadline(), None);
    sim.other = Other::Twin;
    assert_eq!(look(&mut sim), State::Stopped);
    sim.command(Command::Start);
    sim.settle(State::Attached);
}

#[test]
fn a_stop_during_a_start_is_not_lost() {
    let mut sim = Sim::new(policy(), well());
    sim.command(Command::Start);
    sim.deliver(0);
    assert_eq!(sim.spawns, 1);
    sim.command(Command::Stop);
    assert_eq!(sim.machine.state(), State::Stopping);
    sim.settle(State::Stopped);
    assert_eq!(sim.child, None);
}

#[test]
fn a_stubborn_process_is_killed_after_the_grace_period_and_sooner_in_a_hurry() {
    for (command, grace) in [(Command::Stop, 200), (Command::Abort, 5)] {
        let mut sim = Sim::new(policy(), well());
        sim.up();
        sim.stubborn = true;
        let asked = sim.now;
        sim.command(command);
        sim.settle(State::Stopped);
        assert_eq!(sim.now.since(asked), grace);
    }
}

#[test]
fn a_start_that_takes_too_long_is_ended() {
    let mut sim = Sim::new(policy(), well());
    sim.command(Command::Start);
    sim.deliver(0);
    sim.deliver(0);
    sim.letters.clear();
    sim.jump();
    assert_eq!(sim.machine.state(), State::Stopping);
    assert_eq!(sim.now, Ms(policy().start_timeout));
    sim.settle(State::Backoff);
}

type Reach = fn(&mut Sim);
type Input = Box<dyn Fn(&mut Sim)>;

/// Every pair of a state and an input: the machine stays inside its table (checked in `obey`), and never panics.
#[test]
fn every_input_in_every_state() {
    let reach: [(State, Reach); 10] = [
        (State::Stopped, |_| {}),
        // Waiting for somebody else's server.
        (State::Stopped, |sim| {
            let attach_only = Policy {
                attach_only: true,
                ..policy()
            };
            *sim = Sim::new(attach_only, well());
            sim.command(Command::Start);
            sim.deliver(0);
        }),
        (State::Starting, |sim| {
            sim.command(Command::Start);
            sim.deliver(0);
            sim.deliver(0);
        }),
        (State::Ready, Sim::up),
        (State::Unhealthy, |sim| {
            sim.up();
            sim.hung = true;
            while sim.machine.state() == State::Ready {
                if sim.letters.is_empty() {
                    sim.jump()
                } else {
                    sim.deliver(0)
                }
            }
        }),
        (State::Stopping, |sim| {
            sim.up();
            sim.stubborn = true;
            sim.command(Command::Stop);
        }),
        (State::Backoff, |sim| {
            sim.command(Command::Start);
            sim.deliver(0);
            sim.deliver(0);
            sim.die(true);
            sim.letters
                .retain(|l| matches!(l, Letter::Exited(..) | Letter::Cleared(_)));
            sim.deliver(0);
        }),
        (State::Failed, |sim| {
            sim.command(Command::Start);
            sim.deliver(0);
            let generation = sim.child.take().unwrap();
            sim.letters.clear();
            sim.machine.handle_spawn_failed(sim.now, generation, false);
            sim.obey();
        }),
        (State::Attached, |sim| {
            sim.other = Other::Twin;
            sim.command(Command::Start);
            sim.settle(State::Attached);
        }),
        (State::Blocked, |sim| {
            sim.other = Other::Stranger;
            sim.command(Command::Start);
            sim.settle(State::Blocked);
        }),
    ];
    let readiness = [
        Readiness::Ready,
        Readiness::Starting,
        Readiness::Unhealthy,
        Readiness::Foreign,
    ];
    let mut inputs: Vec<Input> = vec![
        Box::new(|sim| sim.command(Command::Start)),
        Box::new(|sim| sim.command(Command::Stop)),
        Box::new(|sim| sim.command(Command::Restart)),
        Box::new(|sim| sim.command(Command::Abort)),
        Box::new(|sim| sim.machine.handle_holder_gone(sim.now)),
        Box::new(Sim::jump),
    ];
    // Answers to the question that is open now, and to one that never was.
    for wrong in [0, 1_000] {
        let generation = move |sim: &Sim| sim.machine.generation() + wrong;
        let question = move |sim: &Sim| sim.machine.question + wrong;
        for report in [
            PortReport::Free,
            PortReport::Held,
            PortReport::Elsewhere,
            PortReport::Unusable { retry: true },
        ] {
            inputs.push(Box::new(move |sim| {
                sim.machine.handle_port(sim.now, question(sim), report)
            }));
        }
        inputs.push(Box::new(move |sim| {
            sim.machine.handle_absent(sim.now, question(sim))
        }));
        inputs.push(Box::new(move |sim| {
            sim.machine.handle_spawned(sim.now, generation(sim))
        }));
        for yes in [true, false] {
            inputs.push(Box::new(move |sim| {
                sim.machine
                    .handle_spawn_failed(sim.now, generation(sim), yes)
            }));
            inputs.push(Box::new(move |sim| {
                sim.machine.handle_listening(sim.now, generation(sim), yes)
            }));
            inputs.push(Box::new(move |sim| {
                sim.machine.handle_liveness(sim.now, question(sim), yes)
            }));
            inputs.push(Box::new(move |sim| {
                sim.child = None;
                sim.machine
                    .handle_exited(sim.now, generation(sim), yes, yes);
            }));
            for readiness in readiness {
                inputs.push(Box::new(move |sim| {
                    if yes && readiness == Readiness::Ready {
                        sim.good_verdicts.insert(sim.machine.generation());
                    }
                    sim.machine
                        .handle_verdict(sim.now, question(sim), readiness, yes, yes);
                }));
            }
        }
    }
    for (state, reach) in reach {
        for input in &inputs {
            let mut sim = Sim::new(policy(), well());
            reach(&mut sim);
            assert_eq!(sim.machine.state(), state);
            input(&mut sim);
            sim.obey();
            sim.check_not_stuck();
        }
        // One that answers nothing changes nothing.
        let mut sim = Sim::new(policy(), well());
        reach(&mut sim);
        let before = format!("{:?}", sim.machine);
        sim.machine.handle_exited(sim.now, 999, true, true);
        sim.machine.handle_cleared(sim.now, 999);
        sim.machine.handle_port(sim.now, 999, PortReport::Free);
        sim.machine
            .handle_verdict(sim.now, 999, Readiness::Ready, true, true);
        sim.machine.handle_absent(sim.now, 999);
        sim.machine.handle_liveness(sim.now, 999, false);
        sim.machine.handle_deadline(sim.now);
        assert_eq!(format!("{:?}", sim.machine), before, "{state:?}");
    }
}

#[test]
fn random_histories_walk_the_whole_table() {
    let mut rows = BTreeSet::new();
    for seed in 0..400 {
        let mut rng = Rng::new(seed);
        let choices = (0..6_000)
            .map(|_| u16::try_from(rng.below(65_536)).unwrap())
            .collect();
        let auto_restart = seed % 4 != 0;
        let liveness_failures = if seed % 3 == 0 { 1 } else { 2 };
        let mut sim = Sim::new(
            Policy {
                attach_only: seed % 5 == 0,
                auto_restart,
                liveness_failures,
                ..policy()
            },
            choices,
        );
        for _ in 0..1_500 {
            sim.step();
        }
        rows.extend(sim.rows);
    }
    let table: BTreeSet<_> = TRANSITIONS.iter().map(|t| (t.from, t.cause)).collect();
    let missing: Vec<_> = table.difference(&rows).collect();
    assert!(missing.is_empty(), "never walked: {missing:?}");
}

/// An hour of faults, each for three seeds, in simulated time. The checks of each step are in `Sim`; here nothing may pile
/// up, and the end is `stopped` with nothing left.
#[test]
fn an_hour_of_faults_leaves_nothing_behind() {
    const HOUR: u64 = 3_600_000;
    for seed in 0..3 {
        let mut rng = Rng::new(seed);
        let mut sim = Sim::new(policy(), Vec::new());
        sim.command(Command::Start);
        let (mut readies, mut was) = (0, State::Stopped);
        while sim.now < Ms(HOUR) {
            sim.choices = (0..64)
                .map(|_| u16::try_from(rng.below(65_536)).unwrap())
                .collect();
            sim.next_choice = 0;
            sim.step();
            sim.old.clear();
            let state = sim.machine.state();
            readies += u64::from(state == State::Ready && was != State::Ready);
            was = state;
            assert!(
                sim.letters.len() < 100,
                "answers pile up: {:?}",
                sim.letters
            );
        }
        assert!(readies > 50, "ready {readies} times in an hour");
        sim.command(Command::Stop);
        sim.settle(State::Stopped);
        assert_eq!((sim.child, sim.left), (None, None));
        assert_eq!(sim.machine.next_deadline(), None);
        assert_eq!(sim.machine.poll_action(), None);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// The checks are in `Sim::obey`; here a history ends with a stop, which must lead to `stopped` with nothing left.
    #[test]
    fn no_history_breaks_a_promise(
        choices in proptest::collection::vec(any::<u16>(), 0..3_000),
        attach_only in proptest::bool::weighted(0.2),
        auto_restart in proptest::bool::weighted(0.8),
        start_limit in 1u32..6,
        restart_delay in 1u64..400,
    ) {
        let policy = Policy { attach_only, auto_restart, start_limit, restart_delay, ..policy() };
        let mut sim = Sim::new(policy, choices);
        sim.command(Command::Start);
        while sim.next_choice < sim.choices.len() {
            sim.step();
        }
        let asked = sim.now;
        sim.command(Command::Stop);
        sim.settle(State::Stopped);
        prop_assert!(!attach_only || sim.spawns == 0);
        prop_assert_eq!(sim.child, None);
        prop_assert_eq!(sim.left, None);
        prop_assert!(sim.now.since(asked) <= policy.stop_grace);
        // And it can be started again.
        sim.other = Other::Nobody;
        sim.choices = Vec::new();
        sim.command(Command::Start);
        prop_assert_eq!(sim.machine.state(), State::Starting);
    }

    #[test]
    fn delays_grow_up_to_the_cap(delay in 1u64..10_000, max in 1u64..100_000, seed in any::<u64>()) {
        let policy = Policy { restart_delay: delay, restart_max: max, ..policy() };
        let mut rng = Rng::new(seed);
        let mut last = 0;
        for nth in 0..80 {
            let next = policy.delay(nth, &mut rng);
            prop_assert!(next >= last.min(max) && next >= delay && next <= max.max(delay));
            last = next;
        }
    }

    #[test]
    fn failed_is_reached_and_left(start_limit in 1u32..8) {
        let mut sim = Sim::new(Policy { start_limit, ..policy() }, well());
        sim.command(Command::Start);
        let mut steps = 0;
        while sim.machine.state() != State::Failed {
            steps += 1;
            prop_assert!(steps < 200);
            if sim.child.is_some() {
                sim.letters.retain(|l| matches!(l, Letter::Spawned(_)));
                sim.die(true);
            }
            if sim.letters.is_empty() { sim.jump() } else { sim.deliver(0) }
        }
        prop_assert!(sim.spawns <= u64::from(start_limit));
        sim.settle(State::Failed);
        sim.command(Command::Restart);
        sim.settle(State::Ready);
    }
}
