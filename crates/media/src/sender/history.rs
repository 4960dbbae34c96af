//! The last payloads, of which later packets carry copies.

use crate::red::{MAX_RED_BLOCK, MAX_RED_OFFSET};

/// Payloads kept: the farthest copy is so many packets old.
pub(super) const KEPT: usize = 4;

#[derive(Debug)]
struct Sent {
    sequence: u16,
    timestamp: u32,
    length: usize,
    bytes: Box<[u8; MAX_RED_BLOCK]>,
}

/// A ring of payloads. Allocates when made, never after.
#[derive(Debug)]
pub(super) struct History {
    ring: [Sent; KEPT],
}

impl History {
    pub(super) fn new() -> Self {
        let empty = || Sent { sequence: 0, timestamp: 0, length: 0, bytes: Box::new([0; MAX_RED_BLOCK]) };
        Self { ring: std::array::from_fn(|_| empty()) }
    }

    /// Keeps a payload; one that fits no block is not kept.
    pub(super) fn keep(&mut self, sequence: u16, timestamp: u32, payload: &[u8]) {
        let sent = &mut self.ring[usize::from(sequence) % KEPT];
        sent.length = 0;
        if let Some(room) = sent.bytes.get_mut(..payload.len()) {
            room.copy_from_slice(payload);
            (sent.sequence, sent.timestamp, sent.length) = (sequence, timestamp, payload.len());
        }
    }

    /// The payload `distance` packets before (`sequence`, `timestamp`), and by how much it is older.
    ///
    /// Only where the stream had no gap in time and no change of packet time since then: the peer
    /// works the sequence number out from the offset.
    pub(super) fn copy(
        &self,
        sequence: u16,
        timestamp: u32,
        packet_samples: usize,
        distance: u16,
    ) -> Option<(u32, &[u8])> {
        let sequence = sequence.wrapping_sub(distance);
        let sent = &self.ring[usize::from(sequence) % KEPT];
        let offset = timestamp.wrapping_sub(sent.timestamp);
        let regular = offset == u32::from(distance) * packet_samples as u32;
        (sent.length > 0 && sent.sequence == sequence && regular && offset <= MAX_RED_OFFSET)
            .then(|| (offset, &sent.bytes[..sent.length]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_are_of_regular_neighbours_only() {
        let mut history = History::new();
        history.keep(65_535, u32::MAX - 959, &[1]);
        history.keep(0, 0, &[2, 2]);
        assert_eq!(history.copy(1, 960, 960, 1), Some((960, &[2, 2][..])));
        assert_eq!(history.copy(1, 960, 960, 2), Some((1_920, &[1][..])));
        assert_eq!(history.copy(1, 960, 960, 3), None, "never sent");
        assert_eq!(history.copy(1, 9_600, 960, 1), None, "silence lay between");
        assert_eq!(history.copy(1, 960, 480, 1), None, "the packet time changed");
        assert_eq!(history.copy(5, 4_800, 960, 1), None, "overwritten or older");
        history.keep(1, 960, &[0; MAX_RED_BLOCK + 1]);
        assert_eq!(history.copy(2, 1_920, 960, 1), None, "too long for a block");
    }
}
