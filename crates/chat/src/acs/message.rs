//! Messages and receipts.

use liaison_identity::CommunicationIdentifier;
use serde::{Deserialize, Serialize};

use super::ChatParticipant;
use crate::model::{AttachmentKind, MessageKind, Metadata};
use crate::time::rfc3339;
use crate::{MessageId, Text, UnixMillis};

/// `ChatMessage`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChatMessage {
    /// Its name: the milliseconds of its creation.
    pub id: MessageId,
    /// What it is.
    #[serde(rename = "type")]
    pub kind: MessageKind,
    /// Its number in the thread, in decimal.
    pub sequence_id: String,
    /// The milliseconds of its last change, in decimal.
    pub version: String,
    /// What it says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<ChatMessageContent>,
    /// The name to show.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sender_display_name: Option<Text>,
    /// When it was made.
    #[serde(with = "rfc3339")]
    pub created_on: UnixMillis,
    /// Who sent it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sender_communication_identifier: Option<CommunicationIdentifier>,
    /// When it was deleted.
    #[serde(default, with = "rfc3339::option", skip_serializing_if = "Option::is_none")]
    pub deleted_on: Option<UnixMillis>,
    /// When it was edited.
    #[serde(default, with = "rfc3339::option", skip_serializing_if = "Option::is_none")]
    pub edited_on: Option<UnixMillis>,
    /// Of the app.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Metadata>,
}

/// `ChatMessageContent`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChatMessageContent {
    /// The text or HTML.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<Text>,
    /// The new topic.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<Text>,
    /// Who was added or removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub participants: Option<Vec<ChatParticipant>>,
    /// Files and images.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attachments: Option<Vec<ChatAttachment>>,
    /// Who did it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub initiator_communication_identifier: Option<CommunicationIdentifier>,
}

/// `ChatAttachment`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChatAttachment {
    /// Its name.
    pub id: String,
    /// What it is.
    pub attachment_type: AttachmentKind,
    /// The file's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Text>,
    /// Where the whole file is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Where a small view is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preview_url: Option<String>,
}

impl ChatMessage {
    /// With the service's address before the paths of its files.
    #[must_use]
    pub fn located(mut self, service: &str) -> Self {
        let attachments = self.content.iter_mut().filter_map(|content| content.attachments.as_mut());
        attachments.flatten().for_each(|attachment| attachment.locate(service));
        self
    }
}

impl ChatAttachment {
    /// With the service's address before its paths.
    pub(crate) fn locate(&mut self, service: &str) {
        for path in [&mut self.url, &mut self.preview_url].into_iter().flatten() {
            if path.starts_with('/') {
                path.insert_str(0, service);
            }
        }
    }
}

/// `ChatMessageReadReceipt`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChatMessageReadReceipt {
    /// Who has read.
    pub sender_communication_identifier: CommunicationIdentifier,
    /// How far.
    pub chat_message_id: MessageId,
    /// When.
    #[serde(with = "rfc3339")]
    pub read_on: UnixMillis,
}
