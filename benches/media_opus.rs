//! Opus as the house sets it: 48 kHz mono, VOIP, 20 ms.

#![allow(clippy::expect_used, reason = "a bench that cannot be set up should stop")]

use criterion::{Criterion, criterion_group, criterion_main};
use liaison_media::codec::{MAX_PACKET_SAMPLES, OpusDecoder, OpusDred, OpusEncoder, OpusEncoderConfig};
use liaison_media::{AudioSender, AudioSenderConfig, FRAME_SAMPLES, Frame, NetworkReport, RedPayload};
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
    for deep in [false, true] {
        let name = if deep { "deep" } else { "classic" };
        c.bench_function(&format!("opus conceal 10 ms, {name}"), |b| {
            decoder.decode(&packets[k], &mut out).expect("decodes");
            b.iter(|| decoder.conceal(black_box(&mut out[..480]), deep).expect("conceals"));
        });
    }
}

/// Deep redundancy: what it costs to send, to read and to play.
fn dred(c: &mut Criterion) {
    let voice = voice();
    let mut bytes = [0; 1_200];
    let deep_encoder = || {
        let mut encoder = encoder(9, 20);
        encoder.set_bitrate(64_000).expect("valid");
        encoder.set_dred_ms(200).expect("valid");
        encoder
    };
    c.bench_function("opus encode 20 ms with 200 ms of DRED", |b| {
        let (mut encoder, mut k) = (deep_encoder(), 0);
        b.iter(|| {
            k = (k + 1) % voice.len();
            encoder.encode(black_box(&voice[k]), &mut bytes).expect("encodes")
        });
    });
    let mut encoder = deep_encoder();
    let packets: Vec<Vec<u8>> = voice
        .iter()
        .map(|samples| {
            let n = encoder.encode(samples, &mut bytes).expect("encodes");
            bytes[..n].to_vec()
        })
        .collect();
    let (mut decoder, mut dred) = (OpusDecoder::new().expect("made"), OpusDred::new().expect("made"));
    let mut out = [0.0; MAX_PACKET_SAMPLES];
    for packet in &packets[..20] {
        decoder.decode(packet, &mut out).expect("decodes");
    }
    let span = dred.parse(&packets[30], 9_600).expect("parses");
    assert!(span.from > 1_920, "the packet has deep redundancy: {span:?}");
    c.bench_function("DRED read, 100 ms", |b| {
        b.iter(|| dred.parse(black_box(&packets[30]), 4_800).expect("parses"));
    });
    c.bench_function("DRED play 10 ms", |b| {
        b.iter(|| decoder.decode_dred(&dred, black_box(1_920), &mut out[..480]).expect("decodes"));
    });
}

/// A sender's packet, by what protects it.
fn sender(c: &mut Criterion) {
    let frames: Vec<Frame> = voice()
        .iter()
        .flat_map(|packet| [&packet[..FRAME_SAMPLES], &packet[FRAME_SAMPLES..]].map(|half| half.to_vec()))
        .map(|half| std::array::from_fn(|i| half[i]))
        .collect();
    let start = std::time::Instant::now();
    for (name, loss, burst, budget) in [
        ("alone", 0.0, 0.0, 54_400),
        ("with in-band FEC and filling copies", 0.05, 1.0, 54_400),
        ("with copies coded for themselves", 0.3, 2.0, 54_400),
        ("with copies and DRED", 0.3, 4.0, 90_000),
    ] {
        let config =
            AudioSenderConfig { red_payload_type: Some(63), dred: true, ..AudioSenderConfig::default() };
        let mut sender = AudioSender::new(config).expect("valid");
        sender.set_wire_budget_bps(budget);
        for _ in 0..10 {
            sender.set_network(NetworkReport { fraction_lost: loss, mean_burst_packets: burst });
        }
        let mut k = 0;
        c.bench_function(&format!("sender, 20 ms packet {name}"), |b| {
            b.iter(|| {
                for _ in 0..2 {
                    k = (k + 1) % frames.len();
                    black_box(sender.push(start, &frames[k], start).expect("encodes"));
                }
            });
        });
    }
    let red = [&[0x80 | 111, 0x0f, 0x00, 40, 111][..], &[7; 120]].concat();
    c.bench_function("RED parse", |b| b.iter(|| RedPayload::parse(black_box(&red)).expect("parses")));
}

criterion_group!(benches, encode, decode, dred, sender);
criterion_main!(benches);
