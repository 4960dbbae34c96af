//! How much the path to one peer carries, from the fate of every packet (transport-wide feedback).
//!
//! ```text
//! fate of packets ─┬─ delay: how long packets stand in a queue, whatever the jitter ─┐
//!                  └─ loss: how much, in bursts of what length ─────────────────────┴─ control ─ RateEstimate
//! ```
//!
//! Made for sound: some tens of packets a second, which a fixed share of must not wait. A queue is taken for ours only
//! when even the fastest packets of half a second were late, so that jitter alone lowers nothing; what then goes out is
//! what the path was seen to deliver, less what empties the queue within a second. Rates are bits of whole IP packets a
//! second.

mod delay;
mod drain;
mod estimator;
mod loss;
#[cfg(test)]
mod tests;

pub use estimator::RateEstimator;

use std::time::{Duration, Instant};

/// Bounds of a [`RateEstimator`], in bit/s on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateEstimatorConfig {
    /// Never less than this.
    pub min_bps: u32,
    /// Never more than this: what this side would send on a path without limits.
    pub max_bps: u32,
    /// The first estimate, before anything was measured.
    pub start_bps: u32,
}

impl Default for RateEstimatorConfig {
    /// 14 kb/s (Opus at 6 kb/s in packets of 60 ms) to 256 kb/s, beginning with 64 kb/s.
    fn default() -> Self {
        Self { min_bps: 14_000, max_bps: 256_000, start_bps: 64_000 }
    }
}

/// What became of one packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PacketFate {
    /// Counts the packets sent to this peer, without wrapping.
    pub sequence: u64,
    /// When it was sent.
    pub sent: Instant,
    /// When it arrived, on the peer's clock, which may begin anywhere; `None`: it was lost.
    pub arrival: Option<Duration>,
    /// Its size as an IP packet in bytes.
    pub bytes: u32,
}

/// What a [`RateEstimator`] is told.
#[derive(Debug, Clone, Copy)]
pub enum RateInput<'a> {
    /// A packet was sent.
    Sent,
    /// Feedback came: packets whose fate is now known, by rising sequence; losses may be told later than arrivals.
    Fates(&'a [PacketFate]),
    /// Packets take another path from now on: of the former one only the rate is kept.
    NewPath,
    /// New bounds.
    Bounds {
        /// Never less than this, in bit/s.
        min_bps: u32,
        /// Never more than this, in bit/s.
        max_bps: u32,
    },
}

/// What is known of the path.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
#[non_exhaustive]
pub struct RateEstimate {
    /// What may be sent, in bit/s on the wire.
    pub target_bps: u32,
    /// What lately arrived, in bit/s on the wire; 0 before half a second was seen.
    pub delivered_bps: u32,
    /// How long packets stand in queues on the way.
    pub queueing: Duration,
    /// Share of the packets that are lost, 0 to 1.
    pub fraction_lost: f32,
    /// Packets lost in a row, on the mean; 0 while none is lost.
    pub mean_burst_packets: f32,
    /// There and back, with the time the peer took to report.
    pub round_trip: Option<Duration>,
}
