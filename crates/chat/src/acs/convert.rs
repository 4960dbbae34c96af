//! Between these and the model.

use liaison_identity::{CommunicationIdentifier, RawId, RawIdError};

use super::{
    ChatAttachment, ChatMessage, ChatMessageContent, ChatMessageReadReceipt, ChatParticipant, ChatThreadItem,
    ChatThreadProperties, CommunicationError, CommunicationErrorResponse, SendChatMessageRequest,
    UpdateChatMessageRequest, UpdateChatThreadRequest,
};
use crate::model::{
    Attachment, Message, MessageContent, MessageKind, Metadata, Participant, Patch, ReadReceipt, Thread,
};
use crate::rules::{EditMessage, InvalidParticipant, SendMessage, UpdateThread};
use crate::{ClientMessageId, MessageId, Text, UnixMillis};

/// JSON of the right shape that says what cannot be. Answer it with [`ConvertError::body`] and 400.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ConvertError {
    /// A participant's raw id is no key.
    #[error("participants: {0}")]
    RawId(#[from] RawIdError),
    /// A merge patch takes out what must be there.
    #[error("`{0}` cannot be null: leave it out to keep it")]
    Null(&'static str),
    /// A file's id is none.
    #[error("attachments: an id is none of those that uploads are answered")]
    Attachment,
    /// A number in decimal was expected.
    #[error("`{0}` is not a decimal number")]
    Number(&'static str),
}

impl ConvertError {
    /// The error's body.
    #[must_use]
    pub fn body(self) -> CommunicationErrorResponse {
        CommunicationErrorResponse { error: CommunicationError::new("BadRequest", &self.to_string()) }
    }
}

fn some(metadata: &Metadata) -> Option<Metadata> {
    (!metadata.is_empty()).then(|| metadata.clone())
}

fn required(patch: Patch<Text>, name: &'static str) -> Result<Option<Text>, ConvertError> {
    match patch {
        Patch::Keep => Ok(None),
        Patch::Clear => Err(ConvertError::Null(name)),
        Patch::Set(text) => Ok(Some(text)),
    }
}

fn raw_id(identifier: &CommunicationIdentifier) -> Result<RawId, ConvertError> {
    Ok(RawId::try_from(identifier)?)
}

impl From<&Participant> for ChatParticipant {
    fn from(participant: &Participant) -> Self {
        Self {
            communication_identifier: participant.raw_id.identifier(),
            display_name: participant.display_name.clone(),
            share_history_time: Some(participant.share_history_from),
            metadata: some(&participant.metadata),
        }
    }
}

impl TryFrom<ChatParticipant> for Participant {
    type Error = ConvertError;

    fn try_from(participant: ChatParticipant) -> Result<Self, ConvertError> {
        Ok(Self {
            raw_id: raw_id(&participant.communication_identifier)?,
            display_name: participant.display_name.filter(|name| !name.is_blank()),
            share_history_from: participant.share_history_time.unwrap_or_default(),
            metadata: participant.metadata.unwrap_or_default(),
        })
    }
}

impl From<&Thread> for ChatThreadProperties {
    fn from(thread: &Thread) -> Self {
        Self {
            id: thread.id.clone(),
            topic: thread.topic.clone(),
            created_on: thread.created_at,
            created_by_communication_identifier: thread.created_by.identifier(),
            deleted_on: thread.deleted_at,
            metadata: some(&thread.metadata),
            retention_policy: Some(thread.retention),
        }
    }
}

impl From<&Thread> for ChatThreadItem {
    fn from(thread: &Thread) -> Self {
        Self {
            id: thread.id.clone(),
            topic: thread.topic.clone(),
            deleted_on: thread.deleted_at,
            last_message_received_on: thread.heads.last_message.map(MessageId::created_at),
        }
    }
}

impl From<&Attachment> for ChatAttachment {
    fn from(attachment: &Attachment) -> Self {
        Self {
            id: attachment.id.clone(),
            attachment_type: attachment.kind,
            name: attachment.name.clone(),
            url: attachment.url.clone(),
            preview_url: attachment.preview_url.clone(),
        }
    }
}

impl From<ChatAttachment> for Attachment {
    fn from(attachment: ChatAttachment) -> Self {
        Self {
            id: attachment.id,
            kind: attachment.attachment_type,
            name: attachment.name,
            url: attachment.url,
            preview_url: attachment.preview_url,
        }
    }
}

impl From<&MessageContent> for ChatMessageContent {
    fn from(content: &MessageContent) -> Self {
        let participants: Vec<_> = content.participants.iter().map(ChatParticipant::from).collect();
        let attachments: Vec<_> = content.attachments.iter().map(ChatAttachment::from).collect();
        Self {
            message: content.message.clone(),
            topic: content.topic.clone(),
            participants: (!participants.is_empty()).then_some(participants),
            attachments: (!attachments.is_empty()).then_some(attachments),
            initiator_communication_identifier: content.initiator.as_ref().map(RawId::identifier),
        }
    }
}

impl From<&Message> for ChatMessage {
    fn from(message: &Message) -> Self {
        Self {
            id: message.id,
            kind: message.kind,
            sequence_id: message.sequence_id.to_string(),
            version: message.version.0.to_string(),
            content: message.content.as_ref().map(ChatMessageContent::from),
            sender_display_name: message.sender_display_name.clone(),
            created_on: message.created_at(),
            sender_communication_identifier: message.sender.as_ref().map(RawId::identifier),
            deleted_on: message.deleted_at,
            edited_on: message.edited_at,
            metadata: some(&message.metadata),
        }
    }
}

/// For the client: also what ACS itself sends.
impl TryFrom<ChatMessage> for Message {
    type Error = ConvertError;

    fn try_from(message: ChatMessage) -> Result<Self, ConvertError> {
        let metadata = message.metadata.unwrap_or_default();
        let client_id = metadata.0.get(super::CLIENT_ID_METADATA).and_then(|id| id.parse().ok());
        let content = message.content.map(|content| {
            let participants = content.participants.unwrap_or_default().into_iter();
            Ok::<_, ConvertError>(MessageContent {
                message: content.message,
                topic: content.topic,
                participants: participants.map(Participant::try_from).collect::<Result<_, _>>()?,
                attachments: content
                    .attachments
                    .unwrap_or_default()
                    .into_iter()
                    .map(Attachment::from)
                    .collect(),
                initiator: content.initiator_communication_identifier.as_ref().map(raw_id).transpose()?,
            })
        });
        Ok(Self {
            id: message.id,
            kind: message.kind,
            sequence_id: message.sequence_id.parse().map_err(|_| ConvertError::Number("sequenceId"))?,
            version: message.version.parse().map(UnixMillis).map_err(|_| ConvertError::Number("version"))?,
            content: content.transpose()?,
            sender: message.sender_communication_identifier.as_ref().map(raw_id).transpose()?,
            sender_display_name: message.sender_display_name,
            client_id,
            deleted_at: message.deleted_on,
            edited_at: message.edited_on,
            metadata,
        })
    }
}

impl From<&ReadReceipt> for ChatMessageReadReceipt {
    fn from(receipt: &ReadReceipt) -> Self {
        Self {
            sender_communication_identifier: receipt.reader.identifier(),
            chat_message_id: receipt.message,
            read_on: receipt.read_at,
        }
    }
}

impl From<&InvalidParticipant> for CommunicationError {
    fn from(invalid: &InvalidParticipant) -> Self {
        let error = Self::new(invalid.refusal.code(), invalid.refusal.message());
        Self { target: Some(invalid.raw_id.to_string()), ..error }
    }
}

impl SendChatMessageRequest {
    /// The command; `content` is replaced by the service with its sanitised form when it is HTML.
    ///
    /// # Errors
    /// When an attachment's id is none of this service's.
    pub fn into_command(self, client_id: Option<ClientMessageId>) -> Result<SendMessage, ConvertError> {
        let ids = self.attachments.iter().map(|attachment| attachment.id.parse());
        Ok(SendMessage {
            kind: self.kind.unwrap_or(MessageKind::Text),
            content: self.content,
            attachments: ids.collect::<Result<_, _>>().map_err(|_| ConvertError::Attachment)?,
            sender_display_name: self.sender_display_name.filter(|name| !name.is_blank()),
            metadata: self.metadata.unwrap_or_default(),
            client_id,
        })
    }
}

impl UpdateChatMessageRequest {
    /// The command.
    ///
    /// # Errors
    /// When the content is `null`.
    pub fn into_command(self, message: MessageId) -> Result<EditMessage, ConvertError> {
        let content = required(self.content, "content")?;
        Ok(EditMessage { message, content, metadata: self.metadata })
    }
}

impl TryFrom<UpdateChatThreadRequest> for UpdateThread {
    type Error = ConvertError;

    fn try_from(request: UpdateChatThreadRequest) -> Result<Self, ConvertError> {
        let topic = required(request.topic, "topic")?;
        Ok(Self { topic, metadata: request.metadata, retention: request.retention_policy })
    }
}
