//! Every input in every state.

use super::sim::{Event, Other, Sim};
use crate::machine::*;

type Reach = fn(&mut Sim);
type Input = Box<dyn Fn(&mut Sim)>;

/// Every pair of a state and an input: the machine stays inside its table (checked in `run_actions`), and never panics.
#[test]
fn every_input_in_every_state() {
    let reach: [(State, Reach); 10] = [
        (State::Stopped, |_| {}),
        // Waiting for somebody else's server.
        (State::Stopped, |sim| {
            *sim = Sim::attaching();
            sim.command(Command::Start);
            sim.deliver(0);
        }),
        (State::Starting, Sim::start_process),
        (State::Ready, Sim::up),
        (State::Unhealthy, |sim| {
            sim.up();
            sim.hung = true;
            while sim.machine.state() == State::Ready {
                sim.advance();
            }
        }),
        (State::Stopping, |sim| {
            sim.up();
            sim.stubborn = true;
            sim.command(Command::Stop);
        }),
        (State::Backoff, |sim| {
            sim.start_process();
            sim.die(true);
            sim.pending
                .retain(|l| matches!(l, Event::Exited(..) | Event::Cleared(_)));
            sim.deliver(0);
        }),
        (State::Failed, |sim| {
            sim.command(Command::Start);
            sim.deliver(0);
            let generation = sim.child.take().unwrap();
            sim.pending.clear();
            sim.machine.handle_spawn_failed(sim.now, generation, false);
            sim.run_actions();
        }),
        (State::Attached, |sim| {
            sim.other = Other::Usable;
            sim.command(Command::Start);
            sim.settle(State::Attached);
        }),
        (State::Blocked, |sim| {
            sim.other = Other::Stranger;
            sim.command(Command::Start);
            sim.settle(State::Blocked);
        }),
    ];
    let mut inputs: Vec<Input> = vec![
        Box::new(|sim| sim.command(Command::Start)),
        Box::new(|sim| sim.command(Command::Stop)),
        Box::new(|sim| sim.command(Command::Restart)),
        Box::new(|sim| sim.command(Command::Abort)),
        Box::new(|sim| sim.machine.handle_holder_gone(sim.now)),
        Box::new(Sim::jump),
    ];
    // Results for the number that is open now, and for one that never was.
    for wrong in [0, 1_000] {
        let generation = move |sim: &Sim| sim.machine.generation() + wrong;
        let sequence = move |sim: &Sim| sim.machine.sequence + wrong;
        for report in [
            PortReport::Free,
            PortReport::Held,
            PortReport::Remote,
            PortReport::Unusable { retry: true },
        ] {
            inputs.push(Box::new(move |sim| {
                sim.machine.handle_port(sim.now, sequence(sim), report)
            }));
        }
        inputs.push(Box::new(move |sim| {
            sim.machine.handle_absent(sim.now, sequence(sim))
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
                sim.machine.handle_liveness(sim.now, sequence(sim), yes)
            }));
            inputs.push(Box::new(move |sim| {
                sim.child = None;
                sim.machine
                    .handle_exited(sim.now, generation(sim), yes, yes);
            }));
            for usable in [true, false] {
                inputs.push(Box::new(move |sim| {
                    if yes && usable {
                        sim.good_verdicts.insert(sim.machine.generation());
                    }
                    sim.machine
                        .handle_verdict(sim.now, sequence(sim), usable, yes);
                }));
            }
        }
    }
    for (state, reach) in reach {
        for input in &inputs {
            let mut sim = Sim::reliable();
            reach(&mut sim);
            assert_eq!(sim.machine.state(), state);
            input(&mut sim);
            sim.run_actions();
            sim.check_not_stuck();
        }
        // A result that nobody requested changes nothing.
        let mut sim = Sim::reliable();
        reach(&mut sim);
        let before = format!("{:?}", sim.machine);
        sim.machine.handle_exited(sim.now, 999, true, true);
        sim.machine.handle_cleared(sim.now, 999);
        sim.machine.handle_port(sim.now, 999, PortReport::Free);
        sim.machine.handle_verdict(sim.now, 999, true, true);
        sim.machine.handle_absent(sim.now, 999);
        sim.machine.handle_liveness(sim.now, 999, false);
        sim.machine.handle_deadline(sim.now);
        assert_eq!(format!("{:?}", sim.machine), before, "{state:?}");
    }
}
