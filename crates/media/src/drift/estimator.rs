//! Finds drift in how arrival times and media times run apart.

/// Length of a block in ms; the least-delayed observation of each is kept.
const BLOCK_MS: f64 = 1_000.0;
/// Memory of the regression in blocks.
const MEMORY_BLOCKS: f64 = 60.0;
/// Blocks needed before anything is said.
const MIN_BLOCKS: u32 = 6;
/// An estimate less certain than this is kept back, in ppm.
const MAX_UNCERTAINTY_PPM: f64 = 25.0;
/// A clock further off than this is not a clock.
const MAX_PPM: f64 = 1_000.0;

/// Estimates how much faster a sender's clock runs than ours.
///
/// The delay of the least-delayed packet of each second falls steadily if the sender is fast and
/// rises if it is slow; a line is fitted to it with forgetting. A jump (another route, a restarted
/// capture) moves the line, it does not tilt it.
#[derive(Debug, Clone, Default)]
pub struct DriftEstimator {
    block_start: Option<f64>,
    block_min: f64,
    /// Weighted sums of the fit; `x` in blocks before the newest, `y` in ms above `base`.
    sums: Sums,
    base: f64,
    blocks: u32,
    residual: f64,
    outliers: u32,
    estimate: Option<f64>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    w: f64,
    x: f64,
    y: f64,
    xx: f64,
    xy: f64,
}

impl DriftEstimator {
    /// An estimator that has seen nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Something with media time `media_ms` came at `now_ms`; both count from any fixed origin.
    pub fn observe(&mut self, now_ms: f64, media_ms: f64) {
        let delay = now_ms - media_ms;
        match self.block_start {
            Some(start) if now_ms - start < BLOCK_MS => {
                self.block_min = self.block_min.min(delay);
            }
            Some(start) => {
                let length = ((now_ms - start) / BLOCK_MS).clamp(1.0, MEMORY_BLOCKS);
                let min = self.block_min;
                self.close_block(min, length);
                self.block_start = Some(now_ms);
                self.block_min = delay;
            }
            None => {
                self.block_start = Some(now_ms);
                self.block_min = delay;
                self.base = delay;
            }
        }
    }

    /// The sender's clock runs this many parts per million faster than ours; `None` until it is known
    /// to about ±25.
    pub fn ppm(&self) -> Option<f64> {
        self.estimate
    }

    fn close_block(&mut self, delay: f64, blocks: f64) {
        let y = delay - self.base;
        self.advance(blocks);
        if let Some((predicted, _)) = self.line() {
            let miss = y - predicted;
            let limit = 5.0f64.max(4.0 * self.residual.sqrt());
            if self.blocks >= MIN_BLOCKS && miss.abs() > limit {
                self.outliers += 1;
                if self.outliers < 3 {
                    return; // One block says nothing.
                }
                // Three in a row: the path changed. Lift the line to the new level.
                self.sums.xy += miss * self.sums.x;
                self.sums.y += miss * self.sums.w;
            } else if self.blocks >= 3 {
                self.residual += (miss * miss - self.residual) / f64::from(self.blocks.min(20));
            }
            self.outliers = 0;
        }
        self.sums.w += 1.0;
        self.sums.y += y;
        self.blocks = self.blocks.saturating_add(1);
        self.estimate = self.judge();
        self.rebase(delay);
    }

    /// Moves the newest block to x = 0 and forgets a little.
    fn advance(&mut self, blocks: f64) {
        let s = &mut self.sums;
        let keep = (-blocks / MEMORY_BLOCKS).exp();
        s.xx = keep * (s.xx - 2.0 * blocks * s.x + blocks * blocks * s.w);
        s.xy = keep * (s.xy - blocks * s.y);
        s.x = keep * (s.x - blocks * s.w);
        s.y *= keep;
        s.w *= keep;
    }

    /// Keeps `y` small, so that hours of drift lose no precision.
    fn rebase(&mut self, delay: f64) {
        let by = delay - self.base;
        self.base = delay;
        self.sums.xy -= by * self.sums.x;
        self.sums.y -= by * self.sums.w;
    }

    /// Value at x = 0 and slope in ms a block.
    fn line(&self) -> Option<(f64, f64)> {
        let s = &self.sums;
        let spread = s.xx * s.w - s.x * s.x;
        if self.blocks < 2 || spread < 1e-9 {
            return None;
        }
        let slope = (s.xy * s.w - s.x * s.y) / spread;
        Some(((s.y - slope * s.x) / s.w, slope))
    }

    fn judge(&self) -> Option<f64> {
        let (_, slope) = self.line()?;
        if self.blocks < MIN_BLOCKS {
            return None;
        }
        let s = &self.sums;
        let spread = s.xx - s.x * s.x / s.w;
        // The misses are of a prediction one block ahead, a little larger than those of the fit.
        let uncertainty = (self.residual.max(1e-4) / spread).sqrt() / BLOCK_MS * 1e6;
        let ppm = -slope / BLOCK_MS * 1e6;
        (uncertainty < MAX_UNCERTAINTY_PPM && ppm.abs() < MAX_PPM).then_some(ppm)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 20 ms packets of a clock `ppm` fast, each delayed by `delay(k)`.
    fn run(ppm: f64, seconds: usize, delay: impl Fn(usize) -> f64) -> DriftEstimator {
        let mut estimator = DriftEstimator::new();
        for k in 0..seconds * 50 {
            let media = 20.0 * k as f64;
            estimator.observe(media / (1.0 + ppm * 1e-6) + delay(k), media);
        }
        estimator
    }

    /// Deterministic noise in [0, 1).
    fn noise(k: usize) -> f64 {
        let x = (k as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (((x ^ (x >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 40) as f64) / (1u64 << 24) as f64
    }

    #[test]
    fn finds_drift_through_jitter() {
        for ppm in [-300.0, -50.0, 0.0, 20.0, 300.0] {
            let quiet = run(ppm, 10, |_| 20.0).ppm().expect("known after 10 s");
            assert!((quiet - ppm).abs() < 1.0, "{ppm}: {quiet}");
            let jittery = run(ppm, 60, |k| 20.0 + 40.0 * noise(k)).ppm().expect("known after a minute");
            assert!((jittery - ppm).abs() < 25.0, "{ppm}: {jittery}");
        }
    }

    #[test]
    fn a_step_in_delay_is_not_drift() {
        let stepped = run(0.0, 60, |k| if k > 1_500 { 80.0 } else { 20.0 }).ppm().expect("known");
        assert!(stepped.abs() < 60.0, "{stepped}");
    }

    #[test]
    fn an_hour_loses_no_precision() {
        let ppm = run(300.0, 3_600, |_| 20.0).ppm().expect("known");
        assert!((ppm - 300.0).abs() < 0.5, "{ppm}");
    }

    #[test]
    fn wandering_delay_is_kept_back() {
        let wander = |k: usize| 60.0 + 30.0 * (k as f64 / 90.0).sin() + 20.0 * (k as f64 / 37.0).cos();
        if let Some(ppm) = run(0.0, 40, wander).ppm() {
            assert!(ppm.abs() < 150.0, "{ppm}");
        }
    }
}
