//! How far somebody has read.

use liaison_identity::RawId;
use serde::{Deserialize, Serialize};

use crate::{MessageId, UnixMillis};

/// How far one participant has read. A thread holds one for each: the latest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReadReceipt {
    /// Who.
    pub reader: RawId,
    /// The newest message read.
    pub message: MessageId,
    /// When.
    pub read_at: UnixMillis,
}
