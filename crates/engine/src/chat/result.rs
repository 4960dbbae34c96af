//! What chat commands come to.

use liaison_chat::acs;
use liaison_chat::model::{Attachment, Message, Metadata, Participant, ReadReceipt, RetentionPolicy};
use liaison_chat::{MessageId, Text, ThreadId, UnixMillis};
use liaison_identity::RawId;

use super::transfer::AttachmentBytes;

/// What a command came to: the part of [`Event::ChatDone`](crate::Event::ChatDone) for the app.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ChatResult {
    /// It is done, and there is no more to say.
    Done,
    /// A thread was created.
    ThreadCreated {
        /// Its properties.
        thread: Box<ChatThread>,
        /// Those who could not be added.
        refused: Vec<ChatRefusedParticipant>,
    },
    /// Participants were added.
    ParticipantsAdded {
        /// Those who could not be.
        refused: Vec<ChatRefusedParticipant>,
    },
    /// A message was sent.
    MessageSent {
        /// Its name in the thread; also when it was made, in ms since 1970.
        message: MessageId,
    },
    /// A thread's properties.
    Thread(Box<ChatThread>),
    /// A page of the user's threads.
    Threads {
        /// The threads.
        threads: Vec<ChatThreadItem>,
        /// The next page; `None` on the last.
        next: Option<ChatPage>,
    },
    /// One message.
    Message(Box<Message>),
    /// A page of a thread's messages, the newest first.
    Messages {
        /// The messages.
        messages: Vec<Message>,
        /// The page of the older ones; `None` on the last.
        next: Option<ChatPage>,
    },
    /// A page of a thread's participants.
    Participants {
        /// Who.
        participants: Vec<Participant>,
        /// The next page; `None` on the last.
        next: Option<ChatPage>,
    },
    /// A page of how far the participants have read: one receipt each.
    ReadReceipts {
        /// The receipts.
        receipts: Vec<ReadReceipt>,
        /// The next page; `None` on the last.
        next: Option<ChatPage>,
    },
    /// A file is on the service, for a message to come: send one with it within a day.
    AttachmentUploaded {
        /// For [`NewMessage::attachments`](crate::NewMessage::attachments).
        attachment: Attachment,
    },
    /// A file.
    AttachmentDownloaded {
        /// What is in it; empty when it was put on the disk.
        bytes: AttachmentBytes,
        /// How long it is.
        length: u64,
        /// What the service takes it for, by its content: `image/png`, …, or `application/octet-stream`.
        media_type: String,
    },
    /// How many messages of others the user has not read.
    Unread {
        /// So many …
        count: u32,
        /// … or, with this, at least so many: counting ended there.
        or_more: bool,
    },
}

/// Where a list goes on. Only for the same list of the same thread.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChatPage(pub String);

/// A thread's properties.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChatThread {
    /// Its name.
    pub id: ThreadId,
    /// What it is about.
    pub topic: Text,
    /// When it was created.
    pub created_at: UnixMillis,
    /// By whom.
    pub created_by: RawId,
    /// When it was deleted.
    pub deleted_at: Option<UnixMillis>,
    /// Of the app.
    pub metadata: Metadata,
    /// When it goes by itself.
    pub retention: RetentionPolicy,
}

/// One line of the list of threads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChatThreadItem {
    /// Its name.
    pub id: ThreadId,
    /// What it is about.
    pub topic: Text,
    /// When it was deleted.
    pub deleted_at: Option<UnixMillis>,
    /// When its newest message came.
    pub last_message_at: Option<UnixMillis>,
}

/// Somebody who could not be added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChatRefusedParticipant {
    /// Who, as the service named them; mostly a raw id.
    pub raw_id: String,
    /// Why, for programs: `403` when the organisation's federation says no.
    pub code: String,
    /// Why, for people.
    pub text: String,
}

impl From<acs::CommunicationError> for ChatRefusedParticipant {
    fn from(error: acs::CommunicationError) -> Self {
        Self { raw_id: error.target.unwrap_or_default(), code: error.code, text: error.message }
    }
}

impl TryFrom<acs::ChatThreadProperties> for ChatThread {
    type Error = liaison_identity::RawIdError;

    fn try_from(thread: acs::ChatThreadProperties) -> Result<Self, Self::Error> {
        Ok(Self {
            id: thread.id,
            topic: thread.topic,
            created_at: thread.created_on,
            created_by: RawId::try_from(&thread.created_by_communication_identifier)?,
            deleted_at: thread.deleted_on,
            metadata: thread.metadata.unwrap_or_default(),
            retention: thread.retention_policy.unwrap_or_default(),
        })
    }
}

impl From<acs::ChatThreadItem> for ChatThreadItem {
    fn from(item: acs::ChatThreadItem) -> Self {
        Self {
            id: item.id,
            topic: item.topic,
            deleted_at: item.deleted_on,
            last_message_at: item.last_message_received_on,
        }
    }
}
