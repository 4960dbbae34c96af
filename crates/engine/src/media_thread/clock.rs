//! `CLOCK_MONOTONIC` in microseconds, the unit of times that leave the process.

use std::time::{Duration, Instant};

/// The monotonic clock's reading at `instant`, in microseconds.
pub(crate) fn monotonic_us(instant: Instant) -> u64 {
    let now = Instant::now();
    let reading = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    let reading = Duration::new(reading.tv_sec.unsigned_abs(), u32::try_from(reading.tv_nsec).unwrap_or(0));
    let at = match instant.checked_duration_since(now) {
        Some(ahead) => reading + ahead,
        None => reading.saturating_sub(now.duration_since(instant)),
    };
    u64::try_from(at.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_differences() {
        let now = Instant::now();
        let (early, late) = (monotonic_us(now), monotonic_us(now + Duration::from_secs(2)));
        assert!((late - early).abs_diff(2_000_000) < 5_000, "{early} {late}");
        assert!(early > 0);
    }
}
