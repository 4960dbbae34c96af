//! What participants read, page by page. A page begins after a key, never after a number of rows: what
//! comes or goes meanwhile moves nothing else from one page to another.

use super::commands::judge;
use super::rows::{self, signed};
use super::view::{self, Place};
use super::{ChatError, flat};
use crate::store::{SqliteStore, StoreError};
use liaison_chat::model::{Message, Participant, ReadReceipt, Thread};
use liaison_chat::rules::{Actor, Command, Grant, Outcome, Rules};
use liaison_chat::{MessageId, ThreadId, UnixMillis};
use rusqlite::Connection;
use std::sync::Arc;

/// A part of a list, and where the next one begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Page<T, K> {
    pub(crate) items: Vec<T>,
    pub(crate) next: Option<K>,
}

/// A thread in its participant's list: when they joined it, and its name.
pub(crate) type ThreadKey = (u64, String);
/// A participant in the thread's list: when they joined, and who.
pub(crate) type ParticipantKey = (u64, String);

/// A thread as listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ThreadItem {
    pub(crate) id: ThreadId,
    pub(crate) topic: String,
    pub(crate) last_message_at: Option<UnixMillis>,
}

impl SqliteStore {
    pub(in crate::store) async fn chat_threads(
        &self,
        actor: Actor,
        start: Option<UnixMillis>,
        after: Option<ThreadKey>,
        size: usize,
    ) -> Result<Page<ThreadItem, ThreadKey>, StoreError> {
        self.read(move |c| {
            let (joined, thread) = after.unwrap_or((u64::MAX, String::new()));
            let mut query = c.prepare_cached(
                "SELECT t.thread_id, t.topic, t.last_message, p.joined_ms
                 FROM chat_participant p JOIN chat_thread t USING (owner_id, thread_id)
                 WHERE p.raw_id = ?1 AND (p.joined_ms, p.thread_id) < (?2, ?3) AND p.removed_ms IS NULL
                 AND t.deleted_ms IS NULL AND coalesce(t.last_message, t.created_ms) >= ?4
                 ORDER BY p.joined_ms DESC, p.thread_id DESC LIMIT ?5",
            )?;
            let start = start.map_or(0, |start| signed(start.0));
            let rows = query.query_map(
                (actor.raw_id.as_str(), signed(joined), thread, start, more(size)),
                |row| {
                    let last: Option<i64> = row.get(2)?;
                    let item = ThreadItem {
                        id: rows::parsed(row, 0)?,
                        topic: row.get(1)?,
                        last_message_at: last.map(|at| UnixMillis(u64::try_from(at).unwrap_or(0))),
                    };
                    let key = (rows::number(row, 3)?, item.id.to_string());
                    Ok((item, key))
                },
            )?;
            page(rows.collect::<Result<_, _>>()?, size)
        })
        .await
    }

    pub(in crate::store) async fn chat_thread(
        &self,
        rules: Arc<Rules>,
        thread: ThreadId,
        actor: Actor,
    ) -> Result<Thread, ChatError> {
        self.granted(rules, thread.clone(), actor, Command::GetThread, move |c, _, _| {
            let found = view::thread(c, &thread)?;
            Ok(found.ok_or_else(|| StoreError::not_found("thread", thread.as_str()))?.1)
        })
        .await
    }

    pub(in crate::store) async fn chat_message(
        &self,
        rules: Arc<Rules>,
        thread: ThreadId,
        actor: Actor,
        id: MessageId,
    ) -> Result<Message, ChatError> {
        self.granted(rules, thread, actor, Command::GetMessage(id), move |c, place, _| {
            view::message(c, place, id)?.ok_or_else(|| StoreError::not_found("message", &id.to_string()))
        })
        .await
    }

    pub(in crate::store) async fn chat_messages(
        &self,
        rules: Arc<Rules>,
        thread: ThreadId,
        actor: Actor,
        start: Option<UnixMillis>,
        before: Option<MessageId>,
        size: usize,
    ) -> Result<Page<Message, MessageId>, ChatError> {
        self.granted(rules, thread, actor, Command::ListMessages, move |c, place, grant| {
            let mut query = c.prepare_cached(&format!(
                "SELECT {} FROM chat_message WHERE owner_id = ?1 AND thread_id = ?2 AND message_id < ?3
                 AND message_id >= ?4 AND version <= ?5 ORDER BY message_id DESC LIMIT ?6",
                rows::MESSAGE
            ))?;
            let from = grant.history.from.max(start.unwrap_or_default());
            let until = grant.history.until.map_or(i64::MAX, |until| signed(until.0));
            let before = before.map_or(i64::MAX, |before| signed(before.0));
            let rows = query.query_map(
                (&place.owner, &place.thread, before, signed(from.0), until, more(size)),
                |row| rows::message(row).map(|message| (message.clone(), message.id)),
            )?;
            page(rows.collect::<Result<_, _>>()?, size)
        })
        .await
    }

    pub(in crate::store) async fn chat_participants(
        &self,
        rules: Arc<Rules>,
        thread: ThreadId,
        actor: Actor,
        skip: u32,
        after: Option<ParticipantKey>,
        size: usize,
    ) -> Result<Page<Participant, ParticipantKey>, ChatError> {
        self.granted(rules, thread, actor, Command::ListParticipants, move |c, place, _| {
            let (joined, raw_id) = after.unwrap_or_default();
            let mut query = c.prepare_cached(&format!(
                "SELECT {} FROM chat_participant WHERE owner_id = ?1 AND thread_id = ?2
                 AND (joined_ms, raw_id) > (?3, ?4) AND removed_ms IS NULL
                 ORDER BY joined_ms, raw_id LIMIT ?5 OFFSET ?6",
                rows::PARTICIPANT
            ))?;
            let rows = query.query_map(
                (&place.owner, &place.thread, signed(joined), raw_id, more(size), skip),
                |row| {
                    let row = rows::participation(row)?;
                    let key = (row.joined_at.0, row.participant.raw_id.to_string());
                    Ok((row.participant, key))
                },
            )?;
            page(rows.collect::<Result<_, _>>()?, size)
        })
        .await
    }

    pub(in crate::store) async fn chat_receipts(
        &self,
        rules: Arc<Rules>,
        thread: ThreadId,
        actor: Actor,
        skip: u32,
        after: Option<String>,
        size: usize,
    ) -> Result<Page<ReadReceipt, String>, ChatError> {
        self.granted(rules, thread, actor, Command::ListReadReceipts, move |c, place, _| {
            let mut query = c.prepare_cached(
                "SELECT r.raw_id, r.message_id, r.read_ms
                 FROM chat_receipt r JOIN chat_participant p USING (owner_id, thread_id, raw_id)
                 WHERE r.owner_id = ?1 AND r.thread_id = ?2 AND r.raw_id > ?3 AND p.removed_ms IS NULL
                 ORDER BY r.raw_id LIMIT ?4 OFFSET ?5",
            )?;
            let rows = query.query_map(
                (&place.owner, &place.thread, after.unwrap_or_default(), more(size), skip),
                |row| rows::receipt(row).map(|receipt| (receipt.clone(), receipt.reader.to_string())),
            )?;
            page(rows.collect::<Result<_, _>>()?, size)
        })
        .await
    }

    /// Reads in a thread what the rules grant of it, all of one moment.
    pub(super) async fn granted<T, F>(
        &self,
        rules: Arc<Rules>,
        thread: ThreadId,
        actor: Actor,
        command: Command,
        query: F,
    ) -> Result<T, ChatError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection, &Place, Grant) -> Result<T, StoreError> + Send + 'static,
    {
        let judged = self.read(move |c| {
            let (judged, place) = judge(c, &rules, &thread, &actor, command)?;
            match (judged.map(|decision| decision.outcome), place) {
                (Ok(Outcome::Granted(grant)), Some(place)) => Ok(Ok(query(c, &place, grant)?)),
                (Ok(_), _) => Err(StoreError::Database("the rules granted nothing".to_owned())),
                (Err(refusal), _) => Ok(Err(refusal)),
            }
        });
        flat(judged.await)
    }
}

/// One row more says whether there is a next page.
pub(super) fn more(size: usize) -> i64 {
    i64::try_from(size.saturating_add(1)).unwrap_or(i64::MAX)
}

pub(super) fn page<T, K>(mut rows: Vec<(T, K)>, size: usize) -> Result<Page<T, K>, StoreError> {
    let further = rows.len() > size;
    rows.truncate(size);
    let mut next = None;
    let mut items = Vec::with_capacity(rows.len());
    for (item, key) in rows {
        items.push(item);
        next = Some(key);
    }
    Ok(Page { items, next: next.filter(|_| further) })
}
