//! What other systems are told: the sixteen chat events of Azure Event Grid.
//!
//! One event of a thread is told once for the thread, and once for each user in it but the one who did it. Typing and
//! receipts are not told.

mod data;
mod kind;
#[cfg(test)]
mod tests;

use liaison_identity::RawId;
use serde_json::{Value, json};

pub use kind::{GridKind, GridKindError};

use crate::model::Message;
use crate::{Event, EventKind, UnixMillis};
use data::Data;

/// One event in the making: all but its envelope's names.
#[derive(Clone, PartialEq, Eq)]
pub struct GridEvent {
    /// What it tells.
    pub kind: GridKind,
    /// What and whom it is about: `thread/…/sender/…/recipient/…`. With the kind and the event's number in its thread
    /// it is like no other's.
    pub subject: String,
    data: Value,
    at: UnixMillis,
}

/// Without what people wrote.
impl std::fmt::Debug for GridEvent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GridEvent").field("kind", &self.kind).field("subject", &self.subject).finish()
    }
}

impl GridEvent {
    /// With its envelope. `id`: the same whenever the event is told again. `topic`: whose thread it is, as a path.
    #[must_use]
    pub fn envelope(self, id: &str, topic: &str) -> Value {
        json!({
            "id": id,
            "topic": topic,
            "subject": self.subject,
            "data": self.data,
            "eventType": self.kind.to_string(),
            "dataVersion": "1.0",
            "metadataVersion": "1",
            "eventTime": self.at.to_string(),
        })
    }
}

/// What is told of an event, once for the thread. `created_at`: of the thread.
#[must_use]
pub fn for_thread(event: &Event, created_at: UnixMillis) -> Vec<GridEvent> {
    told(event, created_at, None)
}

/// What is told of an event to one user; nothing to the one who did it. Without what a message says when `may_read` is
/// false (it is older than their part of the history).
#[must_use]
pub fn for_user(event: &Event, created_at: UnixMillis, user: &RawId, may_read: bool) -> Vec<GridEvent> {
    if actor(event) == Some(user) {
        return Vec::new();
    }
    match event.to_log().filter(|_| !may_read) {
        Some(without) => told(&without, created_at, Some(user)),
        None => told(event, created_at, Some(user)),
    }
}

fn actor(event: &Event) -> Option<&RawId> {
    match &event.kind {
        EventKind::ChatMessageReceived { message }
        | EventKind::ChatMessageEdited { message }
        | EventKind::ChatMessageDeleted { message } => message.sender.as_ref(),
        EventKind::ChatThreadCreated { created_by: by, .. }
        | EventKind::ChatThreadPropertiesUpdated { updated_by: by, .. }
        | EventKind::ParticipantsAdded { added_by: by, .. }
        | EventKind::ParticipantsRemoved { removed_by: by, .. } => Some(&by.raw_id),
        EventKind::ChatThreadDeleted { deleted_by, .. } => deleted_by.as_ref().map(|by| &by.raw_id),
        EventKind::TypingIndicatorReceived { .. } | EventKind::ReadReceiptReceived { .. } => None,
    }
}

fn told(event: &Event, created_at: UnixMillis, user: Option<&RawId>) -> Vec<GridEvent> {
    use GridKind as Kind;
    let kind = |of_thread, of_user| if user.is_some() { of_user } else { of_thread };
    let data = || Data::of(event, user);
    match &event.kind {
        EventKind::ChatMessageReceived { message } => {
            let kind = kind(Kind::ChatMessageReceivedInThread, Kind::ChatMessageReceived);
            vec![data().message(message, true).finish(kind, &sender(message))]
        }
        EventKind::ChatMessageEdited { message } => {
            let kind = kind(Kind::ChatMessageEditedInThread, Kind::ChatMessageEdited);
            let data = data().message(message, true).time("editTime", message.edited_at.unwrap_or(event.at));
            vec![data.finish(kind, &sender(message))]
        }
        EventKind::ChatMessageDeleted { message } => {
            let kind = kind(Kind::ChatMessageDeletedInThread, Kind::ChatMessageDeleted);
            let data =
                data().message(message, false).time("deleteTime", message.deleted_at.unwrap_or(event.at));
            vec![data.finish(kind, &sender(message))]
        }
        EventKind::ChatThreadCreated { properties, created_by, participants } => {
            let kind = kind(Kind::ChatThreadCreated, Kind::ChatThreadCreatedWithUser);
            let data =
                data().thread(properties.created_at).by("createdBy", created_by).properties(properties);
            vec![data.members(participants).finish(kind, &format!("createdBy/{}", created_by.raw_id))]
        }
        EventKind::ChatThreadPropertiesUpdated { properties, updated_by, .. } => {
            let kind = kind(Kind::ChatThreadPropertiesUpdated, Kind::ChatThreadPropertiesUpdatedPerUser);
            let data = data().thread(properties.created_at).by("editedBy", updated_by).properties(properties);
            vec![data.time("editTime", event.at).finish(kind, &format!("editedBy/{}", updated_by.raw_id))]
        }
        EventKind::ChatThreadDeleted { deleted_by, .. } => {
            let kind = kind(Kind::ChatThreadDeleted, Kind::ChatThreadWithUserDeleted);
            let mut data = data().thread(created_at).time("deleteTime", event.at);
            // A policy is nobody.
            let mut subject = "deletedBy/".to_owned();
            if let Some(by) = deleted_by {
                data = data.by("deletedBy", by);
                subject.push_str(by.raw_id.as_str());
            }
            vec![data.finish(kind, &subject)]
        }
        EventKind::ParticipantsAdded { participants, added_by, .. } => {
            let kind = kind(Kind::ChatThreadParticipantAdded, Kind::ChatParticipantAddedToThreadWithUser);
            let word = if user.is_some() { "participantAdded" } else { "participantadded" };
            let each = participants.iter().map(|participant| {
                let data = data().thread(created_at).time("time", event.at).by("addedBy", added_by);
                let data = data.participant("participantAdded", participant);
                data.finish(kind, &format!("{word}/{}", participant.raw_id))
            });
            each.collect()
        }
        EventKind::ParticipantsRemoved { participants, removed_by, .. } => {
            let kind =
                kind(Kind::ChatThreadParticipantRemoved, Kind::ChatParticipantRemovedFromThreadWithUser);
            let word = if user.is_some() { "participantRemoved" } else { "participantremoved" };
            let each = participants.iter().map(|participant| {
                let data = data().thread(created_at).time("time", event.at).by("removedBy", removed_by);
                let data = data.participant("participantRemoved", participant);
                data.finish(kind, &format!("{word}/{}", participant.raw_id))
            });
            each.collect()
        }
        EventKind::TypingIndicatorReceived { .. } | EventKind::ReadReceiptReceived { .. } => Vec::new(),
    }
}

fn sender(message: &Message) -> String {
    format!("sender/{}", message.sender.as_ref().map_or("", |sender| sender.as_str()))
}
