use std::time::{Duration, Instant};

use super::{rms, steady_frequency};
use crate::wav::{self, WavFormat};
use crate::{
    CaptureSource, DeviceConfig, DeviceError, PlayoutSink, StreamState, open_capture, open_playout, time,
};

const HELD: DeviceConfig = DeviceConfig { fixed_frames: 480, held: true, channels: 1 };

/// Reads what comes for so long.
fn listen(end: &mut crate::CaptureEnd, during: Duration) -> Vec<f32> {
    let (began, mut heard, mut frame) = (Instant::now(), Vec::new(), [0.0; 480]);
    while began.elapsed() < during {
        while end.read(&mut frame).is_some() {
            heard.extend_from_slice(&frame);
        }
        std::thread::sleep(Duration::from_millis(3));
    }
    heard
}

#[test]
fn a_tone_is_a_microphone() {
    let (mut end, guard) =
        open_capture(CaptureSource::Tone { hz: 1_000.0 }, DeviceConfig::default()).unwrap();
    let heard = listen(&mut end, Duration::from_millis(500));
    assert!((30..=51).contains(&(heard.len() / 480)), "{} frames in 500 ms", heard.len() / 480);
    assert!((steady_frequency(&heard) - 1_000.0).abs() < 0.5);
    assert_eq!((guard.state(), end.state()), (StreamState::Running, StreamState::Running));
    assert_eq!(end.stats().largest_callback, 480);
}

#[test]
fn silence_is_silent_and_discard_takes_everything_in_real_time() {
    let (mut capture, _guard) = open_capture(CaptureSource::Silence, DeviceConfig::default()).unwrap();
    let (mut playout, _guard) = open_playout(PlayoutSink::Discard, DeviceConfig::default()).unwrap();
    let (began, mut written, mut frame) = (Instant::now(), 0, [1.0; 480]);
    while began.elapsed() < Duration::from_millis(500) {
        while capture.read(&mut frame).is_some() {
            assert_eq!(frame, [0.0; 480]);
        }
        let now = Instant::now();
        let deadline = playout.next_deadline(now);
        if deadline <= now {
            playout.write(&frame).unwrap();
            written += 1;
        } else {
            std::thread::sleep((deadline - now).min(Duration::from_millis(5)));
        }
    }
    assert!((30..=53).contains(&written), "{written} frames in 500 ms");
    // What was not written in time was an underrun, nothing else.
    let missing = playout.stats().underrun_samples as usize / 480;
    assert!(written + missing >= 46, "{written} written, {missing} missing");
}

#[test]
fn a_held_recording_begins_when_told_and_ends() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("short.wav");
    wav::write(&path, &vec![0.5; 9_600], WavFormat::I16).unwrap();
    let (mut end, guard) = open_capture(CaptureSource::Wav { path, repeat: false }, HELD).unwrap();
    let before = listen(&mut end, Duration::from_millis(100));
    assert!(!before.is_empty() && before.iter().all(|s| *s == 0.0));
    assert_eq!((guard.first_sample_us(), guard.finished()), (None, false));

    let told = time::now_us();
    guard.start();
    let after = listen(&mut end, Duration::from_millis(400));
    let speech = after.iter().filter(|s| **s != 0.0).count();
    assert_eq!(speech as u64 + end.stats().overrun_samples, 9_600);
    let first = guard.first_sample_us().unwrap();
    // The first sample belongs to the buffer that was being filled when it was told.
    assert!(first + 10_500 >= told && first < told + 200_000, "{first} µs, told at {told}");
    assert!(guard.finished());
    assert_eq!(end.state(), StreamState::Ended);
}

#[test]
fn a_recording_can_repeat() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("loop.wav");
    wav::write(&path, &vec![0.25; 1_000], WavFormat::I16).unwrap();
    let (mut end, guard) =
        open_capture(CaptureSource::Wav { path, repeat: true }, DeviceConfig::default()).unwrap();
    let heard = listen(&mut end, Duration::from_millis(200));
    assert!(heard.len() > 5_000 && heard.iter().all(|s| *s == 0.25));
    assert!(!guard.finished());
}

#[test]
fn a_file_sink_keeps_real_time_and_is_whole_after_close() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("heard.wav");
    let (mut end, guard) = open_playout(PlayoutSink::Wav(path.clone()), HELD).unwrap();
    let mut written = 0;
    let mut play = |end: &mut crate::PlayoutEnd, during: u64| {
        let began = Instant::now();
        while began.elapsed() < Duration::from_millis(during) {
            let now = Instant::now();
            let deadline = end.next_deadline(now);
            if deadline > now {
                std::thread::sleep((deadline - now).min(Duration::from_millis(5)));
                continue;
            }
            let frame: [f32; 480] = std::array::from_fn(|n| {
                let at = (written + n) as f64;
                (at / 48_000.0 * 500.0 * std::f64::consts::TAU).sin() as f32 * 0.5
            });
            written += 480;
            end.write(&frame).unwrap();
        }
    };
    play(&mut end, 100);
    assert_eq!(guard.first_sample_us(), None);
    let began = time::now_us();
    guard.start();
    play(&mut end, 500);
    // Nobody writes for 200 ms: that is silence in the file, not a cut.
    std::thread::sleep(Duration::from_millis(200));
    play(&mut end, 200);
    let first = guard.first_sample_us().unwrap();
    assert!(first.abs_diff(began) < 200_000);
    let elapsed = time::now_us() - first;
    guard.close().unwrap();
    let heard = wav::read(&path).unwrap();
    let length_us = heard.len() as u64 * 1_000_000 / 48_000;
    assert!(length_us.abs_diff(elapsed) < 150_000, "{length_us} µs of sound in {elapsed} µs");
    assert!((steady_frequency(&heard[..24_000]) - 500.0).abs() < 1.0);
    let silent = heard.chunks_exact(480).filter(|frame| rms(frame) == 0.0).count();
    assert!((16..=50).contains(&silent), "{silent} silent frames");
}

#[test]
fn bad_files_and_settings_are_clear_errors() {
    let dir = tempfile::tempdir().unwrap();
    let missing = CaptureSource::Wav { path: dir.path().join("none.wav"), repeat: false };
    let error = open_capture(missing, DeviceConfig::default()).unwrap_err();
    assert!(matches!(&error, DeviceError::File { action: "read", .. }), "{error}");
    assert!(error.to_string().contains("none.wav") && error.to_string().contains("No such file"), "{error}");

    let nowhere = PlayoutSink::Wav(dir.path().join("no/such/dir.wav"));
    let error = open_playout(nowhere, DeviceConfig::default()).unwrap_err();
    assert!(matches!(&error, DeviceError::File { action: "write", .. }), "{error}");

    for fixed_frames in [0, 95, 4_801] {
        let config = DeviceConfig { fixed_frames, held: false, channels: 1 };
        let error = open_capture(CaptureSource::Silence, config).unwrap_err();
        assert!(matches!(error, DeviceError::Config(_)), "{error}");
    }
    let error = open_capture(CaptureSource::Tone { hz: 30_000.0 }, DeviceConfig::default()).unwrap_err();
    assert!(matches!(error, DeviceError::Config(_)), "{error}");
}

#[cfg(not(feature = "cpal"))]
#[test]
fn without_device_support_the_error_says_what_remains() {
    let error = open_capture(CaptureSource::Default, DeviceConfig::default()).unwrap_err();
    assert!(error.to_string().contains("feature `cpal`"), "{error}");
    assert!(matches!(crate::list_devices(), Err(DeviceError::Unavailable(_))));
}
