//! What keeps a stream running.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

use crate::pacer::Pacer;
use crate::ring::Status;
use crate::wav::WriterHealth;
use crate::{DeviceError, StreamState};

/// Where a file device begins; shared with its callback.
#[derive(Debug)]
pub(crate) struct Marks {
    started: AtomicBool,
    first_sample_us: AtomicU64,
}

impl Marks {
    pub fn new(held: bool) -> Self {
        Self { started: AtomicBool::new(!held), first_sample_us: AtomicU64::new(0) }
    }

    pub fn is_started(&self) -> bool {
        self.started.load(Relaxed)
    }

    /// Kept from the first call only.
    pub fn set_first_sample(&self, us: u64) {
        if self.first_sample_us.load(Relaxed) == 0 {
            self.first_sample_us.store(us, Relaxed);
        }
    }
}

/// What runs a stream, until it is dropped.
#[derive(Debug)]
#[allow(dead_code, reason = "held for its drop only")]
pub(crate) enum Runner {
    Pacer(Pacer),
    #[cfg(feature = "cpal")]
    System(crate::system::Supervisor),
}

/// Keeps a stream running. Dropping it closes the device; a file sink is completed.
#[derive(Debug)]
pub struct StreamGuard {
    pub(crate) runner: Runner,
    pub(crate) status: Arc<Status>,
    pub(crate) marks: Arc<Marks>,
    pub(crate) writer: Option<Arc<WriterHealth>>,
}

impl StreamGuard {
    /// Lets a stream opened with `held` begin. Otherwise it does nothing.
    pub fn start(&self) {
        self.marks.started.store(true, Relaxed);
    }

    /// Whether a recording has been played to its end. Its last samples may still be in the ring.
    pub fn finished(&self) -> bool {
        self.status.has_ended()
    }

    /// Where the stream is in its life.
    pub fn state(&self) -> StreamState {
        self.status.state()
    }

    /// Why the device is lost, or why a file sink stopped writing.
    pub fn error(&self) -> Option<DeviceError> {
        self.status.error().or_else(|| self.writer.as_ref().and_then(|writer| writer.error()))
    }

    /// When the first sample of a file source was captured, or that of a file sink was played
    /// (µs of the time line of [`crate::time`]); None until then, and for system devices.
    pub fn first_sample_us(&self) -> Option<u64> {
        Some(self.marks.first_sample_us.load(Relaxed)).filter(|us| *us != 0)
    }

    /// Closes the stream, waits until a file sink is complete on the disk and reports how that went.
    ///
    /// # Errors
    /// What [`Self::error`] said, or that the file could not be completed.
    pub fn close(self) -> Result<(), DeviceError> {
        let Self { runner, status, writer, marks: _ } = self;
        let lost = status.error();
        drop(runner);
        match lost.or_else(|| writer.and_then(|writer| writer.error())) {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }
}
