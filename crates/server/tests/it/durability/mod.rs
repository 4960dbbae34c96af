//! What was acknowledged is there afterwards, once and without gaps: after kills and after power cuts.

mod disk;
mod kill;
mod power_cut;
mod vfs;
mod writers;

/// How many times: so many in every test run, or as the variable says.
fn times(variable: &str, otherwise: u32) -> u32 {
    std::env::var(variable).map_or(otherwise, |times| times.parse().unwrap())
}

/// A number below `end` that each `seed` has of its own (splitmix64).
fn dice(seed: u64, end: u64) -> u64 {
    let mut z = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (z ^ (z >> 31)) % end
}
