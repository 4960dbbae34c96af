//! From RTP packets to 10 ms frames.

use crate::{Frame, RtpPacket, SILENCE, codec};
use std::time::Instant;

/// What an [`AudioReceiver`] expects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AudioReceiverConfig {
    /// Negotiated payload type of Opus, 0–127; other packets are counted and dropped.
    pub payload_type: u8,
    /// The playout delay never goes under this, in ms.
    pub min_delay_ms: u32,
    /// The target never goes over this, in ms (at most 2 000).
    pub max_delay_ms: u32,
}

impl Default for AudioReceiverConfig {
    fn default() -> Self {
        Self { payload_type: 111, min_delay_ms: 0, max_delay_ms: 800 }
    }
}

/// Why a receiver could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReceiverError {
    /// libopus could not make a decoder.
    #[error(transparent)]
    Codec(#[from] codec::CodecError),
}

/// Where the larger part of a pulled frame came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum PullKind {
    /// Decoded from its own packets.
    Decoded,
    /// Decoded from the redundancy in the following packet.
    Fec,
    /// Made up because a packet is missing.
    Concealed,
    /// Nothing is missing: not started, ended, or the sender is silent (DTX).
    Silence,
}

/// Counters of a receiver; names and units as in W3C webrtc-stats (`RTCInboundRtpStreamStats`).
#[derive(Debug, Clone, Copy, Default, PartialEq)]
#[non_exhaustive]
pub struct ReceiverStats {
    /// RTP packets taken, duplicates and late ones included.
    pub packets_received: u64,
    /// Packets expected less packets received (RFC 3550 section 6.4.1); duplicates can make it negative.
    pub packets_lost: i64,
    /// Packets dropped because they came too late, too early or were no valid Opus.
    pub packets_discarded: u64,
    /// Packets that came twice.
    pub packets_duplicated: u64,
    /// Packets that came after one with a higher sequence number.
    pub packets_reordered: u64,
    /// Packets whose redundancy was decoded in place of a lost one.
    pub fec_packets_received: u64,
    /// Interarrival jitter in seconds (RFC 3550 section 6.4.1).
    pub jitter: f64,
    /// Samples pulled since the stream started.
    pub total_samples_received: u64,
    /// Samples made up because a packet was missing.
    pub concealed_samples: u64,
    /// Those of them that were silence.
    pub silent_concealed_samples: u64,
    /// Times concealment began.
    pub concealment_events: u64,
    /// Samples put in by time stretching, to play later.
    pub inserted_samples_for_deceleration: u64,
    /// Samples taken out by time stretching, to play sooner.
    pub removed_samples_for_acceleration: u64,
    /// Sum over emitted samples of the seconds each spent here.
    pub jitter_buffer_delay: f64,
    /// Sum over emitted samples of the target delay in seconds.
    pub jitter_buffer_target_delay: f64,
    /// Samples emitted from packets.
    pub jitter_buffer_emitted_count: u64,
    /// Level of the last frame pulled, linear, 0 to 1.
    pub audio_level: f64,
    /// How much faster the sender's clock runs than ours, in parts per million.
    pub drift_ppm: f32,
}

/// Turns one sender's packets into frames at the pace of `pull`.
#[derive(Debug)]
pub struct AudioReceiver {}

impl AudioReceiver {
    /// Makes a receiver; everything it needs is allocated here.
    ///
    /// # Errors
    /// [`ReceiverError::Codec`] if libopus cannot make a decoder.
    pub fn new(_config: AudioReceiverConfig) -> Result<Self, ReceiverError> {
        Ok(Self {})
    }

    /// Takes a packet that came from the network at `arrival`. Never fails: bad packets are counted.
    pub fn insert(&mut self, _arrival: Instant, _packet: RtpPacket) {}

    /// Writes the next 10 ms. `now` is when the frame is taken; call it once for each 10 ms played.
    pub fn pull(&mut self, _now: Instant, out: &mut Frame) -> PullKind {
        *out = SILENCE;
        PullKind::Silence
    }

    /// Level of the last frame pulled in −dBov (RFC 6464), 0 to 127.
    pub fn level_dbov(&self) -> u8 {
        127
    }

    /// Counters since the receiver was made.
    pub fn stats(&self) -> ReceiverStats {
        ReceiverStats::default()
    }
}
