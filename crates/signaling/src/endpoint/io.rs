//! What goes into an endpoint and what comes out.

use std::time::Duration;

use liaison_identity::RawId;

use crate::{
    CallId, CallState, Description, EndReason, Limits, MediaSessionId, ProblemCode, PushRegistration,
    RecordingState, ToEndpoint, ToSwitchboard,
};

/// How an endpoint behaves. `Default` gives the product's values.
#[derive(Debug, Clone)]
pub struct EndpointConfig {
    /// The name shown to those it calls.
    pub display_name: String,
    /// Names of optional features.
    pub capabilities: Vec<String>,
    /// How to wake this device.
    pub push: Option<PushRegistration>,
    /// Incoming calls beyond so many are answered busy. 1 … [`Limits::calls_per_endpoint`]; 8.
    pub max_calls: usize,
    /// How long a call may ring. The switchboard decides; this end gives up `backstop` later. 85 s.
    pub no_answer: Duration,
    /// How much longer than the switchboard this end waits. 10 s.
    pub backstop: Duration,
    /// How long the service may take to say anything about an invitation. 30 s.
    pub setup_timeout: Duration,
    /// How long the first media connection may take after the answer. 40 s.
    pub media_setup: Duration,
    /// After so long without media the app hears of it. 3 s.
    pub reconnect_after: Duration,
    /// After so long without media the call ends with 410. 60 s.
    pub media_lost_after: Duration,
    /// How long to wait for the service to confirm a hang-up. 3 s.
    pub disconnecting: Duration,
    /// Sizes.
    pub limits: Limits,
}

impl Default for EndpointConfig {
    fn default() -> Self {
        Self {
            display_name: String::new(),
            capabilities: Vec::new(),
            push: None,
            max_calls: Limits::V1.calls_per_endpoint,
            no_answer: Duration::from_secs(85),
            backstop: Duration::from_secs(10),
            setup_timeout: Duration::from_secs(30),
            media_setup: Duration::from_secs(40),
            reconnect_after: Duration::from_secs(3),
            media_lost_after: Duration::from_secs(60),
            disconnecting: Duration::from_secs(3),
            limits: Limits { ended_calls: 64, ..Limits::V1 },
        }
    }
}

/// What an app asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Command {
    /// Call somebody.
    Start {
        /// From [`crate::Endpoint::next_call_id`].
        call: CallId,
        /// Whom.
        to: RawId,
        /// The name to be shown with; empty: the configured one.
        display_name: String,
    },
    /// Answer.
    Accept {
        /// Which.
        call: CallId,
    },
    /// Decline.
    Reject {
        /// Which.
        call: CallId,
    },
    /// End, in any state.
    HangUp {
        /// Which.
        call: CallId,
    },
    /// Tell the other side that the microphone is (un)muted.
    Mute {
        /// Which.
        call: CallId,
        /// True: muted.
        muted: bool,
    },
    /// Put on hold.
    Hold {
        /// Which.
        call: CallId,
    },
    /// Take from hold.
    Resume {
        /// Which.
        call: CallId,
    },
    /// Ask to record. Write nothing before [`RecordingState::Active`].
    AnnounceRecording {
        /// Which.
        call: CallId,
    },
    /// The recording is over.
    EndRecording {
        /// Which.
        call: CallId,
    },
    /// The app has told its user of the recording.
    NoticeShown {
        /// Which.
        call: CallId,
    },
}

impl Command {
    /// The call it is about.
    pub fn call(&self) -> CallId {
        match self {
            Self::Start { call, .. }
            | Self::Accept { call }
            | Self::Reject { call }
            | Self::HangUp { call }
            | Self::Mute { call, .. }
            | Self::Hold { call }
            | Self::Resume { call }
            | Self::AnnounceRecording { call }
            | Self::EndRecording { call }
            | Self::NoticeShown { call } => *call,
        }
    }
}

/// A command that cannot be done. Nothing changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CommandError {
    /// No such call, or it is over.
    #[error("there is no call {0}; it may be over")]
    UnknownCall(CallId),
    /// The call is not in a state for it.
    #[error("this cannot be done while the call is {0:?}; wait for its state to change")]
    WrongState(CallState),
    /// The id given to `Start` is in use.
    #[error("call id {0} is in use; take a fresh one for each call")]
    IdInUse(CallId),
    /// Too many calls at once.
    #[error("{0} calls are already there; end one first")]
    TooManyCalls(usize),
    /// The display name is too long.
    #[error("the display name is longer than {0} bytes; shorten it")]
    DisplayName(usize),
    /// Somebody else records, or nobody.
    #[error("only the one who announced the recording can end it")]
    NotRecording,
    /// This endpoint has a recording announced or active already. (Another participant's is no hindrance: each
    /// announcer has a recording of its own, several may be active at once.)
    #[error("this side is recording the call already")]
    AlreadyRecording,
    /// Nobody waits for a notice.
    #[error("no recording waits for a notice on this call")]
    NoNotice,
}

/// What the media of a call does. Events about sessions that are closed are ignored.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum MediaEvent {
    /// The session's own description is ready: an offer after `OpenMedia { offerer: true }` or a restart,
    /// an answer after a remote offer.
    LocalDescription {
        /// Which call.
        call: CallId,
        /// What.
        description: Description,
    },
    /// One more own address.
    LocalCandidate {
        /// Which call.
        call: CallId,
        /// Which session.
        session: MediaSessionId,
        /// Of which revision.
        revision: u32,
        /// The candidate line.
        candidate: String,
    },
    /// Media flows for the first time.
    Connected {
        /// Which call.
        call: CallId,
        /// Which session.
        session: MediaSessionId,
    },
    /// Nothing arrives any more.
    Interrupted {
        /// Which call.
        call: CallId,
        /// Which session.
        session: MediaSessionId,
        /// For how long nothing has arrived already.
        silent_for: Duration,
    },
    /// It flows again.
    Restored {
        /// Which call.
        call: CallId,
        /// Which session.
        session: MediaSessionId,
    },
    /// It cannot be set up, or is broken for good.
    Failed {
        /// Which call.
        call: CallId,
        /// Which session.
        session: MediaSessionId,
    },
}

/// What happens to an endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum EndpointInput {
    /// The app asks.
    App(Command),
    /// The switchboard says.
    Wire(ToEndpoint),
    /// The link is there. `resumed`: nothing was lost. Otherwise the endpoint registers and synchronises.
    LinkUp {
        /// As the link said.
        resumed: bool,
    },
    /// The link is interrupted. Calls go on.
    LinkDown,
    /// The media does.
    Media(MediaEvent),
    /// The deadline came.
    Tick,
}

/// What an app is told.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum CallEvent {
    /// The service takes calls for this endpoint now.
    Registered,
    /// The service takes no calls for this endpoint.
    NotRegistered {
        /// Why not.
        reason: EndReason,
    },
    /// Somebody calls.
    Incoming {
        /// The call.
        call: CallId,
        /// Who, verified by the service.
        from: RawId,
        /// The name the caller gave itself.
        display_name: String,
    },
    /// The call's state changed.
    State {
        /// The call.
        call: CallId,
        /// To what.
        state: CallState,
        /// Why, with `Disconnecting` and `Disconnected`.
        reason: Option<EndReason>,
    },
    /// The other side has no connection and is being woken.
    Waking {
        /// The call.
        call: CallId,
    },
    /// Both sides called each other: the app's `call` goes on under the id `by`.
    Replaced {
        /// The call this app started; it is over.
        call: CallId,
        /// The call that goes on in its place, already being answered.
        by: CallId,
    },
    /// The other side muted or unmuted.
    RemoteMuted {
        /// The call.
        call: CallId,
        /// True: muted.
        muted: bool,
    },
    /// The recording's state changed.
    Recording {
        /// The call.
        call: CallId,
        /// To what.
        state: RecordingState,
        /// Who records.
        by: RawId,
    },
    /// Tell the user that `by` records (or wants to), then say [`Command::NoticeShown`].
    NoticeRequired {
        /// The call.
        call: CallId,
        /// Who.
        by: RawId,
    },
    /// Somebody has shown the notice of our recording.
    NoticeAcknowledged {
        /// The call.
        call: CallId,
        /// Who.
        by: RawId,
    },
    /// Media flows for the first time.
    MediaConnected {
        /// The call.
        call: CallId,
    },
    /// No media for a while: reconnecting.
    MediaInterrupted {
        /// The call.
        call: CallId,
    },
    /// Media is back.
    MediaRestored {
        /// The call.
        call: CallId,
    },
    /// The other side's link to the service went down or came back.
    PeerLink {
        /// The call.
        call: CallId,
        /// False: down.
        up: bool,
    },
    /// The service could not do something; the call goes on.
    Problem {
        /// The call.
        call: CallId,
        /// What kind.
        code: ProblemCode,
    },
}

/// What an endpoint wants done.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum EndpointOutput {
    /// Send this to the switchboard over the link.
    Send {
        /// The command's id on the link.
        command: u128,
        /// What.
        message: ToSwitchboard,
    },
    /// Open a media session. As the offerer it makes an offer at once; otherwise a `RemoteDescription` follows.
    OpenMedia {
        /// Which call.
        call: CallId,
        /// Which session.
        session: MediaSessionId,
        /// Whether this side offers.
        offerer: bool,
    },
    /// Give this to the media session.
    RemoteDescription {
        /// Which call.
        call: CallId,
        /// What.
        description: Description,
    },
    /// Give this to the media session.
    RemoteCandidate {
        /// Which call.
        call: CallId,
        /// Which session.
        session: MediaSessionId,
        /// Of which revision.
        revision: u32,
        /// The candidate line.
        candidate: String,
    },
    /// Close the media session.
    CloseMedia {
        /// Which call.
        call: CallId,
        /// Which session.
        session: MediaSessionId,
    },
    /// Tell the app.
    Event(CallEvent),
}
