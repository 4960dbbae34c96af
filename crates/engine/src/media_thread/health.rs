//! How well the media thread keeps its time.

use std::time::Duration;

use liaison_media::ProcessingStats;

/// Steps of an octave: a bucket is 12 % wide.
const STEPS: usize = 8;
/// From 1 µs to 1 s.
const OCTAVES: usize = 20;

/// What is the same for all streams of the thread.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct ThreadFigures {
    pub(crate) wake_lateness: LatenessFigures,
    /// Times the speaker found nothing to play.
    pub(crate) playout_underruns: u64,
    /// Times the microphone's ring was full, or the processing was too far behind to take a frame.
    pub(crate) capture_overruns: u64,
    pub(crate) processing: ProcessingStats,
}

/// Percentiles of how late the thread woke.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct LatenessFigures {
    pub(crate) p50: Duration,
    pub(crate) p99: Duration,
    pub(crate) p999: Duration,
}

/// A histogram of how late the thread woke, since it began; constant in size and cost.
#[derive(Debug)]
pub(crate) struct Lateness {
    counts: [u64; STEPS * OCTAVES],
    total: u64,
}

impl Lateness {
    pub(crate) fn new() -> Self {
        Self { counts: [0; STEPS * OCTAVES], total: 0 }
    }

    pub(crate) fn add(&mut self, late: Duration) {
        let us = u64::try_from(late.as_micros()).unwrap_or(u64::MAX).max(1);
        let octave = us.ilog2() as usize;
        // The three bits below the highest one.
        let step = ((us << 3) >> octave) as usize & (STEPS - 1);
        let bucket = if octave < OCTAVES { octave * STEPS + step } else { self.counts.len() - 1 };
        self.counts[bucket] += 1;
        self.total += 1;
    }

    pub(crate) fn figures(&self) -> LatenessFigures {
        LatenessFigures { p50: self.at(500), p99: self.at(990), p999: self.at(999) }
    }

    /// The upper end of the bucket that holds this many thousandths.
    fn at(&self, thousandths: u64) -> Duration {
        let wanted = (self.total * thousandths).div_ceil(1_000);
        let mut seen = 0;
        for (bucket, count) in self.counts.iter().enumerate() {
            seen += count;
            if seen >= wanted && seen > 0 {
                let (octave, step) = (bucket / STEPS, bucket % STEPS);
                return Duration::from_micros(((STEPS + step + 1) << octave).div_ceil(STEPS) as u64);
            }
        }
        Duration::ZERO
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_right_to_an_eighth() {
        let mut lateness = Lateness::new();
        assert_eq!(lateness.figures(), LatenessFigures::default());
        for us in 1..=10_000 {
            lateness.add(Duration::from_micros(us));
        }
        let figures = lateness.figures();
        for (found, right) in [(figures.p50, 5_000.0), (figures.p99, 9_900.0), (figures.p999, 9_990.0)] {
            let ratio = found.as_secs_f64() * 1e6 / right;
            assert!((1.0..1.13).contains(&ratio), "{found:?} for {right} µs");
        }
    }

    #[test]
    fn a_machine_that_slept_is_counted_and_bounded() {
        let mut lateness = Lateness::new();
        lateness.add(Duration::ZERO);
        lateness.add(Duration::from_secs(86_400));
        assert!(lateness.figures().p999 >= Duration::from_millis(900));
    }
}
