//! Threads.

use liaison_identity::CommunicationIdentifier;
use serde::{Deserialize, Serialize};

use crate::model::{Metadata, RetentionPolicy};
use crate::time::rfc3339;
use crate::{Text, ThreadId, UnixMillis};

/// `ChatThreadProperties`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChatThreadProperties {
    /// Its name.
    pub id: ThreadId,
    /// What it is about.
    pub topic: Text,
    /// When it was created.
    #[serde(with = "rfc3339")]
    pub created_on: UnixMillis,
    /// By whom.
    pub created_by_communication_identifier: CommunicationIdentifier,
    /// When it was deleted.
    #[serde(default, with = "rfc3339::option", skip_serializing_if = "Option::is_none")]
    pub deleted_on: Option<UnixMillis>,
    /// Of the app.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Metadata>,
    /// When it goes by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retention_policy: Option<RetentionPolicy>,
}

/// `ChatThreadItem`: one line of the list of threads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChatThreadItem {
    /// Its name.
    pub id: ThreadId,
    /// What it is about.
    pub topic: Text,
    /// When it was deleted.
    #[serde(default, with = "rfc3339::option", skip_serializing_if = "Option::is_none")]
    pub deleted_on: Option<UnixMillis>,
    /// When its newest message came.
    #[serde(default, with = "rfc3339::option", skip_serializing_if = "Option::is_none")]
    pub last_message_received_on: Option<UnixMillis>,
}
