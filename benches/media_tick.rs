//! The media thread's 10 ms: a whole send tick and a whole receive tick, with a histogram beside
//! criterion's means, because a deadline is missed by the slowest tick, not by the mean.

#![allow(clippy::expect_used, reason = "a bench that cannot be set up should stop")]

mod support;

use criterion::{Criterion, criterion_group, criterion_main};
use liaison_media::{
    AudioReceiver, AudioReceiverConfig, AudioSender, AudioSenderConfig, Mixer, RtpPacket, SILENCE,
};
use std::hint::black_box;
use std::time::{Duration, Instant};
use support::{print_ticks, voice};

const TICK: Duration = Duration::from_millis(10);

fn sender() -> AudioSender {
    let mut sender = AudioSender::new(AudioSenderConfig::default()).expect("valid");
    sender.set_expected_loss(5);
    sender
}

/// Jitter that is the same every time: 0–30 ms, and every 25th packet lost.
fn fate(number: u32) -> Option<u32> {
    let mixed = number.wrapping_mul(2_654_435_761) >> 24;
    (!number.is_multiple_of(25)).then_some(mixed % 4)
}

fn send(c: &mut Criterion) {
    let voice = voice(130.0);
    let start = Instant::now();
    let (mut sender, mut k) = (sender(), 0);
    let mut tick = |spent: &mut Duration| {
        k += 1;
        let now = start + TICK * k;
        let begun = Instant::now();
        black_box(sender.push(now, &voice[k as usize % voice.len()], now).expect("encodes"));
        *spent = begun.elapsed();
    };
    let mut ticks = vec![Duration::ZERO; 10_000];
    ticks.iter_mut().for_each(&mut tick);
    print_ticks("send tick", ticks);
    c.bench_function("send tick, 10 ms (a packet every other)", |b| {
        b.iter_custom(|rounds| {
            let (mut total, mut spent) = (Duration::ZERO, Duration::ZERO);
            for _ in 0..rounds {
                tick(&mut spent);
                total += spent;
            }
            total
        });
    });
}

fn receive(c: &mut Criterion) {
    let start = Instant::now();
    let mut sender = sender();
    let packets: Vec<RtpPacket> =
        voice(130.0).iter().filter_map(|frame| sender.push(start, frame, start).expect("encodes")).collect();
    for senders in [1usize, 4] {
        let mut receivers: Vec<AudioReceiver> = (0..senders)
            .map(|_| AudioReceiver::new(AudioReceiverConfig::default()).expect("valid"))
            .collect();
        let (mut mixer, mut heard, mut mix) = (Mixer::new(), SILENCE, SILENCE);
        let mut k = 0u32;
        // Packets on their way, by the tick in which they arrive.
        let mut ring: Vec<Vec<RtpPacket>> = (0..8).map(|_| Vec::with_capacity(8)).collect();
        let mut tick = |spent: &mut Duration| {
            let now = start + TICK * k;
            if k.is_multiple_of(2) {
                let number = k / 2;
                if let Some(late) = fate(number) {
                    let sent = &packets[number as usize % packets.len()];
                    let packet = RtpPacket {
                        sequence: number as u16,
                        timestamp: number.wrapping_mul(960),
                        ..sent.clone()
                    };
                    ring[((k + late) % 8) as usize].push(packet);
                }
            }
            let arrived = &mut ring[(k % 8) as usize];
            let begun = Instant::now();
            for packet in arrived.drain(..) {
                for receiver in &mut receivers {
                    receiver.insert(now, packet.clone());
                }
            }
            mixer.begin();
            for receiver in &mut receivers {
                receiver.pull(now, &mut heard);
                mixer.add(&heard, 1.0);
            }
            mixer.finish(&mut mix);
            black_box(&mix);
            *spent = begun.elapsed();
            k += 1;
        };
        let mut ticks = vec![Duration::ZERO; 10_000];
        ticks.iter_mut().for_each(&mut tick);
        print_ticks(&format!("receive tick, {senders} sender(s), jitter and loss"), ticks);
        c.bench_function(&format!("receive tick, 10 ms, {senders} sender(s), jitter and loss"), |b| {
            b.iter_custom(|rounds| {
                let (mut total, mut spent) = (Duration::ZERO, Duration::ZERO);
                for _ in 0..rounds {
                    tick(&mut spent);
                    total += spent;
                }
                total
            });
        });
    }
}

criterion_group!(benches, send, receive);
criterion_main!(benches);
