//! Chat: what is handed in, and how a command gets to the engine.

use std::ffi::c_char;
use std::mem::offset_of;

use crate::backend::{self, ChatClient, ChatParticipantToAdd, ChatThreadClient, OperationId};
use crate::chat_attachment::liaison_chat_attachment_to_send;
use crate::chat_event::liaison_chat_metadata;
use crate::convert::{self, INVALID, Output, Sized_};
use crate::engine::{enter, liaison_engine};
use crate::guard::Outcome;
use crate::text::liaison_str;

/// The most participants in one command.
const PARTICIPANTS_MAX: usize = 200;

/// Somebody to be added to a thread. Set it to zero, then size and raw_id.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct liaison_new_chat_participant {
    /// sizeof(liaison_new_chat_participant).
    pub size: usize,
    /// Who: "8:acs:RESOURCE_USER", or "8:orgid:OBJECT-ID" for a Teams user.
    pub raw_id: liaison_str,
    /// The name to show; may be empty. The service knows that of a member of staff.
    pub display_name: liaison_str,
    /// Messages before this are hidden from them, in ms since 1970-01-01T00:00:00Z; 0: they see all.
    pub share_history_from_unix_ms: i64,
}

// SAFETY: repr(C), size first; zero is empty texts and 0.
unsafe impl Sized_ for liaison_new_chat_participant {
    const FIRST_SIZE: usize = offset_of!(Self, share_history_from_unix_ms) + size_of::<i64>();
}

/// A thread to be created. Set it to zero, then size, topic and the participants.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct liaison_new_chat_thread {
    /// sizeof(liaison_new_chat_thread).
    pub size: usize,
    /// What it is about: 1 to 1024 bytes.
    pub topic: liaison_str,
    /// Who is to be in it besides the user, each with its size set; NULL for nobody.
    pub participants: *const liaison_new_chat_participant,
    /// How many: 0 to 200.
    pub participants_count: usize,
    /// Days after which it is deleted by itself: 30 to 90; 0 for never.
    pub retention_days: i32,
    /// Must be zero.
    pub reserved: i32,
    /// The app's own; NULL for none. Since: 0.1.0
    pub metadata: *const liaison_chat_metadata,
    /// How many.
    pub metadata_count: usize,
}

// SAFETY: repr(C), size first; zero is an empty text, NULL and 0.
unsafe impl Sized_ for liaison_new_chat_thread {
    const FIRST_SIZE: usize = offset_of!(Self, reserved) + size_of::<i32>();
}

/// A message to be sent. Set it to zero, then size and content.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct liaison_new_chat_message {
    /// sizeof(liaison_new_chat_message).
    pub size: usize,
    /// The text or HTML: 1 to 28672 bytes; with attachments it may be empty.
    pub content: liaison_str,
    /// The name to show; may be empty. The service knows that of a member of staff.
    pub sender_display_name: liaison_str,
    /// The app's own name for it, 1 to 64 of A-Z a-z 0-9 - _ . and the colon; it names the outcome too. Sent again under
    /// the same name it is not there twice; Azure's own service looks at it less well, see
    /// LIAISON_ENGINE_ENDPOINT_IS_ACS. Empty: a random one.
    pub client_id: liaison_str,
    /// LIAISON_CHAT_MESSAGE_KIND_TEXT, also for 0, or LIAISON_CHAT_MESSAGE_KIND_HTML.
    pub kind: i32,
    /// Must be zero.
    pub reserved: i32,
    /// The app's own; NULL for none. Since: 0.1.0
    pub metadata: *const liaison_chat_metadata,
    /// How many.
    pub metadata_count: usize,
    /// Files that were uploaded to the thread, each with its size set; NULL for none. Since: 0.1.0
    pub attachments: *const liaison_chat_attachment_to_send,
    /// How many: 0 to 10.
    pub attachments_count: usize,
}

// SAFETY: repr(C), size first; zero is empty texts and 0.
unsafe impl Sized_ for liaison_new_chat_message {
    const FIRST_SIZE: usize = offset_of!(Self, reserved) + size_of::<i32>();
}

/// The most names in one command: all of a thread's or a message's are at most 1024 bytes.
const METADATA_MAX: usize = 1024;

/// Names and values in C's array; a value whose data is NULL is `None`.
///
/// # Safety
/// `first` is NULL or points to `count` structs, whose texts are readable.
pub(crate) unsafe fn metadata<'a>(
    first: *const liaison_chat_metadata,
    count: usize,
) -> Outcome<Vec<(&'a str, Option<&'a str>)>> {
    if count == 0 {
        return Ok(Vec::new());
    }
    if first.is_null() || count > METADATA_MAX {
        return Err(INVALID);
    }
    // SAFETY: the caller's promise, here and below.
    let all = unsafe { std::slice::from_raw_parts(first, count) };
    let one = |pair: &liaison_chat_metadata| {
        // SAFETY: as above.
        let (name, value) = unsafe { (convert::field(pair.name)?, convert::field(pair.value)?) };
        let value = (!pair.value.data.is_null()).then_some(value);
        if name.is_empty() { Err(INVALID) } else { Ok((name, value)) }
    };
    all.iter().map(one).collect()
}

/// Participants in C's array, whose elements may be of another version's size.
///
/// # Safety
/// `first` is NULL or points to `count` structs of the size that the first one says.
pub(crate) unsafe fn participants(
    first: *const liaison_new_chat_participant,
    count: usize,
) -> Outcome<Vec<ChatParticipantToAdd>> {
    if count == 0 {
        return Ok(Vec::new());
    }
    if count > PARTICIPANTS_MAX {
        return Err(INVALID);
    }
    // SAFETY: the caller's promise, here and below.
    let size = unsafe { convert::read_sized(first)? }.size;
    if !size.is_multiple_of(align_of::<liaison_new_chat_participant>()) {
        return Err(INVALID);
    }
    let one = |at: usize| {
        // SAFETY: the caller promised `count` of them, one after another.
        unsafe {
            let one = convert::read_sized(first.byte_add(at * size))?;
            let participant = backend::ParticipantOf {
                raw_id: convert::field(one.raw_id)?,
                display_name: convert::field(one.display_name)?,
                share_history_from_unix_ms: one.share_history_from_unix_ms,
            };
            if one.size == size { participant.to_add() } else { Err(INVALID) }
        }
    };
    (0..count).map(one).collect()
}

/// A command of the user's.
///
/// # Safety
/// `engine` is NULL or live; `out_operation` is NULL or writable.
pub(crate) unsafe fn command(
    engine: *mut liaison_engine,
    out_operation: *mut u64,
    what: impl FnOnce(&ChatClient) -> Outcome<OperationId>,
) -> i32 {
    // SAFETY: the caller's promise, here and below.
    unsafe {
        enter(engine, |handle| {
            let operation = backend::chat(handle.backend(), what)?;
            Output::optional(out_operation).write(operation);
            Ok(())
        })
    }
}

/// A command of a thread.
///
/// # Safety
/// `engine` is NULL or live; `thread` is NULL or has `thread_length` readable bytes; `out_operation` is NULL or writable.
pub(crate) unsafe fn in_thread(
    engine: *mut liaison_engine,
    (thread, thread_length): (*const c_char, usize),
    out_operation: *mut u64,
    what: impl FnOnce(&ChatThreadClient) -> Outcome<OperationId>,
) -> i32 {
    // SAFETY: the caller's promise, here and below.
    unsafe {
        enter(engine, |handle| {
            let thread = convert::text(thread, thread_length)?;
            let operation = backend::chat_thread(handle.backend(), thread, what)?;
            Output::optional(out_operation).write(operation);
            Ok(())
        })
    }
}
