//! Taking events from an engine, and learning that there are some.

use std::ffi::{c_int, c_void};
use std::sync::TryLockError;
use std::time::{Duration, Instant};

use crate::backend;
use crate::config::liaison_wake_hook;
use crate::convert::Output;
use crate::engine::{enter, handle, liaison_engine};
use crate::event::liaison_event;
use crate::guard::{self, Refusal};
use crate::status::{LIAISON_OK, LIAISON_UNSUPPORTED};

/// Takes the next pending event, without waiting.
///
/// What must be delivered comes first and is never lost: an app that does not poll loses statistics only, and
/// LIAISON_EVENT_KIND_OVERFLOW tells how many. After LIAISON_EVENT_KIND_POISONED there are no more.
///
/// Parameters:
/// - engine: may be NULL, which gives NULL.
///
/// Returns: the event; NULL when none is pending, and also when the call is refused: liaison_engine_status tells.
///
/// Threads: one at a time, the same for liaison_engine_wait_event.
/// Memory: the event and its texts are borrowed until the next call of this function, of
/// liaison_engine_wait_event or of liaison_engine_free on this engine.
/// Since: 0.1.0
///
/// # Safety
/// `engine` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn liaison_engine_next_event(engine: *mut liaison_engine) -> *const liaison_event {
    // SAFETY: the caller's promise.
    unsafe { take_event(engine, Duration::ZERO) }
}

/// Takes the next pending event; waits for one when none is pending.
///
/// Parameters:
/// - engine: may be NULL, which gives NULL.
/// - timeout_us: how long to wait at most, in microseconds; 0 or less does not wait.
///
/// Returns: the event; NULL when none came in time, when another thread is freeing the engine, and also when the
/// call is refused: liaison_engine_status tells.
///
/// Threads: one at a time, the same for liaison_engine_next_event.
/// Memory: as for liaison_engine_next_event.
/// Since: 0.1.0
///
/// # Safety
/// `engine` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn liaison_engine_wait_event(
    engine: *mut liaison_engine,
    timeout_us: i64,
) -> *const liaison_event {
    let timeout = Duration::from_micros(u64::try_from(timeout_us).unwrap_or(0));
    // SAFETY: the caller's promise.
    unsafe { take_event(engine, timeout) }
}

/// # Safety
/// `engine` is NULL or live.
unsafe fn take_event(engine: *mut liaison_engine, timeout: Duration) -> *const liaison_event {
    if guard::inside_hook() {
        return std::ptr::null();
    }
    // SAFETY: the caller's promise.
    let Ok((handle, _pass)) = (unsafe { handle(engine) }) else { return std::ptr::null() };
    let mut event = std::ptr::null();
    let status = guard::enter(
        || handle.poison(),
        || {
            let mut consumer = match handle.consumer.try_lock() {
                Ok(consumer) => consumer,
                Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
                // Another thread is reading: its event must not be pulled away.
                Err(TryLockError::WouldBlock) => return Ok(()),
            };
            let deadline = Instant::now().checked_add(timeout);
            let mut left = timeout;
            while let Some(next) = backend::take_event(handle.backend(), left) {
                if handle.gate.is_closed() {
                    break;
                }
                event = consumer.show(next);
                if !event.is_null() {
                    return Ok(());
                }
                // A kind that this interface has no words for: go on waiting.
                left = deadline.map_or(timeout, |at| at.saturating_duration_since(Instant::now()));
            }
            consumer.clear();
            Ok(())
        },
    );
    if status == LIAISON_OK { event } else { std::ptr::null() }
}

/// Replaces the wake hook that the config set. When this returns the old one has fired for the last time.
///
/// Poll once after setting one: what was pending before may not wake it.
///
/// Parameters:
/// - engine: may not be NULL.
/// - hook: the new hook; NULL for none.
/// - user: handed to the hook as it is; may be NULL.
///
/// Returns: LIAISON_OK; LIAISON_INVALID_ARGUMENT; LIAISON_REENTRANT; LIAISON_PANIC.
///
/// Threads: any.
/// Memory: user must stay good until the hook is replaced or the engine freed.
/// Since: 0.1.0
///
/// # Safety
/// `engine` is NULL or live; `hook` may be called with `user` on any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn liaison_engine_set_wake_hook(
    engine: *mut liaison_engine,
    hook: liaison_wake_hook,
    user: *mut c_void,
) -> i32 {
    // SAFETY: the caller's promise.
    unsafe {
        enter(engine, |handle| {
            handle.hooks.wake.replace(hook, user);
            Ok(())
        })
    }
}

/// A descriptor that is readable while events are pending, for poll, epoll or a run loop. Do not read from it:
/// taking events until none is pending makes it unreadable again.
///
/// Parameters:
/// - engine: may not be NULL.
/// - out_descriptor: gets the descriptor; may not be NULL.
///
/// Returns: LIAISON_OK; LIAISON_INVALID_ARGUMENT; LIAISON_UNSUPPORTED where there are no descriptors;
/// LIAISON_REENTRANT; LIAISON_PANIC.
///
/// Threads: any.
/// Memory: the descriptor is the engine's: do not close it; it goes with liaison_engine_free.
/// Since: 0.1.0
///
/// # Safety
/// `engine` is NULL or live; `out_descriptor` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn liaison_engine_wake_fd(
    engine: *mut liaison_engine,
    out_descriptor: *mut c_int,
) -> i32 {
    // SAFETY: the caller's promise, here and below.
    unsafe {
        enter(engine, |handle| {
            let out = Output::required(out_descriptor)?;
            out.write(backend::wake_descriptor(handle.backend()).ok_or(Refusal(LIAISON_UNSUPPORTED))?);
            Ok(())
        })
    }
}
