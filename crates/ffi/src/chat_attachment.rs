//! Files and images of chats.

use std::ffi::c_char;
use std::mem::offset_of;

use crate::backend;
use crate::chat::in_thread;
use crate::convert::{self, INVALID, Sized_};
use crate::engine::liaison_engine;
use crate::guard::Outcome;
use crate::text::liaison_str;

/// The most attachments of a message.
const ATTACHMENTS_MAX: usize = 10;

/// The longest file that is taken, in bytes.
const FILE_MAX: usize = 64 << 20;

/// What an attachment is.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum liaison_chat_attachment_kind {
    /// A picture that is shown in the message: PNG, JPEG, GIF or WebP.
    Image = 1,
    /// Any file, to be downloaded.
    File = 2,
}

/// A file of a message, or one that was uploaded.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct liaison_chat_attachment {
    /// The size of this struct in bytes as the library knows it: a field beyond it is not there.
    pub size: usize,
    /// Its name in the thread, for liaison_chat_download_attachment.
    pub id: liaison_str,
    /// The file's name, as the sender gave it: show it, and make no path of it. May be empty.
    pub name: liaison_str,
    /// What it is.
    pub kind: liaison_chat_attachment_kind,
    /// 1 when there is a small view of it, else 0. Only known of an attachment of a message.
    pub has_small_view: i32,
}

/// A file to be sent with a message. Set it to zero, then size, id and kind.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct liaison_chat_attachment_to_send {
    /// sizeof(liaison_chat_attachment_to_send).
    pub size: usize,
    /// The id that the upload was answered with.
    pub id: liaison_str,
    /// LIAISON_CHAT_ATTACHMENT_KIND_IMAGE or LIAISON_CHAT_ATTACHMENT_KIND_FILE, as at the upload.
    pub kind: i32,
    /// Must be zero.
    pub reserved: i32,
}

// SAFETY: repr(C), size first; zero is an empty text and 0.
unsafe impl Sized_ for liaison_chat_attachment_to_send {
    const FIRST_SIZE: usize = offset_of!(Self, reserved) + size_of::<i32>();
}

/// A file to be uploaded. Set it to zero, then size, kind and either path or bytes.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct liaison_new_chat_attachment {
    /// sizeof(liaison_new_chat_attachment).
    pub size: usize,
    /// LIAISON_CHAT_ATTACHMENT_KIND_IMAGE or LIAISON_CHAT_ATTACHMENT_KIND_FILE.
    pub kind: i32,
    /// Must be zero.
    pub reserved: i32,
    /// The name to show, at most 255 bytes; empty for that of the path, or none.
    pub name: liaison_str,
    /// A file of this machine, in UTF-8, read when its turn comes. Empty with bytes.
    pub path: liaison_str,
    /// What is in it; copied. NULL with a path.
    pub bytes: *const u8,
    /// How many bytes: 1 to 67108864; 0 with a path. The service takes 26214400 unless it is set up otherwise.
    pub bytes_length: usize,
}

// SAFETY: repr(C), size first; zero is empty texts, NULL and 0.
unsafe impl Sized_ for liaison_new_chat_attachment {
    const FIRST_SIZE: usize = offset_of!(Self, bytes_length) + size_of::<usize>();
}

/// Uploads a file or an image to a thread, to be sent with a message within a day. It does not wait in the outbox:
/// without a network it fails.
///
/// Parameters:
/// - engine: may not be NULL.
/// - thread: the thread's id, "19:...@thread.v2".
/// - thread_length: its length in bytes.
/// - new_attachment: the file; may not be NULL.
/// - out_operation: gets the operation's number; may be NULL.
///
/// Returns: LIAISON_OK, and a LIAISON_EVENT_KIND_CHAT_RESULT follows with the one attachment; LIAISON_INVALID_ARGUMENT;
/// LIAISON_NOT_SIGNED_IN; LIAISON_LIMIT_REACHED; LIAISON_REENTRANT; LIAISON_PANIC.
///
/// Threads: any.
/// Memory: what is handed in is copied.
/// Since: 0.1.0
///
/// # Safety
/// `engine` is NULL or live; `new_attachment` is NULL or points to what its type says, of the size it says, with readable
/// texts and bytes; `thread` is NULL or has `thread_length` readable bytes; `out_operation` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn liaison_chat_upload_attachment(
    engine: *mut liaison_engine,
    thread: *const c_char,
    thread_length: usize,
    new_attachment: *const liaison_new_chat_attachment,
    out_operation: *mut u64,
) -> i32 {
    // SAFETY: the caller's promise, here and below.
    unsafe {
        in_thread(engine, (thread, thread_length), out_operation, |thread| {
            let new = convert::read_sized(new_attachment)?;
            if new.reserved != 0 {
                return Err(INVALID);
            }
            let (name, path) = (convert::field(new.name)?, convert::field(new.path)?);
            let bytes = convert::bytes(new.bytes, new.bytes_length, FILE_MAX)?;
            backend::upload(thread, new.kind, name, path, bytes)
        })
    }
}

/// Downloads a file or an image of a message.
///
/// Parameters:
/// - engine: may not be NULL.
/// - thread: the thread's id, "19:...@thread.v2".
/// - thread_length: its length in bytes.
/// - attachment: the attachment's id.
/// - attachment_length: its length in bytes.
/// - kind: LIAISON_CHAT_ATTACHMENT_KIND_IMAGE or LIAISON_CHAT_ATTACHMENT_KIND_FILE, as the attachment says.
/// - small: 1 for the small view of an image, a JPEG of at most 320 pixels a side; else 0.
/// - path: where to put it, in UTF-8; its folder is there. The file is there whole or not at all, and replaces what was
///   there. NULL and 0: into memory. Never make it of the attachment's name alone: the sender chose that.
/// - path_length: its length in bytes.
/// - out_operation: gets the operation's number; may be NULL.
///
/// Returns: LIAISON_OK, and a LIAISON_EVENT_KIND_CHAT_RESULT follows with bytes and media_type; LIAISON_INVALID_ARGUMENT;
/// LIAISON_NOT_SIGNED_IN; LIAISON_LIMIT_REACHED; LIAISON_REENTRANT; LIAISON_PANIC.
///
/// Threads: any.
/// Memory: what is handed in is copied.
/// Since: 0.1.0
///
/// # Safety
/// `engine` is NULL or live; `thread` is NULL or has `thread_length` readable bytes; `attachment` is NULL or has
/// `attachment_length` readable bytes; `path` is NULL or has `path_length` readable bytes; `out_operation` is NULL or
/// writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn liaison_chat_download_attachment(
    engine: *mut liaison_engine,
    thread: *const c_char,
    thread_length: usize,
    attachment: *const c_char,
    attachment_length: usize,
    kind: i32,
    small: i32,
    path: *const c_char,
    path_length: usize,
    out_operation: *mut u64,
) -> i32 {
    // SAFETY: the caller's promise, here and below.
    unsafe {
        in_thread(engine, (thread, thread_length), out_operation, |thread| {
            let id = convert::text(attachment, attachment_length)?;
            backend::download(thread, id, kind, small, convert::text(path, path_length)?)
        })
    }
}

/// Attachments in C's array, whose elements may be of another version's size.
///
/// # Safety
/// `first` is NULL or points to `count` structs of the size that the first one says.
pub(crate) unsafe fn to_send<'a>(
    first: *const liaison_chat_attachment_to_send,
    count: usize,
) -> Outcome<Vec<(&'a str, i32)>> {
    if count == 0 {
        return Ok(Vec::new());
    }
    if count > ATTACHMENTS_MAX {
        return Err(INVALID);
    }
    // SAFETY: the caller's promise, here and below.
    let size = unsafe { convert::read_sized(first)? }.size;
    if !size.is_multiple_of(align_of::<liaison_chat_attachment_to_send>()) {
        return Err(INVALID);
    }
    let one = |at: usize| {
        // SAFETY: the caller promised `count` of them, one after another.
        let (one, id) = unsafe {
            let one = convert::read_sized(first.byte_add(at * size))?;
            (one, convert::field(one.id)?)
        };
        let well = one.size == size && one.reserved == 0 && !id.is_empty();
        if well { Ok((id, one.kind)) } else { Err(INVALID) }
    };
    (0..count).map(one).collect()
}
