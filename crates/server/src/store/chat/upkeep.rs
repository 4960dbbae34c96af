//! What is done to chats without anybody asking: retention, and dropping what deleted threads held.

use super::commands::now;
use super::rows::signed;
use super::view::{self, Place};
use super::{attachments, changes, rows, webhooks};
use crate::store::{SqliteStore, StoreError};
use liaison_chat::ThreadId;
use liaison_chat::rules::expire;
use rusqlite::{Connection, OptionalExtension};

/// How many threads end, or rows are dropped, in one transaction: the others wait for it.
const THREADS: u32 = 20;
const ROWS: u32 = 500;

impl SqliteStore {
    pub(in crate::store) async fn expire_chats(&self) -> Result<bool, StoreError> {
        self.write_and_tell(|c| {
            let now = now();
            let mut query = c.prepare_cached(
                "SELECT thread_id FROM chat_thread WHERE due_ms <= ?1 AND deleted_ms IS NULL LIMIT ?2",
            )?;
            let due: Vec<ThreadId> = query
                .query_map((signed(now.0), THREADS), |row| rows::parsed(row, 0))?
                .collect::<Result<_, _>>()?;
            let mut events = Vec::new();
            for thread in &due {
                let Some((place, thread)) = view::thread(c, thread)? else { continue };
                if let Some(decision) = expire(&thread, now) {
                    changes::apply(c, &place, &decision)?;
                    events.extend(decision.events);
                }
            }
            Ok((due.len() == THREADS as usize, events))
        })
        .await
    }

    pub(in crate::store) async fn purge_chats(&self) -> Result<bool, StoreError> {
        self.write(|c| {
            let mut query = c.prepare_cached(
                "SELECT owner_id, thread_id, event FROM chat_thread WHERE purge = 1 LIMIT 1",
            )?;
            let found = query.query_row([], |row| {
                Ok((Place { owner: row.get(0)?, thread: row.get(1)? }, row.get::<_, i64>(2)?))
            });
            let Some((place, last)) = found.optional()? else { return Ok(false) };
            let messages = drop_rows(c, &place, "chat_message", "message_id", i64::MAX)?;
            if messages == ROWS as usize {
                return Ok(true);
            }
            // The log goes when every webhook was told of it. It says nothing of what messages said.
            if webhooks::is_owed(c, &place)? {
                set_purge(c, &place, webhooks::WAITS)?;
                return Ok(true);
            }
            let events = drop_rows(c, &place, "chat_event", "sequence", last)?;
            if messages + events < ROWS as usize {
                let of_thread = (&place.owner, &place.thread);
                attachments::drop_files(c, attachments::OF_THREAD, of_thread)?;
                c.prepare_cached("DELETE FROM chat_receipt WHERE owner_id = ?1 AND thread_id = ?2")?
                    .execute((&place.owner, &place.thread))?;
                c.prepare_cached(
                    "UPDATE chat_thread SET purge = 0, topic = '', metadata = ''
                     WHERE owner_id = ?1 AND thread_id = ?2",
                )?
                .execute((&place.owner, &place.thread))?;
            }
            Ok(true)
        })
        .await
    }

    pub(in crate::store) async fn prune_chat_creations(&self, before_ms: i64) -> Result<(), StoreError> {
        self.write(move |c| {
            c.prepare_cached("DELETE FROM chat_creation WHERE created_ms < ?1")?.execute([before_ms])?;
            Ok(())
        })
        .await
    }
}

pub(super) fn set_purge(c: &Connection, place: &Place, state: i64) -> Result<(), StoreError> {
    c.prepare_cached("UPDATE chat_thread SET purge = ?3 WHERE owner_id = ?1 AND thread_id = ?2")?
        .execute((&place.owner, &place.thread, state))?;
    Ok(())
}

fn drop_rows(c: &Connection, place: &Place, table: &str, key: &str, below: i64) -> Result<usize, StoreError> {
    let dropped = c
        .prepare_cached(&format!(
            "DELETE FROM {table} WHERE owner_id = ?1 AND thread_id = ?2 AND {key} IN
             (SELECT {key} FROM {table} WHERE owner_id = ?1 AND thread_id = ?2 AND {key} < ?3 LIMIT {ROWS})"
        ))?
        .execute((&place.owner, &place.thread, below))?;
    Ok(dropped)
}
