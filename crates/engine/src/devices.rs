//! `DeviceManager`: the microphones and speakers as the app's threads see them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use liaison_device::{AudioPort, CaptureEnd, DeviceInfo, DeviceName, Direction, PlayoutEnd};
use tokio::sync::mpsc::error::TrySendError;

use crate::config::{AudioConfig, Channels};
use crate::control::{Request, SessionChange};
use crate::engine::Shared;
use crate::error::DeviceManagerError;
use crate::event::{AudioDevice, DeviceSide, OperationId};

/// The app-owned device as the control task holds it.
pub(crate) struct AppDevice {
    pub(crate) port: AudioPort,
    /// The media thread's ends, while audio is paused.
    pub(crate) waiting: Option<(CaptureEnd, PlayoutEnd)>,
}

/// What the control task tells the app's threads of the devices.
pub(crate) struct DeviceView {
    managed: bool,
    silent: bool,
    channels: Channels,
    in_use: Mutex<[Option<DeviceName>; 2]>,
}

impl DeviceView {
    pub(crate) fn new(audio: &AudioConfig, channels: Channels) -> Self {
        Self {
            managed: matches!(audio, AudioConfig::Managed { .. }),
            silent: matches!(audio, AudioConfig::None),
            channels,
            in_use: Mutex::default(),
        }
    }

    pub(crate) fn channels(&self) -> Channels {
        self.channels
    }

    fn lock(&self) -> MutexGuard<'_, [Option<DeviceName>; 2]> {
        self.in_use.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn set(&self, side: DeviceSide, device: Option<DeviceName>) {
        self.lock()[side as usize] = device;
    }
}

/// Lists, chooses and watches the machine's microphones and speakers, and is told by a phone's app what its system
/// says about audio. Cheap to clone; every method may be called from any thread.
///
/// What is chosen holds for all calls, those under way too: the new device is opened and has begun before the old one
/// is left. **A device chosen by its id is kept to**: when it is lost the default takes its place and the call goes on
/// ([`Event::AudioRouteChanged`](crate::Event::AudioRouteChanged)), and when it is back it is gone back to. Who chose
/// the default (`None`) follows it wherever the system moves it.
#[derive(Clone)]
pub struct DeviceManager {
    shared: Arc<Shared>,
}

impl DeviceManager {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// The machine's microphones. Waits for the audio system, 3 s at most.
    ///
    /// # Errors
    /// There is no audio system, it does not answer, or this build has no device support.
    pub fn microphones(&self) -> Result<Vec<AudioDevice>, DeviceManagerError> {
        list(DeviceSide::Capture)
    }

    /// The machine's speakers. Waits for the audio system, 3 s at most.
    ///
    /// # Errors
    /// There is no audio system, it does not answer, or this build has no device support.
    pub fn speakers(&self) -> Result<Vec<AudioDevice>, DeviceManagerError> {
        list(DeviceSide::Playout)
    }

    /// Chooses the microphone by its id; `None` is the default. The outcome is the operation's event.
    ///
    /// # Errors
    /// The audio mode is not managed, too many commands are waiting, or the engine has stopped.
    pub fn select_microphone(&self, id: Option<&str>) -> Result<OperationId, DeviceManagerError> {
        self.select(DeviceSide::Capture, id)
    }

    /// Chooses the speaker by its id; `None` is the default. The outcome is the operation's event.
    ///
    /// # Errors
    /// The audio mode is not managed, too many commands are waiting, or the engine has stopped.
    pub fn select_speaker(&self, id: Option<&str>) -> Result<OperationId, DeviceManagerError> {
        self.select(DeviceSide::Playout, id)
    }

    fn select(&self, side: DeviceSide, id: Option<&str>) -> Result<OperationId, DeviceManagerError> {
        if !self.shared.devices.managed {
            return Err(DeviceManagerError::WrongMode("the engine chooses devices in managed audio only"));
        }
        if self.shared.queue.is_poisoned() {
            return Err(DeviceManagerError::Poisoned);
        }
        let operation = self.shared.queue.begin_operation().ok_or(DeviceManagerError::Busy)?;
        self.send(Request::SelectDevice { operation, side, id: id.map(str::to_owned) })
            .inspect_err(|_| self.shared.queue.cancel_operation())?;
        Ok(operation)
    }

    /// The microphone in use; `None` while no call uses one, and for a file or tone.
    pub fn current_microphone(&self) -> Option<DeviceName> {
        self.shared.devices.lock()[DeviceSide::Capture as usize].clone()
    }

    /// The speaker in use; `None` while no call uses one, and for a file.
    pub fn current_speaker(&self) -> Option<DeviceName> {
        self.shared.devices.lock()[DeviceSide::Playout as usize].clone()
    }

    /// Whether changes of the devices are told
    /// ([`Event::AudioDevicesUpdated`](crate::Event::AudioDevicesUpdated)) while no call uses any, too: the system is
    /// then asked once a second. Off at first.
    ///
    /// # Errors
    /// Too many commands are waiting, or the engine has stopped.
    pub fn watch(&self, on: bool) -> Result<(), DeviceManagerError> {
        self.send(Request::WatchDevices(on))
    }

    /// The system lets the app use audio (CallKit's `didActivate`): what waited for it begins. Needed only after
    /// [`deactivate_audio`](Self::deactivate_audio) or with
    /// [`EngineConfig::audio_starts_inactive`](crate::EngineConfig::audio_starts_inactive).
    ///
    /// # Errors
    /// No audio at all is configured, too many commands are waiting, or the engine has stopped.
    pub fn activate_audio(&self) -> Result<(), DeviceManagerError> {
        self.session(SessionChange::Activate)
    }

    /// The app may not use audio any more: devices are closed, calls go on in silence.
    ///
    /// # Errors
    /// As of [`activate_audio`](Self::activate_audio).
    pub fn deactivate_audio(&self) -> Result<(), DeviceManagerError> {
        self.session(SessionChange::Deactivate)
    }

    /// The system has interrupted audio (another call, an alarm): capture and playout pause, calls go on in silence.
    ///
    /// # Errors
    /// As of [`activate_audio`](Self::activate_audio).
    pub fn audio_interrupted(&self) -> Result<(), DeviceManagerError> {
        self.session(SessionChange::Interrupt)
    }

    /// The interruption is over: capture and playout go on, with what was learnt of the devices' delay forgotten.
    ///
    /// # Errors
    /// As of [`activate_audio`](Self::activate_audio).
    pub fn audio_resumed(&self) -> Result<(), DeviceManagerError> {
        self.session(SessionChange::Resume)
    }

    /// The system sends audio elsewhere (a headset, a car): what was learnt of the devices' delay is forgotten, and
    /// the engine's own devices are opened anew.
    ///
    /// # Errors
    /// As of [`activate_audio`](Self::activate_audio).
    pub fn audio_route_changed(&self) -> Result<(), DeviceManagerError> {
        self.session(SessionChange::Route)
    }

    fn session(&self, change: SessionChange) -> Result<(), DeviceManagerError> {
        if self.shared.devices.silent {
            return Err(DeviceManagerError::WrongMode("no audio at all is configured"));
        }
        self.send(Request::AudioSession(change))
    }

    fn send(&self, request: Request) -> Result<(), DeviceManagerError> {
        self.shared.requests.try_send(request).map_err(|error| match error {
            TrySendError::Full(_) => DeviceManagerError::Busy,
            TrySendError::Closed(_) => DeviceManagerError::Poisoned,
        })
    }
}

fn list(side: DeviceSide) -> Result<Vec<AudioDevice>, DeviceManagerError> {
    let all = liaison_device::list_devices().map_err(|e| DeviceManagerError::Unavailable(e.to_string()))?;
    Ok(all.into_iter().map(audio_device).filter(|device| device.side == side).collect())
}

pub(crate) fn audio_device(info: DeviceInfo) -> AudioDevice {
    let side = match info.direction {
        Direction::Capture => DeviceSide::Capture,
        Direction::Playout => DeviceSide::Playout,
    };
    AudioDevice { id: info.id, name: info.name, side, is_default: info.is_default }
}
