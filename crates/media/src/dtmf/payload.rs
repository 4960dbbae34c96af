//! The four bytes of a telephone event (RFC 4733 section 2.3).

/// ```text
///  0                   1                   2                   3
///  |     event     |E|R| volume    |          duration             |
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Event {
    pub(super) code: u8,
    pub(super) end: bool,
    /// Power in −dBm0, 0 to 63.
    pub(super) volume: u8,
    /// Since the event's timestamp, in its units.
    pub(super) duration: u16,
}

impl Event {
    pub(super) fn bytes(self) -> [u8; 4] {
        let [high, low] = self.duration.to_be_bytes();
        [self.code, u8::from(self.end) << 7 | self.volume.min(63), high, low]
    }

    /// Of a payload with several events the first; `None` for what is too short to be one.
    pub(super) fn parse(payload: &[u8]) -> Option<Self> {
        let [code, flags, high, low] = *payload.first_chunk()?;
        Some(Self {
            code,
            end: flags & 0x80 != 0,
            volume: flags & 0x3f,
            duration: u16::from_be_bytes([high, low]),
        })
    }
}
