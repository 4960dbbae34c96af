//! What happened in a thread, as C sees it.

use std::ptr;

use liaison_engine::chat_event::{EventActor, ThreadFacts};
use liaison_engine::{ChatEvent, ChatEventKind};

use super::{ChatScratch, messages_of, ms, participant_of, receipt_of, text_of};
use crate::chat_event::{liaison_chat_event, liaison_chat_event_kind as Kind};
use crate::text::liaison_str;

/// The C struct of an event of a thread. It points into `event` and `scratch`. `None`: C has no words for it.
pub(in super::super) fn chat_event(
    event: &ChatEvent,
    scratch: &mut ChatScratch,
) -> Option<liaison_chat_event> {
    *scratch = ChatScratch::default();
    let mut shown = liaison_chat_event {
        kind: kind_of(&event.kind)?,
        reserved: 0,
        thread: liaison_str::borrowed(event.thread.as_str()),
        sequence: event.sequence.map_or(0, |sequence| sequence.0),
        at_unix_ms: ms(Some(event.at)),
        by: liaison_str::EMPTY,
        by_display_name: liaison_str::EMPTY,
        topic: liaison_str::EMPTY,
        message: ptr::null(),
        receipt: ptr::null(),
        participants: ptr::null(),
        participants_count: 0,
    };
    match &event.kind {
        ChatEventKind::ChatMessageReceived { message }
        | ChatEventKind::ChatMessageEdited { message }
        | ChatEventKind::ChatMessageDeleted { message } => {
            messages_of(std::slice::from_ref(message), scratch);
            let shown_message = scratch.messages.items.first();
            shown.message = shown_message.map_or(ptr::null(), ptr::from_ref);
            shown.by = shown_message.map_or(liaison_str::EMPTY, |message| message.sender);
            shown.by_display_name = text_of(message.sender_display_name.as_ref());
            return Some(shown);
        }
        ChatEventKind::TypingIndicatorReceived { sender, sender_display_name } => {
            shown.by = liaison_str::borrowed(sender.as_str());
            shown.by_display_name = text_of(sender_display_name.as_ref());
        }
        ChatEventKind::ReadReceiptReceived { receipt, .. } => {
            scratch.receipts.fill([receipt_of(receipt)]);
            shown.receipt = scratch.receipts.items.first().map_or(ptr::null(), ptr::from_ref);
            shown.by = liaison_str::borrowed(receipt.reader.as_str());
        }
        ChatEventKind::ChatThreadCreated { properties, created_by, participants } => {
            shown.by(created_by);
            shown.facts(properties);
            scratch.participants.fill(participants.iter().map(participant_of));
        }
        ChatEventKind::ChatThreadPropertiesUpdated { properties, updated_by, .. } => {
            shown.by(updated_by);
            shown.facts(properties);
        }
        ChatEventKind::ChatThreadDeleted { deleted_by, .. } => {
            if let Some(actor) = deleted_by {
                shown.by(actor);
            }
        }
        ChatEventKind::ParticipantsAdded { participants, added_by: actor, .. }
        | ChatEventKind::ParticipantsRemoved { participants, removed_by: actor, .. } => {
            shown.by(actor);
            scratch.participants.fill(participants.iter().map(participant_of));
        }
        _ => return None,
    }
    (shown.participants, shown.participants_count) = scratch.participants.all();
    Some(shown)
}

impl liaison_chat_event {
    fn by(&mut self, actor: &EventActor) {
        self.by = liaison_str::borrowed(actor.raw_id.as_str());
        self.by_display_name = text_of(actor.display_name.as_ref());
    }

    fn facts(&mut self, properties: &ThreadFacts) {
        self.topic = text_of(Some(&properties.topic));
    }
}

fn kind_of(kind: &ChatEventKind) -> Option<Kind> {
    Some(match kind {
        ChatEventKind::ChatMessageReceived { .. } => Kind::ChatMessageReceived,
        ChatEventKind::ChatMessageEdited { .. } => Kind::ChatMessageEdited,
        ChatEventKind::ChatMessageDeleted { .. } => Kind::ChatMessageDeleted,
        ChatEventKind::TypingIndicatorReceived { .. } => Kind::TypingIndicatorReceived,
        ChatEventKind::ReadReceiptReceived { .. } => Kind::ReadReceiptReceived,
        ChatEventKind::ChatThreadCreated { .. } => Kind::ChatThreadCreated,
        ChatEventKind::ChatThreadPropertiesUpdated { .. } => Kind::ChatThreadPropertiesUpdated,
        ChatEventKind::ChatThreadDeleted { .. } => Kind::ChatThreadDeleted,
        ChatEventKind::ParticipantsAdded { .. } => Kind::ParticipantsAdded,
        ChatEventKind::ParticipantsRemoved { .. } => Kind::ParticipantsRemoved,
        _ => return None,
    })
}
