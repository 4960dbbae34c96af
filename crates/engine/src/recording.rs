//! The engine's own file sink. It follows the same rule as any recorder: announce first, write after.

use std::path::{Path, PathBuf};

use liaison_device::wav::WavFormat;
use liaison_device::{Frame, WavWriter};

use crate::error::CallError;

/// A WAV file that is being, or will be, recorded. Its file exists from the start, so that a path that cannot be
/// written is told at once.
pub(crate) struct Recorder {
    path: PathBuf,
    writer: WavWriter,
}

impl Recorder {
    pub(crate) fn create(path: &Path) -> Result<Self, CallError> {
        let writer = WavWriter::create(path, WavFormat::I16)
            .map_err(|error| CallError::RecordingFile(error.to_string()))?;
        Ok(Self { path: path.to_owned(), writer })
    }

    /// Wait-free. What the disk is too slow for is counted and told by [`finish`](Self::finish).
    pub(crate) fn write(&mut self, frame: &Frame) {
        let _ = self.writer.write(frame);
    }

    /// Completes the file. Blocks on the disk.
    pub(crate) fn finish(self) {
        match self.writer.finish() {
            Ok(summary) => {
                tracing::info!(
                    samples = summary.samples,
                    dropped = summary.dropped,
                    "the recording is complete"
                );
            }
            Err(error) => tracing::error!(%error, "the recording could not be completed"),
        }
    }

    /// Removes the file: nothing was recorded. Blocks on the disk.
    pub(crate) fn discard(self) {
        let _ = self.writer.finish();
        let _ = std::fs::remove_file(&self.path);
    }
}
