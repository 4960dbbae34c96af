use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{frequency, rms};
use crate::ring::{FromFrames, PlayoutDrain, RING_MS, Status, ToFrames, capture_link, playout_link};
use crate::{CaptureEnd, DeviceError, Frame, PlayoutEnd, StreamState, time};

fn tone(hz: f64, rate: u32, from: usize, count: usize) -> Vec<f32> {
    (from..from + count)
        .map(|n| (n as f64 * hz / f64::from(rate) * std::f64::consts::TAU).sin() as f32 * 0.5)
        .collect()
}

#[test]
fn a_microphone_of_any_rate_is_heard_at_its_pitch() {
    for rate in [8_000_u32, 16_000, 22_050, 32_000, 44_100, 48_000, 96_000, 192_000] {
        let status = Arc::new(Status::new());
        let (mut feed, link) = capture_link(ToFrames::new(rate, 1).unwrap(), RING_MS, Arc::clone(&status));
        let (mut end, _handover) = CaptureEnd::from_link(link, status);
        let chunk = rate as usize / 100;
        let start = time::now_us();
        let (mut heard, mut frame): (Vec<f32>, Frame) = (Vec::new(), [0.0; 480]);
        let (mut first, mut last) = (None, 0);
        for n in 0..200 {
            let samples = tone(1_000.0, rate, n * chunk, chunk);
            let at_us = (n * chunk) as u64 * 1_000_000 / u64::from(rate);
            feed.feed(chunk, samples, start + at_us, time::now_us());
            while let Some(time) = end.read(&mut frame) {
                heard.extend_from_slice(&frame);
                last = time::micros(time.first_sample);
                first.get_or_insert(last);
            }
        }
        assert!(heard.len() >= 198 * 480, "{rate} Hz gave {} samples", heard.len());
        let steady = &heard[4_800..];
        assert!((frequency(steady) - 1_000.0).abs() < 0.5, "{} Hz at {rate}", frequency(steady));
        assert!((rms(steady) - 0.3535).abs() < 0.01, "level {} at {rate}", rms(steady));
        // Times advance by 10 ms a frame, and are the microphone's less the converter's delay.
        let frames = heard.len() as u64 / 480 - 1;
        let first = first.unwrap();
        assert!(first.abs_diff(start) < 5_000, "{rate} Hz begins {} µs off", first.abs_diff(start));
        assert!((last - first).abs_diff(frames * 10_000) < 500, "at {rate}");
        // The tone's phase says when it really was: sample 0 of the microphone has phase 0.
        let at = 9_600;
        let said = (first + at as u64 * 1_000_000 / 48_000) as f64 - start as f64;
        let expected = (said / 1e6 * 1_000.0 * std::f64::consts::TAU).sin() * 0.5;
        assert!((expected - f64::from(heard[at])).abs() < 0.12, "{rate}: {expected} is not {}", heard[at]);
    }
}

#[test]
fn a_speaker_of_any_rate_plays_at_the_pitch() {
    for rate in [8_000_u32, 16_000, 44_100, 48_000, 96_000] {
        let status = Arc::new(Status::new());
        let (mut drain, link) = playout_link(FromFrames::new(rate, 1).unwrap(), RING_MS, Arc::clone(&status));
        let (mut end, _handover) = PlayoutEnd::from_link(link, Arc::clone(&status));
        let mut heard = Vec::new();
        for n in 0..200 {
            let frame: Frame = tone(440.0, 48_000, n * 480, 480).try_into().unwrap();
            end.write(&frame).unwrap();
            // One frame stays queued, as the converter's chunks are not of one length.
            if n > 0 {
                drain.drain(rate as usize / 100, time::now_us(), 0, |sample| heard.push(sample));
            }
        }
        let steady = &heard[rate as usize / 10..];
        let hz = frequency(steady) * f64::from(rate) / 48_000.0;
        assert!((hz - 440.0).abs() < 0.5, "{hz} Hz at {rate}");
        assert!((rms(steady) - 0.3535).abs() < 0.01, "level {} at {rate}", rms(steady));
        assert_eq!(status.playout_stats().underruns, 0, "at {rate}");
    }
}

/// A device and a media thread in virtual time.
struct Room {
    end: PlayoutEnd,
    drain: PlayoutDrain,
    status: Arc<Status>,
    rate: u32,
    chunk: usize,
    /// The most a callback and the media thread come late (µs).
    device_late: u64,
    thread_late: u64,
    seed: u64,
}

struct Outcome {
    underruns: u64,
    /// Longest time from a frame's writing to its first sample being taken (µs).
    longest_wait: u64,
    mean_wait: u64,
}

impl Room {
    fn new(rate: u32, chunk: usize, device_late: u64, thread_late: u64) -> Self {
        let status = Arc::new(Status::new());
        let (drain, link) = playout_link(FromFrames::new(rate, 1).unwrap(), RING_MS, Arc::clone(&status));
        let (end, _handover) = PlayoutEnd::from_link(link, Arc::clone(&status));
        Self { end, drain, status, rate, chunk, device_late, thread_late, seed: 1 }
    }

    fn random(&mut self, most: u64) -> u64 {
        self.seed = self.seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.seed >> 33) % (most + 1)
    }

    /// Runs for so long and says how it went after the first second.
    fn run(&mut self, seconds: u64) -> Outcome {
        let start = time::now_us();
        let period = |n: u64, room: &Self| start + n * room.chunk as u64 * 1_000_000 / u64::from(room.rate);
        let (mut n, mut callback_at) = (1, period(1, self));
        let mut wake_at = start;
        let (mut taken, mut written) = (0_u64, 0_u64);
        let mut waits = std::collections::VecDeque::new();
        let (mut before, mut longest, mut sum, mut count) = (0, 0, 0, 0_u64);
        let end_at = start + seconds * 1_000_000;
        while callback_at.min(wake_at) < end_at {
            let warm = callback_at.min(wake_at) > start + 1_000_000;
            if !warm {
                before = self.status.playout_stats().underruns;
            }
            if callback_at <= wake_at {
                let got = self.drain.drain(self.chunk, callback_at, callback_at, |_| {});
                taken += got as u64;
                while let Some(&(position, at)) = waits.front() {
                    if position >= taken {
                        break;
                    }
                    waits.pop_front();
                    if warm {
                        let wait = callback_at.saturating_sub(at);
                        (longest, sum, count) = (longest.max(wait), sum + wait, count + 1);
                    }
                }
                n += 1;
                callback_at = period(n, self) + self.random(self.device_late);
            } else {
                let now = wake_at;
                let deadline = time::micros(self.end.next_deadline(time::instant(now)));
                if deadline <= now {
                    waits.push_back((written, now));
                    self.end.write_at(now, &[0.1; 480]).unwrap();
                    written += 480 * u64::from(self.rate) / 48_000;
                } else {
                    wake_at = deadline + 50 + self.random(self.thread_late);
                }
            }
        }
        let underruns = self.status.playout_stats().underruns - before;
        Outcome { underruns, longest_wait: longest, mean_wait: sum / count.max(1) }
    }
}

#[test]
fn deadlines_feed_a_device_of_any_rhythm_in_time_and_not_early() {
    for (rate, chunk) in [
        (48_000, 96),
        (48_000, 240),
        (48_000, 480),
        (48_000, 512),
        (48_000, 960),
        (48_000, 1_024),
        (16_000, 160),
    ] {
        let outcome = Room::new(rate, chunk, 1_500, 1_500).run(10);
        assert_eq!(outcome.underruns, 0, "{chunk} samples at {rate} Hz");
        // A frame that straddles two callbacks waits for the second one at most.
        let period_us = chunk as u64 * 1_000_000 / u64::from(rate);
        let allowed = 4_000 + 1_500 + period_us + 10_000;
        assert!(outcome.longest_wait < allowed, "{chunk} at {rate}: waited {} µs", outcome.longest_wait);
    }
}

#[test]
fn with_the_usual_buffer_a_frame_waits_a_few_milliseconds() {
    let outcome = Room::new(48_000, 480, 500, 500).run(10);
    assert_eq!(outcome.underruns, 0);
    assert!(outcome.mean_wait < 6_000, "mean wait {} µs", outcome.mean_wait);
}

#[test]
fn a_late_media_thread_is_given_more_time() {
    let mut room = Room::new(48_000, 480, 500, 12_000);
    room.run(20);
    let margin = room.end.margin();
    assert!(margin >= Duration::from_millis(8), "{margin:?}");
    let outcome = room.run(10);
    assert!(outcome.underruns <= 2, "{} underruns still", outcome.underruns);
}

#[test]
fn a_device_that_pauses_is_not_overfed() {
    let status = Arc::new(Status::new());
    let (mut drain, link) = playout_link(FromFrames::same(1), RING_MS, Arc::clone(&status));
    let (mut end, _handover) = PlayoutEnd::from_link(link, status);
    let start = time::now_us();
    for n in 0..10 {
        end.write_at(start + n * 10_000, &[0.1; 480]).unwrap();
        drain.drain(480, start + n * 10_000, 0, |_| {});
    }
    // 300 ms without a callback: the media thread looks all the time.
    for at in (start + 90_000..start + 390_000).step_by(500) {
        if time::micros(end.next_deadline(time::instant(at))) <= at {
            end.write_at(at, &[0.1; 480]).unwrap();
        }
    }
    assert!(end.queued_samples() <= 960, "{} samples piled up", end.queued_samples());
}

#[test]
fn the_playout_time_is_when_the_next_frame_will_be_heard() {
    let status = Arc::new(Status::new());
    let (mut drain, link) = playout_link(FromFrames::same(1), RING_MS, Arc::clone(&status));
    let (mut end, _handover) = PlayoutEnd::from_link(link, status);
    let now = time::now_us();
    end.write(&[0.0; 480]).unwrap();
    // The device plays what it takes 35 ms later.
    drain.drain(480, now, now + 35_000, |_| {});
    end.write(&[0.0; 480]).unwrap();
    let said = time::micros(end.playout_time_of_next_written());
    assert!(said.abs_diff(now + 35_000 + 20_000) <= 2, "{} µs from now", said - now);
}

#[test]
fn a_full_ring_says_so() {
    let status = Arc::new(Status::new());
    let (_drain, link) = playout_link(FromFrames::same(1), RING_MS, Arc::clone(&status));
    let (mut end, _handover) = PlayoutEnd::from_link(link, status);
    let mut frames = 0;
    while end.write(&[0.0; 480]).is_ok() {
        frames += 1;
    }
    assert_eq!(frames, 20);
    assert_eq!((end.queued_samples(), end.room()), (9_600, 0));
}

#[test]
fn a_lost_device_leaves_silence_in_real_time_and_its_error() {
    let status = Arc::new(Status::new());
    let (mut capture, mut feed, _handover) = CaptureEnd::new(ToFrames::same(1), RING_MS, Arc::clone(&status));
    feed.feed(480, std::iter::repeat_n(0.5, 480), time::now_us(), time::now_us());
    status.set_lost(DeviceError::Lost { cause: "unplugged".to_owned() });
    assert_eq!(capture.state(), StreamState::Lost);
    assert!(capture.error().unwrap().to_string().contains("unplugged"));
    let mut frame = [9.0; 480];
    // What was captured before still comes, then silence.
    assert!(capture.read(&mut frame).is_some());
    assert_eq!(frame[0], 0.5);
    let (began, mut silent) = (Instant::now(), 0);
    while began.elapsed() < Duration::from_millis(100) {
        if capture.read(&mut frame).is_some() {
            assert_eq!(frame, [0.0; 480]);
            silent += 1;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    assert!((5..=12).contains(&silent), "{silent} frames in 100 ms");
    status.set_found();
    assert!(capture.read(&mut frame).is_none());
    assert_eq!(capture.error(), None);
}
