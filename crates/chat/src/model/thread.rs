//! The row of a thread.

use liaison_identity::RawId;
use serde::{Deserialize, Serialize};

use super::{Metadata, RetentionPolicy, Side};
use crate::{EventSequence, MessageId, Text, ThreadId, UnixMillis};

/// What changes with nearly every command: a few numbers in the thread's row.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Heads {
    /// The newest stamp given out: every change of the thread has one, strictly rising, never behind the clock.
    /// Message ids and versions are stamps.
    pub stamp: UnixMillis,
    /// How many messages there have been: the `sequenceId` of the newest.
    pub messages: u64,
    /// The newest message; `None` before the first.
    #[serde(default)]
    pub last_message: Option<MessageId>,
    /// The newest event of the log.
    pub event: EventSequence,
    /// Participants of the app's side now.
    pub app_users: u32,
    /// Participants of an organisation now.
    pub staff: u32,
}

impl Heads {
    /// Participants now.
    #[must_use]
    pub fn participants(&self) -> u32 {
        self.app_users.saturating_add(self.staff)
    }

    /// How many count for what is off in large threads: app users only when a Teams user is there, else all.
    #[must_use]
    pub fn counted(&self) -> u32 {
        if self.staff > 0 { self.app_users } else { self.participants() }
    }

    pub(crate) fn count(&mut self, side: Side, by: i32) {
        let count = match side {
            Side::App => &mut self.app_users,
            Side::Staff => &mut self.staff,
        };
        *count = count.saturating_add_signed(by);
    }
}

/// One thread.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Thread {
    /// Its name.
    pub id: ThreadId,
    /// What it is about.
    pub topic: Text,
    /// When it was created.
    pub created_at: UnixMillis,
    /// By whom.
    pub created_by: RawId,
    /// When it was deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted_at: Option<UnixMillis>,
    /// Of the app.
    #[serde(default, skip_serializing_if = "Metadata::is_empty")]
    pub metadata: Metadata,
    /// When it goes by itself.
    #[serde(default)]
    pub retention: RetentionPolicy,
    /// Its numbers.
    pub heads: Heads,
}
