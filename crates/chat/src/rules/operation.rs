//! The operations, and what each needs: one table.

use liaison_identity::{Scope, Scopes};

/// What one can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "each is a `Command` of the same name")]
pub enum Operation {
    CreateThread,
    ListThreads,
    GetThread,
    UpdateThread,
    DeleteThread,
    SendMessage,
    ListMessages,
    GetMessage,
    EditMessage,
    DeleteMessage,
    ListParticipants,
    AddParticipants,
    RemoveParticipant,
    SendReadReceipt,
    ListReadReceipts,
    SendTyping,
    ReadEvents,
    UploadAttachment,
    GetAttachment,
    DeleteAttachment,
}

/// What one must be in the thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// There is no thread.
    Nothing,
    /// A participant now.
    Present,
    /// A participant now or once: a removed one reads what was there.
    Once,
}

/// The least scope that suffices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Right {
    /// `chat`.
    Full,
    /// `chat` or `chat.join`.
    Join,
    /// Any of the three.
    Limited,
}

impl Operation {
    /// All of them.
    pub const ALL: [Self; 20] = [
        Self::CreateThread,
        Self::ListThreads,
        Self::GetThread,
        Self::UpdateThread,
        Self::DeleteThread,
        Self::SendMessage,
        Self::ListMessages,
        Self::GetMessage,
        Self::EditMessage,
        Self::DeleteMessage,
        Self::ListParticipants,
        Self::AddParticipants,
        Self::RemoveParticipant,
        Self::SendReadReceipt,
        Self::ListReadReceipts,
        Self::SendTyping,
        Self::ReadEvents,
        Self::UploadAttachment,
        Self::GetAttachment,
        Self::DeleteAttachment,
    ];

    fn row(self) -> (Right, Needs) {
        use Needs::{Nothing, Once, Present};
        use Right::{Full, Join, Limited};
        match self {
            Self::CreateThread => (Full, Nothing),
            Self::ListThreads => (Limited, Nothing),
            Self::UpdateThread | Self::DeleteThread => (Full, Present),
            Self::AddParticipants | Self::RemoveParticipant => (Join, Present),
            Self::ListMessages | Self::GetMessage | Self::ReadEvents | Self::GetAttachment => (Limited, Once),
            Self::GetThread
            | Self::SendMessage
            | Self::EditMessage
            | Self::DeleteMessage
            | Self::ListParticipants
            | Self::SendReadReceipt
            | Self::ListReadReceipts
            | Self::SendTyping
            | Self::UploadAttachment
            | Self::DeleteAttachment => (Limited, Present),
        }
    }

    /// Whether a token with these scopes may do it at all.
    #[must_use]
    pub fn is_allowed_by(self, scopes: &Scopes) -> bool {
        let enough: &[Scope] = match self.row().0 {
            Right::Full => &[Scope::Chat],
            Right::Join => &[Scope::Chat, Scope::ChatJoin],
            Right::Limited => &[Scope::Chat, Scope::ChatJoin, Scope::ChatJoinLimited],
        };
        enough.iter().any(|scope| scopes.contains(*scope))
    }

    /// What one must be in the thread.
    #[must_use]
    pub fn needs(self) -> Needs {
        self.row().1
    }
}
