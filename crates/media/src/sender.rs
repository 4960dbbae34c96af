//! From 10 ms frames to RTP packets.

use crate::{Frame, RtpPacket, codec};
use std::time::Instant;

/// What an [`AudioSender`] sends and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AudioSenderConfig {
    /// Synchronisation source of the stream.
    pub ssrc: u32,
    /// Negotiated payload type of Opus, 0–127.
    pub payload_type: u8,
    /// Opus bit rate in bit/s, 6 000–510 000.
    pub bitrate_bps: u32,
    /// Sound in one packet in ms: 10, 20, 40 or 60.
    pub packet_time_ms: u32,
    /// Opus encoder complexity, 0 (cheapest) to 10.
    pub complexity: u8,
    /// Adds in-band forward error correction when the expected loss asks for it.
    pub fec: bool,
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
            packet_time_ms: 20,
            complexity: 9,
            fec: true,
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
    Codec(#[from] codec::CodecError),
}

/// What a sender has done since it was made.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
#[non_exhaustive]
pub struct SenderStats {
    /// RTP packets made.
    pub packets_sent: u64,
    /// Payload bytes in them, without headers.
    pub bytes_sent: u64,
    /// Packets that were not sent because of silence (DTX).
    pub packets_suppressed: u64,
    /// Packets for which no pooled buffer was free.
    pub pool_misses: u64,
    /// Loss the encoder prepares for, in percent.
    pub expected_loss_percent: u8,
}

/// Encodes one stream of frames into RTP packets.
#[derive(Debug)]
pub struct AudioSender {}

impl AudioSender {
    /// Makes a sender; everything it needs is allocated here.
    ///
    /// # Errors
    /// [`SenderError::Config`] for a value outside its range, [`SenderError::Codec`] if libopus refuses.
    pub fn new(_config: AudioSenderConfig) -> Result<Self, SenderError> {
        Ok(Self {})
    }

    /// Takes the next 10 ms; returns a packet when one is complete.
    ///
    /// `capture` is when the first sample of the frame was captured.
    ///
    /// # Errors
    /// [`SenderError::Codec`] if libopus fails; the stream goes on with the next frame.
    pub fn push(
        &mut self,
        _now: Instant,
        _frame: &Frame,
        _capture: Instant,
    ) -> Result<Option<RtpPacket>, SenderError> {
        Ok(None)
    }

    /// While muted, silence is sent in place of the frames.
    pub fn set_muted(&mut self, _muted: bool) {}

    /// Tells the encoder the loss the peer reports, in percent (0–100).
    pub fn set_expected_loss(&mut self, _percent: u8) {}

    /// Level of the last frame sent in −dBov (RFC 6464), 0 to 127; 127 while muted.
    pub fn level_dbov(&self) -> u8 {
        127
    }

    /// Counters since the sender was made.
    pub fn stats(&self) -> SenderStats {
        SenderStats::default()
    }
}
