//! The client's half of events, sans-IO: each event of each thread reaches the app in order, and once is enough.
//!
//! ```text
//! handle(now, input)   something happened
//! poll() -> output     what to do about it; call until `None` after each `handle`
//! deadline()           when to call `handle(now, Tick)` if nothing else happens; `None` = never
//! ```
//!
//! For each thread there is a cursor: the last event that the app acknowledged. The owner keeps it on disk
//! ([`SyncOutput::Save`]) and gives it back after a restart. What was not acknowledged then comes again, with the same
//! sequence. Frames of the link are acknowledged to the link at once: what is lost after that is found again by
//! comparing heads when the link comes back.

mod core;
mod thread;

#[cfg(test)]
mod tests;

use std::time::Duration;

use liaison_identity::RawId;
use serde::{Deserialize, Serialize};

pub use self::core::Sync;

use crate::link::{ChatFrame, ChatRequest, EventPage};
use crate::{Event, EventSequence, ThreadId};

/// What bounds the sync of one user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncConfig {
    /// Who: a thread begins for them with the event that adds them.
    pub me: RawId,
    /// Events asked for in one read. 200.
    pub page: u32,
    /// Events of a thread that are told to the app and not yet acknowledged; beyond, delivery waits. 1024.
    pub unacknowledged: u64,
    /// Events of a thread that are kept while those before them are read; others are read again. 256.
    pub buffered: usize,
    /// Reads at a time. 4.
    pub reads: usize,
    /// Wait before a failed read is repeated: at least this … 500 ms.
    pub retry_least: Duration,
    /// … doubling up to this. 60 s.
    pub retry_most: Duration,
    /// Seed of the random part of the waits.
    pub seed: u64,
}

impl SyncConfig {
    /// The product's values.
    #[must_use]
    pub fn new(me: RawId, seed: u64) -> Self {
        Self {
            me,
            page: 200,
            unacknowledged: 1024,
            buffered: 256,
            reads: 4,
            retry_least: Duration::from_millis(500),
            retry_most: Duration::from_secs(60),
            seed,
        }
    }
}

/// How far the app has come in one thread: a record to be kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Cursor {
    /// The thread.
    pub thread: ThreadId,
    /// The last event that the app acknowledged.
    pub acknowledged: EventSequence,
}

/// What was kept from an earlier run. The default is a device that was never here: it begins with what happens from
/// now on, and reads the histories by itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SyncState {
    /// The cursors that were saved and not forgotten.
    pub cursors: Vec<Cursor>,
    /// [`SyncOutput::SaveStarted`] was told.
    pub started: bool,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SyncInput {
    /// The link is up; `resumed`: the same session goes on, and has lost nothing.
    Connected {
        /// Whether it goes on.
        resumed: bool,
    },
    /// The link is down.
    Disconnected,
    /// The link brought this.
    Frame(ChatFrame),
    /// The answer to a `Read`. Each has one: this, `ReadFailed` or `ReadRefused`.
    Page {
        /// The thread.
        thread: ThreadId,
        /// What is there.
        page: EventPage,
    },
    /// A `Read` had no answer, or 429 or 5xx.
    ReadFailed {
        /// The thread.
        thread: ThreadId,
        /// `Retry-After`.
        retry_after: Option<Duration>,
    },
    /// A `Read` was answered 403 or 404: the thread is none of ours.
    ReadRefused {
        /// The thread.
        thread: ThreadId,
    },
    /// The app is done with all events of the thread up to this.
    Acknowledge {
        /// The thread.
        thread: ThreadId,
        /// The last one.
        sequence: EventSequence,
    },
    /// The deadline has come.
    Tick,
}

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SyncOutput {
    /// Send this on the link.
    Request(ChatRequest),
    /// Read a thread's log ([`crate::link::events_path`]).
    Read {
        /// The thread.
        thread: ThreadId,
        /// After this event.
        after: EventSequence,
        /// At most so many.
        limit: u32,
    },
    /// Tell the app. One without a sequence (typing) needs no acknowledgement and never comes again.
    Deliver(Box<Event>),
    /// Tell the app that events up to `to` are not in the log for it (any more): it reads thread, participants and
    /// messages anew, and acknowledges `to`. Also a thread's beginning on a new device.
    Missed {
        /// The thread.
        thread: ThreadId,
        /// The last event that will not come.
        to: EventSequence,
    },
    /// Keep this cursor.
    Save(Cursor),
    /// Keep that this device knows where its threads stood.
    SaveStarted,
    /// Drop the thread's cursor: the service has no such thread for this user.
    Forget {
        /// The thread.
        thread: ThreadId,
    },
}
