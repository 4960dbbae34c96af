//! What webhooks have not been told yet.
//!
//! The commit that writes an event notes that its thread is owed to each webhook of its owner; so neither a restart nor
//! a kill can come between. The events themselves are read from the log when they are told.

use super::members::{self, Member};
use super::rows::{self, signed};
use super::upkeep::set_purge;
use super::view::{self, Place};
use crate::clock;
use crate::store::{SqliteStore, StoreError, WebhookKey};
use liaison_chat::model::History;
use liaison_chat::{Event, EventSequence, ThreadId, UnixMillis};
use rusqlite::{Connection, OptionalExtension};

/// A deleted thread's `purge`: to be dropped, and to be dropped once all webhooks were told.
const DROP: i64 = 1;
pub(super) const WAITS: i64 = 2;

/// A thread of which a webhook is owed events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Due {
    pub(crate) thread: ThreadId,
    /// Told up to this.
    pub(crate) told: EventSequence,
    /// How often the next was tried.
    pub(crate) attempts: u32,
    /// When it is tried next, in milliseconds since 1970.
    pub(crate) due_ms: i64,
}

/// Events that are owed, with what it takes to tell them.
#[derive(Debug)]
pub(crate) struct Owing {
    pub(crate) events: Vec<Owed>,
    pub(crate) members: Vec<Member>,
    /// When the thread was created.
    pub(crate) created_at: UnixMillis,
}

/// One event that is owed.
#[derive(Debug)]
pub(crate) struct Owed {
    pub(crate) sequence: EventSequence,
    /// `None`: it is not in the log any more.
    pub(crate) event: Option<Event>,
}

/// Notes that every webhook of the owner is owed this event, unless an earlier one is owed already.
pub(super) fn owe(c: &Connection, place: &Place, sequence: EventSequence) -> Result<(), StoreError> {
    c.prepare_cached(
        "INSERT INTO webhook_due SELECT owner_id, webhook_id, ?2, ?3, 0, ?4 FROM webhook WHERE owner_id = ?1
         ON CONFLICT DO NOTHING",
    )?
    .execute((&place.owner, &place.thread, signed(sequence.previous().0), clock::now_ms()))?;
    Ok(())
}

/// Whether any webhook is owed something of a thread.
pub(super) fn is_owed(c: &Connection, place: &Place) -> Result<bool, StoreError> {
    let mut query =
        c.prepare_cached("SELECT EXISTS (SELECT 1 FROM webhook_due WHERE owner_id = ?1 AND thread_id = ?2)")?;
    Ok(query.query_row((&place.owner, &place.thread), |row| row.get(0))?)
}

impl SqliteStore {
    pub(in crate::store) async fn webhook_due(
        &self,
        hook: WebhookKey,
        most: usize,
    ) -> Result<Vec<Due>, StoreError> {
        self.read(move |c| {
            let mut query = c.prepare_cached(
                "SELECT thread_id, sequence, attempts, due_ms FROM webhook_due
                 WHERE owner_id = ?1 AND webhook_id = ?2 ORDER BY due_ms LIMIT ?3",
            )?;
            let most = i64::try_from(most).unwrap_or(i64::MAX);
            let rows = query.query_map((&hook.owner, &hook.id, most), |row| {
                Ok(Due {
                    thread: rows::parsed(row, 0)?,
                    told: EventSequence(rows::number(row, 1)?),
                    attempts: row.get(2)?,
                    due_ms: row.get(3)?,
                })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
    }

    pub(in crate::store) async fn webhook_owing(
        &self,
        thread: ThreadId,
        told: EventSequence,
        most: u32,
    ) -> Result<Owing, StoreError> {
        self.read(move |c| {
            let nothing = Owing { events: Vec::new(), members: Vec::new(), created_at: UnixMillis(0) };
            let Some((place, thread)) = view::thread(c, &thread)? else { return Ok(nothing) };
            let mut query = c.prepare_cached(
                "SELECT sequence, event FROM chat_event WHERE owner_id = ?1 AND thread_id = ?2 AND sequence > ?3
                 ORDER BY sequence LIMIT ?4",
            )?;
            let rows = query.query_map((&place.owner, &place.thread, signed(told.0), most), |row| {
                Ok((EventSequence(rows::number(row, 0)?), rows::json::<Event>(row, 1)?))
            })?;
            let everything = History { from: UnixMillis(0), until: None };
            let mut events = Vec::new();
            for row in rows {
                let (sequence, event) = row?;
                let message = match event.message_id().filter(|_| thread.deleted_at.is_none()) {
                    Some(id) => view::message(c, &place, id)?,
                    None => None,
                };
                events.push(Owed { sequence, event: Some(event.from_log(message.as_ref(), everything)) });
            }
            // What a damaged log does not hold is not asked for again and again.
            if events.is_empty() && told < thread.heads.event {
                events.push(Owed { sequence: thread.heads.event, event: None });
            }
            Ok(Owing { events, members: members::members(c, &place)?, created_at: thread.created_at })
        })
        .await
    }

    pub(in crate::store) async fn webhook_told(
        &self,
        hook: WebhookKey,
        thread: ThreadId,
        told: EventSequence,
    ) -> Result<bool, StoreError> {
        self.write(move |c| {
            let head = c
                .prepare_cached("SELECT event FROM chat_thread WHERE owner_id = ?1 AND thread_id = ?2")?
                .query_row((&hook.owner, thread.as_str()), |row| rows::number(row, 0))
                .optional()?;
            if head.is_some_and(|head| told.0 < head) {
                c.prepare_cached(
                    "UPDATE webhook_due SET sequence = ?4, attempts = 0, due_ms = ?5
                     WHERE owner_id = ?1 AND webhook_id = ?2 AND thread_id = ?3",
                )?
                .execute((
                    &hook.owner,
                    &hook.id,
                    thread.as_str(),
                    signed(told.0),
                    clock::now_ms(),
                ))?;
                return Ok(true);
            }
            c.prepare_cached(
                "DELETE FROM webhook_due WHERE owner_id = ?1 AND webhook_id = ?2 AND thread_id = ?3",
            )?
            .execute((&hook.owner, &hook.id, thread.as_str()))?;
            release(c, &Place { owner: hook.owner, thread: thread.to_string() })?;
            Ok(false)
        })
        .await
    }

    pub(in crate::store) async fn webhook_failed(
        &self,
        hook: WebhookKey,
        thread: ThreadId,
        attempts: u32,
        due_ms: i64,
    ) -> Result<(), StoreError> {
        self.write(move |c| {
            c.prepare_cached(
                "UPDATE webhook_due SET attempts = ?4, due_ms = ?5
                 WHERE owner_id = ?1 AND webhook_id = ?2 AND thread_id = ?3",
            )?
            .execute((&hook.owner, &hook.id, thread.as_str(), attempts, due_ms))?;
            Ok(())
        })
        .await
    }
}

/// A deleted thread's log is dropped when nobody is owed it any more.
fn release(c: &Connection, place: &Place) -> Result<(), StoreError> {
    let mut query =
        c.prepare_cached("SELECT purge FROM chat_thread WHERE owner_id = ?1 AND thread_id = ?2")?;
    let purge: Option<i64> = query.query_row((&place.owner, &place.thread), |row| row.get(0)).optional()?;
    if purge == Some(WAITS) && !is_owed(c, place)? { set_purge(c, place, DROP) } else { Ok(()) }
}

/// Lets go of every thread that only a webhook which is gone was owed.
pub(in crate::store) fn release_all(c: &Connection, owner: &str) -> Result<(), StoreError> {
    c.prepare_cached(
        "UPDATE chat_thread SET purge = ?2 WHERE owner_id = ?1 AND purge = ?3 AND NOT EXISTS
         (SELECT 1 FROM webhook_due d WHERE d.owner_id = chat_thread.owner_id AND d.thread_id = chat_thread.thread_id)",
    )?
    .execute((owner, DROP, WAITS))?;
    Ok(())
}
