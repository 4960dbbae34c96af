//! Holds packets in order, in bounded memory.

use super::tracker::Place;
use crate::codec::OpusPacketInfo;
use bytes::Bytes;

/// Packets that may wait: 1.28 s of 2.5 ms packets, 10 s of 20 ms packets.
const WINDOW: usize = 512;
/// As many again are remembered after their turn, to tell duplicates from late packets.
const SLOTS: usize = 2 * WINDOW;

/// A packet that waits for its turn.
#[derive(Debug, Clone)]
pub(crate) struct Waiting {
    pub(crate) place: Place,
    /// When it came, in ms since the stream's epoch.
    pub(crate) arrival_ms: f64,
    pub(crate) info: OpusPacketInfo,
    pub(crate) payload: Bytes,
    /// It is a copy that came in a later packet.
    pub(crate) copy: bool,
}

impl Waiting {
    /// Media time after its last sample.
    pub(crate) fn end(&self) -> i64 {
        self.place.timestamp + self.info.samples as i64
    }
}

/// What became of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Inserted {
    Kept,
    Duplicate,
    /// Its turn is over.
    Late,
    /// Kept, but so far ahead that all the others were dropped: their number.
    Flushed(usize),
}

/// A ring of slots indexed by sequence number.
#[derive(Debug)]
pub(crate) struct PacketBuffer {
    slots: Box<[Option<Waiting>]>,
    /// Which numbers of the window, and of the one before it, have come.
    seen: [u64; SLOTS / 64],
    /// Lowest number that may still be kept.
    next: i64,
    /// Highest number kept.
    highest: i64,
    count: usize,
}

impl PacketBuffer {
    pub(crate) fn new() -> Self {
        Self {
            slots: vec![None; SLOTS].into_boxed_slice(),
            seen: [0; SLOTS / 64],
            next: 0,
            highest: 0,
            count: 0,
        }
    }

    /// Drops everything and begins at `next`; earlier numbers are late from now on.
    pub(crate) fn restart(&mut self, next: i64) {
        self.slots.fill(None);
        self.seen = [0; SLOTS / 64];
        self.next = next;
        self.highest = next;
        self.count = 0;
    }

    /// Lets packets with a lower number in again, while nothing has been taken yet.
    pub(crate) fn lower_to(&mut self, next: i64) {
        if next < self.next && self.highest - next < WINDOW as i64 {
            self.next = next;
        }
    }

    pub(crate) fn insert(&mut self, packet: Waiting) -> Inserted {
        let number = packet.place.sequence;
        if number < self.next {
            // Taken or given up already; the bitmap still knows which for a while.
            let duplicate = self.next - number <= WINDOW as i64 && self.bit(number);
            return if duplicate { Inserted::Duplicate } else { Inserted::Late };
        }
        let mut flushed = None;
        if number >= self.next + WINDOW as i64 {
            flushed = Some(self.count);
            self.restart(number);
        }
        let slot = &mut self.slots[index(number)];
        match slot {
            Some(waiting) if !waiting.copy => return Inserted::Duplicate,
            // The original takes the place of its copy.
            Some(_) => {}
            None => self.count += 1,
        }
        *slot = Some(packet);
        self.set_bit(number, true);
        self.highest = self.highest.max(number);
        flushed.map_or(Inserted::Kept, Inserted::Flushed)
    }

    /// Keeps a copy of a packet that has not come, if there is a place for it between its neighbours.
    ///
    /// The copy does not count as the packet: the original may still come.
    pub(crate) fn insert_copy(&mut self, packet: Waiting) -> bool {
        let number = packet.place.sequence;
        if number < self.next || number >= self.highest || self.slots[index(number)].is_some() {
            return false;
        }
        // What a peer says of times must not turn the order round.
        let before = (self.next..number).rev().find_map(|number| self.slots[index(number)].as_ref());
        let after = (number + 1..=self.highest).find_map(|number| self.slots[index(number)].as_ref());
        if before.is_some_and(|before| before.end() > packet.place.timestamp)
            || after.is_none_or(|after| packet.end() > after.place.timestamp)
        {
            return false;
        }
        self.slots[index(number)] = Some(packet);
        self.count += 1;
        true
    }

    /// The packet with the lowest number that came itself, not as a copy.
    pub(crate) fn first_original(&self) -> Option<&Waiting> {
        if self.count == 0 {
            return None;
        }
        (self.next..=self.highest)
            .find_map(|number| self.slots[index(number)].as_ref().filter(|packet| !packet.copy))
    }

    /// The packet with the lowest number.
    pub(crate) fn first(&self) -> Option<&Waiting> {
        if self.count == 0 {
            return None;
        }
        (self.next..self.next + WINDOW as i64).find_map(|number| self.slots[index(number)].as_ref())
    }

    /// Removes the packet with the lowest number; it and the gap before it are over.
    pub(crate) fn pop(&mut self) -> Option<Waiting> {
        let number = self.first()?.place.sequence;
        let packet = self.slots[index(number)].take()?;
        self.count -= 1;
        self.advance(number + 1);
        Some(packet)
    }

    /// The next number expected.
    pub(crate) fn next(&self) -> i64 {
        self.next
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The packet with the highest number.
    pub(crate) fn newest(&self) -> Option<&Waiting> {
        // Packets leave in order: while any waits, the highest does.
        self.slots[index(self.highest)].as_ref().filter(|_| self.count > 0)
    }

    fn advance(&mut self, next: i64) {
        // Numbers entering the window of the bitmap have not been seen.
        let (from, to) = (self.next + WINDOW as i64, next + WINDOW as i64);
        for number in from..to {
            self.set_bit(number, false);
        }
        self.next = next;
    }

    fn bit(&self, number: i64) -> bool {
        let i = index(number);
        self.seen[i / 64] >> (i % 64) & 1 == 1
    }

    fn set_bit(&mut self, number: i64, value: bool) {
        let i = index(number);
        let mask = 1 << (i % 64);
        if value { self.seen[i / 64] |= mask } else { self.seen[i / 64] &= !mask }
    }
}

fn index(number: i64) -> usize {
    number.rem_euclid(SLOTS as i64) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    pub(crate) fn waiting(sequence: i64) -> Waiting {
        let payload = Bytes::from_static(&[0x78, 0]);
        let info = OpusPacketInfo::parse(&payload).unwrap();
        Waiting {
            place: Place { sequence, timestamp: sequence * 960 },
            arrival_ms: 0.0,
            info,
            payload,
            copy: false,
        }
    }

    fn order(buffer: &mut PacketBuffer) -> Vec<i64> {
        std::iter::from_fn(|| buffer.pop()).map(|packet| packet.place.sequence).collect()
    }

    #[test]
    fn packets_come_out_in_order_once() {
        let mut buffer = PacketBuffer::new();
        buffer.restart(10);
        for number in [12, 10, 11, 15] {
            assert_eq!(buffer.insert(waiting(number)), Inserted::Kept);
        }
        assert_eq!(buffer.insert(waiting(11)), Inserted::Duplicate);
        assert_eq!(buffer.insert(waiting(9)), Inserted::Late);
        assert_eq!(order(&mut buffer), [10, 11, 12, 15]);
        assert_eq!(buffer.insert(waiting(12)), Inserted::Duplicate, "known even after its turn");
        assert_eq!(buffer.insert(waiting(13)), Inserted::Late, "never came before");
        assert_eq!(buffer.next(), 16);
    }

    #[test]
    fn a_jump_beyond_the_window_drops_what_waited() {
        let mut buffer = PacketBuffer::new();
        buffer.restart(0);
        buffer.insert(waiting(1));
        buffer.insert(waiting(2));
        assert_eq!(buffer.insert(waiting(2_000)), Inserted::Flushed(2));
        assert_eq!(order(&mut buffer), [2_000]);
    }

    proptest! {
        #[test]
        fn any_order_comes_out_sorted_without_repeats(numbers in proptest::collection::vec(0i64..3_000, 0..300)) {
            let mut buffer = PacketBuffer::new();
            buffer.restart(0);
            let (mut out, mut last) = (Vec::new(), -1);
            for (i, number) in numbers.iter().enumerate() {
                buffer.insert(waiting(*number));
                if i % 3 == 0 {
                    out.extend(buffer.pop().map(|packet| packet.place.sequence));
                }
                prop_assert!(buffer.count <= WINDOW);
                prop_assert_eq!(buffer.count, buffer.slots.iter().flatten().count());
                let newest = buffer.slots.iter().flatten().map(|packet| packet.place.sequence).max();
                prop_assert_eq!(buffer.newest().map(|packet| packet.place.sequence), newest);
            }
            out.extend(order(&mut buffer));
            for number in out {
                prop_assert!(number > last);
                last = number;
            }
        }
    }
}
