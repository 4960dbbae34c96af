//! The receiving half of Opus.

use super::sys::RawDecoder;
use super::{CodecError, MAX_PACKET_SAMPLES, MIN_FRAME_SAMPLES, OpusDred, OpusError, OpusPacketInfo};
use crate::Channels;

/// Decoder complexity at which libopus conceals by a neural network.
const DEEP: i32 = 5;

/// What an encoder was given at full scale comes out a little above it; a made-up packet at any multiple of it.
const LOUDEST: f32 = 2.0;

/// Decodes Opus to 48 kHz. Whatever the packets have, it gives its own number of channels: to mono, stereo packets are
/// mixed down before they are synthesised, which costs less; to stereo, mono ones come out in both.
#[derive(Debug)]
pub struct OpusDecoder {
    inner: RawDecoder,
    channels: Channels,
    deep: bool,
}

impl OpusDecoder {
    /// Makes a decoder to mono; allocates all it will ever need.
    ///
    /// # Errors
    /// [`CodecError::Setup`] if libopus refuses.
    pub fn new() -> Result<Self, CodecError> {
        Self::with_channels(Channels::Mono)
    }

    /// Makes a decoder to so many channels, interleaved; allocates all it will ever need.
    ///
    /// # Errors
    /// [`CodecError::Setup`] if libopus refuses.
    pub fn with_channels(channels: Channels) -> Result<Self, CodecError> {
        Ok(Self { inner: RawDecoder::new(channels).map_err(CodecError::Setup)?, channels, deep: false })
    }

    /// Decodes a packet into the front of `out`; returns the samples written of each channel.
    ///
    /// `out` should hold [`MAX_PACKET_SAMPLES`] of each.
    ///
    /// # Errors
    /// [`CodecError::Packet`] for a malformed packet, [`CodecError::Decode`] if libopus fails.
    pub fn decode(&mut self, packet: &[u8], out: &mut [f32]) -> Result<usize, CodecError> {
        OpusPacketInfo::parse(packet)?;
        let decoded = self.inner.decode(Some(packet), false, out);
        self.bounded(decoded, out)
    }

    /// Decodes, out of the packet that follows a lost one, the copy of the lost one's last frame.
    ///
    /// Fills `out`, which must hold a multiple of 120 samples and at least the packet's frame size;
    /// what the copy does not cover is concealed.
    ///
    /// # Errors
    /// As [`OpusDecoder::decode`].
    pub fn decode_fec(&mut self, next_packet: &[u8], out: &mut [f32]) -> Result<usize, CodecError> {
        OpusPacketInfo::parse(next_packet)?;
        let decoded = self.inner.decode(Some(next_packet), true, out);
        self.bounded(decoded, out)
    }

    /// Fills `out`, a multiple of 120 samples, out of deep redundancy; they begin `before` samples
    /// before the packet that `dred` has parsed.
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
        let decoded = self.inner.decode_dred(&dred.raw, before, out);
        self.bounded(decoded, out)
    }

    /// Makes up sound in place of a missing packet, or comfort noise after a silent one (DTX).
    ///
    /// Fills `out`, which must hold a multiple of 120 samples, up to 5760. `deep` conceals by a neural
    /// network where the last packet was wide band: better, at about 25 times the cost.
    ///
    /// # Errors
    /// [`CodecError::Decode`] for another length.
    pub fn conceal(&mut self, out: &mut [f32], deep: bool) -> Result<usize, CodecError> {
        debug_assert!(out.len().is_multiple_of(MIN_FRAME_SAMPLES * self.channels.count()));
        debug_assert!(out.len() <= MAX_PACKET_SAMPLES * self.channels.count());
        if deep != self.deep {
            self.inner.set_complexity(if deep { DEEP } else { 0 }).map_err(CodecError::Setup)?;
            self.deep = deep;
        }
        let decoded = self.inner.decode(None, false, out);
        self.bounded(decoded, out)
    }

    /// Holds what was decoded within [`LOUDEST`], so that nobody can drown the others in the mix.
    fn bounded(&self, decoded: Result<usize, OpusError>, out: &mut [f32]) -> Result<usize, CodecError> {
        let decoded = decoded.map_err(CodecError::Decode)?;
        for sample in &mut out[..decoded * self.channels.count()] {
            *sample = if sample.is_finite() { sample.clamp(-LOUDEST, LOUDEST) } else { 0.0 };
        }
        Ok(decoded)
    }

    /// Forgets the stream, as for a new sender.
    pub fn reset(&mut self) {
        self.inner.reset();
    }
}
