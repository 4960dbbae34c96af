//! The log of a thread's events: what engines read after a gap.

use super::lists::more;
use super::rows::{self, signed};
use super::{ChatError, view};
use crate::store::{SqliteStore, StoreError};
use liaison_chat::link::{EventPage, ThreadHead};
use liaison_chat::rules::{Actor, Command, Rules};
use liaison_chat::{Event, EventSequence, ThreadId};
use liaison_identity::RawId;
use std::sync::Arc;

impl SqliteStore {
    pub(in crate::store) async fn chat_events(
        &self,
        rules: Arc<Rules>,
        thread: ThreadId,
        actor: Actor,
        after: EventSequence,
        size: usize,
    ) -> Result<EventPage, ChatError> {
        self.granted(rules, thread, actor, Command::ReadEvents, move |c, place, grant| {
            let first = after.next().max(grant.first_event);
            let mut query = c.prepare_cached(
                "SELECT event FROM chat_event
                 WHERE owner_id = ?1 AND thread_id = ?2 AND sequence BETWEEN ?3 AND ?4
                 ORDER BY sequence LIMIT ?5",
            )?;
            let rows = query.query_map(
                (
                    &place.owner,
                    &place.thread,
                    signed(first.0),
                    signed(grant.last_event.0),
                    i64::try_from(size).unwrap_or(i64::MAX),
                ),
                |row| rows::json::<Event>(row, 0),
            )?;
            let mut events = Vec::new();
            // Where what is there begins, and up to where nothing lacks: whoever asks is told of the rest, and does
            // not ask for it again and again.
            let (mut begins, mut next) = (None, first);
            for event in rows {
                let event = event?;
                let sequence = event.sequence.unwrap_or(next);
                let begin = *begins.get_or_insert(sequence);
                next = next.max(begin);
                if sequence != next {
                    break;
                }
                next = next.next();
                let message = match event.message_id() {
                    Some(id) => view::message(c, place, id)?,
                    None => None,
                };
                events.push(event.from_log(message.as_ref(), grant.history));
            }
            let begins = begins.unwrap_or(grant.last_event.next());
            let lacks = begins > first && first <= grant.last_event;
            let first = if lacks { begins } else { grant.first_event };
            Ok(EventPage { first, head: grant.last_event, events })
        })
        .await
    }

    pub(in crate::store) async fn chat_heads(
        &self,
        user: RawId,
        after: Option<ThreadId>,
        size: usize,
    ) -> Result<super::Page<ThreadHead, ThreadId>, StoreError> {
        self.read(move |c| {
            let mut query = c.prepare_cached(
                "SELECT t.thread_id, p.joined_event, coalesce(p.removed_event, t.event), t.deleted_ms IS NOT NULL
                 FROM chat_participant p JOIN chat_thread t USING (owner_id, thread_id)
                 WHERE p.raw_id = ?1 AND t.thread_id > ?2
                 AND (t.deleted_ms IS NULL OR p.removed_event IS NULL)
                 ORDER BY t.thread_id LIMIT ?3",
            )?;
            let after = after.map_or(String::new(), |after| after.to_string());
            let rows = query.query_map((user.as_str(), after, more(size)), |row| {
                let head = EventSequence(rows::number(row, 2)?);
                // Of a deleted thread only its end is told.
                let first = if row.get(3)? { head } else { EventSequence(rows::number(row, 1)?) };
                let item = ThreadHead { thread: rows::parsed(row, 0)?, first, head };
                Ok((item.clone(), item.thread))
            })?;
            super::lists::page(rows.collect::<Result<_, _>>()?, size)
        })
        .await
    }
}
