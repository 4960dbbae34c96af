//! When what the store says of accounts may have changed, so that a belief in a token can be kept
//! without reading the store for each request.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Counts the transactions that made tokens void.
#[derive(Debug, Default)]
pub(crate) struct Standings {
    /// A use case of the open transaction changed one.
    touched: AtomicBool,
    generation: AtomicU64,
}

impl Standings {
    /// What was read of an account's standing at a generation holds as long as the generation does.
    pub(crate) fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    /// A use case on the writer's thread makes tokens void when its transaction is committed.
    pub(super) fn touch(&self) {
        self.touched.store(true, Ordering::Relaxed);
    }

    /// The transaction is over; its callers are not answered yet. Whether it was committed does not
    /// matter: one reading more is done.
    pub(super) fn settle(&self) {
        if self.touched.swap(false, Ordering::Relaxed) {
            self.generation.fetch_add(1, Ordering::Release);
        }
    }
}
