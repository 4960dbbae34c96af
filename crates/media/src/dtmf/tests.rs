use super::payload::Event;
use super::*;
use crate::RtpPacket;
use crate::testing::{Random, epoch};
use bytes::Bytes;
use proptest::prelude::*;
use std::time::Duration;

fn rtp(packet: DtmfPacket, sequence: u16) -> RtpPacket {
    let DtmfPacket { marker, timestamp, payload } = packet;
    RtpPacket { audio_level: None, payload_type: 110, marker, sequence, timestamp, ssrc: 7, payload }
}

/// What is sent for `text`, with the tick of each packet.
fn sent(text: &str, config: DtmfSenderConfig) -> Vec<(u32, DtmfPacket)> {
    let mut sender = DtmfSender::new(config);
    assert!(sender.queue(&DtmfTones::parse(text).unwrap()));
    let (mut packets, mut tick) = (Vec::new(), 0);
    while !sender.is_idle() {
        // A clock that wraps on the way.
        packets.extend(sender.tick((u32::MAX - 5_000).wrapping_add(tick * 480)).map(|packet| (tick, packet)));
        tick += 1;
        assert!(tick < 100_000, "it ends");
    }
    packets
}

fn text(tones: impl IntoIterator<Item = DtmfTone>) -> String {
    tones.into_iter().map(DtmfTone::as_char).collect()
}

#[test]
fn a_key_is_sent_as_the_rfc_says() {
    let packets = sent("5", DtmfSenderConfig::default());
    let events: Vec<(u32, bool, Event)> =
        packets.iter().map(|(tick, p)| (*tick, p.marker, Event::parse(&p.payload).unwrap())).collect();
    assert!(packets.iter().all(|(_, packet)| packet.timestamp == u32::MAX - 5_000), "that of the press");
    assert!(events.iter().all(|(_, _, event)| (event.code, event.volume) == (5, 10)));
    let told: Vec<_> = events.iter().map(|(tick, marker, e)| (*tick, *marker, e.end, e.duration)).collect();
    let expected = [
        (0, true, false, 480),
        (1, false, false, 960),
        (3, false, false, 1_920),
        (5, false, false, 2_880),
        (7, false, false, 3_840),
        (9, false, true, 4_800),
        (10, false, true, 4_800),
        (11, false, true, 4_800),
    ];
    assert_eq!(told, expected);
    assert_eq!(packets[0].1.payload[..], [5, 10, 1, 0xe0], "480 is 0x01e0");
    assert_eq!(packets[7].1.payload[..], [5, 0x8a, 0x12, 0xc0]);
}

#[test]
fn keys_follow_each_other_after_a_gap_and_a_comma_waits() {
    let config = DtmfSenderConfig { tone_ms: 50, gap_ms: 50, volume: 0 };
    let starts = |text: &str| -> Vec<u32> {
        sent(text, config).iter().filter(|(_, packet)| packet.marker).map(|(tick, _)| *tick).collect()
    };
    assert_eq!(starts("12"), [0, 10], "50 ms of key, 50 ms of gap");
    assert_eq!(starts("1,2"), [0, 210]);
    let clamped = DtmfSender::new(DtmfSenderConfig { tone_ms: 0, gap_ms: 9_999, volume: 200 });
    assert!(format!("{clamped:?}").contains("tone_ms: 50, gap_ms: 500, volume: 63"));
}

#[test]
fn only_keys_are_taken_and_only_so_many() {
    assert_eq!(
        text(DtmfTones::parse("0123456789*#ABCDabcd").unwrap().iter().flatten()),
        "0123456789*#ABCDABCD"
    );
    assert_eq!(DtmfTones::parse(""), Err(DtmfError::Empty));
    assert_eq!(DtmfTones::parse("12x"), Err(DtmfError::NoKey('x')));
    assert_eq!(DtmfTones::parse(&"1".repeat(33)), Err(DtmfError::TooMany));
    let mut sender = DtmfSender::new(DtmfSenderConfig::default());
    let many = DtmfTones::parse(&"1".repeat(32)).unwrap();
    let taken = (0..10).filter(|_| sender.queue(&many)).count();
    assert_eq!((taken, sender.waiting()), (4, 128));
}

#[test]
fn each_key_is_heard_once_through_loss_doubles_and_disorder() {
    let keys = "112233*#A1";
    let start = epoch();
    for seed in 0..50 {
        let mut random = Random::new(seed);
        let mut packets: Vec<(f64, RtpPacket)> = Vec::new();
        for (number, (tick, packet)) in sent(keys, DtmfSenderConfig::default()).into_iter().enumerate() {
            let packet = rtp(packet, number as u16);
            // A third is lost, but never the last packet of a key thrice; some come twice; all up to 30 ms late.
            let last = Event::parse(&packet.payload).unwrap().end && number % 8 == 7;
            for _ in 0..if random.uniform() < 0.3 { 2 } else { 1 } {
                if last || random.uniform() > 0.33 {
                    packets.push((f64::from(tick) * 10.0 + random.uniform() * 30.0, packet.clone()));
                }
            }
        }
        packets.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut receiver = DtmfReceiver::new();
        let heard: Vec<DtmfTone> = packets
            .iter()
            .filter_map(|(ms, packet)| receiver.receive(start + Duration::from_secs_f64(ms / 1e3), packet))
            .collect();
        assert_eq!(text(heard), keys, "seed {seed}");
    }
}

fn event(code: u8, marker: bool, timestamp: u32, duration: u16) -> RtpPacket {
    let payload = Bytes::copy_from_slice(&Event { code, end: false, volume: 0, duration }.bytes());
    RtpPacket { audio_level: None, payload_type: 110, marker, sequence: 0, timestamp, ssrc: 7, payload }
}

#[test]
fn a_key_that_is_held_for_seconds_is_one_key() {
    let mut receiver = DtmfReceiver::new();
    let mut heard = Vec::new();
    for k in 0..200u32 {
        // Segments of 65 280: the longest whole number of frames.
        let (segment, within) = (k * 960 / 65_280, k * 960 % 65_280);
        let packet = event(3, k == 0, 1_000 + segment * 65_280, within as u16 + 960);
        heard.extend(receiver.receive(epoch() + Duration::from_millis(u64::from(k) * 20), &packet));
    }
    assert_eq!(text(heard), "3");
}

#[test]
fn a_flood_is_bounded_and_what_is_no_key_is_counted() {
    let mut receiver = DtmfReceiver::new();
    let start = epoch();
    let mut tones = 0;
    for k in 0..10_000u32 {
        let at = start + Duration::from_micros(u64::from(k) * 100);
        tones += usize::from(receiver.receive(at, &event((k % 16) as u8, true, k * 480, 480)).is_some());
    }
    assert!(tones <= 60, "{tones} keys in one second");
    assert!(receiver.receive(start, &event(32, true, 0, 0)).is_none(), "a fax's answer tone");
    let short =
        RtpPacket { audio_level: None, payload: Bytes::from_static(&[1, 2, 3]), ..event(1, true, 0, 0) };
    assert!(receiver.receive(start, &short).is_none());
    let stats = receiver.stats();
    assert_eq!((stats.other_events, stats.malformed), (1, 1));
    assert_eq!(stats.tones + stats.flooded, 10_000);
}

proptest! {
    #[test]
    fn any_bytes_are_taken(
        packets in proptest::collection::vec(
            (any::<u32>(), any::<bool>(), 0u32..3, proptest::collection::vec(any::<u8>(), 0..12)), 0..100)
    ) {
        let mut receiver = DtmfReceiver::new();
        let start = epoch();
        let count = packets.len() as u64;
        for (timestamp, marker, ssrc, payload) in packets {
            let payload = Bytes::from(payload);
            receiver.receive(start, &RtpPacket { audio_level: None, payload_type: 110, marker, sequence: 0, timestamp, ssrc, payload });
        }
        let stats = receiver.stats();
        prop_assert_eq!(stats.packets, count);
        prop_assert!(stats.tones <= 33);
    }
}
