//! Random histories.

use super::sim::{Letter, Other, Sim, policy, well};
use crate::machine::*;
use proptest::prelude::{ProptestConfig, any, prop_assert, prop_assert_eq, proptest};
use std::collections::BTreeSet;

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
        let policy = Policy {
            auto_restart,
            liveness_failures,
            ..policy()
        };
        let mut sim = Sim::with(policy, seed % 5 == 0, choices);
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
        let policy = Policy { auto_restart, start_limit, restart_delay, ..policy() };
        let mut sim = Sim::with(policy, attach_only, choices);
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
            sim.on();
        }
        prop_assert!(sim.spawns <= u64::from(start_limit));
        sim.settle(State::Failed);
        sim.command(Command::Restart);
        sim.settle(State::Ready);
    }
}
