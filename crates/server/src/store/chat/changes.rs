//! Writing what was decided.

use super::rows::{self, metadata_text, signed, text};
use super::view::Place;
use super::{attachments, webhooks};
use crate::store::StoreError;
use liaison_chat::Event;
use liaison_chat::model::{Heads, Message, Participation, ReadReceipt, Thread};
use liaison_chat::rules::{Change, Decision};
use rusqlite::Connection;

/// Writes a decision and its part of the log.
pub(super) fn apply(connection: &Connection, place: &Place, decision: &Decision) -> Result<(), StoreError> {
    decision.changes.iter().try_for_each(|change| write(connection, place, change))?;
    decision.events.iter().try_for_each(|event| log(connection, place, event))
}

fn write(c: &Connection, place: &Place, change: &Change) -> Result<(), StoreError> {
    let Place { owner, thread } = place;
    match change {
        Change::InsertThread(new) => return insert_thread(c, place, new),
        Change::Advance(heads) => return advance(c, place, heads),
        Change::InsertMessage(message) => return put_message(c, place, message),
        Change::ReplaceMessage(message) => {
            if message.content.is_none() {
                let which = (owner, thread, signed(message.id.0));
                attachments::drop_files(c, attachments::OF_MESSAGE, which)?;
            }
            return put_message(c, place, message);
        }
        Change::Attach { attachment, message } => {
            return attachments::attach(c, place, *attachment, *message);
        }
        Change::DeleteAttachment(id) => return attachments::drop_one(c, place, *id),
        Change::PutParticipation(row) => return put_participation(c, place, row),
        Change::PutReceipt(receipt) => return put_receipt(c, place, receipt),
        Change::SetTopic(topic) => {
            c.prepare_cached("UPDATE chat_thread SET topic = ?3 WHERE owner_id = ?1 AND thread_id = ?2")?
                .execute((owner, thread, topic.as_str()))?;
        }
        Change::SetMetadata(metadata) => {
            c.prepare_cached("UPDATE chat_thread SET metadata = ?3 WHERE owner_id = ?1 AND thread_id = ?2")?
                .execute((owner, thread, metadata_text(metadata)?))?;
        }
        Change::SetRetention(retention) => {
            let created: i64 = c
                .prepare_cached("SELECT created_ms FROM chat_thread WHERE owner_id = ?1 AND thread_id = ?2")?
                .query_row((owner, thread), |row| row.get(0))?;
            let created = liaison_chat::UnixMillis(u64::try_from(created).unwrap_or(0));
            let due = retention.due(created).map(|due| signed(due.0));
            c.prepare_cached(
                "UPDATE chat_thread SET retention = ?3, due_ms = ?4 WHERE owner_id = ?1 AND thread_id = ?2",
            )?
            .execute((owner, thread, text(retention)?, due))?;
        }
        Change::MarkDeleted(at) => {
            // What it held is dropped in small steps afterwards (`upkeep`); nobody can read it from now on.
            c.prepare_cached(
                "UPDATE chat_thread SET deleted_ms = ?3, purge = 1 WHERE owner_id = ?1 AND thread_id = ?2",
            )?
            .execute((owner, thread, signed(at.0)))?;
        }
    }
    Ok(())
}

fn insert_thread(c: &Connection, place: &Place, new: &Thread) -> Result<(), StoreError> {
    c.prepare_cached(
        "INSERT INTO chat_thread VALUES
         (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 0, ?10, ?11, ?12, ?13, ?14, ?15)",
    )?
    .execute(rusqlite::params![
        place.owner,
        place.thread,
        new.topic.as_str(),
        signed(new.created_at.0),
        new.created_by.as_str(),
        new.deleted_at.map(|at| signed(at.0)),
        metadata_text(&new.metadata)?,
        text(&new.retention)?,
        new.retention.due(new.created_at).map(|due| signed(due.0)),
        signed(new.heads.stamp.0),
        signed(new.heads.messages),
        new.heads.last_message.map(|id| signed(id.0)),
        signed(new.heads.event.0),
        new.heads.app_users,
        new.heads.staff,
    ])?;
    Ok(())
}

fn advance(c: &Connection, place: &Place, heads: &Heads) -> Result<(), StoreError> {
    c.prepare_cached(
        "UPDATE chat_thread SET stamp = ?3, messages = ?4, last_message = ?5, event = ?6, app_users = ?7,
         staff = ?8 WHERE owner_id = ?1 AND thread_id = ?2",
    )?
    .execute((
        &place.owner,
        &place.thread,
        signed(heads.stamp.0),
        signed(heads.messages),
        heads.last_message.map(|id| signed(id.0)),
        signed(heads.event.0),
        heads.app_users,
        heads.staff,
    ))?;
    Ok(())
}

fn put_message(c: &Connection, place: &Place, message: &Message) -> Result<(), StoreError> {
    c.prepare_cached(
        "INSERT INTO chat_message VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
         ON CONFLICT (owner_id, thread_id, message_id) DO UPDATE
         SET version = excluded.version, content = excluded.content, sender_name = excluded.sender_name,
         deleted_ms = excluded.deleted_ms, edited_ms = excluded.edited_ms, metadata = excluded.metadata",
    )?
    .execute(rusqlite::params![
        place.owner,
        place.thread,
        signed(message.id.0),
        message.kind.as_str(),
        signed(message.sequence_id),
        signed(message.version.0),
        message.content.as_ref().map(rows::text).transpose()?,
        message.sender.as_ref().map(liaison_identity::RawId::as_str),
        message.sender_display_name.as_ref().map(liaison_chat::Text::as_str),
        message.client_id.as_ref().map(liaison_chat::ClientMessageId::as_str),
        message.deleted_at.map(|at| signed(at.0)),
        message.edited_at.map(|at| signed(at.0)),
        metadata_text(&message.metadata)?,
    ])?;
    Ok(())
}

fn put_participation(c: &Connection, place: &Place, row: &Participation) -> Result<(), StoreError> {
    let who = &row.participant;
    c.prepare_cached(
        "INSERT INTO chat_participant VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT DO UPDATE
         SET display_name = excluded.display_name, share_history_ms = excluded.share_history_ms,
         metadata = excluded.metadata, joined_ms = excluded.joined_ms, joined_event = excluded.joined_event,
         removed_ms = excluded.removed_ms, removed_event = excluded.removed_event",
    )?
    .execute((
        &place.owner,
        &place.thread,
        who.raw_id.as_str(),
        who.display_name.as_ref().map(liaison_chat::Text::as_str),
        signed(who.share_history_from.0),
        metadata_text(&who.metadata)?,
        signed(row.joined_at.0),
        signed(row.joined_event.0),
        row.removed.map(|removal| signed(removal.at.0)),
        row.removed.map(|removal| signed(removal.event.0)),
    ))?;
    Ok(())
}

fn put_receipt(c: &Connection, place: &Place, receipt: &ReadReceipt) -> Result<(), StoreError> {
    c.prepare_cached(
        "INSERT INTO chat_receipt VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO UPDATE
         SET message_id = excluded.message_id, read_ms = excluded.read_ms",
    )?
    .execute((
        &place.owner,
        &place.thread,
        receipt.reader.as_str(),
        signed(receipt.message.0),
        signed(receipt.read_at.0),
    ))?;
    Ok(())
}

fn log(c: &Connection, place: &Place, event: &Event) -> Result<(), StoreError> {
    let (Some(kept), Some(sequence)) = (event.to_log(), event.sequence) else { return Ok(()) };
    c.prepare_cached("INSERT INTO chat_event VALUES (?1, ?2, ?3, ?4)")?.execute((
        &place.owner,
        &place.thread,
        signed(sequence.0),
        text(&kept)?,
    ))?;
    webhooks::owe(c, place, sequence)
}
