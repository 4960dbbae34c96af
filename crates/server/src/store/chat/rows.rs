//! Between rows and the model of chat.

use crate::store::StoreError;
use liaison_chat::model::{
    Heads, Message, MessageContent, MessageKind, Metadata, Participant, Participation, ReadReceipt, Removal,
    Thread,
};
use liaison_chat::{EventSequence, MessageId, Text, UnixMillis};
use rusqlite::Row;
use rusqlite::types::Type;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The columns of [`thread`].
pub(super) const THREAD: &str = "thread_id, topic, created_ms, created_by, deleted_ms, metadata, retention, \
     stamp, messages, last_message, event, app_users, staff";
/// The columns of [`participation`].
pub(super) const PARTICIPANT: &str = "raw_id, display_name, share_history_ms, metadata, joined_ms, \
     joined_event, removed_ms, removed_event";
/// The columns of [`message`].
pub(super) const MESSAGE: &str = "message_id, kind, sequence_id, version, content, sender, sender_name, \
     client_id, deleted_ms, edited_ms, metadata";

pub(super) fn thread(row: &Row<'_>) -> rusqlite::Result<Thread> {
    Ok(Thread {
        id: parsed(row, 0)?,
        topic: Text(row.get(1)?),
        created_at: millis(row, 2)?,
        created_by: parsed(row, 3)?,
        deleted_at: maybe_millis(row, 4)?,
        metadata: metadata(row, 5)?,
        retention: json(row, 6)?,
        heads: Heads {
            stamp: millis(row, 7)?,
            messages: number(row, 8)?,
            last_message: maybe_number(row, 9)?.map(MessageId),
            event: EventSequence(number(row, 10)?),
            app_users: row.get(11)?,
            staff: row.get(12)?,
        },
    })
}

pub(super) fn participation(row: &Row<'_>) -> rusqlite::Result<Participation> {
    let removed = match (maybe_millis(row, 6)?, maybe_number(row, 7)?) {
        (Some(at), Some(event)) => Some(Removal { at, event: EventSequence(event) }),
        _ => None,
    };
    Ok(Participation {
        participant: Participant {
            raw_id: parsed(row, 0)?,
            display_name: row.get::<_, Option<String>>(1)?.map(Text),
            share_history_from: millis(row, 2)?,
            metadata: metadata(row, 3)?,
        },
        joined_at: millis(row, 4)?,
        joined_event: EventSequence(number(row, 5)?),
        removed,
    })
}

pub(super) fn message(row: &Row<'_>) -> rusqlite::Result<Message> {
    let content: Option<String> = row.get(4)?;
    Ok(Message {
        id: MessageId(number(row, 0)?),
        kind: kind(row, 1)?,
        sequence_id: number(row, 2)?,
        version: millis(row, 3)?,
        content: content.map(|text| read::<MessageContent>(&text, 4)).transpose()?,
        sender: maybe_parsed(row, 5)?,
        sender_display_name: row.get::<_, Option<String>>(6)?.map(Text),
        client_id: maybe_parsed(row, 7)?,
        deleted_at: maybe_millis(row, 8)?,
        edited_at: maybe_millis(row, 9)?,
        metadata: metadata(row, 10)?,
    })
}

pub(super) fn receipt(row: &Row<'_>) -> rusqlite::Result<ReadReceipt> {
    Ok(ReadReceipt { reader: parsed(row, 0)?, message: MessageId(number(row, 1)?), read_at: millis(row, 2)? })
}

/// What is written of metadata; nothing when there is none.
pub(super) fn metadata_text(metadata: &Metadata) -> Result<String, StoreError> {
    if metadata.is_empty() { Ok(String::new()) } else { text(metadata) }
}

/// JSON to be written.
pub(super) fn text<T: Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Database(error.to_string()))
}

/// JSON of a column.
pub(super) fn json<T: DeserializeOwned>(row: &Row<'_>, column: usize) -> rusqlite::Result<T> {
    read(&row.get::<_, String>(column)?, column)
}

/// A number that is never negative.
pub(super) fn number(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    row.get::<_, i64>(column).map(|number| u64::try_from(number).unwrap_or(0))
}

pub(super) fn millis(row: &Row<'_>, column: usize) -> rusqlite::Result<UnixMillis> {
    number(row, column).map(UnixMillis)
}

/// A number to be written. None here comes near the end of `i64`.
pub(super) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A name of a column, such as a raw id.
pub(super) fn parsed<T: std::str::FromStr>(row: &Row<'_>, column: usize) -> rusqlite::Result<T>
where
    T::Err: std::error::Error + Send + Sync + 'static,
{
    let text: String = row.get(column)?;
    text.parse().map_err(|error| damaged(column, error))
}

fn maybe_parsed<T: std::str::FromStr>(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<T>>
where
    T::Err: std::error::Error + Send + Sync + 'static,
{
    let text: Option<String> = row.get(column)?;
    text.map(|text| text.parse().map_err(|error| damaged(column, error))).transpose()
}

fn maybe_number(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<u64>> {
    Ok(row.get::<_, Option<i64>>(column)?.map(|number| u64::try_from(number).unwrap_or(0)))
}

fn maybe_millis(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<UnixMillis>> {
    Ok(maybe_number(row, column)?.map(UnixMillis))
}

fn metadata(row: &Row<'_>, column: usize) -> rusqlite::Result<Metadata> {
    match row.get::<_, Option<String>>(column)? {
        None => Ok(Metadata::default()),
        Some(text) if text.is_empty() => Ok(Metadata::default()),
        Some(text) => read(&text, column),
    }
}

fn kind(row: &Row<'_>, column: usize) -> rusqlite::Result<MessageKind> {
    // The crate reads its own words.
    let word: String = row.get(column)?;
    serde_json::from_value(serde_json::Value::String(word)).map_err(|error| damaged(column, error))
}

fn read<T: DeserializeOwned>(text: &str, column: usize) -> rusqlite::Result<T> {
    serde_json::from_str(text).map_err(|error| damaged(column, error))
}

fn damaged(column: usize, error: impl std::error::Error + Send + Sync + 'static) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, Type::Text, Box::new(error))
}
