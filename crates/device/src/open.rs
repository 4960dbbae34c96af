//! Opening a microphone or a speaker, or what stands in for one.

use std::path::PathBuf;
use std::sync::Arc;

use crate::changes::changes;
use crate::guard::{Marks, Runner, StreamGuard};
use crate::pacer::Pacer;
use crate::ring::{FromFrames, PlayoutDrain, RING_MS, Status, ToFrames};
use crate::source::{self, Generator};
use crate::wav::{WavFormat, WavWriter};
use crate::{CaptureEnd, DeviceChange, DeviceError, PlayoutEnd, system};

/// Where captured audio comes from.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum CaptureSource {
    /// The system's default microphone.
    Default,
    /// A microphone by the id (or else the name) that [`list_devices`] gives.
    Named(String),
    /// A WAV file, played in real time, then silence.
    Wav {
        /// The file: see [`crate::wav::read`].
        path: PathBuf,
        /// Whether it begins anew when it ends.
        repeat: bool,
    },
    /// A sine tone of −12 dBFS.
    Tone {
        /// Its frequency (Hz), above 0 and below 24 000.
        hz: f32,
    },
    /// Silence.
    Silence,
}

/// Where played audio goes.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum PlayoutSink {
    /// The system's default speaker.
    Default,
    /// A speaker by the id (or else the name) that [`list_devices`] gives.
    Named(String),
    /// A WAV file, 48 kHz of 16 bits in [`DeviceConfig::channels`], that keeps real time: what is not there is silence in it.
    Wav(PathBuf),
    /// Nowhere, in real time.
    Discard,
}

/// How to open a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeviceConfig {
    /// Samples the device exchanges at a time (at 48 kHz), 96..=4800. The default, 480, is 10 ms.
    pub fixed_frames: u32,
    /// A file or tone waits in silence for [`StreamGuard::start`]; a file sink writes nothing until then. System
    /// devices always run.
    pub held: bool,
    /// Channels, 1 or 2 (interleaved). A device that has others is converted: two are averaged to one, one goes to both,
    /// and of more than two the first two are taken for two.
    pub channels: u16,
}

impl Default for DeviceConfig {
    fn default() -> Self {
        Self { fixed_frames: 480, held: false, channels: 1 }
    }
}

impl DeviceConfig {
    fn check(&self) -> Result<(), DeviceError> {
        if !(96..=4_800).contains(&self.fixed_frames) {
            let wrong = format!("fixed_frames is {}; give 96 to 4800", self.fixed_frames);
            return Err(DeviceError::Config(wrong));
        }
        if !(1..=2).contains(&self.channels) {
            return Err(DeviceError::Config(format!("channels is {}; give 1 or 2", self.channels)));
        }
        Ok(())
    }
}

/// Microphone or speaker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// A microphone.
    Capture,
    /// A speaker.
    Playout,
}

/// One device of the system.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeviceInfo {
    /// Stable id to open it by, such as `pulseaudio:alsa_input.usb-…`.
    pub id: String,
    /// Name for people.
    pub name: String,
    /// Microphone or speaker.
    pub direction: Direction,
    /// Whether it is the system's default.
    pub is_default: bool,
}

/// The system's microphones and speakers.
///
/// # Errors
/// [`DeviceError::Unavailable`] when there is no audio system, or this build has no device support.
pub fn list_devices() -> Result<Vec<DeviceInfo>, DeviceError> {
    system::list()
}

/// Being told of changes in the system's devices; ends when dropped.
pub struct DeviceWatch(#[allow(dead_code, reason = "held for its drop only")] system::Subscription);

impl std::fmt::Debug for DeviceWatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DeviceWatch").finish_non_exhaustive()
    }
}

/// Tells of devices that come, go or become the default, within about a second. `on_change` runs on a thread of its
/// own, must return at once, and must neither watch nor end a watch.
///
/// The system is asked once a second, by one thread of the process, while anybody watches or a system device is open.
///
/// # Errors
/// [`DeviceError::Unavailable`] when this build has no device support or the thread cannot be started. An audio system
/// that is not there is none: its devices are added when it comes.
pub fn watch_devices(
    mut on_change: impl FnMut(DeviceChange) + Send + 'static,
) -> Result<DeviceWatch, DeviceError> {
    let mut known: Option<Arc<[DeviceInfo]>> = None;
    let hook = move |listed: &Arc<[DeviceInfo]>| {
        if let Some(known) = &known {
            changes(known, listed).into_iter().for_each(&mut on_change);
        }
        known = Some(Arc::clone(listed));
    };
    system::subscribe(hook).map(DeviceWatch)
}

/// Opens a source of captured audio.
///
/// # Errors
/// A device that is not there or cannot be opened, a missing or unusable file, a setting out of range.
pub fn open_capture(
    source: CaptureSource,
    config: DeviceConfig,
) -> Result<(CaptureEnd, StreamGuard), DeviceError> {
    config.check()?;
    let channels = usize::from(config.channels);
    let generator = match source {
        CaptureSource::Default => return system::open_capture(None, config),
        CaptureSource::Named(wanted) => return system::open_capture(Some(wanted), config),
        CaptureSource::Wav { path, repeat } => Generator::recording(&path, repeat, channels)?,
        CaptureSource::Tone { hz } => Generator::tone(hz, channels)?,
        CaptureSource::Silence => Generator::Silence,
    };
    let (status, marks) = (Arc::new(Status::new()), Arc::new(Marks::new(config.held)));
    let (end, feed, _) = CaptureEnd::new(ToFrames::same(channels), RING_MS, Arc::clone(&status));
    let callback = source::callback(
        generator,
        feed,
        config.fixed_frames,
        channels,
        Arc::clone(&marks),
        Arc::clone(&status),
    );
    let runner = Runner::Pacer(Pacer::spawn("liaison-source", config.fixed_frames, callback)?);
    Ok((end, StreamGuard { runner, status, marks, writer: None }))
}

/// Opens a sink for played audio.
///
/// # Errors
/// A device that is not there or cannot be opened, a file that cannot be created, a setting out of range.
pub fn open_playout(
    sink: PlayoutSink,
    config: DeviceConfig,
) -> Result<(PlayoutEnd, StreamGuard), DeviceError> {
    config.check()?;
    match sink {
        PlayoutSink::Default => system::open_playout(None, config),
        PlayoutSink::Named(wanted) => system::open_playout(Some(wanted), config),
        PlayoutSink::Discard => open_paced(config, None),
        PlayoutSink::Wav(path) => {
            let writer = WavWriter::with_channels(&path, WavFormat::I16, config.channels)?;
            open_paced(config, Some(writer))
        }
    }
}

fn open_paced(
    config: DeviceConfig,
    writer: Option<WavWriter>,
) -> Result<(PlayoutEnd, StreamGuard), DeviceError> {
    let (status, marks) = (Arc::new(Status::new()), Arc::new(Marks::new(config.held)));
    let (end, drain, _) =
        PlayoutEnd::new(FromFrames::same(usize::from(config.channels)), RING_MS, Arc::clone(&status));
    let health = writer.as_ref().map(WavWriter::health);
    let (frames, channels) = (config.fixed_frames, usize::from(config.channels));
    let callback = sink_callback(drain, writer, frames, channels, Arc::clone(&marks));
    let runner = Runner::Pacer(Pacer::spawn("liaison-sink", config.fixed_frames, callback)?);
    Ok((end, StreamGuard { runner, status, marks, writer: health }))
}

/// The callback of a speaker that is no device, for the pacer.
fn sink_callback(
    mut drain: PlayoutDrain,
    mut writer: Option<WavWriter>,
    frames: u32,
    channels: usize,
    marks: Arc<Marks>,
) -> impl FnMut(u64) + Send + 'static {
    let mut heard = vec![0.0; frames as usize * channels];
    move |due_us| {
        let mut slots = heard.iter_mut();
        drain.drain(frames as usize, due_us, due_us, |sample| {
            if let Some(slot) = slots.next() {
                *slot = sample;
            }
        });
        if let Some(writer) = writer.as_mut().filter(|_| marks.is_started()) {
            marks.set_first_sample(due_us);
            writer.write(&heard);
        }
    }
}
