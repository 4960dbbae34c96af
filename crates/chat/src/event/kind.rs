//! The ten.

use liaison_identity::RawId;
use serde::{Deserialize, Serialize};

use crate::model::{Message, Metadata, Participant, ReadReceipt, RetentionPolicy, SystemMessage};
use crate::{Text, UnixMillis};

/// Who did it, with the name they have in the thread.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EventActor {
    /// Who.
    pub raw_id: RawId,
    /// The name to show.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<Text>,
}

/// The properties of a thread.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ThreadFacts {
    /// What it is about.
    pub topic: Text,
    /// When it was created.
    pub created_at: UnixMillis,
    /// Of the app.
    #[serde(default, skip_serializing_if = "Metadata::is_empty")]
    pub metadata: Metadata,
    /// When it goes by itself.
    #[serde(default)]
    pub retention: RetentionPolicy,
}

/// How a thread came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ThreadDeletion {
    /// A participant deleted it.
    DeletedByUser,
    /// Its retention policy did.
    DeletedByPolicy,
}

/// What happened. The names are those of `@azure/communication-chat`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[non_exhaustive]
pub enum EventKind {
    /// A participant sent a message. Not for the service's own messages.
    ChatMessageReceived {
        /// The message.
        message: Message,
    },
    /// A message was changed.
    ChatMessageEdited {
        /// As it is now.
        message: Message,
    },
    /// A message was deleted.
    ChatMessageDeleted {
        /// What is left of it.
        message: Message,
    },
    /// Somebody writes.
    TypingIndicatorReceived {
        /// Who.
        sender: RawId,
        /// The name that they gave, or the one they have in the thread.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sender_display_name: Option<Text>,
    },
    /// Somebody has read.
    ReadReceiptReceived {
        /// How far.
        receipt: ReadReceipt,
        /// The sender's own name of the message read.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        client_id: Option<crate::ClientMessageId>,
    },
    /// The thread was created.
    ChatThreadCreated {
        /// Its properties.
        properties: ThreadFacts,
        /// By whom.
        created_by: EventActor,
        /// Who is in it.
        participants: Vec<Participant>,
    },
    /// Topic, metadata or retention changed.
    ChatThreadPropertiesUpdated {
        /// As they are now.
        properties: ThreadFacts,
        /// By whom.
        updated_by: EventActor,
        /// The history's message about it, when the topic changed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        system_message: Option<SystemMessage>,
    },
    /// The thread is gone, and its history with it.
    ChatThreadDeleted {
        /// By whom; `None` when a policy did.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        deleted_by: Option<EventActor>,
        /// How.
        reason: ThreadDeletion,
    },
    /// Somebody was added.
    ParticipantsAdded {
        /// Who.
        participants: Vec<Participant>,
        /// By whom.
        added_by: EventActor,
        /// The history's message about it.
        system_message: SystemMessage,
    },
    /// Somebody was removed.
    ParticipantsRemoved {
        /// Who.
        participants: Vec<Participant>,
        /// By whom; themselves when they left.
        removed_by: EventActor,
        /// The history's message about it.
        system_message: SystemMessage,
    },
}

impl EventKind {
    /// The name, as `@azure/communication-chat` has it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::ChatMessageReceived { .. } => "chatMessageReceived",
            Self::ChatMessageEdited { .. } => "chatMessageEdited",
            Self::ChatMessageDeleted { .. } => "chatMessageDeleted",
            Self::TypingIndicatorReceived { .. } => "typingIndicatorReceived",
            Self::ReadReceiptReceived { .. } => "readReceiptReceived",
            Self::ChatThreadCreated { .. } => "chatThreadCreated",
            Self::ChatThreadPropertiesUpdated { .. } => "chatThreadPropertiesUpdated",
            Self::ChatThreadDeleted { .. } => "chatThreadDeleted",
            Self::ParticipantsAdded { .. } => "participantsAdded",
            Self::ParticipantsRemoved { .. } => "participantsRemoved",
        }
    }
}
