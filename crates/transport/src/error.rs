//! What can go wrong, and what to do about it.

use std::net::SocketAddr;

/// An operation on a session failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TransportError {
    /// The configuration cannot work.
    #[error("the session's configuration cannot be used: {0}")]
    Config(String),
    /// A local address could not be bound.
    #[error("cannot bind {address} for media: {reason}; free the port or bind another address")]
    Bind {
        /// The address that was asked for.
        address: SocketAddr,
        /// What the system said.
        reason: String,
    },
    /// No runtime to run on.
    #[error("no tokio runtime here: open the session from inside one, with I/O and time enabled")]
    NoRuntime,
    /// The peer's description is not usable.
    #[error("the peer's description was refused: {0}; ask the peer for a new one")]
    BadDescription(String),
    /// A description of this kind is not expected from the peer now.
    #[error("a description that cannot come now: {0}")]
    UnexpectedDescription(&'static str),
    /// The peer's candidate is not usable.
    #[error("the peer's candidate was refused: {0}; the session goes on with the others")]
    BadCandidate(String),
    /// The session is closed.
    #[error("the session is closed; open a new one")]
    Closed,
    /// The library below failed.
    #[error("the peer connection failed: {0}; open a new session")]
    Library(String),
}

/// A packet was not taken for sending.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SendError {
    /// The queue is full: the network or this machine is too slow, the packet is dropped.
    #[error("the outgoing queue is full: the packet was dropped")]
    Full,
    /// Not connected (yet, or any more): the packet is dropped.
    #[error("the session is not connected: the packet was dropped")]
    NotConnected,
    /// The session is closed.
    #[error("the session is closed")]
    Closed,
}
