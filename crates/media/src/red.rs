//! Redundant audio data (RFC 2198): older payloads travel beside the newest.
//!
//! ```text
//! 1 │ payload type (7) │ timestamp offset (14) │ block length (10)   for each older block
//! 0 │ payload type (7)                                               for the newest
//! blocks, in the order of their headers
//! ```

/// Most older blocks in a packet; more are refused.
pub const MAX_RED_BLOCKS: usize = 8;
/// Largest timestamp offset that fits, in samples: 341 ms at 48 kHz.
pub const MAX_RED_OFFSET: u32 = (1 << 14) - 1;
/// Largest older block that fits, in bytes.
pub const MAX_RED_BLOCK: usize = (1 << 10) - 1;

/// Bytes of the header of an older block, and of the newest.
const OLDER_HEADER: usize = 4;
const NEWEST_HEADER: usize = 1;

/// One block of a packet.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RedBlock<'a> {
    /// Payload type of what is inside, 0–127.
    pub payload_type: u8,
    /// By how many samples it is older than the packet; 0 for the newest.
    pub timestamp_offset: u32,
    /// What is inside; may be empty.
    pub payload: &'a [u8],
}

/// A packet taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RedPayload<'a> {
    older: [RedBlock<'a>; MAX_RED_BLOCKS],
    count: usize,
    /// The block that belongs to the packet's own timestamp.
    pub primary: RedBlock<'a>,
}

/// Why bytes are no redundant audio data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RedError {
    /// The headers end early.
    #[error("the RED headers are cut short; drop the packet")]
    Truncated,
    /// A block is longer than the packet.
    #[error("the RED block lengths exceed the packet; drop it")]
    Lengths,
    /// More older blocks than anyone sends.
    #[error("the RED packet has more than {MAX_RED_BLOCKS} older blocks; drop it")]
    TooMany,
}

impl<'a> RedPayload<'a> {
    /// Takes a payload apart, in bounded time; nothing is copied.
    ///
    /// # Errors
    /// [`RedError`] where lengths and size contradict each other or there are too many blocks.
    pub fn parse(payload: &'a [u8]) -> Result<Self, RedError> {
        let mut headers = [(0u8, 0u32, 0usize); MAX_RED_BLOCKS];
        let (mut rest, mut count) = (payload, 0);
        let newest = loop {
            let &first = rest.first().ok_or(RedError::Truncated)?;
            if first & 0x80 == 0 {
                rest = &rest[NEWEST_HEADER..];
                break first;
            }
            let (&[a, b, c, d], after) = rest.split_first_chunk().ok_or(RedError::Truncated)?;
            let word = u32::from_be_bytes([a, b, c, d]);
            let header = headers.get_mut(count).ok_or(RedError::TooMany)?;
            *header = (a & 0x7f, word >> 10 & MAX_RED_OFFSET, word as usize & MAX_RED_BLOCK);
            count += 1;
            rest = after;
        };
        let mut older = [RedBlock::default(); MAX_RED_BLOCKS];
        for (block, (payload_type, timestamp_offset, length)) in older.iter_mut().zip(headers).take(count) {
            let (payload, after) = rest.split_at_checked(length).ok_or(RedError::Lengths)?;
            *block = RedBlock { payload_type, timestamp_offset, payload };
            rest = after;
        }
        let primary = RedBlock { payload_type: newest, timestamp_offset: 0, payload: rest };
        Ok(Self { older, count, primary })
    }

    /// A payload that came without any older one.
    pub(crate) fn alone(payload_type: u8, payload: &'a [u8]) -> Self {
        let primary = RedBlock { payload_type, timestamp_offset: 0, payload };
        Self { older: [RedBlock::default(); MAX_RED_BLOCKS], count: 0, primary }
    }

    /// The older blocks in the packet's order.
    pub fn older(&self) -> &[RedBlock<'a>] {
        &self.older[..self.count]
    }
}

/// Appends the header of an older block; `false`, and nothing written, if it does not fit its fields.
pub(crate) fn write_older_header(out: &mut impl Extend<u8>, block: &RedBlock<'_>) -> bool {
    if block.timestamp_offset > MAX_RED_OFFSET || block.payload.len() > MAX_RED_BLOCK {
        return false;
    }
    let word = 1 << 31
        | u32::from(block.payload_type & 0x7f) << 24
        | block.timestamp_offset << 10
        | block.payload.len() as u32;
    out.extend(word.to_be_bytes());
    true
}

/// Appends the header of the newest block.
pub(crate) fn write_newest_header(out: &mut impl Extend<u8>, payload_type: u8) {
    out.extend([payload_type & 0x7f]);
}

/// Bytes that `blocks` older ones add, without their content.
pub(crate) const fn header_bytes(blocks: usize) -> usize {
    NEWEST_HEADER + OLDER_HEADER * blocks
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn write(older: &[RedBlock<'_>], payload_type: u8, newest: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        for block in older {
            assert!(write_older_header(&mut out, block));
        }
        write_newest_header(&mut out, payload_type);
        assert_eq!(out.len(), header_bytes(older.len()));
        for block in older {
            out.extend(block.payload);
        }
        out.extend(newest);
        out
    }

    #[test]
    fn the_example_of_the_rfc_is_read() {
        // RFC 2198 section 4: one older block (type 7, offset 160 ms-units … of 14 bits), then type 5.
        let bytes = [0x87, 0x02, 0x80, 0x02, 0x05, 0xaa, 0xbb, 0x01, 0x02, 0x03];
        let packet = RedPayload::parse(&bytes).unwrap();
        let older = [RedBlock { payload_type: 7, timestamp_offset: 160, payload: &[0xaa, 0xbb] }];
        assert_eq!(packet.older(), older);
        assert_eq!((packet.primary.payload_type, packet.primary.payload), (5, &[1, 2, 3][..]));
    }

    #[test]
    fn lies_are_refused() {
        assert_eq!(RedPayload::parse(&[]), Err(RedError::Truncated));
        assert_eq!(RedPayload::parse(&[0x80 | 111, 0, 0]), Err(RedError::Truncated));
        assert_eq!(RedPayload::parse(&[0x80 | 111, 0, 0, 0]), Err(RedError::Truncated));
        assert_eq!(RedPayload::parse(&[0x80 | 111, 0, 0, 200, 111, 1, 2]), Err(RedError::Lengths));
        let nested: Vec<u8> = (0..32).flat_map(|_| [0x80 | 111, 0, 0, 1]).chain([111; 40]).collect();
        assert_eq!(RedPayload::parse(&nested), Err(RedError::TooMany));
        assert_eq!(RedPayload::parse(&[111]).unwrap().primary.payload, []);
        let long = RedBlock { payload_type: 111, timestamp_offset: 1, payload: &[0; MAX_RED_BLOCK + 1] };
        let far = RedBlock { payload_type: 111, timestamp_offset: MAX_RED_OFFSET + 1, payload: &[] };
        let mut out = Vec::new();
        assert!(!write_older_header(&mut out, &long) && !write_older_header(&mut out, &far));
        assert!(out.is_empty());
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            blocks in prop::collection::vec(
                (0u8..128, 0u32..=MAX_RED_OFFSET, prop::collection::vec(any::<u8>(), 0..200)),
                0..=MAX_RED_BLOCKS,
            ),
            payload_type in 0u8..128,
            newest in prop::collection::vec(any::<u8>(), 0..200),
        ) {
            let older: Vec<RedBlock<'_>> = blocks
                .iter()
                .map(|(payload_type, timestamp_offset, payload)| RedBlock {
                    payload_type: *payload_type,
                    timestamp_offset: *timestamp_offset,
                    payload,
                })
                .collect();
            let bytes = write(&older, payload_type, &newest);
            let packet = RedPayload::parse(&bytes).unwrap();
            prop_assert_eq!(packet.older(), &older[..]);
            prop_assert_eq!(packet.primary.payload, &newest[..]);
            prop_assert_eq!(packet.primary.payload_type, payload_type);
        }

        #[test]
        fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            if let Ok(packet) = RedPayload::parse(&bytes) {
                let content: usize = packet.older().iter().map(|block| block.payload.len()).sum();
                let headers = header_bytes(packet.older().len());
                prop_assert_eq!(headers + content + packet.primary.payload.len(), bytes.len());
            }
        }
    }
}
