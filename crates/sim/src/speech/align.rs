use std::ops::Range;

use super::fft::{Fft, multiply};
use super::{ANALYSIS_HZ, Recording};

/// How delays are looked for.
#[derive(Debug, Clone)]
pub struct DelayOptions {
    /// Length of one window of speech [ms].
    pub window_ms: u32,
    /// From one window to the next [ms].
    pub step_ms: u32,
    /// The delays that are tried [ms]. May begin below zero, to show that clocks agree.
    pub search_ms: Range<i32>,
    /// A window with less than this in it is not speech [dBFS].
    pub speech_above_dbfs: f32,
    /// A window is matched when its normalised correlation reaches this, 0 to 1.
    pub match_above: f32,
}

impl Default for DelayOptions {
    fn default() -> Self {
        Self {
            window_ms: 500,
            step_ms: 250,
            search_ms: -50..1_500,
            speech_above_dbfs: -42.0,
            match_above: 0.6,
        }
    }
}

/// The delay of one window of speech.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Window {
    /// Where the window begins in what was said [ms].
    pub said_at_ms: f64,
    /// From said to heard [ms].
    pub delay_ms: f64,
    /// Normalised correlation at that delay, 0 to 1.
    pub correlation: f32,
}

/// The delays found in a whole recording.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Delays {
    /// The windows that were found again, in order.
    pub windows: Vec<Window>,
    /// How many windows held speech.
    pub spoken: usize,
}

impl Delays {
    /// The delay that the given share of matched windows does not exceed [ms]; `None` without a match.
    #[must_use]
    pub fn percentile_ms(&self, share: f64) -> Option<f64> {
        let mut delays: Vec<f64> = self.windows.iter().map(|window| window.delay_ms).collect();
        delays.sort_by(f64::total_cmp);
        let last = delays.len().checked_sub(1)?;
        Some(delays[(share.clamp(0.0, 1.0) * last as f64).round() as usize])
    }

    /// The share of spoken windows that were found again, 0 to 1.
    #[must_use]
    pub fn matched(&self) -> f64 {
        if self.spoken == 0 { 0.0 } else { self.windows.len() as f64 / self.spoken as f64 }
    }

    /// The delay near a moment of what was said [ms]: that of the nearest matched window.
    pub(super) fn near_ms(&self, said_at_ms: f64) -> Option<f64> {
        let after = self.windows.partition_point(|window| window.said_at_ms < said_at_ms);
        let candidates = [after.checked_sub(1), Some(after)];
        candidates
            .into_iter()
            .flatten()
            .filter_map(|index| self.windows.get(index))
            .min_by(|a, b| (a.said_at_ms - said_at_ms).abs().total_cmp(&(b.said_at_ms - said_at_ms).abs()))
            .map(|window| window.delay_ms)
    }
}

/// Finds each window of what was said in what was heard, by normalised cross-correlation.
#[must_use]
pub fn measure_delays(said: &Recording, heard: &Recording, options: &DelayOptions) -> Delays {
    let samples = |ms: u32| (u64::from(ms) * u64::from(ANALYSIS_HZ) / 1000) as usize;
    let per_ms = f64::from(ANALYSIS_HZ) / 1000.0;
    let window = samples(options.window_ms).max(1);
    let lags = ((options.search_ms.end - options.search_ms.start).max(0) as f64 * per_ms) as usize;
    let said_samples = emphasised(&said.for_analysis());
    let heard_samples = emphasised(&heard.for_analysis());
    // Index in `heard` of the moment at which `said` begins, with the smallest delay tried.
    let offset = (said.start_us - heard.start_us) as f64 / 1000.0 + f64::from(options.search_ms.start);
    let offset = (offset * per_ms).round() as i64;
    let fft = Fft::new(window + lags);
    let plain = said.for_analysis();
    let threshold = 10f32.powf(options.speech_above_dbfs / 20.0);

    let mut delays = Delays::default();
    let mut start = 0;
    while start + window <= said_samples.len() {
        if rms(&plain[start..start + window]) >= threshold {
            delays.spoken += 1;
            let region = region(&heard_samples, start as i64 + offset, window + lags);
            let found = best_lag(&fft, &said_samples[start..start + window], &region, lags);
            if let Some((lag, correlation)) = found
                && correlation >= options.match_above
            {
                delays.windows.push(Window {
                    said_at_ms: start as f64 / per_ms,
                    delay_ms: (offset + lag as i64) as f64 / per_ms
                        - (said.start_us - heard.start_us) as f64 / 1000.0,
                    correlation,
                });
            }
        }
        start += samples(options.step_ms).max(1);
    }
    delays
}

/// Lifts the high notes, which makes the peak of the correlation sharp.
fn emphasised(samples: &[f32]) -> Vec<f32> {
    let mut last = 0.0;
    samples
        .iter()
        .map(|&sample| {
            let out = sample - 0.9 * last;
            last = sample;
            out
        })
        .collect()
}

pub(super) fn rms(samples: &[f32]) -> f32 {
    (samples.iter().map(|s| s * s).sum::<f32>() / samples.len().max(1) as f32).sqrt()
}

/// A stretch of samples, silent where it reaches beyond either end.
fn region(samples: &[f32], start: i64, len: usize) -> Vec<f32> {
    (start..start + len as i64)
        .map(|index| usize::try_from(index).ok().and_then(|index| samples.get(index)).copied().unwrap_or(0.0))
        .collect()
}

/// The lag at which `needle` lies best in `hay`, and the normalised correlation there.
fn best_lag(fft: &Fft, needle: &[f32], hay: &[f32], lags: usize) -> Option<(usize, f32)> {
    debug_assert!(hay.len() <= fft.size());
    let spectrum = fft.forward_real(hay).into_iter().zip(fft.forward_real(needle));
    // Multiplying by the conjugate correlates instead of convolving.
    let products = spectrum.map(|(h, n)| multiply(h, (n.0, -n.1))).collect();
    let correlation = fft.inverse_real(products);
    let needle_energy: f64 = needle.iter().map(|&s| f64::from(s * s)).sum();
    let mut energy: f64 = hay[..needle.len()].iter().map(|&s| f64::from(s * s)).sum();
    let mut best = None;
    for lag in 0..=lags.min(hay.len() - needle.len()) {
        // Next to nothing in the ear correlates with anything: it is no match.
        if energy > needle_energy * 1e-4 {
            let value = (f64::from(correlation[lag]) / (energy * needle_energy).sqrt()) as f32;
            if best.is_none_or(|(_, highest)| value > highest) {
                best = Some((lag, value));
            }
        }
        if let Some(&entering) = hay.get(lag + needle.len()) {
            energy += f64::from(entering * entering) - f64::from(hay[lag] * hay[lag]);
        }
    }
    best
}
