//! What keeps a stream running.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

use crate::pacer::Pacer;
use crate::ring::Status;
use crate::wav::WriterHealth;
use crate::{CaptureStats, DeviceError, DeviceName, PlayoutStats, RouteHook, StreamState};

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

    /// Changes to another system device without an end of the stream: the new one is opened before the old one is
    /// closed, so that the gap is no longer than a ring takes to fill. None follows the system's default; an id (or
    /// name) is kept to: while that device is gone the default takes its place, and it is gone back to when it returns.
    ///
    /// It waits until the device is open, for 10 s at most: not for a thread that may not wait.
    ///
    /// # Errors
    /// The device is not there or cannot be opened, and what was in use stays; [`DeviceError::Config`] for a stream of
    /// a file or tone.
    pub fn select(&self, wanted: Option<String>) -> Result<(), DeviceError> {
        match &self.runner {
            #[cfg(feature = "cpal")]
            Runner::System(supervisor) => supervisor.select(wanted),
            Runner::Pacer(_) => Err(DeviceError::Config(format!(
                "{} cannot take the place of a file or tone in an open stream; open it anew",
                wanted.as_deref().unwrap_or("a device")
            ))),
        }
    }

    /// Whether this is a system device, which [`Self::select`] can change.
    pub fn is_system(&self) -> bool {
        !matches!(self.runner, Runner::Pacer(_))
    }

    /// The system device in use; None for a file or tone, and while there is none.
    pub fn device(&self) -> Option<DeviceName> {
        self.status.device()
    }

    /// Sets what is told of each change of [`Self::device`] from now on.
    pub fn set_route_hook(&self, hook: RouteHook) {
        self.status.set_route_hook(hook);
    }

    /// The counters of a capture stream.
    pub fn capture_stats(&self) -> CaptureStats {
        self.status.capture_stats()
    }

    /// The counters of a playout stream.
    pub fn playout_stats(&self) -> PlayoutStats {
        self.status.playout_stats()
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
