//! What happens in a chat, as moments.

use liaison_engine::chat_model::{Message, MessageContent, Participant};
use liaison_engine::{ChatEvent, ChatEventKind, Text};

use crate::session::Moment;

fn text(text: Option<&Text>) -> String {
    text.map(|text| text.as_str().to_owned()).unwrap_or_default()
}

/// A message of the history, or a new or changed one.
pub fn message(message: &Message, what: &'static str) -> Moment {
    let MessageContent { message: said, topic, participants, attachments, .. } =
        message.content.clone().unwrap_or_default();
    let mut content = match said.or(topic) {
        Some(content) => content.as_str().to_owned(),
        None => people(&participants).join(", "),
    };
    for attachment in &attachments {
        let space = if content.is_empty() { "" } else { " " };
        content += &format!("{space}[file {} {}]", attachment.id, text(attachment.name.as_ref()));
    }
    Moment::Message {
        what: if message.deleted_at.is_some() { "deleted" } else { what },
        message: message.id.0,
        kind: message.kind.as_str(),
        by: message.sender.as_ref().map(ToString::to_string).unwrap_or_default(),
        name: text(message.sender_display_name.as_ref()),
        content,
    }
}

/// Raw ids.
pub fn people(participants: &[Participant]) -> Vec<String> {
    participants.iter().map(|participant| participant.raw_id.to_string()).collect()
}

/// One event.
pub fn event(event: &ChatEvent) -> Option<Moment> {
    Some(match &event.kind {
        ChatEventKind::ChatMessageReceived { message: new } => message(new, "said"),
        ChatEventKind::ChatMessageEdited { message: new } => message(new, "edited"),
        ChatEventKind::ChatMessageDeleted { message: old } => message(old, "deleted"),
        ChatEventKind::TypingIndicatorReceived { sender, sender_display_name } => {
            Moment::Typing { by: sender.to_string(), name: text(sender_display_name.as_ref()) }
        }
        ChatEventKind::ReadReceiptReceived { receipt, .. } => {
            Moment::Read { by: receipt.reader.to_string(), message: receipt.message.0 }
        }
        ChatEventKind::ChatThreadCreated { properties, created_by, .. } => Moment::ChatThread {
            thread: event.thread.to_string(),
            topic: text(Some(&properties.topic)),
            by: created_by.raw_id.to_string(),
        },
        ChatEventKind::ChatThreadPropertiesUpdated { properties, updated_by, .. } => {
            Moment::Topic { topic: text(Some(&properties.topic)), by: updated_by.raw_id.to_string() }
        }
        ChatEventKind::ChatThreadDeleted { deleted_by, .. } => Moment::ChatDeleted {
            by: deleted_by.as_ref().map(|by| by.raw_id.to_string()).unwrap_or_default(),
        },
        ChatEventKind::ParticipantsAdded { participants, added_by, .. } => {
            Moment::Added { who: people(participants), by: added_by.raw_id.to_string() }
        }
        ChatEventKind::ParticipantsRemoved { participants, removed_by, .. } => {
            Moment::Removed { who: people(participants), by: removed_by.raw_id.to_string() }
        }
        // What a later version tells.
        _ => return None,
    })
}
