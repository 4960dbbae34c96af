//! From the media thread to a speaker's callback.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rtrb::{Consumer, Producer, RingBuffer};

use super::clock::{BurstTracker, PlayoutClock, PlayoutMark};
use super::handover::{Current, Life};
use super::resample::FromFrames;
use super::{FRAME_US, Handover, PlayoutStats, Status, StreamState};
use crate::time::{self, micros, samples_us};
use crate::{DeviceError, FRAME_SAMPLES, SAMPLE_RATE_HZ};

/// The playout ring has no room for another frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the playout ring is full; write a frame when next_deadline says so")]
pub struct Full;

/// The callback's side of a speaker. Wait-free; always fills.
#[derive(Debug)]
pub(crate) struct PlayoutDrain {
    samples: Consumer<f32>,
    clock: Arc<PlayoutClock>,
    bursts: BurstTracker,
    taken: u64,
    fed: bool,
    starved: bool,
    rate_hz: u32,
    channels: usize,
    status: Arc<Status>,
    life: Arc<Life>,
}

impl PlayoutDrain {
    /// Channels of what is drained: 1, or 2 interleaved.
    pub fn channels(&self) -> usize {
        self.channels
    }

    /// Gives `put` each of `count` samples in turn, left and right where there are two channels, silence where there
    /// are none. The first will be heard at
    /// `heard_us` (0 = unknown: taken for `now_us`). Returns how many were there.
    pub fn drain(&mut self, count: usize, now_us: u64, heard_us: u64, mut put: impl FnMut(f32)) -> usize {
        // A device that another has taken the place of plays what it has left, and counts no more.
        let retired = self.life.called();
        if !retired {
            self.status.called(now_us, count);
        }
        let ready = (self.samples.slots() / self.channels).min(count);
        if let Ok(chunk) = self.samples.read_chunk(ready * self.channels) {
            let (first, second) = chunk.as_slices();
            first.iter().chain(second).for_each(|sample| put(*sample));
            chunk.commit_all();
        }
        (ready * self.channels..count * self.channels).for_each(|_| put(0.0));
        self.taken += ready as u64;
        self.fed |= ready > 0;
        if ready < count && self.fed && !retired {
            self.status.glitch(!self.starved, count - ready);
        }
        self.starved = ready < count && self.fed;

        self.status.set_timed(heard_us != 0);
        let heard_us = if heard_us == 0 { now_us } else { heard_us };
        let (edge_us, burst) = self.bursts.called(now_us, count);
        self.clock.publish(PlayoutMark {
            taken: self.taken,
            edge_us,
            burst,
            heard_us: heard_us + samples_us(count as u64, self.rate_hz),
        });
        ready
    }
}

/// One device's ring as the media thread holds it.
#[derive(Debug)]
pub(crate) struct PlayoutLink {
    samples: Producer<f32>,
    clock: Arc<PlayoutClock>,
    mark: Option<PlayoutMark>,
    written: u64,
    convert: FromFrames,
    rate_hz: u32,
    life: Arc<Life>,
}

impl PlayoutLink {
    /// What the supervisor and the callback tell each other.
    pub fn life(&self) -> Arc<Life> {
        Arc::clone(&self.life)
    }

    /// Samples of each channel in the ring.
    fn queued(&self) -> usize {
        (self.samples.buffer().capacity() - self.samples.slots()) / self.convert.channels()
    }

    /// And for how many more there is room.
    fn room(&self) -> usize {
        self.samples.slots() / self.convert.channels()
    }

    fn write(&mut self, frame: &[f32]) -> Result<(), Full> {
        if self.room() < self.convert.gives() {
            return Err(Full);
        }
        let channels = self.convert.channels();
        let samples = self.convert.convert(frame);
        self.samples.push_entire_slice(samples).map_err(|_| Full)?;
        self.written += (samples.len() / channels) as u64;
        Ok(())
    }

    fn look(&mut self) -> Option<PlayoutMark> {
        if let Some(mark) = self.clock.read() {
            self.mark = Some(mark);
        }
        self.mark
    }

    /// When the device takes what is not there yet (µs); None before its first callback.
    fn hunger_us(&mut self, now_us: u64) -> Option<u64> {
        let mark = self.look()?;
        let burst = u64::from(mark.burst.max(1));
        let period_us = samples_us(burst, self.rate_hz).max(1);
        let queued = self.written.saturating_sub(mark.taken);
        // An overdue callback may come at any moment, but brings no burst of its own with it.
        let next_us = (mark.edge_us + period_us).max(now_us);
        Some(next_us + queued / burst * period_us)
    }

    fn heard_us(&self) -> Option<u64> {
        let mark = self.clock.read().or(self.mark)?;
        let queued = self.written.saturating_sub(mark.taken);
        Some(mark.heard_us + samples_us(queued, self.rate_hz) + self.convert.delay_us())
    }
}

/// One device's ring: the callback's and the media thread's side.
pub(crate) fn link(convert: FromFrames, ring_ms: u32, status: Arc<Status>) -> (PlayoutDrain, PlayoutLink) {
    let (rate_hz, channels) = (convert.rate_hz(), convert.channels());
    let capacity = (u64::from(rate_hz) * u64::from(ring_ms) / 1000) as usize * channels;
    let (samples_in, samples_out) = RingBuffer::new(capacity);
    let clock = Arc::new(PlayoutClock::default());
    let life = Arc::new(Life::default());
    let drain = PlayoutDrain {
        samples: samples_out,
        clock: Arc::clone(&clock),
        bursts: BurstTracker::new(rate_hz),
        taken: 0,
        fed: false,
        starved: false,
        rate_hz,
        channels,
        status,
        life: Arc::clone(&life),
    };
    (drain, PlayoutLink { samples: samples_in, clock, mark: None, written: 0, convert, rate_hz, life })
}

/// How long before the device takes it a frame is asked for: time for the media thread to wake, decode and mix.
/// It grows with each underrun and shrinks again slowly.
#[derive(Debug)]
struct Margin {
    us: u64,
    underruns: u64,
    calm_since_us: u64,
}

impl Margin {
    const LEAST_US: u64 = 4_000;
    const MOST_US: u64 = 20_000;
    const STEP_US: u64 = 2_000;
    const RELAX_US: u64 = 500;
    const CALM_US: u64 = 5_000_000;
    /// Callbacks in which a device settles: about 300 ms with the usual buffer.
    const SETTLE_CALLBACKS: u64 = 30;

    fn new(underruns: u64) -> Self {
        Self { us: Self::LEAST_US, underruns, calm_since_us: time::now_us() }
    }

    fn update(&mut self, underruns: u64, writing: bool, now_us: u64) {
        if underruns != self.underruns {
            if writing {
                self.us = (self.us + Self::STEP_US).min(Self::MOST_US);
            }
            self.underruns = underruns;
            self.calm_since_us = now_us;
        } else if now_us.saturating_sub(self.calm_since_us) > Self::CALM_US {
            self.us = (self.us - Self::RELAX_US).max(Self::LEAST_US);
            self.calm_since_us = now_us;
        }
    }
}

/// The media thread's end of a speaker, and its clock. Writing is wait-free and allocates nothing.
///
/// ```no_run
/// # fn next_mixed_frame() -> liaison_device::Frame { [0.0; 480] }
/// # let (mut speaker, _guard) = liaison_device::open_playout(
/// #     liaison_device::PlayoutSink::Discard, liaison_device::DeviceConfig::default())?;
/// loop {
///     let now = std::time::Instant::now();
///     let deadline = speaker.next_deadline(now);
///     if deadline > now {
///         std::thread::sleep(deadline - now);
///         continue;
///     }
///     let _ = speaker.write(&next_mixed_frame());
/// #   break;
/// }
/// # Ok::<(), liaison_device::DeviceError>(())
/// ```
#[derive(Debug)]
pub struct PlayoutEnd {
    current: Current<PlayoutLink>,
    status: Arc<Status>,
    margin: Margin,
    last_write_us: u64,
    /// When the next frame is due while the device keeps no time.
    own_due_us: Option<u64>,
}

impl PlayoutEnd {
    pub(crate) fn new(
        convert: FromFrames,
        ring_ms: u32,
        status: Arc<Status>,
    ) -> (Self, PlayoutDrain, Handover<PlayoutLink>) {
        let (drain, link) = link(convert, ring_ms, Arc::clone(&status));
        let (end, handover) = Self::from_link(link, status);
        (end, drain, handover)
    }

    pub(crate) fn from_link(link: PlayoutLink, status: Arc<Status>) -> (Self, Handover<PlayoutLink>) {
        let (current, handover) = Current::new(link);
        let margin = Margin::new(0);
        (Self { current, status, margin, last_write_us: 0, own_due_us: None }, handover)
    }

    /// Channels of what is written: 1 or 2.
    pub fn channels(&self) -> usize {
        self.current.link.convert.channels()
    }

    /// Queues 10 ms: 480 samples of each channel, which `frame` must hold exactly. While the device is lost or stalled the frame is discarded.
    ///
    /// # Errors
    /// [`Full`] when more is queued than [`Self::next_deadline`] asks for; drop the frame.
    pub fn write(&mut self, frame: &[f32]) -> Result<(), Full> {
        debug_assert_eq!(frame.len(), FRAME_SAMPLES * self.channels(), "a frame of the device's channels");
        self.write_at(time::now_us(), frame)
    }

    pub(crate) fn write_at(&mut self, now_us: u64, frame: &[f32]) -> Result<(), Full> {
        self.current.refresh();
        self.last_write_us = now_us;
        if self.status.is_detached(now_us) {
            let due_us = self.own_due_us.unwrap_or(now_us) + FRAME_US;
            // A writer that slept does not have to write the time it slept.
            self.own_due_us = Some(due_us.max(now_us.saturating_sub(10 * FRAME_US)));
            return Ok(());
        }
        self.own_due_us = None;
        let written = self.current.link.write(frame);
        if written.is_err() {
            self.status.refused();
        }
        written
    }

    /// Forgets what was learnt of the device's rhythm: it may be another one now, as after a change of a phone's
    /// route. Allocates nothing.
    pub fn reset(&mut self) {
        self.margin = Margin::new(self.status.underruns());
        self.own_due_us = None;
    }

    /// When the next 10 ms must be written: a margin before the device takes what is not queued yet. Write a
    /// frame whenever this is not after `now`, and ask again. Never far off: look again after 20 ms at most,
    /// because a device may change its rhythm.
    pub fn next_deadline(&mut self, now: Instant) -> Instant {
        let now_us = micros(now);
        self.current.refresh();
        if self.status.is_detached(now_us) {
            return time::instant(*self.own_due_us.get_or_insert(now_us));
        }
        self.own_due_us = None;
        // What a device misses while it begins teaches nothing: it takes several buffers at once then.
        let settled = self.status.callbacks() > Margin::SETTLE_CALLBACKS;
        let writing = settled && now_us.saturating_sub(self.last_write_us) < 10 * FRAME_US;
        self.margin.update(self.status.underruns(), writing, now_us);
        match self.current.link.hunger_us(now_us) {
            Some(hunger_us) => {
                let due_us = hunger_us.saturating_sub(self.margin.us);
                time::instant(due_us.min(now_us + 2 * FRAME_US))
            }
            // Before the first callback: one frame lies ready, no more.
            None if self.current.link.queued() == 0 => now,
            None => now + Duration::from_micros(FRAME_US),
        }
    }

    /// When the first sample of the next frame written will be heard; for the echo canceller and for delay
    /// figures. With an app-owned device that gives no times, when it will be pulled.
    pub fn playout_time_of_next_written(&self) -> Instant {
        let now = Instant::now();
        let heard = self.current.link.heard_us().map(time::instant);
        heard.filter(|at| *at > now).unwrap_or(now)
    }

    /// Whether the device says when its samples are heard; without that echo cannot be cancelled.
    pub fn playout_time_is_known(&self) -> bool {
        self.status.is_timed()
    }

    /// Samples of each channel queued that the device has not taken (at 48 kHz).
    pub fn queued_samples(&self) -> usize {
        self.at_48k(self.current.link.queued())
    }

    /// Samples of each channel that fit now (at 48 kHz). Writing so many is possible, not wise: each adds delay.
    pub fn room(&self) -> usize {
        self.at_48k(self.current.link.room())
    }

    /// How long before the device takes it a frame is asked for, at present.
    pub fn margin(&self) -> Duration {
        Duration::from_micros(self.margin.us)
    }

    fn at_48k(&self, device_samples: usize) -> usize {
        (device_samples as u64 * u64::from(SAMPLE_RATE_HZ) / u64::from(self.current.link.rate_hz)) as usize
    }

    /// The counters.
    pub fn stats(&self) -> PlayoutStats {
        self.status.playout_stats()
    }

    /// Where the stream is in its life.
    pub fn state(&self) -> StreamState {
        self.status.state()
    }

    /// Why the device is lost, while it is. Locks and allocates: not for the media thread's every tick.
    pub fn error(&self) -> Option<DeviceError> {
        self.status.error()
    }
}
