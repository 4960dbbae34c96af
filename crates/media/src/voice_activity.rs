//! Whether somebody speaks, from the sound itself.

use crate::LevelMeter;

/// Frames of which the quietest is kept: 200 ms.
const BLOCK_FRAMES: u32 = 20;
/// Blocks looked back for the background: 3 s. Speech pauses for breath in that time, noise does not.
const BLOCKS: usize = 15;
/// Over the background by this much is a voice (dB).
const OVER_BACKGROUND_DB: f32 = 8.0;
/// Nothing under this is a voice (dBov).
const LEAST_DBOV: f32 = -55.0;
/// A click is shorter: 40 ms.
const ONSET_FRAMES: u32 = 4;
/// Pauses between words are shorter: 400 ms.
const HANGOVER_FRAMES: u32 = 40;
/// The background before anything was heard (dBov).
const QUIET_DBOV: f32 = -70.0;
/// How much of a frame goes into the mean power: about 30 ms.
const SMOOTHING: f32 = 0.3;

/// Tells speech from silence and from steady noise, 10 ms at a time, by how far the sound stands out of its own
/// background of the last 3 s. Cheap: one sum over the frame.
///
/// A voice is found within 40 ms (and what lasts less is no voice), and lasts 400 ms beyond its last sound. Noise that
/// begins is taken for a voice until it has lasted 3 s.
#[derive(Debug, Clone)]
pub struct VoiceActivity {
    meter: LevelMeter,
    /// Mean power of the last frames.
    power: f32,
    /// The quietest of each block (dBov), the newest last.
    quietest: [f32; BLOCKS],
    in_block: u32,
    onset: u32,
    hangover: u32,
}

impl VoiceActivity {
    /// One that has heard silence.
    pub fn new() -> Self {
        Self {
            meter: LevelMeter::new(),
            power: 0.0,
            quietest: [QUIET_DBOV; BLOCKS],
            in_block: 0,
            onset: 0,
            hangover: 0,
        }
    }

    /// Hears a frame of one or two channels; returns whether somebody speaks.
    pub fn hear(&mut self, frame: &[f32]) -> bool {
        self.meter.measure(frame);
        let level = self.meter.level() as f32;
        self.power += (level * level - self.power) * SMOOTHING;
        let background = self.background(10.0 * self.power.max(1e-13).log10());
        // The frame's own level: the mean one of a click outlasts it.
        let dbov = 20.0 * level.max(1e-7).log10();
        if dbov > LEAST_DBOV && dbov > background + OVER_BACKGROUND_DB {
            self.onset += 1;
            if self.onset >= ONSET_FRAMES {
                self.hangover = HANGOVER_FRAMES;
            }
        } else {
            self.onset = 0;
            self.hangover = self.hangover.saturating_sub(1);
        }
        self.is_active()
    }

    /// Whether somebody speaks.
    pub fn is_active(&self) -> bool {
        self.hangover > 0
    }

    /// Level of the last frame in −dBov (RFC 6464), 0 to 127.
    pub fn level_dbov(&self) -> u8 {
        self.meter.level_dbov()
    }

    /// The quietest of the last 3 s, the level now being `dbov`.
    fn background(&mut self, dbov: f32) -> f32 {
        // Digital silence is a pause of the sender (muting, DTX), not how quiet it is where the speaker is.
        let heard = dbov.max(QUIET_DBOV);
        let newest = &mut self.quietest[BLOCKS - 1];
        *newest = if self.in_block == 0 { heard } else { newest.min(heard) };
        let background = self.quietest.iter().copied().fold(f32::INFINITY, f32::min);
        self.in_block += 1;
        if self.in_block == BLOCK_FRAMES {
            self.in_block = 0;
            self.quietest.rotate_left(1);
        }
        background
    }
}

impl Default for VoiceActivity {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Random, Speech};
    use crate::{FRAME_SAMPLES, Frame, SILENCE};

    fn noise(random: &mut Random, amplitude: f32) -> Frame {
        std::array::from_fn(|_| (random.uniform() as f32 - 0.5) * 2.0 * amplitude)
    }

    /// Share of frames `from..to` in which a voice is found, of what `frame(k)` gives.
    fn active(frames: usize, from: usize, mut frame: impl FnMut(usize) -> Frame) -> f64 {
        let mut voice = VoiceActivity::new();
        let heard: Vec<bool> = (0..frames).map(|k| voice.hear(&frame(k))).collect();
        heard[from..].iter().filter(|active| **active).count() as f64 / (frames - from) as f64
    }

    #[test]
    fn speech_is_found_with_and_without_noise_and_noise_is_not() {
        for amplitude in [0.0, 0.003, 0.01] {
            let (mut random, mut speech) = (Random::new(1), Speech::new(2));
            let spoken = active(2_000, 400, |_| {
                let (words, noise) = (speech.frame(), noise(&mut random, amplitude));
                std::array::from_fn(|i| words[i] + noise[i])
            });
            assert!(spoken > 0.75, "speech in noise of {amplitude}: {spoken:.2}");
            let mut random = Random::new(1);
            let quiet = active(2_000, 400, |_| noise(&mut random, amplitude));
            assert_eq!(quiet, 0.0, "noise of {amplitude}");
        }
    }

    #[test]
    fn noise_that_begins_is_background_within_four_seconds() {
        let mut random = Random::new(1);
        let frame = |k: usize, random: &mut Random| noise(random, if k < 300 { 0.0005 } else { 0.02 });
        assert_eq!(active(1_500, 700, |k| frame(k, &mut random)), 0.0);
    }

    #[test]
    fn a_click_is_no_voice_and_a_voice_ends_in_time() {
        let click = |k: usize| if k % 100 == 50 { [0.5; FRAME_SAMPLES] } else { SILENCE };
        let mut voice = VoiceActivity::new();
        let found = (0..1_000).filter(|k| voice.hear(&click(*k))).count();
        assert!(found < 20, "{found} of 1000 frames with a click a second");
        let mut speech = Speech::new(1);
        let mut voice = VoiceActivity::new();
        for _ in 0..100 {
            voice.hear(&speech.frame());
        }
        assert!(voice.is_active());
        let lasts = (0..100).take_while(|_| voice.hear(&SILENCE)).count();
        assert!((30..70).contains(&lasts), "{lasts} frames");
    }

    #[test]
    fn samples_that_are_no_numbers_are_survived() {
        let mut voice = VoiceActivity::new();
        voice.hear(&[f32::NAN; FRAME_SAMPLES]);
        voice.hear(&[f32::INFINITY; FRAME_SAMPLES]);
        for _ in 0..200 {
            voice.hear(&SILENCE);
        }
        assert!(!voice.is_active());
    }
}
