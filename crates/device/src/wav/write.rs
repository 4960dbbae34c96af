//! Writing a recording without making the media thread wait for a disk.

use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Acquire, Ordering::Relaxed, Ordering::Release};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rtrb::{Consumer, Producer, RingBuffer};

use crate::{DeviceError, SAMPLE_RATE_HZ, sanitize};

/// How samples are stored.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum WavFormat {
    /// 16-bit integers.
    #[default]
    I16,
    /// 32-bit float, nothing rounded.
    F32,
}

impl WavFormat {
    fn bytes(self) -> u64 {
        match self {
            Self::I16 => 2,
            Self::F32 => 4,
        }
    }
}

/// What a finished file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WavSummary {
    /// Samples in the file (at 48 kHz), of each channel.
    pub samples: u64,
    /// Of these, how many are silence in the place of samples the disk was too slow for.
    pub dropped: u64,
}

/// A file being written: 48 kHz, bounded by what a WAV header can say.
struct Output {
    path: PathBuf,
    format: WavFormat,
    writer: hound::WavWriter<BufWriter<File>>,
    channels: u16,
    /// Of all channels together.
    samples: u64,
}

impl Output {
    fn create(path: &Path, format: WavFormat, channels: u16) -> Result<Self, DeviceError> {
        let channels = channels.clamp(1, 2);
        let (bits_per_sample, sample_format) = match format {
            WavFormat::I16 => (16, hound::SampleFormat::Int),
            WavFormat::F32 => (32, hound::SampleFormat::Float),
        };
        let spec = hound::WavSpec { channels, sample_rate: SAMPLE_RATE_HZ, bits_per_sample, sample_format };
        let writer = hound::WavWriter::create(path, spec).map_err(|e| cannot_write(path, &e))?;
        Ok(Self { path: path.to_owned(), format, writer, channels, samples: 0 })
    }

    fn write(&mut self, sample: f32) -> Result<(), DeviceError> {
        if (self.samples + 1) * self.format.bytes() > u64::from(u32::MAX) - 1_024 {
            return Err(DeviceError::File {
                action: "write",
                path: self.path.clone(),
                cause: "a WAV file holds at most 4 GiB".to_owned(),
            });
        }
        match self.format {
            WavFormat::I16 => self.writer.write_sample(crate::to_i16(sample)),
            WavFormat::F32 => self.writer.write_sample(sanitize(sample)),
        }
        .map_err(|e| cannot_write(&self.path, &e))?;
        self.samples += 1;
        Ok(())
    }

    /// Brings the file on the disk up to date, so that it is whole even if the process dies now.
    fn flush(&mut self) -> Result<(), DeviceError> {
        self.writer.flush().map_err(|e| cannot_write(&self.path, &e))
    }

    fn finish(self) -> Result<u64, DeviceError> {
        let Self { path, writer, samples, .. } = self;
        writer.finalize().map_err(|e| cannot_write(&path, &e))?;
        Ok(samples)
    }
}

fn cannot_write(path: &Path, error: &hound::Error) -> DeviceError {
    DeviceError::File { action: "write", path: path.to_owned(), cause: error.to_string() }
}

/// Writes a whole 48 kHz mono recording.
///
/// # Errors
/// [`DeviceError::File`] when the file cannot be created or written.
pub fn write(path: &Path, samples: &[f32], format: WavFormat) -> Result<(), DeviceError> {
    let mut output = Output::create(path, format, 1)?;
    samples.iter().try_for_each(|sample| output.write(*sample))?;
    output.finish().map(drop)
}

/// What the writing thread tells the others.
#[derive(Debug, Default)]
pub(crate) struct WriterHealth {
    error: Mutex<Option<DeviceError>>,
    samples: AtomicU64,
    dropped: AtomicU64,
    stop: AtomicBool,
}

impl WriterHealth {
    pub fn error(&self) -> Option<DeviceError> {
        self.error.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn fail(&self, error: DeviceError) {
        self.error.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
    }
}

/// Samples that wait for the disk, at most: 2 s.
const QUEUE: usize = 2 * SAMPLE_RATE_HZ as usize;
const POLL: Duration = Duration::from_millis(20);
const FLUSH_EVERY: Duration = Duration::from_secs(1);

/// Writes a 48 kHz file from a thread of its own. [`Self::write`] is wait-free. Dropping it completes the
/// file; [`Self::finish`] also says how that went. The file on the disk is whole up to the last second even if
/// the process is killed.
#[derive(Debug)]
pub struct WavWriter {
    samples: Producer<f32>,
    channels: u64,
    /// Silence still to be written in the place of dropped samples.
    owed: usize,
    health: Arc<WriterHealth>,
    thread: Option<JoinHandle<()>>,
}

impl WavWriter {
    /// Creates a mono file, in the place of any of that name, and the thread.
    ///
    /// # Errors
    /// [`DeviceError::File`] when it cannot be created.
    pub fn create(path: &Path, format: WavFormat) -> Result<Self, DeviceError> {
        Self::with_channels(path, format, 1)
    }

    /// The same of 1 or 2 channels (other numbers are brought into that); two are interleaved.
    ///
    /// # Errors
    /// [`DeviceError::File`] when it cannot be created.
    pub fn with_channels(path: &Path, format: WavFormat, channels: u16) -> Result<Self, DeviceError> {
        let output = Output::create(path, format, channels)?;
        let channels = u64::from(output.channels);
        let (samples, queue) = RingBuffer::new(QUEUE * channels as usize);
        let health = Arc::new(WriterHealth::default());
        let shared = Arc::clone(&health);
        let thread = thread::Builder::new()
            .name("liaison-wav".to_owned())
            .spawn(move || write_out(output, queue, &shared))
            .map_err(|e| {
                DeviceError::Unavailable(format!("cannot start the thread that writes a file: {e}"))
            })?;
        Ok(Self { samples, channels, owed: 0, health, thread: Some(thread) })
    }

    /// Queues samples, of two channels pairs, and returns how many numbers were taken. When the disk is too slow the rest is counted, and
    /// silence takes its place, so that the file keeps time. Wait-free; allocates nothing.
    pub fn write(&mut self, samples: &[f32]) -> usize {
        let repay = self.owed.min(self.samples.slots());
        if let Ok(chunk) = self.samples.write_chunk_uninit(repay) {
            self.owed -= chunk.fill_from_iter(std::iter::repeat_n(0.0, repay));
        }
        let taken = if self.owed > 0 { 0 } else { self.samples.push_partial_slice(samples).0.len() };
        let missed = samples.len() - taken;
        self.owed += missed;
        self.health.dropped.fetch_add(missed as u64, Relaxed);
        taken
    }

    /// What went wrong on the disk, if anything; nothing more is written then.
    pub fn error(&self) -> Option<DeviceError> {
        self.health.error()
    }

    /// Writes what is queued, completes the file and says what it holds.
    ///
    /// # Errors
    /// [`DeviceError::File`] when the disk failed; the file then holds what was written before.
    pub fn finish(mut self) -> Result<WavSummary, DeviceError> {
        self.join();
        match self.health.error() {
            Some(error) => Err(error),
            None => Ok(WavSummary {
                samples: self.health.samples.load(Relaxed) / self.channels,
                dropped: self.health.dropped.load(Relaxed) / self.channels,
            }),
        }
    }

    pub(crate) fn health(&self) -> Arc<WriterHealth> {
        Arc::clone(&self.health)
    }

    fn join(&mut self) {
        self.health.stop.store(true, Release);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            let _ = thread.join();
        }
    }
}

impl Drop for WavWriter {
    fn drop(&mut self) {
        self.join();
    }
}

fn write_out(mut output: Output, mut queue: Consumer<f32>, health: &WriterHealth) {
    let mut flushed = Instant::now();
    let written = loop {
        // Read before draining: what was queued before the stop is in the queue by then.
        let stopping = health.stop.load(Acquire);
        if let Err(error) = drain(&mut output, &mut queue) {
            break Err(error);
        }
        if stopping {
            break Ok(());
        }
        if flushed.elapsed() >= FLUSH_EVERY {
            if let Err(error) = output.flush() {
                break Err(error);
            }
            flushed = Instant::now();
        }
        thread::park_timeout(POLL);
    };
    health.samples.store(output.samples, Relaxed);
    // The samples so far are completed even after an error; the first error is the one to tell.
    if let Err(error) = written.and(output.finish().map(drop)) {
        health.fail(error);
    }
}

fn drain(output: &mut Output, queue: &mut Consumer<f32>) -> Result<(), DeviceError> {
    while let Ok(chunk) = queue.read_chunk(queue.slots().min(4_096)) {
        if chunk.is_empty() {
            break;
        }
        let (first, second) = chunk.as_slices();
        first.iter().chain(second).try_for_each(|sample| output.write(*sample))?;
        chunk.commit_all();
    }
    Ok(())
}
