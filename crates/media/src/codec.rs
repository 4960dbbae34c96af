//! Opus (libopus): encoder, decoder, deep redundancy.
//!
//! Packets are checked by [`OpusPacketInfo::parse`] before libopus sees them.

mod decoder;
mod dred;
mod encoder;
mod packet;
mod sys;

pub use decoder::OpusDecoder;
pub use dred::OpusDred;
pub use encoder::{OpusApplication, OpusEncoder, OpusEncoderConfig};
pub use packet::{OpusMode, OpusPacketInfo, PacketError};
pub use sys::{DredSpan, OpusError};

/// Samples in the longest Opus packet: 120 ms at 48 kHz (RFC 6716 section 3.4, R5).
pub const MAX_PACKET_SAMPLES: usize = 5_760;

/// Samples in the shortest Opus frame: 2.5 ms at 48 kHz. Concealment comes in multiples of it.
pub const MIN_FRAME_SAMPLES: usize = 120;

/// Why libopus refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CodecError {
    /// libopus could not make the encoder or decoder, or would not take a setting.
    #[error("Opus could not be set up, check the configuration: {0}")]
    Setup(#[source] OpusError),
    /// A frame could not be encoded; the next one may be.
    #[error("Opus could not encode a frame: {0}")]
    Encode(#[source] OpusError),
    /// A packet could not be decoded; treat it as lost.
    #[error("Opus could not decode a packet, treat it as lost: {0}")]
    Decode(#[source] OpusError),
    /// The packet is no Opus packet; treat it as lost.
    #[error(transparent)]
    Packet(#[from] PacketError),
}
