//! How loud a stream is, as the control task may look at it at any time.

use std::sync::atomic::{AtomicBool, AtomicU8, Ordering::Relaxed};

/// No sound, in −dBov.
pub(super) const SILENCE_DBOV: u8 = 127;

/// Written by the media thread, read by the control task; neither waits.
#[derive(Debug)]
pub(crate) struct StreamLevels {
    sent: AtomicU8,
    received: AtomicU8,
    speaking: AtomicBool,
}

impl StreamLevels {
    pub(super) fn new() -> Self {
        Self {
            sent: AtomicU8::new(SILENCE_DBOV),
            received: AtomicU8::new(SILENCE_DBOV),
            speaking: AtomicBool::new(false),
        }
    }

    pub(super) fn sent(&self, dbov: u8) {
        self.sent.fetch_min(dbov, Relaxed);
    }

    pub(super) fn received(&self, dbov: u8, speaking: bool) {
        self.received.fetch_min(dbov, Relaxed);
        self.speaking.store(speaking, Relaxed);
    }

    /// Whether the other side speaks now.
    pub(crate) fn is_speaking(&self) -> bool {
        self.speaking.load(Relaxed)
    }

    /// The loudest of what was sent and of what was received since the last time, in −dBov.
    pub(crate) fn take_loudest(&self) -> (u8, u8) {
        (self.sent.swap(SILENCE_DBOV, Relaxed), self.received.swap(SILENCE_DBOV, Relaxed))
    }
}
