//! The fuzz targets' bodies for some seconds on seeded bytes; `fuzz/src/lib.rs` says how to run them
//! for long.

mod harness;

#[path = "../../../fuzz/src/media.rs"]
mod bodies;

use harness::random::Random;

/// Runs `body` on `inputs` strings of bytes; some are repeated with a few bytes changed.
fn briefly(body: fn(&[u8]), inputs: u64) {
    let mut data = Vec::new();
    for seed in 0..inputs {
        let mut random = Random::new(seed);
        if seed % 4 == 0 || data.is_empty() {
            let length = 1 + random.next() as usize % 1_200;
            data = (0..length).map(|_| random.next() as u8).collect();
        } else {
            for _ in 0..1 + random.next() % 8 {
                let at = random.next() as usize % data.len();
                data[at] = random.next() as u8;
            }
        }
        body(&data);
    }
}

#[test]
fn rtp() {
    briefly(bodies::rtp, 150);
}

#[test]
fn red() {
    briefly(bodies::red, 150);
}

#[test]
fn dred() {
    briefly(bodies::dred, 150);
}

#[test]
fn jitter_buffer() {
    briefly(bodies::jitter_buffer, 150);
}
