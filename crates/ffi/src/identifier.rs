//! Raw ids, taken apart for an app that wants to know whom it deals with.

use std::ffi::c_char;
use std::mem::offset_of;

use crate::backend;
use crate::convert::{self, Output, Sized_};
use crate::guard;

/// What kind of party a raw id names.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum liaison_identifier_kind {
    /// None of the kinds below; it can still be passed on.
    Unknown = 0,
    /// A user of an app, "8:acs:RESOURCE_USER".
    CommunicationUser = 1,
    /// A telephone number, "4:+NUMBER".
    PhoneNumber = 2,
    /// A Teams user, "8:orgid:OBJECT-ID".
    MicrosoftTeamsUser = 3,
    /// A Teams app (bot), "28:orgid:APP-ID".
    MicrosoftTeamsApp = 4,
    /// A Teams user who signed in through an app's resource, "8:acs:RESOURCE_TENANT_USER".
    TeamsExtensionUser = 5,
}

/// The cloud a Microsoft party lives in.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum liaison_cloud {
    /// The public one; also when the kind has none.
    Public = 0,
    /// The United States Department of Defense's.
    Dod = 1,
    /// The United States government community's, high.
    Gcch = 2,
}

/// A raw id, taken apart.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct liaison_identifier {
    /// The size of this struct in bytes, set by the caller.
    pub size: usize,
    /// What kind of party it is.
    pub kind: liaison_identifier_kind,
    /// The cloud a Microsoft party lives in.
    pub cloud: liaison_cloud,
    /// 1 for an anonymous party (a visitor of a Teams meeting, a hidden telephone number), else 0.
    pub is_anonymous: i32,
    /// Must be ignored.
    pub reserved: i32,
}

// SAFETY: repr(C), size first; zero is Unknown, Public and 0.
unsafe impl Sized_ for liaison_identifier {
    const FIRST_SIZE: usize = offset_of!(Self, reserved) + size_of::<i32>();
}

/// Takes a raw id apart. Every text of 1 to 512 bytes is one, if only an unknown one.
///
/// Parameters:
/// - raw_id: the raw id, 1 to 512 bytes without control characters; may not be NULL.
/// - raw_id_length: its length in bytes.
/// - out_identifier: written up to its size field, which must be set to sizeof(liaison_identifier) before; may not be
///   NULL.
///
/// Returns: LIAISON_OK; LIAISON_INVALID_ARGUMENT; LIAISON_PANIC.
///
/// Threads: any, also inside a hook.
/// Memory: none.
/// Since: 0.1.0
///
/// # Safety
/// `raw_id` is NULL or has `raw_id_length` readable bytes; `out_identifier` is NULL or a writable struct of the size it says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn liaison_raw_id_parse(
    raw_id: *const c_char,
    raw_id_length: usize,
    out_identifier: *mut liaison_identifier,
) -> i32 {
    // SAFETY: the caller's promise.
    guard::anywhere(|| unsafe {
        Output::required(out_identifier)?;
        let identifier = backend::parse_raw_id(convert::text(raw_id, raw_id_length)?)?;
        convert::fill_sized(out_identifier, &identifier)
    })
}
