//! From a microphone's callback to the media thread.

use std::sync::Arc;
use std::time::Instant;

use rtrb::{Consumer, Producer, RingBuffer};

use super::handover::{Current, Life};
use super::resample::ToFrames;
use super::{CaptureStats, FRAME_US, Handover, Status, StreamState};
use crate::time::{self, samples_us};
use crate::{DeviceError, FRAME_SAMPLES, SAMPLE_RATE_HZ};

/// When the first sample of a captured frame reached the microphone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CaptureTime {
    /// The instant of the first sample.
    pub first_sample: Instant,
    /// False when the source gave no time and `first_sample` is reckoned from when the frame was read.
    pub known: bool,
}

/// "The sample at this ring position was captured at this time." A ring of these runs beside the samples, so
/// that times stay right across dropped samples and pauses.
#[derive(Debug, Clone, Copy)]
struct Anchor {
    position: u64,
    /// (monotonic µs); 0 = unknown.
    time_us: u64,
}

/// Anchors that fit between the callback and the media thread.
const ANCHORS: usize = 256;
/// With this many samples since the last anchor a new one is worth its place.
const ANCHOR_EVERY: u64 = 240;
/// A time this far from what the last anchor predicts needs a new one (µs).
const ANCHOR_OFF_US: u64 = 1_000;

/// The callback's side of a microphone. Wait-free.
#[derive(Debug)]
pub(crate) struct CaptureFeed {
    samples: Producer<f32>,
    anchors: Producer<Anchor>,
    last_anchor: Option<Anchor>,
    position: u64,
    overrunning: bool,
    rate_hz: u32,
    channels: usize,
    status: Arc<Status>,
    life: Arc<Life>,
}

impl CaptureFeed {
    /// Channels of what is fed: 1, or 2 interleaved.
    pub fn channels(&self) -> usize {
        self.channels
    }

    /// Takes `count` samples of each channel, the first captured at `first_us` (0 = unknown). Returns how many there was room
    /// for; the rest is dropped and counted.
    pub fn feed(
        &mut self,
        count: usize,
        samples: impl IntoIterator<Item = f32>,
        first_us: u64,
        now_us: u64,
    ) -> usize {
        // A device that another has taken the place of is closed soon; nobody reads it meanwhile.
        if self.life.called() {
            return 0;
        }
        self.status.called(now_us, count);
        let room = (self.samples.slots() / self.channels).min(count);
        if room > 0 {
            self.anchor(first_us);
        }
        let taken = match self.samples.write_chunk_uninit(room * self.channels) {
            Ok(chunk) => chunk.fill_from_iter(samples) / self.channels,
            Err(_) => 0,
        };
        self.position += taken as u64;
        if taken < count {
            self.status.glitch(!self.overrunning, count - taken);
        }
        self.overrunning = taken < count;
        taken
    }

    fn anchor(&mut self, time_us: u64) {
        let needed = match self.last_anchor {
            None => true,
            Some(last) => {
                let since = self.position - last.position;
                let expected = last.time_us + samples_us(since, self.rate_hz);
                since >= ANCHOR_EVERY
                    || (last.time_us == 0) != (time_us == 0)
                    || (time_us != 0 && time_us.abs_diff(expected) > ANCHOR_OFF_US)
            }
        };
        let anchor = Anchor { position: self.position, time_us };
        if needed && self.anchors.push(anchor).is_ok() {
            self.last_anchor = Some(anchor);
        }
    }
}

/// One device's ring as the media thread holds it.
#[derive(Debug)]
pub(crate) struct CaptureLink {
    samples: Consumer<f32>,
    anchors: Consumer<Anchor>,
    anchor: Anchor,
    position: u64,
    convert: ToFrames,
    rate_hz: u32,
    life: Arc<Life>,
}

impl CaptureLink {
    /// What the supervisor and the callback tell each other.
    pub fn life(&self) -> Arc<Life> {
        Arc::clone(&self.life)
    }

    /// Samples of each channel in the ring.
    fn queued(&self) -> usize {
        self.samples.slots() / self.convert.channels()
    }

    fn available(&self) -> usize {
        let device = self.queued() as u64;
        (device * u64::from(SAMPLE_RATE_HZ) / u64::from(self.rate_hz)) as usize
    }

    fn read(&mut self, out: &mut [f32]) -> Option<CaptureTime> {
        let needs = self.convert.needs();
        let waiting = self.queued();
        if waiting < needs {
            return None;
        }
        let first_us = self.time_at(self.position);
        let samples = &mut self.samples;
        self.convert.convert(out, |buffer| {
            if samples.pop_entire_slice(buffer).is_err() {
                buffer.fill(0.0);
            }
        });
        self.position += needs as u64;
        let delay_us = self.convert.delay_us();
        Some(match first_us {
            Some(us) => CaptureTime { first_sample: time::instant(us.saturating_sub(delay_us)), known: true },
            None => {
                let age_us = samples_us(waiting as u64, self.rate_hz) + delay_us;
                CaptureTime {
                    first_sample: time::instant(time::now_us().saturating_sub(age_us)),
                    known: false,
                }
            }
        })
    }

    fn time_at(&mut self, position: u64) -> Option<u64> {
        while let Ok(next) = self.anchors.peek() {
            if next.position > position {
                break;
            }
            self.anchor = *next;
            let _ = self.anchors.pop();
        }
        let since = position.saturating_sub(self.anchor.position);
        (self.anchor.time_us != 0).then(|| self.anchor.time_us + samples_us(since, self.rate_hz))
    }

    fn discard(&mut self) {
        let queued = self.samples.slots();
        if let Ok(chunk) = self.samples.read_chunk(queued) {
            chunk.commit_all();
            self.position += (queued / self.convert.channels()) as u64;
        }
    }
}

/// One device's ring: the callback's and the media thread's side.
pub(crate) fn link(convert: ToFrames, ring_ms: u32, status: Arc<Status>) -> (CaptureFeed, CaptureLink) {
    let (rate_hz, channels) = (convert.rate_hz(), convert.channels());
    let capacity = (u64::from(rate_hz) * u64::from(ring_ms) / 1000) as usize * channels;
    let (samples_in, samples_out) = RingBuffer::new(capacity);
    let (anchors_in, anchors_out) = RingBuffer::new(ANCHORS);
    let life = Arc::new(Life::default());
    let feed = CaptureFeed {
        samples: samples_in,
        anchors: anchors_in,
        last_anchor: None,
        position: 0,
        overrunning: false,
        rate_hz,
        channels,
        status,
        life: Arc::clone(&life),
    };
    let anchor = Anchor { position: 0, time_us: 0 };
    let link = CaptureLink {
        samples: samples_out,
        anchors: anchors_out,
        anchor,
        position: 0,
        convert,
        rate_hz,
        life,
    };
    (feed, link)
}

/// The media thread's end of a microphone. Reading is wait-free and allocates nothing.
///
/// Read frames until there are none. When the device is lost or stalled, silence comes at the pace of real
/// time, so that a call goes on.
#[derive(Debug)]
pub struct CaptureEnd {
    current: Current<CaptureLink>,
    status: Arc<Status>,
    silence_due_us: Option<u64>,
}

impl CaptureEnd {
    pub(crate) fn new(
        convert: ToFrames,
        ring_ms: u32,
        status: Arc<Status>,
    ) -> (Self, CaptureFeed, Handover<CaptureLink>) {
        let (feed, link) = link(convert, ring_ms, Arc::clone(&status));
        let (end, handover) = Self::from_link(link, status);
        (end, feed, handover)
    }

    pub(crate) fn from_link(link: CaptureLink, status: Arc<Status>) -> (Self, Handover<CaptureLink>) {
        let (current, handover) = Current::new(link);
        (Self { current, status, silence_due_us: None }, handover)
    }

    /// Channels of what is read: 1 or 2.
    pub fn channels(&self) -> usize {
        self.current.link.convert.channels()
    }

    /// Takes the next 10 ms, if they are there, and says when they were captured. `out`, which must hold 480 samples of
    /// each channel, is untouched otherwise.
    pub fn read(&mut self, out: &mut [f32]) -> Option<CaptureTime> {
        debug_assert_eq!(out.len(), FRAME_SAMPLES * self.channels(), "a frame of the device's channels");
        if self.current.refresh() {
            // What a new device gave before it was taken into use would be delay for ever.
            self.current.link.discard();
        }
        if let Some(time) = self.current.link.read(out) {
            self.silence_due_us = None;
            return Some(time);
        }
        let now_us = time::now_us();
        if !self.status.is_detached(now_us) {
            self.silence_due_us = None;
            return None;
        }
        let due_us = *self.silence_due_us.get_or_insert(now_us);
        if now_us < due_us {
            return None;
        }
        out.fill(0.0);
        // A reader that slept does not get the time it slept as a burst.
        self.silence_due_us = Some((due_us + FRAME_US).max(now_us.saturating_sub(10 * FRAME_US)));
        Some(CaptureTime { first_sample: time::instant(due_us.saturating_sub(FRAME_US)), known: true })
    }

    /// Whether the last frame was silence in place of a device that is lost, stalled or was never fed.
    pub fn is_absent(&self) -> bool {
        self.silence_due_us.is_some()
    }

    /// Samples of each channel that can be read now (at 48 kHz).
    pub fn available(&self) -> usize {
        self.current.link.available()
    }

    /// Throws away what is queued, so that the next frame is fresh: for the moment a call connects.
    pub fn discard_queued(&mut self) {
        self.current.refresh();
        self.current.link.discard();
    }

    /// The counters.
    pub fn stats(&self) -> CaptureStats {
        self.status.capture_stats()
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
