//! The one thread that handles audio: `liaison-media`. Never tokio, and it allocates nothing once it runs.
//!
//! The playout device is its clock: it wakes when the device will soon need its next 10 ms, and in between to take
//! what the microphone gave. It talks to the rest of the engine through bounded queues only.

mod floor;
mod health;
mod levels;
mod looks;
mod packets;
mod processor;
mod stream;
#[cfg(test)]
mod tests;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, OnceLock};
use std::thread::{JoinHandle, Thread};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, bounded};
use liaison_device::{CaptureEnd, FRAME_SAMPLES, PlayoutEnd};
use liaison_media::{Channels, Mixer, ProcessingConfig};

use floor::{Dominant, Floor};
use health::{Lateness, ThreadFigures};
pub(crate) use levels::StreamLevels;
use looks::Looks;
pub(crate) use packets::{KeyType, PacketQueue};
use processor::Processor;
pub(crate) use stream::{Change, Stream, StreamFigures, StreamId};

/// Commands waiting for the thread; it takes all of them every few milliseconds.
const MAX_COMMANDS: usize = 256;
/// While nothing is to be played or captured.
const IDLE: Duration = Duration::from_millis(50);
/// The longest sleep while streams run, so that a device that stops is noticed and queues are drained.
const LONGEST_SLEEP: Duration = Duration::from_millis(10);
/// Frames written in one go when the playout is behind, so that one slow tick cannot become an endless one.
const MAX_CATCH_UP: usize = 12;

pub(crate) enum Command {
    /// Devices to use from now on; `None` for a side that could not be opened or is not wanted.
    Open {
        capture: Option<CaptureEnd>,
        playout: Option<PlayoutEnd>,
    },
    /// [`Open`](Self::Open) of the sides that are given; what they replace is freed on the closer's thread.
    Replace {
        capture: Option<CaptureEnd>,
        playout: Option<PlayoutEnd>,
        done: Sender<(Option<CaptureEnd>, Option<PlayoutEnd>)>,
    },
    /// Gives up the devices, on the closer's thread.
    Close {
        done: Sender<(Option<CaptureEnd>, Option<PlayoutEnd>)>,
    },
    Add(Box<Stream>),
    /// Takes the stream out again, with its last figures.
    Remove {
        stream: StreamId,
        done: Sender<Box<Stream>>,
    },
    /// Applies a change to one stream.
    Change {
        stream: StreamId,
        change: Change,
    },
    /// What is done to the microphone's sound from now on.
    Processing(ProcessingConfig),
    Stop,
}

/// The way to the thread: its queue, and the thread itself once it runs. It sleeps on no queue, since a channel's
/// receiver spins before it sleeps, and the thread sleeps hundreds of times a second.
#[derive(Clone)]
struct Way {
    commands: Sender<Command>,
    thread: Arc<OnceLock<Thread>>,
}

impl Way {
    fn send(&self, command: Command, patience: Duration) -> bool {
        let sent = self.commands.send_timeout(command, patience).is_ok();
        self.wake();
        sent
    }

    /// The thread takes a turn.
    fn wake(&self) {
        // It is not there before its first turn, which comes anyway.
        if let Some(thread) = self.thread.get() {
            thread.unpark();
        }
    }
}

/// Sends commands; cheap to clone.
#[derive(Clone)]
pub(crate) struct MediaCommands(Way, Dominant);

impl MediaCommands {
    /// The stream whose other side has the floor.
    pub(crate) fn dominant_speaker(&self) -> Option<StreamId> {
        self.1.get()
    }

    /// `false`: the thread has stopped, or is so far behind that it is as good as stopped.
    pub(crate) fn send(&self, command: Command) -> bool {
        self.0.send(command, Duration::from_millis(200))
    }
}

/// The running thread; dropping it stops and joins it.
pub(crate) struct MediaHandle {
    way: Way,
    dominant: Dominant,
    thread: Option<JoinHandle<()>>,
}

impl MediaHandle {
    pub(crate) fn commands(&self) -> MediaCommands {
        MediaCommands(self.way.clone(), self.dominant.clone())
    }
}

impl Drop for MediaHandle {
    fn drop(&mut self) {
        let _ = self.way.send(Command::Stop, Duration::from_secs(1));
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// A frame of the most channels there are; of fewer, what is there comes first.
type Room = [f32; Channels::MOST * FRAME_SAMPLES];

/// Starts the thread. `ends` are the app-owned device's, when there is one; all devices have `channels`. `poison` is called
/// if it panics.
pub(crate) fn spawn(
    ends: Option<(CaptureEnd, PlayoutEnd)>,
    channels: Channels,
    poison: impl FnOnce() + Send + 'static,
) -> std::io::Result<MediaHandle> {
    let (commands, inbox) = bounded(MAX_COMMANDS);
    let way = Way { commands, thread: Arc::default() };
    let waking = way.clone();
    let processor = Processor::spawn(move || waking.wake())?;
    let dominant = Dominant::default();
    let floor = Floor::new(dominant.clone());
    let own = Arc::clone(&way.thread);
    let thread = std::thread::Builder::new().name("liaison-media".into()).spawn(move || {
        let _ = own.set(std::thread::current());
        let (capture, playout) = ends.unzip();
        let mut media = MediaThread::new(inbox, processor, floor, channels, capture, playout);
        if catch_unwind(AssertUnwindSafe(|| media.run())).is_err() {
            poison();
        }
    })?;
    Ok(MediaHandle { way, dominant, thread: Some(thread) })
}

struct MediaThread {
    inbox: Receiver<Command>,
    /// Of the devices and the mix.
    channels: Channels,
    capture: Option<CaptureEnd>,
    playout: Option<PlayoutEnd>,
    /// Boxed so that adding and removing moves a pointer, not kilobytes of codec.
    #[expect(clippy::vec_box, reason = "a stream is large and is handed in and out")]
    streams: Vec<Box<Stream>>,
    mixer: Mixer,
    processor: Processor,
    floor: Floor,
    lateness: Lateness,
    captured: Room,
    heard: Room,
    mixed: Room,
    /// When the microphone's next frame is looked for.
    looks: Looks,
    /// When audio is pulled and thrown away, with no playout device.
    next_discard: Instant,
    running: bool,
}

impl MediaThread {
    fn new(
        inbox: Receiver<Command>,
        processor: Processor,
        floor: Floor,
        channels: Channels,
        capture: Option<CaptureEnd>,
        playout: Option<PlayoutEnd>,
    ) -> Self {
        let now = Instant::now();
        Self {
            inbox,
            channels,
            capture,
            playout,
            // More streams than calls there can be: it never grows.
            streams: Vec::with_capacity(64),
            mixer: Mixer::with_channels(channels),
            processor,
            floor,
            lateness: Lateness::new(),
            captured: [0.0; Channels::MOST * FRAME_SAMPLES],
            heard: [0.0; Channels::MOST * FRAME_SAMPLES],
            mixed: [0.0; Channels::MOST * FRAME_SAMPLES],
            looks: Looks::new(now),
            next_discard: now,
            running: true,
        }
    }

    fn run(&mut self) {
        while self.running {
            let now = Instant::now();
            for stream in &mut self.streams {
                stream.take_packets();
            }
            self.send(now);
            self.play(now);
            self.publish(now);
            let wake = self.next_wake(now);
            std::thread::park_timeout(wake.saturating_duration_since(Instant::now()));
            let woken = Instant::now();
            if woken >= wake {
                self.lateness.add(woken - wake);
            }
            while let Ok(command) = self.inbox.try_recv() {
                self.obey(command);
            }
        }
    }

    /// Microphone to network.
    fn send(&mut self, now: Instant) {
        let Some(capture) = &mut self.capture else { return };
        if self.streams.is_empty() {
            capture.discard_queued();
            while self.processor.take(&mut self.captured[..FRAME_SAMPLES]).is_some() {}
            return;
        }
        let mut took = false;
        let frame = &mut self.captured[..self.channels.frame_len()];
        while let Some(time) = capture.read(frame) {
            took = true;
            self.processor.set_present(!capture.is_absent());
            // As it comes, by the microphone's clock: the receiver follows it, and so does the echo's reference.
            if self.processor.is_engaged() {
                self.processor.captured(frame, time);
            } else {
                Self::to_network(&mut self.streams, now, frame, time.first_sample);
            }
        }
        let processed = &mut self.captured[..FRAME_SAMPLES];
        while let Some(time) = self.processor.take(processed) {
            Self::to_network(&mut self.streams, now, processed, time.first_sample);
        }
        if took {
            self.looks.found(now);
        } else {
            self.looks.missed(now);
        }
    }

    #[expect(clippy::vec_box, reason = "as the field")]
    fn to_network(streams: &mut Vec<Box<Stream>>, now: Instant, frame: &[f32], captured: Instant) {
        for stream in streams {
            stream.send(now, frame, captured);
        }
    }

    fn publish(&mut self, now: Instant) {
        if !self.streams.iter().any(|stream| stream.is_due(now)) {
            return;
        }
        let captured = self.capture.as_ref().map_or(0, |capture| capture.stats().overruns);
        let figures = ThreadFigures {
            wake_lateness: self.lateness.figures(),
            playout_underruns: self.playout.as_ref().map_or(0, |playout| playout.stats().underruns),
            capture_overruns: captured + self.processor.overruns(),
            processing: self.processor.stats(),
        };
        for stream in self.streams.iter_mut().filter(|stream| stream.is_due(now)) {
            stream.publish(now, figures);
        }
    }

    /// Network to speaker.
    fn play(&mut self, now: Instant) {
        let Some(playout) = &mut self.playout else {
            // Nobody listens: the jitter buffers go on, at the pace of this thread's clock.
            let mut frames = 0;
            while self.next_discard <= now && frames < MAX_CATCH_UP {
                self.next_discard += Duration::from_millis(10);
                frames += 1;
                for stream in &mut self.streams {
                    let heard = &mut self.heard[..stream.heard_channels().frame_len()];
                    stream.pull(now, now, heard);
                }
                self.floor.hear(&self.streams);
            }
            self.next_discard = self.next_discard.max(now);
            return;
        };
        for _ in 0..MAX_CATCH_UP {
            if playout.next_deadline(now) > now || playout.room() < FRAME_SAMPLES {
                return;
            }
            let heard_at = playout.playout_time_of_next_written();
            self.mixer.begin();
            for stream in &mut self.streams {
                let heard = &mut self.heard[..stream.heard_channels().frame_len()];
                if stream.pull(now, heard_at, heard) {
                    self.mixer.add(heard, 1.0);
                }
            }
            self.floor.hear(&self.streams);
            let mixed = &mut self.mixed[..self.channels.frame_len()];
            self.mixer.finish(mixed);
            self.processor.reference(mixed, playout.playout_time_is_known().then_some(heard_at));
            if playout.write(mixed).is_err() {
                return;
            }
        }
    }

    fn next_wake(&mut self, now: Instant) -> Instant {
        if self.streams.is_empty() && self.playout.is_none() {
            self.next_discard = now + IDLE;
            return now + IDLE;
        }
        let mut wake = now + LONGEST_SLEEP;
        match &mut self.playout {
            Some(playout) if playout.room() >= FRAME_SAMPLES => wake = wake.min(playout.next_deadline(now)),
            Some(_) => {}
            None => wake = wake.min(self.next_discard),
        }
        if self.capture.is_some() && !self.streams.is_empty() {
            wake = wake.min(self.looks.next());
        }
        // A device that misjudges its deadline must not make this a busy loop.
        wake.max(now + Duration::from_micros(500))
    }

    fn obey(&mut self, command: Command) {
        match command {
            Command::Open { capture, playout } => {
                self.capture = capture;
                self.playout = playout;
            }
            Command::Replace { capture, playout, done } => {
                let old_capture = capture.and_then(|new| self.capture.replace(new));
                let old_playout = playout.and_then(|new| self.playout.replace(new));
                // There is room for it; else it is freed here.
                let _ = done.try_send((old_capture, old_playout));
            }
            Command::Close { done } => {
                let _ = done.try_send((self.capture.take(), self.playout.take()));
            }
            Command::Add(stream) => {
                if self.streams.is_empty() {
                    // What was captured before the call is nobody's business.
                    if let Some(capture) = &mut self.capture {
                        capture.discard_queued();
                    }
                    self.next_discard = Instant::now();
                }
                self.floor.add(stream.id());
                self.streams.push(stream);
            }
            Command::Remove { stream, done } => {
                self.floor.remove(stream);
                if let Some(index) = self.streams.iter().position(|held| held.id() == stream) {
                    let _ = done.try_send(self.streams.swap_remove(index));
                }
            }
            Command::Change { stream, change } => {
                if let Some(stream) = self.streams.iter_mut().find(|held| held.id() == stream) {
                    stream.change(change);
                }
            }
            Command::Processing(config) => self.processor.set(config),
            Command::Stop => self.running = false,
        }
    }
}
