//! Something a speech codec takes for speech: pulses through formants, syllables, pauses, hiss.

use super::random::Random;
use liaison_media::Frame;

#[derive(Debug)]
pub struct Speech {
    random: Random,
    at: usize,
    phase: f64,
    pitch: f64,
    loudness: f64,
    formants: [Formant; 3],
}

#[derive(Debug, Clone, Copy, Default)]
struct Formant {
    past: [f64; 2],
    feedback: f64,
    gain: f64,
}

impl Speech {
    pub fn new(seed: u64) -> Self {
        Self {
            random: Random::new(seed),
            at: 0,
            phase: 0.0,
            pitch: 0.0,
            loudness: 0.0,
            formants: [Formant::default(); 3],
        }
    }

    pub fn frame(&mut self) -> Frame {
        std::array::from_fn(|_| self.sample())
    }

    /// What changes slowly, worked out every millisecond.
    fn articulate(&mut self) {
        let t = self.at as f64 / 48_000.0;
        self.pitch = 120.0 * (1.0 + 0.15 * (t * 2.1).sin() + 0.05 * (t * 7.3).sin());
        let syllable = 0.1 + 0.9 * (t * std::f64::consts::TAU * 2.0).sin().powi(2);
        self.loudness = if (t * 0.4).fract() > 0.85 { 0.0 } else { syllable };
        let vowel = (t * 1.7).sin();
        for (formant, frequency) in
            self.formants.iter_mut().zip([500.0 + 200.0 * vowel, 1_500.0 - 400.0 * vowel, 2_600.0])
        {
            let w = std::f64::consts::TAU * frequency / 48_000.0;
            (formant.gain, formant.feedback) = (w.sin(), 2.0 * 0.985 * w.cos());
        }
    }

    fn sample(&mut self) -> f32 {
        if self.at.is_multiple_of(48) {
            self.articulate();
        }
        self.at += 1;
        self.phase += self.pitch / 48_000.0;
        let pulse = if self.phase >= 1.0 { 1.0 } else { 0.0 };
        self.phase -= pulse;
        let hiss = (self.random.uniform() - 0.5) * 0.02;
        let mut out = 0.0;
        for formant in &mut self.formants {
            let [last, before] = formant.past;
            let y = (pulse + hiss) * 0.25 + formant.feedback * last - 0.985 * 0.985 * before;
            formant.past = [y, last];
            out += y * formant.gain;
        }
        ((out * self.loudness) as f32 + hiss as f32 * 0.02).clamp(-0.9, 0.9)
    }
}
