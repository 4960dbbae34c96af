//! Chat's messages, and what is told about them: who writes, who has read.

use std::ffi::c_char;

use crate::backend;
use crate::chat::{in_thread, liaison_new_chat_message, metadata};
use crate::chat_attachment::to_send;
use crate::chat_event::liaison_chat_metadata;
use crate::convert::{self, INVALID};
use crate::engine::liaison_engine;

/// Sends a message.
///
/// Parameters:
/// - engine: may not be NULL.
/// - thread: the thread's id, "19:...@thread.v2".
/// - thread_length: its length in bytes.
/// - new_message: what is to be sent; may not be NULL.
/// - out_operation: gets the operation's number; may be NULL.
///
/// Returns: LIAISON_OK, and a LIAISON_EVENT_KIND_CHAT_RESULT follows with the message's id; LIAISON_INVALID_ARGUMENT;
/// LIAISON_NOT_SIGNED_IN; LIAISON_LIMIT_REACHED; LIAISON_REENTRANT; LIAISON_PANIC.
///
/// Threads: any.
/// Memory: what is handed in is copied.
/// Since: 0.1.0
///
/// # Safety
/// `engine` is NULL or live; `new_message` is NULL or points to what its type says, each of the size it says; `thread`
/// is NULL or has `thread_length` readable bytes; `out_operation` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn liaison_chat_send_message(
    engine: *mut liaison_engine,
    thread: *const c_char,
    thread_length: usize,
    new_message: *const liaison_new_chat_message,
    out_operation: *mut u64,
) -> i32 {
    // SAFETY: the caller's promise, here and below.
    unsafe {
        in_thread(engine, (thread, thread_length), out_operation, |thread| {
            let new = convert::read_sized(new_message)?;
            if new.reserved != 0 {
                return Err(INVALID);
            }
            let message = backend::NewMessageOf {
                kind: new.kind,
                content: convert::field(new.content)?,
                sender_display_name: convert::field(new.sender_display_name)?,
                client_id: convert::field(new.client_id)?,
                metadata: metadata(new.metadata, new.metadata_count)?,
                attachments: to_send(new.attachments, new.attachments_count)?,
            };
            message.send(thread)
        })
    }
}

/// Changes what an own message says; its kind stays.
///
/// Parameters:
/// - engine: may not be NULL.
/// - thread: the thread's id, "19:...@thread.v2".
/// - thread_length: its length in bytes.
/// - message: the message's id.
/// - content: the new text or HTML: 1 to 28672 bytes.
/// - content_length: its length in bytes.
/// - out_operation: gets the operation's number; may be NULL.
///
/// Returns: LIAISON_OK, and a LIAISON_EVENT_KIND_CHAT_RESULT follows; LIAISON_INVALID_ARGUMENT; LIAISON_NOT_SIGNED_IN;
/// LIAISON_LIMIT_REACHED; LIAISON_REENTRANT; LIAISON_PANIC.
///
/// Threads: any.
/// Memory: what is handed in is copied.
/// Since: 0.1.0
///
/// # Safety
/// `engine` is NULL or live; `thread` is NULL or has `thread_length` readable bytes; `content` is NULL or has
/// `content_length` readable bytes; `out_operation` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn liaison_chat_edit_message(
    engine: *mut liaison_engine,
    thread: *const c_char,
    thread_length: usize,
    message: u64,
    content: *const c_char,
    content_length: usize,
    out_operation: *mut u64,
) -> i32 {
    // SAFETY: the caller's promise, here and below.
    unsafe {
        in_thread(engine, (thread, thread_length), out_operation, |thread| {
            Ok(thread
                .update_message(backend::message_id(message), convert::text(content, content_length)?)?)
        })
    }
}

/// Changes an own message's metadata; everyone is told. Names that are not mentioned stay.
///
/// Parameters:
/// - engine: may not be NULL.
/// - thread: the thread's id, "19:...@thread.v2".
/// - thread_length: its length in bytes.
/// - message: the message's id.
/// - changes: what each name is to be; a name whose value's data is NULL is taken out. May not be NULL.
/// - count: how many: 1 to 1024. All metadata of a message is at most 1024 bytes.
/// - out_operation: gets the operation's number; may be NULL.
///
/// Returns: LIAISON_OK, and a LIAISON_EVENT_KIND_CHAT_RESULT follows; LIAISON_INVALID_ARGUMENT; LIAISON_NOT_SIGNED_IN;
/// LIAISON_LIMIT_REACHED; LIAISON_REENTRANT; LIAISON_PANIC.
///
/// Threads: any.
/// Memory: what is handed in is copied.
/// Since: 0.1.0
///
/// # Safety
/// `engine` is NULL or live; `thread` is NULL or has `thread_length` readable bytes; `changes` is NULL or points to
/// `count` structs with readable texts; `out_operation` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn liaison_chat_set_message_metadata(
    engine: *mut liaison_engine,
    thread: *const c_char,
    thread_length: usize,
    message: u64,
    changes: *const liaison_chat_metadata,
    count: usize,
    out_operation: *mut u64,
) -> i32 {
    // SAFETY: the caller's promise, here and below.
    unsafe {
        in_thread(engine, (thread, thread_length), out_operation, |thread| {
            backend::set_metadata(thread, Some(message), &metadata(changes, count)?)
        })
    }
}

/// Deletes an own message; its place in the thread stays.
///
/// Parameters:
/// - engine: may not be NULL.
/// - thread: the thread's id, "19:...@thread.v2".
/// - thread_length: its length in bytes.
/// - message: the message's id.
/// - out_operation: gets the operation's number; may be NULL.
///
/// Returns: LIAISON_OK, and a LIAISON_EVENT_KIND_CHAT_RESULT follows; LIAISON_INVALID_ARGUMENT; LIAISON_NOT_SIGNED_IN;
/// LIAISON_LIMIT_REACHED; LIAISON_REENTRANT; LIAISON_PANIC.
///
/// Threads: any.
/// Memory: what is handed in is copied.
/// Since: 0.1.0
///
/// # Safety
/// `engine` is NULL or live; `thread` is NULL or has `thread_length` readable bytes; `out_operation` is NULL or
/// writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn liaison_chat_delete_message(
    engine: *mut liaison_engine,
    thread: *const c_char,
    thread_length: usize,
    message: u64,
    out_operation: *mut u64,
) -> i32 {
    // SAFETY: the caller's promise, here and below.
    unsafe {
        in_thread(engine, (thread, thread_length), out_operation, |thread| {
            Ok(thread.delete_message(backend::message_id(message))?)
        })
    }
}

/// One message.
///
/// Parameters:
/// - engine: may not be NULL.
/// - thread: the thread's id, "19:...@thread.v2".
/// - thread_length: its length in bytes.
/// - message: the message's id.
/// - out_operation: gets the operation's number; may be NULL.
///
/// Returns: LIAISON_OK, and a LIAISON_EVENT_KIND_CHAT_RESULT follows with the message; LIAISON_INVALID_ARGUMENT;
/// LIAISON_NOT_SIGNED_IN; LIAISON_LIMIT_REACHED; LIAISON_REENTRANT; LIAISON_PANIC.
///
/// Threads: any.
/// Memory: what is handed in is copied.
/// Since: 0.1.0
///
/// # Safety
/// `engine` is NULL or live; `thread` is NULL or has `thread_length` readable bytes; `out_operation` is NULL or
/// writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn liaison_chat_get_message(
    engine: *mut liaison_engine,
    thread: *const c_char,
    thread_length: usize,
    message: u64,
    out_operation: *mut u64,
) -> i32 {
    // SAFETY: the caller's promise, here and below.
    unsafe {
        in_thread(engine, (thread, thread_length), out_operation, |thread| {
            Ok(thread.get_message(backend::message_id(message))?)
        })
    }
}

/// The messages of a thread, the newest first.
///
/// Parameters:
/// - engine: may not be NULL.
/// - thread: the thread's id, "19:...@thread.v2".
/// - thread_length: its length in bytes.
/// - since_unix_ms: only messages from then on, in ms since 1970-01-01T00:00:00Z; 0 for all. Not looked at with a page.
/// - most: how many on this page and those after it: 1 to 200, or 0 for 100. Not looked at with a page.
/// - page: next_page of the last answer; NULL and 0 for the first page.
/// - page_length: its length in bytes.
/// - out_operation: gets the operation's number; may be NULL.
///
/// Returns: LIAISON_OK, and a LIAISON_EVENT_KIND_CHAT_RESULT follows with a page of them; LIAISON_INVALID_ARGUMENT;
/// LIAISON_NOT_SIGNED_IN; LIAISON_LIMIT_REACHED; LIAISON_REENTRANT; LIAISON_PANIC.
///
/// Threads: any.
/// Memory: what is handed in is copied.
/// Since: 0.1.0
///
/// # Safety
/// `engine` is NULL or live; `thread` is NULL or has `thread_length` readable bytes; `page` is NULL or has
/// `page_length` readable bytes; `out_operation` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn liaison_chat_list_messages(
    engine: *mut liaison_engine,
    thread: *const c_char,
    thread_length: usize,
    since_unix_ms: i64,
    most: i32,
    page: *const c_char,
    page_length: usize,
    out_operation: *mut u64,
) -> i32 {
    // SAFETY: the caller's promise, here and below.
    unsafe {
        in_thread(engine, (thread, thread_length), out_operation, |thread| {
            let from = backend::messages_from(since_unix_ms, convert::text(page, page_length)?)?;
            Ok(thread.list_messages(from, backend::page_size(most)?)?)
        })
    }
}

/// Tells the others in a thread that the user writes. It holds for about 10 s: call it again as long as it is true.
///
/// Parameters:
/// - engine: may not be NULL.
/// - thread: the thread's id, "19:...@thread.v2".
/// - thread_length: its length in bytes.
/// - display_name: the name to show; NULL and 0 for the one they have in the thread.
/// - display_name_length: its length in bytes.
/// - out_operation: gets the operation's number; may be NULL.
///
/// Returns: LIAISON_OK, and a LIAISON_EVENT_KIND_CHAT_RESULT follows; LIAISON_INVALID_ARGUMENT; LIAISON_NOT_SIGNED_IN;
/// LIAISON_LIMIT_REACHED; LIAISON_REENTRANT; LIAISON_PANIC.
///
/// Threads: any.
/// Memory: what is handed in is copied.
/// Since: 0.1.0
///
/// # Safety
/// `engine` is NULL or live; `thread` is NULL or has `thread_length` readable bytes; `display_name` is NULL or has
/// `display_name_length` readable bytes; `out_operation` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn liaison_chat_send_typing(
    engine: *mut liaison_engine,
    thread: *const c_char,
    thread_length: usize,
    display_name: *const c_char,
    display_name_length: usize,
    out_operation: *mut u64,
) -> i32 {
    // SAFETY: the caller's promise, here and below.
    unsafe {
        in_thread(engine, (thread, thread_length), out_operation, |thread| {
            Ok(thread.send_typing_notification(convert::text(display_name, display_name_length)?)?)
        })
    }
}

/// Tells the others in a thread how far the user has read.
///
/// Parameters:
/// - engine: may not be NULL.
/// - thread: the thread's id, "19:...@thread.v2".
/// - thread_length: its length in bytes.
/// - message: the newest message read.
/// - out_operation: gets the operation's number; may be NULL.
///
/// Returns: LIAISON_OK, and a LIAISON_EVENT_KIND_CHAT_RESULT follows; LIAISON_INVALID_ARGUMENT; LIAISON_NOT_SIGNED_IN;
/// LIAISON_LIMIT_REACHED; LIAISON_REENTRANT; LIAISON_PANIC.
///
/// Threads: any.
/// Memory: what is handed in is copied.
/// Since: 0.1.0
///
/// # Safety
/// `engine` is NULL or live; `thread` is NULL or has `thread_length` readable bytes; `out_operation` is NULL or
/// writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn liaison_chat_send_read_receipt(
    engine: *mut liaison_engine,
    thread: *const c_char,
    thread_length: usize,
    message: u64,
    out_operation: *mut u64,
) -> i32 {
    // SAFETY: the caller's promise, here and below.
    unsafe {
        in_thread(engine, (thread, thread_length), out_operation, |thread| {
            Ok(thread.send_read_receipt(backend::message_id(message))?)
        })
    }
}

/// How far everyone in a thread has read: one receipt for each.
///
/// Parameters:
/// - engine: may not be NULL.
/// - thread: the thread's id, "19:...@thread.v2".
/// - thread_length: its length in bytes.
/// - skip: so many are passed over. Not looked at with a page.
/// - most: how many on this page and those after it: 1 to 200, or 0 for 100. Not looked at with a page.
/// - page: next_page of the last answer; NULL and 0 for the first page.
/// - page_length: its length in bytes.
/// - out_operation: gets the operation's number; may be NULL.
///
/// Returns: LIAISON_OK, and a LIAISON_EVENT_KIND_CHAT_RESULT follows with a page of them; LIAISON_INVALID_ARGUMENT;
/// LIAISON_NOT_SIGNED_IN; LIAISON_LIMIT_REACHED; LIAISON_REENTRANT; LIAISON_PANIC.
///
/// Threads: any.
/// Memory: what is handed in is copied.
/// Since: 0.1.0
///
/// # Safety
/// `engine` is NULL or live; `thread` is NULL or has `thread_length` readable bytes; `page` is NULL or has
/// `page_length` readable bytes; `out_operation` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn liaison_chat_list_read_receipts(
    engine: *mut liaison_engine,
    thread: *const c_char,
    thread_length: usize,
    skip: u32,
    most: i32,
    page: *const c_char,
    page_length: usize,
    out_operation: *mut u64,
) -> i32 {
    // SAFETY: the caller's promise, here and below.
    unsafe {
        in_thread(engine, (thread, thread_length), out_operation, |thread| {
            let options = backend::list_options(convert::text(page, page_length)?, most, skip, 0)?;
            Ok(thread.list_read_receipts(options)?)
        })
    }
}

/// Counts the messages of others that are newer than the user's read receipt, up to 1000. It reads the messages from
/// the newest back: ask seldom.
///
/// Parameters:
/// - engine: may not be NULL.
/// - thread: the thread's id, "19:...@thread.v2".
/// - thread_length: its length in bytes.
/// - out_operation: gets the operation's number; may be NULL.
///
/// Returns: LIAISON_OK, and a LIAISON_EVENT_KIND_CHAT_RESULT follows with the number; LIAISON_INVALID_ARGUMENT;
/// LIAISON_NOT_SIGNED_IN; LIAISON_LIMIT_REACHED; LIAISON_REENTRANT; LIAISON_PANIC.
///
/// Threads: any.
/// Memory: what is handed in is copied.
/// Since: 0.1.0
///
/// # Safety
/// `engine` is NULL or live; `thread` is NULL or has `thread_length` readable bytes; `out_operation` is NULL or
/// writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn liaison_chat_count_unread(
    engine: *mut liaison_engine,
    thread: *const c_char,
    thread_length: usize,
    out_operation: *mut u64,
) -> i32 {
    // SAFETY: the caller's promise, here and below.
    unsafe { in_thread(engine, (thread, thread_length), out_operation, |thread| Ok(thread.count_unread()?)) }
}
