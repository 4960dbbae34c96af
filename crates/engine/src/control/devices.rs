//! The devices that the engine owns: opened with the first media of a call, closed after the last, changed meanwhile
//! as the app chooses and the system allows. Nothing here waits for a device: what may is on a thread of its own.

use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::bounded;
use liaison_device::{
    CaptureEnd, CaptureSource, DeviceChange, DeviceConfig, DeviceError, DeviceWatch, PlayoutEnd, PlayoutSink,
    RouteChange, StreamGuard, StreamState,
};
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;

use crate::config::{AudioConfig, Channels, EngineConfig};
use crate::devices::{AppDevice, audio_device};
use crate::engine::Shared;
use crate::event::{AudioDeviceChange, AudioSessionState, DeviceSide, Event, OperationError, OperationId};
use crate::media_thread::{Command, MediaCommands};

const SIDES: [DeviceSide; 2] = [DeviceSide::Capture, DeviceSide::Playout];
/// How long the media thread may take to give up its devices.
const GIVE_UP: Duration = Duration::from_secs(1);

/// What the app was told by its system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SessionChange {
    Activate,
    Deactivate,
    Interrupt,
    Resume,
    Route,
}

/// A device's end for the media thread.
pub(crate) enum End {
    Capture(CaptureEnd),
    Playout(PlayoutEnd),
}

/// What the threads that may wait tell the control task.
pub(crate) enum DeviceNews {
    /// A device was opened, or could not be.
    Opened { epoch: u64, side: DeviceSide, opened: Result<(End, StreamGuard), DeviceError> },
    /// A choice was carried out, or could not be.
    Selected { operation: OperationId, side: DeviceSide, id: Option<String>, result: Result<(), DeviceError> },
    /// The stream of this opening uses another device.
    Route { epoch: u64, side: DeviceSide, change: RouteChange },
    /// The system's devices have changed.
    Changed(DeviceChange),
    /// The media thread's ends of the app-owned device.
    GivenUp(Option<(CaptureEnd, PlayoutEnd)>),
}

pub(crate) struct Devices {
    audio: AudioConfig,
    channels: Channels,
    media: MediaCommands,
    news: mpsc::Sender<DeviceNews>,
    shared: Arc<Shared>,
    /// Counts openings, so that devices that come after they were given up are not used.
    epoch: u64,
    /// A call needs audio.
    wanted: bool,
    started: bool,
    active: bool,
    interrupted: bool,
    guards: [Option<Arc<StreamGuard>>; 2],
    opening: [bool; 2],
    lost: [bool; 2],
    watch: Option<DeviceWatch>,
    /// The app wants to know of changes whatever calls do.
    app_watches: bool,
    app_device: Option<AppDevice>,
}

impl Devices {
    pub(crate) fn new(
        config: &EngineConfig,
        media: MediaCommands,
        news: mpsc::Sender<DeviceNews>,
        shared: Arc<Shared>,
        app_device: Option<AppDevice>,
    ) -> Self {
        Self {
            audio: config.audio.clone(),
            channels: config.channels,
            media,
            news,
            shared,
            epoch: 0,
            wanted: false,
            started: false,
            active: !config.audio_starts_inactive,
            interrupted: false,
            guards: [None, None],
            opening: [false; 2],
            lost: [false; 2],
            watch: None,
            app_watches: false,
            app_device,
        }
    }

    /// Whether the system lets audio be used.
    fn may_run(&self) -> bool {
        self.active && !self.interrupted
    }

    /// A call needs them: opens what is the engine's. Files and tones wait for [`start`](Self::start).
    pub(crate) fn want(&mut self) {
        if !std::mem::replace(&mut self.wanted, true) && self.may_run() {
            self.open(&SIDES);
        }
    }

    fn open(&mut self, sides: &[DeviceSide]) {
        let AudioConfig::Managed { capture, playout } = self.audio.clone() else { return };
        for side in sides {
            self.opening[*side as usize] = true;
        }
        let (epoch, news, sides) = (self.epoch, self.news.clone(), sides.to_vec());
        let channels = self.channels.count() as u16;
        spawn_blocking(move || {
            let config = DeviceConfig { held: true, channels, ..DeviceConfig::default() };
            for side in sides {
                let opened = match side {
                    DeviceSide::Capture => liaison_device::open_capture(capture.clone(), config)
                        .map(|(end, guard)| (End::Capture(end), guard)),
                    DeviceSide::Playout => liaison_device::open_playout(playout.clone(), config)
                        .map(|(end, guard)| (End::Playout(end), guard)),
                };
                let _ = news.blocking_send(DeviceNews::Opened { epoch, side, opened });
            }
        });
        self.update_watch();
    }

    /// Takes what the waiting threads say; tells the app what concerns it.
    pub(crate) fn take(&mut self, news: DeviceNews) {
        match news {
            DeviceNews::Opened { epoch, side, opened } => self.take_opened(epoch, side, opened),
            DeviceNews::Selected { operation, side, id, result } => {
                let result = result.map_err(|error| OperationError::Device(error.to_string()));
                if result.is_ok() {
                    self.take_choice(side, id);
                }
                self.shared.queue.push(Event::OperationDone { operation, result });
            }
            DeviceNews::Route { epoch, side, change } if epoch == self.epoch && self.wanted => {
                self.shared.devices.set(side, change.to.clone());
                let RouteChange { from, to, cause } = change;
                self.shared.queue.push(Event::AudioRouteChanged { side, from, to, cause });
            }
            DeviceNews::Route { .. } => {}
            DeviceNews::Changed(change) => self.take_change(change),
            DeviceNews::GivenUp(ends) => {
                if let Some(device) = &mut self.app_device {
                    device.waiting = ends;
                }
                if self.may_run() {
                    self.give_back();
                }
            }
        }
    }

    fn take_opened(&mut self, epoch: u64, side: DeviceSide, opened: Result<(End, StreamGuard), DeviceError>) {
        if !self.wanted || epoch != self.epoch {
            spawn_blocking(move || drop(opened));
            return;
        }
        self.opening[side as usize] = false;
        let (end, guard) = match opened {
            Ok(opened) => opened,
            Err(error) => {
                self.shared.queue.push(Event::Device { side, text: error.to_string() });
                return;
            }
        };
        let news = self.news.clone();
        guard.set_route_hook(Box::new(move |change| {
            // Full means that the app makes more changes than it looks at; the next one tells where it is.
            let _ = news.try_send(DeviceNews::Route { epoch, side, change });
        }));
        self.shared.devices.set(side, guard.device());
        let (capture, playout) = match end {
            End::Capture(end) => (Some(end), None),
            End::Playout(end) => (None, Some(end)),
        };
        let old = self.guards[side as usize].replace(Arc::new(guard));
        let (done, replaced) = bounded(1);
        self.media.send(Command::Replace { capture, playout, done });
        spawn_blocking(move || {
            let _ = replaced.recv_timeout(GIVE_UP);
            drop(old);
        });
        self.lost[side as usize] = false;
        if self.started {
            self.start();
        }
    }

    /// Lets files and tones begin: there is somebody to hear them.
    pub(crate) fn start(&mut self) {
        self.started = true;
        for guard in self.guards.iter().flatten() {
            guard.start();
        }
    }

    /// Gives them up: no call needs them any more.
    pub(crate) fn release(&mut self) {
        if std::mem::replace(&mut self.wanted, false) {
            self.started = false;
            if matches!(self.audio, AudioConfig::Managed { .. }) {
                self.close(|_| true);
            }
        }
    }

    /// Closes those of the engine's devices.
    fn close(&mut self, which: impl Fn(&StreamGuard) -> bool) {
        self.epoch += 1;
        self.opening = [false; 2];
        let closing = self.guards.each_mut().map(|guard| guard.take_if(|guard| which(guard)));
        SIDES.into_iter().for_each(|side| self.shared.devices.set(side, None));
        let media = self.media.clone();
        let [keep_capture, keep_playout] = self.guards.each_ref().map(Option::is_some);
        // Closing a device may wait for its thread.
        spawn_blocking(move || {
            let (done, ends) = bounded(1);
            if media.send(Command::Close { done })
                && let Ok((capture, playout)) = ends.recv_timeout(GIVE_UP)
                && (keep_capture || keep_playout)
            {
                let (capture, playout) = (capture.filter(|_| keep_capture), playout.filter(|_| keep_playout));
                let (done, _) = bounded(1);
                media.send(Command::Replace { capture, playout, done });
            }
            drop(closing);
        });
        self.update_watch();
    }

    /// The app chose a device, or the default.
    pub(crate) fn select(&mut self, operation: OperationId, side: DeviceSide, id: Option<String>) {
        let news = self.news.clone();
        let open = self.guards[side as usize].clone().filter(|guard| guard.is_system());
        spawn_blocking(move || {
            let result = match (&open, &id) {
                (Some(guard), _) => guard.select(id.clone()),
                (None, Some(id)) => exists(side, id),
                (None, None) => Ok(()),
            };
            let _ = news.blocking_send(DeviceNews::Selected { operation, side, id, result });
        });
    }

    fn take_choice(&mut self, side: DeviceSide, id: Option<String>) {
        if let AudioConfig::Managed { capture, playout } = &mut self.audio {
            match side {
                DeviceSide::Capture => *capture = id.map_or(CaptureSource::Default, CaptureSource::Named),
                DeviceSide::Playout => *playout = id.map_or(PlayoutSink::Default, PlayoutSink::Named),
            }
        }
        // A stream of a file or tone, or none, could not be changed: another takes its place.
        let changed = self.guards[side as usize].as_ref().is_some_and(|guard| guard.is_system());
        if self.wanted && self.may_run() && !changed && !self.opening[side as usize] {
            self.open(&[side]);
        }
    }

    /// Whether the app wants to know of changes whatever calls do.
    pub(crate) fn watch(&mut self, on: bool) {
        self.app_watches = on;
        self.update_watch();
    }

    fn update_watch(&mut self) {
        let system = match &self.audio {
            AudioConfig::Managed { capture, playout } => {
                matches!(capture, CaptureSource::Default | CaptureSource::Named(_))
                    || matches!(playout, PlayoutSink::Default | PlayoutSink::Named(_))
            }
            _ => false,
        };
        let wanted = self.app_watches || (self.wanted && system && self.may_run());
        if wanted && self.watch.is_none() {
            let news = self.news.clone();
            // Full: the app is told of the next change, and lists what there is.
            let told = move |change| drop(news.try_send(DeviceNews::Changed(change)));
            match liaison_device::watch_devices(told) {
                Ok(watch) => self.watch = Some(watch),
                Err(error) => tracing::warn!(%error, "devices are not watched"),
            }
        } else if !wanted {
            self.watch = None;
        }
    }

    fn take_change(&mut self, change: DeviceChange) {
        let (change, info) = match change {
            DeviceChange::Added(info) => (AudioDeviceChange::Added, info),
            DeviceChange::Removed(info) => (AudioDeviceChange::Removed, info),
            DeviceChange::DefaultChanged(info) => (AudioDeviceChange::DefaultChanged, info),
            _ => return,
        };
        let device = audio_device(info);
        let side = device.side;
        // What could not be opened for want of a device can perhaps be now.
        let missing = self.guards[side as usize].is_none() && !self.opening[side as usize];
        if change != AudioDeviceChange::Removed && missing && self.wanted && self.may_run() {
            self.open(&[side]);
        }
        self.shared.queue.push(Event::AudioDevicesUpdated { change, device });
    }

    /// What the app was told by its system about audio.
    pub(crate) fn change_session(&mut self, change: SessionChange) {
        let before = self.may_run();
        match change {
            SessionChange::Activate => (self.active, self.interrupted) = (true, false),
            SessionChange::Deactivate => self.active = false,
            SessionChange::Interrupt => self.interrupted = true,
            SessionChange::Resume => self.interrupted = false,
            SessionChange::Route => {}
        }
        let now = self.may_run();
        if before && (!now || change == SessionChange::Route) {
            self.pause();
        }
        if now && (!before || change == SessionChange::Route) {
            self.go_on();
        }
        if change != SessionChange::Route {
            let state = match (self.active, self.interrupted) {
                (false, _) => AudioSessionState::Inactive,
                (true, true) => AudioSessionState::Interrupted,
                (true, false) => AudioSessionState::Active,
            };
            self.shared.queue.push(Event::AudioSession { state });
        }
    }

    fn pause(&mut self) {
        let Some(device) = &self.app_device else {
            if self.wanted && matches!(self.audio, AudioConfig::Managed { .. }) {
                // A file or tone is nobody's to interrupt, and would begin anew.
                self.close(StreamGuard::is_system);
            }
            return;
        };
        device.port.set_active(false);
        let (media, news) = (self.media.clone(), self.news.clone());
        spawn_blocking(move || {
            let (done, given_up) = bounded(1);
            let sent = media.send(Command::Close { done });
            let ends = given_up.recv_timeout(if sent { GIVE_UP } else { Duration::ZERO }).ok();
            let ends = ends.and_then(|(capture, playout)| capture.zip(playout));
            let _ = news.blocking_send(DeviceNews::GivenUp(ends));
        });
    }

    fn go_on(&mut self) {
        if self.app_device.is_some() {
            self.give_back();
        } else if self.wanted {
            let missing: Vec<DeviceSide> =
                SIDES.into_iter().filter(|side| self.guards[*side as usize].is_none()).collect();
            self.open(&missing);
        }
    }

    /// Gives the app-owned device's ends to the media thread again, with nothing old in them and no habits.
    fn give_back(&mut self) {
        let Some(device) = &mut self.app_device else { return };
        // Still on their way here, they are given back when they come.
        let Some((mut capture, mut playout)) = device.waiting.take() else { return };
        capture.discard_queued();
        playout.reset();
        self.media.send(Command::Open { capture: Some(capture), playout: Some(playout) });
        device.port.set_active(true);
    }

    /// Tells of devices that have gone since the last time.
    pub(crate) fn tell_losses(&mut self) {
        for side in SIDES {
            let Some(guard) = &self.guards[side as usize] else { continue };
            let gone = guard.state() == StreamState::Lost;
            if gone && !self.lost[side as usize] {
                let text =
                    guard.error().map_or_else(|| "the device has gone".into(), |error| error.to_string());
                self.shared.queue.push(Event::Device { side, text });
            }
            self.lost[side as usize] = gone;
        }
    }

    fn capture(&self) -> Option<&StreamGuard> {
        self.guards[DeviceSide::Capture as usize].as_deref()
    }

    /// Whether a captured file has been played to its end.
    pub(crate) fn capture_finished(&self) -> bool {
        self.capture().is_some_and(StreamGuard::finished)
    }

    /// When the first sample of a captured file was sent on its way, in monotonic microseconds.
    pub(crate) fn capture_first_us(&self) -> Option<u64> {
        self.capture().and_then(StreamGuard::first_sample_us)
    }

    /// Glitches that the audio system itself reported: of the microphone, of the speaker.
    pub(crate) fn system_glitches(&self) -> (u64, u64) {
        let [capture, playout] = &self.guards;
        (
            capture.as_ref().map_or(0, |guard| guard.capture_stats().system_glitches),
            playout.as_ref().map_or(0, |guard| guard.playout_stats().system_glitches),
        )
    }
}

fn exists(side: DeviceSide, id: &str) -> Result<(), DeviceError> {
    let all = liaison_device::list_devices()?;
    let mut own = all.into_iter().map(audio_device).filter(|device| device.side == side);
    let is_it = |device: crate::event::AudioDevice| {
        let bare = device.id.split_once(':').map_or(device.id.as_str(), |(_, bare)| bare);
        device.id == id || bare == id || device.name == id
    };
    if own.any(is_it) {
        return Ok(());
    }
    Err(DeviceError::NotFound {
        wanted: format!("\"{id}\""),
        cause: "the system does not list it".to_owned(),
    })
}
