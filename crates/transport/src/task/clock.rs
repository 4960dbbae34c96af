//! The session's time, which stands still while this process does.
//!
//! A process that was stopped, a laptop that slept, a machine under load: afterwards every deadline seems to have
//! passed, while the peer's packets wait unread in the socket. Time in which the task could not run does not count.

use std::time::{Duration, Instant};

/// A wake this much later than asked for is time that was lost.
const TOLERANCE: Duration = Duration::from_millis(250);

#[derive(Debug)]
pub(crate) struct SessionClock {
    skipped: Duration,
    slept: Option<(Instant, Duration)>,
}

impl SessionClock {
    pub(crate) fn new() -> Self {
        Self { skipped: Duration::ZERO, slept: None }
    }

    /// The task is about to sleep for at most `at_most`.
    pub(crate) fn sleep(&mut self, real: Instant, at_most: Duration) {
        self.slept = Some((real, at_most));
    }

    /// The task is awake; gives the session's time.
    pub(crate) fn wake(&mut self, real: Instant) -> Instant {
        if let Some((since, at_most)) = self.slept.take() {
            let late = real.saturating_duration_since(since).saturating_sub(at_most);
            if late > TOLERANCE {
                tracing::info!(lost_ms = late.as_millis() as u64, "this process did not run for a while");
                self.skipped += late;
            }
        }
        self.now(real)
    }

    pub(crate) fn now(&self, real: Instant) -> Instant {
        real.checked_sub(self.skipped).unwrap_or(real)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_time_that_was_lost_is_skipped() {
        let ms = Duration::from_millis;
        let start = Instant::now() + Duration::from_secs(3600);
        let mut clock = SessionClock::new();
        clock.sleep(start, ms(250));
        assert_eq!(clock.wake(start + ms(260)), start + ms(260));
        clock.sleep(start + ms(260), ms(50));
        assert_eq!(clock.wake(start + ms(10_310)), start + ms(310));
        assert_eq!(clock.now(start + ms(10_400)), start + ms(400));
    }
}
