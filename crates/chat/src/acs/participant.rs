//! Participants.

use liaison_identity::CommunicationIdentifier;
use serde::{Deserialize, Serialize};

use crate::model::Metadata;
use crate::time::rfc3339;
use crate::{Text, UnixMillis};

/// `ChatParticipant`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChatParticipant {
    /// Who, by raw id or by typed member.
    pub communication_identifier: CommunicationIdentifier,
    /// The name to show.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<Text>,
    /// Messages before this are hidden from them.
    #[serde(default, with = "rfc3339::option", skip_serializing_if = "Option::is_none")]
    pub share_history_time: Option<UnixMillis>,
    /// Of the app.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Metadata>,
}
