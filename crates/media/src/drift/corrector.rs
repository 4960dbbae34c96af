//! Takes drift out of a stream.

use crate::{Channels, FRAME_SAMPLES};
use rubato::audioadapter::{Adapter, AdapterMut};
use rubato::audioadapter_buffers::direct::{InterleavedSlice, SequentialSlice};
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
    channels: usize,
    ppm: f64,
}

impl DriftCorrector {
    /// A corrector of mono that passes everything through until told a drift.
    pub fn new() -> Self {
        Self::with_channels(Channels::Mono)
    }

    /// The same for so many channels, interleaved: corrections are made in both at once.
    #[expect(
        clippy::expect_used,
        reason = "a chunk of 480 samples and one or two channels are valid constants"
    )]
    pub fn with_channels(channels: Channels) -> Self {
        let channels = channels.count();
        let slip = Slip::new(FRAME_SAMPLES, channels, FixedAsync::Output).expect("480 is a valid chunk");
        Self { slip, channels, ppm: 0.0 }
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
    /// A shorter input is played as it is, with silence after it. `out` must hold a frame of the corrector's channels.
    pub fn process(&mut self, input: &[f32], out: &mut [f32]) {
        let (needed, channels) = (self.input_needed(), self.channels);
        let resampled = input.get(..needed * channels).is_some_and(|input| {
            // Mono is copied as a whole.
            if channels == 1 {
                let source = SequentialSlice::new(input, 1, needed);
                let sink = SequentialSlice::new_mut(&mut *out, 1, FRAME_SAMPLES);
                source.is_ok_and(|source| sink.is_ok_and(|sink| run(&mut self.slip, &source, sink)))
            } else {
                let source = InterleavedSlice::new(input, channels, needed);
                let sink = InterleavedSlice::new_mut(&mut *out, channels, FRAME_SAMPLES);
                source.is_ok_and(|source| sink.is_ok_and(|sink| run(&mut self.slip, &source, sink)))
            }
        });
        if !resampled {
            let n = input.len().min(out.len());
            out[..n].copy_from_slice(&input[..n]);
            out[n..].fill(0.0);
        }
    }
}

fn run(slip: &mut Slip<f32>, source: &impl Adapter<f32>, mut sink: impl AdapterMut<f32>) -> bool {
    slip.process_into_buffer(source, &mut sink, None).is_ok()
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
