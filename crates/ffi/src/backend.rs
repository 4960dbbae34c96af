//! The only module that knows the engine crate: its types by name, its commands with C's arguments, its errors as
//! statuses.

use std::sync::Arc;
use std::time::Duration;

pub(crate) use liaison_engine::{
    AudioDevice, AudioPort, Call, CallError, CallStatistics, ChatClient, ChatParticipantToAdd,
    ChatThreadClient, DeviceManager, Engine, Event, IncomingCall, OperationId,
};
use liaison_engine::{
    CallHandle, ChatStoreError, DeviceManagerError, DeviceName, DeviceSide, EngineError, OperationError,
    ProcessingConfig, ProcessingMode, SignInError,
};

use crate::audio::liaison_audio_port_stats;
use crate::config::liaison_engine_config;
use crate::convert::INVALID;
use crate::event::{liaison_call_state, liaison_device_side};
use crate::guard::{Outcome, Refusal};
use crate::hook::{HookSlot, Log, Wake};
use crate::identifier::{liaison_cloud, liaison_identifier, liaison_identifier_kind};
use crate::processing::liaison_processing_mode;
use crate::status;

mod chat;
mod chat_view;
mod open;
mod view;

pub(crate) use chat::{
    NewMessageOf, ParticipantOf, ThreadOf, acknowledge_chat, cancel_chat, chat, chat_thread, download,
    list_options, message_id, messages_from, page_size, set_metadata, upload,
};
pub(crate) use chat_view::ChatScratch;
pub(crate) use open::open;
pub(crate) use view::view;

/// The app's hooks, shared with the engine's threads.
pub(crate) struct Hooks {
    pub(crate) wake: Arc<HookSlot<Wake>>,
    pub(crate) log: Arc<HookSlot<Log>>,
}

impl Hooks {
    pub(crate) fn new(config: &liaison_engine_config) -> Self {
        Self {
            wake: Arc::new(HookSlot::new(config.wake_hook, config.wake_user)),
            log: Arc::new(HookSlot::new(config.log_hook, config.log_user)),
        }
    }

    /// Takes the hooks away; when it returns none fires any more.
    pub(crate) fn disarm(&self) {
        self.wake.replace(None, std::ptr::null_mut());
        self.log.replace(None, std::ptr::null_mut());
    }
}

impl From<SignInError> for Refusal {
    fn from(error: SignInError) -> Self {
        Self(match error {
            SignInError::Malformed | SignInError::Expired { .. } => status::LIAISON_INVALID_TOKEN,
            SignInError::AlreadySignedIn => status::LIAISON_INVALID_STATE,
            SignInError::NotSignedIn => status::LIAISON_NOT_SIGNED_IN,
            SignInError::Busy => status::LIAISON_LIMIT_REACHED,
            SignInError::Poisoned => status::LIAISON_PANIC,
            _ => status::LIAISON_INVALID_ARGUMENT,
        })
    }
}

impl From<CallError> for Refusal {
    fn from(error: CallError) -> Self {
        Self(match error {
            CallError::NotFound => status::LIAISON_NOT_FOUND,
            CallError::RawId(_) | CallError::NotCallable { .. } | CallError::Dtmf(_) => {
                status::LIAISON_INVALID_ARGUMENT
            }
            CallError::NotSignedIn => status::LIAISON_NOT_SIGNED_IN,
            CallError::WrongState { .. } | CallError::Recording(_) => status::LIAISON_INVALID_STATE,
            CallError::TooMany { .. } => status::LIAISON_LIMIT_REACHED,
            CallError::RecordingFile(_) => status::LIAISON_FILE_ERROR,
            CallError::Poisoned => status::LIAISON_PANIC,
            _ => status::LIAISON_INVALID_STATE,
        })
    }
}

impl From<EngineError> for Refusal {
    fn from(error: EngineError) -> Self {
        Self(match error {
            EngineError::CaPem(_) | EngineError::PlatformVerifier(_) => status::LIAISON_UNTRUSTED,
            EngineError::DataPath { .. } => status::LIAISON_FILE_ERROR,
            EngineError::ChatStore(ChatStoreError::Key(_)) => status::LIAISON_WRONG_KEY,
            EngineError::ChatStore(ChatStoreError::InUse(_)) => status::LIAISON_IN_USE,
            EngineError::ChatStore(_) => status::LIAISON_FILE_ERROR,
            EngineError::System(_) => status::LIAISON_LIMIT_REACHED,
            _ => status::LIAISON_INVALID_ARGUMENT,
        })
    }
}

impl From<DeviceManagerError> for Refusal {
    fn from(error: DeviceManagerError) -> Self {
        Self(match error {
            DeviceManagerError::WrongMode(_) => status::LIAISON_INVALID_STATE,
            DeviceManagerError::Busy => status::LIAISON_LIMIT_REACHED,
            DeviceManagerError::Poisoned => status::LIAISON_PANIC,
            _ => status::LIAISON_DEVICE_ERROR,
        })
    }
}

/// The status of an operation that could not be carried out.
fn operation_status(error: &OperationError) -> i32 {
    match error {
        OperationError::TokenRefused(_) => status::LIAISON_INVALID_TOKEN,
        OperationError::UntrustedCertificate(_) => status::LIAISON_UNTRUSTED,
        OperationError::WrongState(_) => status::LIAISON_INVALID_STATE,
        OperationError::NotAcknowledged => status::LIAISON_TIMED_OUT,
        OperationError::Device(_) => status::LIAISON_DEVICE_ERROR,
        OperationError::Cancelled => status::LIAISON_CANCELLED,
        _ => status::LIAISON_INVALID_STATE,
    }
}

pub(crate) fn sign_in(engine: &Engine, token: &str) -> Outcome<u64> {
    Ok(engine.sign_in(token)?.0)
}

pub(crate) fn set_token(engine: &Engine, token: &str) -> Outcome<u64> {
    Ok(engine.set_token(token)?.0)
}

pub(crate) fn sign_out(engine: &Engine) -> Outcome<u64> {
    Ok(engine.sign_out()?.0)
}

pub(crate) fn start_call(engine: &Engine, raw_id: &str) -> Outcome<u64> {
    Ok(engine.call_agent().start_call(raw_id)?.handle().0)
}

/// Carries out a command of an incoming call.
pub(crate) fn incoming(
    engine: &Engine,
    call: u64,
    command: impl FnOnce(&IncomingCall) -> Result<OperationId, CallError>,
) -> Outcome<u64> {
    Ok(command(&engine.call_agent().incoming_call(CallHandle(call))?)?.0)
}

pub(crate) fn accept(call: &IncomingCall) -> Result<OperationId, CallError> {
    call.accept().map(|(_, operation)| operation)
}

/// Carries out a command of any call.
pub(crate) fn call(
    engine: &Engine,
    call: u64,
    command: impl FnOnce(&Call) -> Result<OperationId, CallError>,
) -> Outcome<u64> {
    Ok(command(&engine.call_agent().call(CallHandle(call))?)?.0)
}

pub(crate) fn call_state(engine: &Engine, call: u64) -> Outcome<liaison_call_state> {
    Ok(view::call_state(engine.call_agent().call(CallHandle(call))?.snapshot()?.state))
}

pub(crate) fn call_stats(engine: &Engine, call: u64) -> Outcome<CallStatistics> {
    Ok(engine.call_agent().call(CallHandle(call))?.snapshot()?.statistics)
}

pub(crate) fn take_event(engine: &Engine, wait: Duration) -> Option<Event> {
    if wait.is_zero() { engine.next_event() } else { engine.wait_event(wait) }
}

/// What is done to the microphone's sound: three of `liaison_processing_mode`.
pub(crate) fn processing(echo: i32, noise: i32, gain: i32) -> Outcome<ProcessingConfig> {
    const AUTO: i32 = liaison_processing_mode::Auto as i32;
    const ON: i32 = liaison_processing_mode::On as i32;
    const OFF: i32 = liaison_processing_mode::Off as i32;
    let mode = |number| match number {
        AUTO => Ok(ProcessingMode::Auto),
        ON => Ok(ProcessingMode::On),
        OFF => Ok(ProcessingMode::Off),
        _ => Err(INVALID),
    };
    Ok(ProcessingConfig { echo: mode(echo)?, noise: mode(noise)?, gain: mode(gain)? })
}

pub(crate) fn audio_port(engine: &Engine) -> Outcome<AudioPort> {
    engine.audio_port().cloned().ok_or(Refusal(status::LIAISON_INVALID_STATE))
}

/// The outcome of a push. What found no room is counted, not refused.
pub(crate) fn pushed<Busy>(result: Result<usize, Busy>) -> Outcome {
    result.map(drop).map_err(|_| Refusal(status::LIAISON_BUSY))
}

/// The outcome of a pull, which fills whatever happens.
pub(crate) fn pulled<Busy>(result: Result<usize, Busy>, silence: impl FnOnce()) -> Outcome {
    result.map(drop).map_err(|_| {
        silence();
        Refusal(status::LIAISON_BUSY)
    })
}

pub(crate) fn port_stats(port: &AudioPort) -> liaison_audio_port_stats {
    let stats = port.stats();
    liaison_audio_port_stats {
        size: size_of::<liaison_audio_port_stats>(),
        capture_overruns: stats.capture.overruns,
        playout_underruns: stats.playout.underruns,
        busy: stats.busy,
    }
}

/// Microphones, then speakers.
pub(crate) fn list_devices(engine: &Engine) -> Outcome<Vec<AudioDevice>> {
    let manager = engine.device_manager();
    let mut devices = manager.microphones()?;
    devices.extend(manager.speakers()?);
    Ok(devices)
}

pub(crate) fn current_devices(engine: &Engine) -> Vec<AudioDevice> {
    let manager = engine.device_manager();
    let device = |side, in_use: Option<DeviceName>| {
        in_use.map(|DeviceName { id, name }| AudioDevice { id, name, side, is_default: false })
    };
    let microphone = device(DeviceSide::Capture, manager.current_microphone());
    microphone.into_iter().chain(device(DeviceSide::Playout, manager.current_speaker())).collect()
}

/// The number C knows a side by.
pub(crate) fn side(side: DeviceSide) -> liaison_device_side {
    match side {
        DeviceSide::Capture => liaison_device_side::Capture,
        DeviceSide::Playout => liaison_device_side::Playout,
    }
}

pub(crate) fn select_device(engine: &Engine, side: liaison_device_side, id: Option<&str>) -> Outcome<u64> {
    let manager = engine.device_manager();
    Ok(match side {
        liaison_device_side::Capture => manager.select_microphone(id)?,
        liaison_device_side::Playout => manager.select_speaker(id)?,
    }
    .0)
}

pub(crate) fn watch_devices(engine: &Engine, on: bool) -> Outcome {
    Ok(engine.device_manager().watch(on)?)
}

/// Tells what the app's system says about audio.
pub(crate) fn audio_session(
    engine: &Engine,
    tell: impl FnOnce(&DeviceManager) -> Result<(), DeviceManagerError>,
) -> Outcome {
    Ok(tell(&engine.device_manager())?)
}

#[cfg(unix)]
pub(crate) fn wake_descriptor(engine: &Engine) -> Option<i32> {
    Some(engine.wake_fd())
}

#[cfg(not(unix))]
pub(crate) fn wake_descriptor(_: &Engine) -> Option<i32> {
    None
}

/// `CLOCK_MONOTONIC`, or what stands in for it, as the devices' clock reads it.
pub(crate) fn monotonic_us() -> i64 {
    i64::try_from(liaison_engine::monotonic_us()).unwrap_or(i64::MAX)
}

pub(crate) fn parse_raw_id(text: &str) -> Outcome<liaison_identifier> {
    use liaison_engine::{Cloud, CommunicationIdentifier as Identifier, RawId};
    let cloud_of = |cloud: &Cloud| match cloud {
        Cloud::Dod => liaison_cloud::Dod,
        Cloud::Gcch => liaison_cloud::Gcch,
        _ => liaison_cloud::Public,
    };
    let public = liaison_cloud::Public;
    let (kind, cloud, is_anonymous) = match RawId::new(text).map_err(|_| INVALID)?.identifier() {
        Identifier::CommunicationUser { .. } => (liaison_identifier_kind::CommunicationUser, public, false),
        Identifier::PhoneNumber { is_anonymous, .. } => {
            (liaison_identifier_kind::PhoneNumber, public, is_anonymous)
        }
        Identifier::MicrosoftTeamsUser { is_anonymous, cloud, .. } => {
            (liaison_identifier_kind::MicrosoftTeamsUser, cloud_of(&cloud), is_anonymous)
        }
        Identifier::MicrosoftTeamsApp { cloud, .. } => {
            (liaison_identifier_kind::MicrosoftTeamsApp, cloud_of(&cloud), false)
        }
        Identifier::TeamsExtensionUser { cloud, .. } => {
            (liaison_identifier_kind::TeamsExtensionUser, cloud_of(&cloud), false)
        }
        _ => (liaison_identifier_kind::Unknown, public, false),
    };
    Ok(liaison_identifier {
        size: size_of::<liaison_identifier>(),
        kind,
        cloud,
        is_anonymous: i32::from(is_anonymous),
        reserved: 0,
    })
}
