//! What a chat command came to, as C sees it.

mod events;

use std::ptr;

use liaison_engine::chat_model::{
    Attachment, AttachmentKind, Message, MessageKind, Metadata, Participant, ReadReceipt, RetentionPolicy,
};
use liaison_engine::{
    ChatError, ChatPage, ChatRefusedParticipant, ChatResult, ChatThread, ChatThreadItem, Text, UnixMillis,
};

use crate::chat_attachment::{liaison_chat_attachment, liaison_chat_attachment_kind as Attached};
use crate::chat_event::{
    liaison_chat_message, liaison_chat_message_kind as Kind, liaison_chat_metadata, liaison_chat_participant,
    liaison_chat_read_receipt, liaison_chat_refused_participant, liaison_chat_result_event,
    liaison_chat_thread,
};
use crate::stats::micros;
use crate::status;
use crate::text::liaison_str;

pub(super) use events::chat_event;

/// A list of structs, and the pointers to them that C gets.
struct List<T> {
    items: Vec<T>,
    pointers: Vec<*const T>,
}

impl<T> Default for List<T> {
    fn default() -> Self {
        Self { items: Vec::new(), pointers: Vec::new() }
    }
}

impl<T> List<T> {
    fn fill(&mut self, items: impl IntoIterator<Item = T>) {
        self.items = items.into_iter().collect();
        self.pointers = self.items.iter().map(ptr::from_ref).collect();
    }

    /// NULL when there are none.
    fn part(&self, first: usize, count: usize) -> *const *const T {
        match self.pointers.get(first..first + count) {
            Some(some) if !some.is_empty() => some.as_ptr(),
            _ => ptr::null(),
        }
    }

    fn all(&self) -> (*const *const T, usize) {
        (self.part(0, self.items.len()), self.items.len())
    }
}

/// The structs that the last result points to.
#[derive(Default)]
pub(crate) struct ChatScratch {
    threads: List<liaison_chat_thread>,
    participants: List<liaison_chat_participant>,
    messages: List<liaison_chat_message>,
    receipts: List<liaison_chat_read_receipt>,
    refused: List<liaison_chat_refused_participant>,
    metadata: Vec<liaison_chat_metadata>,
    attachments: List<liaison_chat_attachment>,
}

impl ChatScratch {
    /// Of all threads or messages, one after another.
    fn keep_metadata<'a>(&mut self, all: impl IntoIterator<Item = &'a Metadata>) {
        let pairs = all.into_iter().flat_map(|metadata| &metadata.0);
        let pair = |(name, value): (&String, &String)| liaison_chat_metadata {
            name: liaison_str::borrowed(name),
            value: liaison_str::borrowed(value),
        };
        self.metadata = pairs.map(pair).collect();
    }

    /// NULL when there are none.
    fn metadata(&self, first: usize, count: usize) -> *const liaison_chat_metadata {
        match self.metadata.get(first..first + count) {
            Some(some) if !some.is_empty() => some.as_ptr(),
            _ => ptr::null(),
        }
    }
}

/// The C struct of a command's outcome. It points into `result`, `scratch` and `text`.
pub(super) fn chat_result(
    result: &Result<Box<ChatResult>, ChatError>,
    scratch: &mut ChatScratch,
    text: &mut String,
) -> liaison_chat_result_event {
    *scratch = ChatScratch::default();
    text.clear();
    let mut shown = EMPTY;
    match result.as_deref() {
        Ok(result) => fill(result, scratch, &mut shown),
        Err(error) => {
            *text = error.to_string();
            shown.status = chat_status(error);
            shown.http_status = error.http_status().map_or(0, i32::from);
            if let ChatError::Throttled { retry_after } = error {
                shown.retry_after_us = micros(*retry_after);
            }
            shown.text = liaison_str::borrowed(text);
        }
    }
    (shown.threads, shown.threads_count) = scratch.threads.all();
    (shown.messages, shown.messages_count) = scratch.messages.all();
    (shown.receipts, shown.receipts_count) = scratch.receipts.all();
    (shown.refused, shown.refused_count) = scratch.refused.all();
    if matches!(result.as_deref(), Ok(ChatResult::AttachmentUploaded { .. })) {
        (shown.attachments, shown.attachments_count) = scratch.attachments.all();
    }
    if matches!(result.as_deref(), Ok(ChatResult::Participants { .. })) {
        (shown.participants, shown.participants_count) = scratch.participants.all();
    }
    shown
}

fn fill(result: &ChatResult, scratch: &mut ChatScratch, shown: &mut liaison_chat_result_event) {
    let mut next = None;
    match result {
        ChatResult::ThreadCreated { thread, refused } => {
            show_thread(thread, scratch);
            scratch.refused.fill(refused.iter().map(refused_of));
        }
        ChatResult::ParticipantsAdded { refused } => scratch.refused.fill(refused.iter().map(refused_of)),
        ChatResult::MessageSent { message } => shown.message = message.0,
        ChatResult::Thread(thread) => show_thread(thread, scratch),
        ChatResult::Threads { threads, next: more } => {
            scratch.threads.fill(threads.iter().map(item_of));
            next = more.as_ref();
        }
        ChatResult::Message(message) => messages_of(std::slice::from_ref(message), scratch),
        ChatResult::Messages { messages, next: more } => {
            messages_of(messages, scratch);
            next = more.as_ref();
        }
        ChatResult::Participants { participants, next: more } => {
            scratch.participants.fill(participants.iter().map(participant_of));
            next = more.as_ref();
        }
        ChatResult::ReadReceipts { receipts, next: more } => {
            scratch.receipts.fill(receipts.iter().map(receipt_of));
            next = more.as_ref();
        }
        ChatResult::Unread { count, or_more } => {
            (shown.unread_count, shown.unread_or_more) = (*count, i32::from(*or_more));
        }
        ChatResult::AttachmentUploaded { attachment } => {
            scratch.attachments.fill([attachment_of(attachment)]);
        }
        ChatResult::AttachmentDownloaded { bytes, length, media_type } => {
            let here = !bytes.0.is_empty();
            shown.bytes = if here { bytes.0.as_ptr() } else { ptr::null() };
            shown.bytes_length = usize::try_from(*length).unwrap_or(usize::MAX);
            shown.media_type = liaison_str::borrowed(media_type);
        }
        // Done, and what this interface has no words for yet.
        _ => {}
    }
    shown.next_page = next.map_or(liaison_str::EMPTY, |ChatPage(page)| liaison_str::borrowed(page));
}

const EMPTY: liaison_chat_result_event = liaison_chat_result_event {
    status: status::LIAISON_OK,
    http_status: 0,
    retry_after_us: 0,
    text: liaison_str::EMPTY,
    message: 0,
    threads: ptr::null(),
    threads_count: 0,
    participants: ptr::null(),
    participants_count: 0,
    messages: ptr::null(),
    messages_count: 0,
    receipts: ptr::null(),
    receipts_count: 0,
    refused: ptr::null(),
    refused_count: 0,
    next_page: liaison_str::EMPTY,
    unread_count: 0,
    unread_or_more: 0,
    client_id: liaison_str::EMPTY,
    attachments: ptr::null(),
    attachments_count: 0,
    bytes: ptr::null(),
    bytes_length: 0,
    media_type: liaison_str::EMPTY,
};

fn ms(at: Option<UnixMillis>) -> i64 {
    at.map_or(0, |at| i64::try_from(at.0).unwrap_or(i64::MAX))
}

fn text_of(text: Option<&Text>) -> liaison_str {
    text.map_or(liaison_str::EMPTY, |text| liaison_str::borrowed(text.as_str()))
}

fn show_thread(thread: &ChatThread, scratch: &mut ChatScratch) {
    scratch.keep_metadata([&thread.metadata]);
    let metadata = scratch.metadata(0, thread.metadata.0.len());
    let shown =
        liaison_chat_thread { metadata, metadata_count: thread.metadata.0.len(), ..thread_of(thread) };
    scratch.threads.fill([shown]);
}

fn thread_of(thread: &ChatThread) -> liaison_chat_thread {
    let retention_days = match thread.retention {
        RetentionPolicy::ThreadCreationDate { delete_thread_after_days: days } => days,
        RetentionPolicy::None => 0,
    };
    liaison_chat_thread {
        size: size_of::<liaison_chat_thread>(),
        id: liaison_str::borrowed(thread.id.as_str()),
        topic: text_of(Some(&thread.topic)),
        created_by: liaison_str::borrowed(thread.created_by.as_str()),
        created_unix_ms: ms(Some(thread.created_at)),
        deleted_unix_ms: ms(thread.deleted_at),
        last_message_unix_ms: 0,
        retention_days: i32::try_from(retention_days).unwrap_or(i32::MAX),
        reserved: 0,
        metadata: ptr::null(),
        metadata_count: 0,
    }
}

fn item_of(item: &ChatThreadItem) -> liaison_chat_thread {
    liaison_chat_thread {
        size: size_of::<liaison_chat_thread>(),
        id: liaison_str::borrowed(item.id.as_str()),
        topic: text_of(Some(&item.topic)),
        created_by: liaison_str::EMPTY,
        created_unix_ms: 0,
        deleted_unix_ms: ms(item.deleted_at),
        last_message_unix_ms: ms(item.last_message_at),
        retention_days: 0,
        reserved: 0,
        metadata: ptr::null(),
        metadata_count: 0,
    }
}

fn participant_of(participant: &Participant) -> liaison_chat_participant {
    liaison_chat_participant {
        size: size_of::<liaison_chat_participant>(),
        raw_id: liaison_str::borrowed(participant.raw_id.as_str()),
        display_name: text_of(participant.display_name.as_ref()),
        share_history_from_unix_ms: ms(Some(participant.share_history_from)),
    }
}

fn attachment_of(attachment: &Attachment) -> liaison_chat_attachment {
    liaison_chat_attachment {
        size: size_of::<liaison_chat_attachment>(),
        id: liaison_str::borrowed(&attachment.id),
        name: text_of(attachment.name.as_ref()),
        kind: match attachment.kind {
            AttachmentKind::Image => Attached::Image,
            AttachmentKind::File => Attached::File,
        },
        has_small_view: i32::from(attachment.preview_url.is_some()),
    }
}

fn receipt_of(receipt: &ReadReceipt) -> liaison_chat_read_receipt {
    liaison_chat_read_receipt {
        size: size_of::<liaison_chat_read_receipt>(),
        reader: liaison_str::borrowed(receipt.reader.as_str()),
        message: receipt.message.0,
        read_unix_ms: ms(Some(receipt.read_at)),
    }
}

fn refused_of(refused: &ChatRefusedParticipant) -> liaison_chat_refused_participant {
    liaison_chat_refused_participant {
        size: size_of::<liaison_chat_refused_participant>(),
        raw_id: liaison_str::borrowed(&refused.raw_id),
        code: liaison_str::borrowed(&refused.code),
        text: liaison_str::borrowed(&refused.text),
    }
}

/// The participants, files and metadata of all messages first, so that the messages can point to them.
fn messages_of(messages: &[Message], scratch: &mut ChatScratch) {
    let contents = messages.iter().filter_map(|message| message.content.as_ref());
    scratch.participants.fill(contents.clone().flat_map(|content| &content.participants).map(participant_of));
    scratch.attachments.fill(contents.flat_map(|content| &content.attachments).map(attachment_of));
    scratch.keep_metadata(messages.iter().map(|message| &message.metadata));
    let (mut first, mut first_metadata, mut first_file) = (0, 0, 0);
    let shown: Vec<_> = messages
        .iter()
        .map(|message| {
            let count = message.content.as_ref().map_or(0, |content| content.participants.len());
            let theirs = scratch.participants.part(first, count);
            let attachments_count = message.content.as_ref().map_or(0, |content| content.attachments.len());
            let attachments = scratch.attachments.part(first_file, attachments_count);
            first_file += attachments_count;
            let metadata_count = message.metadata.0.len();
            let metadata = scratch.metadata(first_metadata, metadata_count);
            first += count;
            first_metadata += metadata_count;
            liaison_chat_message {
                metadata,
                metadata_count,
                attachments,
                attachments_count,
                ..message_of(message, theirs, count)
            }
        })
        .collect();
    scratch.messages.fill(shown);
}

fn message_of(
    message: &Message,
    participants: *const *const liaison_chat_participant,
    participants_count: usize,
) -> liaison_chat_message {
    let content = message.content.as_ref();
    let said = content.and_then(|content| content.message.as_ref().or(content.topic.as_ref()));
    let initiator = content.and_then(|content| content.initiator.as_ref());
    liaison_chat_message {
        size: size_of::<liaison_chat_message>(),
        id: message.id.0,
        kind: match message.kind {
            MessageKind::Text => Kind::Text,
            MessageKind::Html => Kind::Html,
            MessageKind::TopicUpdated => Kind::TopicUpdated,
            MessageKind::ParticipantAdded => Kind::ParticipantAdded,
            MessageKind::ParticipantRemoved => Kind::ParticipantRemoved,
        },
        reserved: 0,
        sequence_id: message.sequence_id,
        version: message.version.0,
        content: text_of(said),
        sender: message.sender.as_ref().map_or(liaison_str::EMPTY, |who| liaison_str::borrowed(who.as_str())),
        sender_display_name: text_of(message.sender_display_name.as_ref()),
        client_id: message
            .client_id
            .as_ref()
            .map_or(liaison_str::EMPTY, |id| liaison_str::borrowed(id.as_str())),
        edited_unix_ms: ms(message.edited_at),
        deleted_unix_ms: ms(message.deleted_at),
        participants,
        participants_count,
        initiator: initiator.map_or(liaison_str::EMPTY, |who| liaison_str::borrowed(who.as_str())),
        metadata: ptr::null(),
        metadata_count: 0,
        attachments: ptr::null(),
        attachments_count: 0,
    }
}

/// The status of a chat command that was refused.
pub(super) fn chat_status(error: &ChatError) -> i32 {
    match error {
        ChatError::NotSignedIn => status::LIAISON_NOT_SIGNED_IN,
        ChatError::ThreadId(_)
        | ChatError::RawId(_)
        | ChatError::ClientMessageId(_)
        | ChatError::Page
        | ChatError::AttachmentId(_)
        | ChatError::File(_) => status::LIAISON_INVALID_ARGUMENT,
        ChatError::TooMany { .. } | ChatError::Throttled { .. } | ChatError::System(_) => {
            status::LIAISON_LIMIT_REACHED
        }
        ChatError::Poisoned => status::LIAISON_PANIC,
        ChatError::Cancelled | ChatError::TakenBack => status::LIAISON_CANCELLED,
        ChatError::Unreachable(_) => status::LIAISON_UNREACHABLE,
        ChatError::Untrusted(_) => status::LIAISON_UNTRUSTED,
        ChatError::NoAnswer(_) => status::LIAISON_TIMED_OUT,
        ChatError::TokenRefused(_) => status::LIAISON_INVALID_TOKEN,
        ChatError::Refused { status: 400, .. } => status::LIAISON_INVALID_ARGUMENT,
        ChatError::Refused { status: 403, .. } => status::LIAISON_FORBIDDEN,
        ChatError::Refused { status: 404, .. } => status::LIAISON_NOT_FOUND,
        ChatError::Refused { status: 413, .. } => status::LIAISON_LIMIT_REACHED,
        ChatError::Answer(_) => status::LIAISON_PROTOCOL_ERROR,
        _ => status::LIAISON_INVALID_STATE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_message_points_to_its_own_participants() {
        let person = |raw_id: &str| {
            let json = format!(r#"{{"rawId":"{raw_id}","shareHistoryFrom":5}}"#);
            serde_json::from_str::<Participant>(&json).unwrap()
        };
        let message = |id: u64, who: &[&str]| {
            let json =
                format!(r#"{{"id":"{id}","kind":"participantAdded","sequenceId":{id},"version":{id}}}"#);
            let mut message: Message = serde_json::from_str(&json).unwrap();
            let content = message.content.get_or_insert_default();
            content.participants = who.iter().map(|raw_id| person(raw_id)).collect();
            message
        };
        let messages =
            vec![message(3, &["8:acs:r_a", "8:acs:r_b"]), message(2, &[]), message(1, &["8:acs:r_c"])];
        let result =
            Ok(Box::new(ChatResult::Messages { messages, next: Some(ChatPage("/p?c=1".to_owned())) }));
        let (mut scratch, mut text) = (ChatScratch::default(), String::new());
        let shown = chat_result(&result, &mut scratch, &mut text);
        assert_eq!((shown.status, shown.messages_count, shown.participants_count), (0, 3, 0));
        // SAFETY: what is shown outlives these checks.
        let read = |text: liaison_str| unsafe { crate::convert::field(text) }.unwrap().to_owned();
        assert_eq!(read(shown.next_page), "/p?c=1");
        // SAFETY: as many pointers as the count says, each to a struct in `scratch`.
        let messages: Vec<&liaison_chat_message> =
            (0..shown.messages_count).map(|at| unsafe { &**shown.messages.add(at) }).collect();
        let who: Vec<Vec<String>> = messages
            .iter()
            .map(|message| {
                // SAFETY: as above.
                let one = |at| unsafe { &**message.participants.add(at) };
                (0..message.participants_count).map(|at| read(one(at).raw_id)).collect()
            })
            .collect();
        assert_eq!(who, [vec!["8:acs:r_a", "8:acs:r_b"], vec![], vec!["8:acs:r_c"]]);
        assert!(messages[1].participants.is_null());
        assert_eq!(messages.iter().map(|message| message.id).collect::<Vec<_>>(), [3, 2, 1]);
    }

    #[test]
    fn a_refusal_has_its_status_and_its_words() {
        let refused = |status| ChatError::Refused { status, code: "C".to_owned(), text: "T".to_owned() };
        for (error, expected, http) in [
            (refused(403), status::LIAISON_FORBIDDEN, 403),
            (refused(404), status::LIAISON_NOT_FOUND, 404),
            (refused(409), status::LIAISON_INVALID_STATE, 409),
            (ChatError::Cancelled, status::LIAISON_CANCELLED, 0),
        ] {
            let words = error.to_string();
            let (mut scratch, mut text) = (ChatScratch::default(), String::new());
            let shown = chat_result(&Err(error), &mut scratch, &mut text);
            assert_eq!((shown.status, shown.http_status, &text), (expected, http, &words));
        }
        let throttled = Err(ChatError::Throttled { retry_after: std::time::Duration::from_secs(2) });
        let shown = chat_result(&throttled, &mut ChatScratch::default(), &mut String::new());
        assert_eq!((shown.status, shown.retry_after_us), (status::LIAISON_LIMIT_REACHED, 2_000_000));
    }
}
