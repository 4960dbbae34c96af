use std::time::Duration;

use super::align::rms;
use super::{Delays, Recording};

/// What counts as a gap.
#[derive(Debug, Clone)]
pub struct GapOptions {
    /// The shortest silence that is reported.
    pub min_length: Duration,
    /// The least speech that must have been said during it; the pauses between sentences hold none.
    pub min_missed: Duration,
    /// Silence lies this far below the loud parts of the same recording [dB, negative].
    pub silence_below_db: f32,
}

impl Default for GapOptions {
    fn default() -> Self {
        Self {
            min_length: Duration::from_millis(200),
            min_missed: Duration::from_millis(120),
            silence_below_db: -38.0,
        }
    }
}

/// A silence in what was heard, during which something was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gap {
    /// Where it begins in what was heard.
    pub heard_at: Duration,
    /// How long it lasts.
    pub length: Duration,
    /// How much was said meanwhile.
    pub missed: Duration,
}

/// Levels are taken every 10 ms.
const STEP: Duration = Duration::from_millis(10);

/// Finds the silences in what was heard that were none in what was said.
#[must_use]
pub fn find_gaps(said: &Recording, heard: &Recording, delays: &Delays, options: &GapOptions) -> Vec<Gap> {
    let Some(delay_ms) = delays.percentile_ms(0.5) else { return Vec::new() };
    let spoken = speaking(said, options.silence_below_db);
    let audible = speaking(heard, options.silence_below_db);
    // From an index of `heard` to the index of `said` that should be heard there.
    let shift_ms = (heard.start_us - said.start_us) as f64 / 1000.0 - delay_ms;
    let shift = (shift_ms / (STEP.as_secs_f64() * 1000.0)).round() as i64;
    let was_spoken =
        |index: usize| usize::try_from(index as i64 + shift).ok().and_then(|i| spoken.get(i)) == Some(&true);

    let mut gaps = Vec::new();
    let mut index = 0;
    while index < audible.len() {
        let run = audible[index..].iter().take_while(|&&heard| !heard).count();
        let missed = (index..index + run).filter(|&i| was_spoken(i)).count();
        let gap =
            Gap { heard_at: STEP * index as u32, length: STEP * run as u32, missed: STEP * missed as u32 };
        if gap.length >= options.min_length && gap.missed >= options.min_missed {
            gaps.push(gap);
        }
        index += run.max(1);
    }
    gaps
}

/// Whether there is sound in each 10 ms.
fn speaking(recording: &Recording, silence_below_db: f32) -> Vec<bool> {
    let step = (recording.rate_hz / 100).max(1) as usize;
    let levels: Vec<f32> = recording.samples.chunks(step).map(rms).collect();
    let mut sorted = levels.clone();
    sorted.sort_by(f32::total_cmp);
    let loud = sorted.get(sorted.len() * 95 / 100).copied().unwrap_or(0.0);
    let silence = loud * 10f32.powf(silence_below_db / 20.0);
    levels.into_iter().map(|level| level > silence && level > 1e-5).collect()
}
