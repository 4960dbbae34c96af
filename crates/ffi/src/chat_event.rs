//! What C reads of chat.

use crate::chat_attachment::liaison_chat_attachment;
use crate::text::liaison_str;

/// What a message is.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum liaison_chat_message_kind {
    /// Plain text by a participant.
    Text = 1,
    /// HTML by a participant; the service has taken out what is not harmless.
    Html = 2,
    /// By the service: the topic was set. content is the topic.
    TopicUpdated = 3,
    /// By the service: somebody was added. participants says who.
    ParticipantAdded = 4,
    /// By the service: somebody was removed. participants says who.
    ParticipantRemoved = 5,
}

/// A name and a value of the app's, attached to a thread or a message. All of one's are at most 1024 bytes.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct liaison_chat_metadata {
    /// The name.
    pub name: liaison_str,
    /// The value; may be empty.
    pub value: liaison_str,
}

/// A thread, as a list or its properties tell it.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct liaison_chat_thread {
    /// The size of this struct in bytes as the library knows it: a field beyond it is not there.
    pub size: usize,
    /// Its id, "19:...@thread.v2".
    pub id: liaison_str,
    /// What it is about.
    pub topic: liaison_str,
    /// Who created it: a raw id; empty in a list.
    pub created_by: liaison_str,
    /// When it was created, in ms since 1970-01-01T00:00:00Z; 0 in a list.
    pub created_unix_ms: i64,
    /// When it was deleted, in ms since 1970; 0 when it was not.
    pub deleted_unix_ms: i64,
    /// When its newest message came, in ms since 1970; 0 when there is none, and outside lists.
    pub last_message_unix_ms: i64,
    /// Days after its creation at which it is deleted by itself; 0 for never, and in a list.
    pub retention_days: i32,
    /// Must be ignored.
    pub reserved: i32,
    /// The app's own: an array; NULL when there is none, and in a list. Since: 0.1.0
    pub metadata: *const liaison_chat_metadata,
    /// How many.
    pub metadata_count: usize,
}

/// A participant of a thread.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct liaison_chat_participant {
    /// The size of this struct in bytes as the library knows it: a field beyond it is not there.
    pub size: usize,
    /// Who: a raw id.
    pub raw_id: liaison_str,
    /// The name to show; may be empty. See liaison_incoming_call_event; an app's user has the name that whoever added them
    /// gave.
    pub display_name: liaison_str,
    /// Messages before this are hidden from them, in ms since 1970; 0 when they see all.
    pub share_history_from_unix_ms: i64,
}

/// A message of a thread.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct liaison_chat_message {
    /// The size of this struct in bytes as the library knows it: a field beyond it is not there.
    pub size: usize,
    /// Its name in the thread, rising; also when it was made, in ms since 1970-01-01T00:00:00Z.
    pub id: u64,
    /// What it is.
    pub kind: liaison_chat_message_kind,
    /// Must be ignored.
    pub reserved: i32,
    /// Its number in the thread, from 1, the service's own messages included.
    pub sequence_id: u64,
    /// When it was changed last, in ms since 1970; its id at first.
    pub version: u64,
    /// Text, HTML or topic; empty when it was deleted.
    pub content: liaison_str,
    /// Who sent it: a raw id; empty for the service's own.
    pub sender: liaison_str,
    /// The name to show; may be empty. See liaison_incoming_call_event.
    pub sender_display_name: liaison_str,
    /// The name the sender gave it, see liaison_new_chat_message; empty when it is not known.
    pub client_id: liaison_str,
    /// When it was edited, in ms since 1970; 0 when it was not.
    pub edited_unix_ms: i64,
    /// When it was deleted, in ms since 1970; 0 when it was not.
    pub deleted_unix_ms: i64,
    /// Who was added or removed; NULL when nobody was.
    pub participants: *const *const liaison_chat_participant,
    /// How many.
    pub participants_count: usize,
    /// Who added, removed or set the topic: a raw id; else empty.
    pub initiator: liaison_str,
    /// The app's own: an array; NULL when there is none. Since: 0.1.0
    pub metadata: *const liaison_chat_metadata,
    /// How many.
    pub metadata_count: usize,
    /// Its files: an array of pointers; NULL when there are none. Since: 0.1.0
    pub attachments: *const *const liaison_chat_attachment,
    /// How many.
    pub attachments_count: usize,
}

/// How far a participant has read.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct liaison_chat_read_receipt {
    /// The size of this struct in bytes as the library knows it: a field beyond it is not there.
    pub size: usize,
    /// Who: a raw id.
    pub reader: liaison_str,
    /// The newest message read.
    pub message: u64,
    /// When, in ms since 1970-01-01T00:00:00Z.
    pub read_unix_ms: i64,
}

/// Somebody who could not be added.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct liaison_chat_refused_participant {
    /// The size of this struct in bytes as the library knows it: a field beyond it is not there.
    pub size: usize,
    /// Who, as the service named them; mostly a raw id.
    pub raw_id: liaison_str,
    /// Why, for programs: "403" when the organisation's federation says no.
    pub code: liaison_str,
    /// Why, in words.
    pub text: liaison_str,
}

/// The detail of LIAISON_EVENT_KIND_CHAT_RESULT; the event's operation is the number the command gave, or 0 when it was
/// asked for in an earlier run of the app; one that came just before the app ended may come again. What the command does
/// not tell is zero, NULL or empty. The lists are arrays of pointers; all of it is borrowed as the event is.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct liaison_chat_result_event {
    /// LIAISON_OK, or why it could not be carried out: LIAISON_INVALID_ARGUMENT (the service calls it a bad request),
    /// LIAISON_FORBIDDEN, LIAISON_NOT_FOUND (also: not for this user), LIAISON_LIMIT_REACHED (too many requests, too
    /// long), LIAISON_INVALID_TOKEN, LIAISON_UNREACHABLE (it was not done), LIAISON_UNTRUSTED, LIAISON_TIMED_OUT (no
    /// answer: it may have been done), LIAISON_CANCELLED (signed out, or liaison_chat_cancel), LIAISON_INVALID_STATE (the
    /// service failed or refuses it for another reason), LIAISON_PROTOCOL_ERROR (the answer cannot be read).
    pub status: i32,
    /// The HTTP status of a refusal, such as 403; 0 when there was none.
    pub http_status: i32,
    /// LIAISON_LIMIT_REACHED only: how long to wait before asking again, in microseconds; else 0.
    pub retry_after_us: i64,
    /// What happened and what to do, in words; empty on success.
    pub text: liaison_str,
    /// liaison_chat_send_message: the message's id.
    pub message: u64,
    /// liaison_chat_create_thread and liaison_chat_get_thread: the one thread; liaison_chat_list_threads: a page.
    pub threads: *const *const liaison_chat_thread,
    /// How many.
    pub threads_count: usize,
    /// liaison_chat_list_participants: a page.
    pub participants: *const *const liaison_chat_participant,
    /// How many.
    pub participants_count: usize,
    /// liaison_chat_get_message: the one message; liaison_chat_list_messages: a page, the newest first.
    pub messages: *const *const liaison_chat_message,
    /// How many.
    pub messages_count: usize,
    /// liaison_chat_list_read_receipts: a page.
    pub receipts: *const *const liaison_chat_read_receipt,
    /// How many.
    pub receipts_count: usize,
    /// liaison_chat_create_thread and liaison_chat_add_participants: who could not be added.
    pub refused: *const *const liaison_chat_refused_participant,
    /// How many.
    pub refused_count: usize,
    /// Lists: the next page, to be handed to the same function for the same thread; empty on the last.
    pub next_page: liaison_str,
    /// liaison_chat_count_unread: how many messages of others are newer than the user's read receipt.
    pub unread_count: u32,
    /// 1 when counting ended there, and there may be more; else 0.
    pub unread_or_more: i32,
    /// What changes something: the message's client_id, or the name the engine gave the command. By it the outcome of a
    /// command of an earlier run is known, whose operation is 0. Since: 0.1.0
    pub client_id: liaison_str,
    /// liaison_chat_upload_attachment: the one file, to be sent with a message. Since: 0.1.0
    pub attachments: *const *const liaison_chat_attachment,
    /// How many.
    pub attachments_count: usize,
    /// liaison_chat_download_attachment: what is in the file; NULL when it was put at a path. Since: 0.1.0
    pub bytes: *const u8,
    /// How long the file is, wherever it was put.
    pub bytes_length: usize,
    /// What the service takes it for, by its content: "image/png", ..., or "application/octet-stream". Since: 0.1.0
    pub media_type: liaison_str,
}

/// The detail of LIAISON_EVENT_KIND_CHAT_QUEUED; the event's operation is the number the command gave.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct liaison_chat_queued_event {
    /// The message's client_id, or the name the engine gave the command.
    pub client_id: liaison_str,
}

/// What happened in a thread. The names are those of the Azure Communication Services chat API.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum liaison_chat_event_kind {
    /// A participant sent a message; everyone is told, the sender too: message.
    ChatMessageReceived = 1,
    /// A message was changed: message, as it is now.
    ChatMessageEdited = 2,
    /// A message was deleted: message, what is left of it.
    ChatMessageDeleted = 3,
    /// Somebody writes: by. It has no sequence, and is dropped when the app does not poll.
    TypingIndicatorReceived = 4,
    /// Somebody has read: receipt.
    ReadReceiptReceived = 5,
    /// The thread was created: topic, participants.
    ChatThreadCreated = 6,
    /// The topic or another property changed: topic, as it is now.
    ChatThreadPropertiesUpdated = 7,
    /// The thread is gone, and its history with it. by is empty when its retention did it.
    ChatThreadDeleted = 8,
    /// Somebody was added: participants.
    ParticipantsAdded = 9,
    /// Somebody was removed: participants.
    ParticipantsRemoved = 10,
}

/// The detail of LIAISON_EVENT_KIND_CHAT_EVENT. The events of a thread come in the order of their sequences, without a
/// gap but for what LIAISON_EVENT_KIND_CHAT_MISSED tells. What the kind does not name is zero, NULL or empty.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct liaison_chat_event {
    /// What happened.
    pub kind: liaison_chat_event_kind,
    /// Must be ignored.
    pub reserved: i32,
    /// The thread's id.
    pub thread: liaison_str,
    /// Its place in the thread's log, for liaison_chat_acknowledge; 0 for typing.
    pub sequence: u64,
    /// When, in ms since 1970-01-01T00:00:00Z.
    pub at_unix_ms: i64,
    /// Who did it: a raw id; may be empty.
    pub by: liaison_str,
    /// The name to show for them; may be empty. See liaison_incoming_call_event.
    pub by_display_name: liaison_str,
    /// What the thread is about.
    pub topic: liaison_str,
    /// The message; NULL when it is about none.
    pub message: *const liaison_chat_message,
    /// How far somebody has read; NULL when it is about something else.
    pub receipt: *const liaison_chat_read_receipt,
    /// Who is in the thread, was added or removed: an array of pointers; NULL when nobody was.
    pub participants: *const *const liaison_chat_participant,
    /// How many.
    pub participants_count: usize,
}

/// The detail of LIAISON_EVENT_KIND_CHAT_MISSED: events that will not come, such as those from before this device knew
/// the thread. Read the thread, its participants and messages, then acknowledge.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct liaison_chat_missed_event {
    /// The thread's id.
    pub thread: liaison_str,
    /// The last event that will not come, for liaison_chat_acknowledge.
    pub to: u64,
}
