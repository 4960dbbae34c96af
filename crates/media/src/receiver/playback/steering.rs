//! Moves the playhead to where the control wants it.

use super::{Playback, SAMPLES_PER_MS};
use crate::FRAME_SAMPLES;
use crate::jitter::stretch::{Haste, MIN_PERIOD, REMOVE_NEEDS};

/// Small deviations are worn away in about 2 s …
const WEAR_SAMPLES: f64 = 2.0 * 48_000.0;
/// … by playing at most this much faster or slower: 5 cents of pitch.
const MAX_WEAR_PPM: f64 = 3_000.0;
/// Deviations that are hurried, 60 and 100 ms.
const HURRY: f64 = 2_880.0;
const RUSH: f64 = 4_800.0;
/// A packet that will come too late with this chance is worth playing slower for.
const WORTH_HOLDING: f64 = 0.1;
/// A packet is not waited for like this for longer, 15 ms: a sound that stands still is no better than one made up.
const MOST_HELD: usize = 720;

impl Playback {
    /// Looks where the playhead is and where it should be.
    pub(super) fn plan(&mut self, now_ms: f64, drift_ppm: f64) {
        if self.debt > 0 {
            return;
        }
        let lead = self.buffer.len();
        let playhead = self.next - lead as i64;
        self.control.observe(now_ms - self.media_ms(playhead));
        self.control.plan(&mut self.model, lead, self.packet_samples, drift_ppm);
        let wear = (-self.control.wish().later / WEAR_SAMPLES * 1e6).clamp(-MAX_WEAR_PPM, MAX_WEAR_PPM);
        let drift = if self.control.is_drifting() { drift_ppm } else { 0.0 };
        self.corrector.set_ppm(drift + wear);
    }

    /// The frame took so many samples.
    pub(super) fn steered(&mut self, taken: usize, drift_ppm: f64) {
        let drift = if self.control.is_drifting() { drift_ppm } else { 0.0 };
        let by = FRAME_SAMPLES as f64 * (1.0 + drift * 1e-6) - taken as f64;
        self.control.moved(by);
    }

    /// Takes out or puts in a pitch period where that is wanted and not heard.
    pub(super) fn stretch(&mut self, now_ms: f64) -> bool {
        self.cool_down = self.cool_down.saturating_sub(1);
        let later = self.control.wish().later;
        let least = if self.control.is_drifting() { 2.0 * MIN_PERIOD as f64 } else { MIN_PERIOD as f64 };
        if self.cool_down > 0 || self.debt > 0 || later.abs() < least {
            return false;
        }
        let haste = if later.abs() > HURRY { Haste::Hasty } else { Haste::Patient };
        let moved = if later < 0.0 {
            self.decode_ahead(now_ms, REMOVE_NEEDS + FRAME_SAMPLES);
            if !self.buffer.is_genuine() {
                return false;
            }
            let removed = self.stretcher.accelerate(&mut self.buffer, -later as usize, haste);
            self.stats.removed_samples_for_acceleration += removed as u64;
            -(removed as f64)
        } else {
            if !self.buffer.is_genuine() {
                return false;
            }
            let most = later + 2.0 * SAMPLES_PER_MS;
            let inserted = self.stretcher.decelerate(&mut self.buffer, most as usize, haste);
            self.stats.inserted_samples_for_deceleration += inserted as u64;
            inserted as f64
        };
        if moved == 0.0 {
            return false;
        }
        self.control.moved(moved);
        self.cool_down = match -later {
            RUSH.. => 2,
            HURRY.. => 3,
            0.0.. => 5,
            _ => 2,
        };
        true
    }

    /// Plays a pitch period twice where the next packet is not there and is likely to miss the next pull as well:
    /// what is genuine is stretched rather than something made up.
    pub(super) fn hold(&mut self, now_ms: f64) {
        let left = self.buffer.len().saturating_sub(self.corrector.input_needed());
        // What came has no say but for the next packet and for copies of it.
        let told = self.packets.first().is_some_and(|first| {
            first.place.sequence == self.packets.next() || self.voice.can_recover(first)
        });
        let room = MOST_HELD.saturating_sub(self.held);
        if left >= FRAME_SAMPLES || room < MIN_PERIOD || self.debt > 0 || self.dtx || told {
            return;
        }
        let late_by = now_ms - self.media_ms(self.next);
        let frame_ms = FRAME_SAMPLES as f64 / SAMPLES_PER_MS;
        if self.model.stays_away(late_by, frame_ms) < WORTH_HOLDING || !self.buffer.is_genuine() {
            return;
        }
        let most = room.min(FRAME_SAMPLES - left + MIN_PERIOD);
        let held = self.stretcher.decelerate(&mut self.buffer, most, Haste::Patient);
        self.held += held;
        self.stats.inserted_samples_for_deceleration += held as u64;
        self.control.moved(held as f64);
    }
}
