//! Everything the service keeps of one person: writing it out, and erasing it.

use super::chat::{drop_files_of, without_names};
use super::{SqliteStore, StoreError, schema};
use crate::attachments::{ContentHash, place};
use crate::clock;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use liaison_identity::RawId;
use rusqlite::Connection;
use std::io::Write;
use std::path::Path;

/// What is kept, as one JSON object a row. `?1` is the raw id.
const KEPT: [&str; 8] = [
    "SELECT json_object('kind', 'identity', 'resourceId', resource_id, 'createdMs', created_ms,
                        'deletedMs', deleted_ms)
     FROM identity WHERE '8:acs:' || resource_id || '_' || user_id = ?1",
    "SELECT json_object('kind', 'member', 'tenantId', tenant_id, 'userPrincipalName', upn,
                        'displayName', display_name, 'mode', mode, 'createdMs', created_ms)
     FROM member WHERE '8:orgid:' || object_id = ?1",
    "SELECT json_object('kind', 'pushRegistration', 'deviceId', device_id, 'provider', provider)
     FROM push_registration WHERE raw_id = ?1",
    "SELECT json_object('kind', 'thread', 'threadId', thread_id, 'topic', t.topic, 'displayName', p.display_name,
                        'metadata', json(nullif(p.metadata, '')), 'joinedMs', p.joined_ms,
                        'removedMs', p.removed_ms)
     FROM chat_participant p JOIN chat_thread t USING (owner_id, thread_id) WHERE p.raw_id = ?1",
    "SELECT json_object('kind', 'message', 'threadId', thread_id, 'messageId', m.message_id, 'type', m.kind,
                        'content', json(m.content), 'senderDisplayName', m.sender_name,
                        'metadata', json(nullif(m.metadata, '')), 'editedMs', m.edited_ms,
                        'deletedMs', m.deleted_ms)
     FROM chat_participant p JOIN chat_message m USING (owner_id, thread_id)
     WHERE p.raw_id = ?1 AND m.sender = ?1",
    "SELECT json_object('kind', 'receipt', 'threadId', thread_id, 'messageId', r.message_id, 'readMs', r.read_ms)
     FROM chat_participant p JOIN chat_receipt r USING (owner_id, thread_id, raw_id) WHERE p.raw_id = ?1",
    "SELECT json_object('kind', 'call', 'record', json(record)) FROM call WHERE instr(record, ?1) > 0",
    "SELECT json_object('kind', 'audit', 'atMs', at_ms, 'action', action, 'outcome', outcome, 'reason', reason,
                        'actor', actor, 'target', target)
     FROM audit WHERE actor = ?1 OR target = ?1",
];

/// Writes all that is kept of a person, one JSON object a line, as of one moment. How many lines. Blocks.
pub(crate) fn export_subject(
    database: &Path,
    files: &Path,
    raw_id: &RawId,
    out: &mut dyn Write,
) -> Result<u64, String> {
    let connection = schema::open_reader(database).map_err(|error| error.to_string())?;
    let moment = connection.unchecked_transaction().map_err(|error| error.to_string())?;
    let mut lines = 0;
    for sql in KEPT {
        let mut query = connection.prepare(sql).map_err(|error| error.to_string())?;
        let mut rows = query.query([raw_id.as_str()]).map_err(|error| error.to_string())?;
        while let Some(row) = rows.next().map_err(|error| error.to_string())? {
            let line: String = row.get(0).map_err(|error| error.to_string())?;
            writeln!(out, "{line}").map_err(|error| error.to_string())?;
            lines += 1;
        }
    }
    lines += export_files(&connection, files, raw_id, out)?;
    moment.finish().map_err(|error| error.to_string())?;
    Ok(lines)
}

/// Each file that the person uploaded, with its content.
fn export_files(c: &Connection, files: &Path, raw_id: &RawId, out: &mut dyn Write) -> Result<u64, String> {
    let text = |error: &dyn std::fmt::Display| error.to_string();
    let mut query = c
        .prepare(
            "SELECT json_object('kind', 'file', 'threadId', thread_id, 'attachmentId', attachment_id, 'name', name,
                                'mediaType', media_type, 'uploadedMs', uploaded_ms, 'messageId', message_id),
                    sha256
             FROM chat_attachment WHERE uploader = ?1",
        )
        .map_err(|error| text(&error))?;
    let mut rows = query.query([raw_id.as_str()]).map_err(|error| text(&error))?;
    let mut lines = 0;
    while let Some(row) = rows.next().map_err(|error| text(&error))? {
        let line: String = row.get(0).map_err(|error| text(&error))?;
        let hash: String = row.get(1).map_err(|error| text(&error))?;
        let hash: ContentHash = hash.parse().map_err(|error| text(&error))?;
        let content = std::fs::read(place(files, hash)).map_err(|error| format!("file {hash}: {error}"))?;
        let fields = line.strip_suffix('}').unwrap_or(&line);
        writeln!(out, "{fields},\"contentBase64\":\"{}\"}}", STANDARD.encode(content))
            .map_err(|error| text(&error))?;
        lines += 1;
    }
    Ok(lines)
}

/// Rows of one kind, in one thread, that are looked at in one transaction.
const BATCH: usize = 500;

/// What may name a person: a table, the number of a row within its thread, and the column that holds JSON.
const NAMING: [(&str, &str, &str); 2] =
    [("chat_message", "message_id", "content"), ("chat_event", "sequence", "event")];

impl SqliteStore {
    pub(super) async fn scrub_subject(&self, raw_id: RawId) -> Result<(), StoreError> {
        let raw = raw_id.to_string();
        let places = self.read(move |c| {
            let mut query =
                c.prepare("SELECT owner_id, thread_id FROM chat_participant WHERE raw_id = ?1")?;
            let rows = query.query_map([raw], |row| Ok((row.get(0)?, row.get(1)?)))?;
            Ok(rows.collect::<Result<Vec<(String, String)>, _>>()?)
        });
        for (owner, thread) in places.await? {
            for naming in NAMING {
                let mut after = Some(0);
                while let Some(from) = after {
                    let key = (owner.clone(), thread.clone(), raw_id.to_string());
                    after = self.write(move |c| erasing(c, |c| scrub(c, naming, &key, from))).await?;
                }
            }
            let key = (owner, thread, raw_id.to_string());
            self.write(move |c| erasing(c, |c| forget(c, &key))).await?;
        }
        let raw = raw_id.to_string();
        self.write(move |c| {
            erasing(c, |c| {
                c.execute("DELETE FROM call WHERE live = 0 AND instr(record, ?1) > 0", [raw])?;
                Ok(())
            })
        })
        .await?;
        self.write_back().await
    }

    /// Brings what the log holds into the file, so that the log does not keep what was erased.
    async fn write_back(&self) -> Result<(), StoreError> {
        let path = self.folder.file(crate::folder::DATABASE);
        let done = tokio::task::spawn_blocking(move || {
            let connection = schema::connect(&path)?;
            connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
        });
        let done = done.await.map_err(|error| StoreError::Database(error.to_string()))?;
        done.map_err(StoreError::from)
    }
}

/// What is overwritten or deleted meanwhile is not left in free pages.
pub(super) fn erasing<T>(
    c: &Connection,
    work: impl FnOnce(&Connection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    c.pragma_update_and_check(None, "secure_delete", true, |_| Ok(()))?;
    let done = work(c);
    c.pragma_update_and_check(None, "secure_delete", "FAST", |_| Ok(()))?;
    done
}

/// Takes the person's names out of some rows; where to go on, if there is more.
fn scrub(
    c: &Connection,
    (table, key, column): (&str, &str, &str),
    (owner, thread, raw): &(String, String, String),
    from: i64,
) -> Result<Option<i64>, StoreError> {
    let rows: Vec<(i64, Option<String>)> = c
        .prepare_cached(&format!(
            "SELECT {key}, {column} FROM {table} WHERE owner_id = ?1 AND thread_id = ?2 AND {key} > ?3
             ORDER BY {key} LIMIT {BATCH}"
        ))?
        .query_map((owner, thread, from), |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    let mut update = c.prepare_cached(&format!(
        "UPDATE {table} SET {column} = ?4 WHERE owner_id = ?1 AND thread_id = ?2 AND {key} = ?3"
    ))?;
    for (number, text) in &rows {
        let named = text.as_deref().filter(|text| text.contains(raw.as_str()));
        if let Some(text) = named.map(|text| without_names(text, raw)).transpose()? {
            update.execute((owner, thread, number, text))?;
        }
    }
    Ok(rows.last().map(|(number, _)| *number).filter(|_| rows.len() == BATCH))
}

fn forget(c: &Connection, key @ (owner, thread, raw): &(String, String, String)) -> Result<(), StoreError> {
    drop_files_of(c, owner, thread, raw)?;
    // What the rules could not delete any more: they were not in the thread.
    c.prepare_cached(
        "UPDATE chat_message SET content = NULL, sender_name = NULL, client_id = NULL, metadata = '',
         deleted_ms = coalesce(deleted_ms, ?4) WHERE owner_id = ?1 AND thread_id = ?2 AND sender = ?3",
    )?
    .execute((owner, thread, raw, clock::now_ms()))?;
    c.prepare_cached("DELETE FROM chat_receipt WHERE owner_id = ?1 AND thread_id = ?2 AND raw_id = ?3")?
        .execute((owner, thread, raw))?;
    c.prepare_cached(
        "UPDATE chat_participant SET display_name = NULL, metadata = ''
         WHERE owner_id = ?1 AND thread_id = ?2 AND raw_id = ?3",
    )?
    .execute(key.clone())?;
    Ok(())
}
