//! The app-owned audio device: the app pushes what it captured and pulls what it plays.

use std::sync::Arc;

use crate::{CaptureEnd, CaptureStats, PlayoutEnd, PlayoutStats};

/// Another thread is in the same call on the same port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("another thread is using this side of the audio port; push from one thread and pull from one thread")]
pub struct Busy;

/// Counters of a port.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PortStats {
    /// What was pushed.
    pub capture: CaptureStats,
    /// What was pulled.
    pub playout: PlayoutStats,
    /// Calls refused because another thread was inside.
    pub busy: u64,
}

/// The app's side of the app-owned device: cheap to clone, usable from any thread.
#[derive(Debug, Clone)]
pub struct AudioPort {
    inner: Arc<()>,
}

impl AudioPort {
    /// A port and the media thread's two ends of it.
    pub fn new() -> (Self, CaptureEnd, PlayoutEnd) {
        (Self { inner: Arc::new(()) }, CaptureEnd { private: () }, PlayoutEnd { private: () })
    }
    /// Gives captured samples [48 kHz mono], any number. `capture_us`: monotonic time of the first, 0 = unknown.
    /// Returns how many were taken; the rest is counted as an overrun.
    pub fn push(&self, samples: &[f32], _capture_us: u64) -> Result<usize, Busy> {
        Ok(samples.len())
    }
    /// [`Self::push`] with 16-bit samples.
    pub fn push_i16(&self, samples: &[i16], _capture_us: u64) -> Result<usize, Busy> {
        Ok(samples.len())
    }
    /// Fills `out` with samples to play [48 kHz mono], any number. `playout_us`: monotonic time at which the
    /// first will be heard, 0 = unknown. Returns how many were there; the rest is silence, an underrun.
    pub fn pull(&self, out: &mut [f32], _playout_us: u64) -> Result<usize, Busy> {
        out.fill(0.0);
        Ok(0)
    }
    /// [`Self::pull`] with 16-bit samples.
    pub fn pull_i16(&self, out: &mut [i16], _playout_us: u64) -> Result<usize, Busy> {
        out.fill(0);
        Ok(0)
    }
    /// Counters.
    pub fn stats(&self) -> PortStats {
        let _ = &self.inner;
        PortStats::default()
    }
}
