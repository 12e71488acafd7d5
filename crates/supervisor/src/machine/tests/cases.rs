//! One promise a test: those that `tests/processes` does not see, or not to the millisecond.

use super::sim::{Event, Other, Sim, reliable, timing};
use crate::machine::*;

#[test]
fn an_end_that_a_retry_cannot_help_fails_at_once_and_for_good() {
    let mut sim = Sim::reliable();
    sim.start_process();
    let generation = sim.child.take().unwrap();
    sim.machine.handle_exited(sim.now, generation, false, true);
    sim.run_actions();
    assert_eq!(sim.machine.state(), State::Failed);
    assert!(sim.machine.is_permanent());
    assert_eq!(sim.machine.next_deadline(), None);
    sim.pending
        .retain(|event| matches!(event, Event::Cleared(_)));
    sim.settle(State::Failed);
    sim.command(Command::Restart);
    assert_eq!(sim.machine.state(), State::Starting);
}

#[test]
fn without_auto_restart_an_end_is_final() {
    for (clean, wanted) in [(true, State::Stopped), (false, State::Failed)] {
        let mut sim = Sim::new(
            Timing {
                auto_restart: false,
                ..timing()
            },
            reliable(),
        );
        sim.up();
        let generation = sim.child.take().unwrap();
        sim.left = Some(generation);
        sim.pending.push(Event::Exited(generation, true, clean));
        sim.pending.push(Event::Cleared(generation));
        sim.settle(wanted);
        assert_eq!(sim.spawns, 1);
        assert_eq!(sim.machine.next_deadline(), None);
    }
}

#[test]
fn a_silent_stranger_is_named_in_time() {
    let mut sim = Sim::reliable();
    sim.other = Other::Stranger;
    sim.command(Command::Start);
    sim.deliver(0);
    sim.pending.clear();
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
    sim.other = Other::Usable;
    sim.settle(State::Attached);
}

#[test]
fn a_start_that_takes_too_long_is_ended() {
    let mut sim = Sim::reliable();
    sim.start_process();
    sim.pending.clear();
    sim.jump();
    assert_eq!(sim.machine.state(), State::Stopping);
    assert_eq!(sim.now, Ms(timing().start_timeout));
    sim.settle(State::Backoff);
}
