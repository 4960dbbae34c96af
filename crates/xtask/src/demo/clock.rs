//! The clock that all processes of the demo share.

use std::time::Instant;

use anyhow::{Context, Result};
use nix::time::{ClockId, clock_gettime};

/// `CLOCK_MONOTONIC` now [µs].
pub fn now_us() -> Result<i64> {
    let now = clock_gettime(ClockId::CLOCK_MONOTONIC).context("the monotonic clock cannot be read")?;
    Ok(now.tv_sec() * 1_000_000 + now.tv_nsec() / 1_000)
}

/// `CLOCK_MONOTONIC` at an instant of this process [µs].
pub fn at_us(instant: Instant) -> Result<i64> {
    let (now_us, now) = (now_us()?, Instant::now());
    Ok(if instant <= now {
        now_us - (now - instant).as_micros() as i64
    } else {
        now_us + (instant - now).as_micros() as i64
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn instants_keep_their_distance() {
        let (early, late) = (Instant::now(), Instant::now() + Duration::from_millis(250));
        let distance = at_us(late).unwrap() - at_us(early).unwrap();
        assert!((distance - 250_000).abs() < 5_000, "{distance}");
    }
}
