//! What the app asks for.

use liaison_chat::acs::{
    AddChatParticipantsRequest, ChatParticipant, CreateChatThreadRequest, SendChatMessageRequest,
};
use liaison_chat::model::{MessageKind, Metadata, Patch, RetentionPolicy};
use liaison_chat::{ClientMessageId, MessageId, Text, ThreadId, UnixMillis};
use liaison_identity::RawId;

use super::result::ChatPage;

/// A thread to be created.
#[derive(Debug, Clone, Default)]
pub struct NewChatThread {
    /// What it is about; at most 1024 bytes.
    pub topic: String,
    /// Who is to be in it besides the user; at most 200 at once.
    pub participants: Vec<ChatParticipantToAdd>,
    /// Of the app; at most 1 KB.
    pub metadata: Metadata,
    /// When it goes by itself.
    pub retention: RetentionPolicy,
}

/// Somebody to be added.
#[derive(Debug, Clone, Default)]
pub struct ChatParticipantToAdd {
    /// Raw id: `8:acs:<resource>_<user>`, or `8:orgid:<object id>` for a Teams user.
    pub raw_id: String,
    /// The name to show; empty for none.
    pub display_name: String,
    /// Messages before this are hidden from them; `None`: the whole history is shown.
    pub share_history_from: Option<UnixMillis>,
}

/// A message to be sent.
#[derive(Debug, Clone)]
pub struct NewMessage {
    /// The text or HTML; at most 28 KB.
    pub content: String,
    /// `Text` or `Html`.
    pub kind: MessageKind,
    /// The name to show; empty for none.
    pub sender_display_name: String,
    /// Of the app; at most 1 KB.
    pub metadata: Metadata,
    /// The app's own name for it. Sent again under the same name, it is not there twice (on this service; Azure sends it
    /// again). `None`: a random one.
    pub client_id: Option<String>,
}

impl NewMessage {
    /// Plain text.
    pub fn text(content: impl Into<String>) -> Self {
        Self::new(MessageKind::Text, content.into())
    }

    /// HTML; the service takes out what is not harmless.
    pub fn html(content: impl Into<String>) -> Self {
        Self::new(MessageKind::Html, content.into())
    }

    fn new(kind: MessageKind, content: String) -> Self {
        let (sender_display_name, metadata) = (String::new(), Metadata::default());
        Self { content, kind, sender_display_name, metadata, client_id: None }
    }
}

/// Where a list of messages begins.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum MessagesFrom {
    /// With the newest.
    #[default]
    Newest,
    /// With the newest, and ends with this point in time.
    Since(UnixMillis),
    /// Where an earlier page ended.
    Page(ChatPage),
}

/// What the task does. Everything in it was looked at already.
#[derive(Debug)]
pub(crate) enum Request {
    CreateThread { request: CreateChatThreadRequest, id: ClientMessageId },
    ListThreads { page: Option<ChatPage> },
    GetThread(ThreadId),
    UpdateThread { thread: ThreadId, topic: Patch<Text> },
    DeleteThread(ThreadId),
    ListParticipants { thread: ThreadId, page: Option<ChatPage> },
    AddParticipants { thread: ThreadId, request: AddChatParticipantsRequest },
    RemoveParticipant { thread: ThreadId, who: RawId },
    SendMessage { thread: ThreadId, request: SendChatMessageRequest, id: ClientMessageId },
    EditMessage { thread: ThreadId, message: MessageId, content: Text },
    DeleteMessage { thread: ThreadId, message: MessageId },
    GetMessage { thread: ThreadId, message: MessageId },
    ListMessages { thread: ThreadId, from: MessagesFrom, most: Option<u32> },
    SendTyping { thread: ThreadId, sender_display_name: Option<Text> },
    SendReadReceipt { thread: ThreadId, message: MessageId },
    ListReadReceipts { thread: ThreadId, page: Option<ChatPage> },
    CountUnread(ThreadId),
}

impl Request {
    /// The thread whose changes it has to keep the order of.
    pub(super) fn lane(&self) -> Option<&ThreadId> {
        match self {
            Self::UpdateThread { thread, .. }
            | Self::DeleteThread(thread)
            | Self::AddParticipants { thread, .. }
            | Self::RemoveParticipant { thread, .. }
            | Self::SendMessage { thread, .. }
            | Self::EditMessage { thread, .. }
            | Self::DeleteMessage { thread, .. }
            | Self::SendReadReceipt { thread, .. } => Some(thread),
            _ => None,
        }
    }
}

/// As the service wants to have them.
pub(super) fn participant(who: ChatParticipantToAdd, raw_id: &RawId) -> ChatParticipant {
    ChatParticipant {
        communication_identifier: raw_id.identifier(),
        display_name: some(who.display_name),
        share_history_time: who.share_history_from,
        metadata: None,
    }
}

/// Empty is none.
pub(super) fn some(text: String) -> Option<Text> {
    (!text.is_empty()).then(|| text.into())
}
