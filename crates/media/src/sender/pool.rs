//! Payload buffers that come back by themselves.

use bytes::{Bytes, BytesMut};

/// Buffers in rotation: over half a second of 10 ms packets in flight.
const BUFFERS: usize = 64;

/// Hands out buffers that are reused once every `Bytes` made of them is dropped.
#[derive(Debug)]
pub(crate) struct PayloadPool {
    buffers: Vec<BytesMut>,
    next: usize,
    capacity: usize,
    misses: u64,
}

impl PayloadPool {
    pub(crate) fn new(capacity: usize) -> Self {
        let buffers = (0..BUFFERS)
            .map(|_| {
                let mut buffer = BytesMut::with_capacity(capacity);
                // A first split makes the storage shared, which allocates; later splits do not.
                buffer.resize(1, 0);
                drop(buffer.split().freeze());
                buffer
            })
            .collect();
        Self { buffers, next: 0, capacity, misses: 0 }
    }

    /// An empty buffer with room for `capacity` bytes.
    pub(crate) fn take(&mut self) -> BytesMut {
        for _ in 0..BUFFERS {
            self.next = (self.next + 1) % BUFFERS;
            let buffer = &mut self.buffers[self.next];
            buffer.clear();
            if buffer.try_reclaim(self.capacity) {
                return std::mem::take(buffer);
            }
        }
        self.misses += 1;
        BytesMut::with_capacity(self.capacity)
    }

    /// Turns the content of the buffer taken last into a payload; the rest waits for its return.
    pub(crate) fn freeze(&mut self, mut buffer: BytesMut) -> Bytes {
        let payload = buffer.split().freeze();
        self.put_back(buffer);
        payload
    }

    /// Returns the buffer taken last.
    pub(crate) fn put_back(&mut self, buffer: BytesMut) {
        self.buffers[self.next] = buffer;
    }

    pub(crate) fn misses(&self) -> u64 {
        self.misses
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::VecDeque;

    #[test]
    fn buffers_are_reused_while_payloads_are_dropped_in_time() {
        let mut pool = PayloadPool::new(100);
        let mut flight = VecDeque::new();
        for i in 0..10_000u32 {
            let mut buffer = pool.take();
            assert!(buffer.capacity() >= 100 && buffer.is_empty());
            buffer.extend_from_slice(&i.to_be_bytes());
            flight.push_back((i, pool.freeze(buffer)));
            if flight.len() > 40 {
                let (i, payload) = flight.pop_front().unwrap();
                assert_eq!(payload[..], i.to_be_bytes(), "a payload in flight is never overwritten");
            }
        }
        assert_eq!(pool.misses(), 0);
    }

    #[test]
    fn payloads_that_are_kept_cost_an_allocation_but_stay_intact() {
        let mut pool = PayloadPool::new(100);
        let kept: Vec<Bytes> = (0..200u8)
            .map(|i| {
                let mut buffer = pool.take();
                buffer.extend_from_slice(&[i; 100]);
                pool.freeze(buffer)
            })
            .collect();
        assert!(pool.misses() > 0);
        for (i, payload) in kept.iter().enumerate() {
            assert_eq!(payload[..], [i as u8; 100]);
        }
    }
}
