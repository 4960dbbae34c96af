//! What a sender is told, and what it answers.

use crate::Channels;
use crate::codec::CodecError;

/// What an [`AudioSender`] sends and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AudioSenderConfig {
    /// Synchronisation source of the stream.
    pub ssrc: u32,
    /// Negotiated payload type of Opus, 0–127.
    pub payload_type: u8,
    /// Opus bit rate in bit/s, 6 000–510 000.
    pub bitrate_bps: u32,
    /// Sound in one packet in µs: 2 500, 5 000, 10 000, 20 000, 40 000, 60 000, 80 000, 100 000 or 120 000. Under
    /// 10 000 a frame makes several packets ([`AudioSender::next_packet`](crate::AudioSender::next_packet)), and there
    /// is no in-band error correction.
    pub packet_time_us: u32,
    /// Opus encoder complexity, 0 (cheapest) to 10.
    pub complexity: u8,
    /// Adds in-band forward error correction once loss is expected.
    pub fec: bool,
    /// Negotiated payload type of redundant audio data (RFC 2198), 0–127; `None`: never sent.
    pub red_payload_type: Option<u8>,
    /// The peer reads deep redundancy (DRED).
    pub dred: bool,
    /// Channels coded. Frames may have one or two, whatever this is.
    pub channels: Channels,
    /// Codes for faithfulness rather than for speech.
    pub music: bool,
    /// Bytes on the wire that each packet takes besides its payload: 56 are IPv4, UDP, RTP and the
    /// SRTP tag, 64 with the extension for feedback on every packet.
    pub overhead_bytes_per_packet: u32,
    /// Stops sending in silence, but for a refresh every 400 ms.
    pub dtx: bool,
    /// Sequence number of the first packet (random, RFC 3550 section 5.1).
    pub first_sequence: u16,
    /// Timestamp of the first packet (random, RFC 3550 section 5.1).
    pub first_timestamp: u32,
}

impl Default for AudioSenderConfig {
    fn default() -> Self {
        Self {
            ssrc: 0,
            payload_type: 111,
            bitrate_bps: 32_000,
            packet_time_us: 20_000,
            complexity: 9,
            fec: true,
            red_payload_type: None,
            dred: false,
            channels: Channels::Mono,
            music: false,
            overhead_bytes_per_packet: 56,
            dtx: false,
            first_sequence: 0,
            first_timestamp: 0,
        }
    }
}

/// Why a sender could not be made or a frame not be encoded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SenderError {
    /// A configuration value outside its range.
    #[error("{name} is {value}, which is not supported: use {expected}")]
    Config {
        /// Field of [`AudioSenderConfig`].
        name: &'static str,
        /// What was asked for.
        value: u32,
        /// What would be right.
        expected: &'static str,
    },
    /// The codec refused.
    #[error(transparent)]
    Codec(#[from] CodecError),
}

/// What a sender has done since it was made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SenderStats {
    /// RTP packets made.
    pub packets_sent: u64,
    /// Payload bytes in them, without headers.
    pub bytes_sent: u64,
    /// Packets that were not sent because of silence (DTX).
    pub packets_suppressed: u64,
    /// Packets for which no pooled buffer was free, so that one was allocated.
    pub pool_misses: u64,
    /// Loss the encoder prepares for, in percent.
    pub expected_loss_percent: u8,
    /// Bit rate of the Opus stream now, in-band and deep redundancy included, in bit/s.
    pub opus_bitrate_bps: u32,
    /// Copies of earlier packets sent in later ones (RFC 2198).
    pub red_blocks_sent: u64,
    /// Packets before each that it carries copies of now: bit 0 the one before, bit 1 the one before that …
    pub red_distances: u8,
    /// Deep redundancy asked of the encoder now, in ms.
    pub dred_ms: u32,
}

/// What the peer last reported of the way there (RTCP receiver reports, transport feedback).
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct NetworkReport {
    /// Share of packets lost since the report before, 0 to 1.
    pub fraction_lost: f32,
    /// Mean number of packets lost in a row, 1 or more; 0 where nothing was lost or it is unknown.
    pub mean_burst_packets: f32,
}

pub(super) fn check(config: &AudioSenderConfig) -> Result<(), SenderError> {
    let refuse = |name, value, expected| Err(SenderError::Config { name, value, expected });
    if config.payload_type > 127 {
        return refuse("payload_type", config.payload_type.into(), "0 to 127");
    }
    if !(6_000..=510_000).contains(&config.bitrate_bps) {
        return refuse("bitrate_bps", config.bitrate_bps, "6000 to 510000 bit/s");
    }
    if !is_packet_time(config.packet_time_us) {
        let known = "2500, 5000, 10000, 20000, 40000, 60000, 80000, 100000 or 120000 µs";
        return refuse("packet_time_us", config.packet_time_us, known);
    }
    if let Some(red) = config.red_payload_type
        && (red > 127 || red == config.payload_type)
    {
        return refuse("red_payload_type", red.into(), "0 to 127, another than that of Opus");
    }
    if config.complexity > 10 {
        return refuse("complexity", config.complexity.into(), "0 to 10");
    }
    Ok(())
}

pub(super) fn is_packet_time(us: u32) -> bool {
    matches!(us, 2_500 | 5_000 | 10_000 | 20_000 | 40_000 | 60_000 | 80_000 | 100_000 | 120_000)
}
