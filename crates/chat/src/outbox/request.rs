//! A queued command as a request, and an answer as what it means: one place for both services.

use std::fmt;
use std::time::Duration;

use serde::Serialize;

use super::{Answer, Made, QueuedCommand, Record, Remote};
use crate::acs::{
    API_VERSION, AddChatParticipantsRequest, AddChatParticipantsResult, CLIENT_ID_METADATA, ChatAttachment,
    ChatParticipant, CreateChatThreadRequest, CreateChatThreadResult, SendChatMessageRequest,
    SendChatMessageResult, SendReadReceiptRequest, UpdateChatMessageRequest, UpdateChatThreadRequest,
};
use crate::model::{Participant, Patch};
use crate::{ClientMessageId, Text, ThreadId};

/// What is sent, but for the address of the service and the token.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    /// `POST`, `PATCH` or `DELETE`.
    pub method: &'static str,
    /// Path and query.
    pub path: String,
    /// `Content-Type`, with a body.
    pub content_type: Option<&'static str>,
    /// The header [`crate::acs::REPEATABILITY_REQUEST_ID`].
    pub repeatability_id: Option<String>,
    /// JSON.
    pub body: Option<String>,
}

/// Leaves the body out: it holds what people write.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} ({} bytes)", self.method, self.path, self.body.as_ref().map_or(0, String::len))
    }
}

/// A thread's path, with the characters escaped that the SDKs escape.
fn path(thread: Option<&ThreadId>, rest: &str) -> String {
    let thread = thread.map_or(String::new(), |thread| {
        format!("/{}", thread.as_str().replace(':', "%3A").replace('@', "%40"))
    });
    format!("/chat/threads{thread}{rest}?api-version={API_VERSION}")
}

/// ACS asks for a version 4 UUID (RFC 9562): the id's digits with the six bits that make it one.
fn uuid(id: &ClientMessageId) -> String {
    match u128::from_str_radix(id.as_str(), 16) {
        Ok(bits) if id.as_str().len() == 32 => {
            let bits = bits & !(0xf << 76) & !(0x3 << 62) | 0x4 << 76 | 0x2 << 62;
            let text = format!("{bits:032x}");
            [&text[..8], &text[8..12], &text[12..16], &text[16..20], &text[20..]].join("-")
        }
        _ => id.to_string(),
    }
}

fn named(participants: &[Participant]) -> Vec<ChatParticipant> {
    participants.iter().map(ChatParticipant::from).collect()
}

fn json<T: Serialize>(body: &T) -> Option<String> {
    // Our own types with text keys; they always have a JSON form.
    serde_json::to_string(body).ok()
}

impl Record {
    /// The request.
    #[must_use]
    pub fn request(&self, remote: Remote) -> Request {
        let thread = self.thread.as_ref();
        let (method, path, body) = match &self.command {
            QueuedCommand::CreateThread { topic, participants, metadata, retention } => {
                let body = CreateChatThreadRequest {
                    topic: topic.clone(),
                    participants: named(participants),
                    metadata: (!metadata.is_empty()).then(|| metadata.clone()),
                    retention_policy: Some(*retention),
                };
                ("POST", path(None, ""), json(&body))
            }
            QueuedCommand::UpdateThread { topic, metadata, retention } => {
                let body = UpdateChatThreadRequest {
                    topic: set(topic.as_ref()),
                    metadata: metadata.clone(),
                    retention_policy: retention.clone(),
                };
                ("PATCH", path(thread, ""), json(&body))
            }
            QueuedCommand::DeleteThread => ("DELETE", path(thread, ""), None),
            QueuedCommand::SendMessage { kind, content, sender_display_name, metadata, attachments } => {
                let mut metadata = metadata.clone();
                if remote == Remote::Acs {
                    metadata.0.insert(CLIENT_ID_METADATA.to_owned(), self.id.to_string());
                }
                let body = SendChatMessageRequest {
                    content: content.clone(),
                    sender_display_name: sender_display_name.clone(),
                    kind: Some(*kind),
                    metadata: (!metadata.is_empty()).then_some(metadata),
                    attachments: attachments.iter().map(ChatAttachment::from).collect(),
                };
                ("POST", path(thread, "/messages"), json(&body))
            }
            QueuedCommand::EditMessage { message, content, metadata } => {
                let body =
                    UpdateChatMessageRequest { content: set(content.as_ref()), metadata: metadata.clone() };
                ("PATCH", path(thread, &format!("/messages/{message}")), json(&body))
            }
            QueuedCommand::DeleteMessage { message } => {
                ("DELETE", path(thread, &format!("/messages/{message}")), None)
            }
            QueuedCommand::AddParticipants { participants } => {
                let body = AddChatParticipantsRequest { participants: named(participants) };
                ("POST", path(thread, "/participants/:add"), json(&body))
            }
            QueuedCommand::RemoveParticipant { raw_id } => {
                ("POST", path(thread, "/participants/:remove"), json(&raw_id.identifier()))
            }
            QueuedCommand::SendReadReceipt { message } => {
                let body = SendReadReceiptRequest { chat_message_id: *message };
                ("POST", path(thread, "/readReceipts"), json(&body))
            }
        };
        let content_type = match (method, &body) {
            (_, None) => None,
            ("PATCH", _) => Some("application/merge-patch+json"),
            _ => Some("application/json"),
        };
        let repeatability_id = match (&self.command, remote) {
            (QueuedCommand::CreateThread { .. }, _) => Some(uuid(&self.id)),
            (QueuedCommand::SendMessage { .. }, Remote::Liaison) => Some(self.id.to_string()),
            _ => None,
        };
        Request { method, path, content_type, repeatability_id, body }
    }

    /// What an answer means: its HTTP status, its `Retry-After` and its body.
    #[must_use]
    pub fn answer(&self, status: u16, retry_after: Option<Duration>, body: &[u8]) -> Answer {
        match status {
            // An answer that cannot be read is none.
            200..=299 => self.made(body).map_or(Answer::Failed { retry_after }, Answer::Done),
            401 => Answer::Unauthorized,
            408 | 429 => Answer::Failed { retry_after },
            400..=499 => Answer::Refused { status },
            _ => Answer::Failed { retry_after },
        }
    }

    fn made(&self, body: &[u8]) -> Option<Made> {
        Some(match &self.command {
            QueuedCommand::CreateThread { .. } => {
                let result: CreateChatThreadResult = serde_json::from_slice(body).ok()?;
                Made::Thread { thread: result.chat_thread.id, invalid: result.invalid_participants }
            }
            QueuedCommand::SendMessage { .. } => {
                let result: SendChatMessageResult = serde_json::from_slice(body).ok()?;
                Made::Message(result.id)
            }
            QueuedCommand::AddParticipants { .. } => {
                let result: AddChatParticipantsResult = serde_json::from_slice(body).ok()?;
                Made::Participants { invalid: result.invalid_participants }
            }
            _ => Made::Nothing,
        })
    }
}

fn set(text: Option<&Text>) -> Patch<Text> {
    text.map_or(Patch::Keep, |text| Patch::Set(text.clone()))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::model::{Attachment, AttachmentKind, MessageKind, Metadata, MetadataPatch, RetentionPolicy};
    use crate::rules::tests::book::{participant, raw_of};
    use crate::{MessageId, UnixMillis};

    fn record(command: QueuedCommand) -> Record {
        let create = matches!(command, QueuedCommand::CreateThread { .. });
        Record {
            id: ClientMessageId::from_random(u128::MAX),
            thread: (!create).then(|| ThreadId::from_random(1)),
            order: 1,
            queued_at: UnixMillis(1),
            tried: false,
            command,
        }
    }

    fn all() -> Vec<QueuedCommand> {
        vec![
            QueuedCommand::CreateThread {
                topic: "t".into(),
                participants: vec![participant("BEN")],
                metadata: Metadata::default(),
                retention: RetentionPolicy::None,
            },
            QueuedCommand::UpdateThread {
                topic: Some("t".into()),
                metadata: MetadataPatch::Clear,
                retention: Patch::Keep,
            },
            QueuedCommand::DeleteThread,
            QueuedCommand::SendMessage {
                kind: MessageKind::Html,
                content: "<b>x</b>".into(),
                sender_display_name: None,
                metadata: Metadata::default(),
                attachments: vec![],
            },
            QueuedCommand::EditMessage {
                message: MessageId(5),
                content: Some("y".into()),
                metadata: MetadataPatch::Keep,
            },
            QueuedCommand::DeleteMessage { message: MessageId(5) },
            QueuedCommand::AddParticipants { participants: vec![participant("ann")] },
            QueuedCommand::RemoveParticipant { raw_id: raw_of("ann") },
            QueuedCommand::SendReadReceipt { message: MessageId(5) },
        ]
    }

    #[test]
    fn requests_are_those_of_the_interface() {
        let line = |command: QueuedCommand| {
            let request = record(command).request(Remote::Liaison);
            let or = |text: Option<&str>| text.unwrap_or("-").to_owned();
            let header = or(request.repeatability_id.as_deref());
            let (content_type, body) = (or(request.content_type), or(request.body.as_deref()));
            format!("{} {}\n  {content_type}\n  {header}\n  {body}", request.method, request.path)
        };
        insta::assert_snapshot!(all().into_iter().map(line).collect::<Vec<_>>().join("\n"));
    }

    #[test]
    fn files_are_named_by_what_the_upload_answered() {
        let mut command = all().remove(3);
        let QueuedCommand::SendMessage { attachments, .. } = &mut command else { panic!("not a message") };
        let (name, url, preview_url) = (Some("a.png".into()), None, None);
        attachments.push(Attachment { id: "f".into(), kind: AttachmentKind::Image, name, url, preview_url });
        let record = record(command);
        let body: Value = serde_json::from_str(&record.request(Remote::Acs).body.unwrap()).unwrap();
        assert_eq!(body["attachments"], json!([{"id": "f", "attachmentType": "image", "name": "a.png"}]));
        let kept = serde_json::to_string(&record).unwrap();
        assert_eq!(serde_json::from_str::<Record>(&kept).unwrap(), record);
    }

    #[test]
    fn for_acs_the_id_of_a_message_is_in_its_metadata() {
        let request = record(all().remove(3)).request(Remote::Acs);
        let body: Value = serde_json::from_str(&request.body.unwrap()).unwrap();
        assert_eq!(body["metadata"], json!({"liaisonClientMessageId": "f".repeat(32)}));
        assert_eq!(request.repeatability_id, None);
        // The other end reads it back.
        assert_eq!(record(all().remove(0)).request(Remote::Acs).repeatability_id.unwrap().len(), 36);
    }

    #[test]
    fn answers_mean_what_their_status_says() {
        let wait = Some(Duration::from_secs(3));
        let answer = |place: usize, status: u16, body: &str| {
            record(all().remove(place)).answer(status, wait, body.as_bytes())
        };
        assert_eq!(answer(3, 201, r#"{"id":"7"}"#), Answer::Done(Made::Message(MessageId(7))));
        assert_eq!(answer(5, 204, ""), Answer::Done(Made::Nothing));
        let created = json!({"chatThread": {"id": "19:a@thread.v2", "topic": "t", "createdOn": "2020-10-30T10:50:50Z",
            "createdByCommunicationIdentifier": {"rawId": "8:acs:r_a"}}, "invalidParticipants": null});
        let made = Made::Thread { thread: "19:a@thread.v2".parse().unwrap(), invalid: vec![] };
        assert_eq!(answer(0, 201, &created.to_string()), Answer::Done(made));
        assert_eq!(answer(6, 201, "{}"), Answer::Done(Made::Participants { invalid: vec![] }));
        for (status, body, expected) in [
            (201, "<html>", Answer::Failed { retry_after: wait }),
            (401, "", Answer::Unauthorized),
            (403, "", Answer::Refused { status: 403 }),
            (404, "", Answer::Refused { status: 404 }),
            (413, "", Answer::Refused { status: 413 }),
            (408, "", Answer::Failed { retry_after: wait }),
            (429, "", Answer::Failed { retry_after: wait }),
            (500, "", Answer::Failed { retry_after: wait }),
            (507, "", Answer::Failed { retry_after: wait }),
            (302, "", Answer::Failed { retry_after: wait }),
        ] {
            assert_eq!(answer(3, status, body), expected, "{status}");
        }
    }

    #[test]
    fn debug_tells_no_text() {
        let request = record(all().remove(3)).request(Remote::Liaison);
        assert!(!format!("{request:?}").contains("<b>"));
    }
}
