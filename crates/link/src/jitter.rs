//! Pauses before a reconnect: doubling, with jitter, so that many clients do not return at once.

use std::time::Duration;

/// SplitMix64 (Steele, Lea, Flood 2014): spreads reconnects; no secret depends on it.
#[derive(Debug, Clone)]
struct SplitMix64(u64);

impl SplitMix64 {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
}

/// The pauses of one client.
#[derive(Debug, Clone)]
pub(crate) struct Backoff {
    random: SplitMix64,
    min: Duration,
    max: Duration,
    failures: u32,
}

impl Backoff {
    pub fn new(seed: u64, min: Duration, max: Duration) -> Self {
        Self { random: SplitMix64(seed), min, max: max.max(min), failures: 0 }
    }

    /// The next pause: between half and all of `min · 2^failures`, at most `max`.
    pub fn next(&mut self) -> Duration {
        let whole =
            self.min.saturating_mul(1_u32.checked_shl(self.failures).unwrap_or(u32::MAX)).min(self.max);
        self.failures = (self.failures + 1).min(31);
        let half = whole / 2;
        let span_us = u64::try_from(half.as_micros()).unwrap_or(u64::MAX - 1);
        half + Duration::from_micros(self.random.next() % (span_us + 1))
    }

    /// A connection was good: the next pause is short again.
    pub fn reset(&mut self) {
        self.failures = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest_and_start_anew_after_a_reset() {
        let mut backoff = Backoff::new(7, Duration::from_millis(500), Duration::from_secs(30));
        for whole in [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000] {
            let pause = backoff.next().as_millis();
            assert!((whole / 2..=whole).contains(&pause), "{pause} of {whole}");
        }
        for _ in 0..100 {
            assert!(backoff.next() <= Duration::from_secs(30));
        }
        backoff.reset();
        assert!(backoff.next() <= Duration::from_millis(500));
    }

    #[test]
    fn seeds_spread_clients_and_repeat() {
        let first = |seed| Backoff::new(seed, Duration::from_secs(1), Duration::from_secs(30)).next();
        assert_eq!(first(1), first(1));
        let different = (0..100).map(first).collect::<std::collections::BTreeSet<_>>().len();
        assert!(different > 95, "{different}");
    }

    #[test]
    fn zero_and_huge_pauses_do_not_overflow() {
        let mut zero = Backoff::new(1, Duration::ZERO, Duration::ZERO);
        assert_eq!(zero.next(), Duration::ZERO);
        let mut huge = Backoff::new(1, Duration::MAX, Duration::MAX);
        assert!(huge.next() > Duration::from_secs(1));
    }
}
