//! The app-owned sound device of one end: a thread that pushes or pulls 10 ms each 10 ms, and notes when.

use super::clocked::{CHUNK, Reader, Writer};
use crate::process::{monotonic_us, thread_cpu_time};
use liaison_engine::AudioPort;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

const PERIOD: Duration = Duration::from_millis(10);

/// A running device; dropping it stops and joins it.
pub struct Pump {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    stop: AtomicBool,
    played: AtomicBool,
    cpu_us: AtomicU64,
}

impl Pump {
    /// Pushes `lead` of silence, then `length` of the samples in `from`, over and over, then silence. Times of what
    /// is from the file go beside `from`. A port of two channels gets them on the left, and 10 ms later on the right.
    pub fn push(port: AudioPort, from: &Path, lead: Duration, length: Duration) -> std::io::Result<Self> {
        let mut reader = Reader::open(from)?;
        let path = from.to_owned();
        let mut times = Some(Writer::create(from, false)?);
        let chunks = |length: Duration| length.as_millis() as u64 / 10;
        let (mut lead, mut left) = (chunks(lead), chunks(length));
        let mut before = [0; CHUNK];
        Self::start("doctor-push", move |shared, us| {
            let mut chunk = [0; CHUNK];
            if lead > 0 {
                lead -= 1;
            } else if left > 0 {
                left -= 1;
                chunk = match reader.next() {
                    Some(chunk) => chunk,
                    None => {
                        reader = Reader::open(&path)?;
                        reader.next().ok_or(std::io::ErrorKind::UnexpectedEof)?
                    }
                };
                if let Some(times) = &mut times {
                    times.write(&chunk, us)?;
                }
            } else if let Some(times) = times.take() {
                times.finish()?;
                shared.played.store(true, Ordering::Release);
            }
            // What does not fit is counted by the port; a busy port cannot be, there is one pusher.
            let captured_us = us.saturating_sub(PERIOD.as_micros() as u64);
            let _ = if port.channels() == 2 {
                port.push_i16(&sides(&chunk, &std::mem::replace(&mut before, chunk)), captured_us)
            } else {
                port.push_i16(&chunk, captured_us)
            };
            Ok(())
        })
    }

    /// Pulls, and writes what is heard, of two channels the left one, to `to` with its times beside it.
    pub fn pull(port: AudioPort, to: &Path) -> std::io::Result<Self> {
        let mut writer = Writer::create(to, true)?;
        Self::start("doctor-pull", move |_, us| {
            let (mut chunk, mut both) = ([0; CHUNK], [0; 2 * CHUNK]);
            if port.channels() == 2 {
                let _ = port.pull_i16(&mut both, us);
                chunk.iter_mut().zip(both.chunks_exact(2)).for_each(|(left, both)| *left = both[0]);
            } else {
                let _ = port.pull_i16(&mut chunk, us);
            }
            writer.write(&chunk, us)
        })
    }

    /// Pulls, and listens to nothing: without somebody who plays, no echo is looked for.
    pub fn play(port: AudioPort) -> std::io::Result<Self> {
        Self::start("doctor-play", move |_, us| {
            let _ = port.pull_i16(&mut [0; 2 * CHUNK][..CHUNK * port.channels()], us);
            Ok(())
        })
    }

    fn start(
        name: &str,
        mut tick: impl FnMut(&Shared, u64) -> std::io::Result<()> + Send + 'static,
    ) -> std::io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let own = Arc::clone(&shared);
        let thread = std::thread::Builder::new().name(name.to_owned()).spawn(move || {
            let mut due = Instant::now();
            while !own.stop.load(Ordering::Acquire) {
                std::thread::sleep(due.saturating_duration_since(Instant::now()));
                if let Err(error) = tick(&own, monotonic_us()) {
                    eprintln!("the sound device of the measurement has stopped: {error}");
                    return;
                }
                due += PERIOD;
                let cpu_us = thread_cpu_time().map_or(0, |time| time.as_micros() as u64);
                own.cpu_us.store(cpu_us, Ordering::Relaxed);
            }
        })?;
        Ok(Self { shared, thread: Some(thread) })
    }

    /// Everything that was to be pushed has been.
    pub fn played(&self) -> bool {
        self.shared.played.load(Ordering::Acquire)
    }

    /// Processor time of the device itself, which no real device takes from the engine [µs].
    pub fn cpu_us(&self) -> u64 {
        self.shared.cpu_us.load(Ordering::Relaxed)
    }
}

/// Both channels, interleaved.
fn sides(left: &[i16; CHUNK], right: &[i16; CHUNK]) -> [i16; 2 * CHUNK] {
    std::array::from_fn(|i| if i % 2 == 0 { left[i / 2] } else { right[i / 2] })
}

impl Drop for Pump {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
