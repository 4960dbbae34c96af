//! How delays spread: over the last minute, and just now.

use super::histogram::{DelayHistogram, Tail};

/// Memory for what is usual, in ms of sound.
const LONG_MEMORY_MS: f64 = 60_000.0;
/// Memory for what goes on just now, in ms of sound.
const SHORT_MEMORY_MS: f64 = 5_000.0;
/// How much what goes on just now weighs against what is usual.
const RECENT_WEIGHT: f64 = 0.3;
/// Before anything is known, packets are thought to vary by this much, in ms …
const PRIOR_MEAN_MS: f64 = 2.0;
/// … with the weight of this many packets.
const PRIOR_WEIGHT: u32 = 6;
/// Safety for what was never seen, in ms, and its growth with the spread that was: that of the first 99 %, so
/// that no single packet makes it grow.
const MARGIN_MS: f64 = 1.0;
const MARGIN_SHARE: f64 = 0.6;
const MAX_MARGIN_MS: f64 = 4.0;

/// The two distributions of one kind of delay.
#[derive(Debug)]
pub(crate) struct Spread {
    usual: DelayHistogram,
    recent: DelayHistogram,
    usual_tail: Tail,
    recent_tail: Tail,
    margin: f64,
}

impl Spread {
    pub(crate) fn new() -> Self {
        Self {
            usual: DelayHistogram::new(1_000.0),
            recent: DelayHistogram::new(100.0),
            usual_tail: Tail::new(),
            recent_tail: Tail::new(),
            margin: MARGIN_MS,
        }
    }

    pub(crate) fn set_packet_ms(&mut self, packet_ms: f64) {
        self.usual.set_memory((LONG_MEMORY_MS / packet_ms) as f32);
        self.recent.set_memory((SHORT_MEMORY_MS / packet_ms) as f32);
    }

    /// Forgets all but a belief around `delay`.
    pub(crate) fn start(&mut self, delay: f64) {
        self.usual.start(delay, PRIOR_MEAN_MS, PRIOR_WEIGHT);
        self.recent.start(delay, PRIOR_MEAN_MS, PRIOR_WEIGHT);
    }

    pub(crate) fn add(&mut self, delay: f64) {
        self.usual.add(delay);
        self.recent.add(delay);
    }

    /// All delays grow by `by` ms.
    pub(crate) fn shift(&mut self, by: f64) {
        self.usual.shift(by);
        self.recent.shift(by);
    }

    /// Works out what the methods below tell.
    pub(crate) fn refresh(&mut self) {
        self.usual.tail(&mut self.usual_tail);
        self.recent.tail(&mut self.recent_tail);
        let spread = self.usual_tail.quantile(0.99) - self.usual_tail.quantile(0.5);
        self.margin = MARGIN_MS + (MARGIN_SHARE * spread).clamp(0.0, MAX_MARGIN_MS);
    }

    /// The delay of the fastest packets, in ms.
    pub(crate) fn base(&self) -> f64 {
        self.usual_tail.quantile(0.01)
    }

    /// Share of packets not there by `deadline` (a delay in ms), with something for what was never seen.
    pub(crate) fn late(&self, deadline: f64) -> f64 {
        self.seen_late(deadline - self.margin)
    }

    /// Share of packets that were not there by `deadline` (a delay in ms).
    pub(crate) fn seen_late(&self, deadline: f64) -> f64 {
        self.usual_tail.above(deadline).max(self.recent_tail.above(deadline) * RECENT_WEIGHT)
    }
}
