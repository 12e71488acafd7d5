//! One promise a test.

use super::sim::{Letter, Other, Sim, policy, well};
use crate::machine::*;
use std::collections::BTreeSet;

#[test]
fn the_first_end_after_ready_is_followed_by_a_start_at_once() {
    let mut sim = Sim::well();
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
    let mut sim = Sim::well();
    sim.command(Command::Start);
    let mut starts = Vec::new();
    while sim.machine.state() != State::Failed {
        let spawns = sim.spawns;
        while sim.spawns == spawns && sim.machine.state() != State::Failed {
            sim.on();
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
    let mut sim = Sim::well();
    sim.begun();
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
    let mut sim = Sim::well();
    sim.begun();
    let generation = sim.child.take().unwrap();
    sim.left = Some(generation);
    sim.machine.handle_exited(sim.now, generation, true, true);
    sim.obey();
    assert_eq!(sim.machine.state(), State::Backoff);
}

#[test]
fn a_hang_is_ended_and_started_again() {
    let mut sim = Sim::well();
    sim.up();
    sim.hung = true;
    let started = sim.now;
    while sim.machine.state() != State::Stopping {
        sim.on();
    }
    assert!(sim.now.since(started) <= 150, "{:?}", sim.now);
    sim.settle(State::Ready);
    assert_eq!(sim.spawns, 2);
}

#[test]
fn a_stranger_on_the_port_means_no_start_until_it_is_gone() {
    let mut sim = Sim::well();
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
    let mut sim = Sim::well();
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
    let mut sim = Sim::well();
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
    let mut sim = Sim::attaching();
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
    let mut sim = Sim::well();
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
        let mut sim = Sim::well();
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
    let mut sim = Sim::well();
    sim.begun();
    sim.letters.clear();
    sim.jump();
    assert_eq!(sim.machine.state(), State::Stopping);
    assert_eq!(sim.now, Ms(policy().start_timeout));
    sim.settle(State::Backoff);
}
