//! Who is told.

use liaison_identity::RawId;

use super::{Event, EventKind};

/// Whom an event is for. Everybody in the thread at that moment hears of everything, the one who did it included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recipients<'a> {
    /// Those in the thread after the change.
    Participants,
    /// Those in the thread after the change, and these, who have just been removed.
    ParticipantsAnd(&'a RawId),
}

impl Event {
    /// Whom it is for.
    #[must_use]
    pub fn recipients(&self) -> Recipients<'_> {
        match &self.kind {
            EventKind::ParticipantsRemoved { participants, .. } => match participants.first() {
                Some(removed) => Recipients::ParticipantsAnd(&removed.raw_id),
                None => Recipients::Participants,
            },
            _ => Recipients::Participants,
        }
    }
}
