//! The machine's microphones and speakers, from C.

use std::ffi::c_char;
use std::mem::offset_of;

use crate::backend::{self, AudioDevice};
use crate::convert::{self, Output, Sized_};
use crate::engine::{enter, liaison_engine};
use crate::event::liaison_device_side;
use crate::guard::{self, Refusal};
use crate::status::LIAISON_NOT_FOUND;
use crate::text::liaison_str;

/// Devices as they were when the list was made: microphones first.
///
/// Got from liaison_engine_list_devices or liaison_engine_current_devices, freed by liaison_device_list_free. It never
/// changes, so any number of threads may read it.
pub struct liaison_device_list {
    devices: Vec<AudioDevice>,
}

/// A microphone or speaker of the machine.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct liaison_device {
    /// The size of this struct in bytes, set by the caller.
    pub size: usize,
    /// What to choose it by, in liaison_engine_select_device; stable across restarts.
    pub id: liaison_str,
    /// Its name for people.
    pub name: liaison_str,
    /// Microphone or speaker: a number of liaison_device_side.
    pub side: i32,
    /// 1 when it is the system's default, else 0.
    pub is_default: i32,
}

// SAFETY: repr(C), size first, and zero is valid for texts and numbers.
unsafe impl Sized_ for liaison_device {
    const FIRST_SIZE: usize = offset_of!(Self, is_default) + size_of::<i32>();
}

/// Lists the machine's microphones and speakers. It waits for the audio system, 3 s at most.
///
/// Parameters:
/// - engine: may not be NULL.
/// - out_list: gets the list; may not be NULL.
///
/// Returns: LIAISON_OK, also when there are none; LIAISON_DEVICE_ERROR when there is no audio system, or it does not
/// answer, or this build has no device support; LIAISON_INVALID_ARGUMENT; LIAISON_REENTRANT; LIAISON_PANIC.
///
/// Threads: any.
/// Memory: the list is the caller's, to be freed with liaison_device_list_free, before or after the engine.
/// Since: 0.1.0
///
/// # Safety
/// `engine` is NULL or live; `out_list` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn liaison_engine_list_devices(
    engine: *mut liaison_engine,
    out_list: *mut *mut liaison_device_list,
) -> i32 {
    // SAFETY: the caller's promise, here and below.
    unsafe {
        enter(engine, |handle| {
            let out = Output::required(out_list)?;
            let devices = backend::list_devices(handle.backend())?;
            out.write(Box::into_raw(Box::new(liaison_device_list { devices })));
            Ok(())
        })
    }
}

/// Lists the devices that the engine uses now: a microphone, a speaker, both or none. There is none while no call needs
/// it, while it is lost and nothing takes its place, and for a WAV file, a tone or silence.
///
/// Parameters:
/// - engine: may not be NULL.
/// - out_list: gets the list; may not be NULL. Its devices do not say whether they are the default.
///
/// Returns: LIAISON_OK; LIAISON_INVALID_ARGUMENT; LIAISON_REENTRANT; LIAISON_PANIC.
///
/// Threads: any.
/// Memory: the list is the caller's, to be freed with liaison_device_list_free, before or after the engine.
/// Since: 0.1.0
///
/// # Safety
/// `engine` is NULL or live; `out_list` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn liaison_engine_current_devices(
    engine: *mut liaison_engine,
    out_list: *mut *mut liaison_device_list,
) -> i32 {
    // SAFETY: the caller's promise, here and below.
    unsafe {
        enter(engine, |handle| {
            let out = Output::required(out_list)?;
            let devices = backend::current_devices(handle.backend());
            out.write(Box::into_raw(Box::new(liaison_device_list { devices })));
            Ok(())
        })
    }
}

/// How many devices a list has.
///
/// Parameters:
/// - list: may not be NULL.
/// - out_count: gets their number; may not be NULL.
///
/// Returns: LIAISON_OK; LIAISON_INVALID_ARGUMENT; LIAISON_PANIC.
///
/// Threads: any, also inside a hook.
/// Memory: none.
/// Since: 0.1.0
///
/// # Safety
/// `list` is NULL or live; `out_count` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn liaison_device_list_count(
    list: *const liaison_device_list,
    out_count: *mut usize,
) -> i32 {
    guard::anywhere(|| {
        let out = Output::required(out_count)?;
        // SAFETY: the caller's promise, here and below.
        unsafe { out.write(convert::reference(list)?.devices.len()) };
        Ok(())
    })
}

/// One device of a list.
///
/// Parameters:
/// - list: may not be NULL.
/// - index: 0 to the list's count minus 1.
/// - out_device: written up to its size field, which must be set to sizeof(liaison_device) before; may not be NULL.
///
/// Returns: LIAISON_OK; LIAISON_NOT_FOUND when the list has no such index; LIAISON_INVALID_ARGUMENT, also when size is
/// no version's size; LIAISON_PANIC.
///
/// Threads: any, also inside a hook.
/// Memory: the texts are borrowed until the list is freed.
/// Since: 0.1.0
///
/// # Safety
/// `list` is NULL or live; `out_device` is NULL or a writable struct of the size it says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn liaison_device_list_get(
    list: *const liaison_device_list,
    index: usize,
    out_device: *mut liaison_device,
) -> i32 {
    guard::anywhere(|| {
        Output::required(out_device)?;
        // SAFETY: the caller's promise, here and below.
        let device = unsafe { convert::reference(list) }?.devices.get(index);
        let device = device.ok_or(Refusal(LIAISON_NOT_FOUND))?;
        let shown = liaison_device {
            size: size_of::<liaison_device>(),
            id: liaison_str::borrowed(&device.id),
            name: liaison_str::borrowed(&device.name),
            side: backend::side(device.side) as i32,
            is_default: i32::from(device.is_default),
        };
        // SAFETY: as above.
        unsafe { convert::fill_sized(out_device, &shown) }
    })
}

/// Frees a list.
///
/// Parameters:
/// - list: NULL does nothing.
///
/// Returns: LIAISON_OK; LIAISON_PANIC.
///
/// Threads: any, but no call on this list may run or begin.
/// Memory: the list and its texts are gone.
/// Since: 0.1.0
///
/// # Safety
/// `list` is NULL or came from a function of this library and has not been freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn liaison_device_list_free(list: *mut liaison_device_list) -> i32 {
    guard::anywhere(|| {
        if !list.is_null() {
            // SAFETY: it came from `Box::into_raw` above, and the caller promised it is not in use.
            drop(unsafe { Box::from_raw(list) });
        }
        Ok(())
    })
}

/// Chooses the microphone or the speaker for all calls, those under way too: the new device has begun before the old one
/// is left. Managed audio only.
///
/// A device chosen by its id is kept to: when it is lost, the default takes its place and calls go on, and when it is
/// back it is gone back to. Who chose the default follows it wherever the system moves it. Each such change is a
/// LIAISON_EVENT_KIND_AUDIO_ROUTE.
///
/// Parameters:
/// - engine: may not be NULL.
/// - side: a number of liaison_device_side.
/// - id: a device's id (or its name), UTF-8; NULL only when id_length is 0, which is the system's default.
/// - id_length: its length in bytes.
/// - out_operation: gets the operation's number; may be NULL.
///
/// Returns: LIAISON_OK, and a LIAISON_EVENT_KIND_OPERATION follows, with LIAISON_OK, or LIAISON_DEVICE_ERROR when the
/// device is not there or cannot be opened, and what was in use stays; LIAISON_INVALID_ARGUMENT; LIAISON_INVALID_STATE
/// in another audio mode; LIAISON_LIMIT_REACHED; LIAISON_REENTRANT; LIAISON_PANIC.
///
/// Threads: any.
/// Memory: the id is copied.
/// Since: 0.1.0
///
/// # Safety
/// `engine` is NULL or live; `id` is NULL or has `id_length` readable bytes; `out_operation` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn liaison_engine_select_device(
    engine: *mut liaison_engine,
    side: i32,
    id: *const c_char,
    id_length: usize,
    out_operation: *mut u64,
) -> i32 {
    // SAFETY: the caller's promise, here and below.
    unsafe {
        enter(engine, |handle| {
            let side = [liaison_device_side::Capture, liaison_device_side::Playout]
                .into_iter()
                .find(|known| *known as i32 == side)
                .ok_or(convert::INVALID)?;
            let id = convert::text(id, id_length)?;
            if id.contains('\0') {
                return Err(convert::INVALID);
            }
            let operation =
                backend::select_device(handle.backend(), side, Some(id).filter(|id| !id.is_empty()))?;
            Output::optional(out_operation).write(operation);
            Ok(())
        })
    }
}

/// Whether LIAISON_EVENT_KIND_AUDIO_DEVICE comes while no call uses devices, too: the system is then asked once a second.
/// Off at first; while a call uses devices it comes anyway.
///
/// Parameters:
/// - engine: may not be NULL.
/// - on: 1 to watch, 0 not to.
///
/// Returns: LIAISON_OK; LIAISON_INVALID_ARGUMENT; LIAISON_LIMIT_REACHED; LIAISON_REENTRANT; LIAISON_PANIC.
///
/// Threads: any.
/// Memory: none.
/// Since: 0.1.0
///
/// # Safety
/// `engine` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn liaison_engine_watch_devices(engine: *mut liaison_engine, on: i32) -> i32 {
    // SAFETY: the caller's promise.
    unsafe {
        enter(engine, |handle| {
            let on = match on {
                0 => false,
                1 => true,
                _ => return Err(convert::INVALID),
            };
            backend::watch_devices(handle.backend(), on)
        })
    }
}

/// The system lets the app use audio, as CallKit says on a phone: what waited for it begins. Needed only with
/// LIAISON_ENGINE_AUDIO_INACTIVE, or after liaison_engine_deactivate_audio.
///
/// Parameters:
/// - engine: may not be NULL.
///
/// Returns: LIAISON_OK, and a LIAISON_EVENT_KIND_AUDIO_SESSION follows; LIAISON_INVALID_STATE in audio mode none;
/// LIAISON_INVALID_ARGUMENT; LIAISON_LIMIT_REACHED; LIAISON_REENTRANT; LIAISON_PANIC.
///
/// Threads: any.
/// Memory: none.
/// Since: 0.1.0
///
/// # Safety
/// `engine` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn liaison_engine_activate_audio(engine: *mut liaison_engine) -> i32 {
    // SAFETY: the caller's promise.
    unsafe {
        enter(engine, |handle| {
            backend::audio_session(handle.backend(), backend::DeviceManager::activate_audio)
        })
    }
}

/// The app may not use audio any more: the engine closes its devices, a port takes nothing and gives silence, and calls
/// go on so.
///
/// Parameters:
/// - engine: may not be NULL.
///
/// Returns: LIAISON_OK, and a LIAISON_EVENT_KIND_AUDIO_SESSION follows; LIAISON_INVALID_STATE in audio mode none;
/// LIAISON_INVALID_ARGUMENT; LIAISON_LIMIT_REACHED; LIAISON_REENTRANT; LIAISON_PANIC.
///
/// Threads: any.
/// Memory: none.
/// Since: 0.1.0
///
/// # Safety
/// `engine` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn liaison_engine_deactivate_audio(engine: *mut liaison_engine) -> i32 {
    // SAFETY: the caller's promise.
    unsafe {
        enter(engine, |handle| {
            backend::audio_session(handle.backend(), backend::DeviceManager::deactivate_audio)
        })
    }
}

/// The system has interrupted audio, as for an alarm or another call: capture and playout pause, calls go on in silence.
///
/// Parameters:
/// - engine: may not be NULL.
///
/// Returns: LIAISON_OK, and a LIAISON_EVENT_KIND_AUDIO_SESSION follows; LIAISON_INVALID_STATE in audio mode none;
/// LIAISON_INVALID_ARGUMENT; LIAISON_LIMIT_REACHED; LIAISON_REENTRANT; LIAISON_PANIC.
///
/// Threads: any.
/// Memory: none.
/// Since: 0.1.0
///
/// # Safety
/// `engine` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn liaison_engine_audio_interrupted(engine: *mut liaison_engine) -> i32 {
    // SAFETY: the caller's promise.
    unsafe {
        enter(engine, |handle| {
            backend::audio_session(handle.backend(), backend::DeviceManager::audio_interrupted)
        })
    }
}

/// The interruption is over: capture and playout go on, what was learnt of the devices' delay is forgotten.
///
/// Parameters:
/// - engine: may not be NULL.
///
/// Returns: LIAISON_OK, and a LIAISON_EVENT_KIND_AUDIO_SESSION follows; LIAISON_INVALID_STATE in audio mode none;
/// LIAISON_INVALID_ARGUMENT; LIAISON_LIMIT_REACHED; LIAISON_REENTRANT; LIAISON_PANIC.
///
/// Threads: any.
/// Memory: none.
/// Since: 0.1.0
///
/// # Safety
/// `engine` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn liaison_engine_audio_resumed(engine: *mut liaison_engine) -> i32 {
    // SAFETY: the caller's promise.
    unsafe {
        enter(engine, |handle| {
            backend::audio_session(handle.backend(), backend::DeviceManager::audio_resumed)
        })
    }
}

/// The system sends audio elsewhere, as to a headset: what was learnt of the devices' delay is forgotten, and devices of
/// the engine's are opened anew.
///
/// Parameters:
/// - engine: may not be NULL.
///
/// Returns: LIAISON_OK; LIAISON_INVALID_STATE in audio mode none; LIAISON_INVALID_ARGUMENT; LIAISON_LIMIT_REACHED;
/// LIAISON_REENTRANT; LIAISON_PANIC.
///
/// Threads: any.
/// Memory: none.
/// Since: 0.1.0
///
/// # Safety
/// `engine` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn liaison_engine_audio_route_changed(engine: *mut liaison_engine) -> i32 {
    // SAFETY: the caller's promise.
    unsafe {
        enter(engine, |handle| {
            backend::audio_session(handle.backend(), backend::DeviceManager::audio_route_changed)
        })
    }
}
