//! An RTP packet as the rest of the house sees it.

use bytes::Bytes;

/// The fields of an RTP packet (RFC 3550 section 5.1) that audio needs.
///
/// Parsing and serialising, header extensions and padding belong to `transport`.
#[derive(Debug, Clone, PartialEq, Eq)]
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
    /// Codec payload.
    pub payload: Bytes,
}
