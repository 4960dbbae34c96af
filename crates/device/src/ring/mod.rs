//! The wait-free rings between a device's callback and the media thread.
//!
//! ```text
//! device callback ── CaptureFeed ──▶ samples, anchors ──▶ CaptureEnd ── media thread
//! device callback ◀── PlayoutDrain ── samples ◀────────── PlayoutEnd ── media thread
//!                         └────────▶ clock ─────────────▶
//! ```
//! The callback's side never allocates, locks, makes a system call, logs or wakes anybody. Rings carry samples of one
//! channel, or of two interleaved, at the device's own rate; the media thread's side converts to and from 48 kHz.

mod capture;
mod clock;
mod handover;
mod playout;
mod resample;
mod status;

pub use capture::{CaptureEnd, CaptureTime};
pub(crate) use capture::{CaptureFeed, CaptureLink, link as capture_link};
pub(crate) use clock::TimeSmoother;
#[cfg(test)]
pub(crate) use handover::Current;
pub(crate) use handover::{Handover, Life};
pub use playout::{Full, PlayoutEnd};
pub(crate) use playout::{PlayoutDrain, PlayoutLink, link as playout_link};
pub(crate) use resample::{FromFrames, ToFrames, whole as whole_recording_to_48k};
pub(crate) use status::Status;
pub use status::{CaptureStats, PlayoutStats, StreamState};

/// How much audio a ring holds at most (ms).
pub(crate) const RING_MS: u32 = 200;
/// A device that has not called for this long is stalled; its end then keeps time by itself (µs).
pub(crate) const STALL_US: u64 = 500_000;
/// 10 ms (µs).
pub(crate) const FRAME_US: u64 = 10_000;
