//! The devices that the engine owns: opened with the first media of a call, closed after the last.

use std::time::Duration;

use crossbeam_channel::bounded;
use liaison_device::{CaptureEnd, DeviceConfig, DeviceError, PlayoutEnd, StreamGuard, StreamState};
use tokio::sync::mpsc;

use crate::config::AudioConfig;
use crate::event::DeviceSide;
use crate::media_thread::{Command, MediaCommands};

type Opened<End> = Result<(End, StreamGuard), DeviceError>;

/// Devices that were opened on a thread that may block.
pub(crate) struct OpenedDevices {
    epoch: u64,
    capture: Opened<CaptureEnd>,
    playout: Opened<PlayoutEnd>,
}

pub(crate) struct Devices {
    audio: AudioConfig,
    media: MediaCommands,
    opened: mpsc::Sender<OpenedDevices>,
    /// Counts openings, so that devices that come after they were given up are not used.
    epoch: u64,
    wanted: bool,
    started: bool,
    capture: Option<StreamGuard>,
    playout: Option<StreamGuard>,
    lost: [bool; 2],
}

impl Devices {
    pub(crate) fn new(audio: AudioConfig, media: MediaCommands, opened: mpsc::Sender<OpenedDevices>) -> Self {
        Self {
            audio,
            media,
            opened,
            epoch: 0,
            wanted: false,
            started: false,
            capture: None,
            playout: None,
            lost: [false; 2],
        }
    }

    /// Opens them if they are the engine's and are not open. Files and tones wait for [`start`](Self::start).
    pub(crate) fn want(&mut self) {
        let AudioConfig::Managed { capture, playout } = self.audio.clone() else { return };
        if std::mem::replace(&mut self.wanted, true) {
            return;
        }
        self.epoch += 1;
        let (epoch, opened) = (self.epoch, self.opened.clone());
        tokio::task::spawn_blocking(move || {
            let config = DeviceConfig { held: true, ..DeviceConfig::default() };
            let capture = liaison_device::open_capture(capture, config);
            let playout = liaison_device::open_playout(playout, config);
            let _ = opened.blocking_send(OpenedDevices { epoch, capture, playout });
        });
    }

    /// Takes the opened devices; returns what could not be opened.
    pub(crate) fn take(&mut self, opened: OpenedDevices) -> Vec<(DeviceSide, String)> {
        if !self.wanted || opened.epoch != self.epoch {
            tokio::task::spawn_blocking(move || drop(opened));
            return Vec::new();
        }
        let mut failures = Vec::new();
        let mut split = |side, error: DeviceError| failures.push((side, error.to_string()));
        let (capture, capture_guard) =
            opened.capture.map_err(|error| split(DeviceSide::Capture, error)).ok().unzip();
        let (playout, playout_guard) =
            opened.playout.map_err(|error| split(DeviceSide::Playout, error)).ok().unzip();
        self.media.send(Command::Open { capture, playout });
        (self.capture, self.playout) = (capture_guard, playout_guard);
        self.lost = [false; 2];
        if self.started {
            self.start();
        }
        failures
    }

    /// Lets files and tones begin: there is somebody to hear them.
    pub(crate) fn start(&mut self) {
        self.started = true;
        for guard in [&self.capture, &self.playout].into_iter().flatten() {
            guard.start();
        }
    }

    /// Gives them up: no call needs them any more.
    pub(crate) fn release(&mut self) {
        if !std::mem::replace(&mut self.wanted, false) {
            return;
        }
        self.started = false;
        let guards = (self.capture.take(), self.playout.take());
        let media = self.media.clone();
        // Closing a device may wait for its thread.
        tokio::task::spawn_blocking(move || {
            let (done, ends) = bounded(1);
            if media.send(Command::Close { done }) {
                let _ = ends.recv_timeout(Duration::from_secs(1));
            }
            drop(guards);
        });
    }

    /// Devices that have gone since the last time.
    pub(crate) fn newly_lost(&mut self) -> Vec<(DeviceSide, String)> {
        let mut lost = Vec::new();
        for (index, side, guard) in
            [(0, DeviceSide::Capture, &self.capture), (1, DeviceSide::Playout, &self.playout)]
        {
            let Some(guard) = guard else { continue };
            let gone = guard.state() == StreamState::Lost;
            if gone && !std::mem::replace(&mut self.lost[index], true) {
                let text =
                    guard.error().map_or_else(|| "the device has gone".into(), |error| error.to_string());
                lost.push((side, text));
            }
        }
        lost
    }

    /// Whether a captured file has been played to its end.
    pub(crate) fn capture_finished(&self) -> bool {
        self.capture.as_ref().is_some_and(StreamGuard::finished)
    }

    /// When the first sample of a captured file was sent on its way, in monotonic microseconds.
    pub(crate) fn capture_first_us(&self) -> Option<u64> {
        self.capture.as_ref().and_then(StreamGuard::first_sample_us)
    }
}
