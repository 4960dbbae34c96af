//! The receiving half of Opus.

use super::sys::RawDecoder;
use super::{CodecError, MAX_PACKET_SAMPLES, MIN_FRAME_SAMPLES, OpusDred, OpusPacketInfo};

/// Decoder complexity at which libopus conceals by a neural network.
const DEEP: i32 = 5;

/// Decodes Opus to 48 kHz mono; a stereo packet comes out mixed down.
#[derive(Debug)]
pub struct OpusDecoder {
    inner: RawDecoder,
    deep: bool,
}

impl OpusDecoder {
    /// Makes a decoder; allocates all it will ever need.
    ///
    /// # Errors
    /// [`CodecError::Setup`] if libopus refuses.
    pub fn new() -> Result<Self, CodecError> {
        Ok(Self { inner: RawDecoder::new().map_err(CodecError::Setup)?, deep: false })
    }

    /// Decodes a packet into the front of `out`; returns the samples written.
    ///
    /// `out` should hold [`MAX_PACKET_SAMPLES`].
    ///
    /// # Errors
    /// [`CodecError::Packet`] for a malformed packet, [`CodecError::Decode`] if libopus fails.
    pub fn decode(&mut self, packet: &[u8], out: &mut [f32]) -> Result<usize, CodecError> {
        OpusPacketInfo::parse(packet)?;
        self.inner.decode(Some(packet), false, out).map_err(CodecError::Decode)
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
        self.inner.decode(Some(next_packet), true, out).map_err(CodecError::Decode)
    }

    /// Makes `out.len()` samples, a multiple of 120, out of deep redundancy; they begin `before`
    /// samples before the packet that `dred` has parsed.
    ///
    /// What it does not cover is concealed.
    ///
    /// # Errors
    /// [`CodecError::Decode`] for another length.
    pub fn decode_dred(
        &mut self,
        dred: &OpusDred,
        before: usize,
        out: &mut [f32],
    ) -> Result<usize, CodecError> {
        self.inner.decode_dred(&dred.raw, before, out).map_err(CodecError::Decode)
    }

    /// Makes up sound in place of a missing packet, or comfort noise after a silent one (DTX).
    ///
    /// Fills `out`, whose length must be a multiple of 120, up to 5760. `deep` conceals by a neural
    /// network where the last packet was wide band: better, at about 25 times the cost.
    ///
    /// # Errors
    /// [`CodecError::Decode`] for another length.
    pub fn conceal(&mut self, out: &mut [f32], deep: bool) -> Result<usize, CodecError> {
        debug_assert!(out.len().is_multiple_of(MIN_FRAME_SAMPLES) && out.len() <= MAX_PACKET_SAMPLES);
        if deep != self.deep {
            self.inner.set_complexity(if deep { DEEP } else { 0 }).map_err(CodecError::Setup)?;
            self.deep = deep;
        }
        self.inner.decode(None, false, out).map_err(CodecError::Decode)
    }

    /// Forgets the stream, as for a new sender.
    pub fn reset(&mut self) {
        self.inner.reset();
    }
}
