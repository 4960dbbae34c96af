//! What goes into a session and what comes out.

use std::fmt;
use std::time::Duration;

use crate::{Body, CommandId, Hello, Limits, LinkError, RefusalCode};

/// How a session behaves.
#[derive(Debug, Clone)]
pub struct ServerConfig {
    /// Names of optional features, told to the client in the welcome.
    pub capabilities: Vec<String>,
    /// Kinds of messages that the service understands; others are answered `unsupported`.
    pub kinds: Vec<String>,
    /// Sizes.
    pub limits: Limits,
    /// How often the client is asked to ping. 15 s.
    pub ping_interval: Duration,
    /// The client is dead when nothing came for so long. 30 s.
    pub idle_timeout: Duration,
    /// How long a session without a socket is kept for its client to resume. 120 s.
    pub resume_grace: Duration,
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            capabilities: Vec::new(),
            kinds: Vec::new(),
            limits: Limits::V1,
            ping_interval: Duration::from_secs(15),
            idle_timeout: Duration::from_secs(30),
            resume_grace: Duration::from_secs(120),
        }
    }
}

/// What happens to a session.
#[derive(Clone)]
pub enum ServerInput<'a> {
    /// A socket whose hello was read and whose token was verified belongs to this session now.
    /// If another socket was attached before, the driver closes that one and feeds nothing of it any more.
    Attach {
        /// What the client said.
        hello: &'a Hello,
    },
    /// The socket closed.
    Disconnected,
    /// A text frame arrived on the attached socket.
    Frame(&'a str),
    /// The service wants to tell the client something.
    Send {
        /// What the body is.
        kind: &'a str,
        /// Its name.
        id: CommandId,
        /// The payload.
        body: Body,
    },
    /// The service has committed this command and all before it.
    Acknowledge {
        /// As given in `Received`.
        sequence: u64,
    },
    /// The service does not know what this command asks for. It counts as acknowledged in its turn.
    Unsupported {
        /// As given in `Received`.
        sequence: u64,
    },
    /// The renewed token was verified and speaks for the same user.
    TokenAccepted,
    /// Turn the client away now: revoked or expired token, the service stops.
    Refuse {
        /// What kind of reason.
        code: RefusalCode,
        /// What happened and what to do.
        text: &'a str,
    },
    /// The deadline came.
    Tick,
}

/// Leaves texts out.
impl fmt::Debug for ServerInput<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Attach { hello } => write!(f, "Attach({hello:?})"),
            Self::Disconnected => f.write_str("Disconnected"),
            Self::Frame(text) => write!(f, "Frame({} bytes)", text.len()),
            Self::Send { kind, id, body } => write!(f, "Send({kind}, {id}, {body:?})"),
            Self::Acknowledge { sequence } => write!(f, "Acknowledge({sequence})"),
            Self::Unsupported { sequence } => write!(f, "Unsupported({sequence})"),
            Self::TokenAccepted => f.write_str("TokenAccepted"),
            Self::Refuse { code, text } => write!(f, "Refuse({code:?}, {text:?})"),
            Self::Tick => f.write_str("Tick"),
        }
    }
}

/// Why a session has no socket any more.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum DetachReason {
    /// The socket closed.
    Closed,
    /// Nothing came for too long.
    Idle,
    /// The client broke the protocol. It was told so and may resume.
    Protocol(LinkError),
}

/// Why a session is over. The client will be told to read everything again when it comes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum EndReason {
    /// The client said goodbye.
    Bye,
    /// The client did not come back in time.
    Expired,
    /// The client took too little: its queue is full.
    Overflow,
    /// The service turned it away.
    Refused,
}

/// What a session wants done.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ServerOutput {
    /// Send this text frame on the attached socket. Poll only while the socket takes frames: frames are
    /// made when polled, so a slow client costs nothing but its queue, which is bounded.
    Transmit(String),
    /// Close the attached socket after what was transmitted.
    Disconnect,
    /// The client is there. `resumed`: it has lost nothing.
    Attached {
        /// False in a new session.
        resumed: bool,
    },
    /// The client is gone, its session is kept for the grace time.
    Detached {
        /// Why.
        reason: DetachReason,
    },
    /// A command of the client. Acknowledge it when it is committed.
    Received {
        /// 1, 2, 3, … in a session.
        sequence: u64,
        /// What the body is.
        kind: String,
        /// Its name.
        id: CommandId,
        /// The payload.
        body: Body,
    },
    /// The client's consumer is done with this message of ours.
    Acknowledged {
        /// As sent.
        id: CommandId,
    },
    /// The client does not know this kind of message, or what it says.
    Unsupported {
        /// As sent.
        id: CommandId,
        /// As sent.
        kind: String,
    },
    /// The client brings a renewed token: verify it, then answer `TokenAccepted` or `Refuse`.
    TokenOffered(String),
    /// The session is over: forget it.
    Ended {
        /// Why.
        reason: EndReason,
    },
}

/// Leaves tokens and texts out.
impl fmt::Debug for ServerOutput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Transmit(text) => write!(f, "Transmit({} bytes)", text.len()),
            Self::Disconnect => f.write_str("Disconnect"),
            Self::Attached { resumed } => write!(f, "Attached(resumed: {resumed})"),
            Self::Detached { reason } => write!(f, "Detached({reason:?})"),
            Self::Received { sequence, kind, id, body } => {
                write!(f, "Received({sequence}, {kind}, {id}, {body:?})")
            }
            Self::Acknowledged { id } => write!(f, "Acknowledged({id})"),
            Self::Unsupported { id, kind } => write!(f, "Unsupported({id}, {kind})"),
            Self::TokenOffered(token) => write!(f, "TokenOffered({} bytes)", token.len()),
            Self::Ended { reason } => write!(f, "Ended({reason:?})"),
        }
    }
}
