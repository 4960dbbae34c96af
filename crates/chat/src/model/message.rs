//! One message of a thread.

use liaison_identity::RawId;
use serde::{Deserialize, Serialize};

use super::{Attachment, Metadata, Participant};
use crate::{ClientMessageId, MessageId, Text, UnixMillis};

/// What a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum MessageKind {
    /// Plain text by a participant.
    Text,
    /// HTML by a participant, sanitised by the service.
    Html,
    /// Made by the service: the thread's topic was set.
    TopicUpdated,
    /// Made by the service: somebody was added.
    ParticipantAdded,
    /// Made by the service: somebody was removed.
    ParticipantRemoved,
}

impl MessageKind {
    /// The name on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Html => "html",
            Self::TopicUpdated => "topicUpdated",
            Self::ParticipantAdded => "participantAdded",
            Self::ParticipantRemoved => "participantRemoved",
        }
    }

    /// Whether a participant can send it.
    #[must_use]
    pub fn is_sendable(self) -> bool {
        matches!(self, Self::Text | Self::Html)
    }
}

/// What a message says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MessageContent {
    /// The text or HTML.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<Text>,
    /// The new topic (`TopicUpdated`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<Text>,
    /// Who (`ParticipantAdded`, `ParticipantRemoved`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub participants: Vec<Participant>,
    /// Files and images.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
    /// Who did what the service's message tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub initiator: Option<RawId>,
}

/// One message. A deleted one keeps its place, without content and metadata.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Message {
    /// Its name; also when it was made.
    pub id: MessageId,
    /// What it is.
    pub kind: MessageKind,
    /// Its number in the thread, from 1, the service's own messages included.
    pub sequence_id: u64,
    /// The stamp of its last change; its creation at first. Rises with each change.
    pub version: UnixMillis,
    /// What it says; `None` when it was deleted, or left out on purpose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<MessageContent>,
    /// Who sent it; `None` for the service's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sender: Option<RawId>,
    /// The name that the sender gave, or the one they have in the thread; for staff always the latter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sender_display_name: Option<Text>,
    /// The sender's own name of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<ClientMessageId>,
    /// When it was deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted_at: Option<UnixMillis>,
    /// When its content or metadata was changed last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edited_at: Option<UnixMillis>,
    /// Of the app.
    #[serde(default, skip_serializing_if = "Metadata::is_empty")]
    pub metadata: Metadata,
}

impl Message {
    /// When it was made.
    #[must_use]
    pub fn created_at(&self) -> UnixMillis {
        self.id.created_at()
    }

    /// The same place without what it says.
    #[must_use]
    pub fn without_content(&self) -> Self {
        Self { content: None, metadata: Metadata::default(), ..self.clone() }
    }
}

/// The place in the history of the message by which the service tells of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SystemMessage {
    /// The message.
    pub id: MessageId,
    /// Its number in the thread.
    pub sequence_id: u64,
}

impl From<&Message> for SystemMessage {
    fn from(message: &Message) -> Self {
        Self { id: message.id, sequence_id: message.sequence_id }
    }
}
