//! Opening a microphone or a speaker, or what stands in for one.

use std::path::PathBuf;

use crate::{CaptureEnd, DeviceError, PlayoutEnd, StreamState};

/// Where captured audio comes from.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum CaptureSource {
    /// The system's default microphone.
    Default,
    /// A microphone by the id (or else the name) that [`list_devices`] gives.
    Named(String),
    /// A WAV file, played in real time, then silence.
    Wav {
        /// The file: any rate, mono or stereo, 16, 24, 32-bit integers or 32-bit float.
        path: PathBuf,
        /// Play it again and again.
        repeat: bool,
    },
    /// A sine tone.
    Tone {
        /// Its frequency [Hz], above 0 and below 24 000.
        hz: f32,
    },
    /// Silence.
    Silence,
}

/// Where played audio goes.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum PlayoutSink {
    /// The system's default speaker.
    Default,
    /// A speaker by the id (or else the name) that [`list_devices`] gives.
    Named(String),
    /// A WAV file, 48 kHz mono 16 bits.
    Wav(PathBuf),
    /// Nowhere, in real time.
    Discard,
}

/// How to open a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceConfig {
    /// Frames the device exchanges at a time [samples at 48 kHz], 96..=4800.
    pub fixed_frames: u32,
    /// A file or tone waits, in silence, for [`StreamGuard::start`]; a file sink writes nothing until then.
    pub held: bool,
}

impl Default for DeviceConfig {
    fn default() -> Self {
        Self { fixed_frames: 480, held: false }
    }
}

/// Keeps a stream running; dropping it closes the device (and completes a file).
#[derive(Debug)]
pub struct StreamGuard {
    pub(crate) private: (),
}

impl StreamGuard {
    /// Lets a held stream begin. Nothing happens if it was not held.
    pub fn start(&self) {}
    /// Whether a file has been played to its end.
    pub fn finished(&self) -> bool {
        false
    }
    /// Where the stream is in its life.
    pub fn state(&self) -> StreamState {
        StreamState::Starting
    }
    /// Why the stream is lost, or why a file could not be written.
    pub fn error(&self) -> Option<DeviceError> {
        None
    }
    /// When a file's first sample was captured or played [µs, see [`crate::wav`]]; None until then.
    pub fn first_sample_us(&self) -> Option<u64> {
        None
    }
}

/// Microphone or speaker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// A microphone.
    Capture,
    /// A speaker.
    Playout,
}

/// One device of the system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceInfo {
    /// Stable id, to open it by.
    pub id: String,
    /// Name for people.
    pub name: String,
    /// Microphone or speaker.
    pub direction: Direction,
    /// Whether it is the system's default.
    pub is_default: bool,
}

/// The system's devices.
pub fn list_devices() -> Result<Vec<DeviceInfo>, DeviceError> {
    Ok(Vec::new())
}

/// Opens a source of captured audio.
pub fn open_capture(
    _source: CaptureSource,
    _config: DeviceConfig,
) -> Result<(CaptureEnd, StreamGuard), DeviceError> {
    Ok((CaptureEnd { private: () }, StreamGuard { private: () }))
}

/// Opens a sink for played audio.
pub fn open_playout(
    _sink: PlayoutSink,
    _config: DeviceConfig,
) -> Result<(PlayoutEnd, StreamGuard), DeviceError> {
    Ok((PlayoutEnd { private: () }, StreamGuard { private: () }))
}
