use super::*;
use crate::testing::{Random, epoch};

/// What one hour (or less) of two devices gave.
struct Run {
    /// Playout's media time less capture's corrected one, at the same instant, in ms: after the
    /// clocks are known, lowest and highest.
    apart: (f64, f64),
    /// Longest wait of a sample in the corrector, in ms.
    waited: f64,
    frames: u64,
    worst_step: f32,
}

/// A capture device `capture_ppm` and a playout device `playout_ppm` fast, whose times jitter by
/// `jitter_ms`; the capture is a tone.
fn run(seconds: f64, capture_ppm: f64, playout_ppm: f64, jitter_ms: f64) -> Run {
    let start = epoch() + Duration::from_secs(1);
    let mut random = Random::new(4);
    let mut corrector = CaptureDriftCorrector::new();
    let (capture_ms, playout_ms) = (10.0 / (1.0 + capture_ppm * 1e-6), 10.0 / (1.0 + playout_ppm * 1e-6));
    let (mut captured, mut played, mut tone) = (0u64, 0u64, 0u64);
    let (mut out, mut last) = ([0.0; FRAME_SAMPLES], 0.0f32);
    let mut run = Run { apart: (f64::MAX, f64::MIN), waited: 0.0, frames: 0, worst_step: 0.0 };
    loop {
        let (capture_at, playout_at) = (captured as f64 * capture_ms, 3.7 + played as f64 * playout_ms);
        if capture_at.max(playout_at) > seconds * 1e3 {
            return run;
        }
        if playout_at <= capture_at {
            corrector.played(at(start, playout_at + jitter_ms * random.uniform()));
            played += 1;
            continue;
        }
        let frame: [f32; FRAME_SAMPLES] = std::array::from_fn(|i| {
            ((tone + i as u64) as f64 * std::f64::consts::TAU * 440.0 / 48_000.0).sin() as f32 * 0.5
        });
        tone += FRAME_SAMPLES as u64;
        captured += 1;
        corrector.push(at(start, capture_at + jitter_ms * random.uniform()), &frame);
        while corrector.pull(&mut out).is_some() {
            run.frames += 1;
            for sample in out {
                run.worst_step = run.worst_step.max((sample - last).abs());
                last = sample;
            }
        }
        let waits = corrector.waits as f64 / 48.0;
        run.waited = run.waited.max(waits);
        if capture_at > 20_000.0 {
            // Both positions at the end of this capture frame.
            let made = run.frames as f64 * 10.0 + waits;
            let position = (capture_at + capture_ms - 3.7) / playout_ms * 10.0;
            run.apart = (run.apart.0.min(position - made), run.apart.1.max(position - made));
        }
    }
}

#[test]
fn equal_clocks_pass_unchanged_and_undelayed() {
    let mut corrector = CaptureDriftCorrector::new();
    let start = epoch();
    let mut out = [0.0; FRAME_SAMPLES];
    for k in 0..3_000u32 {
        let now = start + Duration::from_millis(10) * k;
        corrector.played(now + Duration::from_micros(u64::from(k * 7_919 % 2_000)));
        let frame: [f32; FRAME_SAMPLES] = std::array::from_fn(|i| (k as usize * FRAME_SAMPLES + i) as f32);
        corrector.push(now, &frame);
        let captured = corrector.pull(&mut out).expect("a frame for each");
        assert_eq!(out, frame);
        assert!(captured.duration_since(now) < Duration::from_micros(1));
        assert!(corrector.pull(&mut out).is_none());
    }
}

#[test]
fn drift_between_the_devices_is_taken_out() {
    for (capture_ppm, playout_ppm) in [(300.0, 0.0), (0.0, 300.0), (-150.0, 150.0), (300.0, 300.0)] {
        let run = run(600.0, capture_ppm, playout_ppm, 2.0);
        let name = format!("{capture_ppm:+} against {playout_ppm:+} ppm");
        println!("{name}: apart by {:.2} to {:.2} ms, waited {:.1} ms", run.apart.0, run.apart.1, run.waited);
        assert!(run.apart.1 - run.apart.0 < 3.0, "{name}: {:?}", run.apart);
        assert!(run.waited <= 10.01, "{name}: {} ms waited", run.waited);
        // 440 Hz at half scale moves at most 0.0288 a sample.
        assert!(run.worst_step < 0.031, "{name}: a step of {}", run.worst_step);
    }
}

#[test]
fn without_correction_they_would_part() {
    // The measure above can fail: without the corrector, ten minutes of 300 ppm are 180 ms.
    let parted = 600.0 * 1e3 * 300e-6;
    let run = run(600.0, 300.0, 0.0, 2.0);
    let expected = 600.0 * 100.0 * (1.0 + 300e-6);
    assert!((run.frames as f64 - 60_000.0).abs() < 3.0, "{} frames", run.frames);
    assert!(parted > 100.0 && expected - run.frames as f64 > 15.0);
}

#[test]
fn a_gap_begins_anew_and_what_is_not_pulled_is_dropped() {
    let start = epoch();
    let mut corrector = CaptureDriftCorrector::new();
    let frame = [0.25; FRAME_SAMPLES];
    for k in 0..50u32 {
        corrector.push(start + Duration::from_millis(10) * k, &frame);
    }
    assert_eq!(corrector.waits, CAPACITY);
    assert_eq!(corrector.dropped_samples(), 40 * 480);
    let late = start + Duration::from_secs(60);
    corrector.push(late, &[0.5; FRAME_SAMPLES]);
    let mut out = [0.0; FRAME_SAMPLES];
    assert_eq!(corrector.pull(&mut out), Some(late));
    assert_eq!(out, [0.5; FRAME_SAMPLES]);
    assert_eq!(corrector.pull(&mut out), None);
}
