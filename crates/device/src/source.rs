//! Microphones that are no devices: a recording, a tone, silence.

use std::f64::consts::TAU;
use std::path::Path;
use std::sync::Arc;

use crate::guard::Marks;
use crate::ring::{CaptureFeed, Status};
use crate::time::samples_us;
use crate::{DeviceError, SAMPLE_RATE_HZ, wav};

/// Peak of the tone: −12 dBFS.
const TONE_PEAK: f64 = 0.25;

/// Gives samples one by one, those of two channels in turn.
#[derive(Debug)]
pub(crate) enum Generator {
    Recording { samples: Vec<f32>, next: usize, repeat: bool },
    Tone { phase: f64, step: f64, channels: usize, channel: usize },
    Silence,
}

impl Generator {
    pub fn recording(path: &Path, repeat: bool, channels: usize) -> Result<Self, DeviceError> {
        Ok(Self::Recording { samples: wav::read_as(path, channels)?, next: 0, repeat })
    }

    pub fn tone(hz: f32, channels: usize) -> Result<Self, DeviceError> {
        let nyquist = SAMPLE_RATE_HZ as f32 / 2.0;
        if !(hz > 0.0 && hz < nyquist) {
            return Err(DeviceError::Config(format!(
                "a tone of {hz} Hz; give more than 0 and less than {nyquist}"
            )));
        }
        Ok(Self::Tone { phase: 0.0, step: f64::from(hz) / f64::from(SAMPLE_RATE_HZ), channels, channel: 0 })
    }

    /// The next sample; None at the end of a recording.
    pub fn next(&mut self) -> Option<f32> {
        match self {
            Self::Recording { samples, next, repeat } => {
                if *repeat && *next == samples.len() {
                    *next = 0;
                }
                let sample = samples.get(*next).copied();
                *next += usize::from(sample.is_some());
                sample
            }
            Self::Tone { phase, step, channels, channel } => {
                let sample = (*phase * TAU).sin() * TONE_PEAK;
                *channel = (*channel + 1) % *channels;
                if *channel == 0 {
                    *phase = (*phase + *step).fract();
                }
                Some(sample as f32)
            }
            Self::Silence => Some(0.0),
        }
    }
}

/// The callback of a microphone that is no device, for the pacer.
pub(crate) fn callback(
    mut generator: Generator,
    mut feed: CaptureFeed,
    frames: u32,
    channels: usize,
    marks: Arc<Marks>,
    status: Arc<Status>,
) -> impl FnMut(u64) + Send + 'static {
    let period_us = samples_us(u64::from(frames), SAMPLE_RATE_HZ);
    move |due_us| {
        let first_us = due_us.saturating_sub(period_us);
        let running = marks.is_started();
        if running {
            marks.set_first_sample(first_us);
        }
        let mut ended = false;
        let samples = (0..frames as usize * channels).map(|_| {
            let sample = if running { generator.next() } else { Some(0.0) };
            ended |= sample.is_none();
            sample.unwrap_or(0.0)
        });
        // All samples are generated even if there is no room, so that a recording keeps real time.
        let mut samples = samples.fuse();
        feed.feed(frames as usize, samples.by_ref(), first_us, due_us);
        samples.for_each(drop);
        if ended {
            status.set_ended();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recording_ends_or_repeats() {
        let mut once = Generator::Recording { samples: vec![0.1, 0.2], next: 0, repeat: false };
        assert_eq!([once.next(), once.next(), once.next(), once.next()], [Some(0.1), Some(0.2), None, None]);
        let mut again = Generator::Recording { samples: vec![0.1, 0.2], next: 0, repeat: true };
        assert_eq!([again.next(), again.next(), again.next()], [Some(0.1), Some(0.2), Some(0.1)]);
    }

    #[test]
    fn a_tone_has_its_frequency() {
        let mut tone = Generator::tone(1_000.0, 1).unwrap();
        let samples: Vec<f32> = (0..48_000).filter_map(|_| tone.next()).collect();
        let rising = samples.windows(2).filter(|w| w[0] < 0.0 && w[1] >= 0.0).count();
        assert!((999..=1_001).contains(&rising), "{rising} Hz");
    }

    #[test]
    fn an_impossible_tone_is_refused() {
        for hz in [0.0, -1.0, 24_000.0, f32::NAN, f32::INFINITY] {
            assert!(matches!(Generator::tone(hz, 1), Err(DeviceError::Config(_))), "{hz}");
        }
    }
}
