//! Whether somebody may do such a thing at all.

use super::{Actor, Grant, Needs, Operation, Refusal, View};
use crate::model::{History, Participation, Side, Thread};
use crate::{EventSequence, Text};

/// Somebody who may.
pub(super) struct Access<'a> {
    pub thread: &'a Thread,
    pub actor: &'a Participation,
}

pub(super) enum Admitted<'a> {
    To(Access<'a>),
    /// The operation has no thread.
    NoThread,
    /// The thread is deleted, and that was asked for.
    AlreadyDone,
}

/// The order matters: whoever is not in a thread learns nothing of it, not even that there is or was one.
pub(super) fn admit<'a>(
    view: &'a View,
    actor: &Actor,
    operation: Operation,
) -> Result<Admitted<'a>, Refusal> {
    if !operation.is_allowed_by(&actor.scopes) {
        return Err(Refusal::Scope);
    }
    if operation.needs() == Needs::Nothing {
        return Ok(Admitted::NoThread);
    }
    let thread = view.thread.as_ref().ok_or(Refusal::NotParticipant)?;
    // The row of another is no right of this one: a store that mixes them up is refused.
    let row = view.actor.as_ref().filter(|row| row.participant.raw_id == actor.raw_id);
    let row = row.ok_or(Refusal::NotParticipant)?;
    let access = Access { thread, actor: row };
    match (thread.deleted_at, row.is_present()) {
        (Some(_), true) if operation == Operation::DeleteThread => Ok(Admitted::AlreadyDone),
        (Some(_), true) if operation == Operation::ReadEvents => Ok(Admitted::To(access)),
        (Some(_), _) => Err(Refusal::ThreadDeleted),
        // What was sent before the removal, and whose answer was lost, is still answered (`messages::send`).
        (None, false) if operation == Operation::SendMessage && view.repeated.is_some() => {
            Ok(Admitted::To(access))
        }
        (None, false) if operation.needs() == Needs::Present => Err(Refusal::Removed),
        (None, _) => Ok(Admitted::To(access)),
    }
}

impl Access<'_> {
    /// What may be read.
    pub fn grant(&self) -> Grant {
        let head = self.thread.heads.event;
        let last = self.actor.removed.map_or(head, |removal| removal.event);
        // Of a deleted thread only its end is told.
        let first = if self.thread.deleted_at.is_some() { last } else { self.actor.joined_event };
        Grant { history: self.history(), first_event: first.max(EventSequence(1)), last_event: last }
    }

    pub fn history(&self) -> History {
        self.actor.history()
    }

    /// What the actor is called, who calls themselves so. Staff have the name that the directory gives them.
    pub fn called(&self, actor: &Actor, given: Option<Text>) -> Option<Text> {
        let known_as = self.actor.participant.display_name.clone();
        if actor.side == Side::Staff { known_as.or(given) } else { given.or(known_as) }
    }
}
