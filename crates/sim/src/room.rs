use crate::Rng;

/// A room with a speaker and a microphone: what the microphone hears of what the speaker plays.
///
/// The direct sound comes first, 6 dB down; then 50 ms of reflections that die away by a factor of e every 10 ms.
/// 48 kHz, mono.
#[derive(Debug, Clone)]
pub struct Room {
    /// Delay in samples, and gain.
    taps: Vec<(usize, f32)>,
    /// The last of what was played, as long as the longest tap.
    past: Vec<f32>,
}

impl Room {
    const HZ: usize = 48_000;
    /// From reflection to reflection [samples]: sparse, as early ones are.
    const STEP: usize = 12;
    const REFLECTIONS_FOR: usize = 2_400;

    /// A room in which sound takes `direct_ms` from the speaker to the microphone; the same for the same seed.
    #[must_use]
    pub fn new(direct_ms: u32, seed: u64) -> Self {
        let mut rng = Rng::new(seed);
        let direct = direct_ms as usize * Self::HZ / 1_000;
        let taps: Vec<(usize, f32)> = (0..Self::REFLECTIONS_FOR)
            .step_by(Self::STEP)
            .map(|after| {
                let decay = (-(after as f64) / 480.0).exp();
                let gain = if after == 0 { 0.5 } else { 0.06 * decay * rng.normal() };
                (direct + after, gain as f32)
            })
            .collect();
        Self { past: vec![0.0; direct + Self::REFLECTIONS_FOR], taps }
    }

    /// What is heard while `played` is played, after all that was played before.
    pub fn echo(&mut self, played: &[f32]) -> Vec<f32> {
        let longest = self.past.len();
        self.past.extend_from_slice(played);
        let mut heard = vec![0.0; played.len()];
        for (delay, gain) in &self.taps {
            let from = &self.past[longest - delay..];
            for (sample, played) in heard.iter_mut().zip(from) {
                *sample += played * gain;
            }
        }
        self.past.drain(..played.len());
        heard
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_direct_sound_comes_first_and_pieces_make_a_whole() {
        let mut rng = Rng::new(1);
        let mut played: Vec<f32> = (0..9_600).map(|_| rng.normal() as f32 * 0.1).collect();
        played[0] = 1.0;
        let whole = Room::new(60, 5).echo(&played);
        assert!(whole[..2_880].iter().all(|sample| *sample == 0.0));
        assert!((whole[2_880] - 0.5).abs() < 1e-6);
        let mut room = Room::new(60, 5);
        let pieces: Vec<f32> = played.chunks(480).flat_map(|piece| room.echo(piece)).collect();
        assert_eq!(whole, pieces);
        assert_ne!(whole, Room::new(60, 6).echo(&played));
    }
}
