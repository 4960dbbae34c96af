//! Whatever a peer sends: no panic, no unbounded memory, samples that are numbers, and the stream
//! works again afterwards.

mod harness;

use harness::speech::Speech;
use liaison_media::{
    AudioReceiver, AudioReceiverConfig, AudioSender, AudioSenderConfig, PullKind, RtpPacket, SILENCE,
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
        let config = AudioSenderConfig { complexity: 0, packet_time_ms: 10, ..AudioSenderConfig::default() };
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
                        RtpPacket { payload_type, marker: false, sequence, timestamp, ssrc, payload };
                    receiver.insert(now, packet);
                }
                Act::Twisted { ahead, later, cut, flip } => {
                    let mut payload = last.payload.to_vec();
                    payload.truncate(payload.len().saturating_sub(usize::from(cut) / 8));
                    if let Some(byte) = payload.get_mut(usize::from(cut) % 40) {
                        *byte ^= flip;
                    }
                    let packet = RtpPacket {
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
