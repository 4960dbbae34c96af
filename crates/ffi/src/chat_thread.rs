//! Chat's threads and who is in them.

use std::ffi::c_char;

use crate::backend;
use crate::chat::{
    command, in_thread, liaison_new_chat_participant, liaison_new_chat_thread, metadata, participants,
};
use crate::chat_event::liaison_chat_metadata;
use crate::convert::{self, INVALID};
use crate::engine::{enter, liaison_engine};

/// Creates a chat thread with the user and the given participants in it.
///
/// Chat needs a token with the scope chat, and liaison_engine_sign_in before. All its commands answer with
/// LIAISON_EVENT_KIND_CHAT_RESULT.
///
/// What changes something (all but lists, liaison_chat_get_..., liaison_chat_count_unread and liaison_chat_send_typing)
/// waits until the service has answered: without a network, while the service is down or asks to wait, and while a
/// refused token waits for liaison_engine_set_token. At most 1000 wait. Changes of one thread are carried out in the order
/// they are asked for. With data_path they are on disk from LIAISON_EVENT_KIND_CHAT_QUEUED on and go on in the app's next
/// run, once the same user has signed in; their results then have the operation 0. The others are tried while the service
/// asks to wait, up to 30 s and four times.
///
/// Parameters:
/// - engine: may not be NULL.
/// - new_thread: what is to be created; may not be NULL.
/// - out_operation: gets the operation's number; may be NULL.
///
/// Returns: LIAISON_OK, and a LIAISON_EVENT_KIND_CHAT_RESULT follows with the thread and those who could not be added;
/// LIAISON_INVALID_ARGUMENT; LIAISON_NOT_SIGNED_IN; LIAISON_LIMIT_REACHED; LIAISON_REENTRANT; LIAISON_PANIC.
///
/// Threads: any.
/// Memory: what is handed in is copied.
/// Since: 0.1.0
///
/// # Safety
/// `engine` is NULL or live; `new_thread` is NULL or points to what its type says, each of the size it says;
/// `out_operation` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn liaison_chat_create_thread(
    engine: *mut liaison_engine,
    new_thread: *const liaison_new_chat_thread,
    out_operation: *mut u64,
) -> i32 {
    // SAFETY: the caller's promise, here and below.
    unsafe {
        command(engine, out_operation, |client| {
            let new = convert::read_sized(new_thread)?;
            if new.reserved != 0 {
                return Err(INVALID);
            }
            let participants = participants(new.participants, new.participants_count)?;
            let (topic, retention_days) = (convert::field(new.topic)?, new.retention_days);
            let metadata = metadata(new.metadata, new.metadata_count)?;
            backend::ThreadOf { topic, participants, retention_days, metadata }.create(client)
        })
    }
}

/// Deletes a thread with its history; everyone in it is told. Deleting it again does nothing.
///
/// Parameters:
/// - engine: may not be NULL.
/// - thread: the thread's id, "19:...@thread.v2".
/// - thread_length: its length in bytes.
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
pub unsafe extern "C" fn liaison_chat_delete_thread(
    engine: *mut liaison_engine,
    thread: *const c_char,
    thread_length: usize,
    out_operation: *mut u64,
) -> i32 {
    // SAFETY: the caller's promise, here and below.
    unsafe { in_thread(engine, (thread, thread_length), out_operation, |thread| Ok(thread.delete()?)) }
}

/// The threads the user is in.
///
/// Parameters:
/// - engine: may not be NULL.
/// - since_unix_ms: only threads whose newest message is not older, in ms since 1970-01-01T00:00:00Z; 0 for all. Not
///   looked at with a page.
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
/// `engine` is NULL or live; `page` is NULL or has `page_length` readable bytes; `out_operation` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn liaison_chat_list_threads(
    engine: *mut liaison_engine,
    since_unix_ms: i64,
    most: i32,
    page: *const c_char,
    page_length: usize,
    out_operation: *mut u64,
) -> i32 {
    // SAFETY: the caller's promise, here and below.
    unsafe {
        command(engine, out_operation, |client| {
            let options = backend::list_options(convert::text(page, page_length)?, most, 0, since_unix_ms)?;
            Ok(client.list_chat_threads(options)?)
        })
    }
}

/// A thread's properties.
///
/// Parameters:
/// - engine: may not be NULL.
/// - thread: the thread's id, "19:...@thread.v2".
/// - thread_length: its length in bytes.
/// - out_operation: gets the operation's number; may be NULL.
///
/// Returns: LIAISON_OK, and a LIAISON_EVENT_KIND_CHAT_RESULT follows with the thread; LIAISON_INVALID_ARGUMENT;
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
pub unsafe extern "C" fn liaison_chat_get_thread(
    engine: *mut liaison_engine,
    thread: *const c_char,
    thread_length: usize,
    out_operation: *mut u64,
) -> i32 {
    // SAFETY: the caller's promise, here and below.
    unsafe {
        in_thread(engine, (thread, thread_length), out_operation, |thread| Ok(thread.get_properties()?))
    }
}

/// Sets a thread's topic; everyone in it is told.
///
/// Parameters:
/// - engine: may not be NULL.
/// - thread: the thread's id, "19:...@thread.v2".
/// - thread_length: its length in bytes.
/// - topic: 1 to 1024 bytes.
/// - topic_length: its length in bytes.
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
/// `engine` is NULL or live; `thread` is NULL or has `thread_length` readable bytes; `topic` is NULL or has
/// `topic_length` readable bytes; `out_operation` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn liaison_chat_set_topic(
    engine: *mut liaison_engine,
    thread: *const c_char,
    thread_length: usize,
    topic: *const c_char,
    topic_length: usize,
    out_operation: *mut u64,
) -> i32 {
    // SAFETY: the caller's promise, here and below.
    unsafe {
        in_thread(engine, (thread, thread_length), out_operation, |thread| {
            Ok(thread.update_topic(convert::text(topic, topic_length)?)?)
        })
    }
}

/// Changes a thread's metadata; everyone in it is told. Names that are not mentioned stay.
///
/// Parameters:
/// - engine: may not be NULL.
/// - thread: the thread's id, "19:...@thread.v2".
/// - thread_length: its length in bytes.
/// - changes: what each name is to be; a name whose value's data is NULL is taken out. May not be NULL.
/// - count: how many: 1 to 1024. All metadata of a thread is at most 1024 bytes.
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
pub unsafe extern "C" fn liaison_chat_set_metadata(
    engine: *mut liaison_engine,
    thread: *const c_char,
    thread_length: usize,
    changes: *const liaison_chat_metadata,
    count: usize,
    out_operation: *mut u64,
) -> i32 {
    // SAFETY: the caller's promise, here and below.
    unsafe {
        in_thread(engine, (thread, thread_length), out_operation, |thread| {
            backend::set_metadata(thread, None, &metadata(changes, count)?)
        })
    }
}

/// Who is in a thread.
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
pub unsafe extern "C" fn liaison_chat_list_participants(
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
            Ok(thread.list_participants(options)?)
        })
    }
}

/// Adds people to a thread; everyone in it is told.
///
/// Parameters:
/// - engine: may not be NULL.
/// - thread: the thread's id, "19:...@thread.v2".
/// - thread_length: its length in bytes.
/// - new_participants: who, each with its size set; may not be NULL.
/// - count: how many: 1 to 200.
/// - out_operation: gets the operation's number; may be NULL.
///
/// Returns: LIAISON_OK, and a LIAISON_EVENT_KIND_CHAT_RESULT follows with those who could not be added;
/// LIAISON_INVALID_ARGUMENT; LIAISON_NOT_SIGNED_IN; LIAISON_LIMIT_REACHED; LIAISON_REENTRANT; LIAISON_PANIC.
///
/// Threads: any.
/// Memory: what is handed in is copied.
/// Since: 0.1.0
///
/// # Safety
/// `engine` is NULL or live; `new_participants` is NULL or points to what its type says, each of the size it says;
/// `thread` is NULL or has `thread_length` readable bytes; `out_operation` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn liaison_chat_add_participants(
    engine: *mut liaison_engine,
    thread: *const c_char,
    thread_length: usize,
    new_participants: *const liaison_new_chat_participant,
    count: usize,
    out_operation: *mut u64,
) -> i32 {
    // SAFETY: the caller's promise, here and below.
    unsafe {
        in_thread(engine, (thread, thread_length), out_operation, |thread| {
            let who = participants(new_participants, count)?;
            if who.is_empty() { Err(INVALID) } else { Ok(thread.add_participants(who)?) }
        })
    }
}

/// Removes somebody from a thread, or leaves it; everyone who is or was in it is told.
///
/// Parameters:
/// - engine: may not be NULL.
/// - thread: the thread's id, "19:...@thread.v2".
/// - thread_length: its length in bytes.
/// - raw_id: whom; the user's own raw id to leave.
/// - raw_id_length: its length in bytes.
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
/// `engine` is NULL or live; `thread` is NULL or has `thread_length` readable bytes; `raw_id` is NULL or has
/// `raw_id_length` readable bytes; `out_operation` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn liaison_chat_remove_participant(
    engine: *mut liaison_engine,
    thread: *const c_char,
    thread_length: usize,
    raw_id: *const c_char,
    raw_id_length: usize,
    out_operation: *mut u64,
) -> i32 {
    // SAFETY: the caller's promise, here and below.
    unsafe {
        in_thread(engine, (thread, thread_length), out_operation, |thread| {
            Ok(thread.remove_participant(convert::text(raw_id, raw_id_length)?)?)
        })
    }
}

/// Takes back a command that waits and was not sent yet: its LIAISON_EVENT_KIND_CHAT_RESULT says LIAISON_CANCELLED. One
/// that may have been sent goes on, and so has another result.
///
/// Parameters:
/// - engine: may not be NULL.
/// - client_id: of liaison_new_chat_message, or of LIAISON_EVENT_KIND_CHAT_QUEUED.
/// - client_id_length: its length in bytes.
///
/// Returns: LIAISON_OK, also when nothing waits under this name; LIAISON_INVALID_ARGUMENT; LIAISON_LIMIT_REACHED: try
/// again; LIAISON_REENTRANT; LIAISON_PANIC.
///
/// Threads: any.
/// Memory: what is handed in is copied.
/// Since: 0.1.0
///
/// # Safety
/// `engine` is NULL or live; `client_id` is NULL or has `client_id_length` readable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn liaison_chat_cancel(
    engine: *mut liaison_engine,
    client_id: *const c_char,
    client_id_length: usize,
) -> i32 {
    // SAFETY: the caller's promise, here and below.
    unsafe {
        enter(engine, |handle| {
            backend::cancel_chat(handle.backend(), convert::text(client_id, client_id_length)?)
        })
    }
}

/// Says that the app is done with a thread's events up to one. With data_path, what was not acknowledged comes again in
/// the app's next run, with the same sequence; without, that run begins with what happens then. When 1024 of a thread are
/// not acknowledged, the next ones wait.
///
/// Parameters:
/// - engine: may not be NULL.
/// - thread: the thread's id, "19:...@thread.v2".
/// - thread_length: its length in bytes.
/// - sequence: of LIAISON_EVENT_KIND_CHAT_EVENT, or to of LIAISON_EVENT_KIND_CHAT_MISSED. Those before it are
///   acknowledged too.
///
/// Returns: LIAISON_OK; LIAISON_INVALID_ARGUMENT; LIAISON_LIMIT_REACHED: try again; LIAISON_REENTRANT; LIAISON_PANIC.
///
/// Threads: any.
/// Memory: what is handed in is copied.
/// Since: 0.1.0
///
/// # Safety
/// `engine` is NULL or live; `thread` is NULL or has `thread_length` readable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn liaison_chat_acknowledge(
    engine: *mut liaison_engine,
    thread: *const c_char,
    thread_length: usize,
    sequence: u64,
) -> i32 {
    // SAFETY: the caller's promise, here and below.
    unsafe {
        enter(engine, |handle| {
            backend::acknowledge_chat(handle.backend(), convert::text(thread, thread_length)?, sequence)
        })
    }
}
