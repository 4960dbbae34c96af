//! The app-owned audio device: the app pushes what it captured and pulls what it plays.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

use crate::exclusive::Exclusive;
use crate::ring::{CaptureFeed, FromFrames, PlayoutDrain, Status, ToFrames};
use crate::{CaptureEnd, CaptureStats, PlayoutEnd, PlayoutStats, sanitize, time};

/// Another thread is inside the same function of the same port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("another thread is using this side of the audio port; push from one thread and pull from one thread")]
pub struct Busy;

/// Counters of a port since it was made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PortStats {
    /// What was pushed.
    pub capture: CaptureStats,
    /// What was pulled.
    pub playout: PlayoutStats,
    /// Calls refused as [`Busy`].
    pub busy: u64,
}

/// How much audio the port holds each way at most (ms): phones exchange up to 100 ms at a time.
const PORT_RING_MS: u32 = 500;

/// A time further from now than this is not one of ours (µs).
const FAR_US: u64 = 10_000_000;

/// The app's time, or 0 (unknown) if it cannot be meant.
fn believable(us: u64, now_us: u64) -> u64 {
    if us.abs_diff(now_us) <= FAR_US { us } else { 0 }
}

#[derive(Debug)]
struct Inner {
    channels: usize,
    feed: Exclusive<CaptureFeed>,
    drain: Exclusive<PlayoutDrain>,
    capture: Arc<Status>,
    playout: Arc<Status>,
    busy: AtomicU64,
    active: AtomicBool,
}

/// The app's side of the app-owned device. Clones are the same port.
///
/// Push and pull are wait-free: they neither lock, allocate, log nor make a system call, whatever the media
/// thread does, so they may be called from the app's audio callback. Samples are 48 kHz, any number at a time; of two
/// channels they are interleaved, and what is counted are those of one channel. One thread pushes and one thread pulls (they may be the same); a second one is refused as [`Busy`].
///
/// Pulling is what clocks the media thread: pull as regularly as the device plays. Times are on the time line
/// of [`crate::time`]; without them (and one more than 10 s from now counts as none) echo cannot be cancelled.
#[derive(Debug, Clone)]
pub struct AudioPort {
    inner: Arc<Inner>,
}

impl AudioPort {
    /// A mono port and the media thread's two ends of it.
    #[allow(clippy::new_ret_no_self, reason = "a port is of no use without its ends")]
    pub fn new() -> (Self, CaptureEnd, PlayoutEnd) {
        Self::with_channels(1)
    }

    /// The same with 1 or 2 channels each way (other numbers are brought into that), interleaved.
    pub fn with_channels(channels: u16) -> (Self, CaptureEnd, PlayoutEnd) {
        let channels = usize::from(channels.clamp(1, 2));
        let (capture, playout) = (Arc::new(Status::new()), Arc::new(Status::new()));
        let (capture_end, feed, _) =
            CaptureEnd::new(ToFrames::same(channels), PORT_RING_MS, Arc::clone(&capture));
        let (playout_end, drain, _) =
            PlayoutEnd::new(FromFrames::same(channels), PORT_RING_MS, Arc::clone(&playout));
        let (feed, drain) = (Exclusive::new(feed), Exclusive::new(drain));
        let inner = Arc::new(Inner {
            channels,
            feed,
            drain,
            capture,
            playout,
            busy: AtomicU64::new(0),
            active: AtomicBool::new(true),
        });
        (Self { inner }, capture_end, playout_end)
    }

    /// Channels of what is pushed and pulled: 1 or 2.
    pub fn channels(&self) -> usize {
        self.inner.channels
    }

    /// Samples of one channel.
    fn count<T>(&self, samples: &[T]) -> usize {
        samples.len() / self.inner.channels
    }

    /// Gives captured samples. `capture_us` is when the first reached the microphone (monotonic µs), 0 if
    /// unknown. Returns how many were taken: the rest did not fit and counts as an overrun.
    ///
    /// # Errors
    /// [`Busy`] when another thread is pushing; nothing was taken.
    pub fn push(&self, samples: &[f32], capture_us: u64) -> Result<usize, Busy> {
        self.feed(self.count(samples), samples.iter().map(|s| sanitize(*s)), capture_us)
    }

    /// [`Self::push`] with 16-bit samples.
    ///
    /// # Errors
    /// [`Busy`] when another thread is pushing; nothing was taken.
    pub fn push_i16(&self, samples: &[i16], capture_us: u64) -> Result<usize, Busy> {
        self.feed(self.count(samples), samples.iter().map(|s| f32::from(*s) / 32_768.0), capture_us)
    }

    fn feed(&self, count: usize, samples: impl Iterator<Item = f32>, first_us: u64) -> Result<usize, Busy> {
        let Some(mut feed) = self.inner.feed.enter() else { return Err(self.busy()) };
        if !self.inner.active.load(Relaxed) {
            return Ok(count);
        }
        let now_us = time::now_us();
        Ok(feed.feed(count, samples, believable(first_us, now_us), now_us))
    }

    /// Fills `out` with samples to play. `playout_us` is when the first will be heard (monotonic µs), 0 if
    /// unknown. Returns how many were there; the rest of `out` is silence, and an underrun.
    ///
    /// # Errors
    /// [`Busy`] when another thread is pulling; `out` is all silence.
    pub fn pull(&self, out: &mut [f32], playout_us: u64) -> Result<usize, Busy> {
        self.drain(out, playout_us, |sample| sample)
    }

    /// [`Self::pull`] with 16-bit samples.
    ///
    /// # Errors
    /// [`Busy`] when another thread is pulling; `out` is all silence.
    pub fn pull_i16(&self, out: &mut [i16], playout_us: u64) -> Result<usize, Busy> {
        self.drain(out, playout_us, crate::to_i16)
    }

    fn drain<T: Default + Copy>(
        &self,
        out: &mut [T],
        heard_us: u64,
        convert: impl Fn(f32) -> T,
    ) -> Result<usize, Busy> {
        let Some(mut drain) = self.inner.drain.enter() else {
            out.fill(T::default());
            return Err(self.busy());
        };
        if !self.inner.active.load(Relaxed) {
            out.fill(T::default());
            return Ok(0);
        }
        let count = self.count(out);
        let mut slots = out.iter_mut();
        let now_us = time::now_us();
        Ok(drain.drain(count, now_us, believable(heard_us, now_us), |sample| {
            if let Some(slot) = slots.next() {
                *slot = convert(sample);
            }
        }))
    }

    /// Whether the port is in use. While it is not, as while the system has interrupted a phone's audio, what is pushed
    /// is thrown away and silence is pulled, and neither is counted. It is at first.
    pub fn set_active(&self, active: bool) {
        self.inner.active.store(active, Relaxed);
    }

    fn busy(&self) -> Busy {
        self.inner.busy.fetch_add(1, Relaxed);
        Busy
    }

    /// The counters.
    pub fn stats(&self) -> PortStats {
        PortStats {
            capture: self.inner.capture.capture_stats(),
            playout: self.inner.playout.playout_stats(),
            busy: self.inner.busy.load(Relaxed),
        }
    }

    /// Runs `work` as if another thread were inside both sides of the port.
    #[cfg(test)]
    pub(crate) fn while_inside(&self, work: impl FnOnce()) {
        let (feed, drain) = (self.inner.feed.enter(), self.inner.drain.enter());
        work();
        drop((feed, drain));
    }
}
