//! Every look through a caller's pointer. Nothing else in the crate dereferences one.
//!
//! Each function turns a raw argument into a checked value or a [`Refusal`]; the `unsafe` promise is always the
//! same: a pointer that is not NULL points to what its type says, readable (or writable) for the whole call.

use std::ffi::{CStr, c_char};

use crate::guard::{Outcome, Refusal};
use crate::status::LIAISON_INVALID_ARGUMENT;
use crate::text::liaison_str;

/// The longest text taken from C, in bytes: a certificate bundle fits, a runaway length does not.
pub(crate) const TEXT_MAX: usize = 1 << 20;

/// The longest zero-terminated text that is searched for its end.
const ZERO_TERMINATED_MAX: usize = TEXT_MAX;

pub(crate) const INVALID: Refusal = Refusal(LIAISON_INVALID_ARGUMENT);

/// UTF-8 text of a given length; NULL with length 0 is the empty text.
///
/// # Safety
/// `data` is NULL or points to `length` readable bytes that nobody changes during `'call`.
pub(crate) unsafe fn text<'call>(data: *const c_char, length: usize) -> Outcome<&'call str> {
    if length == 0 {
        return Ok("");
    }
    if data.is_null() || length > TEXT_MAX {
        return Err(INVALID);
    }
    // SAFETY: not NULL, and the caller promised `length` readable bytes.
    let bytes = unsafe { std::slice::from_raw_parts(data.cast::<u8>(), length) };
    std::str::from_utf8(bytes).map_err(|_| INVALID)
}

/// The text of a `liaison_str` field.
///
/// # Safety
/// As for [`text()`].
pub(crate) unsafe fn field<'call>(value: liaison_str) -> Outcome<&'call str> {
    // SAFETY: the caller's promise is the same.
    unsafe { text(value.data, value.length) }
}

/// A zero-terminated string as a `liaison_str`, its UTF-8 unchecked; NULL is the empty text.
///
/// # Safety
/// `text` is NULL or points to a zero-terminated string.
pub(crate) unsafe fn zero_terminated(text: *const c_char) -> liaison_str {
    if text.is_null() {
        return liaison_str::EMPTY;
    }
    // SAFETY: the caller promised a terminating zero.
    let length = unsafe { CStr::from_ptr(text) }.count_bytes();
    // A text over the limit stays over it, so that whoever takes it refuses it.
    liaison_str { data: text, length: length.min(ZERO_TERMINATED_MAX + 1) }
}

/// A pointer that may not be NULL, as a reference.
///
/// # Safety
/// `pointer` is NULL or points to a live `T` that nobody changes during `'call`.
pub(crate) unsafe fn reference<'call, T>(pointer: *const T) -> Outcome<&'call T> {
    // SAFETY: the caller's promise; NULL becomes None.
    unsafe { pointer.as_ref() }.ok_or(INVALID)
}

/// An output that the function needs, checked before anything is done.
#[derive(Debug)]
pub(crate) struct Output<T>(*mut T);

impl<T> Output<T> {
    /// Refuses NULL.
    pub(crate) fn required(pointer: *mut T) -> Outcome<Self> {
        if pointer.is_null() { Err(INVALID) } else { Ok(Self(pointer)) }
    }

    /// Accepts NULL: then nothing is written.
    pub(crate) fn optional(pointer: *mut T) -> Self {
        Self(pointer)
    }

    /// Writes the output, on success only.
    ///
    /// # Safety
    /// The pointer this was made from is NULL or points to writable memory for a `T`.
    pub(crate) unsafe fn write(self, value: T) {
        if !self.0.is_null() {
            // SAFETY: not NULL, and the caller promised writable memory.
            unsafe { self.0.write(value) };
        }
    }
}

/// Bytes in, at most so many; NULL with length 0 is none.
///
/// # Safety
/// `data` is NULL or points to `length` readable bytes that nobody changes during `'call`.
pub(crate) unsafe fn bytes<'call>(data: *const u8, length: usize, most: usize) -> Outcome<&'call [u8]> {
    if length == 0 {
        return Ok(&[]);
    }
    if data.is_null() || length > most {
        return Err(INVALID);
    }
    // SAFETY: not NULL, bounded, and the caller promised that many readable bytes.
    Ok(unsafe { std::slice::from_raw_parts(data, length) })
}

/// Samples in.
///
/// # Safety
/// `samples` is NULL or points to `count` readable samples of each of `channels`, 1 or 2.
pub(crate) unsafe fn samples<'call, T>(
    samples: *const T,
    count: usize,
    channels: usize,
) -> Outcome<&'call [T]> {
    if count == 0 {
        return Ok(&[]);
    }
    if samples.is_null() || count > SAMPLES_MAX {
        return Err(INVALID);
    }
    // SAFETY: not NULL, bounded, and the caller promised that many readable samples.
    Ok(unsafe { std::slice::from_raw_parts(samples, count * channels) })
}

/// Samples out.
///
/// # Safety
/// `samples` is NULL or points to `count` writable samples of each of `channels`, 1 or 2, that nobody else touches during
/// `'call`.
pub(crate) unsafe fn samples_mut<'call, T>(
    samples: *mut T,
    count: usize,
    channels: usize,
) -> Outcome<&'call mut [T]> {
    if count == 0 {
        return Ok(&mut []);
    }
    if samples.is_null() || count > SAMPLES_MAX {
        return Err(INVALID);
    }
    // SAFETY: not NULL, bounded, and the caller promised that many writable samples of its own.
    Ok(unsafe { std::slice::from_raw_parts_mut(samples, count * channels) })
}

/// One second at 48 kHz: more in one call is a mistake, not audio.
pub(crate) const SAMPLES_MAX: usize = 48_000;

/// A struct that may grow: its first field is its size in bytes, as the caller's header knew it.
///
/// # Safety
/// The type is `repr(C)`, begins with a `usize` holding its size, is valid when all its bytes are zero, and has no
/// padding that matters.
pub(crate) unsafe trait Sized_: Copy {
    /// The size the first version of the struct had: no header ever knew a smaller one.
    const FIRST_SIZE: usize;
}

/// Reads a struct of any version: what the caller's header did not know is zero, what this library does not know
/// must be zero.
///
/// # Safety
/// `pointer` is NULL or points to a struct whose first field holds its size in bytes, all of them readable.
pub(crate) unsafe fn read_sized<T: Sized_>(pointer: *const T) -> Outcome<T> {
    if pointer.is_null() {
        return Err(INVALID);
    }
    // SAFETY: the trait says the first field is the size.
    let size = unsafe { pointer.cast::<usize>().read() };
    if !(T::FIRST_SIZE..=STRUCT_MAX).contains(&size) {
        return Err(INVALID);
    }
    let known = size.min(size_of::<T>());
    // SAFETY: the caller promised `size` readable bytes.
    let tail = unsafe { std::slice::from_raw_parts(pointer.cast::<u8>().add(known), size - known) };
    if tail.iter().any(|&byte| byte != 0) {
        return Err(INVALID);
    }
    let mut value = std::mem::MaybeUninit::<T>::zeroed();
    // SAFETY: both are at least `known` bytes; all-zero is valid for the rest, as the trait says.
    unsafe {
        std::ptr::copy_nonoverlapping(pointer.cast::<u8>(), value.as_mut_ptr().cast::<u8>(), known);
        Ok(value.assume_init())
    }
}

/// Writes a struct of any version into memory of `size` bytes, and `size` into its first field: what this library
/// does not know becomes zero.
///
/// # Safety
/// `pointer` is NULL or points to `size` writable bytes.
pub(crate) unsafe fn write_sized<T: Sized_>(pointer: *mut T, size: usize, value: &T) -> Outcome {
    if pointer.is_null() || !(T::FIRST_SIZE..=STRUCT_MAX).contains(&size) {
        return Err(INVALID);
    }
    let known = size.min(size_of::<T>());
    let bytes = pointer.cast::<u8>();
    // SAFETY: the caller promised `size` writable bytes; `known` is at most that and at most `T`.
    unsafe {
        std::ptr::copy_nonoverlapping(std::ptr::from_ref(value).cast::<u8>(), bytes, known);
        bytes.add(known).write_bytes(0, size - known);
        pointer.cast::<usize>().write(size);
    }
    Ok(())
}

/// Fills a caller's struct whose size field the caller has set.
///
/// # Safety
/// `pointer` is NULL or points to a struct whose first field holds its size in bytes, all of them writable.
pub(crate) unsafe fn fill_sized<T: Sized_>(pointer: *mut T, value: &T) -> Outcome {
    if pointer.is_null() {
        return Err(INVALID);
    }
    // SAFETY: the trait says the first field is the size; the rest is the caller's promise.
    unsafe {
        let size = pointer.cast::<usize>().read();
        write_sized(pointer, size, value)
    }
}

/// No struct of this interface is larger, in any version.
const STRUCT_MAX: usize = 4096;

#[cfg(test)]
mod tests;
