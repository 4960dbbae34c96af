//! What participants are told: the ten realtime events of ACS, with every fact that any of their forms needs.

mod kind;
mod log;
mod recipients;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

pub use kind::{EventActor, EventKind, ThreadDeletion, ThreadFacts};
pub use recipients::Recipients;

use crate::{EventSequence, ThreadId, UnixMillis};

/// One event of a thread.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    /// The thread.
    pub thread: ThreadId,
    /// Its place in the thread's log; `None` for typing, which is told once and not kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sequence: Option<EventSequence>,
    /// The stamp of the change.
    pub at: UnixMillis,
    /// What happened.
    #[serde(flatten)]
    pub kind: EventKind,
}
