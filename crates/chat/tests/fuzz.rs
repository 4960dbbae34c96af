//! The fuzz target's body for a moment on seeded bytes; `fuzz/src/lib.rs` says how to run it for long.

#[path = "../../../fuzz/src/rest.rs"]
mod bodies;

/// SplitMix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
}

#[test]
fn rest() {
    let (mut data, mut done) = (Vec::<u8>::new(), 0);
    for seed in 0..1000 {
        let mut random = Random(seed);
        if seed % 4 == 0 {
            let length = 1 + random.next() % 1200;
            data = (0..length).map(|_| random.next() as u8).collect();
        } else {
            for _ in 0..1 + random.next() % 8 {
                let at = random.next() as usize % data.len();
                data[at] = random.next() as u8;
            }
        }
        done += bodies::rest(&data);
    }
    assert!(done > 5000, "hardly a request was carried out: {done}");
}
