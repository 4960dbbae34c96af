//! JSON within a text of JSON.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::event::{EventActor, ThreadFacts};
use crate::model::{Attachment, Metadata, Participant, RetentionPolicy};

/// As text.
pub(super) fn json<T: Serialize + ?Sized>(value: &T) -> String {
    // Our own types with text keys; they always have a JSON form.
    serde_json::to_string(value).unwrap_or_default()
}

/// For clients that `unescape()` it. Only `%` means something to `unescape()`.
pub(super) fn escaped<T: Serialize + ?Sized>(value: &T) -> String {
    json(value).replace('%', "%25")
}

fn text(object: &mut Map<String, Value>, name: &str, value: impl Into<String>) {
    object.insert(name.to_owned(), Value::String(value.into()));
}

pub(super) fn actor(actor: &EventActor) -> Value {
    let mut object = Map::new();
    text(&mut object, "participantId", actor.raw_id.as_str());
    text(&mut object, "displayName", actor.display_name.as_ref().map_or("", |name| name.as_str()));
    Value::Object(object)
}

pub(super) fn members(participants: &[Participant]) -> Vec<Value> {
    let member = |participant: &Participant| {
        let mut object = Map::new();
        text(&mut object, "participantId", participant.raw_id.as_str());
        text(&mut object, "displayName", participant.display_name.as_ref().map_or("", |name| name.as_str()));
        text(&mut object, "shareHistoryTime", participant.share_history_from.to_string());
        if !participant.metadata.is_empty() {
            text(&mut object, "memberMetaData", json(&participant.metadata));
        }
        Value::Object(object)
    };
    participants.iter().map(member).collect()
}

pub(super) fn properties(thread: &ThreadFacts) -> Value {
    let mut object = Map::new();
    text(&mut object, "topic", thread.topic.as_str());
    if !thread.metadata.is_empty() {
        text(&mut object, "acsChatThreadMetadata", json(&thread.metadata));
    }
    if let RetentionPolicy::ThreadCreationDate { delete_thread_after_days: days } = thread.retention {
        let mut policy = Map::new();
        text(&mut policy, "retentionPolicyType", "DeleteAfterCreationTime");
        text(&mut policy, "executeAfter", format!("{days}.00:00:00"));
        text(&mut object, "retentionPolicy", json(&policy));
    }
    Value::Object(object)
}

pub(super) fn metadata(metadata: &Metadata) -> String {
    json(metadata)
}

pub(super) fn attachments(attachments: &[Attachment], service: &str) -> String {
    let located = |attachment: &Attachment| {
        let mut attachment = crate::acs::ChatAttachment::from(attachment);
        attachment.locate(service);
        attachment
    };
    json(&attachments.iter().map(located).collect::<Vec<_>>())
}
