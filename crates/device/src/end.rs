//! The media thread's ends of the device rings.

use std::time::{Duration, Instant};

use crate::{DeviceError, Frame};

/// When the first sample of a captured frame reached the microphone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CaptureTime {
    /// The instant of the first sample.
    pub first_sample: Instant,
    /// False when the source gave no time and this is only when the frame was read.
    pub known: bool,
}

/// Where a stream is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StreamState {
    /// Opened, the device has not called yet.
    Starting,
    /// The device calls.
    Running,
    /// A file was played to its end; silence follows.
    Ended,
    /// The device has not called for a while.
    Stalled,
    /// The device went away; the end goes on with silence.
    Lost,
}

/// Counters of a capture stream, since it was opened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CaptureStats {
    /// Times the ring was full and samples were dropped.
    pub overruns: u64,
    /// Samples dropped so [samples at 48 kHz].
    pub overrun_samples: u64,
}

/// Counters of a playout stream, since it was opened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PlayoutStats {
    /// Times the device found too little and played silence.
    pub underruns: u64,
    /// Samples of silence played so [samples at 48 kHz].
    pub underrun_samples: u64,
}

/// The playout ring has no room for another frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the playout ring is full; write when next_deadline says so")]
pub struct Full;

/// The media thread's end of a microphone. Wait-free.
#[derive(Debug)]
pub struct CaptureEnd {
    pub(crate) private: (),
}

impl CaptureEnd {
    /// Takes the next 10 ms, if they are there.
    pub fn read(&mut self, out: &mut Frame) -> Option<CaptureTime> {
        out.fill(0.0);
        None
    }
    /// Samples that can be read now [samples at 48 kHz].
    pub fn available(&self) -> usize {
        0
    }
    /// Throws away what is queued, so that the next frame read is fresh.
    pub fn discard_queued(&mut self) {}
    /// Counters.
    pub fn stats(&self) -> CaptureStats {
        CaptureStats::default()
    }
    /// Where the stream is in its life.
    pub fn state(&self) -> StreamState {
        StreamState::Starting
    }
    /// Why the stream is lost.
    pub fn error(&self) -> Option<DeviceError> {
        None
    }
}

/// The media thread's end of a speaker. Wait-free.
#[derive(Debug)]
pub struct PlayoutEnd {
    pub(crate) private: (),
}

impl PlayoutEnd {
    /// Queues 10 ms.
    pub fn write(&mut self, _frame: &Frame) -> Result<(), Full> {
        Ok(())
    }
    /// Samples queued and not yet taken by the device [samples at 48 kHz].
    pub fn queued_samples(&self) -> usize {
        0
    }
    /// Samples that can be written now [samples at 48 kHz].
    pub fn room(&self) -> usize {
        0
    }
    /// When the next 10 ms must be in the ring. Write a frame whenever this is not after `now`.
    pub fn next_deadline(&mut self, now: Instant) -> Instant {
        now + Duration::from_millis(10)
    }
    /// When the first sample of the next frame written will be heard.
    pub fn playout_time_of_next_written(&self) -> Instant {
        Instant::now()
    }
    /// Counters.
    pub fn stats(&self) -> PlayoutStats {
        PlayoutStats::default()
    }
    /// Where the stream is in its life.
    pub fn state(&self) -> StreamState {
        StreamState::Starting
    }
    /// Why the stream is lost.
    pub fn error(&self) -> Option<DeviceError> {
        None
    }
}
