//! Each event's fields.

use serde_json::{Map, Value};

use super::{Notification, Tail, nested};
use crate::event::ThreadDeletion;
use crate::model::{Message, MessageKind, ReadReceipt};
use crate::{Event, EventKind, UnixMillis};

/// The fields in the making.
struct Fields(Map<String, Value>);

impl Fields {
    fn put(&mut self, name: &str, value: impl ToString) -> &mut Self {
        self.0.insert(name.to_owned(), Value::String(value.to_string()));
        self
    }
}

/// The notification of an event; `None` for an event of a kind that these clients do not know. `service`: its address,
/// `https://…` without a slash at the end.
#[must_use]
pub fn notification(event: &Event, service: &str) -> Option<Notification> {
    let mut fields = Fields(Map::new());
    let event_id = match &event.kind {
        EventKind::ChatMessageReceived { message } => {
            written(&mut fields, event, message, service);
            200
        }
        EventKind::TypingIndicatorReceived { sender, sender_display_name } => {
            let name = sender_display_name.as_ref().map_or("", |name| name.as_str());
            grouped(&mut fields, event, sender.as_str()).put("version", event.at.0);
            fields.put("senderDisplayName", name).put("originalArrivalTime", event.at);
            245
        }
        EventKind::ReadReceiptReceived { receipt, client_id } => {
            grouped(&mut fields, event, receipt.reader.as_str()).put("messageId", receipt.message);
            fields.put("clientMessageId", client_id.as_ref().map_or("", |id| id.as_str()));
            fields.put("messageBody", horizon(receipt, event.at));
            246
        }
        EventKind::ChatMessageEdited { message } => {
            written(&mut fields, event, message, service);
            fields.put("edittime", message.edited_at.unwrap_or(message.version));
            247
        }
        EventKind::ChatMessageDeleted { message } => {
            sent(&mut fields, event, message);
            fields.put("deletetime", message.deleted_at.unwrap_or(message.version));
            248
        }
        EventKind::ChatThreadCreated { properties, created_by, participants } => {
            of_thread(&mut fields, event).put("createTime", properties.created_at);
            fields.put("createdBy", nested::escaped(&nested::actor(created_by)));
            fields.put("members", nested::escaped(&nested::members(participants)));
            fields.put("properties", nested::escaped(&nested::properties(properties)));
            257
        }
        EventKind::ChatThreadPropertiesUpdated { properties, updated_by, .. } => {
            of_thread(&mut fields, event).put("editTime", event.at);
            fields.put("editedBy", nested::escaped(&nested::actor(updated_by)));
            fields.put("properties", nested::escaped(&nested::properties(properties)));
            258
        }
        EventKind::ChatThreadDeleted { deleted_by, reason } => {
            of_thread(&mut fields, event).put("deleteTime", event.at);
            // A client that finds no reason reads who; one that finds the policy does not.
            if let Some(deleted_by) = deleted_by {
                fields.put("deletedBy", nested::escaped(&nested::actor(deleted_by)));
            }
            if *reason == ThreadDeletion::DeletedByPolicy {
                fields.put("reason", "deletedByPolicy");
            }
            259
        }
        EventKind::ParticipantsAdded { participants, added_by, .. } => {
            of_thread(&mut fields, event).put("time", event.at);
            fields.put("addedBy", nested::escaped(&nested::actor(added_by)));
            fields.put("participantsAdded", nested::escaped(&nested::members(participants)));
            260
        }
        EventKind::ParticipantsRemoved { participants, removed_by, .. } => {
            of_thread(&mut fields, event).put("time", event.at);
            fields.put("removedBy", nested::escaped(&nested::actor(removed_by)));
            fields.put("participantsRemoved", nested::escaped(&nested::members(participants)));
            261
        }
    };
    fields.0.insert("eventId".to_owned(), Value::from(event_id));
    let mut tail = nested::json(&fields.0);
    tail.remove(0);
    Some(Notification { event_id, name: event.kind.name(), tail: Tail(tail) })
}

fn of_thread<'a>(fields: &'a mut Fields, event: &Event) -> &'a mut Fields {
    fields.put("threadId", &event.thread).put("version", event.at.0)
}

fn grouped<'a>(fields: &'a mut Fields, event: &Event, sender: &str) -> &'a mut Fields {
    fields.put("groupId", &event.thread).put("senderId", sender)
}

/// What all events of messages have.
fn sent(fields: &mut Fields, event: &Event, message: &Message) {
    grouped(fields, event, message.sender.as_ref().map_or("", |sender| sender.as_str()));
    let name = message.sender_display_name.as_ref().map_or("", |name| name.as_str());
    fields
        .put("messageId", message.id)
        .put("clientMessageId", message.client_id.as_ref().map_or("", |id| id.as_str()))
        .put("senderDisplayName", name)
        .put("messageType", if message.kind == MessageKind::Html { "RichText/Html" } else { "Text" })
        .put("version", message.version.0)
        .put("originalArrivalTime", message.created_at());
}

/// What an event of a message with its content has.
fn written(fields: &mut Fields, event: &Event, message: &Message, service: &str) {
    sent(fields, event, message);
    let content = message.content.as_ref();
    let text = content.and_then(|content| content.message.as_ref()).map_or("", |text| text.as_str());
    fields.put("messageBody", text).put("acsChatMessageMetadata", nested::metadata(&message.metadata));
    if let Some(content) = content.filter(|content| !content.attachments.is_empty()) {
        fields.put("attachments", nested::attachments(&content.attachments, service));
    }
}

/// `consumptionhorizon` is `<message>;<when it was read, in ms>;<a third number that nobody reads>`.
fn horizon(receipt: &ReadReceipt, at: UnixMillis) -> String {
    let (message, read_at) = (receipt.message, receipt.read_at.0);
    nested::json(&serde_json::json!({
        "user": receipt.reader.as_str(),
        "consumptionhorizon": format!("{message};{read_at};{message}"),
        "messageVisibilityTime": message.0,
        "version": at.0.to_string(),
    }))
}
