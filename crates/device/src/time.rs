//! The one time line of audio: microseconds of the system's monotonic clock.
//!
//! On Linux and Android these are `CLOCK_MONOTONIC` microseconds, so a time taken by the app with
//! `clock_gettime` can be handed in as it is. Elsewhere the origin is arbitrary: take times from [`now_us`].

use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// A moment of the process's life on both clocks.
struct Origin {
    instant: Instant,
    us: u64,
}

static ORIGIN: OnceLock<Origin> = OnceLock::new();

fn origin() -> &'static Origin {
    ORIGIN.get_or_init(|| Origin { us: system_us(), instant: Instant::now() })
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn system_us() -> u64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    let seconds = u64::try_from(now.tv_sec).unwrap_or(0);
    seconds * 1_000_000 + u64::try_from(now.tv_nsec).unwrap_or(0) / 1_000
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn system_us() -> u64 {
    // An hour after nothing, so that a time shortly before the process began can still be told.
    3_600_000_000
}

/// The present (monotonic µs).
pub fn now_us() -> u64 {
    micros(Instant::now())
}

/// An instant on the audio time line (monotonic µs).
pub fn micros(at: Instant) -> u64 {
    let origin = origin();
    match at.checked_duration_since(origin.instant) {
        Some(after) => origin.us.saturating_add(whole_us(after)),
        None => origin.us.saturating_sub(whole_us(origin.instant.duration_since(at))),
    }
}

/// The instant of a time on the audio time line; the nearest one that can be told, if it cannot.
pub fn instant(us: u64) -> Instant {
    let origin = origin();
    if us >= origin.us {
        let after = Duration::from_micros(us - origin.us);
        origin.instant.checked_add(after).unwrap_or(origin.instant)
    } else {
        let before = Duration::from_micros(origin.us - us);
        origin.instant.checked_sub(before).unwrap_or(origin.instant)
    }
}

fn whole_us(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

/// How long `samples` last at `rate_hz` (µs).
pub(crate) fn samples_us(samples: u64, rate_hz: u32) -> u64 {
    samples.saturating_mul(1_000_000) / u64::from(rate_hz.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_and_micros_are_one_time_line() {
        let now = Instant::now();
        let us = micros(now);
        let back = instant(us);
        let gap = if back > now { back - now } else { now - back };
        assert!(gap < Duration::from_micros(2), "{gap:?}");
        // Each conversion cuts off what is under a microsecond.
        assert!(micros(now + Duration::from_millis(10)).abs_diff(us + 10_000) <= 1);
        assert!(micros(instant(us - 5_000)).abs_diff(us - 5_000) <= 1);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn on_linux_it_is_clock_monotonic() {
        let system = system_us();
        let ours = now_us();
        assert!(ours.abs_diff(system) < 5_000, "{ours} is not {system}");
    }

    #[test]
    fn times_out_of_reach_do_not_panic() {
        let _ = instant(0);
        let _ = instant(u64::MAX);
    }
}
