//! The fields of an event's `data`.

use liaison_identity::RawId;
use serde_json::{Map, Value, json};

use super::{GridEvent, GridKind};
use crate::event::{EventActor, ThreadFacts};
use crate::model::{Message, MessageKind, Participant};
use crate::{Event, UnixMillis};

/// `data` in the making.
pub(super) struct Data<'a> {
    event: &'a Event,
    user: Option<&'a RawId>,
    fields: Map<String, Value>,
}

impl<'a> Data<'a> {
    /// What all have. The transaction is the event's number in its thread: what has a greater one is later.
    pub(super) fn of(event: &'a Event, user: Option<&'a RawId>) -> Self {
        let sequence = event.sequence.map_or(0, |sequence| sequence.0);
        let this = Self { event, user, fields: Map::new() };
        let this = this
            .put("threadId", event.thread.to_string().into())
            .put("transactionId", sequence.to_string().into());
        match user {
            Some(user) => this
                .put("recipientId", user.as_str().into())
                .put("recipientCommunicationIdentifier", identifier(user)),
            None => this,
        }
    }

    fn put(mut self, name: &str, value: Value) -> Self {
        self.fields.insert(name.to_owned(), value);
        self
    }

    pub(super) fn time(self, name: &str, at: UnixMillis) -> Self {
        self.put(name, at.to_string().into())
    }

    /// What events of messages have; with what it says when `says`.
    pub(super) fn message(self, message: &Message, says: bool) -> Self {
        let name = message.sender_display_name.as_ref().map_or("", |name| name.as_str());
        let kind = if message.kind == MessageKind::Html { "RichText/Html" } else { "Text" };
        let version = match self.user {
            Some(_) => message.version.0.into(),
            None => message.version.0.to_string().into(),
        };
        let mut this = self
            .put("messageId", message.id.to_string().into())
            .put("senderDisplayName", name.into())
            .put("type", kind.into())
            .put("version", version)
            .time("composeTime", message.created_at());
        if let Some(sender) = &message.sender {
            this = this
                .put("senderId", sender.as_str().into())
                .put("senderCommunicationIdentifier", identifier(sender));
        }
        if says {
            let content = message.content.as_ref().and_then(|content| content.message.as_ref());
            this = this
                .put("messageBody", content.map_or("", |text| text.as_str()).into())
                .put("metadata", json!(message.metadata));
        }
        this
    }

    /// What events of threads have.
    pub(super) fn thread(self, created_at: UnixMillis) -> Self {
        let version = self.event.at.0.into();
        self.time("createTime", created_at).put("version", version)
    }

    /// Who did it; the plain raw id for users only.
    pub(super) fn by(self, name: &str, actor: &EventActor) -> Self {
        let this = self.put(&format!("{name}CommunicationIdentifier"), identifier(&actor.raw_id));
        match this.user {
            Some(_) => this.put(name, actor.raw_id.as_str().into()),
            None => this,
        }
    }

    pub(super) fn properties(self, facts: &ThreadFacts) -> Self {
        let this = self.put("properties", json!({ "topic": facts.topic }));
        match facts.metadata.is_empty() {
            true => this,
            false => this.put("metadata", json!(facts.metadata)),
        }
    }

    pub(super) fn members(self, participants: &[Participant]) -> Self {
        let these = participants.iter().map(participant).collect();
        let this = self.put("participants", Value::Array(these));
        match this.user {
            Some(_) => {
                let member = |p: &Participant| json!({ "displayName": name(p), "memberId": p.raw_id });
                let these = participants.iter().map(member).collect();
                this.put("members", Value::Array(these))
            }
            None => this,
        }
    }

    pub(super) fn participant(self, name: &str, who: &Participant) -> Self {
        self.put(name, participant(who))
    }

    /// `about`: the subject's part after the thread.
    pub(super) fn finish(self, kind: GridKind, about: &str) -> GridEvent {
        let mut subject = format!("thread/{}/{about}", self.event.thread);
        if let Some(user) = self.user {
            subject.push_str("/recipient/");
            subject.push_str(user.as_str());
        }
        GridEvent { kind, subject, data: Value::Object(self.fields), at: self.event.at }
    }
}

fn name(participant: &Participant) -> &str {
    participant.display_name.as_ref().map_or("", |name| name.as_str())
}

fn participant(who: &Participant) -> Value {
    json!({ "displayName": name(who), "participantCommunicationIdentifier": identifier(&who.raw_id) })
}

fn identifier(raw_id: &RawId) -> Value {
    json!(raw_id.identifier())
}
