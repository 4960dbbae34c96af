//! What both sides of a stream know about it: life, counters, the error.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::STALL_US;
use crate::time;
use crate::{DeviceError, DeviceName, RouteCause, RouteChange, RouteHook};

/// Where a stream is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum StreamState {
    /// Opened; the device has not called yet.
    Starting,
    /// The device calls.
    Running,
    /// A file was played to its end; silence follows.
    Ended,
    /// The device has not called for half a second. The end keeps time by itself until it does.
    Stalled,
    /// The device went away. The end goes on with silence; a system device is looked for again, at first every
    /// second.
    Lost,
}

/// Counters of a capture stream since it was opened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CaptureStats {
    /// Times the device called (or the app pushed).
    pub callbacks: u64,
    /// The largest number of samples it brought at once (at its own rate).
    pub largest_callback: u32,
    /// Times the ring was full and samples were dropped.
    pub overruns: u64,
    /// Samples dropped so (at the device's rate).
    pub overrun_samples: u64,
    /// Glitches the audio system itself reported.
    pub system_glitches: u64,
}

/// Counters of a playout stream since it was opened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PlayoutStats {
    /// Times the device called (or the app pulled).
    pub callbacks: u64,
    /// The largest number of samples it took at once (at its own rate).
    pub largest_callback: u32,
    /// Times the device found too little, after it had once found something.
    pub underruns: u64,
    /// Samples of silence played so (at the device's rate).
    pub underrun_samples: u64,
    /// Glitches the audio system itself reported.
    pub system_glitches: u64,
    /// Frames that found no room and were dropped: more was written than [`crate::PlayoutEnd::next_deadline`] asks for.
    pub overruns: u64,
}

/// The shared state of one stream. What is behind a lock is touched by neither the callback nor the media thread's
/// reading and writing.
pub(crate) struct Status {
    opened_us: u64,
    last_callback_us: AtomicU64,
    lost: AtomicBool,
    ended: AtomicBool,
    /// The last callback said when it is heard.
    timed: AtomicBool,
    callbacks: AtomicU64,
    largest: AtomicU32,
    glitches: AtomicU64,
    glitch_samples: AtomicU64,
    system_glitches: AtomicU64,
    refused: AtomicU64,
    device: Mutex<Option<DeviceName>>,
    route: Mutex<Option<RouteHook>>,
    error: Mutex<Option<DeviceError>>,
}

impl Status {
    pub fn new() -> Self {
        Self {
            opened_us: time::now_us(),
            last_callback_us: AtomicU64::new(0),
            lost: AtomicBool::new(false),
            ended: AtomicBool::new(false),
            timed: AtomicBool::new(false),
            callbacks: AtomicU64::new(0),
            largest: AtomicU32::new(0),
            glitches: AtomicU64::new(0),
            glitch_samples: AtomicU64::new(0),
            system_glitches: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            device: Mutex::new(None),
            route: Mutex::new(None),
            error: Mutex::new(None),
        }
    }

    /// The callback: it was called for `frames` samples.
    pub fn called(&self, now_us: u64, frames: usize) {
        self.last_callback_us.store(now_us, Relaxed);
        self.callbacks.fetch_add(1, Relaxed);
        self.largest.fetch_max(u32::try_from(frames).unwrap_or(u32::MAX), Relaxed);
    }

    /// The callback: `samples` were dropped or missing; `begins` when the time before was whole.
    pub fn glitch(&self, begins: bool, samples: usize) {
        self.glitches.fetch_add(u64::from(begins), Relaxed);
        self.glitch_samples.fetch_add(samples as u64, Relaxed);
    }

    /// The callback: whether it said when it is heard.
    pub fn set_timed(&self, timed: bool) {
        self.timed.store(timed, Relaxed);
    }

    pub fn is_timed(&self) -> bool {
        self.timed.load(Relaxed)
    }

    /// The audio system reported a glitch of its own.
    pub fn system_glitch(&self) {
        self.system_glitches.fetch_add(1, Relaxed);
    }

    /// The media thread: a frame found no room.
    pub fn refused(&self) {
        self.refused.fetch_add(1, Relaxed);
    }

    pub fn callbacks(&self) -> u64 {
        self.callbacks.load(Relaxed)
    }

    pub fn underruns(&self) -> u64 {
        self.glitches.load(Relaxed)
    }

    /// Whether the device keeps time no longer: it is lost, or has not called for a while.
    pub fn is_detached(&self, now_us: u64) -> bool {
        self.lost.load(Relaxed) || self.is_stalled(now_us)
    }

    pub fn is_stalled(&self, now_us: u64) -> bool {
        self.silent_us(now_us) > STALL_US
    }

    /// How long ago the device last called (or was opened) (µs).
    pub fn silent_us(&self, now_us: u64) -> u64 {
        now_us.saturating_sub(self.last_callback_us.load(Relaxed).max(self.opened_us))
    }

    pub fn state(&self) -> StreamState {
        if self.lost.load(Relaxed) {
            StreamState::Lost
        } else if self.is_stalled(time::now_us()) {
            StreamState::Stalled
        } else if self.ended.load(Relaxed) {
            StreamState::Ended
        } else if self.last_callback_us.load(Relaxed) == 0 {
            StreamState::Starting
        } else {
            StreamState::Running
        }
    }

    pub fn set_ended(&self) {
        self.ended.store(true, Relaxed);
    }

    pub fn has_ended(&self) -> bool {
        self.ended.load(Relaxed)
    }

    /// Never from a callback: this locks.
    pub fn set_lost(&self, error: DeviceError) {
        *lock(&self.error) = Some(error);
        self.lost.store(true, Relaxed);
    }

    /// The system device in use. Never from a callback: this locks.
    pub fn device(&self) -> Option<DeviceName> {
        lock(&self.device).clone()
    }

    /// Another device (or none) is in use from now on. Never from a callback: this locks, and calls the route hook.
    pub fn set_device(&self, to: Option<DeviceName>, cause: RouteCause) {
        let from = std::mem::replace(&mut *lock(&self.device), to.clone());
        // The hook is called with no lock held but its own.
        if let Some(hook) = &*lock(&self.route) {
            hook(RouteChange { from, to, cause });
        }
    }

    /// The first device; nobody is told.
    pub fn set_first_device(&self, device: DeviceName) {
        *lock(&self.device) = Some(device);
    }

    pub fn set_route_hook(&self, hook: RouteHook) {
        *lock(&self.route) = Some(hook);
    }

    /// Runs `work` while everything here that can be locked is locked: who takes a lock meanwhile waits for ever.
    #[cfg(test)]
    pub fn while_locked<T>(&self, work: impl FnOnce() -> T) -> T {
        let held = (lock(&self.device), lock(&self.route), lock(&self.error));
        let result = work();
        drop(held);
        result
    }

    /// The device is there (again). Never from a callback: this locks.
    pub fn set_found(&self) {
        *lock(&self.error) = None;
        self.last_callback_us.store(time::now_us(), Relaxed);
        self.lost.store(false, Relaxed);
    }

    pub fn error(&self) -> Option<DeviceError> {
        lock(&self.error).clone()
    }

    pub fn capture_stats(&self) -> CaptureStats {
        CaptureStats {
            callbacks: self.callbacks.load(Relaxed),
            largest_callback: self.largest.load(Relaxed),
            overruns: self.glitches.load(Relaxed),
            overrun_samples: self.glitch_samples.load(Relaxed),
            system_glitches: self.system_glitches.load(Relaxed),
        }
    }

    pub fn playout_stats(&self) -> PlayoutStats {
        PlayoutStats {
            callbacks: self.callbacks.load(Relaxed),
            largest_callback: self.largest.load(Relaxed),
            underruns: self.glitches.load(Relaxed),
            underrun_samples: self.glitch_samples.load(Relaxed),
            system_glitches: self.system_glitches.load(Relaxed),
            overruns: self.refused.load(Relaxed),
        }
    }
}

/// A panic of a hook leaves nothing half done.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl std::fmt::Debug for Status {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Status").field("state", &self.state()).finish_non_exhaustive()
    }
}
