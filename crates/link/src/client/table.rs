//! The client's connection as one table.

use crate::table::{Row, go, stay};

/// Where the connection is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// No token yet, or the last one was refused.
    NoToken,
    /// Pausing before the next attempt.
    Waiting,
    /// The socket is being opened.
    Connecting,
    /// The hello was sent.
    Greeting,
    /// The session stands.
    Established,
    /// The service speaks no version of ours.
    Obsolete,
    /// Closed by the consumer.
    Closed,
}

/// What can happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum On {
    Token,
    SocketOpen,
    SocketGone,
    Welcome,
    RefusedToken,
    RefusedEarlierToken,
    RefusedVersion,
    RefusedForNow,
    OtherFrame,
    BadFrame,
    PauseOver,
    SetupTimedOut,
    PingDue,
    PongMissing,
    NetworkChanged,
    Close,
}

/// What to do, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Do {
    /// Ask for a socket and start the time it may take.
    Connect,
    /// Ask to close the socket.
    Disconnect,
    SendHello,
    SendToken,
    SendBye,
    /// Take up the session that the welcome names.
    Begin,
    /// Act on the frame.
    Take,
    SendPing,
    /// Ping, and expect the answer soon.
    Probe,
    /// Start the pause.
    Pause,
    LostClosed,
    LostTimeout,
    LostDead,
    LostProtocol,
    LostRefused,
    /// Tell the consumer what the service said.
    ReportRefusal,
}

use Do::*;
use On::*;
use State::*;

/// The table.
pub(crate) static TABLE: &[Row<State, On, Do>] = &[
    // Getting a connection.
    go(&[NoToken], &[Token], Connecting, &[Connect]),
    stay(&[Waiting, Connecting, Obsolete, Closed], &[Token], &[]),
    // A renewed token goes into the connection; one that comes before the welcome follows it.
    stay(&[Greeting], &[Token], &[]),
    stay(&[Established], &[Token], &[SendToken]),
    go(&[Waiting], &[PauseOver], Connecting, &[Connect]),
    go(&[Connecting], &[SocketOpen], Greeting, &[SendHello]),
    go(&[Greeting], &[Welcome], Established, &[Begin]),
    // Losing it.
    go(&[Connecting], &[SocketGone], Waiting, &[Pause]),
    go(&[Greeting, Established], &[SocketGone], Waiting, &[LostClosed, Pause]),
    go(&[Connecting], &[SetupTimedOut], Waiting, &[Disconnect, Pause]),
    go(&[Greeting], &[SetupTimedOut], Waiting, &[Disconnect, LostTimeout, Pause]),
    go(&[Established], &[PongMissing], Waiting, &[Disconnect, LostDead, Pause]),
    go(&[Greeting, Established], &[BadFrame], Waiting, &[Disconnect, LostProtocol, Pause]),
    // Being turned away.
    go(&[Greeting, Established], &[RefusedToken], NoToken, &[Disconnect, LostRefused, ReportRefusal]),
    // The token was renewed meanwhile: the new one has not been judged yet.
    go(&[Greeting, Established], &[RefusedEarlierToken], Connecting, &[Disconnect, LostClosed, Connect]),
    go(&[Greeting, Established], &[RefusedVersion], Obsolete, &[Disconnect, LostRefused, ReportRefusal]),
    go(&[Greeting, Established], &[RefusedForNow], Waiting, &[Disconnect, LostRefused, ReportRefusal, Pause]),
    // Living with it.
    stay(&[Established], &[OtherFrame], &[Take]),
    stay(&[Established], &[PingDue], &[SendPing]),
    stay(&[Established], &[NetworkChanged], &[Probe]),
    go(&[Waiting], &[NetworkChanged], Connecting, &[Connect]),
    go(&[Connecting, Greeting], &[NetworkChanged], Connecting, &[Disconnect, Connect]),
    // The end.
    go(&[NoToken, Waiting, Obsolete], &[Close], Closed, &[]),
    go(&[Connecting], &[Close], Closed, &[Disconnect]),
    go(&[Greeting, Established], &[Close], Closed, &[SendBye, Disconnect]),
    stay(&[Closed], &[Close], &[]),
    // What comes too late, or where it means nothing: a socket that was given up still opens or closes.
    stay(&[NoToken, Waiting, Greeting, Established, Obsolete, Closed], &[SocketOpen], &[]),
    stay(&[NoToken, Obsolete, Closed], &[SocketGone, NetworkChanged], &[]),
    stay(&[Waiting], &[SocketGone], &[]),
    stay(
        &[NoToken, Waiting, Connecting, Obsolete, Closed],
        &[Welcome, RefusedToken, RefusedEarlierToken, RefusedVersion, RefusedForNow, BadFrame],
        &[],
    ),
    stay(&[Established], &[Welcome], &[]),
    stay(&[NoToken, Waiting, Connecting, Greeting, Obsolete, Closed], &[OtherFrame, PingDue], &[]),
    stay(&[NoToken, Connecting, Greeting, Established, Obsolete, Closed], &[PauseOver], &[]),
    stay(&[NoToken, Waiting, Established, Obsolete, Closed], &[SetupTimedOut], &[]),
    stay(&[NoToken, Waiting, Connecting, Greeting, Obsolete, Closed], &[PongMissing], &[]),
];

#[cfg(test)]
mod tests {
    use super::*;

    const STATES: &[State] = &[NoToken, Waiting, Connecting, Greeting, Established, Obsolete, Closed];
    const INPUTS: &[On] = &[
        Token,
        SocketOpen,
        SocketGone,
        Welcome,
        RefusedToken,
        RefusedEarlierToken,
        RefusedVersion,
        RefusedForNow,
        OtherFrame,
        BadFrame,
        PauseOver,
        SetupTimedOut,
        PingDue,
        PongMissing,
        NetworkChanged,
        Close,
    ];

    #[test]
    fn every_pair_is_decided_once() {
        assert_eq!(crate::table::undecided(TABLE, STATES, INPUTS), Vec::<String>::new());
    }

    #[test]
    fn the_diagram_is_as_committed() {
        insta::assert_snapshot!("client", crate::table::diagram("the client's connection", TABLE));
    }
}
