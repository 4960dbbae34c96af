//! Distribution of relative delays.

use std::ops::Range;

/// Width of a bin in ms.
const BIN_MS: f64 = 1.0;
/// Bins: delays up to about two seconds apart.
const BINS: usize = 2_048;
/// Bins left free under the first value.
const HEADROOM: usize = 256;

/// In the beginning each delay weighs so much more than the mean of those before it: what was believed
/// at the start is gone with the square of their number, so that a clean network is soon known as one.
const EARLY_WEIGHT: f32 = 2.0;
/// Total weight at which all weights are scaled back.
const MAX_TOTAL: f32 = 1e9;
/// Weights under this share of the total are as good as none.
const NOTHING: f32 = 1e-12;

/// A histogram that forgets, in bins of 1 ms, over a window that moves with the clock drift.
///
/// Forgetting is done by weighing what is new more and more, so that adding touches one bin; and only the bins that
/// hold something are ever looked at.
#[derive(Debug, Clone)]
pub(crate) struct DelayHistogram {
    mass: Box<[f32]>,
    /// Outside of these bins there is nothing.
    used: Range<usize>,
    total: f32,
    /// Delay at the lower edge of bin 0, in ms.
    origin: f64,
    keep: f32,
    observed: u32,
}

impl DelayHistogram {
    /// Remembers about `memory` observations.
    pub(crate) fn new(memory: f32) -> Self {
        let mut histogram = Self {
            mass: vec![0.0; BINS].into_boxed_slice(),
            used: 0..0,
            total: 0.0,
            origin: 0.0,
            keep: 0.0,
            observed: 0,
        };
        histogram.set_memory(memory);
        histogram
    }

    /// How many observations it remembers.
    pub(crate) fn set_memory(&mut self, observations: f32) {
        self.keep = 1.0 - 1.0 / observations.max(2.0);
    }

    /// Begins with a belief worth `weight` observations: exponential, `mean_ms` above `delay`.
    pub(crate) fn start(&mut self, delay: f64, mean_ms: f64, weight: u32) {
        self.mass[self.used.clone()].fill(0.0);
        self.origin = (delay / BIN_MS).floor() * BIN_MS - HEADROOM as f64 * BIN_MS;
        let ratio = (-BIN_MS / mean_ms).exp();
        let (mut rest, mut end) = (1.0f64, HEADROOM);
        while rest > f64::from(NOTHING) && end < BINS {
            self.mass[end] = (rest * (1.0 - ratio)) as f32;
            rest *= ratio;
            end += 1;
        }
        self.used = HEADROOM..end;
        self.total = self.mass[self.used.clone()].iter().sum();
        self.observed = weight;
    }

    /// Adds a delay; it pushes older ones out, and what was believed at the start soonest.
    pub(crate) fn add(&mut self, delay: f64) {
        let bin = self.bin_for(delay);
        self.observed = self.observed.saturating_add(1);
        let keep = self.keep.min(1.0 - EARLY_WEIGHT / self.observed as f32);
        let weight = self.total * (1.0 - keep) / keep;
        self.mass[bin] += weight;
        self.used = self.used.start.min(bin)..self.used.end.max(bin + 1);
        self.total += weight;
        if self.total > MAX_TOTAL {
            let mass = &mut self.mass[self.used.clone()];
            let scale = 1.0 / mass.iter().sum::<f32>();
            // Numbers too small to be normal would be slow to sum.
            mass.iter_mut()
                .for_each(|mass| *mass = if *mass * scale > NOTHING { *mass * scale } else { 0.0 });
            self.total = 1.0;
        }
    }

    /// All delays grow by `by` ms: what came before moves along.
    pub(crate) fn shift(&mut self, by: f64) {
        self.origin += by;
    }

    /// Writes, for the lower edge of each bin, the share of delays above it.
    pub(crate) fn tail(&mut self, out: &mut Tail) {
        self.forget_nothing();
        out.origin = self.origin + self.used.start as f64 * BIN_MS;
        out.bins = self.used.len();
        let mass = &self.mass[self.used.clone()];
        let mut above = 0.0;
        for (tail, mass) in out.above.iter_mut().zip(mass).rev() {
            above += mass;
            *tail = above;
        }
        // The sum just made is exact where the running total has rounded.
        let scale = 1.0 / above.max(f32::MIN_POSITIVE);
        out.above[..out.bins].iter_mut().for_each(|above| *above *= scale);
    }

    /// Gives up bins at either end that hold as good as nothing.
    fn forget_nothing(&mut self) {
        let nothing = self.total * NOTHING;
        while !self.used.is_empty() && self.mass[self.used.end - 1] <= nothing {
            self.used.end -= 1;
            self.mass[self.used.end] = 0.0;
        }
        while !self.used.is_empty() && self.mass[self.used.start] <= nothing {
            self.mass[self.used.start] = 0.0;
            self.used.start += 1;
        }
    }

    fn bin_for(&mut self, delay: f64) -> usize {
        let at = ((delay - self.origin) / BIN_MS).floor();
        if at < 0.0 {
            // Delays fell below the window: move it down.
            let by = (-at) as usize + HEADROOM / 2;
            self.origin -= by as f64 * BIN_MS;
            let lost_from = BINS.saturating_sub(by);
            let lost: f32 = self.mass[lost_from..].iter().sum();
            self.mass.copy_within(..lost_from, by.min(BINS));
            self.mass[..by.min(BINS)].fill(0.0);
            self.mass[BINS - 1] += lost;
            self.used = 0..BINS;
            return self.bin_for(delay);
        }
        let mut at = at.min(1e6) as usize;
        if at > BINS / 2 && self.mass[..HEADROOM].iter().sum::<f32>() < 1e-3 * self.total {
            // Nothing is left down there: move the window up.
            self.mass.copy_within(HEADROOM.., 0);
            self.mass[BINS - HEADROOM..].fill(0.0);
            self.used = 0..BINS;
            self.origin += HEADROOM as f64 * BIN_MS;
            at -= HEADROOM;
        }
        at.min(BINS - 1)
    }
}

/// Share of delays above each edge.
#[derive(Debug, Clone)]
pub(crate) struct Tail {
    above: Box<[f32]>,
    /// How many of them are told; above the last edge there is nothing.
    bins: usize,
    /// Delay at the first edge, in ms.
    origin: f64,
}

impl Tail {
    pub(crate) fn new() -> Self {
        Self { above: vec![0.0; BINS].into_boxed_slice(), bins: 0, origin: 0.0 }
    }

    /// Share of delays above `delay`, interpolated inside a bin.
    pub(crate) fn above(&self, delay: f64) -> f64 {
        let at = (delay - self.origin) / BIN_MS;
        if at < 0.0 {
            return 1.0;
        }
        let bin = at as usize;
        let above = &self.above[..self.bins];
        let Some(&here) = above.get(bin) else { return 0.0 };
        let next = above.get(bin + 1).copied().unwrap_or(0.0);
        f64::from(here) + (f64::from(next) - f64::from(here)) * at.fract()
    }

    /// The delay that a share `q` of the delays stays under.
    pub(crate) fn quantile(&self, q: f64) -> f64 {
        let bin = self.above[..self.bins].partition_point(|above| f64::from(*above) > 1.0 - q);
        self.origin + bin as f64 * BIN_MS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tail(histogram: &mut DelayHistogram) -> Tail {
        let mut tail = Tail::new();
        histogram.tail(&mut tail);
        tail
    }

    #[test]
    fn quantiles_are_those_of_what_came() {
        let mut histogram = DelayHistogram::new(10_000.0);
        histogram.start(-50.0, 3.0, 8);
        for k in 0..5_000 {
            histogram.add(-50.0 + f64::from(k % 100));
        }
        let tail = tail(&mut histogram);
        assert!((tail.quantile(0.5) - 0.0).abs() < 2.0, "{}", tail.quantile(0.5));
        assert!((tail.above(25.0) - 0.25).abs() < 0.02, "{}", tail.above(25.0));
        assert!(tail.above(-60.0) > 0.9999);
        assert!(tail.above(51.0) < 1e-3);
    }

    #[test]
    fn the_window_follows_delays_down_and_up() {
        let mut histogram = DelayHistogram::new(100.0);
        histogram.start(0.0, 3.0, 8);
        for target in [-5_000.0, 3_000.0, 3_900.0, -10.0] {
            for _ in 0..2_000 {
                histogram.add(target);
            }
            let sum: f32 = histogram.mass.iter().sum();
            assert!((sum / histogram.total - 1.0).abs() < 1e-3, "weight {sum} of {}", histogram.total);
        }
        let middle = tail(&mut histogram).quantile(0.5);
        assert!((middle + 10.0).abs() < 2.0, "{middle}");
    }
}
