//! What the app asks for.

use liaison_chat::model::{Attachment, MessageKind, Metadata, Participant, RetentionPolicy};
use liaison_chat::outbox::QueuedCommand;
use liaison_chat::{ClientMessageId, MessageId, Text, ThreadId, UnixMillis};
use liaison_identity::RawId;

use super::result::ChatPage;
use super::transfer::Transfer;

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
    /// Files that were uploaded to the thread; at most 10. With them the text may be empty.
    pub attachments: Vec<Attachment>,
    /// The app's own name for it; it names the outcome too. On this service it is not there twice when it is sent again
    /// under the same name. ACS does not look at it: there the engine looks for it in the history before it sends it again,
    /// and a message that comes late can be there twice. `None`: a random one.
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
        Self { content, kind, sender_display_name, metadata, attachments: Vec::new(), client_id: None }
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

/// Which part of a list. The default is the first page, of 100.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChatListOptions {
    /// Where an earlier page ended; nothing else is looked at then.
    pub page: Option<ChatPage>,
    /// How many on this page and those after it: 1 to 200. `None`: 100.
    pub max_page_size: Option<u32>,
    /// Participants and read receipts: so many are passed over.
    pub skip: u32,
    /// Threads: only those whose newest message is not older.
    pub start_time: Option<UnixMillis>,
}

/// What the task does. Everything in it was looked at already.
#[derive(Debug)]
pub(crate) enum Request {
    /// Something that waits in the outbox until it is done.
    Queue { thread: Option<ThreadId>, id: ClientMessageId, command: QueuedCommand },
    /// Something that is asked for once.
    Ask(Question),
}

#[derive(Debug)]
pub(crate) enum Question {
    ListThreads(ChatListOptions),
    GetThread(ThreadId),
    ListParticipants { thread: ThreadId, options: ChatListOptions },
    GetMessage { thread: ThreadId, message: MessageId },
    ListMessages { thread: ThreadId, from: MessagesFrom, most: Option<u32> },
    SendTyping { thread: ThreadId, sender_display_name: Option<Text> },
    ListReadReceipts { thread: ThreadId, options: ChatListOptions },
    CountUnread(ThreadId),
    Transfer { thread: ThreadId, what: Transfer },
}

/// As it is kept.
pub(super) fn participant(who: ChatParticipantToAdd, raw_id: RawId) -> Participant {
    Participant {
        raw_id,
        display_name: some(who.display_name),
        share_history_from: who.share_history_from.unwrap_or_default(),
        metadata: Metadata::default(),
    }
}

/// Empty is none.
pub(super) fn some(text: String) -> Option<Text> {
    (!text.is_empty()).then(|| text.into())
}
