//! The client's half of commands, sans-IO: what the app asked for is done once, in order, though the network, the
//! service or the app itself goes away in between.
//!
//! ```text
//! handle(now, input)   something happened
//! poll() -> output     what to do about it, in this order; call until `None` after each `handle`
//! deadline()           when to call `handle(now, Tick)` if nothing else happens; `None` = never
//! ```
//!
//! A queued command is a [`Record`] on the owner's disk from [`OutboxOutput::Save`] to [`OutboxOutput::Settle`]; after a
//! restart the records are given back. In one thread one command is under way at a time, in the order they were
//! queued. A command without an answer is sent again under its id until there is one: our service does the work once
//! ([`Remote::Liaison`]). ACS knows no such id of messages, so before a message is sent again its id is looked for in
//! the history ([`Remote::Acs`], [`OutboxOutput::Search`]).

mod core;
mod lane;
mod record;
mod request;

#[cfg(test)]
mod tests;

use std::time::Duration;

pub use self::core::Outbox;
pub use record::{QueuedCommand, Record};
pub use request::Request;

use crate::acs::CommunicationError;
use crate::{ClientMessageId, MessageId, ThreadId, UnixMillis};

/// Whose service it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remote {
    /// Ours: a repeated id does nothing.
    Liaison,
    /// ACS: a message is looked for before it is sent again.
    Acs,
}

/// What bounds an outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxConfig {
    /// Whose service it is.
    pub remote: Remote,
    /// Most commands that wait. 1000.
    pub records: usize,
    /// Requests at a time, each in another thread. 4.
    pub requests: usize,
    /// Wait before a command is sent again: at least this … 500 ms.
    pub retry_least: Duration,
    /// … doubling up to this. 60 s.
    pub retry_most: Duration,
    /// Seed of the random part of the waits.
    pub seed: u64,
}

impl OutboxConfig {
    /// The product's values.
    #[must_use]
    pub fn new(remote: Remote, seed: u64) -> Self {
        Self {
            remote,
            records: 1000,
            requests: 4,
            retry_least: Duration::from_millis(500),
            retry_most: Duration::from_secs(60),
            seed,
        }
    }
}

/// Why a command was not queued.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum QueueError {
    /// Too many wait.
    #[error("{0} commands wait already: try again when some are answered")]
    Full(usize),
    /// One with that id waits.
    #[error("a command with this id waits already: give each its own")]
    Id,
}

/// What there is now that was not there before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Made {
    /// Nothing that has a name.
    Nothing,
    /// A message.
    Message(MessageId),
    /// A thread.
    Thread {
        /// Its name.
        thread: ThreadId,
        /// Who is not in it.
        invalid: Vec<CommunicationError>,
    },
    /// Participants.
    Participants {
        /// Who is not among them.
        invalid: Vec<CommunicationError>,
    },
}

/// What a request came to ([`Record::answer`]).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// 2xx.
    Done(Made),
    /// 4xx but 401, 408 and 429: it will never be done.
    Refused {
        /// The HTTP status.
        status: u16,
    },
    /// 401: it needs a new token. Nothing is sent before [`OutboxInput::Online`].
    Unauthorized,
    /// No answer, 408, 429 or 5xx: it may have been done.
    Failed {
        /// `Retry-After`.
        retry_after: Option<Duration>,
    },
}

/// How a command ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settlement {
    /// It is done.
    Done(Made),
    /// The service will not do it.
    Refused {
        /// The HTTP status.
        status: u16,
    },
    /// The app took it back before it was sent.
    Cancelled,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OutboxInput {
    /// The service can be reached, with a token that is good. Also after a new token.
    Online,
    /// The service cannot be reached.
    Offline,
    /// What a `Transmit` came to. Each has one.
    Answer {
        /// Which.
        id: ClientMessageId,
        /// What.
        answer: Answer,
    },
    /// What a `Search` came to: the message, if it is there. A search that failed is an `Answer` with `Failed`.
    Found {
        /// Which.
        id: ClientMessageId,
        /// The message.
        message: Option<MessageId>,
    },
    /// The app takes a command back; one that may have been sent already goes on.
    Cancel {
        /// Which.
        id: ClientMessageId,
    },
    /// The deadline has come.
    Tick,
}

/// What to do, in this order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OutboxOutput {
    /// Keep this record, in place of one with the same id, before the next output is looked at.
    Save(Record),
    /// Send the request ([`Record::request`]).
    Transmit(Record),
    /// Look in the thread's history for the message with this id in its metadata ([`crate::acs::CLIENT_ID_METADATA`]).
    Search {
        /// Which.
        id: ClientMessageId,
        /// Where.
        thread: ThreadId,
        /// Not before it was queued, by this machine's clock: allow for some difference.
        since: UnixMillis,
    },
    /// Drop the record and tell the app.
    Settle {
        /// Which.
        id: ClientMessageId,
        /// How.
        settlement: Settlement,
    },
}
