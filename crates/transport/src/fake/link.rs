//! The network between two fake sessions.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::connection::End;

/// What a fake network does to packets. Cheap to clone; all clones are one link.
#[derive(Debug, Clone)]
pub struct FakeLink(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    delay: Duration,
    loss_percent: u64,
    random: AtomicU64,
    paused: AtomicBool,
}

impl FakeLink {
    /// `delay` is one way; `loss_percent` (0 to 100) of the packets get lost, which ones is settled by `seed`.
    #[must_use]
    pub fn new(delay: Duration, loss_percent: u8, seed: u64) -> Self {
        Self(Arc::new(Inner {
            delay,
            loss_percent: u64::from(loss_percent),
            random: AtomicU64::new(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1),
            paused: AtomicBool::new(false),
        }))
    }

    /// While paused, nothing passes.
    pub fn pause(&self, paused: bool) {
        self.0.paused.store(paused, Ordering::SeqCst);
    }

    pub(super) fn delay(&self) -> Duration {
        self.0.delay
    }

    pub(super) fn is_paused(&self) -> bool {
        self.0.paused.load(Ordering::SeqCst)
    }

    pub(super) fn passes(&self) -> bool {
        // splitmix64
        let state = self.0.random.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        !self.is_paused() && ((mixed ^ (mixed >> 31)) >> 32) % 100 >= self.0.loss_percent
    }
}

/// Where the connections of both sides find each other.
#[derive(Debug)]
pub(super) struct Hub {
    pub(super) link: FakeLink,
    next: AtomicU64,
    ends: Mutex<BTreeMap<u64, Arc<End>>>,
}

impl Hub {
    pub(super) fn new(link: FakeLink) -> Self {
        Self { link, next: AtomicU64::new(1), ends: Mutex::default() }
    }

    pub(super) fn name(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    pub(super) fn add(&self, name: u64, end: Arc<End>) {
        self.ends.lock().unwrap_or_else(PoisonError::into_inner).insert(name, end);
    }

    pub(super) fn remove(&self, name: u64) {
        self.ends.lock().unwrap_or_else(PoisonError::into_inner).remove(&name);
    }

    pub(super) fn find(&self, name: u64) -> Option<Arc<End>> {
        self.ends.lock().unwrap_or_else(PoisonError::into_inner).get(&name).cloned()
    }
}
