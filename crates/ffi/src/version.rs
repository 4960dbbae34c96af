//! What this library is: its version, for people, and its ABI number, for programs.

use std::ffi::CStr;

use crate::text::liaison_str;

/// The number of the binary interface this header describes.
///
/// Pass it to liaison_engine_new, which refuses a header that does not fit the library. Within one number the
/// interface only grows: functions, constants, event kinds and trailing struct fields are added, nothing changes
/// its meaning. The shared library's SONAME carries it: libliaison.so.1 on Linux.
pub const LIAISON_ABI: u32 = 1;

const VERSION: &CStr = match CStr::from_bytes_with_nul(concat!(env!("CARGO_PKG_VERSION"), "\0").as_bytes()) {
    Ok(text) => text,
    Err(_) => c"",
};

/// The version of the loaded library, for logs and bug reports, as MAJOR.MINOR.PATCH.
///
/// Compare liaison_abi with LIAISON_ABI, not this, to learn whether header and library fit.
///
/// Returns: static text, also zero-terminated; it never fails.
///
/// Threads: any, also inside a hook.
/// Memory: static, never freed.
/// Since: 0.1.0
#[unsafe(no_mangle)]
pub extern "C" fn liaison_version() -> liaison_str {
    liaison_str::from_zero_terminated(VERSION)
}

/// The ABI number of the loaded library; the header's own is LIAISON_ABI.
///
/// Returns: the number; it never fails.
///
/// Threads: any, also inside a hook.
/// Memory: none.
/// Since: 0.1.0
#[unsafe(no_mangle)]
pub extern "C" fn liaison_abi() -> u32 {
    LIAISON_ABI
}
