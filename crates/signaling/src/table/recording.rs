//! One participant's recording of a call, at the switchboard: no sample is written before everybody else has
//! acknowledged. Each participant has a recording of its own; several may run at once.

use super::{Row, go, ignore, stay};
use crate::RecordingState::{self, *};

/// What can happen to a recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum On {
    Announce,
    End,
    /// Somebody acknowledges, and others are still missing.
    Notice,
    /// Everybody has acknowledged.
    LastNotice,
    /// Not everybody did in time.
    NoticeDue,
    AnnouncerLeft,
}

/// What to do, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Do {
    /// A new number; nobody has acknowledged.
    Begin,
    MarkNoticed,
    StartNoticeTimer,
    StopNoticeTimer,
    Commit,
    Audit,
    TellAll,
    /// Tell only the announcer, who asked for what is already so.
    TellAnnouncer,
    TellAcknowledged,
    /// Those who wait in the lobby for nothing else.
    OpenLobby,
    RefuseNotAnnouncer,
}

use Do::*;
use On::*;

/// The table.
pub(crate) static TABLE: &[Row<RecordingState, On, Do>] = &[
    go(&[None, Refused, Ended], &[Announce], Announced, &[Begin, StartNoticeTimer, Commit, Audit, TellAll]),
    stay(&[Announced, Active], &[Announce], &[TellAnnouncer]),
    stay(&[Announced], &[Notice], &[MarkNoticed, Commit, TellAcknowledged]),
    go(
        &[Announced],
        &[LastNotice],
        Active,
        &[MarkNoticed, StopNoticeTimer, Commit, Audit, TellAcknowledged, TellAll],
    ),
    go(&[Announced], &[NoticeDue], Refused, &[Commit, Audit, TellAll]),
    go(
        &[Announced, Active],
        &[End, AnnouncerLeft],
        Ended,
        &[StopNoticeTimer, Commit, Audit, TellAll, OpenLobby],
    ),
    // A late joiner waits in the lobby until it has acknowledged.
    stay(&[Active], &[Notice, LastNotice], &[MarkNoticed, Commit, TellAcknowledged, OpenLobby]),
    stay(&[None], &[End], &[RefuseNotAnnouncer]),
    stay(&[Refused, Ended], &[End], &[TellAnnouncer]),
    ignore(&[None, Refused, Ended], &[Notice, LastNotice, AnnouncerLeft]),
    ignore(&[None, Active, Refused, Ended], &[NoticeDue]),
];
