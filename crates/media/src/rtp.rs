//! An RTP packet as the rest of the house sees it.

use bytes::Bytes;

/// The fields of an RTP packet (RFC 3550 section 5.1) that audio needs.
///
/// Parsing and serialising, header extensions and padding belong to `transport`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RtpPacket {
    /// Payload type, 0–127.
    pub payload_type: u8,
    /// Marker bit: the first packet of a talk spurt (RFC 3551 section 4.1).
    pub marker: bool,
    /// Sequence number; wraps.
    pub sequence: u16,
    /// Media time of the first sample in units of 1/48000 s (RFC 7587 section 4.1); wraps.
    pub timestamp: u32,
    /// Synchronisation source.
    pub ssrc: u32,
    /// How loud its sound is, where that is told beside the payload.
    pub audio_level: Option<AudioLevel>,
    /// Codec payload.
    pub payload: Bytes,
}

/// How loud a packet's sound is, and whether it is a voice: readable without decoding (RFC 6464).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AudioLevel {
    /// In −dBov, 0 (loudest) to 127 (silence).
    pub dbov: u8,
    /// Somebody speaks.
    pub voice: bool,
}

impl AudioLevel {
    /// From the extension's byte: every value is a valid one.
    pub fn from_byte(byte: u8) -> Self {
        Self { dbov: byte & 0x7f, voice: byte & 0x80 != 0 }
    }

    /// As the extension's byte; a level over 127 is silence.
    pub fn to_byte(self) -> u8 {
        self.dbov.min(127) | u8::from(self.voice) << 7
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_is_seven_bits_and_a_flag() {
        assert_eq!(AudioLevel { dbov: 20, voice: true }.to_byte(), 0x94);
        assert_eq!(AudioLevel { dbov: 255, voice: false }.to_byte(), 127);
        assert!((0..=255).all(|byte| AudioLevel::from_byte(byte).to_byte() == byte));
    }
}
