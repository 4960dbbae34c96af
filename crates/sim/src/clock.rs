use std::time::{Duration, Instant};

/// A clock that stands still until it is moved.
///
/// Pure cores take their `now` as an argument; a test passes `clock.now()` and moves the clock to the core's
/// `deadline()`, so that an hour of protocol runs in a millisecond and always the same way.
#[derive(Debug, Clone)]
pub struct VirtualClock {
    origin: Instant,
    now: Instant,
}

impl VirtualClock {
    /// A clock at an arbitrary beginning.
    #[must_use]
    pub fn new() -> Self {
        let origin = Instant::now();
        Self { origin, now: origin }
    }

    /// The present moment.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.now
    }

    /// Time since the beginning.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.now - self.origin
    }

    /// Moves the clock forward by `step`.
    pub fn advance(&mut self, step: Duration) {
        self.now += step;
    }

    /// Moves the clock forward to `instant`; a moment in the past leaves it where it is, since a deadline that
    /// has already passed is due now.
    pub fn advance_to(&mut self, instant: Instant) {
        self.now = self.now.max(instant);
    }
}

impl Default for VirtualClock {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn never_runs_backwards() {
        let mut clock = VirtualClock::new();
        let start = clock.now();
        clock.advance(Duration::from_secs(3600));
        clock.advance_to(start);
        assert_eq!(clock.elapsed(), Duration::from_secs(3600));
        clock.advance_to(start + Duration::from_secs(3601));
        assert_eq!(clock.elapsed(), Duration::from_secs(3601));
    }
}
