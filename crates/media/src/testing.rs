//! What several unit tests need.

use crate::{FRAME_SAMPLES, Frame, RtpPacket};
use bytes::Bytes;
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
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            random: Random::new(seed),
            at: 0,
            phase: 0.0,
            pitch: 0.0,
            loudness: 0.0,
            formants: [Formant::default(); 3],
        }
    }

    pub(crate) fn frame(&mut self) -> Frame {
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

const _: () = assert!(FRAME_SAMPLES == 480);

/// Encodes speech into RTP packets of any packet time.
#[derive(Debug)]
pub(crate) struct Source {
    encoder: crate::codec::OpusEncoder,
    speech: Speech,
    ready: Vec<f32>,
    packet_samples: usize,
    pub(crate) next: RtpPacket,
}

impl Source {
    /// Packets of `packet_samples` at 48 kHz, with redundancy as if `loss` percent were expected.
    pub(crate) fn new(packet_samples: usize, loss: u8) -> Self {
        let config = crate::codec::OpusEncoderConfig {
            bitrate_bps: 32_000,
            complexity: 1,
            fec: loss > 0,
            ..Default::default()
        };
        let mut encoder = crate::codec::OpusEncoder::new(config).unwrap();
        encoder.set_expected_loss(loss).unwrap();
        let next = RtpPacket {
            audio_level: None,
            payload_type: 111,
            marker: false,
            sequence: 0,
            timestamp: 0,
            ssrc: 1,
            payload: Bytes::new(),
        };
        Self { encoder, speech: Speech::new(11), ready: Vec::new(), packet_samples, next }
    }

    pub(crate) fn packet(&mut self) -> RtpPacket {
        while self.ready.len() < self.packet_samples {
            self.ready.extend(self.speech.frame());
        }
        let mut payload = vec![0; 1_500];
        let samples: Vec<f32> = self.ready.drain(..self.packet_samples).collect();
        let n = self.encoder.encode(&samples, &mut payload).unwrap();
        payload.truncate(n);
        let packet = RtpPacket { audio_level: None, payload: payload.into(), ..self.next.clone() };
        self.next.sequence = self.next.sequence.wrapping_add(1);
        self.next.timestamp = self.next.timestamp.wrapping_add(self.packet_samples as u32);
        packet
    }
}

/// Root mean square.
pub(crate) fn rms(wave: &[f32]) -> f32 {
    (wave.iter().map(|x| x * x).sum::<f32>() / wave.len().max(1) as f32).sqrt()
}
