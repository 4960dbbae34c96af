//! Deep redundancy: what a packet says about the sound long before it.

use super::sys::{DredSpan, RawDred};
use super::{CodecError, OpusPacketInfo};

/// The deep redundancy (DRED) of the packet parsed last. Made once, it allocates nothing more.
#[derive(Debug)]
pub struct OpusDred {
    pub(super) raw: RawDred,
}

impl OpusDred {
    /// Makes room for the redundancy of one packet.
    ///
    /// # Errors
    /// [`CodecError::Setup`] if libopus was built without DRED.
    pub fn new() -> Result<Self, CodecError> {
        Ok(Self { raw: RawDred::new().map_err(CodecError::Setup)? })
    }

    /// Reads the redundancy in `packet` and says what it covers; nothing if it carries none.
    ///
    /// Only about `wanted` samples before the packet are made ready, which is what costs.
    ///
    /// # Errors
    /// [`CodecError::Packet`] for a malformed packet, [`CodecError::Decode`] if libopus refuses.
    pub fn parse(&mut self, packet: &[u8], wanted: usize) -> Result<DredSpan, CodecError> {
        OpusPacketInfo::parse(packet)?;
        self.raw.parse(packet, wanted).map_err(CodecError::Decode)
    }
}
