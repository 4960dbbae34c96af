//! The one transition table of a session.
//!
//! A session has at most two connections: the *active* one carries media, the *pending* one is being set up.
//! `Up…` states have an active connection, `…Offered` and `…Connecting` a pending one.

use std::fmt::Write as _;

/// Where a session is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// Nothing yet: the answering side before the first offer.
    Idle,
    /// Our offer is out; no answer yet.
    Offered,
    /// Both descriptions are known; nothing flows yet.
    Connecting,
    /// Media flows.
    Up,
    /// Media flows, and an offer for a better connection is out.
    UpOffered,
    /// Media flows, and a better connection is being set up.
    UpConnecting,
    /// The setup time ran out.
    Failed,
    /// Closed by its owner.
    Closed,
}

/// What can happen to a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Input {
    /// The offering side begins.
    Start,
    /// The owner asks for a new path, or nothing was heard for long.
    Restart,
    /// An offer of the peer that is newer than what we have.
    RemoteOffer,
    /// The peer's answer to our current offer.
    RemoteAnswer,
    /// The pending connection is up.
    Connected,
    /// The peer was heard over the active connection.
    Confirmed,
    /// The active connection is gone (its driver ended).
    ActiveDied,
    /// The pending connection is gone, or could not be built.
    PendingDied,
    /// The watchdog: no progress for too long.
    Stalled,
    /// The time for the whole setup is over.
    SetupExpired,
    /// The owner closes the session.
    Close,
}

/// What is asked of the session's task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    /// Build a pending connection and make an offer with the next revision.
    Offer,
    /// Build a pending connection for the peer's offer and answer it.
    Answer,
    /// Give the peer's answer to the pending connection.
    Apply,
    /// Close the pending connection.
    DropPending,
    /// Close the active connection.
    DropActive,
    /// The pending connection becomes the active one; the former active one is closed.
    Activate,
    /// Arm the watchdog for the setup of the pending connection.
    WatchSetup,
    /// Arm the watchdog until the peer was heard.
    WatchPeer,
    /// Disarm the watchdog.
    Unwatch,
    /// Tell the owner that it failed.
    Fail,
}

/// When a row applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum When {
    Always,
    /// The current revision's offer was made by this side.
    Ours,
    /// It was made by the peer.
    Theirs,
    /// A second connection can be built beside the active one.
    Beside,
    /// It cannot: the local port is fixed.
    Alone,
}

pub(crate) struct Row {
    pub(crate) from: State,
    pub(crate) on: Input,
    pub(crate) when: When,
    pub(crate) to: State,
    pub(crate) then: &'static [Action],
}

const fn row(from: State, on: Input, when: When, to: State, then: &'static [Action]) -> Row {
    Row { from, on, when, to, then }
}

use Action::{Activate, Answer, Apply, DropActive, DropPending, Fail, Offer, Unwatch, WatchPeer, WatchSetup};
use Input::{
    ActiveDied, Confirmed, Connected, PendingDied, RemoteAnswer, RemoteOffer, Restart, SetupExpired, Stalled,
    Start,
};
use State::{Connecting, Failed, Idle, Offered, Up, UpConnecting, UpOffered};
use When::{Alone, Always, Beside, Ours, Theirs};

/// Every transition but `Close`, which leads to `Closed` from everywhere. What is not listed changes nothing.
#[rustfmt::skip]
pub(crate) const TABLE: &[Row] = &[
    row(Idle, Start, Always, Offered, &[Offer]),
    row(Idle, RemoteOffer, Always, Connecting, &[Answer, WatchSetup]),

    row(Offered, RemoteAnswer, Always, Connecting, &[Apply, WatchSetup]),
    // The library may take an answer after it seemed to refuse it.
    row(Offered, Connected, Always, Up, &[Activate, WatchPeer]),
    row(Offered, RemoteOffer, Always, Connecting, &[DropPending, Answer, WatchSetup]),
    row(Offered, Restart, Always, Offered, &[DropPending, Offer]),
    row(Offered, PendingDied, Always, Offered, &[DropPending, Offer]),
    row(Offered, SetupExpired, Always, Failed, &[DropPending, Fail]),

    row(Connecting, Connected, Always, Up, &[Activate, WatchPeer]),
    row(Connecting, RemoteOffer, Always, Connecting, &[DropPending, Answer, WatchSetup]),
    row(Connecting, Restart, Always, Offered, &[DropPending, Offer]),
    row(Connecting, Stalled, Ours, Offered, &[DropPending, Offer]),
    row(Connecting, Stalled, Theirs, Connecting, &[WatchSetup]),
    row(Connecting, PendingDied, Always, Offered, &[DropPending, Offer]),
    row(Connecting, SetupExpired, Always, Failed, &[DropPending, Fail]),

    row(Up, RemoteOffer, Beside, UpConnecting, &[Answer, WatchSetup]),
    row(Up, RemoteOffer, Alone, Connecting, &[DropActive, Answer, WatchSetup]),
    row(Up, Restart, Beside, UpOffered, &[Offer]),
    row(Up, Restart, Alone, Offered, &[DropActive, Offer]),
    row(Up, ActiveDied, Always, Offered, &[DropActive, Offer]),
    row(Up, Stalled, Always, Offered, &[DropActive, Offer]),
    row(Up, Confirmed, Always, Up, &[Unwatch]),

    row(UpOffered, RemoteAnswer, Always, UpConnecting, &[Apply, WatchSetup]),
    row(UpOffered, Connected, Always, Up, &[Activate, WatchPeer]),
    row(UpOffered, RemoteOffer, Always, UpConnecting, &[DropPending, Answer, WatchSetup]),
    row(UpOffered, Restart, Always, UpOffered, &[DropPending, Offer]),
    row(UpOffered, PendingDied, Always, UpOffered, &[DropPending, Offer]),
    row(UpOffered, ActiveDied, Always, Offered, &[DropActive]),

    row(UpConnecting, Connected, Always, Up, &[Activate, WatchPeer]),
    row(UpConnecting, RemoteOffer, Always, UpConnecting, &[DropPending, Answer, WatchSetup]),
    row(UpConnecting, Restart, Always, UpOffered, &[DropPending, Offer]),
    row(UpConnecting, Stalled, Ours, UpOffered, &[DropPending, Offer]),
    row(UpConnecting, Stalled, Theirs, UpConnecting, &[WatchSetup]),
    row(UpConnecting, PendingDied, Always, UpOffered, &[DropPending, Offer]),
    row(UpConnecting, ActiveDied, Always, Connecting, &[DropActive, WatchSetup]),
];

/// The table as text, one transition a line.
#[cfg_attr(not(test), allow(dead_code))]
pub(crate) fn diagram() -> String {
    let mut text = String::new();
    let mut last = None;
    for row in TABLE {
        if last.is_some_and(|last| last != row.from) {
            text.push('\n');
        }
        last = Some(row.from);
        let when = match row.when {
            Always => String::new(),
            other => format!(" [{other:?}]"),
        };
        let then = row.then.iter().map(|action| format!("{action:?}")).collect::<Vec<_>>().join(", ");
        let _ = writeln!(text, "{:?} --{:?}{when}--> {:?} : {then}", row.from, row.on, row.to);
    }
    text.push_str("\n(every state) --Close--> Closed : DropPending, DropActive\n");
    text
}
