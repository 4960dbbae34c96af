//! Keys sent in the middle of speech: the speech goes on, and no packet counts as lost.

mod harness;

use harness::speech::Speech;
use liaison_media::{
    AudioReceiver, AudioReceiverConfig, AudioSender, AudioSenderConfig, DtmfReceiver, DtmfSender,
    DtmfSenderConfig, DtmfTones, RtpPacket, SILENCE,
};
use std::time::Duration;

const EVENTS: u8 = 110;

#[test]
fn keys_and_speech_share_a_stream_without_a_gap() {
    let start = harness::call::epoch();
    let mut sender = AudioSender::new(AudioSenderConfig {
        red_payload_type: Some(63),
        first_sequence: 65_500,
        ..AudioSenderConfig::default()
    })
    .expect("valid");
    sender.set_expected_loss(10);
    let config = AudioReceiverConfig { red_payload_type: Some(63), ..AudioReceiverConfig::default() };
    let mut receiver = AudioReceiver::new(config).expect("valid");
    let (mut keys, mut heard) = (DtmfSender::new(DtmfSenderConfig::default()), DtmfReceiver::new());
    let mut speech = Speech::new(1);
    let (mut out, mut pressed, mut events, mut next) = (SILENCE, String::new(), 0, None);
    for tick in 0..1_000u32 {
        let now = start + Duration::from_millis(u64::from(tick) * 10);
        if tick == 200 {
            assert!(keys.queue(&DtmfTones::parse("0815*#").expect("keys")));
        }
        let timestamp = sender.next_timestamp();
        let mut packets: Vec<RtpPacket> =
            sender.push(now, &speech.frame(), now).expect("encodes").into_iter().collect();
        packets.extend(keys.tick(timestamp).map(|packet| RtpPacket {
            audio_level: None,
            payload_type: EVENTS,
            marker: packet.marker,
            sequence: sender.take_sequence(),
            timestamp: packet.timestamp,
            ssrc: 0,
            payload: packet.payload,
        }));
        for packet in packets {
            assert!(next.replace(packet.sequence.wrapping_add(1)).is_none_or(|next| next == packet.sequence));
            if packet.payload_type == EVENTS {
                events += 1;
                receiver.skip(&packet);
                pressed.extend(heard.receive(now, &packet).map(liaison_media::DtmfTone::as_char));
            } else {
                receiver.insert(now, packet);
            }
        }
        receiver.pull(now, &mut out);
    }
    let stats = receiver.stats();
    assert_eq!((pressed.as_str(), events), ("0815*#", 48));
    assert_eq!((stats.packets_lost, stats.packets_discarded, stats.packets_unknown_payload_type), (0, 0, 0));
    assert_eq!(stats.concealed_samples, 0, "{stats:?}");
    assert_eq!(sender.stats().pool_misses, 0);
}
