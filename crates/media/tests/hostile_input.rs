//! Whatever a peer sends: no panic, no unbounded memory, samples that are numbers, and the stream
//! works again afterwards.

#![allow(clippy::unwrap_used, reason = "what cannot be set up should stop the test")]

mod harness;

use harness::speech::Speech;
use liaison_media::{
    AudioReceiver, AudioReceiverConfig, AudioSender, AudioSenderConfig, PullKind, ReceiverStats, RtpPacket,
    SILENCE,
};
use proptest::prelude::*;
use std::time::Duration;

#[derive(Debug, Clone)]
enum Act {
    /// Pull so many frames.
    Pull(u8),
    /// A packet of arbitrary fields.
    Random { sequence: u16, timestamp: u32, ssrc: u8, payload_type: u8, payload: Vec<u8> },
    /// A well-formed packet moved in number and time, its payload damaged.
    Twisted { ahead: i16, later: i32, cut: u8, flip: u8 },
    /// Packets of an honest sender.
    Honest(u8),
    /// The clock jumps by so many ms.
    Wait(u16),
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        (0u8..20).prop_map(Act::Pull),
        (any::<u16>(), any::<u32>(), 0u8..3, 109u8..113, proptest::collection::vec(any::<u8>(), 0..80))
            .prop_map(|(sequence, timestamp, ssrc, payload_type, payload)| Act::Random {
                sequence,
                timestamp,
                ssrc,
                payload_type,
                payload
            }),
        (-600i16..600, -100_000i32..1_000_000, any::<u8>(), any::<u8>())
            .prop_map(|(ahead, later, cut, flip)| Act::Twisted { ahead, later, cut, flip }),
        (1u8..30).prop_map(Act::Honest),
        (0u16..3_000).prop_map(Act::Wait),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn nothing_a_peer_sends_breaks_the_receiver(acts in proptest::collection::vec(act(), 1..60)) {
        let mut now = harness::call::epoch();
        let mut receiver = AudioReceiver::new(AudioReceiverConfig::default()).unwrap();
        let config = AudioSenderConfig { complexity: 0, packet_time_us: 10_000, ..AudioSenderConfig::default() };
        let mut sender = AudioSender::new(config).unwrap();
        sender.set_expected_loss(20);
        let mut speech = Speech::new(1);
        let start = now;
        let mut honest = || sender.push(start, &speech.frame(), start).unwrap().unwrap();
        let mut last = honest();
        let mut frame = SILENCE;
        for act in acts {
            match act {
                Act::Pull(frames) => {
                    for _ in 0..frames {
                        receiver.pull(now, &mut frame);
                        prop_assert!(frame.iter().all(|sample| sample.is_finite() && sample.abs() < 4.0));
                        now += Duration::from_millis(10);
                    }
                }
                Act::Random { sequence, timestamp, ssrc, payload_type, payload } => {
                    let (ssrc, payload) = (u32::from(ssrc), payload.into());
                    let packet =
                        RtpPacket { audio_level: None, payload_type, marker: false, sequence, timestamp, ssrc, payload };
                    receiver.insert(now, packet);
                }
                Act::Twisted { ahead, later, cut, flip } => {
                    let mut payload = last.payload.to_vec();
                    payload.truncate(payload.len().saturating_sub(usize::from(cut) / 8));
                    if let Some(byte) = payload.get_mut(usize::from(cut) % 40) {
                        *byte ^= flip;
                    }
                    let packet = RtpPacket { audio_level: None,
                        sequence: last.sequence.wrapping_add_signed(ahead),
                        timestamp: last.timestamp.wrapping_add_signed(later),
                        payload: payload.into(),
                        ..last.clone()
                    };
                    receiver.insert(now, packet);
                }
                Act::Honest(packets) => {
                    for _ in 0..packets {
                        last = honest();
                        receiver.insert(now, last.clone());
                        receiver.pull(now, &mut frame);
                        now += Duration::from_millis(10);
                    }
                }
                Act::Wait(ms) => now += Duration::from_millis(u64::from(ms)),
            }
        }
        // An honest stream is played again, at the latest once the disturbed one would have ended.
        let mut decoded = 0;
        for k in 0..900 {
            receiver.insert(now, honest());
            let kind = receiver.pull(now, &mut frame);
            decoded += usize::from(k >= 800 && kind == PullKind::Decoded);
            now += Duration::from_millis(10);
        }
        prop_assert!(decoded >= 95, "{decoded} of the last 100 frames, {:?}", receiver.stats());
    }
}

#[test]
fn a_flood_is_bounded() {
    let now = harness::call::epoch();
    let mut receiver = AudioReceiver::new(AudioReceiverConfig::default()).unwrap();
    let mut frame = SILENCE;
    // Very many packets, each at the edge of what still counts as the same stream, never pulled …
    let payload = bytes::Bytes::from_static(&[0x78, 1, 2, 3]);
    for k in 0..100_000u32 {
        let packet = RtpPacket {
            audio_level: None,
            payload_type: 111,
            marker: false,
            sequence: (k * 499) as u16,
            timestamp: k.wrapping_mul(499 * 960),
            ssrc: 1,
            payload: payload.clone(),
        };
        receiver.insert(now, packet);
    }
    // … and still a pull takes a bounded time.
    for k in 0..100 {
        receiver.pull(now + Duration::from_millis(10 * k), &mut frame);
    }
    assert_eq!(receiver.stats().packets_received, 100_000);
}

/// One packet after another every 20 ms, each told by `fate` how to be and when (ms from now) to come.
fn receive(seconds: u32, mut fate: impl FnMut(u32, &mut RtpPacket)) -> (ReceiverStats, Vec<PullKind>) {
    let start = harness::call::epoch();
    let mut receiver = AudioReceiver::new(AudioReceiverConfig::default()).unwrap();
    let config = AudioSenderConfig { complexity: 0, ..AudioSenderConfig::default() };
    let mut sender = AudioSender::new(config).unwrap();
    let (mut speech, mut frame, mut kinds, mut number) = (Speech::new(1), SILENCE, Vec::new(), 0);
    for tick in 0..seconds * 100 {
        let now = start + Duration::from_millis(10) * tick;
        if let Some(mut packet) = sender.push(now, &speech.frame(), now).unwrap() {
            fate(number, &mut packet);
            number += 1;
            receiver.insert(now, packet);
        }
        kinds.push(receiver.pull(now, &mut frame));
        assert!(frame.iter().all(|sample| sample.is_finite() && sample.abs() < 4.0));
    }
    (receiver.stats(), kinds)
}

/// Share of the pulls after the first two seconds that were decoded.
fn decoded(kinds: &[PullKind]) -> f64 {
    let kinds = &kinds[200..];
    kinds.iter().filter(|kind| **kind == PullKind::Decoded).count() as f64 / kinds.len() as f64
}

#[test]
fn truncated_packets_are_played_or_counted() {
    let (stats, kinds) = receive(20, |k, packet| {
        if k % 4 == 1 {
            packet.payload.truncate((k / 4) as usize % 12);
        }
    });
    assert!(stats.packets_discarded >= 15, "the empty ones: {}", stats.packets_discarded);
    assert!(decoded(&kinds) > 0.70, "{}", decoded(&kinds));
}

#[test]
fn oversized_packets_are_counted() {
    let (stats, kinds) = receive(20, |k, packet| {
        if k % 10 == 5 {
            packet.payload = vec![0x78; 60_000].into();
        }
    });
    assert_eq!(stats.packets_discarded, 100);
    assert!(decoded(&kinds) > 0.8, "{}", decoded(&kinds));
}

#[test]
fn packets_that_lie_about_their_length_are_counted() {
    let (stats, kinds) = receive(20, |k, packet| {
        packet.payload = match k % 20 {
            // Code 2 (RFC 6716 section 3.2.4): a first frame longer than the packet; code 3: more
            // frames, more padding, more sound than there can be; code 1: an odd length.
            3 => vec![0x7a, 0xfc, 0xff, 1].into(),
            7 => vec![0x7b, 0x3f, 1, 2].into(),
            11 => vec![0x7b, 0x41, 0xff, 0xff, 0xff].into(),
            15 => vec![0x79, 1, 2, 3].into(),
            _ => return,
        };
    });
    assert!(stats.packets_discarded >= 190, "{}", stats.packets_discarded);
    assert!(decoded(&kinds) > 0.7, "{}", decoded(&kinds));
}

#[test]
fn types_that_were_not_negotiated_are_counted() {
    let (stats, kinds) = receive(20, |k, packet| {
        if k % 5 == 2 {
            packet.payload_type = [0, 8, 63, 110, 127][k as usize / 5 % 5];
        }
    });
    assert_eq!(stats.packets_unknown_payload_type, 200);
    assert!(decoded(&kinds) > 0.7, "{}", decoded(&kinds));
}

#[test]
fn a_replay_is_heard_once() {
    let mut past: Vec<RtpPacket> = Vec::new();
    let start = harness::call::epoch();
    let mut receiver = AudioReceiver::new(AudioReceiverConfig::default()).unwrap();
    let mut sender = AudioSender::new(AudioSenderConfig { complexity: 0, ..Default::default() }).unwrap();
    let (mut speech, mut frame, mut kinds) = (Speech::new(1), SILENCE, Vec::new());
    for tick in 0..3_000u32 {
        let now = start + Duration::from_millis(10) * tick;
        if let Some(packet) = sender.push(now, &speech.frame(), now).unwrap() {
            past.push(packet.clone());
            receiver.insert(now, packet);
            // All of the last second again, and one from long ago.
            past.iter().rev().skip(1).take(50).for_each(|packet| receiver.insert(now, packet.clone()));
            let old = past[(tick as usize * 7_919) % past.len()].clone();
            receiver.insert(now, old);
        }
        kinds.push(receiver.pull(now, &mut frame));
    }
    let stats = receiver.stats();
    assert_eq!(stats.stream_restarts, 0, "{stats:?}");
    assert!(stats.packets_duplicated > 70_000, "{stats:?}");
    assert_eq!(stats.concealed_samples, 0, "{stats:?}");
    assert!(decoded(&kinds) > 0.999);
}

#[test]
fn thousands_of_places_off_is_not_in_the_stream() {
    let (stats, kinds) = receive(30, |k, packet| {
        if k % 10 == 4 {
            packet.sequence = packet.sequence.wrapping_add(2_000 + (k * 37 % 30_000) as u16);
            packet.timestamp = packet.timestamp.wrapping_add(960 * 20_000);
        }
    });
    assert_eq!((stats.packets_out_of_stream, stats.stream_restarts), (150, 0), "{stats:?}");
    assert!(decoded(&kinds) > 0.8, "{}", decoded(&kinds));
}

#[test]
fn timestamps_that_run_backwards_begin_anew_and_are_bounded() {
    let (stats, _) = receive(20, |k, packet| {
        if (300..600).contains(&k) {
            packet.timestamp = 40_000_000u32.wrapping_sub(k * 960);
        }
    });
    assert!(stats.packets_out_of_stream >= 100, "{stats:?}");
    assert!(stats.total_samples_received <= 20 * 48_000);
    // And all is well with an honest one afterwards.
    let (stats, kinds) = receive(30, |k, packet| {
        if (300..400).contains(&k) {
            packet.timestamp = 40_000_000u32.wrapping_sub(k * 960);
        }
    });
    let end = &kinds[2_500..];
    assert!(end.iter().all(|kind| *kind == PullKind::Decoded), "{stats:?}");
}

/// A sender whose clock is no clock: 8 % fast or slow. The delay stays in its limits.
#[test]
fn a_sender_at_the_wrong_rate_is_kept_up_with() {
    for pace in [0.92, 1.08] {
        let start = harness::call::epoch();
        let mut receiver = AudioReceiver::new(AudioReceiverConfig::default()).unwrap();
        let mut sender = AudioSender::new(AudioSenderConfig { complexity: 0, ..Default::default() }).unwrap();
        let (mut speech, mut frame, mut kinds, mut pushed) = (Speech::new(1), SILENCE, Vec::new(), 0u32);
        for tick in 0..6_000u32 {
            let now = start + Duration::from_millis(10) * tick;
            while f64::from(pushed) <= f64::from(tick) * pace {
                pushed += 1;
                if let Some(packet) = sender.push(now, &speech.frame(), now).unwrap() {
                    receiver.insert(now, packet);
                }
            }
            kinds.push(receiver.pull(now, &mut frame));
            if let Some(playhead) = receiver.playout_timestamp().filter(|_| tick > 200) {
                let behind = f64::from(pushed) * 10.0 - f64::from(playhead) / 48.0;
                assert!((0.0..900.0).contains(&behind), "pace {pace}, tick {tick}: {behind} ms behind");
            }
        }
        let stats = receiver.stats();
        println!("pace {pace}: decoded {:.3}, {stats:?}", decoded(&kinds));
        assert!(decoded(&kinds) > 0.8, "pace {pace}: {}", decoded(&kinds));
        assert!(stats.drift_ppm.abs() <= 1_000.0);
    }
}

/// 20 to 60 to 10 ms in mid-stream, without a gap.
#[test]
fn the_packet_time_may_change() {
    let start = harness::call::epoch();
    let mut receiver = AudioReceiver::new(AudioReceiverConfig::default()).unwrap();
    let mut sender = AudioSender::new(AudioSenderConfig { complexity: 0, ..Default::default() }).unwrap();
    let (mut speech, mut frame, mut behind) = (Speech::new(1), SILENCE, 0.0);
    for tick in 0..6_000u32 {
        let now = start + Duration::from_millis(10) * tick;
        if tick % 1_000 == 0 {
            let ms = [20, 60, 10, 120, 20, 40][tick as usize / 1_000];
            sender.set_packet_time_us(ms * 1_000);
        }
        if let Some(packet) = sender.push(now, &speech.frame(), now).unwrap() {
            receiver.insert(now, packet);
        }
        receiver.pull(now, &mut frame);
        if let Some(playhead) = receiver.playout_timestamp() {
            behind = f64::from(tick + 1) * 10.0 - f64::from(playhead) / 48.0;
        }
        if tick % 1_000 == 999 {
            let ms = [20, 60, 10, 120, 20, 40][tick as usize / 1_000];
            println!("packets of {ms} ms: {behind:.1} ms behind");
            assert!(behind < f64::from(ms) + 15.0, "{behind} ms behind with packets of {ms} ms");
        }
    }
    let stats = receiver.stats();
    println!("{stats:?}");
    // A longer packet than ever before cannot be waited for beforehand: that once each.
    assert!(stats.concealed_samples < 48 * (40 + 110 + 30), "{stats:?}");
    assert_eq!((stats.packets_lost, stats.packets_discarded, stats.stream_restarts), (0, 0, 0));
}
