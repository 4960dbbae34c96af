//! Requests and their answers.

use serde::{Deserialize, Deserializer, Serialize};

use super::{ChatAttachment, ChatParticipant, ChatThreadProperties, CommunicationError};
use crate::model::{AttachmentKind, MessageKind, Metadata, MetadataPatch, Patch, RetentionPolicy};
use crate::{MessageId, Text};

/// The SDKs send `null` for a list that was left out.
fn null_as_none<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// `CreateChatThreadRequest`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateChatThreadRequest {
    /// What it is about.
    pub topic: Text,
    /// Who is to be in it.
    #[serde(default, deserialize_with = "null_as_none")]
    pub participants: Vec<ChatParticipant>,
    /// Of the app.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Metadata>,
    /// When it goes by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retention_policy: Option<RetentionPolicy>,
}

/// `CreateChatThreadResult`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateChatThreadResult {
    /// The thread.
    pub chat_thread: ChatThreadProperties,
    /// Who was not added.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_none")]
    pub invalid_participants: Vec<CommunicationError>,
}

/// `UpdateChatThreadRequest`, a merge patch.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct UpdateChatThreadRequest {
    /// What it is about.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub topic: Patch<Text>,
    /// Of the app.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub metadata: MetadataPatch,
    /// When it goes by itself.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub retention_policy: Patch<RetentionPolicy>,
}

/// `AddChatParticipantsRequest`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddChatParticipantsRequest {
    /// Who is to be added.
    pub participants: Vec<ChatParticipant>,
}

/// `AddChatParticipantsResult`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AddChatParticipantsResult {
    /// Who was not added.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_none")]
    pub invalid_participants: Vec<CommunicationError>,
}

/// `SendChatMessageRequest`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SendChatMessageRequest {
    /// The text or HTML.
    pub content: Text,
    /// The name to show.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sender_display_name: Option<Text>,
    /// `text` when absent.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<MessageKind>,
    /// Of the app.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Metadata>,
    /// Files that were uploaded. Only their ids are looked at.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_none")]
    pub attachments: Vec<ChatAttachment>,
}

/// `UploadChatImageResult`, for files as well.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UploadChatImageResult {
    /// The file's name in its thread, to be sent with a message.
    pub id: String,
    /// What it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attachment_type: Option<AttachmentKind>,
    /// The file's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Text>,
}

/// `SendChatMessageResult`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SendChatMessageResult {
    /// The message's name.
    pub id: MessageId,
}

/// `UpdateChatMessageRequest`, a merge patch.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct UpdateChatMessageRequest {
    /// The new text.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub content: Patch<Text>,
    /// Of the app.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub metadata: MetadataPatch,
}

/// `SendReadReceiptRequest`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SendReadReceiptRequest {
    /// The newest message read.
    pub chat_message_id: MessageId,
}

/// `SendTypingNotificationRequest`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SendTypingNotificationRequest {
    /// The name to show.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sender_display_name: Option<Text>,
}
