//! What the engine tells its app. Events are polled; see [`Engine::next_event`](crate::Engine::next_event).

use std::time::Duration;

pub use liaison_device::{DeviceName, RouteCause};
pub use liaison_signaling::{CallState, EndReason};

use liaison_chat::ClientMessageId;

use crate::chat::{ChatError, ChatResult};
use crate::stats::CallStatistics;

/// Names a call for as long as the engine lives; never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallHandle(pub u64);

/// Names an asynchronous command; its outcome is an [`Event::OperationDone`]. Never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OperationId(pub u64);

impl OperationId {
    /// The number of a command of chat that an earlier run of the app asked for.
    pub const EARLIER_RUN: Self = Self(0);
}

/// Something happened.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Event {
    /// The connection to the service changed.
    ConnectionState {
        /// What it is now.
        state: ConnectionState,
        /// Why, in words; empty when it needs none.
        text: String,
    },
    /// A command has been carried out, or could not be.
    OperationDone {
        /// The command.
        operation: OperationId,
        /// How it went.
        result: Result<(), OperationError>,
    },
    /// A command of chat has been carried out, or could not be.
    ChatDone {
        /// The command.
        operation: OperationId,
        /// The message's own name, or the one the engine gave; `None` for what only asks.
        client_id: Option<ClientMessageId>,
        /// What it came to.
        result: Result<Box<ChatResult>, ChatError>,
    },
    /// A command of chat is on disk ([`EngineConfig::data_path`](crate::EngineConfig::data_path)): it is carried out even
    /// when the app ends now.
    ChatQueued {
        /// What the command returned.
        operation: OperationId,
        /// Its name, to know its outcome by in the app's next run.
        client_id: ClientMessageId,
    },
    /// Something happened in a chat thread. The events of a thread come in order; when 1024 are not acknowledged
    /// ([`ChatThreadClient::acknowledge`](crate::ChatThreadClient::acknowledge)), the next ones wait. With
    /// [`EngineConfig::data_path`](crate::EngineConfig::data_path) what was not acknowledged comes again in the app's next
    /// run, with the same sequence.
    Chat(Box<liaison_chat::Event>),
    /// Events of a thread up to `to` will not come: read the thread, its participants and messages anew, then
    /// acknowledge `to`. Also a thread's beginning on a new device.
    ChatMissed {
        /// The thread.
        thread: liaison_chat::ThreadId,
        /// The last that will not come.
        to: liaison_chat::EventSequence,
    },
    /// The token expires soon: fetch another and hand it to [`Engine::set_token`](crate::Engine::set_token).
    TokenExpiring {
        /// By this machine's clock; zero when it has expired.
        remaining: Duration,
    },
    /// Somebody calls.
    IncomingCall {
        /// The call, to accept or reject.
        call: CallHandle,
        /// The caller's raw id.
        caller: String,
        /// The name the service gave for the caller; may be empty. The directory's for a member of staff; to staff, an
        /// app's user is shown with the label their tenant chose.
        display_name: String,
    },
    /// A call's state changed. Only the newest of several pending changes of one call is delivered.
    CallState {
        /// The call.
        call: CallHandle,
        /// What it is now.
        state: CallState,
        /// Why it ended; only with `Disconnected`.
        reason: Option<EndReason>,
    },
    /// The other side muted or unmuted itself.
    RemoteMuted {
        /// The call.
        call: CallHandle,
        /// Whether it is muted now.
        muted: bool,
    },
    /// The other side will record once everyone has acknowledged: show it, then call
    /// [`Call::notice_shown`](crate::Call::notice_shown).
    NoticeRequired {
        /// The call.
        call: CallHandle,
        /// Who will record (raw id).
        by: String,
    },
    /// The call's recording state, as the service holds it.
    Recording {
        /// The call.
        call: CallHandle,
        /// What it is now.
        state: RecordingState,
        /// Who records (raw id).
        by: String,
    },
    /// Media between the two endpoints.
    Media {
        /// The call.
        call: CallHandle,
        /// What it is now.
        state: MediaState,
    },
    /// The call's media could not be opened at all; the call ends.
    MediaProblem {
        /// The call.
        call: CallHandle,
        /// What happened and what to do.
        text: String,
    },
    /// A device failed or came back; the call goes on with silence meanwhile.
    Device {
        /// Which one.
        side: DeviceSide,
        /// What happened and what to do.
        text: String,
    },
    /// The other side pressed a key. Droppable only when over 256 wait.
    Dtmf {
        /// The call.
        call: CallHandle,
        /// `0` to `9`, `*`, `#`, `A` to `D`.
        tone: char,
    },
    /// The other side began or ceased to speak: within 150 ms of the first sound, and 500 ms after the last.
    SpeakingChanged {
        /// The call.
        call: CallHandle,
        /// Whether somebody speaks now.
        speaking: bool,
    },
    /// Of all calls, this one's other side has the floor now: it has spoken more, and longer, than a cough or a short
    /// answer. It keeps it in silence.
    DominantSpeakerChanged {
        /// The call.
        call: CallHandle,
    },
    /// How loud the call is, as often as [`EngineConfig::level_events`](crate::EngineConfig::level_events) says.
    /// Droppable.
    AudioLevels {
        /// The call.
        call: CallHandle,
        /// The loudest 10 ms of what was sent since the last such event, in −dBov (RFC 6464): 0 is full scale, 127 is
        /// silence.
        sent_dbov: u8,
        /// The same of what was heard.
        received_dbov: u8,
    },
    /// A microphone or speaker of the machine came, went or became the default: while the app watches
    /// ([`DeviceManager::watch`](crate::DeviceManager::watch)) or a call uses devices. A newer change of the same
    /// device takes the place of one that is still pending.
    AudioDevicesUpdated {
        /// What happened.
        change: AudioDeviceChange,
        /// To which device; after a removal, what it was.
        device: AudioDevice,
    },
    /// The engine uses another device, calls going on: it was chosen, lost, is back, or the default changed.
    AudioRouteChanged {
        /// Microphone or speaker.
        side: DeviceSide,
        /// What was in use; `None` when nothing was.
        from: Option<DeviceName>,
        /// What is in use now; `None`: there is no device, and silence until there is one.
        to: Option<DeviceName>,
        /// Why.
        cause: RouteCause,
    },
    /// Audio was paused or goes on, as the app told the [`DeviceManager`](crate::DeviceManager).
    AudioSession {
        /// What it is now.
        state: AudioSessionState,
    },
    /// Once a second for each connected call. Droppable.
    Statistics {
        /// The call.
        call: CallHandle,
        /// The figures.
        statistics: Box<CallStatistics>,
    },
    /// Droppable events were dropped because the app did not poll.
    Overflow {
        /// How many since the last such event.
        dropped: u64,
    },
    /// The engine has stopped after an internal error; its last event. Free it.
    Poisoned,
}

/// The connection to the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConnectionState {
    /// Not signed in, or refused: nothing is tried until a new token comes.
    Disconnected,
    /// Trying, at first or again. Calls that have media go on.
    Connecting,
    /// Signed in.
    Connected,
}

/// Why a command could not be carried out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OperationError {
    /// The service refused the token.
    #[error("the service refused the token: {0}")]
    TokenRefused(String),
    /// The service's certificate is not trusted.
    #[error("the service's certificate is not trusted ({0}): pass ca_pem: DIR/ca.pem of the service")]
    UntrustedCertificate(String),
    /// The call ended first, or its state does not allow the command.
    #[error("{0}")]
    WrongState(String),
    /// Not everyone acknowledged the notice in time.
    #[error("not everyone acknowledged the recording notice in time")]
    NotAcknowledged,
    /// The device is not there or cannot be opened; what was in use stays.
    #[error("{0}")]
    Device(String),
    /// The operation was overtaken by signing out.
    #[error("cancelled")]
    Cancelled,
}

/// Recording of a call, as the service holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordingState {
    /// Announced; not everyone has acknowledged yet, nothing is written.
    Announced,
    /// Everyone has acknowledged.
    Active,
    /// Somebody did not acknowledge in time: nothing was written.
    Refused,
    /// Over.
    Ended,
}

/// Media between the endpoints of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MediaState {
    /// DTLS-SRTP is set up.
    Connected,
    /// Nothing has come for `reconnect_after`.
    Interrupted,
    /// Packets come again.
    Restored,
}

/// Which device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceSide {
    /// The microphone.
    Capture,
    /// The speaker.
    Playout,
}

/// A microphone or speaker of the machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AudioDevice {
    /// To choose it by; stable across restarts.
    pub id: String,
    /// Name for people.
    pub name: String,
    /// Microphone or speaker.
    pub side: DeviceSide,
    /// Whether it is the system's default.
    pub is_default: bool,
}

/// What happened to a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AudioDeviceChange {
    /// It was plugged in.
    Added,
    /// It was unplugged.
    Removed,
    /// It is the default now.
    DefaultChanged,
}

/// Whether audio may be used, as the app told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AudioSessionState {
    /// Not activated: nothing is open, calls go on in silence.
    Inactive,
    /// Audio may be used.
    Active,
    /// The system has interrupted it: nothing is open, calls go on in silence.
    Interrupted,
}
