//! What sound comes next: a packet, its copy in the next one, or something made up.

use super::{Playback, SAMPLES_PER_MS};
use crate::jitter::packets::Waiting;

/// A gap longer than this is jumped over, 1 s.
const MAX_GAP: i64 = 48_000;
/// More delay than this above the target is dropped rather than played faster, in ms.
const MAX_EXCESS_MS: f64 = 400.0;
/// Deep redundancy is made in steps of its features, 10 ms.
const DEEP_STEP: usize = 480;
/// Steps one pull may take: the shortest packets, and as many gaps.
const MAX_STEPS: usize = 32;

impl Playback {
    /// Decodes or makes up what the next frame needs.
    pub(super) fn fill(&mut self, now_ms: f64) {
        let needed = self.corrector.input_needed();
        for _ in 0..MAX_STEPS {
            match needed.checked_sub(self.buffer.len()) {
                None | Some(0) => return,
                Some(short) => self.step(now_ms, short),
            }
        }
        let short = needed.saturating_sub(self.buffer.len());
        self.voice.conceal(short, &mut self.buffer);
    }

    /// Adds some sound, at least `short` samples where it has to be made up; or moves over a gap.
    fn step(&mut self, now_ms: f64, short: usize) {
        self.drop_stale();
        let Some(first) = self.packets.first() else {
            // Lost, late or never sent: time stands still until a packet tells.
            self.debt += short;
            if self.dtx {
                self.voice.comfort(short, &mut self.buffer);
            } else {
                self.voice.conceal(short, &mut self.buffer);
            }
            return;
        };
        let (timestamp, frame) = (first.place.timestamp, first.info.frame_samples as i64);
        let nothing_lost = first.place.sequence == self.packets.next();
        let recoverable = self.voice.can_recover(first) && !nothing_lost;
        // What was made up meanwhile stands for what is missing, and for what a copy tells too late.
        let payable = if first.copy { first.end() } else { timestamp };
        let paid = (payable - self.next).clamp(0, self.debt as i64);
        self.next += paid;
        self.debt -= paid as usize;
        let gap = timestamp - self.next;
        if gap > MAX_GAP {
            self.jump_to(timestamp);
        } else if gap <= 0 {
            self.play_first(now_ms, (-gap) as usize);
        } else if nothing_lost {
            self.rest(gap, short);
        } else if !recoverable || gap > frame {
            let bridged = if recoverable { gap - frame } else { gap };
            self.bridge(bridged as usize, short);
        } else {
            self.recover(gap as usize, timestamp);
        }
    }

    /// Packets whose time is over are no use any more.
    fn drop_stale(&mut self) {
        while self.packets.first().is_some_and(|packet| packet.end() <= self.next) {
            // A copy that comes too late is nobody's loss.
            let original = self.packets.pop().is_some_and(|packet| !packet.copy);
            self.stats.packets_discarded += u64::from(original);
        }
    }

    fn play_first(&mut self, now_ms: f64, skip: usize) {
        let Some(packet) = self.packets.pop() else { return };
        if self.debt > 0 {
            // It came late, and is played late.
            self.control.moved(self.debt as f64);
            self.debt = 0;
        }
        self.dtx = packet.info.is_dtx;
        self.held = 0;
        self.next = packet.end();
        let waited_ms = now_ms - packet.arrival_ms + self.buffer.len() as f64 / SAMPLES_PER_MS;
        match self.voice.decode(&packet, skip, &mut self.buffer) {
            Ok(samples) => self.emitted(samples, waited_ms),
            Err(_) => {
                // Well formed, yet no sound: as if lost.
                self.stats.packets_discarded += 1;
                self.voice.conceal(packet.info.samples.saturating_sub(skip), &mut self.buffer);
            }
        }
    }

    /// Adds some of the `missing` samples, of which nothing but deep redundancy may tell.
    fn bridge(&mut self, missing: usize, short: usize) {
        let before = |carrier: &Waiting| (carrier.place.timestamp - self.next).max(0) as usize;
        let mut n = missing.min(short);
        if let Some(carrier) = self.packets.first_original() {
            let before = before(carrier);
            let span = self.voice.deep_span(carrier, before);
            if before > span.from {
                // It begins later: conceal up to there.
                n = n.min(before - span.from);
            } else if before > span.to {
                n = missing.min(short.next_multiple_of(DEEP_STEP)).min(before - span.to);
                if self.voice.recover_deep(before, n, &mut self.buffer).is_ok() {
                    self.next += n as i64;
                    return;
                }
            }
        }
        self.voice.conceal(n, &mut self.buffer);
        self.next += n as i64;
    }

    fn recover(&mut self, gap: usize, timestamp: i64) {
        let Some(next) = self.packets.first() else { return };
        match self.voice.recover(next, gap, &mut self.buffer) {
            Ok(_) => self.stats.fec_packets_received += 1,
            Err(_) => self.voice.conceal(gap, &mut self.buffer),
        }
        self.next = timestamp;
    }

    /// The sender was silent up to `gap` samples from here: the best moment to change the delay.
    fn rest(&mut self, gap: i64, short: usize) {
        let later = self.control.wish().later;
        if later < 0.0 {
            let skipped = gap.min(-later as i64);
            self.next += skipped;
            self.control.moved(-(skipped as f64));
            if skipped == gap {
                return;
            }
        } else if later > 0.0 {
            let added = (later as usize).min(short);
            self.voice.comfort(added, &mut self.buffer);
            self.control.moved(added as f64);
            return;
        }
        let n = (self.packets.first().map_or(0, |first| first.place.timestamp - self.next)).min(short as i64);
        self.voice.comfort(n.max(0) as usize, &mut self.buffer);
        self.next += n.max(0);
    }

    fn jump_to(&mut self, timestamp: i64) {
        self.next = timestamp;
        self.debt = 0;
        self.voice.expect_seam();
        self.control.restart();
    }

    /// After an outage whose packets came in a clump: drops the oldest rather than lag for seconds.
    pub(super) fn catch_up(&mut self, now_ms: f64) {
        let lag = |this: &Self, packet: &Waiting| now_ms - this.media_ms(packet.place.timestamp);
        let (Some(first), Some(newest), Some(target_ms)) =
            (self.packets.first(), self.packets.newest(), self.control.wish().target_ms)
        else {
            return;
        };
        let attainable = target_ms.max(lag(self, newest));
        if lag(self, first) - attainable < MAX_EXCESS_MS {
            return;
        }
        while let Some(first) = self.packets.first() {
            let timestamp = first.place.timestamp;
            if lag(self, first) <= attainable {
                self.buffer.clear();
                self.jump_to(timestamp);
                return;
            }
            self.packets.pop();
            self.stats.packets_discarded += 1;
        }
    }

    fn emitted(&mut self, samples: usize, waited_ms: f64) {
        let base = self.model.base();
        let target_ms = self.control.wish().target_ms.map_or(0.0, |target| (target - base).max(0.0));
        self.stats.jitter_buffer_emitted_count += samples as u64;
        self.stats.jitter_buffer_delay += samples as f64 * waited_ms.max(0.0) / 1e3;
        self.stats.jitter_buffer_target_delay += samples as f64 * target_ms / 1e3;
    }

    /// Decodes packets that follow without a gap until `wanted` samples wait.
    pub(super) fn decode_ahead(&mut self, now_ms: f64, wanted: usize) {
        while self.buffer.len() < wanted
            && self.debt == 0
            && self.packets.first().is_some_and(|packet| {
                packet.place.timestamp == self.next && packet.place.sequence == self.packets.next()
            })
        {
            self.play_first(now_ms, 0);
        }
    }
}
