//! Brings what is captured onto the playout device's clock.

use super::{DriftCorrector, DriftEstimator};
use crate::{Channels, FRAME_SAMPLES};
use std::time::{Duration, Instant};

/// Frames that may wait to be pulled; more is dropped, the oldest first.
const MAX_FRAMES: usize = 10;
const CAPACITY: usize = MAX_FRAMES * FRAME_SAMPLES;
/// A capture time further than this from where it was expected is another device, or a gap, in ms.
const JUMP_MS: f64 = 80.0;
/// The two clocks' positions are compared over so many frames of each, 2 s.
const BLOCK_FRAMES: u32 = 200;
/// Drift under this is left alone until it has added up to `DEAD_BAND_MS`, in ppm.
const NEGLIGIBLE_PPM: f64 = 15.0;
/// How far the two may be apart before that is corrected too, in ms …
const DEAD_BAND_MS: f64 = 1.0;
/// … at this much a ms: a time constant of 20 s.
const PPM_PER_MS: f64 = 50.0;
/// Corrections beyond clock drift, in ppm: inaudible.
const MAX_PULL_IN_PPM: f64 = 500.0;
const SAMPLES_PER_MS: f64 = 48.0;

/// Corrects captured frames for the drift between the capture and the playout device, so that what
/// is played and its echo stay aligned sample by sample: it belongs before echo cancellation.
///
/// Three calls, all on the thread that paces the sound:
///
/// ```text
/// each 10 ms handed to the playout device       corrector.played(when it will be, or was, taken)
/// each 10 ms read from the capture device       corrector.push(capture time of its first sample, frame)
/// right after each push                         while let Some(captured) = corrector.pull(&mut frame) {
///                                                   echo cancellation, sender.push(now, &frame, captured)
///                                               }
/// ```
///
/// A push is followed by one frame, and while the clocks agree that is the frame pushed: no delay, no
/// change. With drift, now and then (at 300 ppm every 33 s) there is none or a second one, and up to
/// 10 ms wait here. Times may be in any order of ±1 frame and jitter by milliseconds; what counts is
/// the least-delayed of each second. One device for both needs no corrector, and does no harm to it.
/// Ticks allocate nothing.
#[derive(Debug)]
pub struct CaptureDriftCorrector {
    epoch: Option<Instant>,
    channels: usize,
    waiting: Box<[f32]>,
    /// Samples that wait, of each channel.
    waits: usize,
    /// Capture time of the first sample that waits, in ms.
    first_ms: f64,
    capture: Clock,
    playout: Clock,
    /// Media time that has come out, in ms.
    out_ms: f64,
    /// How far the two positions were apart when first compared, in ms.
    reference_ms: Option<f64>,
    corrector: DriftCorrector,
    dropped_samples: u64,
}

/// One device's clock: its drift against ours, and how far its media time is behind ours.
#[derive(Debug, Default)]
struct Clock {
    drift: DriftEstimator,
    media_ms: f64,
    frames: u32,
    least: f64,
    /// The least lag of the last block, in ms.
    lag_ms: Option<f64>,
}

impl Clock {
    /// 10 ms of sound at `at_ms`, beginning at `position_ms` of the media time that is compared.
    fn tick(&mut self, at_ms: f64, position_ms: f64) {
        self.drift.observe(at_ms, self.media_ms);
        self.media_ms += FRAME_SAMPLES as f64 / SAMPLES_PER_MS;
        let lag = at_ms - position_ms;
        self.least = if self.frames == 0 { lag } else { self.least.min(lag) };
        self.frames += 1;
        if self.frames == BLOCK_FRAMES {
            self.frames = 0;
            self.lag_ms = Some(self.least);
        }
    }
}

impl CaptureDriftCorrector {
    /// A corrector of mono that passes everything through until it knows both clocks (about 8 s).
    pub fn new() -> Self {
        Self::with_channels(Channels::Mono)
    }

    /// The same for so many channels, interleaved.
    pub fn with_channels(channels: Channels) -> Self {
        Self {
            epoch: None,
            channels: channels.count(),
            waiting: vec![0.0; CAPACITY * channels.count()].into_boxed_slice(),
            waits: 0,
            first_ms: 0.0,
            capture: Clock::default(),
            playout: Clock::default(),
            out_ms: 0.0,
            reference_ms: None,
            corrector: DriftCorrector::with_channels(channels),
            dropped_samples: 0,
        }
    }

    /// Forgets both clocks and what waits: for a change of device.
    pub fn reset(&mut self) {
        self.waits = 0;
        self.capture = Clock::default();
        self.playout = Clock::default();
        self.out_ms = 0.0;
        self.reference_ms = None;
        self.corrector.set_ppm(0.0);
    }

    /// The playout device takes (or took) 10 ms at `at`.
    pub fn played(&mut self, at: Instant) {
        let at_ms = self.ms(at);
        let position_ms = self.playout.media_ms;
        self.playout.tick(at_ms, position_ms);
    }

    /// Takes 10 ms, which `frame` must hold exactly, whose first sample was captured at `captured`.
    pub fn push(&mut self, captured: Instant, frame: &[f32]) {
        debug_assert_eq!(frame.len(), FRAME_SAMPLES * self.channels, "a frame of the corrector's channels");
        let at_ms = self.ms(captured);
        let expected_ms = self.first_ms + self.waits as f64 / SAMPLES_PER_MS;
        if self.capture.media_ms > 0.0 && (at_ms - expected_ms).abs() > JUMP_MS {
            self.reset();
        }
        if self.waits + FRAME_SAMPLES > CAPACITY {
            // Nobody pulls: the oldest goes.
            self.take(FRAME_SAMPLES);
            self.dropped_samples += FRAME_SAMPLES as u64;
        }
        let position_ms = self.out_ms + self.waits as f64 / SAMPLES_PER_MS;
        self.capture.tick(at_ms, position_ms);
        self.first_ms = at_ms - self.waits as f64 / SAMPLES_PER_MS;
        let room = &mut self.waiting[self.waits * self.channels..][..FRAME_SAMPLES * self.channels];
        room.iter_mut().zip(frame).for_each(|(room, sample)| *room = *sample);
        self.waits += FRAME_SAMPLES;
        self.steer();
    }

    /// Writes the next corrected frame, if there is one; says when its first sample was captured.
    pub fn pull(&mut self, out: &mut [f32]) -> Option<Instant> {
        let needed = self.corrector.input_needed();
        if needed > self.waits {
            return None;
        }
        let captured = self.epoch.map(|epoch| at(epoch, self.first_ms));
        self.corrector.process(&self.waiting[..self.waits * self.channels], out);
        self.take(needed);
        self.out_ms += FRAME_SAMPLES as f64 / SAMPLES_PER_MS;
        captured
    }

    /// What is being corrected, in parts per million: positive if capture runs fast.
    pub fn ppm(&self) -> f64 {
        self.corrector.ppm()
    }

    /// Samples dropped because they were not pulled.
    pub fn dropped_samples(&self) -> u64 {
        self.dropped_samples
    }

    fn ms(&mut self, at: Instant) -> f64 {
        let epoch = *self.epoch.get_or_insert(at);
        match at.checked_duration_since(epoch) {
            Some(after) => after.as_secs_f64() * 1e3,
            None => -(epoch.duration_since(at).as_secs_f64() * 1e3),
        }
    }

    fn take(&mut self, samples: usize) {
        let samples = samples.min(self.waits);
        self.waiting.copy_within(samples * self.channels..self.waits * self.channels, 0);
        self.waits -= samples;
        self.first_ms += samples as f64 / SAMPLES_PER_MS;
    }

    /// Follows the drift, and pulls in what has added up.
    fn steer(&mut self) {
        let (Some(capture), Some(playout)) = (self.capture.drift.ppm(), self.playout.drift.ppm()) else {
            return;
        };
        let drift = capture - playout;
        // Whatever lags more has had fewer samples made of the same time.
        let apart = match (self.capture.lag_ms, self.playout.lag_ms) {
            (Some(capture), Some(playout)) => playout - capture,
            _ => return,
        };
        let off = apart - *self.reference_ms.get_or_insert(apart);
        let pull_in = (off.abs() - DEAD_BAND_MS).max(0.0).copysign(off) * PPM_PER_MS;
        let drift = if drift.abs() < NEGLIGIBLE_PPM { 0.0 } else { drift };
        self.corrector.set_ppm(drift + pull_in.clamp(-MAX_PULL_IN_PPM, MAX_PULL_IN_PPM));
    }
}

impl Default for CaptureDriftCorrector {
    fn default() -> Self {
        Self::new()
    }
}

fn at(epoch: Instant, ms: f64) -> Instant {
    let by = Duration::from_secs_f64(ms.abs() / 1e3);
    if ms < 0.0 { epoch.checked_sub(by).unwrap_or(epoch) } else { epoch + by }
}

#[cfg(test)]
mod tests;
