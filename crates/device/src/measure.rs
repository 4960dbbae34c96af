//! How long sound takes from a write to a speaker until it is read from a microphone that hears it.

use std::f64::consts::TAU;
use std::time::{Duration, Instant};

use crate::{
    CaptureEnd, CaptureSource, CaptureStats, DeviceConfig, DeviceError, FRAME_SAMPLES, Frame, PlayoutEnd,
    PlayoutSink, PlayoutStats, StreamState, open_capture, open_playout, time,
};

/// Frames from one marker to the next: 300 ms, and no marker is looked for beyond that.
const EVERY_FRAMES: usize = 30;
/// Frames of silence before the first marker, in which devices and margins settle.
const SETTLE_FRAMES: usize = 100;
/// How long devices may take to begin; PulseAudio's idle sinks take up to 2 s.
const START: Duration = Duration::from_secs(5);
/// How much a piece of what is heard must look like the marker (normalised correlation).
const LIKENESS: f32 = 0.4;

/// What [`measure_delay`] found. Times are of the real clock, on devices as they are.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct DelayReport {
    /// From the write of each marker that was heard until its first sample was read (µs), in the order played.
    pub delays_us: Vec<u64>,
    /// Markers played.
    pub played: usize,
    /// Median of the delays (µs).
    pub p50_us: u64,
    /// Their 95th percentile (µs).
    pub p95_us: u64,
    /// Capture time of a marker minus the playout time that was predicted for it, median (µs): what the devices'
    /// own times are off by, and sound's way through the air.
    pub time_error_us: i64,
    /// How long before the speaker takes it a frame was asked for, at the end.
    pub margin: Duration,
    /// The speaker's counters.
    pub playout: PlayoutStats,
    /// The microphone's counters.
    pub capture: CaptureStats,
}

/// Plays `markers` short chirps, 300 ms apart, on a speaker and finds each in what a microphone hears: the delay
/// that the devices and this crate's rings add, device to device. Give a pair that can hear each other, such as a
/// PulseAudio sink and its monitor.
///
/// It does the media thread's work on the calling thread, for about `markers` × 0.3 s and the devices' start.
///
/// # Errors
/// A device that cannot be opened or does not begin; [`DeviceError::NotHeard`] when fewer than half of the markers
/// were heard; [`DeviceError::Config`] for no markers or more than 1000.
pub fn measure_delay(
    playout: PlayoutSink,
    capture: CaptureSource,
    config: DeviceConfig,
    markers: usize,
) -> Result<DelayReport, DeviceError> {
    if !(1..=1_000).contains(&markers) {
        return Err(DeviceError::Config(format!("{markers} markers; give 1 to 1000")));
    }
    let config = DeviceConfig { held: false, ..config };
    let (speaker, _playing) = open_playout(playout, config)?;
    let (microphone, _capturing) = open_capture(capture, config)?;
    let mut room = Room { speaker, microphone, heard: Vec::new(), frames: Vec::new() };
    room.start()?;
    let played = room.play(markers);
    room.report(&played)
}

/// A marker on its way: when it was written and when it was to be heard (µs).
#[derive(Debug, Clone, Copy)]
struct Played {
    written_us: u64,
    heard_us: u64,
}

struct Room {
    speaker: PlayoutEnd,
    microphone: CaptureEnd,
    heard: Vec<f32>,
    /// For each 10 ms of `heard`: when it was captured, when it was read (µs).
    frames: Vec<(u64, u64)>,
}

impl Room {
    fn start(&mut self) -> Result<(), DeviceError> {
        let began = Instant::now();
        while self.speaker.state() != StreamState::Running || self.microphone.state() != StreamState::Running
        {
            if began.elapsed() > START {
                let states = (self.speaker.state(), self.microphone.state());
                return Err(DeviceError::Unavailable(format!(
                    "the devices do not begin (speaker {:?}, microphone {:?}) within {} s",
                    states.0,
                    states.1,
                    START.as_secs()
                )));
            }
            self.turn(&[0.0; FRAME_SAMPLES]);
        }
        self.heard.clear();
        self.frames.clear();
        Ok(())
    }

    /// One look at both devices; a short sleep when nothing was due. Returns what was written, if it was.
    fn turn(&mut self, frame: &Frame) -> Option<Played> {
        let mut captured = [0.0; FRAME_SAMPLES];
        while let Some(time) = self.microphone.read(&mut captured) {
            self.heard.extend_from_slice(&captured);
            self.frames.push((time::micros(time.first_sample), time::now_us()));
        }
        let now = Instant::now();
        let deadline = self.speaker.next_deadline(now);
        if deadline > now {
            std::thread::sleep((deadline - now).min(Duration::from_millis(1)));
            return None;
        }
        let heard_us = time::micros(self.speaker.playout_time_of_next_written());
        let written_us = time::now_us();
        self.speaker.write(frame).ok()?;
        Some(Played { written_us, heard_us })
    }

    fn play(&mut self, markers: usize) -> Vec<Played> {
        let (marker, silence) = (marker(), [0.0; FRAME_SAMPLES]);
        let mut played = Vec::new();
        let mut written = 0;
        while written < SETTLE_FRAMES + markers * EVERY_FRAMES {
            let sounds = written >= SETTLE_FRAMES && (written - SETTLE_FRAMES).is_multiple_of(EVERY_FRAMES);
            if let Some(at) = self.turn(if sounds { &marker } else { &silence }) {
                written += 1;
                played.extend(sounds.then_some(at));
            }
        }
        played
    }

    fn report(&self, played: &[Played]) -> Result<DelayReport, DeviceError> {
        let marker = marker();
        let (mut delays_us, mut time_errors) = (Vec::new(), Vec::new());
        for (n, at) in played.iter().enumerate() {
            let until_us = played.get(n + 1).map_or(u64::MAX, |next| next.written_us);
            let first = self.frames.partition_point(|(_, read_us)| *read_us < at.written_us);
            let last = self.frames.partition_point(|(_, read_us)| *read_us < until_us);
            // A marker may lie across the end of a frame.
            let end = ((last + 1) * FRAME_SAMPLES).min(self.heard.len());
            let Some(window) = self.heard.get(first * FRAME_SAMPLES..end) else { continue };
            let Some(offset) = find(window, &marker) else { continue };
            let sample = first * FRAME_SAMPLES + offset;
            let Some((captured_us, read_us)) = self.frames.get(sample / FRAME_SAMPLES) else { continue };
            let captured_us =
                captured_us + time::samples_us((sample % FRAME_SAMPLES) as u64, crate::SAMPLE_RATE_HZ);
            delays_us.push(read_us.saturating_sub(at.written_us));
            time_errors.push(captured_us.cast_signed() - at.heard_us.cast_signed());
        }
        if delays_us.len() * 2 < played.len() {
            return Err(DeviceError::NotHeard { heard: delays_us.len(), played: played.len() });
        }
        Ok(DelayReport {
            played: played.len(),
            p50_us: percentile(&delays_us, 50),
            p95_us: percentile(&delays_us, 95),
            time_error_us: percentile(&time_errors, 50),
            delays_us,
            margin: self.speaker.margin(),
            playout: self.speaker.stats(),
            capture: self.microphone.stats(),
        })
    }
}

/// 10 ms that rise from 1 to 4 kHz at −6 dBFS: its correlation has one sharp peak, in noise as well.
fn marker() -> Frame {
    let seconds = FRAME_SAMPLES as f64 / f64::from(crate::SAMPLE_RATE_HZ);
    std::array::from_fn(|n| {
        let t = n as f64 / f64::from(crate::SAMPLE_RATE_HZ);
        let phase = TAU * (1_000.0 * t + 3_000.0 / (2.0 * seconds) * t * t);
        (phase.sin() * 0.5) as f32
    })
}

/// Where the marker begins in `heard`: the first place that looks like it about as much as any.
fn find(heard: &[f32], marker: &Frame) -> Option<usize> {
    let at_most = heard.len().checked_sub(FRAME_SAMPLES)?;
    // A quarter of the highest frequency's period is fine enough to find the hill, every sample for its top.
    let coarse = (0..=at_most).step_by(2).map(|at| (at, likeness(&heard[at..at + FRAME_SAMPLES], marker)));
    let (near, _) = coarse.max_by(|a, b| a.1.total_cmp(&b.1))?;
    let fine = (near.saturating_sub(2)..=(near + 2).min(at_most))
        .map(|at| (at, likeness(&heard[at..at + FRAME_SAMPLES], marker)));
    let (at, likeness) = fine.max_by(|a, b| a.1.total_cmp(&b.1))?;
    (likeness >= LIKENESS).then_some(at)
}

/// Normalised correlation, 0 for silence.
fn likeness(heard: &[f32], marker: &Frame) -> f32 {
    let (mut product, mut power, mut own) = (0.0_f32, 0.0_f32, 0.0_f32);
    for (a, b) in heard.iter().zip(marker) {
        product += a * b;
        power += a * a;
        own += b * b;
    }
    // Under −90 dBFS there is nothing to be like.
    if power < FRAME_SAMPLES as f32 * 1e-9 { 0.0 } else { (product / (power * own).sqrt()).abs() }
}

/// 0 when there are none.
fn percentile<T: Ord + Copy + Default>(values: &[T], percent: usize) -> T {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    let at = (sorted.len().max(1) - 1) * percent / 100;
    sorted.get(at).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marker_is_found_to_the_sample_in_noise_and_not_where_there_is_none() {
        let marker = marker();
        let mut state = 1_u32;
        let mut noise = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            ((state >> 8) as f32 / 8_388_608.0 - 1.0) * 0.1
        };
        let mut heard: Vec<f32> = (0..9_600).map(|_| noise()).collect();
        assert_eq!(find(&heard, &marker), None);
        for (slot, sample) in heard[4_321..].iter_mut().zip(&marker) {
            *slot -= sample * 0.5;
        }
        assert_eq!(find(&heard, &marker), Some(4_321));
        assert_eq!(find(&[0.0; 4_800], &marker), None);
        assert_eq!(find(&marker[1..], &marker), None);
    }

    #[test]
    fn a_pair_that_cannot_hear_each_other_is_told_so() {
        let error = measure_delay(PlayoutSink::Discard, CaptureSource::Silence, DeviceConfig::default(), 2)
            .unwrap_err();
        assert_eq!(error, DeviceError::NotHeard { heard: 0, played: 2 });
        assert!(error.to_string().contains("0 of 2"), "{error}");
        let none = measure_delay(PlayoutSink::Discard, CaptureSource::Silence, DeviceConfig::default(), 0);
        assert!(matches!(none, Err(DeviceError::Config(_))));
    }

    #[test]
    fn percentiles_are_of_the_sorted_values() {
        assert_eq!(percentile(&[5_u64, 1, 3], 50), 3);
        assert_eq!(percentile::<u64>(&[], 95), 0);
    }
}
