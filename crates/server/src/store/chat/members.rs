//! Who hears of a thread's events.

use super::rows;
use super::view::{self, Place};
use crate::store::{SqliteStore, StoreError};
use liaison_chat::model::History;
use liaison_chat::{Event, EventSequence, ThreadId, UnixMillis};
use liaison_identity::RawId;
use rusqlite::Connection;

/// Somebody who is or was in a thread, and which of its events are theirs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Member {
    pub(crate) raw_id: RawId,
    first: EventSequence,
    last: Option<EventSequence>,
    /// Of the messages made since then.
    history_from: UnixMillis,
}

impl Member {
    /// Whether they hear of an event: from the one that added them to the one that removed them. What
    /// has no place in the log is for those who are there.
    pub(crate) fn hears(&self, sequence: Option<EventSequence>) -> bool {
        match sequence {
            Some(sequence) => self.first <= sequence && self.last.is_none_or(|last| sequence <= last),
            None => self.last.is_none(),
        }
    }

    /// Whether they hear that something was done to a message, but not what it says: it is older than the part of
    /// the history that was shared with them.
    pub(crate) fn is_kept_from(&self, event: &Event) -> bool {
        event.hides_from(History { from: self.history_from, until: None })
    }

    /// Somebody who is there from the first event on.
    #[cfg(test)]
    pub(crate) fn since(raw_id: RawId, history_from: UnixMillis) -> Self {
        Self { raw_id, first: EventSequence(0), last: None, history_from }
    }
}

impl SqliteStore {
    pub(in crate::store) async fn chat_standing(
        &self,
        thread: ThreadId,
        user: RawId,
    ) -> Result<Option<bool>, StoreError> {
        self.read(move |c| {
            let Some((place, _)) = view::thread(c, &thread)? else { return Ok(None) };
            Ok(view::participation(c, &place, &user)?.map(|row| row.is_present()))
        })
        .await
    }

    pub(in crate::store) async fn chat_members(&self, thread: ThreadId) -> Result<Vec<Member>, StoreError> {
        self.read(move |c| {
            let Some((place, _)) = view::thread(c, &thread)? else { return Ok(Vec::new()) };
            members(c, &place)
        })
        .await
    }
}

pub(super) fn members(c: &Connection, place: &Place) -> Result<Vec<Member>, StoreError> {
    let mut query = c.prepare_cached(
        "SELECT raw_id, joined_event, removed_event, share_history_ms FROM chat_participant
         WHERE owner_id = ?1 AND thread_id = ?2",
    )?;
    let rows = query.query_map((&place.owner, &place.thread), |row| {
        let last: Option<i64> = row.get(2)?;
        Ok(Member {
            raw_id: rows::parsed(row, 0)?,
            first: EventSequence(rows::number(row, 1)?),
            last: last.map(|last| EventSequence(u64::try_from(last).unwrap_or(0))),
            history_from: rows::millis(row, 3)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
