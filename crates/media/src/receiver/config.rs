//! What a receiver is told, and what it answers.

use crate::Channels;
use crate::codec::CodecError;

/// What an [`AudioReceiver`](crate::AudioReceiver) expects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AudioReceiverConfig {
    /// Negotiated payload type of Opus, 0–127; other packets are counted and dropped.
    pub payload_type: u8,
    /// Negotiated payload type of redundant audio data (RFC 2198), 0–127; `None`: such packets are
    /// counted and dropped.
    pub red_payload_type: Option<u8>,
    /// Channels of what is pulled, whatever the packets have: libopus mixes stereo packets down to mono, and mono ones
    /// come out in both channels.
    pub channels: Channels,
    /// How much of each gap is concealed by a neural network, in ms from its beginning; after that,
    /// and with 0, in the classic way at a twenty-fifth of the cost.
    pub deep_concealment_ms: u32,
    /// Least delay above that of the fastest packets, in ms.
    pub min_delay_ms: u32,
    /// Most delay above that of the fastest packets, in ms, up to 1 500.
    pub max_delay_ms: u32,
}

impl Default for AudioReceiverConfig {
    fn default() -> Self {
        Self {
            payload_type: 111,
            red_payload_type: None,
            channels: Channels::Mono,
            deep_concealment_ms: 60,
            min_delay_ms: 0,
            max_delay_ms: 800,
        }
    }
}

impl AudioReceiverConfig {
    pub(crate) fn check(&self) -> Result<(), ReceiverError> {
        let refuse = |name, value, expected| Err(ReceiverError::Config { name, value, expected });
        if self.payload_type > 127 {
            return refuse("payload_type", self.payload_type.into(), "0 to 127");
        }
        if let Some(red) = self.red_payload_type
            && (red > 127 || red == self.payload_type)
        {
            return refuse("red_payload_type", red.into(), "0 to 127, another than that of Opus");
        }
        if self.max_delay_ms > 1_500 {
            return refuse("max_delay_ms", self.max_delay_ms, "at most 1500");
        }
        if self.min_delay_ms + 20 > self.max_delay_ms {
            return refuse("min_delay_ms", self.min_delay_ms, "at least 20 less than max_delay_ms");
        }
        Ok(())
    }
}

/// Why a receiver could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReceiverError {
    /// A configuration value outside its range.
    #[error("{name} is {value}, which is not supported: use {expected}")]
    Config {
        /// Field of [`AudioReceiverConfig`].
        name: &'static str,
        /// What was asked for.
        value: u32,
        /// What would be right.
        expected: &'static str,
    },
    /// libopus could not make a decoder.
    #[error(transparent)]
    Codec(#[from] CodecError),
}

/// Where the larger part of a pulled frame came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PullKind {
    /// Decoded from its own packets.
    Decoded,
    /// Decoded from the low-rate copy in the following packet (in-band FEC).
    Fec,
    /// Decoded from a copy that came in a later packet (RFC 2198).
    Red,
    /// Made from the deep redundancy in a later packet (DRED).
    Dred,
    /// Made up because a packet is missing.
    Concealed,
    /// Nothing is missing: not started, ended (nothing came for 5 s), or the sender is silent (DTX).
    Silence,
}
