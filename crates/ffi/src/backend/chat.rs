//! Chat's commands with C's arguments.

use liaison_engine::chat_model::{
    Attachment, AttachmentKind, MessageKind, Metadata, MetadataChanges, RetentionPolicy,
};
use liaison_engine::{
    AttachmentBytes, AttachmentSource, AttachmentToGet, AttachmentView, ChatClient, ChatError,
    ChatListOptions, ChatPage, ChatParticipantToAdd, ChatThreadClient, Engine, EventSequence, MessageId,
    MessagesFrom, NewAttachment, NewChatThread, NewMessage, OperationId, UnixMillis,
};

use super::chat_view::chat_status;
use crate::chat_attachment::liaison_chat_attachment_kind;
use crate::chat_event::liaison_chat_message_kind;
use crate::convert::INVALID;
use crate::guard::{Outcome, Refusal};

impl From<ChatError> for Refusal {
    fn from(error: ChatError) -> Self {
        Self(chat_status(&error))
    }
}

/// A participant to be added, in C's terms.
pub(crate) struct ParticipantOf<'a> {
    pub(crate) raw_id: &'a str,
    pub(crate) display_name: &'a str,
    pub(crate) share_history_from_unix_ms: i64,
}

impl ParticipantOf<'_> {
    pub(crate) fn to_add(&self) -> Outcome<ChatParticipantToAdd> {
        let from = u64::try_from(self.share_history_from_unix_ms).map_err(|_| INVALID)?;
        Ok(ChatParticipantToAdd {
            raw_id: self.raw_id.to_owned(),
            display_name: self.display_name.to_owned(),
            share_history_from: (from > 0).then_some(UnixMillis(from)),
        })
    }
}

/// A thread to be created, in C's terms.
pub(crate) struct ThreadOf<'a> {
    pub(crate) topic: &'a str,
    pub(crate) participants: Vec<ChatParticipantToAdd>,
    pub(crate) retention_days: i32,
    pub(crate) metadata: Vec<(&'a str, Option<&'a str>)>,
}

impl ThreadOf<'_> {
    pub(crate) fn create(self, client: &ChatClient) -> Outcome<OperationId> {
        let retention = match u32::try_from(self.retention_days).map_err(|_| INVALID)? {
            0 => RetentionPolicy::None,
            days => RetentionPolicy::ThreadCreationDate { delete_thread_after_days: days },
        };
        let (topic, participants) = (self.topic.to_owned(), self.participants);
        let metadata = new_metadata(&self.metadata);
        Ok(client.create_chat_thread(NewChatThread { topic, participants, metadata, retention })?)
    }
}

/// A message to be sent, in C's terms.
pub(crate) struct NewMessageOf<'a> {
    pub(crate) kind: i32,
    pub(crate) content: &'a str,
    pub(crate) sender_display_name: &'a str,
    pub(crate) client_id: &'a str,
    pub(crate) metadata: Vec<(&'a str, Option<&'a str>)>,
    /// Ids and kinds.
    pub(crate) attachments: Vec<(&'a str, i32)>,
}

impl NewMessageOf<'_> {
    pub(crate) fn send(&self, thread: &ChatThreadClient) -> Outcome<OperationId> {
        let new = match message_kind(self.kind)? {
            MessageKind::Html => NewMessage::html(self.content),
            _ => NewMessage::text(self.content),
        };
        Ok(thread.send_message(NewMessage {
            sender_display_name: self.sender_display_name.to_owned(),
            client_id: (!self.client_id.is_empty()).then(|| self.client_id.to_owned()),
            metadata: new_metadata(&self.metadata),
            attachments: self.attachments.iter().map(attachment).collect::<Outcome<_>>()?,
            ..new
        })?)
    }
}

fn attachment((id, kind): &(&str, i32)) -> Outcome<Attachment> {
    let kind = attachment_kind(*kind)?;
    Ok(Attachment { id: (*id).to_owned(), kind, name: None, url: None, preview_url: None })
}

fn attachment_kind(number: i32) -> Outcome<AttachmentKind> {
    const IMAGE: i32 = liaison_chat_attachment_kind::Image as i32;
    const FILE: i32 = liaison_chat_attachment_kind::File as i32;
    match number {
        IMAGE => Ok(AttachmentKind::Image),
        FILE => Ok(AttachmentKind::File),
        _ => Err(INVALID),
    }
}

/// Uploads a file: either of a path, or these bytes.
pub(crate) fn upload(
    thread: &ChatThreadClient,
    kind: i32,
    name: &str,
    path: &str,
    bytes: &[u8],
) -> Outcome<OperationId> {
    let source = match (path.is_empty(), bytes.is_empty()) {
        (false, true) => AttachmentSource::Path(path.into()),
        (true, false) => AttachmentSource::Bytes(AttachmentBytes(bytes.to_vec().into())),
        _ => return Err(INVALID),
    };
    let new = NewAttachment { kind: attachment_kind(kind)?, name: name.to_owned(), source };
    Ok(thread.upload_attachment(new)?)
}

/// Downloads a file to a path, or into memory when that is empty.
pub(crate) fn download(
    thread: &ChatThreadClient,
    id: &str,
    kind: i32,
    small: i32,
    path: &str,
) -> Outcome<OperationId> {
    let view = match small {
        0 => AttachmentView::Original,
        1 => AttachmentView::Small,
        _ => return Err(INVALID),
    };
    let path = (!path.is_empty()).then(|| path.into());
    let get = AttachmentToGet { id: id.to_owned(), kind: attachment_kind(kind)?, view, path };
    Ok(thread.download_attachment(get)?)
}

/// Of something new: no value is an empty one.
fn new_metadata(pairs: &[(&str, Option<&str>)]) -> Metadata {
    let pairs = pairs.iter().map(|(name, value)| ((*name).to_owned(), value.unwrap_or_default().to_owned()));
    Metadata(pairs.collect())
}

/// Changes the metadata of a thread, or of a message in it.
pub(crate) fn set_metadata(
    thread: &ChatThreadClient,
    message: Option<u64>,
    pairs: &[(&str, Option<&str>)],
) -> Outcome<OperationId> {
    let pairs = pairs.iter().map(|(name, value)| ((*name).to_owned(), value.map(str::to_owned)));
    let changes = MetadataChanges(pairs.collect());
    if changes.0.is_empty() {
        return Err(INVALID);
    }
    Ok(match message {
        Some(message) => thread.update_message_metadata(MessageId(message), changes)?,
        None => thread.update_metadata(changes)?,
    })
}

/// Which part of a list.
pub(crate) fn list_options(page: &str, most: i32, skip: u32, since_unix_ms: i64) -> Outcome<ChatListOptions> {
    let since = u64::try_from(since_unix_ms).map_err(|_| INVALID)?;
    Ok(ChatListOptions {
        page: chat_page(page),
        max_page_size: page_size(most)?,
        skip,
        start_time: (since > 0).then_some(UnixMillis(since)),
    })
}

/// What a participant can send.
fn message_kind(number: i32) -> Outcome<MessageKind> {
    const TEXT: i32 = liaison_chat_message_kind::Text as i32;
    const HTML: i32 = liaison_chat_message_kind::Html as i32;
    match number {
        0 | TEXT => Ok(MessageKind::Text),
        HTML => Ok(MessageKind::Html),
        _ => Err(INVALID),
    }
}

/// Carries out a command of the user's.
pub(crate) fn chat(engine: &Engine, what: impl FnOnce(&ChatClient) -> Outcome<OperationId>) -> Outcome<u64> {
    Ok(what(&engine.chat_client())?.0)
}

/// Carries out a command of a thread.
pub(crate) fn chat_thread(
    engine: &Engine,
    thread: &str,
    what: impl FnOnce(&ChatThreadClient) -> Outcome<OperationId>,
) -> Outcome<u64> {
    Ok(what(&engine.chat_client().chat_thread_client(thread)?)?.0)
}

/// Empty is the first page.
fn chat_page(text: &str) -> Option<ChatPage> {
    (!text.is_empty()).then(|| ChatPage(text.to_owned()))
}

/// The message of that number.
pub(crate) fn message_id(number: u64) -> MessageId {
    MessageId(number)
}

/// Where a list of messages begins: with a page, or with the newest, and then perhaps ends at a point in time.
pub(crate) fn messages_from(since_unix_ms: i64, page: &str) -> Outcome<MessagesFrom> {
    let since = u64::try_from(since_unix_ms).map_err(|_| INVALID)?;
    Ok(match chat_page(page) {
        Some(page) => MessagesFrom::Page(page),
        None if since == 0 => MessagesFrom::Newest,
        None => MessagesFrom::Since(UnixMillis(since)),
    })
}

/// How many on a page; 0 is the default.
pub(crate) fn page_size(most: i32) -> Outcome<Option<u32>> {
    match most {
        0 => Ok(None),
        1..=200 => Ok(u32::try_from(most).ok()),
        _ => Err(INVALID),
    }
}

/// Takes a command back that was not sent yet.
pub(crate) fn cancel_chat(engine: &Engine, client_id: &str) -> Outcome {
    Ok(engine.chat_client().cancel(client_id)?)
}

/// The app is done with a thread's events up to this one.
pub(crate) fn acknowledge_chat(engine: &Engine, thread: &str, sequence: u64) -> Outcome {
    Ok(engine.chat_client().chat_thread_client(thread)?.acknowledge(EventSequence(sequence))?)
}
