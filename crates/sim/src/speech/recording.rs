use std::path::{Path, PathBuf};
use std::time::Duration;

use super::ANALYSIS_HZ;

/// A mono recording.
#[derive(Debug, Clone, PartialEq)]
pub struct Recording {
    /// Samples in [-1, 1].
    pub samples: Vec<f32>,
    /// Samples a second [Hz].
    pub rate_hz: u32,
    /// The time of the first sample on a clock that both recordings of a comparison share [µs].
    pub start_us: i64,
}

/// Why a recording cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RecordingError {
    /// The file cannot be read as WAV.
    #[error("{path}: {cause}", path = .0.display(), cause = .1)]
    Wav(PathBuf, hound::Error),
    /// The rate has no whole ratio to the rate of comparison.
    #[error("{path}: {rate_hz} samples a second; a multiple of {ANALYSIS_HZ} is needed", path = .0.display(), rate_hz = .1)]
    Rate(PathBuf, u32),
}

impl Recording {
    /// Reads a WAV file of 16 to 32 bits or floats; several channels are averaged.
    pub fn read_wav(path: &Path, start_us: i64) -> Result<Self, RecordingError> {
        let fail = |cause| RecordingError::Wav(path.to_owned(), cause);
        let mut reader = hound::WavReader::open(path).map_err(fail)?;
        let spec = reader.spec();
        if spec.sample_rate == 0 || spec.sample_rate % ANALYSIS_HZ != 0 {
            return Err(RecordingError::Rate(path.to_owned(), spec.sample_rate));
        }
        let all: Vec<f32> = match spec.sample_format {
            hound::SampleFormat::Float => reader.samples::<f32>().collect::<Result<_, _>>(),
            hound::SampleFormat::Int => {
                let scale = 1.0 / (1i64 << (spec.bits_per_sample - 1)) as f32;
                reader.samples::<i32>().map(|sample| sample.map(|s| s as f32 * scale)).collect()
            }
        }
        .map_err(fail)?;
        let channels = usize::from(spec.channels.max(1));
        let samples = all.chunks_exact(channels).map(|c| c.iter().sum::<f32>() / channels as f32).collect();
        Ok(Self { samples, rate_hz: spec.sample_rate, start_us })
    }

    /// Writes a WAV file of 16 bits.
    pub fn write_wav(&self, path: &Path) -> Result<(), RecordingError> {
        let fail = |cause| RecordingError::Wav(path.to_owned(), cause);
        let spec = hound::WavSpec {
            channels: 1,
            sample_rate: self.rate_hz,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let mut writer = hound::WavWriter::create(path, spec).map_err(fail)?;
        for sample in &self.samples {
            writer.write_sample((sample.clamp(-1.0, 1.0) * 32_767.0) as i16).map_err(fail)?;
        }
        writer.finalize().map_err(fail)
    }

    /// How long it is.
    #[must_use]
    pub fn length(&self) -> Duration {
        Duration::from_secs_f64(self.samples.len() as f64 / f64::from(self.rate_hz))
    }

    /// The part of it between two times on its clock [µs]; what lies outside of it is left out.
    #[must_use]
    pub fn between(&self, from_us: i64, to_us: i64) -> Self {
        let index = |at_us: i64| {
            let samples = (at_us - self.start_us) as f64 * f64::from(self.rate_hz) / 1e6;
            (samples.round().max(0.0) as usize).min(self.samples.len())
        };
        let (from, to) = (index(from_us), index(to_us));
        let skipped_us = (from as f64 * 1e6 / f64::from(self.rate_hz)).round() as i64;
        Self {
            samples: self.samples.get(from..to).unwrap_or_default().to_vec(),
            rate_hz: self.rate_hz,
            start_us: self.start_us + skipped_us,
        }
    }

    /// When it ends, on its clock [µs].
    #[must_use]
    pub fn end_us(&self) -> i64 {
        self.start_us + self.length().as_micros() as i64
    }

    /// The samples at the rate of comparison, low-passed first.
    pub(super) fn for_analysis(&self) -> Vec<f32> {
        let factor = (self.rate_hz / ANALYSIS_HZ).max(1) as usize;
        if factor == 1 {
            return self.samples.clone();
        }
        let taps = low_pass(factor);
        let centre = taps.len() / 2;
        (0..self.samples.len() / factor)
            .map(|k| {
                let middle = k * factor;
                taps.iter()
                    .enumerate()
                    .filter_map(|(i, tap)| Some(self.samples.get((middle + i).checked_sub(centre)?)? * tap))
                    .sum()
            })
            .collect()
    }
}

/// A windowed sinc that passes what is left after keeping every `factor`th sample.
fn low_pass(factor: usize) -> Vec<f32> {
    let half = 12 * factor as i32;
    let cutoff = 0.45 / factor as f64; // cycles a sample; the Nyquist limit after decimation is 0.5 / factor
    let mut taps: Vec<f64> = (-half..=half)
        .map(|n| {
            let n = f64::from(n);
            let sinc = if n == 0.0 {
                2.0 * cutoff
            } else {
                (std::f64::consts::TAU * cutoff * n).sin() / (std::f64::consts::PI * n)
            };
            sinc * (0.5 + 0.5 * (std::f64::consts::PI * n / f64::from(half + 1)).cos())
        })
        .collect();
    let sum: f64 = taps.iter().sum();
    taps.iter_mut().for_each(|tap| *tap /= sum);
    taps.into_iter().map(|tap| tap as f32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn survives_the_way_through_a_file() {
        let dir = std::env::temp_dir().join(format!("liaison-sim-wav-{}", std::process::id()));
        let samples: Vec<f32> = (0..480).map(|n| (n as f32 * 0.05).sin() * 0.5).collect();
        let recording = Recording { samples, rate_hz: 48_000, start_us: 7 };
        recording.write_wav(&dir).unwrap();
        let read = Recording::read_wav(&dir, 7).unwrap();
        std::fs::remove_file(&dir).unwrap();
        assert_eq!(read.samples.len(), 480);
        assert!(read.samples.iter().zip(&recording.samples).all(|(a, b)| (a - b).abs() < 1e-4));
        assert!(matches!(Recording::read_wav(&dir, 0), Err(RecordingError::Wav(..))));
    }

    #[test]
    fn a_part_knows_when_it_begins() {
        let whole =
            Recording { samples: (0..48_000).map(|n| n as f32).collect(), rate_hz: 48_000, start_us: 500 };
        let part = whole.between(10_500, 20_500);
        assert_eq!((part.start_us, part.samples.len(), part.samples[0]), (10_500, 480, 480.0));
        assert_eq!(part.end_us(), 20_500);
        assert_eq!(whole.between(-9_000_000, 9_000_000), whole);
        assert!(whole.between(5_000_000, 4_000_000).samples.is_empty());
    }

    #[test]
    fn decimation_keeps_low_tones_and_drops_high_ones() {
        let tone = |hz: f32| {
            let samples =
                (0..48_000).map(|n| (n as f32 * hz * std::f32::consts::TAU / 48_000.0).sin()).collect();
            let low = Recording { samples, rate_hz: 48_000, start_us: 0 }.for_analysis();
            let middle = &low[1_000..15_000];
            (middle.iter().map(|s| s * s).sum::<f32>() / middle.len() as f32).sqrt()
        };
        assert!((tone(1_000.0) - 0.707).abs() < 0.01);
        assert!(tone(12_000.0) < 0.001);
    }
}
