//! What survives a restart.

use liaison_identity::RawId;
use serde::{Deserialize, Serialize};

use crate::model::{Attachment, MessageKind, Metadata, MetadataPatch, Participant, Patch, RetentionPolicy};
use crate::{ClientMessageId, MessageId, Text, ThreadId, UnixMillis};

/// A command that waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[non_exhaustive]
pub enum QueuedCommand {
    /// Create a thread.
    CreateThread {
        /// What it is about.
        topic: Text,
        /// Who is to be in it.
        participants: Vec<Participant>,
        /// Of the app.
        #[serde(default)]
        metadata: Metadata,
        /// When it goes by itself.
        #[serde(default)]
        retention: RetentionPolicy,
    },
    /// Change the properties.
    UpdateThread {
        /// What it is about.
        #[serde(default)]
        topic: Option<Text>,
        /// Of the app.
        #[serde(default, skip_serializing_if = "Patch::is_keep")]
        metadata: MetadataPatch,
        /// When it goes by itself.
        #[serde(default, skip_serializing_if = "Patch::is_keep")]
        retention: Patch<RetentionPolicy>,
    },
    /// Delete the thread.
    DeleteThread,
    /// Send a message.
    SendMessage {
        /// `Text` or `Html`.
        kind: MessageKind,
        /// The text or HTML.
        content: Text,
        /// The name to show.
        #[serde(default)]
        sender_display_name: Option<Text>,
        /// Of the app.
        #[serde(default)]
        metadata: Metadata,
        /// Files that were uploaded to the thread.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        attachments: Vec<Attachment>,
    },
    /// Change a message.
    EditMessage {
        /// Which.
        message: MessageId,
        /// The new text.
        #[serde(default)]
        content: Option<Text>,
        /// Of the app.
        #[serde(default, skip_serializing_if = "Patch::is_keep")]
        metadata: MetadataPatch,
    },
    /// Delete a message.
    DeleteMessage {
        /// Which.
        message: MessageId,
    },
    /// Add participants.
    AddParticipants {
        /// Who.
        participants: Vec<Participant>,
    },
    /// Remove a participant.
    RemoveParticipant {
        /// Who.
        raw_id: RawId,
    },
    /// Say how far one has read.
    SendReadReceipt {
        /// The newest message read.
        message: MessageId,
    },
}

/// A command on its way, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    /// Its name, random. Sent along as [`crate::acs::REPEATABILITY_REQUEST_ID`].
    pub id: ClientMessageId,
    /// The thread; `None` for one to be created.
    pub thread: Option<ThreadId>,
    /// The order of queueing, rising over all threads and restarts.
    pub order: u64,
    /// When it was queued, by this machine's clock.
    pub queued_at: UnixMillis,
    /// It may have been sent: kept so only where that matters (a message to ACS).
    #[serde(default)]
    pub tried: bool,
    /// What.
    pub command: QueuedCommand,
}

impl Record {
    pub(super) fn is_message(&self) -> bool {
        matches!(self.command, QueuedCommand::SendMessage { .. })
    }
}
