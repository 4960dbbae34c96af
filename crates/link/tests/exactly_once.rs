//! Whatever the wire does, what was submitted arrives once and in order; and the same seed gives the same bytes.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it is wrong")]

mod common;

use common::{Faults, Random, World};
use proptest::prelude::*;

const MESSAGES: u32 = 60;

fn run(seed: u64, faults: Faults) -> World {
    let mut world = World::new(seed, faults);
    let mut random = Random(seed);
    let mut at = [0_u64, 0];
    for n in 0..MESSAGES {
        at[0] += random.below(3_000);
        at[1] += random.below(3_000);
        world.submit_at(at[0], n);
        world.send_at(at[1], n);
    }
    world.start();
    let faulty_until = at[0].max(at[1]);
    world.run_until(faulty_until);
    // Then the wire is good again; the longest pause is 30 s, a ping 15 s.
    world.faults = Faults::default();
    world.run_until(faulty_until + 120_000);
    world
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn everything_arrives_once_and_in_order(
        seed in any::<u64>(), drop in 0_u64..200, duplicate in 0_u64..300, cut in 0_u64..80, no_connect in 0_u64..500,
    ) {
        let faults = Faults { drop, duplicate, cut, no_connect, restart: 0 };
        let world = run(seed, faults);
        let all: Vec<u32> = (0..MESSAGES).collect();
        prop_assert_eq!(world.resyncs, 0, "{}", world.log);
        prop_assert_eq!(&world.at_service, &all, "{}", world.log);
        prop_assert_eq!(&world.at_client, &all, "{}", world.log);
        prop_assert_eq!(world.log, run(seed, faults).log);
    }

    /// A service that restarts loses its own messages (the consumer reads the state anew), but does
    /// each command once, because the ids it has seen outlive the session.
    #[test]
    fn commands_survive_restarts_of_the_service(seed in any::<u64>(), cut in 0_u64..50, restart in 5_u64..60) {
        let faults = Faults { cut, restart, duplicate: 50, ..Faults::default() };
        let world = run(seed, faults);
        let all: Vec<u32> = (0..MESSAGES).collect();
        prop_assert_eq!(&world.at_service, &all, "{}", world.log);
        prop_assert_eq!(world.log, run(seed, faults).log);
    }
}

#[test]
fn the_faults_are_real() {
    let world = run(5, Faults { drop: 100, duplicate: 100, cut: 40, no_connect: 300, restart: 0 });
    assert!(
        world.lost > 3 && world.established > 3,
        "lost {}, established {}",
        world.lost,
        world.established
    );
    assert!(world.log.contains("dropped") && world.log.contains("cut"));
    let world = run(5, Faults { restart: 40, ..Faults::default() });
    assert!(world.resyncs > 0);
}

#[test]
fn seeds_differ() {
    let faults = Faults { cut: 40, ..Faults::default() };
    assert_ne!(run(1, faults).log, run(2, faults).log);
}
