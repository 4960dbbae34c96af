//! The one clock of the interface: monotonic microseconds.

/// The time now on the clock that every `_us` of this interface uses, in microseconds.
///
/// On Linux and Android it is CLOCK_MONOTONIC, so that a time from clock_gettime, ALSA or AAudio can be passed
/// on after division. Elsewhere it counts from the first use. It never runs backwards and never follows the wall clock.
///
/// Returns: the time in microseconds, at least 0; it never fails.
///
/// Threads: any, also inside a hook and on an audio thread.
/// Memory: none.
/// Since: 0.1.0
#[unsafe(no_mangle)]
pub extern "C" fn liaison_monotonic_us() -> i64 {
    crate::backend::monotonic_us()
}
