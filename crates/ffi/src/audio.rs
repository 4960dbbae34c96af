//! The app-owned audio device, from C. Nothing here locks, allocates, logs or makes a system call, but making and
//! freeing a port.

use std::mem::offset_of;

use crate::backend::AudioPort;
use crate::convert::{self, INVALID, Output, Sized_};
use crate::guard::{self, Outcome};

/// The app's side of an app-owned microphone and speaker: 48 kHz, mono, or stereo where liaison_engine_config says so in
/// audio_channels. A count is one of samples of each channel; of two channels twice as many numbers are exchanged, left
/// and right in turn.
///
/// Got from liaison_engine_audio_port, freed by liaison_audio_port_free. The port is the clock of the calls' audio:
/// push and pull 10 ms (480 samples) every 10 ms, or what the device's callback asks for.
pub struct liaison_audio_port {
    port: AudioPort,
}

impl liaison_audio_port {
    /// The C handle of a port, to be freed with `liaison_audio_port_free`. For Rust programs that measure or test it.
    pub fn allocate(port: AudioPort) -> *mut Self {
        Box::into_raw(Box::new(Self { port }))
    }
}

/// Counters of an audio port, since the engine was made.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct liaison_audio_port_stats {
    /// The size of this struct in bytes, set by the caller.
    pub size: usize,
    /// Pushed samples that found no room and were dropped.
    pub capture_overruns: u64,
    /// Pulled samples that were not there in time: silence was given.
    pub playout_underruns: u64,
    /// Calls refused with LIAISON_BUSY.
    pub busy: u64,
}

// SAFETY: repr(C), size first, and zero is valid for numbers.
unsafe impl Sized_ for liaison_audio_port_stats {
    const FIRST_SIZE: usize = offset_of!(Self, busy) + size_of::<u64>();
}

/// # Safety
/// `port` is NULL or live.
unsafe fn enter(port: *const liaison_audio_port, body: impl FnOnce(&AudioPort) -> Outcome) -> i32 {
    // SAFETY: the caller's promise.
    guard::anywhere(|| body(&unsafe { convert::reference(port) }?.port))
}

/// A time from C: 0 is unknown, negative is a mistake.
fn moment(us: i64) -> Outcome<u64> {
    u64::try_from(us).map_err(|_| INVALID)
}

/// Hands over what the microphone captured, as float.
///
/// Wait-free: no lock, no allocation, no system call. What finds no room (nobody is in a call, or more is pushed than
/// 48000 samples a second) is dropped and counted.
///
/// Parameters:
/// - port: may not be NULL.
/// - samples: 48 kHz, -1 to 1, anything beyond is clipped; may be NULL only when count is 0.
/// - count: how many of each channel, 0 to 48000.
/// - capture_us: when the first of them was captured, on liaison_monotonic_us's clock; 0 when unknown, and then echo
///   cannot be cancelled.
///
/// Returns: LIAISON_OK; LIAISON_INVALID_ARGUMENT; LIAISON_BUSY when another thread is pushing; LIAISON_PANIC.
///
/// Threads: one at a time, beside one that pulls; an audio callback, also inside a hook.
/// Memory: the samples are copied.
/// Since: 0.1.0
///
/// # Safety
/// `port` is NULL or live; `samples` is NULL or has `count` readable samples of each channel.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn liaison_audio_port_push(
    port: *mut liaison_audio_port,
    samples: *const f32,
    count: usize,
    capture_us: i64,
) -> i32 {
    // SAFETY: the caller's promise, here and below.
    unsafe {
        enter(port, |port| {
            let samples = convert::samples(samples, count, port.channels())?;
            crate::backend::pushed(port.push(samples, moment(capture_us)?))
        })
    }
}

/// Hands over what the microphone captured, as 16-bit integers; else as liaison_audio_port_push.
///
/// Parameters:
/// - port: may not be NULL.
/// - samples: 48 kHz; may be NULL only when count is 0.
/// - count: how many of each channel, 0 to 48000.
/// - capture_us: when the first of them was captured, on liaison_monotonic_us's clock; 0 when unknown, and then echo
///   cannot be cancelled.
///
/// Returns: LIAISON_OK; LIAISON_INVALID_ARGUMENT; LIAISON_BUSY when another thread is pushing; LIAISON_PANIC.
///
/// Threads: one at a time, beside one that pulls; an audio callback, also inside a hook.
/// Memory: the samples are copied.
/// Since: 0.1.0
///
/// # Safety
/// `port` is NULL or live; `samples` is NULL or has `count` readable samples of each channel.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn liaison_audio_port_push_s16(
    port: *mut liaison_audio_port,
    samples: *const i16,
    count: usize,
    capture_us: i64,
) -> i32 {
    // SAFETY: the caller's promise, here and below.
    unsafe {
        enter(port, |port| {
            let samples = convert::samples(samples, count, port.channels())?;
            crate::backend::pushed(port.push_i16(samples, moment(capture_us)?))
        })
    }
}

/// Takes what the speaker is to play, as float.
///
/// Wait-free: no lock, no allocation, no system call. It always fills: what is not there in time is silence, and
/// counted. Storing what people say needs their consent: liaison_call_announce_recording.
///
/// Parameters:
/// - port: may not be NULL.
/// - out_samples: gets 48 kHz, -1 to 1; may be NULL only when count is 0.
/// - count: how many of each channel, 0 to 48000.
/// - playout_us: when the first of them will be heard, on liaison_monotonic_us's clock; 0 when unknown, and then echo
///   cannot be cancelled.
///
/// Returns: LIAISON_OK; LIAISON_INVALID_ARGUMENT, with nothing written; LIAISON_BUSY when another thread is pulling,
/// with silence written; LIAISON_PANIC.
///
/// Threads: one at a time, beside one that pushes; an audio callback, also inside a hook.
/// Memory: the samples are the caller's.
/// Since: 0.1.0
///
/// # Safety
/// `port` is NULL or live; `out_samples` is NULL or has `count` writable samples of each channel.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn liaison_audio_port_pull(
    port: *mut liaison_audio_port,
    out_samples: *mut f32,
    count: usize,
    playout_us: i64,
) -> i32 {
    // SAFETY: the caller's promise, here and below.
    unsafe {
        enter(port, |port| {
            let at = moment(playout_us)?;
            let out = convert::samples_mut(out_samples, count, port.channels())?;
            crate::backend::pulled(port.pull(out, at), || out.fill(0.0))
        })
    }
}

/// Takes what the speaker is to play, as 16-bit integers; else as liaison_audio_port_pull.
///
/// Parameters:
/// - port: may not be NULL.
/// - out_samples: gets 48 kHz; may be NULL only when count is 0.
/// - count: how many of each channel, 0 to 48000.
/// - playout_us: when the first of them will be heard, on liaison_monotonic_us's clock; 0 when unknown, and then echo
///   cannot be cancelled.
///
/// Returns: LIAISON_OK; LIAISON_INVALID_ARGUMENT, with nothing written; LIAISON_BUSY when another thread is pulling,
/// with silence written; LIAISON_PANIC.
///
/// Threads: one at a time, beside one that pushes; an audio callback, also inside a hook.
/// Memory: the samples are the caller's.
/// Since: 0.1.0
///
/// # Safety
/// `port` is NULL or live; `out_samples` is NULL or has `count` writable samples of each channel.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn liaison_audio_port_pull_s16(
    port: *mut liaison_audio_port,
    out_samples: *mut i16,
    count: usize,
    playout_us: i64,
) -> i32 {
    // SAFETY: the caller's promise, here and below.
    unsafe {
        enter(port, |port| {
            let at = moment(playout_us)?;
            let out = convert::samples_mut(out_samples, count, port.channels())?;
            crate::backend::pulled(port.pull_i16(out, at), || out.fill(0))
        })
    }
}

/// The counters of a port.
///
/// Parameters:
/// - port: may not be NULL.
/// - out_stats: written up to its size field, which must be set to sizeof(liaison_audio_port_stats) before; may not be
///   NULL.
///
/// Returns: LIAISON_OK; LIAISON_INVALID_ARGUMENT, also when size is no version's size; LIAISON_PANIC.
///
/// Threads: any, also an audio callback and inside a hook.
/// Memory: none.
/// Since: 0.1.0
///
/// # Safety
/// `port` is NULL or live; `out_stats` is NULL or a writable struct of the size it says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn liaison_audio_port_get_stats(
    port: *const liaison_audio_port,
    out_stats: *mut liaison_audio_port_stats,
) -> i32 {
    // SAFETY: the caller's promise, here and below.
    unsafe {
        enter(port, |port| {
            Output::required(out_stats)?;
            convert::fill_sized(out_stats, &crate::backend::port_stats(port))
        })
    }
}

/// Frees a port, before or after its engine.
///
/// Parameters:
/// - port: NULL does nothing.
///
/// Returns: LIAISON_OK; LIAISON_PANIC.
///
/// Threads: any, but no call on this port may run or begin.
/// Memory: the port is gone.
/// Since: 0.1.0
///
/// # Safety
/// `port` is NULL or came from `liaison_engine_audio_port` and has not been freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn liaison_audio_port_free(port: *mut liaison_audio_port) -> i32 {
    guard::anywhere(|| {
        if !port.is_null() {
            // SAFETY: it came from `Box::into_raw` in `allocate`, and the caller promised it is not in use.
            drop(unsafe { Box::from_raw(port) });
        }
        Ok(())
    })
}
