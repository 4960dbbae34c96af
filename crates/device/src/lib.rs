//! Microphone and speaker: cpal, files, tones, the app-owned port; wait-free rings.
//!
//! ```text
//! cpal callback ┐                                                    ┌ cpal callback
//! pacer thread  ├─▶ ring ─▶ CaptureEnd ─▶ media thread ─▶ PlayoutEnd ─▶ ring ─▶┤ pacer thread
//! app's push    ┘                                                    └ app's pull
//! ```
//! Whatever the device, the media thread sees frames of 10 ms at 48 kHz, of one channel or of two interleaved, with the
//! instant of their first sample, and asks the playout end when the next one is due: **the playout device is the clock**.
//!
//! A device's callback never allocates, locks, logs, wakes anybody or makes a system call of ours, and always
//! fills its buffer; what goes wrong there is a counter. A device that goes away leaves its end alive: silence
//! comes in, what goes out is discarded, both in real time, until the device is back.
#![cfg_attr(not(test), forbid(unsafe_code))]
// What only system devices need, such as being found again, is the same code in every build.
#![cfg_attr(not(feature = "cpal"), allow(dead_code, unused_imports))]

mod changes;
mod error;
mod exclusive;
mod guard;
mod measure;
mod open;
mod pacer;
mod port;
mod ring;
mod route;
mod source;
#[cfg(feature = "cpal")]
mod system;
#[cfg(not(feature = "cpal"))]
#[path = "no_system.rs"]
mod system;
#[cfg(test)]
mod tests;
pub mod time;
pub mod wav;

pub use changes::DeviceChange;
pub use error::DeviceError;
pub use guard::StreamGuard;
pub use measure::{DelayReport, measure_delay};
pub use open::{
    CaptureSource, DeviceConfig, DeviceInfo, DeviceWatch, Direction, PlayoutSink, list_devices, open_capture,
    open_playout, watch_devices,
};
pub use port::{AudioPort, Busy, PortStats};
pub use ring::{CaptureEnd, CaptureStats, CaptureTime, Full, PlayoutEnd, PlayoutStats, StreamState};
pub use route::{DeviceName, RouteCause, RouteChange, RouteHook};
pub use wav::WavWriter;

/// Samples a second of every stream the media thread sees.
pub const SAMPLE_RATE_HZ: u32 = 48_000;
/// Samples in 10 ms, the unit the ends exchange.
pub const FRAME_SAMPLES: usize = 480;
/// 10 ms of mono audio, samples in [-1, 1].
pub type Frame = [f32; FRAME_SAMPLES];

/// A sample in [-1, 1], whatever came in.
pub(crate) fn sanitize(sample: f32) -> f32 {
    if sample.is_finite() { sample.clamp(-1.0, 1.0) } else { 0.0 }
}

/// A sample as 16-bit PCM; full scale is 32768, so that reading gives back what was written.
pub(crate) fn to_i16(sample: f32) -> i16 {
    // `as` saturates, and makes NaN 0.
    (sample * 32_768.0).round() as i16
}
