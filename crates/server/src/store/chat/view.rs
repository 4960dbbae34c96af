//! Loading what the rules need for one command.

use super::attachments;
use super::rows::{self, signed};
use crate::store::StoreError;
use liaison_chat::model::{Message, Participation, ReadReceipt, Thread};
use liaison_chat::rules::{Command, View};
use liaison_chat::{MessageId, ThreadId};
use liaison_identity::RawId;
use rusqlite::{Connection, OptionalExtension};

/// A thread's rows begin with these two.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) owner: String,
    pub(super) thread: String,
}

/// What the rules need, and where the thread's rows are; `None` when there is no such thread.
pub(super) fn load(
    connection: &Connection,
    thread_id: &ThreadId,
    actor: &RawId,
    command: &Command,
) -> Result<(View, Option<Place>), StoreError> {
    let Some((place, thread)) = thread(connection, thread_id)? else { return Ok((View::default(), None)) };
    let mut view =
        View { thread: Some(thread), actor: participation(connection, &place, actor)?, ..View::default() };
    match command {
        Command::SendMessage(sent) => {
            for id in &sent.attachments {
                view.attachments.extend(attachments::stored(connection, &place, *id)?);
            }
            if let Some(client_id) = &sent.client_id {
                view.repeated = repeated(connection, &place, actor, client_id.as_str())?;
            }
        }
        Command::UploadAttachment { .. } => view.unsent_bytes = attachments::unsent_bytes(connection, actor)?,
        Command::GetAttachment(id) | Command::DeleteAttachment(id) => {
            let file = attachments::stored(connection, &place, *id)?;
            view.message = attachments::message_of(connection, &place, file.as_ref())?;
            view.attachments.extend(file);
        }
        Command::GetMessage(id) | Command::DeleteMessage(id) => {
            view.message = message(connection, &place, *id)?;
        }
        Command::EditMessage(edit) => view.message = message(connection, &place, edit.message)?,
        Command::SendReadReceipt(id) => {
            view.message = message(connection, &place, *id)?;
            view.receipt = receipt(connection, &place, actor)?;
        }
        Command::AddParticipants(added) => {
            for new in added {
                view.targets.extend(participation(connection, &place, &new.participant.raw_id)?);
            }
        }
        Command::RemoveParticipant(removed) => {
            view.targets.extend(participation(connection, &place, removed)?);
        }
        _ => {}
    }
    Ok((view, Some(place)))
}

pub(super) fn thread(
    connection: &Connection,
    thread_id: &ThreadId,
) -> Result<Option<(Place, Thread)>, StoreError> {
    let mut query = connection.prepare_cached(&format!(
        "SELECT {}, owner_id FROM chat_thread WHERE thread_id = ?1",
        rows::THREAD
    ))?;
    let found = query.query_row([thread_id.as_str()], |row| {
        let place = Place { owner: row.get(13)?, thread: row.get(0)? };
        Ok((place, rows::thread(row)?))
    });
    Ok(found.optional()?)
}

pub(super) fn participation(
    connection: &Connection,
    place: &Place,
    raw_id: &RawId,
) -> Result<Option<Participation>, StoreError> {
    let mut query = connection.prepare_cached(&format!(
        "SELECT {} FROM chat_participant WHERE owner_id = ?1 AND thread_id = ?2 AND raw_id = ?3",
        rows::PARTICIPANT
    ))?;
    let found = query.query_row((&place.owner, &place.thread, raw_id.as_str()), rows::participation);
    Ok(found.optional()?)
}

pub(super) fn message(
    connection: &Connection,
    place: &Place,
    id: MessageId,
) -> Result<Option<Message>, StoreError> {
    let mut query = connection.prepare_cached(&format!(
        "SELECT {} FROM chat_message WHERE owner_id = ?1 AND thread_id = ?2 AND message_id = ?3",
        rows::MESSAGE
    ))?;
    Ok(query.query_row((&place.owner, &place.thread, signed(id.0)), rows::message).optional()?)
}

fn repeated(
    connection: &Connection,
    place: &Place,
    sender: &RawId,
    client_id: &str,
) -> Result<Option<MessageId>, StoreError> {
    let mut query = connection.prepare_cached(
        "SELECT message_id FROM chat_message
         WHERE owner_id = ?1 AND thread_id = ?2 AND sender = ?3 AND client_id = ?4",
    )?;
    let found = query.query_row((&place.owner, &place.thread, sender.as_str(), client_id), |row| {
        rows::number(row, 0).map(MessageId)
    });
    Ok(found.optional()?)
}

fn receipt(
    connection: &Connection,
    place: &Place,
    reader: &RawId,
) -> Result<Option<ReadReceipt>, StoreError> {
    let mut query = connection.prepare_cached(
        "SELECT raw_id, message_id, read_ms FROM chat_receipt
         WHERE owner_id = ?1 AND thread_id = ?2 AND raw_id = ?3",
    )?;
    Ok(query.query_row((&place.owner, &place.thread, reader.as_str()), rows::receipt).optional()?)
}
