//! What goes into a client and what comes out.

use std::fmt;
use std::time::Duration;

use crate::{Body, CommandId, DeviceId, Limits, RefusalCode, Resume, SessionId};

/// How a client behaves. `Default` gives the product's values.
#[derive(Debug, Clone)]
pub struct ClientConfig {
    /// Which running engine this is: 128 random bits made once by the engine.
    pub device: DeviceId,
    /// Names of optional features, told to the service in the hello.
    pub capabilities: Vec<String>,
    /// Kinds of messages that the consumer understands; others are answered `unsupported`.
    pub kinds: Vec<String>,
    /// Where an earlier run of this engine stopped, if it was kept.
    pub resume: Option<Resume>,
    /// Sizes.
    pub limits: Limits,
    /// How long opening a socket, and the hello after it, may take each. 10 s.
    pub connect_timeout: Duration,
    /// Ping after so long with nothing received. 15 s. The service may ask for less in its welcome.
    pub ping_interval: Duration,
    /// The service is dead when so long after a ping nothing came. 10 s.
    pub pong_timeout: Duration,
    /// The same after `NetworkChanged`, when the old path is probably gone. 2 s.
    pub probe_timeout: Duration,
    /// First pause before a reconnect; doubles up to `backoff_max`. 500 ms. Half of each pause is jitter.
    pub backoff_min: Duration,
    /// Longest pause before a reconnect. 30 s.
    pub backoff_max: Duration,
    /// A connection that lived so long resets the pauses. 30 s.
    pub stable_after: Duration,
}

impl Default for ClientConfig {
    fn default() -> Self {
        Self {
            device: DeviceId(0),
            capabilities: Vec::new(),
            kinds: Vec::new(),
            resume: None,
            limits: Limits::V1,
            connect_timeout: Duration::from_secs(10),
            ping_interval: Duration::from_secs(15),
            pong_timeout: Duration::from_secs(10),
            probe_timeout: Duration::from_secs(2),
            backoff_min: Duration::from_millis(500),
            backoff_max: Duration::from_secs(30),
            stable_after: Duration::from_secs(30),
        }
    }
}

/// What happens to a client.
#[derive(Clone)]
pub enum ClientInput<'a> {
    /// Here is a token: the first one starts the link; later ones renew it inside the connection.
    Token(String),
    /// The socket asked for by `Connect` is open.
    Connected,
    /// The socket could not be opened, or closed.
    Disconnected,
    /// A text frame arrived.
    Frame(&'a str),
    /// The consumer wants to send a message. Works offline too: it is kept (within the limits) and sent later.
    Submit {
        /// What the body is: `"call"`, `"chat"`, …
        kind: &'a str,
        /// Its name; submit it again under the same name after doubt.
        id: CommandId,
        /// The payload.
        body: Body,
    },
    /// The consumer is done with this message of the service and all before it.
    Acknowledge {
        /// As given in `Received`.
        sequence: u64,
    },
    /// The consumer does not know what this message is. It counts as acknowledged in its turn.
    Unsupported {
        /// As given in `Received`.
        sequence: u64,
    },
    /// The device's network changed (other Wi-Fi, mobile data): check the connection now.
    NetworkChanged,
    /// Say goodbye and end the session for good.
    Close,
    /// The deadline came.
    Tick,
}

/// Leaves tokens and texts out.
impl fmt::Debug for ClientInput<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Token(token) => write!(f, "Token({} bytes)", token.len()),
            Self::Connected => f.write_str("Connected"),
            Self::Disconnected => f.write_str("Disconnected"),
            Self::Frame(text) => write!(f, "Frame({} bytes)", text.len()),
            Self::Submit { kind, id, body } => write!(f, "Submit({kind}, {id}, {body:?})"),
            Self::Acknowledge { sequence } => write!(f, "Acknowledge({sequence})"),
            Self::Unsupported { sequence } => write!(f, "Unsupported({sequence})"),
            Self::NetworkChanged => f.write_str("NetworkChanged"),
            Self::Close => f.write_str("Close"),
            Self::Tick => f.write_str("Tick"),
        }
    }
}

/// Why a connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum LostReason {
    /// The socket closed.
    Closed,
    /// The socket did not open, or the welcome did not come, in time.
    Timeout,
    /// Nothing came after a ping.
    Dead,
    /// The service sent something malformed or skipped messages.
    Protocol,
    /// The service turned the connection away; `Refused` says why.
    Refused,
}

/// What a client wants done.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClientOutput {
    /// Open a socket to the service; answer with `Connected` or `Disconnected`.
    Connect,
    /// Close the socket, or give up opening it, and feed nothing of it any more.
    Disconnect,
    /// Send this text frame.
    Transmit(String),
    /// The session stands. `resumed`: nothing was lost.
    Established {
        /// False for a new session.
        resumed: bool,
        /// Its name.
        session: SessionId,
        /// Names of the service's optional features.
        capabilities: Vec<String>,
    },
    /// The connection is gone. The client connects again by itself, unless `Refused` says otherwise.
    Lost {
        /// Why.
        reason: LostReason,
    },
    /// The service has lost the session: read the state again. Comes right after `Established`.
    Resync,
    /// A message of the service. Acknowledge it when it is dealt with.
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
    /// The service has dealt with this message of ours.
    Acknowledged {
        /// As submitted.
        id: CommandId,
    },
    /// The service does not know this kind of message, or what it asks for.
    Unsupported {
        /// As submitted.
        id: CommandId,
        /// As submitted.
        kind: String,
    },
    /// The service took the renewed token.
    TokenAccepted,
    /// The service turned us away. When `code.needs_token()` the client waits for a new `Token`;
    /// for [`RefusalCode::Version`] it stops; otherwise it tries again by itself.
    Refused {
        /// What kind of reason.
        code: RefusalCode,
        /// What happened and what to do, in the service's words.
        text: String,
    },
}

/// Leaves tokens and texts out.
impl fmt::Debug for ClientOutput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connect => f.write_str("Connect"),
            Self::Disconnect => f.write_str("Disconnect"),
            Self::Transmit(text) => write!(f, "Transmit({} bytes)", text.len()),
            Self::Established { resumed, session, .. } => {
                write!(f, "Established({session}, resumed: {resumed})")
            }
            Self::Lost { reason } => write!(f, "Lost({reason:?})"),
            Self::Resync => f.write_str("Resync"),
            Self::Received { sequence, kind, id, body } => {
                write!(f, "Received({sequence}, {kind}, {id}, {body:?})")
            }
            Self::Acknowledged { id } => write!(f, "Acknowledged({id})"),
            Self::Unsupported { id, kind } => write!(f, "Unsupported({id}, {kind})"),
            Self::TokenAccepted => f.write_str("TokenAccepted"),
            Self::Refused { code, text } => write!(f, "Refused({code:?}, {text:?})"),
        }
    }
}
