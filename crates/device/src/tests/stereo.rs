//! Two channels through rings, port, files and the audio system's callbacks: kept apart, in order, in time.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::rms;
use crate::ring::{FromFrames, RING_MS, Status, ToFrames, capture_link, playout_link};
use crate::wav::{self, WavFormat, WavWriter};
use crate::{
    AudioPort, CaptureEnd, CaptureSource, DeviceConfig, DeviceError, FRAME_SAMPLES, PlayoutEnd, open_capture,
    time,
};

const STEREO: usize = 2 * FRAME_SAMPLES;

fn side(samples: &[f32], channel: usize) -> Vec<f32> {
    samples.iter().skip(channel).step_by(2).copied().collect()
}

/// Left rises, right falls, sample by sample.
fn counting(from: usize, count: usize) -> Vec<f32> {
    (from..from + count).flat_map(|n| [(n % 1_000) as f32 / 1e3, -((n % 1_000) as f32) / 1e3]).collect()
}

#[test]
fn a_ports_two_channels_stay_in_step_whatever_the_chunks() {
    let (port, mut capture, mut playout) = AudioPort::with_channels(2);
    assert_eq!((port.channels(), capture.channels(), playout.channels()), (2, 2, 2));
    let start = time::now_us() - 500_000;
    let (mut pushed, mut heard, mut pulled) = (0, Vec::new(), Vec::new());
    let mut frame = [0.0; STEREO];
    for size in [1, 7, 479, 480, 481, 33, 1_000].into_iter().cycle().take(70) {
        let at_us = start + pushed as u64 * 1_000_000 / 48_000;
        assert_eq!(port.push(&counting(pushed, size), at_us), Ok(size), "counted are samples of one channel");
        pushed += size;
        while let Some(at) = capture.read(&mut frame) {
            let expected = start + heard.len() as u64 / 2 * 1_000_000 / 48_000;
            assert!(at.known && time::micros(at.first_sample).abs_diff(expected) < 100);
            heard.extend_from_slice(&frame);
            playout.write(&frame).unwrap();
            let mut out = [0.0; STEREO];
            assert_eq!(port.pull(&mut out, 0), Ok(FRAME_SAMPLES));
            pulled.extend_from_slice(&out);
        }
    }
    assert_eq!(heard, counting(0, heard.len() / 2));
    assert_eq!(pulled, heard);
    assert_eq!((port.stats().capture.overruns, port.stats().playout.underruns), (0, 0));
    // Nobody reads: what does not fit is left out in both channels at once.
    let mut taken = 0;
    while taken < 100_000 {
        let got = port.push(&counting(taken, 701), 0).unwrap();
        taken += got;
        if got < 701 {
            break;
        }
    }
    assert!(port.stats().capture.overruns > 0);
    while capture.read(&mut frame).is_some() {
        assert!(
            frame.chunks_exact(2).all(|pair| pair[0] == -pair[1]),
            "left and right have not changed places"
        );
    }
}

#[test]
fn other_rates_are_converted_channel_by_channel() {
    for rate in [16_000_u32, 44_100] {
        let status = Arc::new(Status::new());
        let (mut feed, link) = capture_link(ToFrames::new(rate, 2).unwrap(), RING_MS, Arc::clone(&status));
        let (mut capture, _handover) = CaptureEnd::from_link(link, Arc::clone(&status));
        let (mut drain, link) = playout_link(FromFrames::new(rate, 2).unwrap(), RING_MS, Arc::clone(&status));
        let (mut playout, _handover) = PlayoutEnd::from_link(link, Arc::clone(&status));
        let chunk = rate as usize / 100;
        let (mut frame, mut heard, mut played) = ([0.0; STEREO], Vec::new(), Vec::new());
        for n in 0..200 {
            let tone = |k: usize| {
                let t = (n * chunk + k) as f64 / f64::from(rate);
                (t * 440.0 * std::f64::consts::TAU).sin() as f32 * 0.5
            };
            // The right one is silent.
            feed.feed(chunk, (0..chunk).flat_map(|k| [tone(k), 0.0]), time::now_us(), time::now_us());
            while capture.read(&mut frame).is_some() {
                heard.extend_from_slice(&frame);
                let _ = playout.write(&frame);
            }
            if n > 2 {
                drain.drain(chunk, time::now_us(), 0, |sample| played.push(sample));
            }
        }
        for sound in [&heard[STEREO * 20..], &played[STEREO * 20..]] {
            assert!((rms(&side(sound, 0)) - 0.3535).abs() < 0.01, "{} at {rate}", rms(&side(sound, 0)));
            assert!(rms(&side(sound, 1)) < 1e-6, "{} at {rate}", rms(&side(sound, 1)));
        }
    }
}

#[test]
fn recordings_of_one_and_two_channels_are_read_and_written_as_either() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("two.wav");
    let mut writer = WavWriter::with_channels(&path, WavFormat::F32, 2).unwrap();
    for n in 0..100 {
        assert_eq!(writer.write(&counting(n * 480, 480)), STEREO);
    }
    let summary = writer.finish().unwrap();
    assert_eq!((summary.samples, summary.dropped), (48_000, 0));
    assert_eq!(wav::read_as(&path, 2).unwrap(), counting(0, 48_000));
    assert!(
        wav::read(&path).unwrap().iter().all(|mean| *mean == 0.0),
        "opposite channels average to nothing"
    );
    let mono = dir.path().join("one.wav");
    wav::write(&mono, &[0.25; 4_800], WavFormat::I16).unwrap();
    assert_eq!(wav::read_as(&mono, 2).unwrap(), [0.25; 9_600]);

    // Played as a microphone: in time, and to its end.
    let source = CaptureSource::Wav { path: path.clone(), repeat: false };
    let config = DeviceConfig { channels: 2, ..DeviceConfig::default() };
    let (mut end, guard) = open_capture(source, config).unwrap();
    let (began, mut heard, mut frame) = (Instant::now(), Vec::new(), [0.0; STEREO]);
    while heard.len() < 20 * STEREO && began.elapsed() < Duration::from_secs(20) {
        match end.read(&mut frame) {
            Some(_) => heard.extend_from_slice(&frame),
            None => std::thread::sleep(Duration::from_millis(3)),
        }
    }
    assert!(!guard.finished());
    assert_eq!(heard, counting(0, heard.len() / 2));
    let none = DeviceConfig { channels: 3, ..DeviceConfig::default() };
    assert!(matches!(open_capture(CaptureSource::Silence, none), Err(DeviceError::Config(_))));
}

#[cfg(feature = "cpal")]
#[test]
fn a_systems_device_has_its_own_number_of_channels() {
    use crate::system::stream::{capture_callback, playout_callback};
    use cpal::{InputCallbackInfo, InputStreamTimestamp, OutputCallbackInfo, OutputStreamTimestamp};
    use cpal::{StreamConfig, StreamInstant};

    // What each of the device's channels gives, what the frames are, what each of the channels plays.
    for (device, frames, plays) in [
        (vec![0.5], [0.5, 0.5], vec![0.5]),
        (vec![0.5, -0.25], [0.5, -0.25], vec![0.5, -0.25]),
        (vec![0.5, -0.25, 0.75, 0.75], [0.5, -0.25], vec![0.5, -0.25, 0.0, 0.0]),
    ] {
        let settings = StreamConfig {
            channels: device.len() as u16,
            sample_rate: 48_000,
            buffer_size: cpal::BufferSize::Fixed(480),
        };
        let status = Arc::new(Status::new());
        let (feed, link) = capture_link(ToFrames::same(2), RING_MS, Arc::clone(&status));
        let (mut capture, _handover) = CaptureEnd::from_link(link, Arc::clone(&status));
        let (drain, link) = playout_link(FromFrames::same(2), RING_MS, Arc::clone(&status));
        let (mut playout, _handover) = PlayoutEnd::from_link(link, Arc::clone(&status));
        let mut captured = capture_callback::<f32>(feed, settings);
        let mut played = playout_callback::<f32>(drain, settings);
        let at = StreamInstant::from_nanos(10_000_000);
        let input = InputCallbackInfo::new(InputStreamTimestamp { callback: at, capture: at });
        captured(&device.repeat(480), &input);
        let mut frame = [0.0; STEREO];
        assert!(capture.read(&mut frame).is_some());
        assert!(frame.chunks_exact(2).all(|pair| pair == frames), "{:?}", &frame[..4]);
        playout.write(&frame).unwrap();
        let mut speaker = vec![9.0; 480 * plays.len()];
        let output = OutputCallbackInfo::new(OutputStreamTimestamp { callback: at, playback: at });
        played(&mut speaker, &output);
        let expected = if plays.len() == 1 { vec![(frames[0] + frames[1]) / 2.0] } else { plays };
        assert_eq!(speaker, expected.repeat(480));
    }
}
