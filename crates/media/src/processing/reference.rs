//! Finds, for a captured frame, what the speaker played meanwhile.
//!
//! The mix is written in bursts, some time before it is heard; the microphone's frames come in bursts of their own,
//! some time after they were captured. The times of both say which belong together, so that the echo canceller gets
//! one frame of each in turn, with the devices' delays taken out and only the room's left. Where the two devices'
//! clocks run apart it is the reference that follows, a sample at a time: a captured frame never has to wait.

use std::time::{Duration, Instant};

use crate::{FRAME_SAMPLES, Frame};

/// The reference is this much ahead of the capture, so that a time that is a little off does not make the echo come
/// before its sound, which no filter can model (ms).
pub(super) const LEAD_MS: i32 = 5;
/// The same in samples.
pub(super) const LEAD: usize = LEAD_MS as usize * 48;
/// How much is kept: 1.4 s, more than any device's delays.
const KEPT: usize = 65_536;
/// A time that is this far off what was expected is a jump (samples): 30 ms.
const JUMP: f64 = 1_440.0;
/// A mean error over this moves the alignment (samples): 2.5 ms, half the lead.
const TOLERANCE: f64 = 120.0;
/// A mean error over this is worn away, a sample in each frame (samples): half a ms. Clocks that run 300 ppm apart need
/// one in seven frames.
const DEAD_BAND: f64 = 24.0;
/// How much of a new error goes into the mean one: a third of a second's memory.
const SMOOTHING: f64 = 0.03;

#[derive(Debug)]
pub(super) struct ReferenceLine {
    kept: Box<[f32]>,
    /// Samples written so far; their times and positions count from `origin`.
    written: u64,
    origin: Option<Instant>,
    /// The time at which sample 0 would have been heard, in samples after `origin`.
    start: Option<f64>,
    /// Position of the next frame to be read.
    next: Option<i64>,
    /// How far the reference is ahead: [`LEAD`], or what the playout leaves of it.
    lead: i64,
    error: f64,
    realignments: u64,
}

impl ReferenceLine {
    pub(super) fn new() -> Self {
        Self {
            kept: vec![0.0; KEPT].into_boxed_slice(),
            written: 0,
            origin: None,
            start: None,
            next: None,
            lead: LEAD as i64,
            error: 0.0,
            realignments: 0,
        }
    }

    pub(super) fn write(&mut self, mix: &Frame, heard_at: Option<Instant>) {
        match heard_at {
            Some(at) => {
                let start = self.samples(at) - self.written as f64;
                self.start = Some(match self.start {
                    Some(before) if (start - before).abs() < JUMP => before + (start - before) * SMOOTHING,
                    _ => start,
                });
            }
            None => self.start = None,
        }
        for sample in mix {
            self.kept[(self.written % KEPT as u64) as usize] = if sample.is_finite() { *sample } else { 0.0 };
            self.written += 1;
        }
    }

    /// Whether the playout says when it is heard.
    pub(super) fn is_timed(&self) -> bool {
        self.start.is_some()
    }

    /// What is heard while a frame is captured that begins at `captured_at`; without a time, what follows the last.
    pub(super) fn read(&mut self, captured_at: Option<Instant>, out: &mut Frame) {
        if let (Some(at), Some(start)) = (captured_at, self.start) {
            let position = (self.samples(at) - start).round() as i64;
            self.keep_behind_writing(position);
            self.align(position + self.lead);
        }
        let Some(first) = self.next else {
            out.fill(0.0);
            return;
        };
        let step = self.step();
        for (i, sample) in out.iter_mut().enumerate() {
            let ahead = step as f32 * i as f32 / FRAME_SAMPLES as f32;
            let whole = ahead.floor();
            let (at, part) = (first + i as i64 + whole as i64, ahead - whole);
            *sample = self.written_at(at);
            if part > 0.0 {
                *sample += (self.written_at(at + 1) - *sample) * part;
            }
        }
        self.next = Some(first + FRAME_SAMPLES as i64 + step);
        self.error -= step as f64;
    }

    /// How many samples more (or, negative, fewer) than a frame the next frame is made of.
    fn step(&self) -> i64 {
        if self.error.abs() > DEAD_BAND { self.error.signum() as i64 } else { 0 }
    }

    fn written_at(&self, position: i64) -> f32 {
        let oldest = self.written.saturating_sub(KEPT as u64);
        let there = u64::try_from(position).ok().filter(|at| (oldest..self.written).contains(at));
        there.map_or(0.0, |at| self.kept[(at % KEPT as u64) as usize])
    }

    /// A playout that asks for its frames late, as an app-owned one may that says it plays what it pulls at once, has
    /// not all of the lead written when the capture is processed. Half a frame of silence in each frame would leave
    /// the canceller next to nothing to learn from: less of a lead does no harm.
    fn keep_behind_writing(&mut self, position: i64) {
        let there = self.written as i64 - position - FRAME_SAMPLES as i64;
        // Without even the present there is a gap in the playout, which says nothing of its habit.
        if (0..self.lead).contains(&there) {
            let less = self.lead - there;
            self.lead = there;
            self.next = self.next.map(|next| next - less);
        }
    }

    /// From writing a sample to processing the frame that is captured while it is heard.
    pub(super) fn delay(&self) -> Duration {
        let waiting = self.next.map_or(0, |next| self.written as i64 - next);
        Duration::from_micros(u64::try_from(waiting).unwrap_or(0) * 1_000 / 48)
    }

    pub(super) fn realignments(&self) -> u64 {
        self.realignments
    }

    fn align(&mut self, wanted: i64) {
        let Some(next) = self.next else {
            self.next = Some(wanted);
            return;
        };
        let off = (wanted - next) as f64;
        self.error += (off - self.error) * SMOOTHING;
        if off.abs() > JUMP || self.error.abs() > TOLERANCE {
            // Another device may leave more of a lead.
            self.next = Some(wanted - self.lead + LEAD as i64);
            self.lead = LEAD as i64;
            self.error = 0.0;
            self.realignments += 1;
        }
    }

    /// `at` in samples since the first time seen.
    fn samples(&mut self, at: Instant) -> f64 {
        let origin = *self.origin.get_or_insert(at);
        let seconds = match at.checked_duration_since(origin) {
            Some(after) => after.as_secs_f64(),
            None => -origin.duration_since(at).as_secs_f64(),
        };
        seconds * 48_000.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ramp(first: usize) -> Frame {
        std::array::from_fn(|i| (first + i) as f32)
    }

    /// Time `ms` milliseconds into the run.
    fn at(start: Instant, ms: f64) -> Instant {
        start + Duration::from_secs_f64((1_000.0 + ms) / 1_000.0)
    }

    #[test]
    fn a_frame_is_given_what_was_heard_meanwhile_whatever_the_bursts() {
        let start = crate::testing::epoch();
        let mut line = ReferenceLine::new();
        let mut out = [0.0; FRAME_SAMPLES];
        let mut written = 0;
        for k in 0..400usize {
            // The mix is written two frames at a time, 40 ms before it is heard, by a clock that is read with 1 ms of noise.
            while written <= k + 4 {
                let noise = if written % 3 == 0 { 1.0 } else { -0.5 };
                line.write(&ramp(written * FRAME_SAMPLES), Some(at(start, written as f64 * 10.0 + noise)));
                written += 1;
            }
            line.read(Some(at(start, k as f64 * 10.0)), &mut out);
            if k >= 100 {
                let expected = (k * FRAME_SAMPLES + LEAD) as f32;
                assert!((out[0] - expected).abs() < 100.0, "frame {k}: {} for {expected}", out[0]);
            }
        }
        assert_eq!(line.realignments(), 0, "noise moves nothing");
        assert!((line.delay().as_secs_f64() - 0.035).abs() < 0.004, "{:?}", line.delay());
    }

    #[test]
    fn a_device_whose_delay_jumps_is_followed_and_noise_is_not() {
        let start = crate::testing::epoch();
        let mut line = ReferenceLine::new();
        let mut out = [0.0; FRAME_SAMPLES];
        for k in 0..400usize {
            // After two seconds the speaker is 80 ms later than before.
            let late = if k < 200 { 0.0 } else { 80.0 };
            line.write(&ramp(k * FRAME_SAMPLES), Some(at(start, k as f64 * 10.0 + 30.0 + late)));
            line.read(Some(at(start, k as f64 * 10.0)), &mut out);
        }
        let expected = (399 * FRAME_SAMPLES + LEAD) as f32 - 110.0 * 48.0;
        assert!((out[0] - expected).abs() < 24.0, "{} for {expected}", out[0]);
        assert_eq!(line.realignments(), 1);
    }

    #[test]
    fn clocks_that_run_apart_are_followed_a_sample_at_a_time() {
        for ppm in [300.0, -300.0] {
            let start = crate::testing::epoch();
            let mut line = ReferenceLine::new();
            let (mut out, mut written, mut last) = ([0.0; FRAME_SAMPLES], 0, None);
            for k in 0..6_000usize {
                let now = k as f64 * 10.0 * (1.0 + ppm * 1e-6);
                while written as f64 * 10.0 <= now + 30.0 {
                    line.write(&ramp(written * FRAME_SAMPLES), Some(at(start, written as f64 * 10.0)));
                    written += 1;
                }
                line.read(Some(at(start, now)), &mut out);
                let off = f64::from(out[0]) - (now * 48.0 + LEAD as f64);
                assert!(k < 100 || off.abs() < 48.0, "{ppm} ppm, frame {k}: {off} samples off");
                // A ramp of this length has steps of a whole sample, or of a slip more or less.
                let step = out[0] - last.unwrap_or(out[0] - 1.0);
                assert!((step - 1.0).abs() < 0.6, "{ppm} ppm, frame {k}: a step of {step}");
                last = Some(out[FRAME_SAMPLES - 1]);
            }
            assert_eq!(line.realignments(), 0);
        }
    }

    #[test]
    fn a_playout_that_writes_late_shortens_the_lead() {
        let start = crate::testing::epoch();
        let mut line = ReferenceLine::new();
        let mut out = [0.0; FRAME_SAMPLES];
        for k in 0..100usize {
            // Heard as soon as it is written, captured meanwhile: what comes 5 ms later is not there.
            line.write(&ramp(1 + k * FRAME_SAMPLES), Some(at(start, k as f64 * 10.0)));
            line.read(Some(at(start, k as f64 * 10.0)), &mut out);
            if k > 0 {
                assert_eq!(out, ramp(1 + k * FRAME_SAMPLES), "frame {k}");
            }
        }
        assert_eq!(line.realignments(), 0);
    }

    #[test]
    fn what_is_not_there_is_silence() {
        let start = crate::testing::epoch();
        let mut line = ReferenceLine::new();
        let mut out = [1.0; FRAME_SAMPLES];
        line.read(Some(start), &mut out);
        assert_eq!(out, [0.0; FRAME_SAMPLES], "before anything was written");
        line.write(&[0.5; FRAME_SAMPLES], Some(start));
        out.fill(1.0);
        line.read(Some(start + Duration::from_secs(3_600)), &mut out);
        assert_eq!(out, [0.0; FRAME_SAMPLES], "an hour later");
        line.write(&[0.5; FRAME_SAMPLES], None);
        assert!(!line.is_timed());
    }
}
