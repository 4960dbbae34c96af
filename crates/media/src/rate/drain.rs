//! What is done about a path that seems to be full, until its queue is gone.

use std::time::{Duration, Instant};

use super::delay::DelayView;
use super::estimator::{JITTER_SHARE, QUEUE_LOW};

/// A queue is emptied within this time (s), as long as that takes no more than this share of the rate.
const DRAIN: f64 = 1.0;
const MAX_DRAIN_SHARE: f64 = 0.4;
const MIN_DRAIN_SHARE: f64 = 0.02;
/// The path was taken for better than it is when it delivers less than this share of what it was taken for. It is
/// looked at this often, since half a second is looked back on.
const OVERRATED: f64 = 0.94;
const MEASURED_EVERY: Duration = Duration::from_millis(400);
/// A queue has grown, or shrunk, by so much at least (s).
const GROWS: f64 = 0.005;
const SHRINKS: f64 = 0.002;
/// What neither grows nor shrinks for this long although less is sent is none of our queue: the way became longer.
const STANDS: Duration = Duration::from_millis(2000);

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Verdict {
    /// Go on with this rate.
    Send(f64),
    /// There was no queue, or none of ours.
    Jitter,
    /// The empty path takes longer than was thought; nothing else was wrong.
    LongerWay,
    /// The queue is gone; the path carries this much. `longer`: and is longer than was thought.
    Empty { capacity: f64, longest_queue: f64, longer: bool },
}

#[derive(Debug)]
pub(super) struct Drain {
    /// What was sent before (bit/s).
    pub(super) before: f64,
    /// What the path carries (bit/s).
    capacity: f64,
    /// The longest queue, and the shortest since then (s).
    longest: f64,
    shortest: f64,
    /// When it was last looked at, and the queue then (s).
    looked: (Instant, f64),
    /// When one of the two last changed.
    moved: Instant,
    /// When the capacity was last looked at, and the queue then (s).
    measured: Instant,
    last: f64,
    /// Less arrived than was sent.
    evident: bool,
}

impl Drain {
    pub(super) fn new(now: Instant, before: f64, delay: DelayView) -> Self {
        Self {
            before,
            capacity: delay.delivered_bps.min(before),
            longest: delay.queue,
            shortest: delay.queue,
            looked: (now, delay.queue),
            moved: now,
            measured: now,
            last: delay.queue,
            evident: false,
        }
    }

    pub(super) fn look(&mut self, now: Instant, delay: DelayView) -> Verdict {
        self.follow(now, delay);
        if delay.queue < QUEUE_LOW + delay.jitter {
            return if self.evident && !self.vanished(now, delay) {
                self.empty(false)
            } else {
                Verdict::Jitter
            };
        }
        if now - self.moved > STANDS {
            return if delay.queue > 0.6 * self.longest { Verdict::LongerWay } else { self.empty(true) };
        }
        self.looked = (now, delay.queue);
        let share = (delay.queue - delay.jitter).max(0.0) / DRAIN;
        Verdict::Send(self.capacity * (1.0 - share.clamp(MIN_DRAIN_SHARE, MAX_DRAIN_SHARE)))
    }

    /// Faster than sending less can empty a queue: others, or the radio, were in the way.
    fn vanished(&self, now: Instant, delay: DelayView) -> bool {
        let seconds = (now - self.looked.0).as_secs_f64();
        self.looked.1 - delay.queue
            > 0.015 + delay.jitter + 2.0 * self.looked.1.min(MAX_DRAIN_SHARE) * seconds
    }

    fn empty(&self, longer: bool) -> Verdict {
        Verdict::Empty { capacity: self.capacity, longest_queue: self.longest, longer }
    }

    fn follow(&mut self, now: Instant, delay: DelayView) {
        if now - self.measured >= MEASURED_EVERY {
            // What was sent before still made up a part of the last view.
            if delay.delivered_bps < OVERRATED * self.capacity {
                self.capacity = delay.delivered_bps;
            } else if delay.queue > self.last - SHRINKS {
                self.capacity *= 0.99;
            }
            (self.measured, self.last) = (now, delay.queue);
        }
        let noise = 0.01 + JITTER_SHARE * delay.jitter;
        self.evident |= delay.delivered_bps < (1.0 - noise) * delay.sent_bps;
        if delay.queue > self.longest + GROWS {
            (self.longest, self.shortest, self.moved) = (delay.queue, delay.queue, now);
        } else if delay.queue < self.shortest - SHRINKS {
            (self.shortest, self.moved) = (delay.queue, now);
        }
    }
}
