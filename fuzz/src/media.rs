//! Packets of sound.

#[path = "input.rs"]
mod input;

use bytes::Bytes;
use input::Input;
use liaison_media::codec::OpusPacketInfo;
use liaison_media::{
    AudioReceiver, AudioReceiverConfig, AudioSender, AudioSenderConfig, FRAME_SAMPLES, NetworkReport,
    RedPayload, RtpPacket, SILENCE,
};
#[allow(clippy::disallowed_types, reason = "not part of the crate: made once for all inputs")]
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// Negotiated in the receivers below; any other type must be counted and dropped.
const OPUS: u8 = 111;
/// For redundancy (RFC 2198).
const RED: u8 = 63;
/// Real Opus packets of 20 ms: silent CELT, SILK with no more than a header, hybrid, and 60 ms SILK.
const HONEST: [&[u8]; 4] = [&[0xf8, 0xff, 0xfe], &[0x48, 0x0b, 0xe4], &[0x78, 1, 2, 3], &[0x58, 9, 9]];
/// Pulls in one input, so that each takes milliseconds.
const MAX_PULLS: u32 = 400;

/// Packets with arbitrary fields and payloads.
pub fn rtp(data: &[u8]) {
    let (mut call, mut bytes) = (Call::new(), Input(data));
    while !bytes.is_empty() {
        let payload_type = if bytes.byte() < 224 { OPUS } else { bytes.byte() & 0x7f };
        let (marker, sequence, timestamp) = (bytes.byte() & 1 == 1, bytes.u16(), bytes.u32());
        let (ssrc, length) = (u32::from(bytes.byte() % 3), usize::from(bytes.byte()) * 2);
        let payload = Bytes::copy_from_slice(bytes.take(length));
        check_info(&payload);
        call.insert(RtpPacket {
            audio_level: None,
            payload_type,
            marker,
            sequence,
            timestamp,
            ssrc,
            payload,
        });
        call.pull(bytes.byte() % 4);
    }
    call.finish();
}

/// Packets of an almost honest sender, of arbitrary number, time, order, age, size and loss.
pub fn jitter_buffer(data: &[u8]) {
    let (mut call, mut bytes) = (Call::new(), Input(data));
    let (mut sequence, mut timestamp, mut ssrc) = (65_500u16, u32::MAX - 48_000, 1);
    while !bytes.is_empty() {
        let op = bytes.byte();
        match op >> 4 {
            0..=6 => {}
            7 => sequence = sequence.wrapping_add(u16::from(bytes.byte())),
            8 => sequence = sequence.wrapping_sub(u16::from(bytes.byte()) * 8),
            9 => timestamp = timestamp.wrapping_add(u32::from(bytes.u16()) * 64),
            10 => timestamp = timestamp.wrapping_sub(u32::from(bytes.u16()) * 64),
            11 => call.wait(u64::from(bytes.u16()) / 8),
            12 => call.clock_runs_back(u64::from(bytes.byte())),
            13 => ssrc ^= u32::from(bytes.byte() & 1),
            14 => (sequence, timestamp) = (bytes.u16(), bytes.u32()),
            _ => call.pull(bytes.byte() / 4),
        }
        let payload = Bytes::from_static(HONEST[usize::from(op >> 2 & 3)]);
        let samples = OpusPacketInfo::parse(&payload).map_or(960, |info| info.samples);
        call.insert(RtpPacket {
            audio_level: None,
            payload_type: OPUS,
            marker: false,
            sequence,
            timestamp,
            ssrc,
            payload,
        });
        sequence = sequence.wrapping_add(1);
        timestamp = timestamp.wrapping_add(samples as u32);
        call.pull(op & 3);
    }
    call.finish();
}

/// RFC 2198 payloads: headers, offsets and lengths that lie, around real and arbitrary blocks.
pub fn red(data: &[u8]) {
    let (mut call, mut bytes) = (Call::new(), Input(data));
    let mut sequence = 0u16;
    while !bytes.is_empty() {
        let mut payload = Vec::new();
        let mut blocks = Vec::new();
        for _ in 0..bytes.byte() % 5 {
            let block = if bytes.byte() & 1 == 0 { HONEST[0] } else { bytes.take(40) };
            // Offset of 14 bits and length of 10 bits, now and then not the truth.
            let offset = u32::from(bytes.u16()) & 0x3fff;
            let length = block.len() as u32 ^ if bytes.byte() > 240 { u32::from(bytes.byte()) } else { 0 };
            let header = 1 << 31 | u32::from(OPUS) << 24 | offset << 10 | (length & 0x3ff);
            payload.extend_from_slice(&header.to_be_bytes());
            blocks.extend_from_slice(block);
        }
        payload.push(if bytes.byte() > 240 { bytes.byte() } else { OPUS });
        payload.extend_from_slice(&blocks);
        payload.extend_from_slice(HONEST[usize::from(bytes.byte() & 3)]);
        payload.truncate(payload.len().saturating_sub(usize::from(bytes.byte() / 32)));
        if let Ok(parsed) = RedPayload::parse(&payload) {
            let blocks: usize = parsed.older().iter().map(|block| block.payload.len()).sum();
            assert!(blocks + parsed.primary.payload.len() < payload.len(), "blocks beyond the packet");
        }
        sequence = sequence.wrapping_add(1 + u16::from(bytes.byte() / 64));
        call.insert_numbered(RED, sequence, payload);
        call.pull(bytes.byte() % 6);
    }
    call.finish();
}

/// Opus packets whose padding carries extensions (deep redundancy is number 126), after losses.
pub fn dred(data: &[u8]) {
    let (mut call, mut bytes) = (Call::new(), Input(data));
    let real = REAL_DRED.get_or_init(real_dred);
    let mut sequence = 0u16;
    while !bytes.is_empty() {
        let extension = bytes.byte();
        let length = bytes.byte();
        let body = bytes.take(usize::from(length));
        // One frame, code 3, with padding (RFC 6716 section 3.2.5).
        let mut payload = vec![HONEST[0][0] | 3, 0x41, (body.len() + 1).min(254) as u8];
        payload.extend_from_slice(&HONEST[0][1..]);
        payload.push(if extension < 200 { 126 << 1 | extension & 1 } else { extension });
        payload.extend_from_slice(&body[..body.len().min(253)]);
        if extension >= 220 {
            // A real one, damaged.
            payload = real.get(usize::from(length) % real.len()).map_or(payload, |packet| packet.to_vec());
            for _ in 0..extension % 8 {
                let at = usize::from(bytes.u16()) % payload.len();
                payload[at] ^= bytes.byte();
            }
        }
        check_info(&payload);
        sequence = sequence.wrapping_add(1 + u16::from(bytes.byte() / 32));
        call.insert_numbered(OPUS, sequence, payload);
        call.pull(bytes.byte() % 8);
    }
    call.finish();
}

#[allow(clippy::disallowed_types, reason = "not part of the crate: made once for all inputs")]
static REAL_DRED: OnceLock<Vec<Bytes>> = OnceLock::new();

/// What our own sender makes of a second of something voiced.
#[allow(clippy::disallowed_methods, clippy::expect_used, reason = "a first instant, and valid settings")]
fn real_dred() -> Vec<Bytes> {
    let config = AudioSenderConfig { dred: true, complexity: 5, ..AudioSenderConfig::default() };
    let mut sender = AudioSender::new(config).expect("the configuration is valid");
    sender.set_network(NetworkReport { fraction_lost: 0.2, mean_burst_packets: 3.0 });
    let now = Instant::now();
    let packets = (0..100).filter_map(|k| {
        let frame: [f32; FRAME_SAMPLES] =
            std::array::from_fn(|i| ((k * FRAME_SAMPLES + i) % 400) as f32 / 1_000.0);
        sender.push(now, &frame, now).expect("encodes")
    });
    packets.skip(20).map(|packet| packet.payload).collect()
}

fn check_info(payload: &[u8]) {
    if let Ok(info) = OpusPacketInfo::parse(payload) {
        assert!((120..=5_760).contains(&info.samples), "{info:?}");
        assert!(info.frame_samples <= info.samples && info.samples % info.frame_samples == 0, "{info:?}");
    }
}

/// A receiver, its clock, and how much it was given.
struct Call {
    receiver: AudioReceiver,
    now: Instant,
    pulls: u32,
    inserted: u64,
}

impl Call {
    #[allow(clippy::disallowed_methods, clippy::expect_used, reason = "a first instant, and valid defaults")]
    fn new() -> Self {
        let receiver = AudioReceiver::new(config()).expect("the configuration is valid");
        Self { receiver, now: Instant::now() + Duration::from_secs(3_600), pulls: 0, inserted: 0 }
    }

    fn insert(&mut self, packet: RtpPacket) {
        self.inserted += 1;
        self.receiver.insert(self.now, packet);
    }

    /// A packet of 20 ms that fits those before it by its number.
    fn insert_numbered(&mut self, payload_type: u8, sequence: u16, payload: Vec<u8>) {
        let timestamp = u32::from(sequence) * 960;
        let payload = payload.into();
        self.insert(RtpPacket {
            audio_level: None,
            payload_type,
            marker: false,
            sequence,
            timestamp,
            ssrc: 1,
            payload,
        });
    }

    fn wait(&mut self, ms: u64) {
        self.now += Duration::from_millis(ms);
    }

    fn clock_runs_back(&mut self, ms: u64) {
        self.now -= Duration::from_millis(ms);
    }

    fn pull(&mut self, frames: u8) {
        let mut frame = SILENCE;
        for _ in 0..u32::from(frames).min(MAX_PULLS - self.pulls) {
            self.receiver.pull(self.now, &mut frame);
            assert!(frame.iter().all(|sample| sample.is_finite() && sample.abs() < 8.0), "no sound");
            self.now += Duration::from_millis(10);
            self.pulls += 1;
        }
    }

    /// Everything was counted, once.
    fn finish(mut self) {
        self.pulls = 0;
        self.pull(8);
        let stats = self.receiver.stats();
        let counted = stats.packets_received + stats.packets_duplicated + stats.packets_unknown_payload_type;
        assert!(counted <= self.inserted, "{} inserted: {stats:?}", self.inserted);
        assert!(
            self.inserted <= counted + stats.packets_out_of_stream,
            "{} inserted: {stats:?}",
            self.inserted
        );
        assert!(stats.concealed_samples <= stats.total_samples_received, "{stats:?}");
        assert!(stats.silent_concealed_samples <= stats.concealed_samples, "{stats:?}");
        assert!(stats.jitter.is_finite() && stats.jitter_buffer_delay.is_finite(), "{stats:?}");
        assert!(stats.drift_ppm.abs() <= 1_000.0, "{stats:?}");
    }
}

fn config() -> AudioReceiverConfig {
    AudioReceiverConfig { payload_type: OPUS, red_payload_type: Some(RED), ..AudioReceiverConfig::default() }
}
