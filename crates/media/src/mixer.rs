//! Sums senders into one frame.

use crate::frame::{Channels, FRAME_SAMPLES};

/// Peaks are turned down to this.
const CEILING: f32 = 0.95;
/// Above this the wave is bent rather than cut.
const KNEE: f32 = 0.9;
/// Turning down takes 1 ms.
const ATTACK_SAMPLES: usize = 48;
/// Share of the way back to full gain in one frame: a quarter of a second's time constant.
const RELEASE: f32 = 0.04;

/// Adds frames and limits the sum softly. One mix is `begin`, any number of `add`, `finish`.
///
/// Under 0.9 the sum passes unchanged; peaks turn the gain down within a millisecond and it comes
/// back over a quarter of a second. What is still over is bent, never cut. Both channels have one gain, so that
/// nothing moves from side to side.
#[derive(Debug, Clone)]
pub struct Mixer {
    sum: [f32; Channels::MOST * FRAME_SAMPLES],
    channels: Channels,
    gain: f32,
}

impl Mixer {
    /// An empty mix of mono.
    pub fn new() -> Self {
        Self::with_channels(Channels::Mono)
    }

    /// An empty mix of so many channels, interleaved.
    pub fn with_channels(channels: Channels) -> Self {
        Self { sum: [0.0; Channels::MOST * FRAME_SAMPLES], channels, gain: 1.0 }
    }

    /// Channels of the mix.
    pub fn channels(&self) -> Channels {
        self.channels
    }

    /// Starts the next mix from silence.
    pub fn begin(&mut self) {
        self.sum[..self.channels.frame_len()].fill(0.0);
    }

    /// Adds one sender's frame times `gain` (linear, 1.0 leaves it as it is). A frame of one channel goes to both
    /// of a stereo mix; the mean of two goes to a mono mix.
    ///
    /// A sample that is no finite number counts as silence: one broken source must not mute the rest.
    pub fn add(&mut self, frame: &[f32], gain: f32) {
        let stereo = frame.len() > FRAME_SAMPLES;
        match self.channels {
            Channels::Stereo if !stereo => {
                for (sum, sample) in self.sum.chunks_exact_mut(2).zip(frame) {
                    let scaled = finite(sample * gain);
                    sum.iter_mut().for_each(|sum| *sum += scaled);
                }
            }
            Channels::Mono if stereo => {
                for (sum, pair) in self.sum.iter_mut().zip(frame.chunks_exact(2)) {
                    *sum += finite((pair[0] + pair[1]) * 0.5 * gain);
                }
            }
            _ => {
                for (sum, sample) in self.sum.iter_mut().zip(frame) {
                    *sum += finite(sample * gain);
                }
            }
        }
    }

    /// Writes the mix, every sample within `[-1, 1]`; `out` must hold a frame of the mix's channels.
    pub fn finish(&mut self, out: &mut [f32]) {
        let sum = &self.sum[..self.channels.frame_len()];
        let peak = sum.iter().fold(0.0f32, |peak, sample| peak.max(sample.abs()));
        let before = self.gain;
        let wanted = if peak > CEILING { CEILING / peak } else { 1.0 };
        let (after, ramp) = if wanted < before {
            (wanted, ATTACK_SAMPLES)
        } else {
            (before + (wanted - before) * RELEASE, FRAME_SAMPLES)
        };
        self.gain = if after > 0.9999 { 1.0 } else { after };
        let step = (self.gain - before) / ramp as f32;
        let gain_at = |i: usize| if i < ramp { before + step * (i + 1) as f32 } else { self.gain };
        match self.channels {
            Channels::Mono => {
                for (i, (out, sum)) in out.iter_mut().zip(sum).enumerate() {
                    *out = bend(sum * gain_at(i));
                }
            }
            Channels::Stereo => {
                for (i, (out, sum)) in out.iter_mut().zip(sum).enumerate() {
                    *out = bend(sum * gain_at(i / 2));
                }
            }
        }
    }
}

impl Default for Mixer {
    fn default() -> Self {
        Self::new()
    }
}

fn finite(sample: f32) -> f32 {
    if sample.is_finite() { sample } else { 0.0 }
}

fn bend(x: f32) -> f32 {
    let over = x.abs() - KNEE;
    if over <= 0.0 { x } else { (KNEE + (1.0 - KNEE) * (over / (1.0 - KNEE)).tanh()).copysign(x) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Frame;

    fn sine(amplitude: f32, phase: usize) -> Frame {
        std::array::from_fn(|i| ((i + phase) as f32 * std::f32::consts::TAU / 100.0).sin() * amplitude)
    }

    #[test]
    fn a_quiet_sum_passes_unchanged() {
        let (a, b) = (sine(0.3, 0), sine(0.2, 25));
        let (mut mixer, mut out) = (Mixer::new(), [0.0; FRAME_SAMPLES]);
        mixer.begin();
        mixer.add(&a, 1.0);
        mixer.add(&b, 0.5);
        mixer.finish(&mut out);
        for i in 0..FRAME_SAMPLES {
            assert_eq!(out[i], a[i] + b[i] * 0.5);
        }
    }

    #[test]
    fn a_loud_sum_is_limited_without_cutting_and_recovers() {
        let (mut mixer, mut out, mut phase) = (Mixer::new(), [0.0; FRAME_SAMPLES], 0);
        let mut last = 0.0f32;
        for frame in 0..200 {
            let voices = if frame < 50 { 4 } else { 1 };
            mixer.begin();
            for _ in 0..voices {
                mixer.add(&sine(0.8, phase), 1.0);
            }
            mixer.finish(&mut out);
            phase += FRAME_SAMPLES;
            for sample in out {
                assert!(sample.abs() <= 1.0);
                assert!((sample - last).abs() < 0.25, "a step of {}", (sample - last).abs());
                last = sample;
            }
        }
        let peak = out.iter().fold(0.0f32, |p, s| p.max(s.abs()));
        assert!((peak - 0.8).abs() < 0.01, "after 1.5 s the gain is back: {peak}");
    }

    #[test]
    fn a_broken_source_does_not_mute_the_others() {
        let (mut mixer, mut out) = (Mixer::new(), [0.0; FRAME_SAMPLES]);
        mixer.begin();
        mixer.add(&[f32::NAN; FRAME_SAMPLES], 1.0);
        mixer.add(&[f32::INFINITY; FRAME_SAMPLES], 1.0);
        mixer.add(&[0.25; FRAME_SAMPLES], 1.0);
        mixer.finish(&mut out);
        assert_eq!(out, [0.25; FRAME_SAMPLES]);
    }

    #[test]
    fn mono_goes_to_both_sides_and_a_loud_side_turns_both_down() {
        let (mut mixer, mut out) = (Mixer::with_channels(Channels::Stereo), [0.0; 2 * FRAME_SAMPLES]);
        let mut sides = [0.0f32; 2 * FRAME_SAMPLES];
        sides.chunks_exact_mut(2).for_each(|pair| pair.copy_from_slice(&[0.5, -0.25]));
        mixer.begin();
        mixer.add(&[0.125; FRAME_SAMPLES], 1.0);
        mixer.add(&sides, 1.0);
        mixer.finish(&mut out);
        assert!(out.chunks_exact(2).all(|pair| pair == [0.625, -0.125]));
        mixer.begin();
        (0..4).for_each(|_| mixer.add(&sides, 1.0));
        mixer.finish(&mut out);
        let end = &out[2 * FRAME_SAMPLES - 2..];
        assert!((0.9..=0.96).contains(&end[0]), "{end:?}");
        assert!((end[0] / end[1] + 2.0).abs() < 0.1, "the balance is kept: {end:?}");
        let mut mono = Mixer::new();
        mono.begin();
        mono.add(&sides, 1.0);
        mono.finish(&mut out[..FRAME_SAMPLES]);
        assert!(out[..FRAME_SAMPLES].iter().all(|sample| *sample == 0.125));
    }
}
