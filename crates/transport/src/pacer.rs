//! Spreads out what can wait. Pure.
//!
//! A burst of large packets would fill the queue of a narrow path, and sound would have to wait behind it. So only
//! sound goes out at once; everything else takes what a token bucket leaves of the rate, and sound is taken out of the
//! bucket as well.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// The bucket holds what is sent in this time.
const BURST: Duration = Duration::from_millis(40);
/// Packets that wait; the oldest go when there are more.
const MAX_WAITING: usize = 512;

/// A token bucket in front of a queue.
#[derive(Debug)]
pub(crate) struct Pacer<P> {
    rate_bps: f64,
    /// Bits that may be sent now; below zero after sound took more than there was.
    tokens: f64,
    filled: Option<Instant>,
    waiting: VecDeque<(u32, P)>,
    dropped: u64,
}

impl<P> Pacer<P> {
    pub(crate) fn new(rate_bps: u32) -> Self {
        Self {
            rate_bps: f64::from(rate_bps),
            tokens: f64::from(rate_bps) * BURST.as_secs_f64(),
            filled: None,
            waiting: VecDeque::new(),
            dropped: 0,
        }
    }

    pub(crate) fn set_rate(&mut self, now: Instant, rate_bps: u32) {
        self.fill(now);
        self.rate_bps = f64::from(rate_bps);
    }

    /// Something went out without waiting.
    pub(crate) fn bypassed(&mut self, now: Instant, bytes: u32) {
        self.fill(now);
        // Sound alone, on a path too narrow for it, must not hold the rest up for ever.
        self.tokens = (self.tokens - 8.0 * f64::from(bytes)).max(-self.burst());
    }

    /// Gives up the oldest packet when too many wait.
    pub(crate) fn push(&mut self, bytes: u32, packet: P) {
        if self.waiting.len() == MAX_WAITING {
            self.waiting.pop_front();
            self.dropped += 1;
        }
        self.waiting.push_back((bytes, packet));
    }

    /// The next packet, when its time has come.
    pub(crate) fn pop(&mut self, now: Instant) -> Option<P> {
        self.fill(now);
        if self.tokens < 0.0 {
            return None;
        }
        let (bytes, packet) = self.waiting.pop_front()?;
        // Into debt: the next one waits for as long as this one takes.
        self.tokens -= 8.0 * f64::from(bytes);
        Some(packet)
    }

    /// When [`pop`](Self::pop) gives something; `None`: nothing waits.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        let filled = self.filled.filter(|_| !self.waiting.is_empty())?;
        let seconds = (-self.tokens).max(0.0) / self.rate_bps.max(1.0);
        // A moment later than exactly, so that rounding does not bring it here in vain.
        Some(filled + Duration::from_secs_f64(seconds.min(10.0)) + Duration::from_micros(10))
    }

    pub(crate) fn take_dropped(&mut self) -> u64 {
        std::mem::take(&mut self.dropped)
    }

    fn burst(&self) -> f64 {
        self.rate_bps * BURST.as_secs_f64()
    }

    fn fill(&mut self, now: Instant) {
        let since = self.filled.map_or(Duration::ZERO, |last| now.saturating_duration_since(last));
        self.filled = Some(self.filled.map_or(now, |last| last.max(now)));
        self.tokens = (self.tokens + since.as_secs_f64() * self.rate_bps).min(self.burst());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    /// Sends a packet of sound every 20 ms beside `burst` packets of 1200 bytes at the start; gives how long the sound
    /// was held, and when the others went out.
    fn run(rate_bps: u32, burst: usize) -> Vec<Duration> {
        let start = Instant::now();
        let mut pacer = Pacer::new(rate_bps);
        for number in 0..burst {
            pacer.push(1200, number);
        }
        let mut left = Vec::new();
        for step in 0..5_000u32 {
            let now = start + MS * step;
            if step % 20 == 0 {
                pacer.bypassed(now, 144);
            }
            while pacer.pop(now).is_some() {
                left.push(MS * step);
            }
        }
        left
    }

    #[test]
    fn a_burst_goes_out_at_the_rate_that_sound_leaves() {
        let left = run(500_000, 100);
        assert_eq!(left.len(), 100);
        // 57.6 kb/s of sound beside it.
        let rate = 99.0 * 1200.0 * 8.0 / (left[99] - left[0]).as_secs_f64();
        assert!((400_000.0..470_000.0).contains(&rate), "{rate}");
        assert!(left.windows(2).filter(|pair| pair[1] == pair[0]).count() < 4, "no clumps but the first");
    }

    #[test]
    fn sound_alone_fills_the_path_and_the_rest_still_gets_through_slowly() {
        let left = run(57_600, 10);
        assert!(!left.is_empty() && left[0] < MS * 100);
        assert!(left.windows(2).all(|pair| pair[1] - pair[0] >= MS * 100), "{left:?}");
    }

    #[test]
    fn the_deadline_is_when_something_comes() {
        let start = Instant::now();
        let mut pacer = Pacer::new(96_000);
        assert_eq!(pacer.deadline(), None);
        for number in 0..5 {
            pacer.push(1200, number);
        }
        let mut now = start;
        let mut given = 0;
        while given < 5 {
            while pacer.pop(now).is_some() {
                given += 1;
            }
            if let Some(deadline) = pacer.deadline() {
                assert!(deadline > now);
                now = deadline;
                assert!(pacer.tokens < 0.0 || given == 5);
            }
        }
        // 9600 bits each at 96 kb/s; the first two are in the bucket.
        assert!((now - start).abs_diff(MS * 360) < MS * 60, "{:?}", now - start);
    }

    #[test]
    fn the_queue_is_bounded() {
        let mut pacer = Pacer::new(1_000);
        for number in 0..MAX_WAITING + 3 {
            pacer.push(100, number);
        }
        assert_eq!(pacer.take_dropped(), 3);
        assert_eq!(pacer.pop(Instant::now()), Some(3));
    }
}
