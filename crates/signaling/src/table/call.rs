//! The switchboard's half: one call.
//!
//! `Commit` stands before whatever is told of it. `Finish` commits the end, tells every leg and forgets the call.

use super::{Row, go, ignore, stay};
use crate::{CallPhase, EndReason};

/// What can happen to a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum On {
    // admission
    /// A device of the callee is connected.
    AdmittedHere,
    /// None is, but some can be woken or were there a moment ago.
    AdmittedAway,
    AdmittedNowhere,
    /// The callee has too many calls.
    AdmittedBusy,
    /// The callee calls the caller at this moment, and this call is the one that goes on.
    AdmittedGlare,
    /// Both sides are in this call, of which the service has lost its record.
    Adopted,
    Refused,
    AdmissionDue,
    // glare, for the call that was there first
    WonGlare,
    LostGlare,
    // the callee's devices
    DeviceAppeared,
    /// One that was told of the call is connected again.
    DeviceBack,
    DeviceRinging,
    DeviceDeclined,
    LastDeclined,
    Accept,
    AcceptAgain,
    /// Another device was faster.
    AcceptLate,
    // the caller
    InviteAgain,
    Cancel,
    CallerDetached,
    CallerAttached,
    CallerGone,
    // those in the call
    HangUp,
    Offer,
    Answer,
    StaleDescription,
    Candidate,
    Mute,
    Hold,
    Recording,
    /// A participant runs without having acknowledged the recording.
    Unnoticed,
    LegDetached,
    LegAttached,
    LegGone,
    LastLegGone,
    // the service
    Removed,
    /// A message that changes nothing because it was acted on before.
    Repeated,
    /// A message that a leg in its phase may not send.
    OutOfPlace,
    // time
    NoAnswerDue,
    ReachDue,
    MaxDurationDue,
}

/// What to do, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Do {
    AuditAdmitted,
    AuditRefused,
    AuditAnswered,
    /// A leg for each device of the callee that has none.
    MakeLegs,
    /// A leg for the device that called at the same time.
    MakeGlareLeg,
    Wake,
    StartNoAnswerTimer,
    /// Nobody can be woken: wait only as long as a lost connection takes to come back.
    StartReachTimer,
    StopReachTimer,
    StartMaxDurationTimer,
    StopSetupTimers,
    StartRingingGrace,
    StartLegGrace,
    /// A leg that was away while the call rang has the whole grace time.
    RestartLegGraces,
    StopGrace,
    Commit,
    TellIncoming,
    TellAdmitted,
    TellAdopted,
    TellWaking,
    TellRinging,
    /// Whatever the caller should know by now.
    TellCallerState,
    MarkAlerting,
    MarkDeclined,
    /// Confirm to the device that declined.
    TellDeclined,
    MarkJoined,
    TellAccepted,
    /// Confirm to the device that answered.
    TellAnswerStands,
    TellAnsweredElsewhere,
    DismissOthers,
    KeepDescription,
    ForwardDescription,
    /// For devices that are told of the call later.
    KeepCandidate,
    ForwardCandidate,
    KeepMute,
    ForwardMute,
    KeepHold,
    ForwardHold,
    /// See the recording's part of the table.
    Recording,
    MarkLobby,
    TellLobby,
    TellLinkDown,
    TellLinkUp,
    MarkGone,
    /// If the announcer is gone, so is its recording.
    LeaveRecording,
    TellLinkGone,
    RefuseWrongState,
    Because(EndReason),
    BecauseSaid,
    /// One device declined, several did, or they are busy.
    BecauseDeclined,
    Finish,
}

use CallPhase::*;
use Do::*;

const SETTING_UP: &[CallPhase] = &[Admitting, Waking, Ringing];
const RINGS: &[CallPhase] = &[Waking, Ringing];
const ALL: &[CallPhase] = &[Admitting, Waking, Ringing, Connected];

/// The table.
pub(crate) static TABLE: &[Row<CallPhase, On, Do>] = &[
    // May it be?
    go(
        &[Admitting],
        &[On::AdmittedHere],
        Ringing,
        &[AuditAdmitted, MakeLegs, StartNoAnswerTimer, Commit, TellAdmitted, TellIncoming, Wake],
    ),
    go(
        &[Admitting],
        &[On::AdmittedAway],
        Waking,
        &[
            AuditAdmitted,
            MakeLegs,
            StartNoAnswerTimer,
            StartReachTimer,
            Commit,
            TellWaking,
            TellIncoming,
            Wake,
        ],
    ),
    go(
        &[Admitting],
        &[On::AdmittedNowhere],
        Ended,
        &[AuditAdmitted, Because(EndReason::UNREACHABLE), Finish],
    ),
    go(&[Admitting], &[On::AdmittedBusy], Ended, &[AuditAdmitted, Because(EndReason::BUSY), Finish]),
    go(
        &[Admitting],
        &[On::Adopted],
        Connected,
        &[AuditAdmitted, StartMaxDurationTimer, RestartLegGraces, Commit, TellAdopted],
    ),
    go(&[Admitting], &[On::Refused], Ended, &[AuditRefused, BecauseSaid, Finish]),
    go(&[Admitting], &[On::AdmissionDue], Ended, &[Because(EndReason::NO_RESPONSE), Finish]),
    // Both call each other: the lower id goes on, and the other caller is told to answer it.
    go(
        &[Admitting],
        &[On::AdmittedGlare],
        Ringing,
        &[AuditAdmitted, MakeGlareLeg, StartNoAnswerTimer, Commit, TellAdmitted],
    ),
    go(RINGS, &[On::WonGlare], Ringing, &[StopReachTimer, MakeGlareLeg, Commit]),
    go(SETTING_UP, &[On::LostGlare], Ended, &[Because(EndReason::MERGED), Finish]),
    // The callee's devices: the first answer wins.
    go(RINGS, &[On::DeviceAppeared], Ringing, &[StopReachTimer, MakeLegs, Commit, TellIncoming]),
    go(&[Waking], &[On::DeviceBack], Ringing, &[StopReachTimer, Commit]),
    go(RINGS, &[On::DeviceRinging], Ringing, &[StopReachTimer, MarkAlerting, Commit, TellRinging]),
    stay(RINGS, &[On::DeviceDeclined], &[MarkDeclined, Commit, TellDeclined]),
    go(RINGS, &[On::LastDeclined], Ended, &[MarkDeclined, BecauseDeclined, Finish, TellDeclined]),
    go(
        RINGS,
        &[On::Accept],
        Connected,
        &[
            MarkJoined,
            StopSetupTimers,
            StartMaxDurationTimer,
            RestartLegGraces,
            AuditAnswered,
            Commit,
            TellAccepted,
            TellAnswerStands,
            DismissOthers,
        ],
    ),
    stay(&[Connected], &[On::AcceptAgain], &[TellAnswerStands]),
    stay(&[Connected], &[On::AcceptLate], &[TellAnsweredElsewhere]),
    // The caller.
    stay(ALL, &[On::InviteAgain], &[TellCallerState]),
    go(SETTING_UP, &[On::Cancel], Ended, &[Because(EndReason::CANCELLED), Finish]),
    stay(RINGS, &[On::CallerDetached], &[StartRingingGrace]),
    stay(RINGS, &[On::CallerAttached], &[StopGrace]),
    go(RINGS, &[On::CallerGone], Ended, &[Because(EndReason::NETWORK_SETUP), Finish]),
    go(RINGS, &[On::NoAnswerDue], Ended, &[Because(EndReason::NO_ANSWER), Finish]),
    go(&[Waking], &[On::ReachDue], Ended, &[Because(EndReason::OFFLINE), Finish]),
    // In the call.
    go(&[Connected], &[On::Cancel], Ended, &[Because(EndReason::HUNG_UP), Finish]),
    go(&[Connected], &[On::HangUp], Ended, &[BecauseSaid, Finish]),
    stay(&[Admitting], &[On::Offer], &[KeepDescription]),
    stay(RINGS, &[On::Offer], &[KeepDescription, Commit, ForwardDescription]),
    stay(&[Connected], &[On::Offer, On::Answer], &[KeepDescription, Commit, ForwardDescription]),
    stay(&[Admitting], &[On::Candidate], &[KeepCandidate]),
    stay(RINGS, &[On::Candidate], &[KeepCandidate, ForwardCandidate]),
    stay(&[Connected], &[On::Candidate], &[ForwardCandidate]),
    stay(&[Connected], &[On::Mute], &[KeepMute, Commit, ForwardMute]),
    stay(&[Connected], &[On::Hold], &[KeepHold, Commit, ForwardHold]),
    stay(&[Connected], &[On::Recording], &[Do::Recording]),
    stay(&[Connected], &[On::Unnoticed], &[MarkLobby, Commit, TellLobby]),
    // A link is not the call: media may go on without it.
    stay(&[Connected], &[On::LegDetached], &[StartLegGrace, TellLinkDown]),
    stay(&[Connected], &[On::LegAttached], &[StopGrace, TellLinkUp]),
    stay(&[Connected], &[On::LegGone], &[MarkGone, LeaveRecording, TellLinkGone]),
    go(&[Connected], &[On::LastLegGone], Ended, &[Because(EndReason::NETWORK_LOST), Finish]),
    go(&[Connected], &[On::MaxDurationDue], Ended, &[Because(EndReason::ENDED_FOR_ALL), Finish]),
    go(ALL, &[On::Removed], Ended, &[BecauseSaid, Finish]),
    // What comes too early or too late, or from the wrong leg.
    stay(ALL, &[On::OutOfPlace], &[RefuseWrongState]),
    stay(SETTING_UP, &[On::Mute, On::Hold, On::Recording, On::Answer, On::HangUp], &[RefuseWrongState]),
    ignore(ALL, &[On::Repeated, On::StaleDescription]),
    ignore(
        &[Admitting],
        &[
            On::WonGlare,
            On::DeviceAppeared,
            On::DeviceBack,
            On::DeviceRinging,
            On::DeviceDeclined,
            On::LastDeclined,
            On::Accept,
            On::CallerDetached,
            On::CallerAttached,
            On::CallerGone,
            On::NoAnswerDue,
            On::ReachDue,
        ],
    ),
    ignore(&[Ringing], &[On::DeviceBack, On::ReachDue]),
    ignore(
        SETTING_UP,
        &[
            On::AcceptAgain,
            On::AcceptLate,
            On::Unnoticed,
            On::LegDetached,
            On::LegAttached,
            On::LegGone,
            On::LastLegGone,
            On::MaxDurationDue,
        ],
    ),
    ignore(
        &[Waking, Ringing, Connected],
        &[
            On::AdmittedHere,
            On::AdmittedAway,
            On::AdmittedNowhere,
            On::AdmittedBusy,
            On::AdmittedGlare,
            On::Adopted,
            On::Refused,
            On::AdmissionDue,
        ],
    ),
    ignore(
        &[Connected],
        &[
            On::WonGlare,
            On::LostGlare,
            On::DeviceAppeared,
            On::DeviceBack,
            On::DeviceRinging,
            On::DeviceDeclined,
            On::LastDeclined,
            On::Accept,
            On::CallerDetached,
            On::CallerAttached,
            On::CallerGone,
            On::NoAnswerDue,
            On::ReachDue,
        ],
    ),
];
