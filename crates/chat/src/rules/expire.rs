//! Threads that go by themselves.

use super::draft::Draft;
use super::{Change, Decision, Outcome};
use crate::event::ThreadDeletion;
use crate::model::Thread;
use crate::{EventKind, UnixMillis};

/// The end of a thread whose retention is over at `now`; `None` while it is not, and when it is deleted already.
/// ([`crate::model::RetentionPolicy::due`] says when.)
#[must_use]
pub fn expire(thread: &Thread, now: UnixMillis) -> Option<Decision> {
    let due = thread.retention.due(thread.created_at)?;
    if now < due || thread.deleted_at.is_some() {
        return None;
    }
    let mut draft = Draft::new(thread, now);
    let at = draft.stamp();
    draft.change(Change::MarkDeleted(at));
    let kind = EventKind::ChatThreadDeleted { deleted_by: None, reason: ThreadDeletion::DeletedByPolicy };
    draft.event(at, kind);
    Some(draft.finish(Outcome::Done))
}
