//! Random histories.

use super::sim::{Other, Sim, timing};
use crate::machine::*;
use proptest::prelude::{ProptestConfig, any, prop_assert, prop_assert_eq, proptest};
use std::collections::BTreeSet;

#[test]
fn random_histories_walk_the_whole_table() {
    let mut rows = BTreeSet::new();
    for seed in 0..400 {
        let mut rng = fastrand::Rng::with_seed(seed);
        let choices = (0..6_000).map(|_| rng.u16(..)).collect();
        let auto_restart = seed % 4 != 0;
        let liveness_failures = if seed % 3 == 0 { 1 } else { 2 };
        let timing = Timing {
            auto_restart,
            liveness_failures,
            ..timing()
        };
        let mut sim = Sim::with(timing, seed % 5 == 0, choices);
        for _ in 0..1_500 {
            sim.step();
        }
        rows.extend(sim.rows);
    }
    let table: BTreeSet<_> = TRANSITIONS.iter().map(|t| (t.from, t.cause)).collect();
    let missing: Vec<_> = table.difference(&rows).collect();
    assert!(missing.is_empty(), "never walked: {missing:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// The checks are in `Sim::run_actions`; here a history ends with a stop, which must lead to `stopped` with nothing left.
    #[test]
    fn no_history_breaks_a_promise(
        choices in proptest::collection::vec(any::<u16>(), 0..3_000),
        attach_only in proptest::bool::weighted(0.2),
        auto_restart in proptest::bool::weighted(0.8),
        start_limit in 1u32..6,
        restart_delay in 1u64..400,
    ) {
        let timing = Timing { auto_restart, start_limit, restart_delay, ..timing() };
        let mut sim = Sim::with(timing, attach_only, choices);
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
        prop_assert!(sim.now.since(asked) <= timing.stop_grace);
        // And it can be started again.
        sim.other = Other::Nobody;
        sim.choices = Vec::new();
        sim.command(Command::Start);
        prop_assert_eq!(sim.machine.state(), State::Starting);
    }

    #[test]
    fn delays_grow_up_to_the_cap(delay in 1u64..10_000, max in 1u64..100_000, seed in any::<u64>()) {
        let timing = Timing { restart_delay: delay, restart_max: max, ..timing() };
        let mut rng = fastrand::Rng::with_seed(seed);
        let mut last = 0;
        for nth in 0..80 {
            let next = timing.delay(nth, &mut rng);
            prop_assert!(next >= last.min(max) && next >= delay && next <= max.max(delay));
            last = next;
        }
    }

}
