//! Who is in a thread, since when, and what they may see of it.

use liaison_identity::{CommunicationIdentifier, RawId};
use serde::{Deserialize, Serialize};

use super::{Message, Metadata};
use crate::{EventSequence, Text, UnixMillis};

/// Which side somebody is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Side {
    /// A user of an app: belongs to a resource.
    App,
    /// A person of an organisation: a Teams user.
    Staff,
}

impl Side {
    /// The side of that raw id; `None` when its kind cannot chat (a phone number, a bot, an unknown kind, a visitor
    /// without an account).
    #[must_use]
    pub fn of(raw_id: &RawId) -> Option<Self> {
        match raw_id.identifier() {
            CommunicationIdentifier::CommunicationUser { .. }
            | CommunicationIdentifier::TeamsExtensionUser { .. } => Some(Self::App),
            CommunicationIdentifier::MicrosoftTeamsUser { is_anonymous: false, .. } => Some(Self::Staff),
            _ => None,
        }
    }
}

/// One participant, as others see them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Participant {
    /// Who.
    pub raw_id: RawId,
    /// The name to show. The directory's for staff; an app user's is not verified: whoever added them gave it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<Text>,
    /// Messages before this are hidden from them. 0: the whole history is shown, as in ACS when nothing is said.
    #[serde(default)]
    pub share_history_from: UnixMillis,
    /// Of the app.
    #[serde(default, skip_serializing_if = "Metadata::is_empty")]
    pub metadata: Metadata,
}

/// When and by which event somebody was removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Removal {
    /// The stamp of the removal: the id of its system message.
    pub at: UnixMillis,
    /// The event that told it; the last one they may see.
    pub event: EventSequence,
}

/// One participant's row in the store. It stays after a removal, for the old history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Participation {
    /// Who.
    #[serde(flatten)]
    pub participant: Participant,
    /// The stamp of their (latest) addition.
    pub joined_at: UnixMillis,
    /// The event that told it; the first one they may see.
    pub joined_event: EventSequence,
    /// Whether and when they were removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub removed: Option<Removal>,
}

impl Participation {
    /// Whether they are in the thread now.
    #[must_use]
    pub fn is_present(&self) -> bool {
        self.removed.is_none()
    }

    /// What they may see of the messages.
    #[must_use]
    pub fn history(&self) -> History {
        History { from: self.participant.share_history_from, until: self.removed.map(|removal| removal.at) }
    }
}

/// The part of a thread's messages that somebody may see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct History {
    /// Messages from this on, inclusive.
    pub from: UnixMillis,
    /// Only messages last changed up to this, inclusive. A message that was edited after somebody's removal is hidden
    /// from them: its old text is gone, and the new one is not theirs.
    pub until: Option<UnixMillis>,
}

impl History {
    /// Whether a message with this creation time and version is part of it. (In SQL: `id >= from and version <= until`.)
    #[must_use]
    pub fn covers(&self, created_at: UnixMillis, version: UnixMillis) -> bool {
        created_at >= self.from && self.until.is_none_or(|until| version <= until)
    }

    /// Whether that message is part of it.
    #[must_use]
    pub fn sees(&self, message: &Message) -> bool {
        self.covers(message.id.created_at(), message.version)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_can_chat() {
        for (raw_id, side) in [
            ("8:acs:r_u", Some(Side::App)),
            ("8:acs:r_t_u", Some(Side::App)),
            ("8:orgid:o", Some(Side::Staff)),
            ("8:gcch:o", Some(Side::Staff)),
            ("8:teamsvisitor:o", None),
            ("4:+4930", None),
            ("28:orgid:b", None),
            ("x", None),
        ] {
            assert_eq!(Side::of(&RawId::new(raw_id).unwrap()), side, "{raw_id}");
        }
    }

    #[test]
    fn history_has_both_ends() {
        let history = History { from: UnixMillis(10), until: Some(UnixMillis(20)) };
        for (created, version, seen) in
            [(9, 9, false), (10, 10, true), (20, 20, true), (15, 21, false), (21, 21, false), (9, 15, false)]
        {
            assert_eq!(history.covers(UnixMillis(created), UnixMillis(version)), seen, "{created} {version}");
        }
    }
}
