//! Transport-wide feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01): the fate of every packet, reported by
//! whoever receives it and read by whoever sent it. Pure.

mod history;
mod recorder;
#[cfg(test)]
mod tests;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use liaison_media::{RateEstimate, RateEstimator, RateEstimatorConfig, RateInput};
use rtc::rtcp::Packet;
use rtc::rtcp::transport_feedbacks::transport_layer_cc::TransportLayerCc;

use history::History;
use recorder::Recorder;

/// What all connections of a session share: packets are counted on when a connection is built anew.
#[derive(Debug)]
pub(crate) struct Feedback {
    history: History,
    estimator: RateEstimator,
    recorder: Recorder,
    reported: bool,
}

impl Feedback {
    /// `ssrc` is our own.
    pub(crate) fn new(ssrc: u32, now: Instant, config: RateEstimatorConfig) -> Self {
        Self {
            history: History::default(),
            estimator: RateEstimator::new(config),
            recorder: Recorder::new(ssrc, now),
            reported: false,
        }
    }

    pub(crate) fn lock(shared: &Mutex<Self>) -> MutexGuard<'_, Self> {
        shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Packets take another way from now on.
    pub(crate) fn new_path(&mut self, now: Instant) {
        self.estimator.handle(now, RateInput::NewPath);
    }

    /// A packet of `bytes` (an IP packet's) goes out; gives its transport-wide sequence number.
    pub(crate) fn sent(&mut self, now: Instant, bytes: u32) -> u16 {
        self.estimator.handle(now, RateInput::Sent);
        self.history.sent(now, bytes)
    }

    /// A packet with this transport-wide sequence number came.
    pub(crate) fn arrived(&mut self, now: Instant, ssrc: u32, sequence: u16) {
        self.recorder.arrived(now, ssrc, sequence);
    }

    /// RTCP of the peer.
    pub(crate) fn received(&mut self, now: Instant, packets: &[Box<dyn Packet>]) {
        for packet in packets {
            if let Some(report) = packet.as_any().downcast_ref::<TransportLayerCc>() {
                let fates = self.history.feedback(report);
                self.reported |= !fates.is_empty();
                self.estimator.handle(now, RateInput::Fates(&fates));
            }
        }
    }

    /// The report that is due.
    pub(crate) fn report(&mut self, now: Instant) -> Option<Box<dyn Packet>> {
        self.recorder.report(now).map(|report| Box::new(report) as Box<dyn Packet>)
    }

    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.recorder.deadline()
    }

    /// What may be sent, measured or not, in bit/s.
    pub(crate) fn target_bps(&self) -> u32 {
        self.estimator.estimate().target_bps
    }

    /// `None`: the peer has reported nothing.
    pub(crate) fn estimate(&self) -> Option<RateEstimate> {
        self.reported.then(|| self.estimator.estimate())
    }
}
