//! Status codes: what every function says, and the text for people.
//!
//! A number is never used again for another meaning, not even after its status is retired.

use std::ffi::CStr;

use crate::text::liaison_str;

/// It worked. For an asynchronous command: it was accepted, and its outcome comes as an event.
pub const LIAISON_OK: i32 = 0;
/// An argument is not legal: NULL where it may not be, a size that is too small, text that is not UTF-8 or too long,
/// a number out of its range, or a struct tail or reserved field that is not zero.
pub const LIAISON_INVALID_ARGUMENT: i32 = -1;
/// No call (or other object) has this id: it ended and was forgotten, or it never was.
pub const LIAISON_NOT_FOUND: i32 = -2;
/// The function was called from inside a hook. Return from the hook and call it then.
pub const LIAISON_REENTRANT: i32 = -3;
/// The library failed internally and stopped this engine. Free it and make another; please report the log.
pub const LIAISON_PANIC: i32 = -4;
/// The header the program was compiled with does not fit the loaded library: compare LIAISON_ABI and liaison_abi.
pub const LIAISON_ABI_MISMATCH: i32 = -5;
/// The object is not in a state in which this can be done, such as accepting a call that has ended.
pub const LIAISON_INVALID_STATE: i32 = -6;
/// Sign in first, with liaison_engine_sign_in.
pub const LIAISON_NOT_SIGNED_IN: i32 = -7;
/// The token is malformed, expired, revoked or not signed by the service. Get a new one from your backend.
pub const LIAISON_INVALID_TOKEN: i32 = -8;
/// The token does not allow this: ask your backend for one with the scope voip.
pub const LIAISON_FORBIDDEN: i32 = -9;
/// Another thread is inside a function of which only one may run at a time. Nothing was changed.
pub const LIAISON_BUSY: i32 = -10;
/// A bounded queue or table is full. Read the pending events, end calls, then try again.
pub const LIAISON_LIMIT_REACHED: i32 = -11;
/// The service's certificate is not trusted: set ca_pem to the text of the service's ca.pem.
pub const LIAISON_UNTRUSTED: i32 = -12;
/// The service cannot be reached: check the endpoint, the network and http_proxy.
pub const LIAISON_UNREACHABLE: i32 = -13;
/// It took too long.
pub const LIAISON_TIMED_OUT: i32 = -14;
/// A file or folder cannot be read or written: check data_path, or the path of the WAV file.
pub const LIAISON_FILE_ERROR: i32 = -15;
/// An audio device cannot be opened or has gone: check its id, or use another audio mode.
pub const LIAISON_DEVICE_ERROR: i32 = -16;
/// This build of the library, or this platform, cannot do it.
pub const LIAISON_UNSUPPORTED: i32 = -17;
/// The operation was overtaken by another one, such as a sign-out during a sign-in.
pub const LIAISON_CANCELLED: i32 = -18;
/// The other side speaks a protocol this library does not understand: update the older of the two.
pub const LIAISON_PROTOCOL_ERROR: i32 = -19;
/// What is kept in data_path was written with another data_key, or with none. It was left as it is.
pub const LIAISON_WRONG_KEY: i32 = -20;
/// Another engine, of this program or another, uses the same data_path: give each a folder of its own.
pub const LIAISON_IN_USE: i32 = -21;

/// Every status with its text; the texts are what liaison_status_text returns.
pub(crate) const TEXTS: &[(i32, &CStr)] = &[
    (LIAISON_OK, c"ok"),
    (
        LIAISON_INVALID_ARGUMENT,
        c"an argument is not legal: NULL, size, UTF-8, range, or a reserved field that is not zero",
    ),
    (LIAISON_NOT_FOUND, c"nothing has this id: it has ended, or it never was"),
    (LIAISON_REENTRANT, c"called from inside a hook: return from the hook first"),
    (LIAISON_PANIC, c"the library failed internally and stopped this engine: free it and make another"),
    (
        LIAISON_ABI_MISMATCH,
        c"the header does not fit the loaded library: compare LIAISON_ABI with liaison_abi()",
    ),
    (LIAISON_INVALID_STATE, c"this cannot be done in the present state"),
    (LIAISON_NOT_SIGNED_IN, c"not signed in: call liaison_engine_sign_in first"),
    (
        LIAISON_INVALID_TOKEN,
        c"the token is malformed, expired, revoked or forged: get a new one from your backend",
    ),
    (LIAISON_FORBIDDEN, c"the token does not allow this: it needs the scope voip"),
    (LIAISON_BUSY, c"another thread is inside a function of which only one may run at a time"),
    (LIAISON_LIMIT_REACHED, c"a bounded queue or table is full: read the pending events, then try again"),
    (LIAISON_UNTRUSTED, c"the service's certificate is not trusted: pass the text of its ca.pem as ca_pem"),
    (LIAISON_UNREACHABLE, c"the service cannot be reached: check endpoint, network and proxy"),
    (LIAISON_TIMED_OUT, c"it took too long"),
    (LIAISON_FILE_ERROR, c"a file or folder cannot be read or written"),
    (LIAISON_DEVICE_ERROR, c"an audio device cannot be opened or has gone"),
    (LIAISON_UNSUPPORTED, c"this build or platform cannot do it"),
    (LIAISON_CANCELLED, c"overtaken by another operation"),
    (LIAISON_PROTOCOL_ERROR, c"the other side speaks a protocol this library does not understand"),
    (
        LIAISON_WRONG_KEY,
        c"what is kept was written with another data_key, or with none: it was left as it is",
    ),
    (LIAISON_IN_USE, c"another engine uses the same data_path: give each a folder of its own"),
];

/// What a status means, in one line of English, for logs.
///
/// Parameters:
/// - status: any number; one this library does not know gives "unknown status".
///
/// Returns: static text, also zero-terminated; it never fails.
///
/// Threads: any, also inside a hook.
/// Memory: static, never freed.
/// Since: 0.1.0
#[unsafe(no_mangle)]
pub extern "C" fn liaison_status_text(status: i32) -> liaison_str {
    let text = TEXTS.iter().find(|(number, _)| *number == status).map_or(c"unknown status", |(_, text)| text);
    liaison_str::from_zero_terminated(text)
}
