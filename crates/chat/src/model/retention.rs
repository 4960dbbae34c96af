//! When a thread goes by itself.

use serde::{Deserialize, Serialize};

use crate::UnixMillis;

/// How long a thread is kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum RetentionPolicy {
    /// Until somebody deletes it.
    #[default]
    None,
    /// It is deleted this long after it was created.
    ThreadCreationDate {
        /// Days; [`crate::ChatLimits::retention_days`].
        delete_thread_after_days: u32,
    },
}

impl RetentionPolicy {
    /// When a thread of that creation time is due, if ever.
    #[must_use]
    pub fn due(self, created_at: UnixMillis) -> Option<UnixMillis> {
        match self {
            Self::None => None,
            Self::ThreadCreationDate { delete_thread_after_days: days } => Some(created_at.plus_days(days)),
        }
    }
}
