//! The jitter buffer alone: packets that carry nothing to decode beyond Opus silence, so that what
//! is measured is ordering, the delay model and the control, with the decoder at its cheapest.

#![allow(clippy::expect_used, reason = "a bench that cannot be set up should stop")]

use bytes::Bytes;
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use liaison_media::{AudioReceiver, AudioReceiverConfig, RtpPacket, SILENCE};
use std::hint::black_box;
use std::time::{Duration, Instant};

/// A silent CELT frame of 20 ms.
fn packet(number: u32) -> RtpPacket {
    RtpPacket {
        payload_type: 111,
        marker: false,
        sequence: number as u16,
        timestamp: number.wrapping_mul(960),
        ssrc: 1,
        payload: Bytes::from_static(&[0xf8, 0xff, 0xfe]),
    }
}

/// A receiver that has played 20 s of an even stream.
fn warm(start: Instant) -> (AudioReceiver, u32) {
    let mut receiver = AudioReceiver::new(AudioReceiverConfig::default()).expect("valid");
    let mut frame = SILENCE;
    for number in 0..1_000u32 {
        let now = start + Duration::from_millis(20 * u64::from(number));
        receiver.insert(now, packet(number));
        receiver.pull(now, &mut frame);
        receiver.pull(now + Duration::from_millis(10), &mut frame);
    }
    (receiver, 1_000)
}

fn insert(c: &mut Criterion) {
    let start = Instant::now();
    c.bench_function("jitter insert", |b| {
        let (mut receiver, mut number) = warm(start);
        let mut frame = SILENCE;
        b.iter_custom(|rounds| {
            let mut spent = Duration::ZERO;
            for _ in 0..rounds {
                let now = start + Duration::from_millis(20 * u64::from(number));
                let packet = packet(number);
                let begun = Instant::now();
                receiver.insert(now, black_box(packet));
                spent += begun.elapsed();
                receiver.pull(now, &mut frame);
                receiver.pull(now + Duration::from_millis(10), &mut frame);
                number += 1;
            }
            spent
        });
    });
    c.bench_function("jitter insert, 50 packets in reverse", |b| {
        b.iter_batched_ref(
            || warm(start),
            |(receiver, number)| {
                let now = start + Duration::from_millis(20 * u64::from(*number) + 1_000);
                for ahead in (0..50).rev() {
                    receiver.insert(now, packet(*number + ahead));
                }
            },
            BatchSize::LargeInput,
        );
    });
}

fn get(c: &mut Criterion) {
    let start = Instant::now();
    c.bench_function("jitter get (pull of a decoded frame)", |b| {
        let (mut receiver, mut number) = warm(start);
        let mut frame = SILENCE;
        b.iter_custom(|rounds| {
            let mut spent = Duration::ZERO;
            for _ in 0..rounds {
                let now = start + Duration::from_millis(20 * u64::from(number));
                receiver.insert(now, packet(number));
                let begun = Instant::now();
                receiver.pull(now, black_box(&mut frame));
                receiver.pull(now + Duration::from_millis(10), black_box(&mut frame));
                spent += begun.elapsed() / 2;
                number += 1;
            }
            spent
        });
    });
}

criterion_group!(benches, insert, get);
criterion_main!(benches);
