//! The place of an event in its thread.

use serde::{Deserialize, Serialize};

/// The number of an event in its thread: 1, 2, 3, … without a gap, assigned in the commit. 0 stands for "before the first".
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EventSequence(pub u64);

impl EventSequence {
    /// Before the first event.
    pub const NONE: Self = Self(0);

    /// The next one.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// The one before; that of 0 is 0.
    #[must_use]
    pub fn previous(self) -> Self {
        Self(self.0.saturating_sub(1))
    }
}
