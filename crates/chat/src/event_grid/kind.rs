//! The sixteen.

use std::fmt;
use std::str::FromStr;

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident,)*) => {
        /// What an event tells. The names are those of Event Grid, where `Microsoft.Communication.` stands before them.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum GridKind { $($(#[$doc])* $kind,)* }

        impl GridKind {
            /// All of them.
            pub const ALL: [Self; 16] = [$(Self::$kind,)*];

            /// The name, without what stands before all of them.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$kind => stringify!($kind),)* }
            }
        }
    };
}

kinds! {
    /// To each user: somebody else sent a message.
    ChatMessageReceived,
    /// To each user: somebody else changed a message.
    ChatMessageEdited,
    /// To each user: somebody else deleted a message.
    ChatMessageDeleted,
    /// To each user: they are in a new thread.
    ChatThreadCreatedWithUser,
    /// To each user: a thread that they were in is gone.
    ChatThreadWithUserDeleted,
    /// To each user: topic, metadata or retention changed.
    ChatThreadPropertiesUpdatedPerUser,
    /// To each user: somebody was added.
    ChatParticipantAddedToThreadWithUser,
    /// To each user: somebody was removed.
    ChatParticipantRemovedFromThreadWithUser,
    /// Once: a message was sent.
    ChatMessageReceivedInThread,
    /// Once: a message was changed.
    ChatMessageEditedInThread,
    /// Once: a message was deleted.
    ChatMessageDeletedInThread,
    /// Once: there is a new thread.
    ChatThreadCreated,
    /// Once: a thread is gone.
    ChatThreadDeleted,
    /// Once: topic, metadata or retention changed.
    ChatThreadPropertiesUpdated,
    /// Once for each who was added.
    ChatThreadParticipantAdded,
    /// Once for each who was removed.
    ChatThreadParticipantRemoved,
}

/// What stands before the names.
const PREFIX: &str = "Microsoft.Communication.";

/// The whole name.
impl fmt::Display for GridKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}{}", self.name())
    }
}

/// A text that names none of the sixteen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("events are named as in Event Grid: ChatMessageReceivedInThread, ChatThreadCreated, …")]
pub struct GridKindError;

/// With or without what stands before the names.
impl FromStr for GridKind {
    type Err = GridKindError;

    fn from_str(text: &str) -> Result<Self, GridKindError> {
        let name = text.strip_prefix(PREFIX).unwrap_or(text);
        Self::ALL.into_iter().find(|kind| kind.name() == name).ok_or(GridKindError)
    }
}
