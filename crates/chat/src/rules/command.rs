//! What can be asked for.

use liaison_identity::RawId;

use super::Operation;
use crate::model::{MessageKind, Metadata, MetadataPatch, Participant, Patch, RetentionPolicy};
use crate::{AttachmentId, ClientMessageId, MessageId, Text, ThreadId};

/// The federation's word on somebody who is to be added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// They may be.
    Admitted,
    /// They may not, or there is nobody of that name: to the one who asks both look alike.
    Refused,
}

/// Somebody to be added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewParticipant {
    /// Who.
    pub participant: Participant,
    /// Whether they may be.
    pub admission: Admission,
}

/// A new thread.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateThread {
    /// Its name, of random bits.
    pub id: ThreadId,
    /// What it is about.
    pub topic: Text,
    /// Who is to be in it. The creator is added without being named.
    pub participants: Vec<NewParticipant>,
    /// What the creator is called when they are not named.
    pub creator_name: Option<Text>,
    /// Of the app.
    pub metadata: Metadata,
    /// When it goes by itself.
    pub retention: RetentionPolicy,
}

/// New properties.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UpdateThread {
    /// What it is about.
    pub topic: Option<Text>,
    /// Of the app.
    pub metadata: MetadataPatch,
    /// When it goes by itself.
    pub retention: Patch<RetentionPolicy>,
}

/// A new message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SendMessage {
    /// `Text` or `Html`.
    pub kind: MessageKind,
    /// The text, or HTML that the service has sanitised.
    pub content: Text,
    /// Files that the sender has uploaded to the thread.
    pub attachments: Vec<AttachmentId>,
    /// The name to show.
    pub sender_display_name: Option<Text>,
    /// Of the app.
    pub metadata: Metadata,
    /// The sender's own name of it: the same again sends nothing.
    pub client_id: Option<ClientMessageId>,
}

/// A change of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EditMessage {
    /// Which.
    pub message: MessageId,
    /// The new text, or sanitised HTML if it is HTML.
    pub content: Option<Text>,
    /// Of the app.
    pub metadata: MetadataPatch,
}

/// What can be asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Create a thread. A repetition (`repeatability-request-id`) is answered by the store, not here.
    CreateThread(CreateThread),
    /// See one's threads.
    ListThreads,
    /// See the properties.
    GetThread,
    /// Change the properties.
    UpdateThread(UpdateThread),
    /// Delete the thread with its history. Idempotent.
    DeleteThread,
    /// Send a message.
    SendMessage(SendMessage),
    /// See messages.
    ListMessages,
    /// See one message.
    GetMessage(MessageId),
    /// Change one's own message.
    EditMessage(EditMessage),
    /// Delete one's own message. Idempotent.
    DeleteMessage(MessageId),
    /// See who is in the thread.
    ListParticipants,
    /// Add participants. Those already there stay as they are.
    AddParticipants(Vec<NewParticipant>),
    /// Remove a participant, or oneself. Idempotent.
    RemoveParticipant(RawId),
    /// Say how far one has read.
    SendReadReceipt(MessageId),
    /// See how far the others have read.
    ListReadReceipts,
    /// Say that one writes.
    SendTyping {
        /// The name to show.
        sender_display_name: Option<Text>,
    },
    /// Read the thread's log.
    ReadEvents,
    /// Put a file beside the thread, for a message to come. The store adds it by itself.
    UploadAttachment {
        /// The file's name.
        name: Option<Text>,
        /// Its length.
        bytes: u64,
    },
    /// Read a file.
    GetAttachment(AttachmentId),
    /// Delete a file of one's own that was not sent.
    DeleteAttachment(AttachmentId),
}

impl Command {
    /// Its operation.
    #[must_use]
    pub fn operation(&self) -> Operation {
        match self {
            Self::CreateThread(_) => Operation::CreateThread,
            Self::ListThreads => Operation::ListThreads,
            Self::GetThread => Operation::GetThread,
            Self::UpdateThread(_) => Operation::UpdateThread,
            Self::DeleteThread => Operation::DeleteThread,
            Self::SendMessage(_) => Operation::SendMessage,
            Self::ListMessages => Operation::ListMessages,
            Self::GetMessage(_) => Operation::GetMessage,
            Self::EditMessage(_) => Operation::EditMessage,
            Self::DeleteMessage(_) => Operation::DeleteMessage,
            Self::ListParticipants => Operation::ListParticipants,
            Self::AddParticipants(_) => Operation::AddParticipants,
            Self::RemoveParticipant(_) => Operation::RemoveParticipant,
            Self::SendReadReceipt(_) => Operation::SendReadReceipt,
            Self::ListReadReceipts => Operation::ListReadReceipts,
            Self::SendTyping { .. } => Operation::SendTyping,
            Self::ReadEvents => Operation::ReadEvents,
            Self::UploadAttachment { .. } => Operation::UploadAttachment,
            Self::GetAttachment(_) => Operation::GetAttachment,
            Self::DeleteAttachment(_) => Operation::DeleteAttachment,
        }
    }
}
