//! The endpoint's half: one leg of a call.
//!
//! When the state as the app sees it changes, the app is told after the actions. Entering `Over` forgets
//! the leg; the app hears `Disconnected` with the reason, if it ever heard of the call.

mod rows;

pub(crate) use rows::TABLE;

use crate::{CallState, EndReason};

/// Where a leg is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Leg {
    New,
    /// Calling: our offer is being made.
    Preparing,
    /// Calling: the service has the invitation.
    Dialing,
    /// Calling: the other side's devices are being woken.
    Waking,
    /// Calling: the other side rings.
    Alerting,
    /// Being called by the one whom we call at this moment; the switchboard settles it, the app is not told.
    Held,
    /// Being called: rings here.
    Offered,
    /// Being called: our answer is being made.
    Answering,
    /// Being called: the answer was sent; another device may have been faster.
    Confirming,
    Connected,
    LocalHold,
    RemoteHold,
    BothHold,
    /// Waits until the recording's notice is shown.
    Lobby,
    /// Hung up here; the service has not confirmed it yet.
    Leaving,
    Over,
}

impl Leg {
    /// The state as the app sees it.
    pub fn public(self) -> CallState {
        match self {
            Self::New | Self::Held => CallState::None,
            Self::Preparing | Self::Dialing | Self::Waking | Self::Answering | Self::Confirming => {
                CallState::Connecting
            }
            Self::Alerting | Self::Offered => CallState::Ringing,
            Self::Connected => CallState::Connected,
            Self::LocalHold | Self::BothHold => CallState::LocalHold,
            Self::RemoteHold => CallState::RemoteHold,
            Self::Lobby => CallState::InLobby,
            Self::Leaving => CallState::Disconnecting,
            Self::Over => CallState::Disconnected,
        }
    }

    /// Calls and is not answered yet.
    pub fn calling(self) -> bool {
        matches!(self, Self::Preparing | Self::Dialing | Self::Waking | Self::Alerting)
    }

    /// Both sides are in the call.
    pub fn joined(self) -> bool {
        matches!(self, Self::Connected | Self::LocalHold | Self::RemoteHold | Self::BothHold | Self::Lobby)
    }
}

/// What can happen to a leg.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum On {
    // the app
    AppStart,
    AppAccept,
    AppReject,
    AppHangUp,
    AppMute,
    AppHold,
    AppResume,
    AppAnnounce,
    AppEndRecording,
    AppNoticeShown,
    // the switchboard
    Incoming,
    /// From somebody whom we call at this moment.
    IncomingGlare,
    /// With too many calls here already.
    IncomingBusy,
    /// The call we made to them is over or answered.
    GlareOver,
    Admitted,
    Waking,
    Ringing,
    Accepted,
    Ended,
    /// Our call goes on as another one.
    Merged,
    /// This is the one; it is answered without asking.
    MergedInto,
    RemoteOffer,
    RemoteAnswer,
    StaleDescription,
    RemoteCandidate,
    PeerMuted,
    PeerHeld,
    PeerResumed,
    PeerLink,
    PeerGone,
    /// Gone, and no media either.
    PeerGoneSilent,
    Recording,
    NoticeAcknowledged,
    Lobby,
    LobbyLeft,
    Problem,
    // the media
    LocalOffer,
    LocalAnswer,
    LocalCandidate,
    MediaConnected,
    MediaInterrupted,
    MediaRestored,
    MediaFailed,
    // time
    RingDue,
    SetupDue,
    MediaSetupDue,
    ReconnectDue,
    MediaLostDue,
    LeavingDue,
}

/// What to do, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Do {
    /// The command cannot be done now.
    Refuse,
    /// Open the main session; it makes an offer.
    OpenOffer,
    /// Open the main session with the caller's offer; it makes an answer.
    OpenAnswer,
    /// Pass the description on to its session.
    GiveRemote,
    /// Pass the answer that came with `Accepted` on.
    GiveAnswer,
    GiveCandidate,
    /// The newest offer, for when the app accepts.
    KeepOffer,
    KeepRemoteCandidate,
    KeepLocalCandidate,
    CloseMedia,
    SendInvite,
    SendRinging,
    SendAccept,
    SendReject,
    SendRejectBusy,
    /// Decline the call that ours was merged into: the app has hung up meanwhile.
    SendRejectMerged,
    SendCancel,
    SendHangUp,
    SendDescribe,
    SendCandidate,
    /// Those kept until the other side knows of the call.
    SendKeptCandidates,
    KeepMute,
    SendMute,
    /// Muted before anybody was there to be told.
    SendMuteIfMuted,
    SendHold,
    SendResume,
    SendAnnounce,
    SendEndRecording,
    SendNoticeShown,
    TellIncoming,
    TellWaking,
    /// Say which call goes on, and answer it.
    Merge,
    TellMuted,
    TellPeerLink,
    NoteRecording,
    NoteLobby,
    TellNoticeAcknowledged,
    TellProblem,
    NoteMediaConnected,
    NoteSilence,
    NoteSound,
    TellInterrupted,
    StartRingTimer,
    StartSetupTimer,
    StopSetupTimer,
    /// The call stands: stop the timers of its setup, start that of the media.
    Settle,
    StartLeavingTimer,
    Because(EndReason),
    BecauseTold,
    /// No word from the service: is it slow, or are we offline?
    BecauseNoWord,
    /// Was there ever media?
    BecauseMediaFailed,
}
