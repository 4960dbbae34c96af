//! The engine's functions: its life, its connection to the service, its events.

use std::ffi::c_char;
use std::sync::{Arc, Mutex, TryLockError};

use crate::audio::liaison_audio_port;
use crate::backend::{self, Engine};
use crate::config::{liaison_call_options, liaison_engine_config};
use crate::consumer::Consumer;
use crate::convert::{self, INVALID, Output};
use crate::guard::{self, Gate, Outcome, Pass, Refusal};
use crate::status::{LIAISON_ABI_MISMATCH, LIAISON_BUSY, LIAISON_PANIC, LIAISON_REENTRANT};
use crate::version::LIAISON_ABI;

/// One endpoint: it signs in as one user, calls and is called.
///
/// Made by liaison_engine_new, freed by liaison_engine_free.
pub struct liaison_engine {
    pub(crate) gate: Arc<Gate>,
    pub(crate) consumer: Mutex<Consumer>,
    pub(crate) hooks: backend::Hooks,
    engine: Engine,
}

impl liaison_engine {
    /// The engine behind the handle.
    pub(crate) fn backend(&self) -> &Engine {
        &self.engine
    }

    /// A panic was caught at the boundary: the engine stops, and its last event says so.
    pub(crate) fn poison(&self) {
        guard::contain((), || self.engine.poison());
    }
}

/// The handle a caller gave, and the pass that keeps it alive meanwhile.
///
/// # Safety
/// `engine` is NULL or came from `liaison_engine_new` and has not been freed.
pub(crate) unsafe fn handle<'call>(engine: *const liaison_engine) -> Outcome<(&'call liaison_engine, Pass)> {
    // SAFETY: the caller's promise.
    let handle = unsafe { convert::reference(engine) }?;
    let pass = handle.gate.pass().ok_or(INVALID)?;
    Ok((handle, pass))
}

/// The guard of every function that takes an engine.
///
/// # Safety
/// `engine` is NULL or came from `liaison_engine_new` and has not been freed.
pub(crate) unsafe fn enter(
    engine: *const liaison_engine,
    body: impl FnOnce(&liaison_engine) -> Outcome,
) -> i32 {
    if guard::inside_hook() {
        return LIAISON_REENTRANT;
    }
    // SAFETY: the caller's promise.
    let (handle, _pass) = match unsafe { handle(engine) } {
        Ok(entered) => entered,
        Err(Refusal(status)) => return status,
    };
    if handle.engine.is_poisoned() {
        return LIAISON_PANIC;
    }
    guard::enter(|| handle.poison(), || body(handle))
}

/// Makes an engine. It does nothing yet: sign in next.
///
/// Parameters:
/// - abi: LIAISON_ABI.
/// - config: what liaison_engine_config_init and the program have set; may not be NULL. Its texts are copied.
/// - out_engine: gets the engine; may not be NULL.
///
/// Returns: LIAISON_OK; LIAISON_ABI_MISMATCH; LIAISON_INVALID_ARGUMENT when a field is not legal;
/// LIAISON_FILE_ERROR when data_path cannot be used; LIAISON_IN_USE when another engine uses it; LIAISON_WRONG_KEY when
/// data_key is not the one it was written with; LIAISON_UNTRUSTED when ca_pem holds no certificate;
/// LIAISON_LIMIT_REACHED when the system refuses a thread or descriptor; LIAISON_REENTRANT; LIAISON_PANIC.
/// The log hook is told the reason in words.
///
/// Threads: any.
/// Memory: the engine is the caller's, to be freed with liaison_engine_free.
/// Since: 0.1.0
///
/// # Safety
/// `config` is NULL or points to a config of the size it says; `out_engine` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn liaison_engine_new(
    abi: u32,
    config: *const liaison_engine_config,
    out_engine: *mut *mut liaison_engine,
) -> i32 {
    guard::enter(
        || {},
        || {
            if abi != LIAISON_ABI {
                return Err(Refusal(LIAISON_ABI_MISMATCH));
            }
            let out = Output::required(out_engine)?;
            // SAFETY: the caller's promise.
            let config = unsafe { convert::read_sized(config) }?;
            let hooks = backend::Hooks::new(&config);
            let engine = backend::open(&config, &hooks)?;
            let handle =
                Box::new(liaison_engine { gate: Arc::default(), consumer: Mutex::default(), hooks, engine });
            // SAFETY: the caller's promise.
            unsafe { out.write(Box::into_raw(handle)) };
            Ok(())
        },
    )
}

/// Frees an engine: it signs out, ends its calls, stops its threads. Calls that other threads have in it return
/// first, a wait for events at once. When this returns no hook fires any more.
///
/// An audio port stays usable until it is freed itself: it then takes nothing and gives silence.
///
/// Parameters:
/// - engine: NULL does nothing.
///
/// Returns: LIAISON_OK; LIAISON_REENTRANT when called from inside a hook, and then nothing was freed.
///
/// Threads: any, but no call on this engine may begin once this one has begun.
/// Memory: the engine and the last event are gone.
/// Since: 0.1.0
///
/// # Safety
/// `engine` is NULL or came from `liaison_engine_new` and has not been freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn liaison_engine_free(engine: *mut liaison_engine) -> i32 {
    guard::enter(
        || {},
        || {
            if engine.is_null() {
                return Ok(());
            }
            // SAFETY: the caller's promise.
            let handle = unsafe { convert::reference(engine) }?;
            handle.gate.close();
            handle.hooks.wake.replace(None, std::ptr::null_mut());
            // Nobody hears its last event: it ends the wait of whoever is waiting for one.
            handle.poison();
            handle.gate.close_and_wait();
            // SAFETY: it came from `Box::into_raw`, nobody is inside, and nobody may come in any more.
            let liaison_engine { engine, hooks, .. } = *unsafe { Box::from_raw(engine) };
            // The engine may log while it stops; only then are the hooks taken away.
            let stopped = guard::contain(false, || {
                drop(engine);
                true
            });
            hooks.disarm();
            if stopped { Ok(()) } else { Err(Refusal(LIAISON_PANIC)) }
        },
    )
}

/// Whether the engine can be used from here, now: tells what a NULL from liaison_engine_next_event means.
///
/// Parameters:
/// - engine: may be NULL, which is LIAISON_INVALID_ARGUMENT.
///
/// Returns: LIAISON_OK; LIAISON_INVALID_ARGUMENT; LIAISON_REENTRANT inside a hook; LIAISON_PANIC once the engine
/// has stopped after an internal error; LIAISON_BUSY while another thread is reading events.
///
/// Threads: any, also inside a hook.
/// Memory: none.
/// Since: 0.1.0
///
/// # Safety
/// `engine` is NULL or came from `liaison_engine_new` and has not been freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn liaison_engine_status(engine: *const liaison_engine) -> i32 {
    // SAFETY: the caller's promise.
    unsafe {
        enter(engine, |handle| match handle.consumer.try_lock() {
            Err(TryLockError::WouldBlock) => Err(Refusal(LIAISON_BUSY)),
            _ => Ok(()),
        })
    }
}

/// Signs in with a user's token; calls can come and be started once the connection is
/// LIAISON_CONNECTION_STATE_CONNECTED. From then on the engine keeps itself connected.
///
/// Parameters:
/// - engine: may not be NULL.
/// - token: the access token that the app's backend got for this user, with the scope voip; at most 16 KiB.
/// - token_length: its length in bytes.
/// - out_operation: gets the operation's number; may be NULL.
///
/// Returns: LIAISON_OK, and a LIAISON_EVENT_KIND_OPERATION follows, with LIAISON_OK, LIAISON_INVALID_TOKEN,
/// LIAISON_UNTRUSTED or LIAISON_CANCELLED; LIAISON_INVALID_ARGUMENT; LIAISON_INVALID_TOKEN when it is no token or
/// has expired; LIAISON_INVALID_STATE when signed in already; LIAISON_LIMIT_REACHED; LIAISON_REENTRANT;
/// LIAISON_PANIC.
///
/// Threads: any.
/// Memory: the token is copied.
/// Since: 0.1.0
///
/// # Safety
/// `engine` is NULL or live; `token` is NULL or has `token_length` readable bytes; `out_operation` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn liaison_engine_sign_in(
    engine: *mut liaison_engine,
    token: *const c_char,
    token_length: usize,
    out_operation: *mut u64,
) -> i32 {
    // SAFETY: the caller's promise, here and below.
    unsafe {
        enter(engine, |handle| {
            let token = convert::text(token, token_length)?;
            let operation = backend::sign_in(handle.backend(), token)?;
            Output::optional(out_operation).write(operation);
            Ok(())
        })
    }
}

/// Replaces the token by a newer one for the same user, before or after it has expired.
///
/// Parameters:
/// - engine: may not be NULL.
/// - token: the new access token, at most 16 KiB.
/// - token_length: its length in bytes.
/// - out_operation: gets the operation's number; may be NULL.
///
/// Returns: LIAISON_OK, and a LIAISON_EVENT_KIND_OPERATION follows; LIAISON_INVALID_ARGUMENT;
/// LIAISON_INVALID_TOKEN when it is no token or has expired; LIAISON_NOT_SIGNED_IN; LIAISON_LIMIT_REACHED;
/// LIAISON_REENTRANT; LIAISON_PANIC.
///
/// Threads: any.
/// Memory: the token is copied.
/// Since: 0.1.0
///
/// # Safety
/// `engine` is NULL or live; `token` is NULL or has `token_length` readable bytes; `out_operation` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn liaison_engine_set_token(
    engine: *mut liaison_engine,
    token: *const c_char,
    token_length: usize,
    out_operation: *mut u64,
) -> i32 {
    // SAFETY: the caller's promise, here and below.
    unsafe {
        enter(engine, |handle| {
            let token = convert::text(token, token_length)?;
            let operation = backend::set_token(handle.backend(), token)?;
            Output::optional(out_operation).write(operation);
            Ok(())
        })
    }
}

/// Signs out: calls end, the connection closes, the engine may sign in again, as another user too.
///
/// Parameters:
/// - engine: may not be NULL.
/// - out_operation: gets the operation's number; may be NULL.
///
/// Returns: LIAISON_OK, and a LIAISON_EVENT_KIND_OPERATION follows; LIAISON_INVALID_ARGUMENT;
/// LIAISON_NOT_SIGNED_IN; LIAISON_LIMIT_REACHED; LIAISON_REENTRANT; LIAISON_PANIC.
///
/// Threads: any.
/// Memory: none.
/// Since: 0.1.0
///
/// # Safety
/// `engine` is NULL or live; `out_operation` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn liaison_engine_sign_out(
    engine: *mut liaison_engine,
    out_operation: *mut u64,
) -> i32 {
    // SAFETY: the caller's promise, here and below.
    unsafe {
        enter(engine, |handle| {
            let operation = backend::sign_out(handle.backend())?;
            Output::optional(out_operation).write(operation);
            Ok(())
        })
    }
}

/// Says that the machine's network changed (another Wi-Fi, a new address): the engine reconnects at once instead of
/// finding out by silence.
///
/// Parameters:
/// - engine: may not be NULL.
///
/// Returns: LIAISON_OK; LIAISON_INVALID_ARGUMENT; LIAISON_REENTRANT; LIAISON_PANIC.
///
/// Threads: any.
/// Memory: none.
/// Since: 0.1.0
///
/// # Safety
/// `engine` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn liaison_engine_network_changed(engine: *mut liaison_engine) -> i32 {
    // SAFETY: the caller's promise.
    unsafe {
        enter(engine, |handle| {
            handle.backend().network_changed();
            Ok(())
        })
    }
}

/// Calls somebody: an app's user or a Teams user; only the identifier differs. What happens next comes as
/// LIAISON_EVENT_KIND_CALL_STATE, whose last one is LIAISON_CALL_STATE_DISCONNECTED with the reason.
///
/// Parameters:
/// - engine: may not be NULL; signed in.
/// - raw_id: whom to call: "8:orgid:OBJECT-ID" for a Teams user, "8:acs:RESOURCE_USER" for an app's user; 1 to 512 bytes.
/// - raw_id_length: its length in bytes.
/// - options: what liaison_call_options_init and the program have set; NULL for the defaults.
/// - out_call: gets the call's number, which is never 0 and never used again; may not be NULL.
///
/// Returns: LIAISON_OK; LIAISON_INVALID_ARGUMENT when it is not a raw id or of a kind that cannot be called;
/// LIAISON_NOT_SIGNED_IN; LIAISON_LIMIT_REACHED when there are too many calls; LIAISON_REENTRANT; LIAISON_PANIC.
///
/// Threads: any.
/// Memory: raw_id and options are copied.
/// Since: 0.1.0
///
/// # Safety
/// `engine` is NULL or live; `raw_id` is NULL or has `raw_id_length` readable bytes; `options` is NULL or a struct
/// of the size it says; `out_call` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn liaison_engine_start_call(
    engine: *mut liaison_engine,
    raw_id: *const c_char,
    raw_id_length: usize,
    options: *const liaison_call_options,
    out_call: *mut u64,
) -> i32 {
    // SAFETY: the caller's promise, here and below.
    unsafe {
        enter(engine, |handle| {
            let out = Output::required(out_call)?;
            let raw_id = convert::text(raw_id, raw_id_length)?;
            if !options.is_null() && convert::read_sized(options)?.flags != 0 {
                return Err(INVALID);
            }
            out.write(backend::start_call(handle.backend(), raw_id)?);
            Ok(())
        })
    }
}

/// The port through which the app pushes what it captured and pulls what it plays, with LIAISON_AUDIO_MODE_EXTERNAL.
///
/// Parameters:
/// - engine: may not be NULL.
/// - out_port: gets the port; may not be NULL.
///
/// Returns: LIAISON_OK; LIAISON_INVALID_ARGUMENT; LIAISON_INVALID_STATE in another audio mode; LIAISON_REENTRANT;
/// LIAISON_PANIC.
///
/// Threads: any.
/// Memory: each port is the caller's, to be freed with liaison_audio_port_free, before or after the engine. All
/// ports of an engine are the same two streams.
/// Since: 0.1.0
///
/// # Safety
/// `engine` is NULL or live; `out_port` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn liaison_engine_audio_port(
    engine: *mut liaison_engine,
    out_port: *mut *mut liaison_audio_port,
) -> i32 {
    // SAFETY: the caller's promise, here and below.
    unsafe {
        enter(engine, |handle| {
            let out = Output::required(out_port)?;
            out.write(liaison_audio_port::allocate(backend::audio_port(handle.backend())?));
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests;
