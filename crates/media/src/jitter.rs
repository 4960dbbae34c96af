//! The parts of the jitter buffer. [`crate::AudioReceiver`] puts them together.
//!
//! Two relative times rule it, both in ms and both "wall clock less media time":
//! the *delay* of a packet (when it came), and the *playhead's delay* (when its sample is played).
//! A packet is on time if its delay is the smaller one.

pub(crate) mod control;
pub(crate) mod coverage;
pub(crate) mod delay;
pub(crate) mod floor;
pub(crate) mod histogram;
pub(crate) mod packets;
pub(crate) mod playout;
pub(crate) mod spread;
pub(crate) mod stretch;
pub(crate) mod tracker;
