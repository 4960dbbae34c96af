//! The engine's own file sink. It follows the same rule as any recorder: announce first, write after.

use std::path::{Path, PathBuf};

use liaison_device::WavWriter;
use liaison_device::wav::WavFormat;
use liaison_media::{Channels, FRAME_SAMPLES, mix_down, spread};

use crate::error::CallError;

/// A WAV file that is being, or will be, recorded. Its file exists from the start, so that a path that cannot be
/// written is told at once.
pub(crate) struct Recorder {
    path: PathBuf,
    writer: WavWriter,
    channels: Channels,
}

impl Recorder {
    pub(crate) fn create(path: &Path, channels: Channels) -> Result<Self, CallError> {
        let writer = WavWriter::with_channels(path, WavFormat::I16, channels.count() as u16)
            .map_err(|error| CallError::RecordingFile(error.to_string()))?;
        Ok(Self { path: path.to_owned(), writer, channels })
    }

    /// Wait-free. What the disk is too slow for is counted and told by [`finish`](Self::finish). A frame of another
    /// number of channels is converted.
    pub(crate) fn write(&mut self, frame: &[f32]) {
        let mut converted = [0.0; Channels::MOST * FRAME_SAMPLES];
        let converted = &mut converted[..self.channels.frame_len()];
        let _ = match self.channels {
            Channels::Mono if frame.len() > FRAME_SAMPLES => {
                mix_down(frame, converted);
                self.writer.write(converted)
            }
            Channels::Stereo if frame.len() <= FRAME_SAMPLES => {
                spread(frame, converted);
                self.writer.write(converted)
            }
            _ => self.writer.write(frame),
        };
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
