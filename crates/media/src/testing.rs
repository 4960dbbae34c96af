//! What several unit tests need.

use crate::{FRAME_SAMPLES, Frame};
use std::time::Instant;

/// Some instant: only differences matter.
#[expect(clippy::disallowed_methods, reason = "a test needs a first instant from somewhere")]
pub(crate) fn epoch() -> Instant {
    Instant::now()
}

/// Small seeded generator (xorshift64*).
#[derive(Debug, Clone)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// Uniform in [0, 1).
    pub(crate) fn uniform(&mut self) -> f64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// Something a speech codec takes for speech: pulses through formants, syllables, pauses, hiss.
#[derive(Debug)]
pub(crate) struct Speech {
    random: Random,
    at: usize,
    phase: f64,
    formants: [[f64; 2]; 3],
}

impl Speech {
    pub(crate) fn new(seed: u64) -> Self {
        Self { random: Random::new(seed), at: 0, phase: 0.0, formants: [[0.0; 2]; 3] }
    }

    pub(crate) fn frame(&mut self) -> Frame {
        std::array::from_fn(|_| self.sample())
    }

    fn sample(&mut self) -> f32 {
        let t = self.at as f64 / 48_000.0;
        self.at += 1;
        let pitch = 120.0 * (1.0 + 0.15 * (t * 2.1).sin() + 0.05 * (t * 7.3).sin());
        self.phase += pitch / 48_000.0;
        let pulse = if self.phase >= 1.0 {
            self.phase -= 1.0;
            1.0
        } else {
            0.0
        };
        let hiss = (self.random.uniform() - 0.5) * 0.02;
        let syllable = 0.1 + 0.9 * (t * std::f64::consts::TAU * 2.0).sin().powi(2);
        let pause = if (t * 0.4).fract() > 0.85 { 0.0 } else { 1.0 };
        let vowel = (t * 1.7).sin();
        let frequencies = [500.0 + 200.0 * vowel, 1_500.0 - 400.0 * vowel, 2_600.0];
        let mut out = 0.0;
        for (state, frequency) in self.formants.iter_mut().zip(frequencies) {
            let (r, w) = (0.985, std::f64::consts::TAU * frequency / 48_000.0);
            let y = (pulse + hiss) * 0.25 + 2.0 * r * w.cos() * state[0] - r * r * state[1];
            *state = [y, state[0]];
            out += y * w.sin();
        }
        ((out * syllable * pause) as f32 + hiss as f32 * 0.02).clamp(-0.9, 0.9)
    }
}

const _: () = assert!(FRAME_SAMPLES == 480);
