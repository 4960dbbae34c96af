//! The receiving half of Opus.

use super::{CodecError, MAX_PACKET_SAMPLES, MIN_FRAME_SAMPLES, OpusPacketInfo};
use opus::{Channels, Decoder};

/// Decodes Opus to 48 kHz mono; a stereo packet comes out mixed down.
#[derive(Debug)]
pub struct OpusDecoder {
    inner: Decoder,
}

impl OpusDecoder {
    /// Makes a decoder; allocates all it will ever need.
    ///
    /// # Errors
    /// [`CodecError::Setup`] if libopus refuses.
    pub fn new() -> Result<Self, CodecError> {
        let inner = Decoder::new(crate::SAMPLE_RATE_HZ, Channels::Mono).map_err(CodecError::Setup)?;
        Ok(Self { inner })
    }

    /// Decodes a packet into the front of `out`; returns the samples written.
    ///
    /// `out` should hold [`MAX_PACKET_SAMPLES`].
    ///
    /// # Errors
    /// [`CodecError::Packet`] for a malformed packet, [`CodecError::Decode`] if libopus fails.
    pub fn decode(&mut self, packet: &[u8], out: &mut [f32]) -> Result<usize, CodecError> {
        OpusPacketInfo::parse(packet)?;
        self.inner.decode_float(packet, out, false).map_err(CodecError::Decode)
    }

    /// Decodes, out of the packet that follows a lost one, the copy of the lost one's last frame.
    ///
    /// Fills `out`, whose length must be a multiple of 120 and at least the packet's frame size;
    /// what the copy does not cover is concealed.
    ///
    /// # Errors
    /// As [`OpusDecoder::decode`].
    pub fn decode_fec(&mut self, next_packet: &[u8], out: &mut [f32]) -> Result<usize, CodecError> {
        OpusPacketInfo::parse(next_packet)?;
        self.inner.decode_float(next_packet, out, true).map_err(CodecError::Decode)
    }

    /// Makes up sound in place of a missing packet, or comfort noise after a silent one (DTX).
    ///
    /// Fills `out`, whose length must be a multiple of 120, up to 5760.
    ///
    /// # Errors
    /// [`CodecError::Decode`] for another length.
    pub fn conceal(&mut self, out: &mut [f32]) -> Result<usize, CodecError> {
        debug_assert!(out.len().is_multiple_of(MIN_FRAME_SAMPLES) && out.len() <= MAX_PACKET_SAMPLES);
        self.inner.decode_float(&[], out, false).map_err(CodecError::Decode)
    }

    /// Forgets the stream, as for a new sender.
    pub fn reset(&mut self) {
        // Cannot fail on a decoder that was made.
        let _ = self.inner.reset_state();
    }
}
