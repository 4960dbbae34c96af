//! A call's functions. A call is a number, so that no order of destruction can be wrong.

use std::ffi::c_char;

use crate::backend::{self, Call, CallError, IncomingCall, OperationId};
use crate::convert::{self, INVALID, Output};
use crate::engine::{enter, liaison_engine};
use crate::event::liaison_call_state;
use crate::stats::liaison_call_stats;

/// A command of any call.
///
/// # Safety
/// `engine` is NULL or live; `out_operation` is NULL or writable.
unsafe fn command(
    engine: *mut liaison_engine,
    call: u64,
    out_operation: *mut u64,
    what: impl FnOnce(&Call) -> Result<OperationId, CallError>,
) -> i32 {
    // SAFETY: the caller's promise, here and below.
    unsafe {
        enter(engine, |handle| {
            let operation = backend::call(handle.backend(), call, what)?;
            Output::optional(out_operation).write(operation);
            Ok(())
        })
    }
}

/// A command of an incoming call.
///
/// # Safety
/// `engine` is NULL or live; `out_operation` is NULL or writable.
unsafe fn incoming(
    engine: *mut liaison_engine,
    call: u64,
    out_operation: *mut u64,
    what: impl FnOnce(&IncomingCall) -> Result<OperationId, CallError>,
) -> i32 {
    // SAFETY: the caller's promise, here and below.
    unsafe {
        enter(engine, |handle| {
            let operation = backend::incoming(handle.backend(), call, what)?;
            Output::optional(out_operation).write(operation);
            Ok(())
        })
    }
}

/// Accepts an incoming call.
///
/// Parameters:
/// - engine: may not be NULL.
/// - call: the number from LIAISON_EVENT_KIND_INCOMING_CALL.
/// - out_operation: gets the operation's number; may be NULL.
///
/// Returns: LIAISON_OK, and a LIAISON_EVENT_KIND_OPERATION follows; LIAISON_NOT_FOUND; LIAISON_INVALID_STATE when
/// it does not ring here any more; LIAISON_INVALID_ARGUMENT; LIAISON_LIMIT_REACHED; LIAISON_REENTRANT;
/// LIAISON_PANIC.
///
/// Threads: any.
/// Memory: none.
/// Since: 0.1.0
///
/// # Safety
/// `engine` is NULL or live; `out_operation` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn liaison_call_accept(
    engine: *mut liaison_engine,
    call: u64,
    out_operation: *mut u64,
) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { incoming(engine, call, out_operation, backend::accept) }
}

/// Rejects an incoming call; the caller gets 603.
///
/// Parameters:
/// - engine: may not be NULL.
/// - call: the number from LIAISON_EVENT_KIND_INCOMING_CALL.
/// - out_operation: gets the operation's number; may be NULL.
///
/// Returns: LIAISON_OK, and a LIAISON_EVENT_KIND_OPERATION follows; LIAISON_NOT_FOUND; LIAISON_INVALID_STATE when
/// it does not ring here any more; LIAISON_INVALID_ARGUMENT; LIAISON_LIMIT_REACHED; LIAISON_REENTRANT;
/// LIAISON_PANIC.
///
/// Threads: any.
/// Memory: none.
/// Since: 0.1.0
///
/// # Safety
/// `engine` is NULL or live; `out_operation` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn liaison_call_reject(
    engine: *mut liaison_engine,
    call: u64,
    out_operation: *mut u64,
) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { incoming(engine, call, out_operation, IncomingCall::reject) }
}

/// Hangs up, in whatever state the call is. LIAISON_CALL_STATE_DISCONNECTED follows.
///
/// Parameters:
/// - engine: may not be NULL.
/// - call: the call's number.
/// - out_operation: gets the operation's number; may be NULL.
///
/// Returns: LIAISON_OK, and a LIAISON_EVENT_KIND_OPERATION follows; LIAISON_NOT_FOUND; LIAISON_INVALID_STATE when
/// it has ended; LIAISON_INVALID_ARGUMENT; LIAISON_LIMIT_REACHED; LIAISON_REENTRANT; LIAISON_PANIC.
///
/// Threads: any.
/// Memory: none.
/// Since: 0.1.0
///
/// # Safety
/// `engine` is NULL or live; `out_operation` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn liaison_call_hang_up(
    engine: *mut liaison_engine,
    call: u64,
    out_operation: *mut u64,
) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { command(engine, call, out_operation, Call::hang_up) }
}

/// Mutes or unmutes the own microphone; the other side is told.
///
/// Parameters:
/// - engine: may not be NULL.
/// - call: the call's number.
/// - muted: 1 to mute, 0 to unmute; nothing else.
/// - out_operation: gets the operation's number; may be NULL.
///
/// Returns: LIAISON_OK, and a LIAISON_EVENT_KIND_OPERATION follows; LIAISON_NOT_FOUND; LIAISON_INVALID_STATE when
/// the call has ended; LIAISON_INVALID_ARGUMENT; LIAISON_LIMIT_REACHED; LIAISON_REENTRANT; LIAISON_PANIC.
///
/// Threads: any.
/// Memory: none.
/// Since: 0.1.0
///
/// # Safety
/// `engine` is NULL or live; `out_operation` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn liaison_call_set_muted(
    engine: *mut liaison_engine,
    call: u64,
    muted: i32,
    out_operation: *mut u64,
) -> i32 {
    // SAFETY: the caller's promise, here and below.
    unsafe {
        enter(engine, |handle| {
            let muted = match muted {
                0 => false,
                1 => true,
                _ => return Err(INVALID),
            };
            let operation = backend::call(handle.backend(), call, |call| call.set_muted(muted))?;
            Output::optional(out_operation).write(operation);
            Ok(())
        })
    }
}

/// Sends keypad tones to the other side, after those still being sent. They travel as telephone events (RFC 4733): the
/// other side gets LIAISON_EVENT_KIND_DTMF for each; nothing is heard, and the voice goes on. Each takes 100 ms, with
/// 70 ms between two.
///
/// Parameters:
/// - engine: may not be NULL.
/// - call: the call's number.
/// - tones: 1 to 32 of the characters 0 to 9, *, #, A to D, a to d; a comma is a pause of 2 s.
/// - tones_length: their number.
/// - out_operation: gets the operation's number; may be NULL.
///
/// Returns: LIAISON_OK, and a LIAISON_EVENT_KIND_OPERATION follows, with LIAISON_OK once they are on their way (beyond
/// 128 waiting they are dropped) or with LIAISON_INVALID_STATE when there is no media yet or the other side takes no
/// tones; LIAISON_INVALID_ARGUMENT; LIAISON_NOT_FOUND; LIAISON_INVALID_STATE when the call has ended;
/// LIAISON_LIMIT_REACHED; LIAISON_REENTRANT; LIAISON_PANIC.
///
/// Threads: any.
/// Memory: the tones are copied.
/// Since: 0.1.0
///
/// # Safety
/// `engine` is NULL or live; `tones` is NULL or has `tones_length` readable bytes; `out_operation` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn liaison_call_send_dtmf(
    engine: *mut liaison_engine,
    call: u64,
    tones: *const c_char,
    tones_length: usize,
    out_operation: *mut u64,
) -> i32 {
    // SAFETY: the caller's promise, here and below.
    unsafe {
        enter(engine, |handle| {
            let tones = convert::text(tones, tones_length)?;
            let operation = backend::call(handle.backend(), call, |call| call.send_dtmf(tones))?;
            Output::optional(out_operation).write(operation);
            Ok(())
        })
    }
}

/// Holds a connected call: nothing is sent or heard until liaison_call_resume.
///
/// Parameters:
/// - engine: may not be NULL.
/// - call: the call's number.
/// - out_operation: gets the operation's number; may be NULL.
///
/// Returns: LIAISON_OK, and a LIAISON_EVENT_KIND_OPERATION follows; LIAISON_NOT_FOUND; LIAISON_INVALID_STATE when
/// the call is not connected; LIAISON_INVALID_ARGUMENT; LIAISON_LIMIT_REACHED; LIAISON_REENTRANT; LIAISON_PANIC.
///
/// Threads: any.
/// Memory: none.
/// Since: 0.1.0
///
/// # Safety
/// `engine` is NULL or live; `out_operation` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn liaison_call_hold(
    engine: *mut liaison_engine,
    call: u64,
    out_operation: *mut u64,
) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { command(engine, call, out_operation, Call::hold) }
}

/// Takes up a call that this side held.
///
/// Parameters:
/// - engine: may not be NULL.
/// - call: the call's number.
/// - out_operation: gets the operation's number; may be NULL.
///
/// Returns: LIAISON_OK, and a LIAISON_EVENT_KIND_OPERATION follows; LIAISON_NOT_FOUND; LIAISON_INVALID_STATE when
/// this side does not hold the call; LIAISON_INVALID_ARGUMENT; LIAISON_LIMIT_REACHED; LIAISON_REENTRANT;
/// LIAISON_PANIC.
///
/// Threads: any.
/// Memory: none.
/// Since: 0.1.0
///
/// # Safety
/// `engine` is NULL or live; `out_operation` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn liaison_call_resume(
    engine: *mut liaison_engine,
    call: u64,
    out_operation: *mut u64,
) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { command(engine, call, out_operation, Call::resume) }
}

/// Announces that this app wants to record what it hears. Write nothing before the call's
/// LIAISON_EVENT_KIND_RECORDING says LIAISON_RECORDING_STATE_ACTIVE: everyone else has acknowledged by then.
///
/// Parameters:
/// - engine: may not be NULL.
/// - call: the call's number.
/// - out_operation: gets the operation's number; may be NULL.
///
/// Returns: LIAISON_OK, and a LIAISON_EVENT_KIND_OPERATION follows; LIAISON_NOT_FOUND; LIAISON_INVALID_STATE when
/// the call is not connected or is being recorded already; LIAISON_INVALID_ARGUMENT; LIAISON_LIMIT_REACHED;
/// LIAISON_REENTRANT; LIAISON_PANIC.
///
/// Threads: any.
/// Memory: none.
/// Since: 0.1.0
///
/// # Safety
/// `engine` is NULL or live; `out_operation` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn liaison_call_announce_recording(
    engine: *mut liaison_engine,
    call: u64,
    out_operation: *mut u64,
) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { command(engine, call, out_operation, Call::announce_recording) }
}

/// Says that this app has stopped recording; everyone is told.
///
/// Parameters:
/// - engine: may not be NULL.
/// - call: the call's number.
/// - out_operation: gets the operation's number; may be NULL.
///
/// Returns: LIAISON_OK, and a LIAISON_EVENT_KIND_OPERATION follows; LIAISON_NOT_FOUND; LIAISON_INVALID_STATE when
/// this app does not record; LIAISON_INVALID_ARGUMENT; LIAISON_LIMIT_REACHED; LIAISON_REENTRANT; LIAISON_PANIC.
///
/// Threads: any.
/// Memory: none.
/// Since: 0.1.0
///
/// # Safety
/// `engine` is NULL or live; `out_operation` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn liaison_call_end_recording(
    engine: *mut liaison_engine,
    call: u64,
    out_operation: *mut u64,
) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { command(engine, call, out_operation, Call::end_recording) }
}

/// Acknowledges LIAISON_EVENT_KIND_NOTICE_REQUIRED: the user has been shown (or has heard) that the other side will
/// record. Call it when that is true; without it, within 10 s, the recording does not start.
///
/// Parameters:
/// - engine: may not be NULL.
/// - call: the call's number.
/// - out_operation: gets the operation's number; may be NULL.
///
/// Returns: LIAISON_OK, and a LIAISON_EVENT_KIND_OPERATION follows; LIAISON_NOT_FOUND; LIAISON_INVALID_STATE when
/// the call has ended; LIAISON_INVALID_ARGUMENT; LIAISON_LIMIT_REACHED; LIAISON_REENTRANT; LIAISON_PANIC.
///
/// Threads: any.
/// Memory: none.
/// Since: 0.1.0
///
/// # Safety
/// `engine` is NULL or live; `out_operation` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn liaison_call_notice_shown(
    engine: *mut liaison_engine,
    call: u64,
    out_operation: *mut u64,
) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { command(engine, call, out_operation, Call::notice_shown) }
}

/// The state a call is in now, which may be newer than its last event.
///
/// Parameters:
/// - engine: may not be NULL.
/// - call: the call's number.
/// - out_state: gets the state; may not be NULL.
///
/// Returns: LIAISON_OK; LIAISON_NOT_FOUND; LIAISON_INVALID_ARGUMENT; LIAISON_REENTRANT; LIAISON_PANIC.
///
/// Threads: any.
/// Memory: none.
/// Since: 0.1.0
///
/// # Safety
/// `engine` is NULL or live; `out_state` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn liaison_call_get_state(
    engine: *const liaison_engine,
    call: u64,
    out_state: *mut liaison_call_state,
) -> i32 {
    // SAFETY: the caller's promise, here and below.
    unsafe {
        enter(engine, |handle| {
            let out = Output::required(out_state)?;
            out.write(backend::call_state(handle.backend(), call)?);
            Ok(())
        })
    }
}

/// The figures of a call since its start.
///
/// Parameters:
/// - engine: may not be NULL.
/// - call: the call's number.
/// - out_stats: written up to its size field, which must be set to sizeof(liaison_call_stats) before; may not be NULL.
///
/// Returns: LIAISON_OK; LIAISON_NOT_FOUND; LIAISON_INVALID_ARGUMENT, also when size is no version's size;
/// LIAISON_REENTRANT; LIAISON_PANIC.
///
/// Threads: any.
/// Memory: none.
/// Since: 0.1.0
///
/// # Safety
/// `engine` is NULL or live; `out_stats` is NULL or a writable struct of the size it says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn liaison_call_get_stats(
    engine: *const liaison_engine,
    call: u64,
    out_stats: *mut liaison_call_stats,
) -> i32 {
    // SAFETY: the caller's promise, here and below.
    unsafe {
        enter(engine, |handle| {
            Output::required(out_stats)?;
            convert::fill_sized(
                out_stats,
                &liaison_call_stats::from(&backend::call_stats(handle.backend(), call)?),
            )
        })
    }
}
