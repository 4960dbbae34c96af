//! The callbacks, the port and the ends allocate nothing once they run.
#![allow(unsafe_code, reason = "a global allocator is unsafe by its nature; this one only counts")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::Arc;
use std::time::Instant;

use crate::guard::Marks;
use crate::ring::{FromFrames, RING_MS, Status, ToFrames, capture_link, playout_link};
use crate::source::{self, Generator};
use crate::wav::{WavFormat, WavWriter};
use crate::{AudioPort, CaptureEnd, PlayoutEnd, time};

struct Counting;

thread_local! {
    static CALLS: Cell<u64> = const { Cell::new(0) };
}

fn count() {
    // A thread on its way out has no cell any more, and is not under test.
    let _ = CALLS.try_with(|calls| calls.set(calls.get() + 1));
}

// SAFETY: every call is passed on to the system's allocator as it is; counting touches only a thread's own cell,
// which is initialised by a constant and has no destructor, so it does not allocate.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller's promises are those `System` asks for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count();
        // SAFETY: as above.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        // SAFETY: as above.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Allocations and releases of this thread while `work` runs.
fn allocations(work: impl FnOnce()) -> u64 {
    let before = CALLS.with(Cell::get);
    work();
    CALLS.with(Cell::get) - before
}

#[test]
fn the_counter_counts() {
    assert!(allocations(|| drop(std::hint::black_box(vec![1_u8; 100]))) >= 2);
}

#[test]
fn the_port_allocates_nothing() {
    let (port, mut capture, mut playout) = AudioPort::new();
    let (mut f32s, mut i16s, mut frame) = ([0.1_f32; 700], [5_i16; 333], [0.0; 480]);
    let count = allocations(|| {
        for round in 0..2_000_u64 {
            let _ = port.push(&f32s, 1 + round * 10_000);
            let _ = port.push_i16(&i16s, 0);
            while capture.read(&mut frame).is_some() {}
            let now = Instant::now();
            if playout.next_deadline(now) <= now {
                let _ = playout.write(&frame);
            }
            let _ = playout.playout_time_of_next_written();
            let _ = port.pull(&mut f32s, 0);
            let _ = port.pull_i16(&mut i16s, time::now_us());
            let _ = (port.stats(), capture.stats(), playout.stats(), capture.state());
        }
    });
    assert_eq!(count, 0);
}

#[test]
fn the_ends_allocate_nothing_while_they_convert_rates() {
    for (rate, channels) in
        [(8_000, 1), (16_000, 1), (44_100, 1), (48_000, 1), (96_000, 1), (44_100, 2), (48_000, 2)]
    {
        let status = Arc::new(Status::new());
        let (mut feed, link) =
            capture_link(ToFrames::new(rate, channels).unwrap(), RING_MS, Arc::clone(&status));
        let (mut capture, _handover) = CaptureEnd::from_link(link, Arc::clone(&status));
        let (mut drain, link) =
            playout_link(FromFrames::new(rate, channels).unwrap(), RING_MS, Arc::clone(&status));
        let (mut playout, _handover) = PlayoutEnd::from_link(link, status);
        let chunk = rate as usize / 100;
        let mut frame = [0.0; 960];
        let frame = &mut frame[..480 * channels];
        let (mut read, mut sum) = (0, 0.0);
        let count = allocations(|| {
            for _ in 0..500 {
                feed.feed(chunk, std::iter::repeat_n(0.5, chunk * channels), 0, time::now_us());
                while capture.read(frame).is_some() {
                    read += 1;
                    let _ = playout.write(frame);
                }
                drain.drain(chunk, time::now_us(), 0, |sample| sum += sample);
            }
        });
        assert_eq!(count, 0, "at {rate} Hz");
        assert!(read >= 498, "{read} frames at {rate} Hz");
        assert!(sum > 0.0);
    }
}

#[test]
fn a_lost_device_costs_no_allocation_either() {
    let status = Arc::new(Status::new());
    let (mut capture, _feed, _handover) = CaptureEnd::new(ToFrames::same(1), RING_MS, Arc::clone(&status));
    let (mut playout, _drain, _handover) = PlayoutEnd::new(FromFrames::same(1), RING_MS, Arc::clone(&status));
    status.set_lost(crate::DeviceError::Lost { cause: "test".to_owned() });
    let mut frame = [0.0; 480];
    let count = allocations(|| {
        for _ in 0..100 {
            let _ = capture.read(&mut frame);
            let _ = playout.next_deadline(Instant::now());
            let _ = playout.write(&frame);
        }
    });
    assert_eq!(count, 0);
}

#[test]
fn file_and_tone_callbacks_allocate_nothing() {
    let status = Arc::new(Status::new());
    let (mut end, feed, _handover) = CaptureEnd::new(ToFrames::same(1), RING_MS, Arc::clone(&status));
    let tone = Generator::tone(440.0, 1).unwrap();
    let mut callback = source::callback(tone, feed, 480, 1, Arc::new(Marks::new(false)), status);
    let file = tempfile::NamedTempFile::new().unwrap();
    let mut writer = WavWriter::create(file.path(), WavFormat::I16).unwrap();
    let mut frame = [0.0; 480];
    let count = allocations(|| {
        for n in 0..300 {
            callback(1_000_000 + n * 10_000);
            while end.read(&mut frame).is_some() {
                writer.write(&frame);
            }
        }
    });
    assert_eq!(count, 0);
}

#[cfg(feature = "cpal")]
mod system {
    use cpal::{InputCallbackInfo, InputStreamTimestamp, OutputCallbackInfo, OutputStreamTimestamp};
    use cpal::{StreamConfig, StreamInstant};

    use super::*;
    use crate::system::stream::{capture_callback, playout_callback};

    #[test]
    fn the_audio_systems_callbacks_allocate_nothing() {
        let settings =
            StreamConfig { channels: 2, sample_rate: 48_000, buffer_size: cpal::BufferSize::Fixed(480) };
        let status = Arc::new(Status::new());
        let (feed, link) = capture_link(ToFrames::same(1), RING_MS, Arc::clone(&status));
        let (mut capture, _handover) = CaptureEnd::from_link(link, Arc::clone(&status));
        let (drain, link) = playout_link(FromFrames::same(1), RING_MS, Arc::clone(&status));
        let (mut playout, _handover) = PlayoutEnd::from_link(link, Arc::clone(&status));
        let mut captured = capture_callback::<i16>(feed, settings);
        let mut played = playout_callback::<i16>(drain, settings);

        // Left at half scale, right silent: heard as a quarter; played on both.
        let microphone: Vec<i16> = (0..960).map(|n| if n % 2 == 0 { 16_384 } else { 0 }).collect();
        let mut speaker = vec![77_i16; 960];
        let mut frame = [0.0; 480];
        let count = allocations(|| {
            for n in 1..200_u64 {
                let at = StreamInstant::from_nanos(n * 10_000_000);
                let input = InputCallbackInfo::new(InputStreamTimestamp { callback: at, capture: at });
                captured(&microphone, &input);
                while capture.read(&mut frame).is_some() {
                    let _ = playout.write(&frame);
                }
                let output = OutputCallbackInfo::new(OutputStreamTimestamp { callback: at, playback: at });
                played(&mut speaker, &output);
            }
        });
        assert_eq!(count, 0);
        assert!(speaker.iter().all(|sample| *sample == 8_192), "{:?}", &speaker[..4]);
        assert_eq!(status.playout_stats().underruns, 0);
    }
}
