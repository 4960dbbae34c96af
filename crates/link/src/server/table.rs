//! A session's attachment as one table.

use crate::table::{Row, go, stay};

/// Where the session is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// Made, its first socket not attached.
    Fresh,
    /// A socket is there.
    Attached,
    /// No socket; the client may come back.
    Detached,
    /// Finished.
    Over,
}

/// What can happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum On {
    /// A socket whose hello names this session.
    AttachResume,
    /// A socket whose hello asks for a new session.
    AttachNew,
    /// A socket whose hello names another session, or messages that were never sent.
    AttachWrong,
    SocketGone,
    Frame,
    BadFrame,
    Bye,
    Overflow,
    Refuse,
    TokenAccepted,
    IdleDue,
    GraceDue,
}

/// What to do, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Do {
    SendWelcome,
    /// Act on the frame.
    Take,
    /// Tell the client what it did wrong.
    SendProtocolRefusal,
    /// Tell the client that it was too slow.
    SendOverflowRefusal,
    /// Tell the client what the service said.
    SendRefusal,
    SendTokenAccepted,
    Disconnect,
    DetachedClosed,
    DetachedIdle,
    DetachedProtocol,
    /// Start the time in which the client may come back.
    Grace,
    EndedBye,
    EndedExpired,
    EndedOverflow,
    EndedRefused,
}

use Do::*;
use On::*;
use State::*;

/// The table.
pub(crate) static TABLE: &[Row<State, On, Do>] = &[
    go(&[Fresh], &[AttachNew], Attached, &[SendWelcome]),
    // A second socket of the same client takes the place of the first, which may be dead unnoticed.
    go(&[Attached, Detached], &[AttachResume], Attached, &[SendWelcome]),
    go(&[Fresh], &[AttachResume, AttachWrong], Over, &[SendProtocolRefusal, Disconnect, EndedRefused]),
    go(
        &[Attached, Detached],
        &[AttachNew, AttachWrong],
        Over,
        &[SendProtocolRefusal, Disconnect, EndedRefused],
    ),
    stay(&[Over], &[AttachResume, AttachNew, AttachWrong], &[SendProtocolRefusal, Disconnect]),
    go(&[Attached], &[SocketGone], Detached, &[DetachedClosed, Grace]),
    go(&[Attached], &[IdleDue], Detached, &[Disconnect, DetachedIdle, Grace]),
    go(&[Attached], &[BadFrame], Detached, &[SendProtocolRefusal, Disconnect, DetachedProtocol, Grace]),
    go(&[Attached], &[Bye], Over, &[Disconnect, EndedBye]),
    go(&[Attached], &[Overflow], Over, &[SendOverflowRefusal, Disconnect, EndedOverflow]),
    go(&[Fresh, Detached], &[Overflow], Over, &[EndedOverflow]),
    go(&[Attached], &[Refuse], Over, &[SendRefusal, Disconnect, EndedRefused]),
    go(&[Fresh, Detached], &[Refuse], Over, &[EndedRefused]),
    go(&[Fresh, Detached], &[GraceDue], Over, &[EndedExpired]),
    stay(&[Attached], &[Frame], &[Take]),
    stay(&[Attached], &[TokenAccepted], &[SendTokenAccepted]),
    // What comes too late: frames that were under way when the socket went.
    stay(&[Fresh, Detached, Over], &[SocketGone, Frame, BadFrame, Bye, TokenAccepted, IdleDue], &[]),
    stay(&[Over], &[Overflow, Refuse, GraceDue], &[]),
    stay(&[Attached], &[GraceDue], &[]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pair_is_decided_once() {
        let inputs = &[
            AttachResume,
            AttachNew,
            AttachWrong,
            SocketGone,
            Frame,
            BadFrame,
            Bye,
            Overflow,
            Refuse,
            TokenAccepted,
            IdleDue,
            GraceDue,
        ];
        let states = &[Fresh, Attached, Detached, Over];
        assert_eq!(crate::table::undecided(TABLE, states, inputs), Vec::<String>::new());
    }

    #[test]
    fn the_diagram_is_as_committed() {
        insta::assert_snapshot!("server", crate::table::diagram("a session at the service", TABLE));
    }
}
