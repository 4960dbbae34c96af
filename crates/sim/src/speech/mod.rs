//! Measures taken from what was said and what was heard: delay, likeness, gaps.
//!
//! All of them work on two recordings whose first samples have a known time on one clock, so that the delay found
//! is the whole way from mouth to ear and depends on nobody's own statistics.

mod align;
mod fft;
mod gaps;
mod likeness;
mod recording;
mod times;

pub use align::{DelayOptions, Delays, Window, measure_delays};
pub use gaps::{Gap, GapOptions, find_gaps};
pub use likeness::likeness;
pub use recording::{Recording, RecordingError};
pub use times::{PushToPop, Timed, Times, push_to_pop};

/// The rate at which recordings are compared [Hz]: enough for speech, and a delay known to 63 µs.
const ANALYSIS_HZ: u32 = 16_000;

#[cfg(test)]
mod tests;
