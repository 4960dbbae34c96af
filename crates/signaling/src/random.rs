//! Ids from a seed.

use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

/// A stream of ids. Whoever sees some of them cannot tell the next (ChaCha), so that nobody takes a call's
/// id before the call is made.
#[derive(Debug, Clone)]
pub(crate) struct Ids(ChaCha12Rng);

impl Ids {
    pub fn new(seed: u64) -> Self {
        Self(ChaCha12Rng::seed_from_u64(seed))
    }

    pub fn next(&mut self) -> u128 {
        u128::from(self.0.next_u64()) << 64 | u128::from(self.0.next_u64())
    }
}
