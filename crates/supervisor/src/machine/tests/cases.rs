//! One promise a test: those that `tests/processes` does not see, or not to the millisecond.

use super::sim::{Letter, Other, Sim, policy, well};
use crate::machine::*;

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
fn a_stop_ends_the_waiting_for_somebody_elses_server() {
    let mut sim = Sim::attaching();
    sim.command(Command::Start);
    sim.settle(State::Stopped);
    sim.command(Command::Stop);
    assert_eq!(sim.machine.next_deadline(), None);
    sim.command(Command::Start);
    sim.other = Other::Twin;
    sim.settle(State::Attached);
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
