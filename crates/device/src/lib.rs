//! Microphone and speaker: cpal, files, tones, the app-owned port; wait-free rings.
#![forbid(unsafe_code)]

mod end;
mod error;
mod open;
mod port;
pub mod wav;

pub use end::{CaptureEnd, CaptureStats, CaptureTime, Full, PlayoutEnd, PlayoutStats, StreamState};
pub use error::DeviceError;
pub use open::{
    CaptureSource, DeviceConfig, DeviceInfo, Direction, PlayoutSink, StreamGuard, list_devices, open_capture,
    open_playout,
};
pub use port::{AudioPort, Busy, PortStats};
pub use wav::WavWriter;

/// Samples a second of every stream in this crate.
pub const SAMPLE_RATE_HZ: u32 = 48_000;
/// Samples in 10 ms, the unit the ends exchange.
pub const FRAME_SAMPLES: usize = 480;
/// 10 ms of mono audio, samples in [-1, 1].
pub type Frame = [f32; FRAME_SAMPLES];
