//! Wall-clock time in reports: NTP timestamps (RFC 3550 section 4).

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Seconds from the NTP epoch to the Unix epoch.
const NTP_OFFSET: u64 = 2_208_988_800;

/// An instant as NTP time: 32 bits of seconds, 32 of fraction.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NtpClock {
    origin: Instant,
    ntp: u64,
}

impl NtpClock {
    /// Reads the system's clock once; a later change of it does not matter.
    pub(crate) fn new(now: Instant) -> Self {
        let unix = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let seconds = unix.as_secs().wrapping_add(NTP_OFFSET) & 0xffff_ffff;
        Self { origin: now, ntp: (seconds << 32).wrapping_add(fraction(unix)) }
    }

    pub(crate) fn ntp(&self, now: Instant) -> u64 {
        let passed = now.saturating_duration_since(self.origin);
        self.ntp.wrapping_add(passed.as_secs() << 32).wrapping_add(fraction(passed))
    }

    /// The middle 32 bits: 1/65536 s.
    pub(super) fn middle(&self, now: Instant) -> u32 {
        (self.ntp(now) >> 16) as u32
    }
}

fn fraction(duration: Duration) -> u64 {
    (u64::from(duration.subsec_nanos()) << 32) / 1_000_000_000
}

/// In 1/65536 s.
pub(super) fn short_time(duration: Duration) -> u32 {
    (duration.as_secs_f64() * 65_536.0) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_runs_with_the_instants_it_is_given() {
        let now = Instant::now();
        let clock = NtpClock::new(now);
        let later = now + Duration::from_millis(2500);
        assert!(clock.ntp(later).wrapping_sub(clock.ntp(now)).abs_diff(5 << 31) < 16);
        assert!(clock.middle(later).wrapping_sub(clock.middle(now)).abs_diff(163_840) <= 1);
        assert_eq!(clock.ntp(now - Duration::from_secs(1)), clock.ntp(now), "never before its origin");
        assert_eq!(short_time(Duration::from_millis(500)), 32_768);
    }
}
