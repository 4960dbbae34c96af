//! One time line for arrivals and pulls, and how the sender's clock runs apart from it.

use crate::DriftEstimator;
use std::time::Instant;

/// Milliseconds since the receiver first heard of time, and the sender's drift against them.
#[derive(Debug, Default)]
pub(crate) struct StreamClock {
    epoch: Option<Instant>,
    sender: DriftEstimator,
}

impl StreamClock {
    /// A new sender: its clock is unknown.
    pub(crate) fn restart(&mut self) {
        self.sender = DriftEstimator::new();
    }

    /// `at` in ms; negative before the epoch.
    pub(crate) fn ms(&mut self, at: Instant) -> f64 {
        let epoch = *self.epoch.get_or_insert(at);
        match at.checked_duration_since(epoch) {
            Some(after) => after.as_secs_f64() * 1e3,
            None => -(epoch.duration_since(at).as_secs_f64() * 1e3),
        }
    }

    pub(crate) fn arrived(&mut self, arrival_ms: f64, media_ms: f64) {
        self.sender.observe(arrival_ms, media_ms);
    }

    /// How much faster the sender's clock runs than ours, in ppm, once known.
    pub(crate) fn drift_ppm(&self) -> Option<f64> {
        self.sender.ppm()
    }
}
