//! Rate limits: a token bucket for each (what, whose).

use crate::config::Rate;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Buckets that are full again are forgotten when there are twice as many as after the last time, and
/// at least so many.
const SWEEP: usize = 1024;

/// A bucket that holds up to `rate.count` and refills continuously.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bucket {
    left: f64,
    at: Instant,
}

impl Bucket {
    pub(crate) fn full(rate: Rate, now: Instant) -> Self {
        Self { left: f64::from(rate.count), at: now }
    }

    /// Takes one, or says how long until there is one.
    pub(crate) fn take(&mut self, rate: Rate, now: Instant) -> Result<(), Duration> {
        let each = rate.per.as_secs_f64() / f64::from(rate.count.max(1));
        let refill = now.saturating_duration_since(self.at).as_secs_f64() / each;
        self.left = (self.left + refill).min(f64::from(rate.count.max(1)));
        self.at = now;
        if self.left >= 1.0 {
            self.left -= 1.0;
            return Ok(());
        }
        Err(Duration::from_secs_f64((1.0 - self.left) * each))
    }
}

#[derive(Debug)]
struct Entry {
    bucket: Bucket,
    /// When it is as good as new.
    forget: Instant,
}

#[derive(Debug)]
struct Buckets<K> {
    entries: HashMap<K, Entry>,
    sweep_at: usize,
}

/// Buckets by key: those in use, and few others.
#[derive(Debug)]
pub(crate) struct Rates<K>(Mutex<Buckets<K>>);

impl<K> Default for Rates<K> {
    fn default() -> Self {
        Self(Mutex::new(Buckets { entries: HashMap::new(), sweep_at: SWEEP }))
    }
}

impl<K: Hash + Eq> Rates<K> {
    /// Takes one from the bucket of `key`, or says how long until there is one.
    pub(crate) fn take(&self, key: K, rate: Rate, now: Instant) -> Result<(), Duration> {
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.entries.len() >= buckets.sweep_at {
            buckets.entries.retain(|_, entry| entry.forget > now);
            buckets.sweep_at = SWEEP.max(2 * buckets.entries.len());
        }
        let full = || Entry { bucket: Bucket::full(rate, now), forget: now };
        let entry = buckets.entries.entry(key).or_insert_with(full);
        entry.forget = now + rate.per;
        entry.bucket.take(rate, now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_then_the_rate_holds() {
        let (rates, start) = (Rates::default(), Instant::now());
        let rate = Rate::new(10, 5);
        for _ in 0..10 {
            rates.take("a", rate, start).unwrap();
        }
        let wait = rates.take("a", rate, start).unwrap_err();
        assert!((wait.as_secs_f64() - 0.5).abs() < 1e-6, "{wait:?}");
        rates.take("b", rate, start).unwrap();
        rates.take("a", rate, start + wait + Duration::from_millis(1)).unwrap();
        assert!(rates.take("a", rate, start + wait + Duration::from_millis(2)).is_err());
        let later = start + Duration::from_secs(3600);
        assert_eq!(
            (0..20).filter(|_| rates.take("a", rate, later).is_ok()).count(),
            10,
            "no more than a full bucket"
        );
    }

    #[test]
    fn buckets_that_are_full_again_are_forgotten_and_the_others_are_not() {
        let (rates, start, rate) = (Rates::default(), Instant::now(), Rate::new(1, 1));
        for n in 0..100_000_u64 {
            let _ = rates.take(n, rate, start + Duration::from_millis(n));
        }
        let now = start + Duration::from_millis(99_999);
        assert!(rates.0.lock().unwrap().entries.len() <= 2 * SWEEP);
        assert!((99_001..100_000).all(|n| rates.take(n, rate, now).is_err()), "all of the last second");
    }
}
