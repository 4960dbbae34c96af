//! Text across the boundary: always a pointer with a length, always UTF-8.

use std::ffi::{CStr, c_char};

use crate::{convert, guard};

/// UTF-8 text: length bytes at data, without a terminating zero (print it with "%.*s").
///
/// As an input, NULL with length 0 is the empty text, and the bytes are copied before the function returns.
/// As an output it is borrowed: the function or the event that carries it says how long it lives.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct liaison_str {
    /// The bytes; may be NULL only when length is 0.
    pub data: *const c_char,
    /// How many bytes; at most 1 MiB as an input.
    pub length: usize,
}

impl liaison_str {
    /// No text.
    pub(crate) const EMPTY: Self = Self { data: std::ptr::null(), length: 0 };

    /// Static text that C may also read as a zero-terminated string.
    pub(crate) const fn from_zero_terminated(text: &'static CStr) -> Self {
        Self { data: text.as_ptr(), length: text.count_bytes() }
    }

    /// The caller keeps `text` alive for as long as it promised C.
    pub(crate) const fn borrowed(text: &str) -> Self {
        Self { data: text.as_ptr().cast(), length: text.len() }
    }
}

/// Wraps a zero-terminated C string as a liaison_str, without copying: a convenience for config fields.
///
/// Parameters:
/// - zero_terminated: UTF-8 bytes ended by a zero; NULL gives the empty text.
///
/// Returns: the text; it never fails. UTF-8 is checked by the function that takes the result.
///
/// Threads: any, also inside a hook.
/// Memory: the result borrows zero_terminated.
/// Since: 0.1.0
///
/// # Safety
/// `zero_terminated` is NULL or points to a zero-terminated string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn liaison_str_of(zero_terminated: *const c_char) -> liaison_str {
    guard::contain(liaison_str::EMPTY, || {
        // SAFETY: the caller's promise is the same as the callee's.
        unsafe { convert::zero_terminated(zero_terminated) }
    })
}
