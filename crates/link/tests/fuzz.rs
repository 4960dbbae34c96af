//! The fuzz target's body for a moment on seeded bytes; `fuzz/src/lib.rs` says how to run it for long.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it is wrong")]

mod common;

#[path = "../../../fuzz/src/link.rs"]
mod bodies;

use common::Random;

#[test]
fn realtime() {
    let (mut data, mut received) = (Vec::<u8>::new(), 0);
    for seed in 0..2000 {
        let mut random = Random(seed);
        if seed % 4 == 0 {
            let length = 1 + random.below(1200);
            data = (0..length).map(|_| random.next() as u8).collect();
        } else {
            for _ in 0..1 + random.below(8) {
                let at = random.below(data.len() as u64) as usize;
                data[at] = random.next() as u8;
            }
        }
        received += bodies::realtime(&data);
    }
    assert!(received > 2000, "hardly a message came through: {received}");
}
