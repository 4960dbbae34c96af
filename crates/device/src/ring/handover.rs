//! How a re-opened device reaches the media thread: a new ring is handed over, the old one handed back, so that
//! the media thread neither waits nor frees memory.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use rtrb::{Consumer, Producer, RingBuffer};

/// Rings on their way at the same time, at most.
const DEPTH: usize = 4;

/// The life of one device's ring, between its opener and its callback.
#[derive(Debug, Default)]
pub(crate) struct Life {
    called: AtomicBool,
    retired: AtomicBool,
}

impl Life {
    /// The callback: it was called. True when another ring has taken this one's place: then it counts nothing any more.
    pub fn called(&self) -> bool {
        if !self.called.load(Relaxed) {
            self.called.store(true, Relaxed);
        }
        self.retired.load(Relaxed)
    }

    /// The opener: whether the device has begun to call.
    pub fn has_called(&self) -> bool {
        self.called.load(Relaxed)
    }

    /// The opener: another ring takes this one's place.
    pub fn retire(&self) {
        self.retired.store(true, Relaxed);
    }
}

/// The opener's side.
#[derive(Debug)]
pub(crate) struct Handover<T> {
    fresh: Producer<Box<T>>,
    retired: Consumer<Box<T>>,
}

impl<T> Handover<T> {
    /// Gives the media thread a new ring. False when it has not taken the ones before.
    pub fn give(&mut self, link: T) -> bool {
        self.reclaim();
        self.fresh.push(Box::new(link)).is_ok()
    }

    /// Frees the rings the media thread is done with.
    pub fn reclaim(&mut self) {
        while self.retired.pop().is_ok() {}
    }
}

/// The media thread's side: the ring in use.
#[derive(Debug)]
pub(crate) struct Current<T> {
    pub link: Box<T>,
    fresh: Consumer<Box<T>>,
    retired: Producer<Box<T>>,
}

impl<T> Current<T> {
    pub fn new(link: T) -> (Self, Handover<T>) {
        let (fresh_in, fresh_out) = RingBuffer::new(DEPTH);
        let (retired_in, retired_out) = RingBuffer::new(DEPTH);
        (
            Self { link: Box::new(link), fresh: fresh_out, retired: retired_in },
            Handover { fresh: fresh_in, retired: retired_out },
        )
    }

    /// Takes the newest ring, if there is one. Wait-free; frees nothing.
    pub fn refresh(&mut self) -> bool {
        let mut changed = false;
        while !self.retired.is_full() {
            let Ok(new) = self.fresh.pop() else { break };
            let old = std::mem::replace(&mut self.link, new);
            // There is room: this thread is the only one that fills it.
            let _ = self.retired.push(old);
            changed = true;
        }
        changed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_ring_wins_and_old_ones_come_back() {
        let (mut current, mut handover) = Current::new(1);
        assert!(!current.refresh());
        assert!(handover.give(2));
        assert!(handover.give(3));
        assert!(current.refresh());
        assert_eq!(*current.link, 3);
        assert_eq!(handover.retired.slots(), 2);
        handover.reclaim();
        assert_eq!(handover.retired.slots(), 0);
    }

    #[test]
    fn an_end_that_never_looks_is_not_flooded() {
        let (_current, mut handover) = Current::new(0);
        let given = (1..10).filter(|n| handover.give(*n)).count();
        assert_eq!(given, DEPTH);
    }
}
