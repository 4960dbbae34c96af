//! The endpoint's half: one leg of a call.
//!
//! When the state as the app sees it changes, the app is told after the actions. Entering `Over` forgets
//! the leg; the app hears `Disconnected` with the reason, if it ever heard of the call.

use super::{Row, go, ignore, stay};
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

use Do::*;
use Leg::*;

/// Everything but `New` and `Over`.
const ALL: &[Leg] = &[
    Preparing,
    Dialing,
    Leg::Waking,
    Alerting,
    Held,
    Offered,
    Answering,
    Confirming,
    Connected,
    LocalHold,
    RemoteHold,
    BothHold,
    Leg::Lobby,
    Leaving,
];
const CALLING: &[Leg] = &[Dialing, Leg::Waking, Alerting];
const RINGS_HERE: &[Leg] = &[Held, Offered];
const TALKING: &[Leg] = &[Connected, LocalHold, RemoteHold, BothHold];
const JOINED: &[Leg] = &[Connected, LocalHold, RemoteHold, BothHold, Leg::Lobby];
const SETTING_UP: &[Leg] = &[Preparing, Dialing, Leg::Waking, Alerting, Held, Offered, Answering, Confirming];
const WITHOUT_PEER: &[Leg] =
    &[Preparing, Dialing, Leg::Waking, Alerting, Held, Offered, Answering, Confirming, Leaving];

/// The table.
pub(crate) static TABLE: &[Row<Leg, On, Do>] = &[
    // Calling.
    go(&[New], &[On::AppStart], Preparing, &[StartRingTimer, StartSetupTimer, OpenOffer]),
    go(&[Preparing], &[On::LocalOffer], Dialing, &[StartSetupTimer, SendInvite, SendKeptCandidates]),
    stay(&[Preparing], &[On::LocalCandidate], &[KeepLocalCandidate]),
    stay(&[Dialing], &[On::Admitted], &[StopSetupTimer]),
    go(&[Dialing], &[On::Waking], Leg::Waking, &[StopSetupTimer, TellWaking]),
    go(&[Dialing, Leg::Waking], &[On::Ringing], Alerting, &[StopSetupTimer]),
    go(CALLING, &[On::Accepted], Connected, &[Settle, GiveAnswer, SendMuteIfMuted]),
    stay(CALLING, &[On::LocalOffer], &[SendDescribe]),
    stay(CALLING, &[On::LocalCandidate], &[SendCandidate]),
    go(&[Preparing], &[On::AppHangUp], Over, &[Because(EndReason::CANCELLED), CloseMedia]),
    go(
        CALLING,
        &[On::AppHangUp],
        Leaving,
        &[Because(EndReason::CANCELLED), CloseMedia, SendCancel, StartLeavingTimer],
    ),
    go(
        &[Preparing],
        &[On::SetupDue, On::MediaFailed, On::RingDue],
        Over,
        &[Because(EndReason::MEDIA_NOT_ESTABLISHED), CloseMedia],
    ),
    go(&[Dialing], &[On::SetupDue], Over, &[BecauseNoWord, SendCancel, CloseMedia]),
    go(CALLING, &[On::RingDue], Over, &[Because(EndReason::NO_ANSWER), SendCancel, CloseMedia]),
    go(
        CALLING,
        &[On::MediaFailed],
        Over,
        &[Because(EndReason::MEDIA_NOT_ESTABLISHED), SendCancel, CloseMedia],
    ),
    // Both call each other: the switchboard says which call goes on.
    go(CALLING, &[On::Merged], Over, &[Because(EndReason::MERGED), CloseMedia, Merge]),
    go(&[Leaving], &[On::Merged], Over, &[SendRejectMerged]),
    go(&[New], &[On::IncomingGlare], Held, &[StartRingTimer]),
    go(&[Held], &[On::GlareOver], Offered, &[SendRinging, TellIncoming]),
    go(&[New, Held, Offered], &[On::MergedInto], Answering, &[StartRingTimer, OpenAnswer]),
    // Being called.
    go(&[New], &[On::Incoming], Offered, &[StartRingTimer, SendRinging, TellIncoming]),
    go(&[New], &[On::IncomingBusy], Over, &[Because(EndReason::BUSY), SendRejectBusy]),
    stay(&[Offered], &[On::Incoming, On::IncomingGlare, On::IncomingBusy], &[SendRinging]),
    stay(RINGS_HERE, &[On::RemoteOffer], &[KeepOffer]),
    stay(RINGS_HERE, &[On::RemoteCandidate], &[KeepRemoteCandidate]),
    go(&[Offered], &[On::AppAccept], Answering, &[OpenAnswer]),
    go(&[Answering], &[On::LocalAnswer], Confirming, &[SendAccept, SendKeptCandidates]),
    stay(&[Answering], &[On::LocalCandidate], &[KeepLocalCandidate]),
    stay(&[Confirming], &[On::LocalAnswer], &[SendDescribe]),
    stay(&[Confirming], &[On::LocalCandidate], &[SendCandidate]),
    stay(&[Answering, Confirming], &[On::RemoteOffer], &[GiveRemote]),
    stay(&[Answering, Confirming], &[On::RemoteCandidate], &[GiveCandidate]),
    go(&[Confirming], &[On::Accepted], Connected, &[Settle, SendMuteIfMuted]),
    go(
        &[Offered],
        &[On::AppReject, On::AppHangUp],
        Leaving,
        &[Because(EndReason::DECLINED), SendReject, StartLeavingTimer],
    ),
    go(
        &[Answering],
        &[On::AppHangUp, On::AppReject],
        Leaving,
        &[Because(EndReason::DECLINED), CloseMedia, SendReject, StartLeavingTimer],
    ),
    go(RINGS_HERE, &[On::RingDue], Over, &[Because(EndReason::NO_ANSWER)]),
    go(
        &[Answering, Confirming],
        &[On::RingDue],
        Over,
        &[Because(EndReason::NO_ANSWER), SendHangUp, CloseMedia],
    ),
    go(&[Answering, Confirming], &[On::MediaFailed], Over, &[BecauseMediaFailed, SendHangUp, CloseMedia]),
    // In the call.
    stay(JOINED, &[On::LocalOffer, On::LocalAnswer], &[SendDescribe]),
    stay(JOINED, &[On::LocalCandidate], &[SendCandidate]),
    stay(JOINED, &[On::RemoteOffer, On::RemoteAnswer], &[GiveRemote]),
    stay(JOINED, &[On::RemoteCandidate], &[GiveCandidate]),
    go(&[Connected], &[On::AppHold], LocalHold, &[SendHold]),
    go(&[RemoteHold], &[On::AppHold], BothHold, &[SendHold]),
    ignore(&[LocalHold, BothHold], &[On::AppHold]),
    go(&[LocalHold], &[On::AppResume], Connected, &[SendResume]),
    go(&[BothHold], &[On::AppResume], RemoteHold, &[SendResume]),
    ignore(&[Connected, RemoteHold], &[On::AppResume]),
    go(&[Connected], &[On::PeerHeld], RemoteHold, &[]),
    go(&[LocalHold], &[On::PeerHeld], BothHold, &[]),
    ignore(&[RemoteHold, BothHold], &[On::PeerHeld]),
    go(&[RemoteHold], &[On::PeerResumed], Connected, &[]),
    go(&[BothHold], &[On::PeerResumed], LocalHold, &[]),
    ignore(&[Connected, LocalHold], &[On::PeerResumed]),
    stay(SETTING_UP, &[On::AppMute], &[KeepMute]),
    stay(JOINED, &[On::AppMute], &[KeepMute, SendMute]),
    stay(JOINED, &[On::PeerMuted], &[TellMuted]),
    stay(JOINED, &[On::PeerLink, On::PeerGone], &[TellPeerLink]),
    // Recording, by the switchboard's word alone.
    stay(TALKING, &[On::AppAnnounce], &[SendAnnounce]),
    stay(JOINED, &[On::AppEndRecording], &[SendEndRecording]),
    stay(JOINED, &[On::AppNoticeShown], &[SendNoticeShown]),
    stay(JOINED, &[On::Recording], &[NoteRecording]),
    stay(JOINED, &[On::NoticeAcknowledged], &[TellNoticeAcknowledged]),
    go(TALKING, &[On::Lobby], Leg::Lobby, &[NoteLobby]),
    go(&[Leg::Lobby], &[On::LobbyLeft], Connected, &[]),
    ignore(&[Leg::Lobby], &[On::Lobby, On::PeerHeld, On::PeerResumed]),
    // Media comes and goes on its own, also while the link is down.
    stay(JOINED, &[On::MediaConnected], &[NoteMediaConnected]),
    stay(&[Answering, Confirming], &[On::MediaConnected], &[NoteMediaConnected]),
    stay(JOINED, &[On::MediaInterrupted], &[NoteSilence]),
    stay(JOINED, &[On::MediaRestored], &[NoteSound]),
    stay(JOINED, &[On::ReconnectDue], &[TellInterrupted]),
    go(
        JOINED,
        &[On::MediaLostDue, On::PeerGoneSilent],
        Over,
        &[Because(EndReason::MEDIA_LOST), SendHangUp, CloseMedia],
    ),
    go(
        JOINED,
        &[On::MediaSetupDue],
        Over,
        &[Because(EndReason::MEDIA_NOT_ESTABLISHED), SendHangUp, CloseMedia],
    ),
    go(JOINED, &[On::MediaFailed], Over, &[BecauseMediaFailed, SendHangUp, CloseMedia]),
    // The end.
    go(
        JOINED,
        &[On::AppHangUp],
        Leaving,
        &[Because(EndReason::HUNG_UP), CloseMedia, SendHangUp, StartLeavingTimer],
    ),
    go(
        &[Confirming],
        &[On::AppHangUp],
        Leaving,
        &[Because(EndReason::HUNG_UP), CloseMedia, SendHangUp, StartLeavingTimer],
    ),
    go(SETTING_UP, &[On::Ended], Over, &[BecauseTold, CloseMedia]),
    go(JOINED, &[On::Ended], Over, &[BecauseTold, CloseMedia]),
    go(&[Leaving], &[On::Ended, On::LeavingDue], Over, &[]),
    ignore(&[Leaving], &[On::AppHangUp]),
    // Commands that come too early or too late.
    stay(
        &[Preparing, Dialing, Leg::Waking, Alerting, Held, Answering, Confirming, Leaving],
        &[On::AppAccept],
        &[Refuse],
    ),
    stay(JOINED, &[On::AppAccept, On::AppReject], &[Refuse]),
    stay(
        &[Preparing, Dialing, Leg::Waking, Alerting, Held, Confirming, Leaving],
        &[On::AppReject],
        &[Refuse],
    ),
    stay(&[Held], &[On::AppHangUp], &[Refuse]),
    stay(&[Leaving], &[On::AppMute], &[Refuse]),
    stay(
        WITHOUT_PEER,
        &[On::AppHold, On::AppResume, On::AppAnnounce, On::AppEndRecording, On::AppNoticeShown],
        &[Refuse],
    ),
    stay(&[Leg::Lobby], &[On::AppHold, On::AppResume, On::AppAnnounce], &[Refuse]),
    stay(ALL, &[On::AppStart], &[Refuse]),
    // Problems are told to whoever can act on them.
    stay(SETTING_UP, &[On::Problem], &[TellProblem]),
    stay(JOINED, &[On::Problem], &[TellProblem]),
    ignore(&[Leaving], &[On::Problem]),
    // What is late, repeated, or meant for the other role.
    ignore(
        &[Preparing, Leg::Waking, Alerting, Held, Offered, Answering, Confirming, Leaving],
        &[On::Admitted],
    ),
    ignore(
        JOINED,
        &[On::Admitted, On::Waking, On::Ringing, On::Accepted, On::Merged, On::MergedInto, On::GlareOver],
    ),
    ignore(&[Preparing, Leg::Waking, Alerting, Held, Offered, Answering, Confirming, Leaving], &[On::Waking]),
    ignore(&[Preparing, Alerting, Held, Offered, Answering, Confirming, Leaving], &[On::Ringing]),
    ignore(&[Preparing, Held, Offered, Answering, Leaving], &[On::Accepted]),
    ignore(&[Preparing, Held, Offered, Answering, Confirming], &[On::Merged]),
    ignore(&[Preparing, Dialing, Leg::Waking, Alerting, Answering, Confirming, Leaving], &[On::MergedInto]),
    ignore(
        &[Preparing, Dialing, Leg::Waking, Alerting, Offered, Answering, Confirming, Leaving],
        &[On::GlareOver],
    ),
    ignore(
        &[Preparing, Dialing, Leg::Waking, Alerting, Held, Answering, Confirming, Leaving],
        &[On::Incoming, On::IncomingGlare, On::IncomingBusy],
    ),
    ignore(JOINED, &[On::Incoming, On::IncomingGlare, On::IncomingBusy]),
    ignore(&[Preparing, Dialing, Leg::Waking, Alerting, Leaving], &[On::RemoteOffer, On::RemoteCandidate]),
    ignore(
        WITHOUT_PEER,
        &[
            On::RemoteAnswer,
            On::PeerMuted,
            On::PeerHeld,
            On::PeerResumed,
            On::PeerLink,
            On::PeerGone,
            On::PeerGoneSilent,
            On::Recording,
            On::NoticeAcknowledged,
            On::Lobby,
            On::LobbyLeft,
        ],
    ),
    ignore(TALKING, &[On::LobbyLeft]),
    ignore(ALL, &[On::StaleDescription]),
    // Media that is not open, or is being closed.
    ignore(
        RINGS_HERE,
        &[On::LocalOffer, On::LocalAnswer, On::LocalCandidate, On::MediaConnected, On::MediaFailed],
    ),
    ignore(
        &[Leaving],
        &[On::LocalOffer, On::LocalAnswer, On::LocalCandidate, On::MediaConnected, On::MediaFailed],
    ),
    ignore(&[Preparing, Dialing, Leg::Waking, Alerting], &[On::LocalAnswer, On::MediaConnected]),
    ignore(&[Answering, Confirming], &[On::LocalOffer]),
    ignore(WITHOUT_PEER, &[On::MediaInterrupted, On::MediaRestored]),
    // Timers that were stopped.
    ignore(JOINED, &[On::RingDue, On::SetupDue, On::LeavingDue]),
    ignore(&[Leg::Waking, Alerting, Held, Offered, Answering, Confirming, Leaving], &[On::SetupDue]),
    ignore(&[Leaving], &[On::RingDue]),
    ignore(WITHOUT_PEER, &[On::MediaSetupDue, On::ReconnectDue, On::MediaLostDue]),
    ignore(SETTING_UP, &[On::LeavingDue]),
    // A leg is made by one of the inputs above; no other reaches it.
    ignore(
        &[New],
        &[
            On::AppAccept,
            On::AppReject,
            On::AppHangUp,
            On::AppMute,
            On::AppHold,
            On::AppResume,
            On::AppAnnounce,
            On::AppEndRecording,
            On::AppNoticeShown,
            On::GlareOver,
            On::Admitted,
            On::Waking,
            On::Ringing,
            On::Accepted,
            On::Ended,
            On::Merged,
            On::RemoteOffer,
            On::RemoteAnswer,
            On::StaleDescription,
            On::RemoteCandidate,
            On::PeerMuted,
            On::PeerHeld,
            On::PeerResumed,
            On::PeerLink,
            On::PeerGone,
            On::PeerGoneSilent,
            On::Recording,
            On::NoticeAcknowledged,
            On::Lobby,
            On::LobbyLeft,
            On::Problem,
            On::LocalOffer,
            On::LocalAnswer,
            On::LocalCandidate,
            On::MediaConnected,
            On::MediaInterrupted,
            On::MediaRestored,
            On::MediaFailed,
            On::RingDue,
            On::SetupDue,
            On::MediaSetupDue,
            On::ReconnectDue,
            On::MediaLostDue,
            On::LeavingDue,
        ],
    ),
];
