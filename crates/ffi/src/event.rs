//! Events in C: one tagged struct, allocated by the library so that it can grow.

use crate::chat_event::{
    liaison_chat_event, liaison_chat_missed_event, liaison_chat_queued_event, liaison_chat_result_event,
};
use crate::stats::liaison_call_stats;
use crate::text::liaison_str;

/// What an event tells, and which member of its detail holds the rest.
///
/// A program meets kinds it does not know when the library is newer than its header: it ignores them.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum liaison_event_kind {
    /// The connection to the service changed: detail.connection.
    Connection = 1,
    /// An asynchronous command has been carried out, or could not be: operation, detail.operation.
    Operation = 2,
    /// The token expires soon: fetch another, call liaison_engine_set_token. detail.token_expiring.
    TokenExpiring = 3,
    /// Somebody calls: call, detail.incoming_call.
    IncomingCall = 4,
    /// A call's state changed; only the newest pending change of a call is delivered: call, detail.call_state.
    CallState = 5,
    /// The other side muted or unmuted itself: call, detail.remote_muted.
    RemoteMuted = 6,
    /// The other side will record once everyone has acknowledged: show it to the user, then call
    /// liaison_call_notice_shown. call, detail.notice_required.
    NoticeRequired = 7,
    /// The call's recording state, as the service holds it: call, detail.recording.
    Recording = 8,
    /// The media between the two sides: call, detail.media.
    Media = 9,
    /// A device failed or came back; calls go on, with silence meanwhile: detail.device.
    Device = 10,
    /// Once a second for each connected call: call, detail.statistics. Dropped when the app does not poll.
    Statistics = 11,
    /// Droppable events were dropped because the app did not poll: detail.overflow.
    Overflow = 12,
    /// The engine has stopped after an internal error. Its last event: free it. No detail.
    Poisoned = 13,
    /// The other side pressed a key: call, detail.dtmf.
    Dtmf = 14,
    /// The other side began or ceased to speak: call, detail.speaking_changed.
    SpeakingChanged = 15,
    /// How loud the call is, as often as level_events_us of the config says: call, detail.audio_levels. Dropped when the
    /// app does not poll.
    AudioLevels = 16,
    /// A microphone or speaker came, went or became the default: detail.audio_device.
    AudioDevice = 17,
    /// The engine uses another device, calls going on: detail.audio_route.
    AudioRoute = 18,
    /// Audio was paused or goes on, as the app told: detail.audio_session.
    AudioSession = 19,
    /// Of all calls, this one's other side has the floor now; it keeps it in silence, and against coughs and short
    /// answers: call. No detail.
    DominantSpeakerChanged = 20,
    /// A command of chat has been carried out, or could not be: operation, detail.chat_result.
    ChatResult = 21,
    /// Something happened in a chat thread: detail.chat_event. Call liaison_chat_acknowledge when it is dealt with;
    /// with a data_path it comes again in the app's next run until then.
    ChatEvent = 22,
    /// Events of a chat thread will not come: detail.chat_missed.
    ChatMissed = 23,
    /// A command of chat is on disk, in data_path: it is carried out even when the app ends now. operation,
    /// detail.chat_queued.
    ChatQueued = 24,
}

/// The connection to the service.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum liaison_connection_state {
    /// Not signed in, or refused: nothing is tried until a new token comes.
    Disconnected = 0,
    /// Trying, at first or again. Calls that have media go on.
    Connecting = 1,
    /// Signed in.
    Connected = 2,
}

/// The state of a call, as in the Azure Communication Services calling API.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum liaison_call_state {
    /// Not started.
    None = 0,
    /// On its way to the other side.
    Connecting = 1,
    /// The other side's devices ring; or, for an incoming call, this one does.
    Ringing = 2,
    /// Something is heard before the call is answered.
    EarlyMedia = 3,
    /// Answered.
    Connected = 4,
    /// Held by this side.
    LocalHold = 5,
    /// Held by the other side.
    RemoteHold = 6,
    /// Waiting to be let in.
    InLobby = 7,
    /// Hanging up.
    Disconnecting = 8,
    /// Over. The last state.
    Disconnected = 9,
}

/// Recording of a call, as the service holds it.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum liaison_recording_state {
    /// Nobody records.
    None = 0,
    /// Announced; not everyone has acknowledged yet, so nothing may be written.
    Announced = 1,
    /// Everyone has acknowledged: the announcer may write what it hears from now on.
    Active = 2,
    /// Somebody did not acknowledge in time: nothing may be written.
    Refused = 3,
    /// Over.
    Ended = 4,
}

/// The media between the two sides of a call.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum liaison_media_state {
    /// ICE and DTLS-SRTP are set up.
    Connected = 1,
    /// Nothing has come for reconnect_after_us.
    Interrupted = 2,
    /// Packets come again.
    Restored = 3,
}

/// Which device.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum liaison_device_side {
    /// The microphone.
    Capture = 1,
    /// The speaker.
    Playout = 2,
}

/// What happened to a device.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum liaison_device_change {
    /// It was plugged in.
    Added = 1,
    /// It was unplugged.
    Removed = 2,
    /// It is the default now.
    DefaultChanged = 3,
}

/// Why the engine uses another device.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum liaison_route_cause {
    /// The app chose it.
    Selected = 1,
    /// The one in use was lost; with no other to take its place there is silence.
    Lost = 2,
    /// The chosen one, or any after there was none, is there again.
    Returned = 3,
    /// The default is followed, and it is another one now.
    DefaultChanged = 4,
}

/// Whether audio may be used, as the app told.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum liaison_audio_session_state {
    /// Not activated: nothing is open, calls go on in silence.
    Inactive = 0,
    /// Audio may be used.
    Active = 1,
    /// The system has interrupted it: nothing is open, calls go on in silence.
    Interrupted = 2,
}

/// The detail of LIAISON_EVENT_KIND_CONNECTION.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct liaison_connection_event {
    /// What it is now.
    pub state: liaison_connection_state,
    /// Why, in words; empty when it needs none.
    pub text: liaison_str,
}

/// The detail of LIAISON_EVENT_KIND_OPERATION; the event's operation is the number the command gave.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct liaison_operation_event {
    /// LIAISON_OK, or why it could not be carried out.
    pub status: i32,
    /// What happened and what to do, in words; empty on success.
    pub text: liaison_str,
}

/// The detail of LIAISON_EVENT_KIND_TOKEN_EXPIRING.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct liaison_token_expiring_event {
    /// How long it is still good for, by this machine's clock; 0 when it has expired.
    pub remaining_us: i64,
}

/// The detail of LIAISON_EVENT_KIND_INCOMING_CALL.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct liaison_incoming_call_event {
    /// The caller's raw id.
    pub caller: liaison_str,
    /// The name the service gave for the caller; may be empty. The directory's for a member of staff. An app's user is
    /// shown to staff as external, with the label their tenant chose: "Kiosk 7 (Unverified)". Chats show the same.
    pub display_name: liaison_str,
}

/// The detail of LIAISON_EVENT_KIND_CALL_STATE.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct liaison_call_state_event {
    /// What it is now.
    pub state: liaison_call_state,
    /// Disconnected only: why, as in the end-code table of the README (such as 403 for a refused federation).
    pub code: u32,
    /// Disconnected only: the finer reason (such as 5223 for a refused federation).
    pub sub_code: u32,
    /// Disconnected only: the reason in words.
    pub text: liaison_str,
}

/// The detail of LIAISON_EVENT_KIND_REMOTE_MUTED.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct liaison_remote_muted_event {
    /// 1 when the other side is muted now, else 0.
    pub muted: i32,
}

/// The detail of LIAISON_EVENT_KIND_NOTICE_REQUIRED.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct liaison_notice_required_event {
    /// Who will record: a raw id.
    pub by: liaison_str,
}

/// The detail of LIAISON_EVENT_KIND_RECORDING.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct liaison_recording_event {
    /// What it is now.
    pub state: liaison_recording_state,
    /// Who records: a raw id.
    pub by: liaison_str,
}

/// The detail of LIAISON_EVENT_KIND_MEDIA.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct liaison_media_event {
    /// What it is now.
    pub state: liaison_media_state,
}

/// The detail of LIAISON_EVENT_KIND_DEVICE.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct liaison_device_event {
    /// Which device.
    pub side: liaison_device_side,
    /// What happened and what to do, in words.
    pub text: liaison_str,
}

/// The detail of LIAISON_EVENT_KIND_DTMF.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct liaison_dtmf_event {
    /// The key: one of the characters 0 to 9, *, #, A to D.
    pub tone: i32,
}

/// The detail of LIAISON_EVENT_KIND_SPEAKING_CHANGED.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct liaison_speaking_changed_event {
    /// 1 when the other side speaks now, else 0. It comes within 150 ms of the first sound, and 500 ms after the last.
    pub speaking: i32,
}

/// The detail of LIAISON_EVENT_KIND_AUDIO_LEVELS: the loudest 10 ms since the last such event of the call.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct liaison_audio_levels_event {
    /// Level of what was sent, in -dBov (RFC 6464): 0 is full scale, 127 is silence.
    pub sent_level_dbov: i32,
    /// Level of what was heard, in -dBov (RFC 6464): 0 is full scale, 127 is silence.
    pub received_level_dbov: i32,
}

/// The detail of LIAISON_EVENT_KIND_AUDIO_DEVICE. A newer change of the same device takes the place of a pending one.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct liaison_audio_device_event {
    /// What happened.
    pub change: liaison_device_change,
    /// Microphone or speaker.
    pub side: liaison_device_side,
    /// 1 when it is the system's default, else 0; after a removal, whether it was.
    pub is_default: i32,
    /// What to choose it by.
    pub id: liaison_str,
    /// Its name for people.
    pub name: liaison_str,
}

/// The detail of LIAISON_EVENT_KIND_AUDIO_ROUTE. Of several pending changes of a side only the newest is delivered, from
/// where the first began.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct liaison_audio_route_event {
    /// Microphone or speaker.
    pub side: liaison_device_side,
    /// Why.
    pub cause: liaison_route_cause,
    /// The id of what was in use; empty when nothing was.
    pub from_id: liaison_str,
    /// Its name for people.
    pub from_name: liaison_str,
    /// The id of what is in use now; empty when there is no device, and silence until there is one.
    pub to_id: liaison_str,
    /// Its name for people.
    pub to_name: liaison_str,
}

/// The detail of LIAISON_EVENT_KIND_AUDIO_SESSION.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct liaison_audio_session_event {
    /// What it is now.
    pub state: liaison_audio_session_state,
}

/// The detail of LIAISON_EVENT_KIND_OVERFLOW.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct liaison_overflow_event {
    /// How many events were dropped since the last such event.
    pub dropped: u64,
}

/// The detail of an event: the member that its kind names.
#[repr(C)]
#[derive(Clone, Copy)]
pub union liaison_event_detail {
    /// LIAISON_EVENT_KIND_CONNECTION
    pub connection: liaison_connection_event,
    /// LIAISON_EVENT_KIND_OPERATION
    pub operation: liaison_operation_event,
    /// LIAISON_EVENT_KIND_TOKEN_EXPIRING
    pub token_expiring: liaison_token_expiring_event,
    /// LIAISON_EVENT_KIND_INCOMING_CALL
    pub incoming_call: liaison_incoming_call_event,
    /// LIAISON_EVENT_KIND_CALL_STATE
    pub call_state: liaison_call_state_event,
    /// LIAISON_EVENT_KIND_REMOTE_MUTED
    pub remote_muted: liaison_remote_muted_event,
    /// LIAISON_EVENT_KIND_NOTICE_REQUIRED
    pub notice_required: liaison_notice_required_event,
    /// LIAISON_EVENT_KIND_RECORDING
    pub recording: liaison_recording_event,
    /// LIAISON_EVENT_KIND_MEDIA
    pub media: liaison_media_event,
    /// LIAISON_EVENT_KIND_DEVICE
    pub device: liaison_device_event,
    /// LIAISON_EVENT_KIND_STATISTICS
    pub statistics: liaison_call_stats,
    /// LIAISON_EVENT_KIND_OVERFLOW
    pub overflow: liaison_overflow_event,
    /// LIAISON_EVENT_KIND_DTMF
    pub dtmf: liaison_dtmf_event,
    /// LIAISON_EVENT_KIND_SPEAKING_CHANGED
    pub speaking_changed: liaison_speaking_changed_event,
    /// LIAISON_EVENT_KIND_AUDIO_LEVELS
    pub audio_levels: liaison_audio_levels_event,
    /// LIAISON_EVENT_KIND_AUDIO_DEVICE
    pub audio_device: liaison_audio_device_event,
    /// LIAISON_EVENT_KIND_AUDIO_ROUTE
    pub audio_route: liaison_audio_route_event,
    /// LIAISON_EVENT_KIND_AUDIO_SESSION
    pub audio_session: liaison_audio_session_event,
    /// LIAISON_EVENT_KIND_CHAT_RESULT
    pub chat_result: liaison_chat_result_event,
    /// LIAISON_EVENT_KIND_CHAT_EVENT
    pub chat_event: liaison_chat_event,
    /// LIAISON_EVENT_KIND_CHAT_MISSED
    pub chat_missed: liaison_chat_missed_event,
    /// LIAISON_EVENT_KIND_CHAT_QUEUED
    pub chat_queued: liaison_chat_queued_event,
}

/// Something happened. It and all its text are borrowed until the next call of liaison_engine_next_event,
/// liaison_engine_wait_event or liaison_engine_free on the same engine: copy what you keep.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct liaison_event {
    /// The size of this struct in bytes as the library knows it: a field beyond it is not there.
    pub size: usize,
    /// What it tells.
    pub kind: liaison_event_kind,
    /// The call it is about; 0 when it is about none.
    pub call: u64,
    /// LIAISON_EVENT_KIND_OPERATION and LIAISON_EVENT_KIND_CHAT_RESULT: the command it answers; else 0.
    pub operation: u64,
    /// The rest, by kind.
    pub detail: liaison_event_detail,
}
