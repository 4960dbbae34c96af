//! What can go wrong with a chat command.

use std::time::Duration;

/// Why a chat command was refused at once, or could not be carried out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChatError {
    /// Not signed in.
    #[error("not signed in: call sign_in first")]
    NotSignedIn,
    /// The thread's id is none.
    #[error("{0:?} is not a thread's id (19:…@thread.v2): take it from the thread's creation or a list")]
    ThreadId(String),
    /// A raw id is empty, too long, has control characters, or names nobody who can chat.
    #[error(
        "{0:?} is not the raw id of somebody who can chat (8:acs:<resource>_<user>, 8:orgid:<object id>)"
    )]
    RawId(String),
    /// A client id is none.
    #[error(
        "{0:?} is not a client message id (1 to 64 of A-Z a-z 0-9 - _ . :), or one waits under it in another thread"
    )]
    ClientMessageId(String),
    /// A file's id is none, or it is a small view of what is no image.
    #[error(
        "{0:?} is not the id of a file, or of an image for a small view: take it from a message's attachments"
    )]
    AttachmentId(String),
    /// A file of this machine cannot be read or written.
    #[error("the file cannot be read or written: {0}")]
    File(String),
    /// A page that was not told by a list, or by another one.
    #[error("this is not the next page of this list: take it from the list's last answer")]
    Page,
    /// Too many commands are waiting.
    #[error("{limit} commands are waiting: take the events of the earlier ones first")]
    TooMany {
        /// The bound.
        limit: usize,
    },
    /// The engine has stopped.
    #[error("the engine has stopped after an internal error: free it and create a new one")]
    Poisoned,
    /// The system refused randomness.
    #[error("the system refused a resource the engine needs: {0}")]
    System(String),
    /// The engine was signed out meanwhile. It may have been carried out; what is on disk goes on when the user signs in
    /// again.
    #[error("signed out before the answer came: look whether it was done, or sign in again")]
    Cancelled,
    /// The app took it back before it was sent.
    #[error("taken back before it was sent")]
    TakenBack,
    /// No connection: it was not carried out.
    #[error("the service cannot be reached ({0}): check endpoint, network and proxy, then try again")]
    Unreachable(String),
    /// The service's certificate is not trusted.
    #[error("the service's certificate is not trusted ({0}): pass ca_pem: DIR/ca.pem of the service")]
    Untrusted(String),
    /// The connection broke, or no answer came in time. It may have been carried out.
    #[error("no answer came ({0}): look whether it was done; a message with a client id may be sent again")]
    NoAnswer(String),
    /// The token is not valid (any more).
    #[error(
        "the service refused the token ({0}): fetch another from your backend, hand it to set_token, try again"
    )]
    TokenRefused(String),
    /// Too many requests, and waiting as long as the service asked did not help.
    #[error("too many requests: try again in {} s", .retry_after.as_secs())]
    Throttled {
        /// What the service asked to wait.
        retry_after: Duration,
    },
    /// The service will not do it.
    #[error("the service refused it with {status} {code}: {text}")]
    Refused {
        /// HTTP status: 400 a request that cannot be right, 403 not allowed or no such thread, 404 a deleted thread or no
        /// such message (or not for this user), 413 too long.
        status: u16,
        /// The service's word for it.
        code: String,
        /// For people.
        text: String,
    },
    /// The service failed. It may have been carried out.
    #[error("the service failed with {status}: try again later")]
    ServiceFailed {
        /// HTTP status, 500 and above.
        status: u16,
    },
    /// The answer cannot be read.
    #[error(
        "the answer cannot be read ({0}): is the endpoint's service Liaison or Azure Communication Services?"
    )]
    Answer(String),
}

impl ChatError {
    /// The HTTP status the service answered with, when it did.
    pub fn http_status(&self) -> Option<u16> {
        match self {
            Self::TokenRefused(_) => Some(401),
            Self::Throttled { .. } => Some(429),
            Self::Refused { status, .. } | Self::ServiceFailed { status } => Some(*status),
            _ => None,
        }
    }
}
