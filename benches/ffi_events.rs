//! What the C interface costs over the Rust call beneath it: taking an event, and pushing and pulling 10 ms of audio.
#![allow(clippy::unwrap_used, reason = "a benchmark that cannot begin should stop")]

use std::hint::black_box;
use std::time::Duration;

use ::liaison_engine::{Engine, EngineConfig};
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use liaison::audio::{
    liaison_audio_port, liaison_audio_port_free, liaison_audio_port_pull, liaison_audio_port_push,
};
use liaison::config::{liaison_audio_mode, liaison_engine_config, liaison_engine_config_init};
use liaison::engine::{liaison_engine, liaison_engine_free, liaison_engine_new, liaison_engine_sign_out};
use liaison::poll::liaison_engine_next_event;
use liaison::text::liaison_str;
use liaison::version::LIAISON_ABI;
use liaison_device::{AudioPort, FRAME_SAMPLES, time};

const ENDPOINT: &str = "https://127.0.0.1:1";
const CA: &str = include_str!("../crates/ffi/testdata/ca.pem");
/// Events drained at a time.
const EVENTS: u64 = 64;

fn rust_engine() -> Engine {
    let mut config = EngineConfig::new(ENDPOINT);
    config.ca_pem = Some(CA.to_owned());
    Engine::new(config).unwrap()
}

fn c_engine() -> *mut liaison_engine {
    let text = |text: &'static str| liaison_str { data: text.as_ptr().cast(), length: text.len() };
    let mut engine = std::ptr::null_mut();
    // SAFETY: config and output are live, and zero is a valid config.
    #[expect(unsafe_code, reason = "it is the C interface that is measured")]
    unsafe {
        let mut config: liaison_engine_config = std::mem::zeroed();
        assert_eq!(liaison_engine_config_init(&mut config, size_of::<liaison_engine_config>()), 0);
        config.endpoint = text(ENDPOINT);
        config.ca_pem = text(CA);
        config.audio_mode = liaison_audio_mode::None as i32;
        assert_eq!(liaison_engine_new(LIAISON_ABI, &config, &mut engine), 0);
    }
    engine
}

/// Lets the engine's control task answer.
fn settle() {
    std::thread::sleep(Duration::from_millis(5));
}

#[expect(unsafe_code, reason = "it is the C interface that is measured")]
fn events(c: &mut Criterion) {
    let rust = rust_engine();
    let engine = c_engine();

    let mut group = c.benchmark_group("poll_nothing");
    group.bench_function("rust", |b| b.iter(|| black_box(rust.next_event())));
    // SAFETY: the engine is live until the end of this function.
    group.bench_function("c", |b| b.iter(|| black_box(unsafe { liaison_engine_next_event(engine) })));
    group.finish();

    let mut group = c.benchmark_group("poll_64_events");
    group.throughput(Throughput::Elements(EVENTS));
    group.bench_function("rust", |b| {
        let fill = || {
            for _ in 0..EVENTS {
                let _ = black_box(rust.sign_out());
            }
            settle();
        };
        b.iter_batched(fill, |()| while black_box(rust.next_event()).is_some() {}, BatchSize::PerIteration);
    });
    group.bench_function("c", |b| {
        // SAFETY: as above; no operation number is asked for.
        let fill = || unsafe {
            for _ in 0..EVENTS {
                black_box(liaison_engine_sign_out(engine, std::ptr::null_mut()));
            }
            settle();
        };
        // SAFETY: as above.
        let drain = |()| while !black_box(unsafe { liaison_engine_next_event(engine) }).is_null() {};
        b.iter_batched(fill, drain, BatchSize::PerIteration);
    });
    group.finish();
    // SAFETY: nothing uses it any more.
    unsafe { liaison_engine_free(engine) };
}

#[expect(unsafe_code, reason = "it is the C interface that is measured")]
fn audio(c: &mut Criterion) {
    let (port, mut capture, mut playout) = AudioPort::new();
    let handle = liaison_audio_port::allocate(port.clone());
    let mut frame = [0.1_f32; FRAME_SAMPLES];
    let now = time::now_us();

    let mut group = c.benchmark_group("push_10ms");
    group.throughput(Throughput::Elements(FRAME_SAMPLES as u64));
    group.bench_function("rust", |b| {
        let empty = || capture.discard_queued();
        b.iter_batched(empty, |()| black_box(port.push(black_box(&frame), now)), BatchSize::PerIteration);
    });
    group.bench_function("c", |b| {
        let empty = || capture.discard_queued();
        // SAFETY: the port is live, the frame has its samples.
        let push = |()| unsafe {
            black_box(liaison_audio_port_push(handle, black_box(&frame).as_ptr(), FRAME_SAMPLES, now as i64))
        };
        b.iter_batched(empty, push, BatchSize::PerIteration);
    });
    group.finish();

    let mut group = c.benchmark_group("pull_10ms");
    group.throughput(Throughput::Elements(FRAME_SAMPLES as u64));
    let full = [0.1_f32; FRAME_SAMPLES];
    group.bench_function("rust", |b| {
        b.iter(|| {
            let _ = playout.write(black_box(&full));
            black_box(port.pull(&mut frame, 0))
        });
    });
    group.bench_function("c", |b| {
        b.iter(|| {
            let _ = playout.write(black_box(&full));
            // SAFETY: the port is live, the frame has room.
            black_box(unsafe { liaison_audio_port_pull(handle, frame.as_mut_ptr(), FRAME_SAMPLES, 0) })
        });
    });
    group.finish();
    // SAFETY: nothing uses it any more.
    unsafe { liaison_audio_port_free(handle) };
}

criterion_group!(benches, events, audio);
criterion_main!(benches);
