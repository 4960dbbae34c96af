//! WAV files: read to 48 kHz mono, written off the media thread.

use std::path::Path;

use crate::DeviceError;

/// How samples are stored in a file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum WavFormat {
    /// 16-bit integers.
    #[default]
    I16,
    /// 32-bit float.
    F32,
}

/// Reads a whole file as 48 kHz mono.
pub fn read(_path: &Path) -> Result<Vec<f32>, DeviceError> {
    Ok(Vec::new())
}

/// Writes a whole 48 kHz mono file.
pub fn write(_path: &Path, _samples: &[f32], _format: WavFormat) -> Result<(), DeviceError> {
    Ok(())
}

/// What a finished file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WavSummary {
    /// Samples in the file [48 kHz].
    pub samples: u64,
    /// Samples lost because the disk was too slow.
    pub dropped: u64,
}

/// Writes a 48 kHz mono file from a thread of its own. Feeding it is wait-free.
#[derive(Debug)]
pub struct WavWriter {
    private: (),
}

impl WavWriter {
    /// Creates the file (replacing one of that name) and the thread.
    pub fn create(_path: &Path, _format: WavFormat) -> Result<Self, DeviceError> {
        Ok(Self { private: () })
    }
    /// Queues samples; returns how many were taken.
    pub fn write(&mut self, samples: &[f32]) -> usize {
        samples.len()
    }
    /// What went wrong on the disk, if anything.
    pub fn error(&self) -> Option<DeviceError> {
        None
    }
    /// Writes what is queued, completes the header and says what is in the file.
    pub fn finish(self) -> Result<WavSummary, DeviceError> {
        let () = self.private;
        Ok(WavSummary { samples: 0, dropped: 0 })
    }
}
