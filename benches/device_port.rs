//! The app-owned audio port and the rings beneath it: what an app's audio callback and the media thread pay for
//! 10 ms of sound.

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use liaison_device::{AudioPort, FRAME_SAMPLES, time};
use std::hint::black_box;
use std::time::Instant;

fn port(c: &mut Criterion) {
    let mut group = c.benchmark_group("device_port");
    group.throughput(Throughput::Elements(FRAME_SAMPLES as u64));

    let (port, mut capture, mut playout) = AudioPort::new();
    let mut frame = [0.1_f32; FRAME_SAMPLES];
    let mut i16s = [100_i16; FRAME_SAMPLES];

    // Emptied between batches, so that every push finds room.
    group.bench_function("push_10ms", |b| {
        b.iter_batched(
            || capture.discard_queued(),
            |()| port.push(black_box(&frame), time::now_us()),
            BatchSize::PerIteration,
        );
    });
    group.bench_function("push_i16_10ms", |b| {
        b.iter_batched(
            || capture.discard_queued(),
            |()| port.push_i16(black_box(&i16s), time::now_us()),
            BatchSize::PerIteration,
        );
    });
    group.bench_function("push_and_read_10ms", |b| {
        b.iter(|| {
            let _ = port.push(black_box(&frame), time::now_us());
            black_box(capture.read(&mut frame))
        });
    });
    group.bench_function("deadline_write_and_pull_10ms", |b| {
        b.iter(|| {
            let deadline = playout.next_deadline(Instant::now());
            let _ = playout.write(black_box(&frame));
            let _ = port.pull(&mut frame, 0);
            black_box(deadline)
        });
    });
    group.bench_function("write_and_pull_i16_10ms", |b| {
        b.iter(|| {
            let _ = playout.write(black_box(&frame));
            black_box(port.pull_i16(&mut i16s, 0))
        });
    });
    // What an app that pulls too early pays.
    group.bench_function("pull_nothing_10ms", |b| b.iter(|| black_box(port.pull(&mut frame, 0))));
    group.finish();
}

criterion_group!(benches, port);
criterion_main!(benches);
