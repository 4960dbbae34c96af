//! Rows of files: which there are, whose, and what is known of each. The bytes are elsewhere (`crate::attachments`).

use super::commands::judge;
use super::rows::{self, signed};
use super::view::{self, Place};
use super::{ChatError, flat};
use crate::attachments::ContentHash;
use crate::clock;
use crate::store::{SqliteStore, StoreError};
use liaison_chat::model::{AttachmentKind, StoredAttachment};
use liaison_chat::rules::{Actor, Command, Rules};
use liaison_chat::{AttachmentId, MessageId, Text, ThreadId};
use liaison_identity::RawId;
use rusqlite::{Connection, OptionalExtension, Params, Row};
use std::sync::Arc;

/// What is known of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FileFacts {
    pub(crate) kind: AttachmentKind,
    pub(crate) name: Option<String>,
    pub(crate) media_type: String,
    pub(crate) bytes: u64,
    pub(crate) hash: ContentHash,
    /// The small view of an image.
    pub(crate) preview: Option<ContentHash>,
}

impl FileFacts {
    fn upload(&self) -> Command {
        Command::UploadAttachment { name: self.name.as_deref().map(Text::from), bytes: self.bytes }
    }
}

const STORED: &str = "attachment_id, kind, name, uploader, preview_sha256 IS NOT NULL, message_id";

impl SqliteStore {
    pub(in crate::store) async fn may_upload(
        &self,
        rules: Arc<Rules>,
        thread: ThreadId,
        actor: Actor,
        name: Option<Text>,
        bytes: u64,
    ) -> Result<(), ChatError> {
        let command = Command::UploadAttachment { name, bytes };
        let judged = self.read(move |c| Ok(judge(c, &rules, &thread, &actor, command)?.0));
        flat(judged.await).map(drop)
    }

    pub(in crate::store) async fn add_attachment(
        &self,
        rules: Arc<Rules>,
        thread: ThreadId,
        actor: Actor,
        id: AttachmentId,
        facts: FileFacts,
    ) -> Result<(), ChatError> {
        let judged = self.write(move |c| {
            let (judged, place) = judge(c, &rules, &thread, &actor, facts.upload())?;
            if let (Ok(_), Some(place)) = (&judged, place) {
                insert(c, &place, &actor.raw_id, id, &facts)?;
            }
            Ok(judged)
        });
        flat(judged.await).map(drop)
    }

    pub(in crate::store) async fn chat_attachment(
        &self,
        rules: Arc<Rules>,
        thread: ThreadId,
        actor: Actor,
        id: AttachmentId,
    ) -> Result<FileFacts, ChatError> {
        self.granted(rules, thread, actor, Command::GetAttachment(id), move |c, place, _| {
            let mut query = c.prepare_cached(
                "SELECT kind, name, media_type, bytes, sha256, preview_sha256 FROM chat_attachment
                 WHERE owner_id = ?1 AND thread_id = ?2 AND attachment_id = ?3",
            )?;
            Ok(query.query_row((&place.owner, &place.thread, id.to_string()), facts)?)
        })
        .await
    }

    pub(in crate::store) async fn drop_unsent(&self, before_ms: i64) -> Result<(), StoreError> {
        self.write(move |c| drop_files(c, UNSENT, [before_ms])).await
    }

    pub(in crate::store) async fn unnamed_files(
        &self,
        most: usize,
    ) -> Result<Vec<(ContentHash, bool)>, StoreError> {
        self.read(move |c| {
            let mut query =
                c.prepare_cached(&format!("SELECT sha256, {NAMED} FROM chat_unnamed u LIMIT ?1"))?;
            let rows = query.query_map([i64::try_from(most).unwrap_or(i64::MAX)], |row| {
                Ok((rows::parsed(row, 0)?, row.get(1)?))
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
    }

    pub(in crate::store) async fn forget_unnamed(&self, hashes: Vec<ContentHash>) -> Result<(), StoreError> {
        if hashes.is_empty() {
            return Ok(());
        }
        self.write(move |c| {
            let mut query = c.prepare_cached("DELETE FROM chat_unnamed WHERE sha256 = ?1")?;
            hashes.iter().try_for_each(|hash| query.execute([hash.to_string()]).map(drop))?;
            Ok(())
        })
        .await
    }

    pub(in crate::store) async fn note_unnamed(&self, hashes: Vec<ContentHash>) -> Result<(), StoreError> {
        let unnamed = self.read(move |c| {
            let mut query = c.prepare_cached(&format!("SELECT {NAMED} FROM (SELECT ?1 AS sha256) u"))?;
            let mut unnamed = Vec::new();
            for hash in hashes {
                if !query.query_row([hash.to_string()], |row| row.get::<_, bool>(0))? {
                    unnamed.push(hash);
                }
            }
            Ok(unnamed)
        });
        let unnamed = unnamed.await?;
        if unnamed.is_empty() {
            return Ok(());
        }
        self.write(move |c| {
            let mut query = c.prepare_cached("INSERT OR IGNORE INTO chat_unnamed VALUES (?1)")?;
            unnamed.iter().try_for_each(|hash| query.execute([hash.to_string()]).map(drop))?;
            Ok(())
        })
        .await
    }
}

/// Of a content `u.sha256`.
const NAMED: &str = "EXISTS (SELECT 1 FROM chat_attachment a WHERE a.sha256 = u.sha256)
     OR EXISTS (SELECT 1 FROM chat_attachment a WHERE a.preview_sha256 = u.sha256)";

/// Which files are dropped.
pub(super) const UNSENT: &str = "message_id IS NULL AND uploaded_ms < ?1";
pub(super) const OF_MESSAGE: &str = "owner_id = ?1 AND thread_id = ?2 AND message_id = ?3";
pub(super) const OF_THREAD: &str = "owner_id = ?1 AND thread_id = ?2";
const OF_UPLOADER: &str = "owner_id = ?1 AND thread_id = ?2 AND uploader = ?3";
const ONE: &str = "owner_id = ?1 AND thread_id = ?2 AND attachment_id = ?3";

/// Drops rows of files. Their contents are removed from the disk later, when no other row names them.
pub(super) fn drop_files(
    c: &Connection,
    which: &str,
    parameters: impl Params + Clone,
) -> Result<(), StoreError> {
    c.prepare_cached(&format!(
        "INSERT OR IGNORE INTO chat_unnamed SELECT sha256 FROM chat_attachment WHERE {which}
         UNION SELECT preview_sha256 FROM chat_attachment WHERE {which} AND preview_sha256 IS NOT NULL"
    ))?
    .execute(parameters.clone())?;
    c.prepare_cached(&format!("DELETE FROM chat_attachment WHERE {which}"))?.execute(parameters)?;
    Ok(())
}

/// All of one person in a thread.
pub(crate) fn drop_files_of(c: &Connection, owner: &str, thread: &str, raw: &str) -> Result<(), StoreError> {
    drop_files(c, OF_UPLOADER, (owner, thread, raw))
}

pub(super) fn drop_one(c: &Connection, place: &Place, id: AttachmentId) -> Result<(), StoreError> {
    drop_files(c, ONE, (&place.owner, &place.thread, id.to_string()))
}

/// From now on the file goes with that message.
pub(super) fn attach(
    c: &Connection,
    place: &Place,
    id: AttachmentId,
    message: MessageId,
) -> Result<(), StoreError> {
    c.prepare_cached(
        "UPDATE chat_attachment SET message_id = ?4
         WHERE owner_id = ?1 AND thread_id = ?2 AND attachment_id = ?3",
    )?
    .execute((&place.owner, &place.thread, id.to_string(), signed(message.0)))?;
    Ok(())
}

/// For the rules.
pub(super) fn stored(
    c: &Connection,
    place: &Place,
    id: AttachmentId,
) -> Result<Option<StoredAttachment>, StoreError> {
    let mut query = c.prepare_cached(&format!("SELECT {STORED} FROM chat_attachment WHERE {ONE}"))?;
    let found = query.query_row((&place.owner, &place.thread, id.to_string()), |row| {
        let (name, message): (Option<String>, Option<i64>) = (row.get(2)?, row.get(5)?);
        Ok(StoredAttachment {
            id: rows::parsed(row, 0)?,
            kind: kind(row, 1)?,
            name: name.map(Text::from),
            uploader: rows::parsed(row, 3)?,
            preview: row.get(4)?,
            message: message.map(|id| MessageId(u64::try_from(id).unwrap_or(0))),
        })
    });
    Ok(found.optional()?)
}

/// For the rules.
pub(super) fn unsent_bytes(c: &Connection, uploader: &RawId) -> Result<u64, StoreError> {
    let mut query = c.prepare_cached(
        "SELECT coalesce(sum(bytes), 0) FROM chat_attachment WHERE uploader = ?1 AND message_id IS NULL",
    )?;
    Ok(query.query_row([uploader.as_str()], |row| rows::number(row, 0))?)
}

/// The message that a file was sent with.
pub(super) fn message_of(
    c: &Connection,
    place: &Place,
    file: Option<&StoredAttachment>,
) -> Result<Option<liaison_chat::model::Message>, StoreError> {
    match file.and_then(|file| file.message) {
        Some(id) => view::message(c, place, id),
        None => Ok(None),
    }
}

fn insert(
    c: &Connection,
    place: &Place,
    uploader: &RawId,
    id: AttachmentId,
    facts: &FileFacts,
) -> Result<(), StoreError> {
    c.prepare_cached(
        "INSERT INTO chat_attachment VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, NULL)",
    )?
    .execute((
        &place.owner,
        &place.thread,
        id.to_string(),
        facts.kind.folder(),
        facts.name.as_deref(),
        uploader.as_str(),
        &facts.media_type,
        signed(facts.bytes),
        facts.hash.to_string(),
        facts.preview.map(|hash| hash.to_string()),
        clock::now_ms(),
    ))?;
    Ok(())
}

fn kind(row: &Row<'_>, at: usize) -> rusqlite::Result<AttachmentKind> {
    let word: String = row.get(at)?;
    Ok(if word == AttachmentKind::Image.folder() { AttachmentKind::Image } else { AttachmentKind::File })
}

fn facts(row: &Row<'_>) -> rusqlite::Result<FileFacts> {
    let preview: Option<String> = row.get(5)?;
    Ok(FileFacts {
        kind: kind(row, 0)?,
        name: row.get(1)?,
        media_type: row.get(2)?,
        bytes: rows::number(row, 3)?,
        hash: rows::parsed(row, 4)?,
        preview: preview.and_then(|hash| hash.parse().ok()),
    })
}
