//! People in messages and events as a member of staff is shown them: app users with the label of the viewer's tenant.
//! What the store keeps is without it; see [`liaison_identity::Card`].

use liaison_identity::{AcsUserLabel, Card, RawId};

use crate::Text;
use crate::event::{Event, EventActor, EventKind};
use crate::model::{Message, Participant};

fn name(raw_id: &RawId, name: &mut Option<Text>, label: AcsUserLabel) {
    let shown = Card::of(raw_id, name.as_ref().map_or("", Text::as_str), Some(label)).display_name;
    if !shown.is_empty() {
        *name = Some(shown.into());
    }
}

impl Participant {
    /// As staff with that label see them.
    #[must_use]
    pub fn shown_with(mut self, label: AcsUserLabel) -> Self {
        name(&self.raw_id, &mut self.display_name, label);
        self
    }
}

impl EventActor {
    fn shown_with(mut self, label: AcsUserLabel) -> Self {
        name(&self.raw_id, &mut self.display_name, label);
        self
    }
}

impl Message {
    /// As staff with that label see it.
    #[must_use]
    pub fn shown_with(mut self, label: AcsUserLabel) -> Self {
        if let Some(sender) = &self.sender {
            name(sender, &mut self.sender_display_name, label);
        }
        if let Some(content) = &mut self.content {
            content.participants = all(std::mem::take(&mut content.participants), label);
        }
        self
    }
}

fn all(participants: Vec<Participant>, label: AcsUserLabel) -> Vec<Participant> {
    participants.into_iter().map(|participant| participant.shown_with(label)).collect()
}

impl Event {
    /// As staff with that label see it.
    #[must_use]
    pub fn shown_with(mut self, label: AcsUserLabel) -> Self {
        use EventKind as Kind;
        self.kind = match self.kind {
            Kind::ChatMessageReceived { message } => {
                Kind::ChatMessageReceived { message: message.shown_with(label) }
            }
            Kind::ChatMessageEdited { message } => {
                Kind::ChatMessageEdited { message: message.shown_with(label) }
            }
            Kind::ChatMessageDeleted { message } => {
                Kind::ChatMessageDeleted { message: message.shown_with(label) }
            }
            Kind::TypingIndicatorReceived { sender, mut sender_display_name } => {
                name(&sender, &mut sender_display_name, label);
                Kind::TypingIndicatorReceived { sender, sender_display_name }
            }
            receipt @ Kind::ReadReceiptReceived { .. } => receipt,
            Kind::ChatThreadCreated { properties, created_by, participants } => Kind::ChatThreadCreated {
                properties,
                created_by: created_by.shown_with(label),
                participants: all(participants, label),
            },
            Kind::ChatThreadPropertiesUpdated { properties, updated_by, system_message } => {
                let updated_by = updated_by.shown_with(label);
                Kind::ChatThreadPropertiesUpdated { properties, updated_by, system_message }
            }
            Kind::ChatThreadDeleted { deleted_by, reason } => {
                let deleted_by = deleted_by.map(|by| by.shown_with(label));
                Kind::ChatThreadDeleted { deleted_by, reason }
            }
            Kind::ParticipantsAdded { participants, added_by, system_message } => Kind::ParticipantsAdded {
                participants: all(participants, label),
                added_by: added_by.shown_with(label),
                system_message,
            },
            Kind::ParticipantsRemoved { participants, removed_by, system_message } => {
                Kind::ParticipantsRemoved {
                    participants: all(participants, label),
                    removed_by: removed_by.shown_with(label),
                    system_message,
                }
            }
        };
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::push::tests::events;
    use crate::{EventSequence, ThreadId, UnixMillis};
    use serde_json::Value;

    /// Every name in an event's JSON, with the raw id beside it.
    fn names(value: &Value, found: &mut Vec<(String, String)>) {
        let text = |key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
        if let Some(name) = text("displayName") {
            found.push((text("rawId").unwrap(), name));
        }
        if let Some(name) = text("senderDisplayName") {
            found.push((text("sender").unwrap(), name));
        }
        match value {
            Value::Object(fields) => fields.values().for_each(|value| names(value, found)),
            Value::Array(items) => items.iter().for_each(|value| names(value, found)),
            _ => {}
        }
    }

    /// Read from the JSON, so that a name in a field that is added later is missed by nobody.
    #[test]
    fn every_name_in_all_ten_is_that_of_the_card() {
        let mut seen = 0;
        for kind in events("Kiosk 7") {
            let kind_name = kind.name();
            let event = Event {
                thread: ThreadId::from_random(1),
                sequence: Some(EventSequence(3)),
                at: UnixMillis(7),
                kind,
            };
            let (mut before, mut after) = (Vec::new(), Vec::new());
            names(&serde_json::to_value(&event).unwrap(), &mut before);
            let shown = event.shown_with(AcsUserLabel::External);
            names(&serde_json::to_value(&shown).unwrap(), &mut after);
            for ((raw_id, name), (_, shown)) in before.iter().zip(&after) {
                let card = Card::of(&RawId::new(raw_id).unwrap(), name, Some(AcsUserLabel::External));
                assert_eq!(*shown, card.display_name, "{kind_name} {raw_id}");
                seen += usize::from(shown != name);
            }
            assert_eq!(before.len(), after.len(), "{kind_name}");
        }
        assert!(seen >= 9, "{seen} names had a label");
    }
}
