use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

use super::counting_frame;
use crate::{AudioPort, Busy, FRAME_SAMPLES, StreamState, time};

#[test]
fn any_chunk_size_comes_out_as_frames_in_order() {
    let (port, mut capture, _playout) = AudioPort::new();
    let mut pushed = 0;
    let mut heard = Vec::new();
    let mut frame = [0.0; FRAME_SAMPLES];
    for size in [1, 7, 479, 480, 481, 1_000, 33, 0, 4_096].into_iter().cycle().take(200) {
        let chunk: Vec<f32> = (0..size).map(|n| ((pushed + n) % 10_000) as f32 / 1e4).collect();
        assert_eq!(port.push(&chunk, 0), Ok(size));
        pushed += size;
        while capture.read(&mut frame).is_some() {
            heard.extend_from_slice(&frame);
        }
    }
    assert_eq!(heard.len(), pushed / FRAME_SAMPLES * FRAME_SAMPLES);
    for (at, sample) in heard.iter().enumerate() {
        assert_eq!(*sample, (at % 10_000) as f32 / 1e4, "at {at}");
    }
    assert_eq!(port.stats().capture.overruns, 0);
}

#[test]
fn a_frame_carries_the_time_of_its_first_sample() {
    let (port, mut capture, _playout) = AudioPort::new();
    let mut frame = [0.0; FRAME_SAMPLES];
    let start = time::now_us() - 1_000_000;
    // 441 samples at a time: frames begin in the middle of a push.
    let mut at = 0_u64;
    for _ in 0..100 {
        port.push(&[0.0; 441], start + at * 1_000_000 / 48_000).unwrap();
        at += 441;
    }
    let mut frames = 0_u64;
    while frames < 49 {
        let read = capture.read(&mut frame);
        let Some(time) = read else { break };
        assert!(time.known);
        let expected = start + frames * 10_000;
        assert!(time::micros(time.first_sample).abs_diff(expected) <= 25, "frame {frames}");
        frames += 1;
    }
    assert_eq!(frames, 49);
}

#[test]
fn times_stay_right_across_an_overrun() {
    let (port, mut capture, _playout) = AudioPort::new();
    let start = time::now_us();
    let mut frame = [0.0; FRAME_SAMPLES];
    // Nobody reads: the port holds half a second, the rest is dropped.
    for n in 0..100_u64 {
        let taken = port.push(&counting_frame(0), start + n * 10_000).unwrap();
        assert_eq!(taken, if n < 50 { 480 } else { 0 });
    }
    let stats = port.stats().capture;
    assert_eq!((stats.overruns, stats.overrun_samples), (1, 50 * 480));
    let mut last = 0;
    for _ in 0..50 {
        last = time::micros(capture.read(&mut frame).unwrap().first_sample);
    }
    assert!(last.abs_diff(start + 49 * 10_000) <= 2);
    port.push(&counting_frame(0), start + 3_000_000).unwrap();
    let after = time::micros(capture.read(&mut frame).unwrap().first_sample);
    assert!(after.abs_diff(start + 3_000_000) <= 2, "{}", after - start);
}

#[test]
fn without_times_a_frame_says_so() {
    let (port, mut capture, _playout) = AudioPort::new();
    port.push(&[0.0; 960], 0).unwrap();
    let mut frame = [0.0; FRAME_SAMPLES];
    let read = capture.read(&mut frame).unwrap();
    assert!(!read.known);
    let age = read.first_sample.elapsed();
    assert!(age >= Duration::from_millis(20) && age < Duration::from_millis(200), "{age:?}");
}

#[test]
fn pull_always_fills_and_counts_what_was_missing() {
    let (port, _capture, mut playout) = AudioPort::new();
    let mut out = [9.0; 700];
    // Before anything was written there is nothing to miss.
    assert_eq!(port.pull(&mut out, 0), Ok(0));
    assert!(out.iter().all(|s| *s == 0.0));
    assert_eq!(port.stats().playout.underruns, 0);

    playout.write(&counting_frame(1)).unwrap();
    assert_eq!(port.pull(&mut out, 0), Ok(480));
    assert_eq!(out[..480], counting_frame(1));
    assert!(out[480..].iter().all(|s| *s == 0.0));
    let stats = port.stats().playout;
    assert_eq!((stats.underruns, stats.underrun_samples), (1, 220));
}

#[test]
fn sixteen_bit_samples_go_through_unchanged() {
    let (port, mut capture, mut playout) = AudioPort::new();
    let all: Vec<i16> = (0..480).map(|n| (n * 136 - 32_640) as i16).chain([i16::MIN, i16::MAX]).collect();
    let mut frame = [0.0; FRAME_SAMPLES];
    port.push_i16(&all[2..], 0).unwrap();
    capture.read(&mut frame).unwrap();
    playout.write(&frame).unwrap();
    let mut out = [0_i16; 480];
    assert_eq!(port.pull_i16(&mut out, 0), Ok(480));
    assert_eq!(out[..], all[2..]);
}

#[test]
fn samples_that_are_none_do_no_harm() {
    let (port, mut capture, _playout) = AudioPort::new();
    let mut bad = [f32::NAN; FRAME_SAMPLES];
    bad[1] = f32::INFINITY;
    bad[2] = 1e9;
    bad[3] = -1e9;
    port.push(&bad, u64::MAX).unwrap();
    let mut frame = [7.0; FRAME_SAMPLES];
    capture.read(&mut frame).unwrap();
    assert_eq!(frame[..5], [0.0, 0.0, 1.0, -1.0, 0.0]);
    let mut out = [0.0; 10];
    assert_eq!(port.pull(&mut out, u64::MAX), Ok(0));
}

/// Two threads at each side at once: some are refused, none corrupts anything, nobody waits.
#[test]
fn two_threads_at_once_are_refused_not_mixed() {
    let (port, mut capture, mut playout) = AudioPort::new();
    let stop = AtomicBool::new(false);
    let (mut taken, mut read) = (0, 0);
    std::thread::scope(|scope| {
        let pushers: Vec<_> = (1..=2)
            .map(|who| {
                let (port, stop) = (port.clone(), &stop);
                scope.spawn(move || {
                    let (mut taken, mut out) = (0, [0.0; 960]);
                    // A push is one value throughout: a mixed one would show as a run of the wrong length.
                    let chunk = [who as f32 / 10.0; 480];
                    while !stop.load(Relaxed) {
                        taken += port.push(&chunk, 0).unwrap_or(0);
                        let _ = port.pull(&mut out, 0);
                    }
                    taken
                })
            })
            .collect();
        let began = Instant::now();
        let mut frame = [0.0; FRAME_SAMPLES];
        while began.elapsed() < Duration::from_millis(500) {
            let _ = playout.write(&frame);
            if capture.read(&mut frame).is_some() {
                read += FRAME_SAMPLES;
                assert!(frame.iter().all(|s| *s == 0.1 || *s == 0.2));
            }
        }
        stop.store(true, Relaxed);
        taken = pushers.into_iter().map(|t| t.join().unwrap()).sum();
        while capture.read(&mut frame).is_some_and(|time| !time.known) {
            read += FRAME_SAMPLES;
        }
    });
    assert!(taken - read < FRAME_SAMPLES, "{taken} taken, {read} read");
}

#[test]
fn who_comes_second_is_told() {
    let (port, _capture, _playout) = AudioPort::new();
    let mut out = [5.0; 10];
    port.while_inside(|| {
        assert_eq!(port.push(&[0.0; 10], 0), Err(Busy));
        assert_eq!(port.push_i16(&[0; 10], 0), Err(Busy));
        assert_eq!(port.pull(&mut out, 0), Err(Busy));
    });
    assert_eq!(out, [0.0; 10]);
    assert_eq!(port.stats().busy, 3);
    assert_eq!(port.push(&[0.0; 10], 0), Ok(10));
}

#[test]
fn an_app_that_stops_pulling_does_not_stop_the_call() {
    let (port, mut capture, mut playout) = AudioPort::new();
    let mut out = [0.0; 480];
    port.pull(&mut out, 0).unwrap();
    port.push(&out, 0).unwrap();
    assert_eq!(playout.state(), StreamState::Running);
    std::thread::sleep(Duration::from_millis(550));
    assert_eq!(playout.state(), StreamState::Stalled);
    assert_eq!(capture.state(), StreamState::Stalled);
    // For 100 ms the ends keep time by themselves.
    let (began, mut written, mut read, mut frame) = (Instant::now(), 0, 0, [0.0; 480]);
    while began.elapsed() < Duration::from_millis(100) {
        let now = Instant::now();
        let deadline = playout.next_deadline(now);
        if deadline <= now {
            playout.write(&frame).unwrap();
            written += 1;
        } else {
            std::thread::sleep(deadline - now);
        }
        while capture.read(&mut frame).is_some() {
            read += 1;
        }
    }
    assert!((5..=13).contains(&written), "{written} frames in 100 ms");
    assert!((5..=13).contains(&read), "{read} frames in 100 ms");
    // Nothing of it lies in the ring when the app is back.
    assert_eq!(port.pull(&mut out, 0), Ok(0));
    assert_eq!(playout.state(), StreamState::Running);
}
