//! Takes drift out of a stream.

use crate::{FRAME_SAMPLES, Frame};
use rubato::audioadapter_buffers::direct::SequentialSlice;
use rubato::{Adjustable, FixedAsync, Resampler, Slip};

/// Fastest correction in parts per million.
const MAX_PPM: f64 = 5_000.0;

/// Takes a known drift out of a stream by reading a sample more or less now and then, cross-faded.
///
/// The output is always one frame; the input is 480 samples but for those corrections. There is no
/// delay, and without drift the samples pass unchanged.
#[derive(Debug)]
pub struct DriftCorrector {
    slip: Slip<f32>,
    ppm: f64,
}

impl DriftCorrector {
    /// A corrector that passes everything through until told a drift.
    #[expect(clippy::expect_used, reason = "a chunk of 480 samples and one channel are valid constants")]
    pub fn new() -> Self {
        let slip = Slip::new(FRAME_SAMPLES, 1, FixedAsync::Output).expect("480 is a valid chunk");
        Self { slip, ppm: 0.0 }
    }

    /// The source's clock runs `ppm` parts per million faster than the output's; ±5000 at most.
    pub fn set_ppm(&mut self, ppm: f64) {
        let ppm = if ppm.is_finite() { ppm.clamp(-MAX_PPM, MAX_PPM) } else { 0.0 };
        if ppm != self.ppm {
            self.ppm = ppm;
            // Within Slip's range of ±0.8 %, so it takes it.
            let _ = self.slip.set_resample_ratio(1.0 / (1.0 + ppm * 1e-6), false);
        }
    }

    /// What is being corrected, in parts per million.
    pub fn ppm(&self) -> f64 {
        self.ppm
    }

    /// Samples the next [`DriftCorrector::process`] takes, 477 to 483.
    pub fn input_needed(&self) -> usize {
        self.slip.input_frames_next()
    }

    /// Makes one frame of the first [`DriftCorrector::input_needed`] samples of `input`.
    ///
    /// A shorter input is played as it is, with silence after it.
    pub fn process(&mut self, input: &[f32], out: &mut Frame) {
        let needed = self.input_needed();
        let resampled = input.get(..needed).is_some_and(|input| {
            let Ok(source) = SequentialSlice::new(input, 1, needed) else { return false };
            let Ok(mut sink) = SequentialSlice::new_mut(&mut out[..], 1, FRAME_SAMPLES) else { return false };
            self.slip.process_into_buffer(&source, &mut sink, None).is_ok()
        });
        if !resampled {
            let n = input.len().min(FRAME_SAMPLES);
            out[..n].copy_from_slice(&input[..n]);
            out[n..].fill(0.0);
        }
    }
}

impl Default for DriftCorrector {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(ppm: f64, frames: usize) -> (usize, f64) {
        let mut corrector = DriftCorrector::new();
        corrector.set_ppm(ppm);
        let wave: Vec<f32> = (0..(frames + 2) * 490)
            .map(|i| (i as f64 * std::f64::consts::TAU * 440.0 / 48_000.0).sin() as f32 * 0.5)
            .collect();
        let (mut read, mut out, mut last, mut worst) = (0, [0.0; FRAME_SAMPLES], 0.0f32, 0.0f64);
        for _ in 0..frames {
            let n = corrector.input_needed();
            corrector.process(&wave[read..read + n], &mut out);
            read += n;
            for sample in out {
                worst = worst.max(f64::from((sample - last).abs()));
                last = sample;
            }
        }
        (read, worst)
    }

    #[test]
    fn no_drift_changes_nothing() {
        let mut corrector = DriftCorrector::new();
        let input: Vec<f32> = (0..FRAME_SAMPLES).map(|i| i as f32).collect();
        let mut out = [0.0; FRAME_SAMPLES];
        corrector.process(&input, &mut out);
        assert_eq!(out[..], input[..]);
    }

    #[test]
    fn reads_as_many_more_samples_as_the_drift_says_without_a_step() {
        for ppm in [-300.0, 300.0, 4_000.0] {
            let frames = 10_000;
            let (read, worst) = run(ppm, frames);
            let measured = (read as f64 / (frames * FRAME_SAMPLES) as f64 - 1.0) * 1e6;
            assert!((measured - ppm).abs() < 2.0, "{ppm} ppm came out as {measured}");
            // 440 Hz at half scale moves at most 0.0288 a sample.
            assert!(worst < 0.031, "a step of {worst}");
        }
    }

    #[test]
    fn absurd_drift_and_short_input_are_bounded() {
        let mut corrector = DriftCorrector::new();
        corrector.set_ppm(f64::NAN);
        assert_eq!(corrector.ppm(), 0.0);
        corrector.set_ppm(1e9);
        assert_eq!(corrector.ppm(), MAX_PPM);
        let mut out = [1.0; FRAME_SAMPLES];
        corrector.process(&[0.5; 10], &mut out);
        assert_eq!((out[9], out[10]), (0.5, 0.0));
    }
}
