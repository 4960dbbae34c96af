//! The processing of the microphone, on a thread beside the media thread.
//!
//! Echo cancellation allocates (see `liaison_media::Processing`), which the media thread may not. So frames go there
//! and come back through two wait-free rings; going costs the media thread a copy and, when the other sleeps, a wake.
//! With everything switched off, or no microphone that gives anything, frames do not go there at all.
//!
//! What is processed is mono: of two channels the mean goes there, both of the microphone and of what the speaker plays.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{JoinHandle, Thread};
use std::time::{Duration, Instant};

use liaison_device::{CaptureTime, Frame};
use liaison_media::{FRAME_SAMPLES, Processing, ProcessingConfig, ProcessingStats, SILENCE, mix_down};
use rtrb::{Consumer, Producer, RingBuffer};

/// Frames on their way: a third of a second of capture and playout together.
const DEPTH: usize = 64;
/// Frames that still pass through after everything was switched off, while the last change fades over. It may reach
/// the thread some frames late.
const FADING_FRAMES: u32 = Processing::MOST_FADING_FRAMES + 10;

enum Job {
    Reference(Frame, Option<Instant>),
    Captured(Frame, CaptureTime),
    Set(ProcessingConfig),
}

struct Done {
    frame: Frame,
    time: CaptureTime,
    stats: ProcessingStats,
}

/// The media thread's side. Dropping it ends the other thread.
pub(super) struct Processor {
    jobs: Producer<Job>,
    done: Consumer<Done>,
    worker: Thread,
    joins: Option<JoinHandle<()>>,
    stop: Arc<AtomicBool>,
    config: ProcessingConfig,
    /// What could not be handed over yet.
    unset: Option<ProcessingConfig>,
    fading: u32,
    /// There is a microphone: what stands in for one needs no processing.
    present: bool,
    /// Captured frames that are there and not yet back.
    under_way: u32,
    overruns: u64,
    stats: ProcessingStats,
}

impl Processor {
    /// Starts the thread; it calls `wake` when a frame is ready, and ends itself when it panics.
    pub(super) fn spawn(wake: impl Fn() + Send + 'static) -> std::io::Result<Self> {
        let (jobs, inbox) = RingBuffer::new(DEPTH);
        let (outbox, done) = RingBuffer::new(DEPTH);
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = std::thread::Builder::new().name("liaison-voice".into()).spawn(move || {
            // What a panic means is decided by the media thread, which finds the ring abandoned.
            let _ = catch_unwind(AssertUnwindSafe(|| work(inbox, outbox, &wake, &stopped)));
            wake();
        })?;
        Ok(Self {
            jobs,
            done,
            worker: thread.thread().clone(),
            joins: Some(thread),
            stop,
            config: ProcessingConfig::default(),
            unset: None,
            fading: 0,
            present: true,
            under_way: 0,
            overruns: 0,
            stats: ProcessingStats::default(),
        })
    }

    pub(super) fn set(&mut self, config: ProcessingConfig) {
        if config == self.config {
            return;
        }
        self.config = config;
        self.fading = FADING_FRAMES;
        self.unset = Some(config);
        self.hand_over_config();
        // What is new is made before the next frame needs it.
        self.worker.unpark();
    }

    fn hand_over_config(&mut self) {
        if let Some(config) = self.unset
            && self.jobs.push(Job::Set(config)).is_ok()
        {
            self.unset = None;
        }
    }

    /// Whether captured frames go through it; if not they are to be sent as they are.
    pub(super) fn is_engaged(&self) -> bool {
        // What is under way must not be overtaken.
        self.under_way > 0 || self.present && (self.config.any() || self.fading > 0)
    }

    /// Whether there is a microphone that gives something.
    pub(super) fn set_present(&mut self, present: bool) {
        self.present = present;
    }

    /// A frame of the final mix, and when it will be heard.
    pub(super) fn reference(&mut self, mix: &[f32], heard_at: Option<Instant>) {
        if self.config.echo && self.present {
            // The next captured frame wakes the thread, and while there is none a half-full ring does.
            let _ = self.jobs.push(Job::Reference(mono(mix), heard_at));
            if self.jobs.slots() < DEPTH / 2 {
                self.worker.unpark();
            }
        }
    }

    pub(super) fn captured(&mut self, frame: &[f32], time: CaptureTime) {
        self.hand_over_config();
        if !self.config.any() {
            self.fading = self.fading.saturating_sub(1);
        }
        match self.jobs.push(Job::Captured(mono(frame), time)) {
            Ok(()) => self.under_way += 1,
            Err(_) => self.overruns += 1,
        }
        self.worker.unpark();
    }

    /// The next frame that is ready, mono.
    pub(super) fn take(&mut self, out: &mut [f32]) -> Option<CaptureTime> {
        let done = match self.done.pop() {
            Ok(done) => done,
            Err(_) => {
                assert!(!self.done.is_abandoned(), "the processing thread panicked");
                return None;
            }
        };
        self.under_way = self.under_way.saturating_sub(1);
        self.stats = done.stats;
        out.copy_from_slice(&done.frame);
        Some(done.time)
    }

    pub(super) fn overruns(&self) -> u64 {
        self.overruns
    }

    pub(super) fn stats(&self) -> ProcessingStats {
        if self.config.any() { self.stats } else { ProcessingStats::default() }
    }
}

impl Drop for Processor {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        self.worker.unpark();
        if let Some(thread) = self.joins.take() {
            let _ = thread.join();
        }
    }
}

/// A frame of one channel of one of either number.
fn mono(frame: &[f32]) -> Frame {
    let mut mono = SILENCE;
    if frame.len() > FRAME_SAMPLES {
        mix_down(frame, &mut mono);
    } else {
        mono[..frame.len()].copy_from_slice(frame);
    }
    mono
}

fn work(mut inbox: Consumer<Job>, mut outbox: Producer<Done>, wake: &impl Fn(), stop: &AtomicBool) {
    let mut processing = Processing::new(ProcessingConfig::default());
    while !stop.load(Ordering::Acquire) {
        let mut ready = false;
        while let Ok(job) = inbox.pop() {
            match job {
                Job::Reference(mix, heard_at) => processing.reference(&mix, heard_at),
                Job::Set(config) => processing.set(config),
                Job::Captured(mut frame, time) => {
                    processing.process(&mut frame, time.known.then_some(time.first_sample));
                    // It has as many places as frames can be under way.
                    let _ = outbox.push(Done { frame, time, stats: processing.stats() });
                    ready = true;
                }
            }
        }
        if ready {
            wake();
        }
        // A wake that came meanwhile is kept: this returns at once.
        std::thread::park_timeout(Duration::from_secs(1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time() -> CaptureTime {
        CaptureTime { first_sample: Instant::now(), known: true }
    }

    fn processor() -> (Processor, crossbeam_channel::Receiver<()>) {
        let (wake, woken) = crossbeam_channel::bounded(8);
        let wake = move || {
            let _ = wake.try_send(());
        };
        (Processor::spawn(wake).unwrap(), woken)
    }

    /// Waits for the next frame to come back.
    fn next(processor: &mut Processor, woken: &crossbeam_channel::Receiver<()>) -> Frame {
        let mut out = [0.0; FRAME_SAMPLES];
        while processor.take(&mut out).is_none() {
            woken.recv_timeout(Duration::from_secs(10)).expect("it is woken for each frame");
        }
        out
    }

    #[test]
    fn frames_come_back_in_order_and_pass_by_once_everything_has_faded_out() {
        let (mut processor, woken) = processor();
        assert!(!processor.is_engaged());
        processor.set(ProcessingConfig { gain: true, ..ProcessingConfig::default() });
        assert!(processor.is_engaged());
        processor.set(ProcessingConfig::default());
        let mut passed = 0;
        while processor.is_engaged() {
            passed += 1;
            processor.captured(&[passed as f32 / 1_000.0; FRAME_SAMPLES], time());
            let frame = next(&mut processor, &woken);
            // The first few are before the gain is heard, the last after.
            assert!(frame[FRAME_SAMPLES - 1] > 0.0, "frame {passed}");
        }
        assert_eq!(passed, FADING_FRAMES);
        assert_eq!(processor.overruns(), 0);
    }

    #[test]
    fn a_microphone_that_pauses_does_not_fill_the_ring() {
        let (mut processor, woken) = processor();
        processor.set(ProcessingConfig { echo: true, ..ProcessingConfig::default() });
        for _ in 0..10 * DEPTH {
            processor.reference(&[0.1; FRAME_SAMPLES], Some(Instant::now()));
            std::thread::sleep(Duration::from_micros(300));
        }
        // The last of them may still be on their way.
        std::thread::sleep(Duration::from_millis(200));
        processor.captured(&[0.1; FRAME_SAMPLES], time());
        next(&mut processor, &woken);
        assert_eq!(processor.overruns(), 0);
    }

    #[test]
    fn what_stands_in_for_a_microphone_passes_by_once_nothing_is_under_way() {
        let (mut processor, woken) = processor();
        processor.set(ProcessingConfig { echo: true, noise: true, gain: true });
        processor.captured(&[0.1; FRAME_SAMPLES], time());
        processor.set_present(false);
        assert!(processor.is_engaged(), "a frame is on its way");
        next(&mut processor, &woken);
        assert!(!processor.is_engaged());
        for _ in 0..10 * DEPTH {
            processor.reference(&[0.1; FRAME_SAMPLES], None);
        }
        assert_eq!(processor.jobs.slots(), DEPTH, "there is no echo where nobody listens");
        processor.set_present(true);
        assert!(processor.is_engaged());
    }
}
