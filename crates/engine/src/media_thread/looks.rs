//! When to look for the microphone's next frame.
//!
//! Its callback wakes nobody, so it has to be looked for: too early costs another wake, too late is delay.

use std::time::{Duration, Instant};

const FRAME: Duration = Duration::from_millis(10);
/// A frame that was there at the first look may have waited: the next one is looked for so much earlier.
const EARLIER: Duration = Duration::from_micros(100);
/// One that was not there yet: so much later, which makes about one look in five vain.
const LATER: Duration = Duration::from_micros(400);
/// Until the next look after a vain one; after several the microphone gives more at a time, and less often.
const AGAIN: Duration = Duration::from_micros(400);
const AGAIN_LATER: Duration = Duration::from_millis(1);
const SOON_LOOKS: u32 = 3;
/// However regular the microphone was, it is looked for again after this and before a frame has passed.
const SOONEST: Duration = Duration::from_millis(8);

/// Finds out at what moments frames come.
#[derive(Debug)]
pub(super) struct Looks {
    next: Instant,
    /// When the frame that is being waited for was looked for first.
    aim: Instant,
    vain: u32,
}

impl Looks {
    /// The first look is at `now`.
    pub(super) fn new(now: Instant) -> Self {
        Self { next: now, aim: now, vain: 0 }
    }

    /// When to look next.
    pub(super) fn next(&self) -> Instant {
        self.next
    }

    /// A look at `now` found something.
    pub(super) fn found(&mut self, now: Instant) {
        let aim = self.aim + FRAME;
        let aim = if self.vain == 0 { aim - EARLIER } else { aim + LATER };
        self.aim = aim.clamp(now + SOONEST, now + FRAME);
        self.next = self.aim;
        self.vain = 0;
    }

    /// A look at `now`, which may have been before it was due, found nothing.
    pub(super) fn missed(&mut self, now: Instant) {
        if now < self.next {
            return;
        }
        self.vain += 1;
        self.next = now + if self.vain <= SOON_LOOKS { AGAIN } else { AGAIN_LATER };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Looks a frame and the mean time a frame waited in ms, frame k coming `at(k)` µs after the beginning.
    fn run(frames: u64, at: impl Fn(u64) -> u64) -> (f64, f64) {
        let start = Instant::now();
        let mut looks = Looks::new(start);
        let (mut taken, mut count, mut waited) = (0, 0u64, 0.0);
        while taken < frames {
            let now = looks.next();
            let us = (now - start).as_micros() as u64;
            count += 1;
            let before = taken;
            while taken < frames && at(taken) <= us {
                waited += (us - at(taken)) as f64 / 1_000.0;
                taken += 1;
            }
            if taken > before { looks.found(now) } else { looks.missed(now) }
        }
        (count as f64 / frames as f64, waited / frames as f64)
    }

    #[test]
    fn a_regular_microphone_is_looked_for_little_more_than_once_and_hardly_waits() {
        for ppm in [0, 300] {
            let (looks, waited) = run(2_000, |k| 3_333 + k * (10_000 + ppm / 100));
            assert!(looks < 1.4, "{looks} looks a frame");
            assert!(waited < 0.3, "{waited} ms");
        }
    }

    #[test]
    fn one_that_trembles_waits_no_longer_than_it_trembles() {
        let (looks, waited) = run(2_000, |k| k * 10_000 + k.wrapping_mul(2_654_435_761) % 2_000);
        assert!(looks < 4.0, "{looks} looks a frame");
        assert!(waited < 0.7, "{waited} ms");
    }

    #[test]
    fn one_that_gives_much_at_a_time_is_found_within_a_millisecond() {
        // 1024 samples.
        let (looks, waited) = run(2_000, |k| {
            let chunk = ((k + 1) * 480).div_ceil(1_024);
            chunk * 21_333
        });
        assert!(looks < 8.0, "{looks} looks a frame");
        assert!(waited < 1.1, "{waited} ms");
    }
}
