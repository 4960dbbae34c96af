//! Opus as the house sets it: 48 kHz mono, VOIP, 20 ms.

#![allow(clippy::expect_used, reason = "a bench that cannot be set up should stop")]

use criterion::{Criterion, criterion_group, criterion_main};
use liaison_media::codec::{MAX_PACKET_SAMPLES, OpusDecoder, OpusEncoder, OpusEncoderConfig};
use std::hint::black_box;

/// A second of something voiced, in packets of 20 ms.
fn voice() -> Vec<Vec<f32>> {
    let wave = |i: usize| {
        let t = i as f32 / 48_000.0;
        let pitch = 130.0 + 20.0 * (t * 9.0).sin();
        (1..10).map(|k| (t * pitch * k as f32 * std::f32::consts::TAU).sin() / k as f32).sum::<f32>() * 0.1
    };
    (0..50).map(|p| (0..960).map(|i| wave(p * 960 + i)).collect()).collect()
}

fn encoder(complexity: u8, loss: u8) -> OpusEncoder {
    let config = OpusEncoderConfig { bitrate_bps: 32_000, complexity, ..OpusEncoderConfig::default() };
    let mut encoder = OpusEncoder::new(config).expect("valid");
    encoder.set_expected_loss(loss).expect("valid");
    encoder
}

fn encode(c: &mut Criterion) {
    let voice = voice();
    for complexity in [0, 5, 9, 10] {
        c.bench_function(&format!("opus encode 20 ms, complexity {complexity}"), |b| {
            let (mut encoder, mut out, mut k) = (encoder(complexity, 0), [0; 1_200], 0);
            b.iter(|| {
                k = (k + 1) % voice.len();
                encoder.encode(black_box(&voice[k]), &mut out).expect("encodes")
            });
        });
    }
}

fn decode(c: &mut Criterion) {
    let mut out = [0.0; MAX_PACKET_SAMPLES];
    let (mut encoder, mut bytes) = (encoder(9, 10), [0; 1_200]);
    let packets: Vec<Vec<u8>> = voice()
        .iter()
        .map(|samples| {
            let n = encoder.encode(samples, &mut bytes).expect("encodes");
            bytes[..n].to_vec()
        })
        .collect();
    let mut decoder = OpusDecoder::new().expect("made");
    let mut k = 0;
    c.bench_function("opus decode 20 ms", |b| {
        b.iter(|| {
            k = (k + 1) % packets.len();
            decoder.decode(black_box(&packets[k]), &mut out).expect("decodes")
        });
    });
    c.bench_function("opus decode 20 ms from the next packet (FEC)", |b| {
        b.iter(|| {
            k = (k + 1) % packets.len();
            decoder.decode_fec(black_box(&packets[k]), &mut out[..960]).expect("decodes")
        });
    });
    c.bench_function("opus conceal 10 ms", |b| {
        b.iter(|| decoder.conceal(black_box(&mut out[..480]), false).expect("conceals"));
    });
}

criterion_group!(benches, encode, decode);
criterion_main!(benches);
