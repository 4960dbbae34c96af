//! How long to wait before trying again.

use std::time::Duration;

use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

/// Doubling waits with a random part, so that clients of a service that comes back do not all come at once.
#[derive(Debug, Clone)]
pub(crate) struct Backoff {
    least: Duration,
    most: Duration,
    random: ChaCha12Rng,
}

impl Backoff {
    pub fn new(least: Duration, most: Duration, seed: u64) -> Self {
        Self { least, most, random: ChaCha12Rng::seed_from_u64(seed) }
    }

    /// Before the `attempt`-th repetition (from 1): between half of the doubled wait and the whole. What the service
    /// asked for is the least, and the random part comes on top.
    pub fn wait(&mut self, attempt: u32, asked: Option<Duration>) -> Duration {
        let doubled = self.least.saturating_mul(1 << attempt.saturating_sub(1).min(20)).min(self.most);
        let random = doubled.mul_f64(f64::from(self.random.next_u32()) / f64::from(u32::MAX) / 2.0);
        match asked {
            Some(asked) => asked.saturating_add(random.min(self.least)),
            None => doubled / 2 + random,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_most() {
        let (least, most) = (Duration::from_millis(500), Duration::from_secs(60));
        let mut backoff = Backoff::new(least, most, 1);
        for attempt in 1..40 {
            let whole = least.saturating_mul(1 << (attempt - 1).min(20)).min(most);
            let wait = backoff.wait(attempt, None);
            assert!(wait >= whole / 2 && wait <= whole, "{attempt}: {wait:?}");
            let asked = Duration::from_secs(7);
            let wait = backoff.wait(attempt, Some(asked));
            assert!(wait >= asked && wait <= asked + least);
        }
    }
}
