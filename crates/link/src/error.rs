//! What can go wrong on a link, and what to do about it.

use serde::{Deserialize, Serialize};

/// A frame that cannot be accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LinkError {
    /// Longer than the limit, in bytes.
    #[error("a frame of {bytes} bytes is over the limit of {limit}; send less in one message")]
    TooLarge {
        /// Length of the frame, in bytes.
        bytes: usize,
        /// What is allowed, in bytes.
        limit: usize,
    },
    /// Objects and arrays nested deeper than the limit.
    #[error("a frame is nested deeper than {limit}; flatten it")]
    TooDeep {
        /// What is allowed.
        limit: usize,
    },
    /// Not a JSON object, or this field is missing or of the wrong type. Never says what the frame held.
    #[error("a frame is malformed ({0}); send a JSON object as the protocol describes it")]
    Malformed(&'static str),
    /// The first frame was something else than a hello.
    #[error("the first frame must be a hello")]
    NoHello,
    /// No common version.
    #[error(
        "no common version: offered {min} to {max}, spoken here {}; update the older side",
        crate::VERSION
    )]
    Version {
        /// Lowest offered.
        min: u32,
        /// Highest offered.
        max: u32,
    },
    /// A message skipped some before it.
    #[error("message {got} came where {expected} was due; reconnect and resume")]
    Gap {
        /// What was due.
        expected: u64,
        /// What came.
        got: u64,
    },
    /// The sender has more messages outstanding than allowed.
    #[error("more than {limit} messages wait for acknowledgement; wait for acknowledgements")]
    Flooded {
        /// What is allowed.
        limit: usize,
    },
    /// An acknowledgement of something never sent.
    #[error("message {got} was acknowledged, but only {sent} were sent; start a new session")]
    AcknowledgedUnsent {
        /// What was acknowledged.
        got: u64,
        /// The highest sequence sent.
        sent: u64,
    },
}

/// Why a message was not taken for sending. Nothing was sent; the link is unharmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SubmitError {
    /// Too many messages wait for acknowledgement.
    #[error(
        "{0} messages already wait for acknowledgement; try again when the link is up and some were acknowledged"
    )]
    QueueFull(usize),
    /// The message cannot fit a frame.
    #[error("the message needs {bytes} bytes, a frame holds {limit}; send less in one message")]
    TooLarge {
        /// What it needs, in bytes.
        bytes: usize,
        /// What fits, in bytes.
        limit: usize,
    },
    /// The kind's name is empty or too long.
    #[error("a kind is 1 to {0} bytes long")]
    Kind(usize),
    /// The link was closed for good.
    #[error("the link is closed; sign in again")]
    Closed,
    /// The token is longer than a hello may carry.
    #[error("the token is longer than {0} bytes; it is not one of this service")]
    Token(usize),
    /// An acknowledgement of something that was not received.
    #[error("message {0} was never received, so it cannot be acknowledged")]
    NotReceived(u64),
}

/// Why the service turns a connection away. On the wire as its camelCase name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum RefusalCode {
    /// The token is forged, malformed or of another service. A new token is needed.
    InvalidToken,
    /// The token has expired. A new token is needed.
    ExpiredToken,
    /// The token was revoked, or its user deleted. A new token is needed.
    RevokedToken,
    /// The token does not allow a realtime connection (neither chat nor voip). A new token is needed.
    MissingScope,
    /// A renewed token speaks for another user than the connection does.
    WrongUser,
    /// No common protocol version: one side must be updated.
    Version,
    /// The frame broke the protocol. The client resumes; a client that goes on breaking it waits longer each time.
    Protocol,
    /// The service is full or stopping: try again later.
    Busy,
    /// A code of a newer version. Treated like [`RefusalCode::Busy`].
    #[serde(other)]
    Unknown,
}

impl RefusalCode {
    /// True when only a new token can help.
    pub fn needs_token(self) -> bool {
        matches!(
            self,
            Self::InvalidToken
                | Self::ExpiredToken
                | Self::RevokedToken
                | Self::MissingScope
                | Self::WrongUser
        )
    }
}
