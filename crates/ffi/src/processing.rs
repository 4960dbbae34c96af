//! What is done to the microphone's sound, from C.

use crate::backend;
use crate::engine::{enter, liaison_engine};

/// Whether a part of the processing of the microphone's sound is on.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum liaison_processing_mode {
    /// On for a microphone of the machine; off for files, tones and silence, and for a device that the app owns, as
    /// phones cancel echo in their own call session. The default.
    Auto = 0,
    /// On, whatever the sound's source is.
    On = 1,
    /// Off, whatever the sound's source is.
    Off = 2,
}

/// Switches echo cancellation, noise suppression and gain control of the microphone, during calls too. The
/// change fades over without a click; while echo is cancelled before and after, two seconds later.
///
/// Echo cancellation needs to know when sound is captured and when it is heard. With a device that the app owns these are
/// capture_us of liaison_audio_port_push and playout_us of liaison_audio_port_pull; while they are 0 echo is not
/// cancelled, which echo_cancelled of liaison_call_stats tells.
///
/// Parameters:
/// - engine: may not be NULL.
/// - echo_cancellation: 0 to 2 of liaison_processing_mode: takes what the speaker plays out of what is sent.
/// - noise_suppression: 0 to 2 of liaison_processing_mode: turns down steady noise by about 12 dB.
/// - gain_control: 0 to 2 of liaison_processing_mode: brings the voice to a usual loudness and limits peaks.
///
/// Returns: LIAISON_OK; LIAISON_INVALID_ARGUMENT or LIAISON_LIMIT_REACHED, and then nothing is changed;
/// LIAISON_REENTRANT; LIAISON_PANIC.
///
/// Threads: any.
/// Memory: none.
/// Since: 0.1.0
///
/// # Safety
/// `engine` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn liaison_engine_set_processing(
    engine: *mut liaison_engine,
    echo_cancellation: i32,
    noise_suppression: i32,
    gain_control: i32,
) -> i32 {
    // SAFETY: the caller's promise.
    unsafe {
        enter(engine, |handle| {
            let config = backend::processing(echo_cancellation, noise_suppression, gain_control)?;
            Ok(handle.backend().set_processing(config)?)
        })
    }
}
