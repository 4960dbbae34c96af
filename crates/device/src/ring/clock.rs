//! The device's time as the media thread needs it: when it will call next, and when a sample is heard.

use std::sync::atomic::{
    AtomicU32, AtomicU64,
    Ordering::{Acquire, Relaxed, Release},
    fence,
};

use crate::time::samples_us;

/// What the playout callback last said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PlayoutMark {
    /// Samples taken from the ring since the stream began.
    pub taken: u64,
    /// When the last burst of callbacks began, at the early edge of their jitter (µs).
    pub edge_us: u64,
    /// Samples the device takes at a time.
    pub burst: u32,
    /// When the next sample to be taken will be heard (µs).
    pub heard_us: u64,
}

/// A [`PlayoutMark`] that one thread writes and another reads, neither ever waiting: a sequence lock whose data
/// are themselves atomics.
#[derive(Debug, Default)]
pub(crate) struct PlayoutClock {
    sequence: AtomicU32,
    taken: AtomicU64,
    edge_us: AtomicU64,
    burst: AtomicU32,
    heard_us: AtomicU64,
}

impl PlayoutClock {
    /// The callback's side; one writer.
    pub fn publish(&self, mark: PlayoutMark) {
        let sequence = self.sequence.load(Relaxed);
        self.sequence.store(sequence.wrapping_add(1), Relaxed);
        fence(Release);
        self.taken.store(mark.taken, Relaxed);
        self.edge_us.store(mark.edge_us, Relaxed);
        self.burst.store(mark.burst, Relaxed);
        self.heard_us.store(mark.heard_us, Relaxed);
        self.sequence.store(sequence.wrapping_add(2), Release);
    }

    /// The media thread's side. None before the first callback, or when the writer was at it every time; the
    /// reader then goes by what it knew.
    pub fn read(&self) -> Option<PlayoutMark> {
        for _ in 0..16 {
            let before = self.sequence.load(Acquire);
            if before == 0 {
                return None;
            }
            if before % 2 == 1 {
                std::hint::spin_loop();
                continue;
            }
            let mark = PlayoutMark {
                taken: self.taken.load(Relaxed),
                edge_us: self.edge_us.load(Relaxed),
                burst: self.burst.load(Relaxed),
                heard_us: self.heard_us.load(Relaxed),
            };
            fence(Acquire);
            if self.sequence.load(Relaxed) == before {
                return Some(mark);
            }
        }
        None
    }
}

/// Callbacks closer together than this are one burst (µs).
const BURST_GAP_US: u64 = 2_000;
/// Further from its prediction than this, a callback begins a new time (µs).
const JUMP_US: u64 = 50_000;

/// Finds the rhythm of a device's callbacks: how much it takes at a time and the early edge of when.
#[derive(Debug)]
pub(crate) struct BurstTracker {
    rate_hz: u32,
    edge_us: u64,
    began_us: u64,
    current: u32,
    previous: u32,
}

impl BurstTracker {
    pub fn new(rate_hz: u32) -> Self {
        Self { rate_hz, edge_us: 0, began_us: 0, current: 0, previous: 0 }
    }

    /// A callback at `now_us` took `frames`. Returns the early edge of the burst and its size.
    pub fn called(&mut self, now_us: u64, frames: usize) -> (u64, u32) {
        let frames = u32::try_from(frames).unwrap_or(u32::MAX);
        if self.current > 0 && now_us.saturating_sub(self.began_us) < BURST_GAP_US {
            self.current = self.current.saturating_add(frames);
        } else {
            let expected = self.edge_us + samples_us(u64::from(self.current), self.rate_hz);
            // The edge follows an early callback at once and a late one slowly: a deadline that is too early
            // costs little delay, one that is too late costs a gap.
            self.edge_us = match now_us.checked_sub(expected) {
                Some(late) if late <= JUMP_US => expected + late / 16,
                _ => now_us,
            };
            self.previous = self.current;
            self.current = frames;
            self.began_us = now_us;
        }
        (self.edge_us, self.current.max(self.previous))
    }
}

/// Takes the jitter out of the times of consecutive chunks of samples.
#[derive(Debug)]
pub(crate) struct TimeSmoother {
    rate_hz: u32,
    expected_us: Option<f64>,
}

impl TimeSmoother {
    pub fn new(rate_hz: u32) -> Self {
        Self { rate_hz, expected_us: None }
    }

    /// The smoothed time of a chunk of `frames` whose first sample is said to be at `measured_us`.
    pub fn smooth(&mut self, measured_us: u64, frames: usize) -> u64 {
        let measured = measured_us as f64;
        let smoothed = match self.expected_us {
            Some(expected) if (measured - expected).abs() < JUMP_US as f64 => {
                expected + (measured - expected) * 0.05
            }
            _ => measured,
        };
        self.expected_us = Some(smoothed + frames as f64 * 1e6 / f64::from(self.rate_hz));
        smoothed as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::AtomicBool;

    #[test]
    fn a_mark_is_never_read_half_written() {
        let clock = Arc::new(PlayoutClock::default());
        assert_eq!(clock.read(), None);
        let stop = Arc::new(AtomicBool::new(false));
        let writer = std::thread::spawn({
            let (clock, stop) = (Arc::clone(&clock), Arc::clone(&stop));
            move || {
                let mut n = 1;
                while !stop.load(Relaxed) {
                    clock.publish(PlayoutMark { taken: n, edge_us: n * 2, burst: n as u32, heard_us: n * 3 });
                    n += 1;
                }
            }
        });
        let mut seen = 0;
        while seen < 20_000 {
            if let Some(mark) = clock.read() {
                assert_eq!(mark.edge_us, mark.taken * 2);
                assert_eq!(mark.heard_us, mark.taken * 3);
                assert_eq!(mark.burst, mark.taken as u32);
                seen += 1;
            }
        }
        stop.store(true, Relaxed);
        writer.join().unwrap();
    }

    #[test]
    fn bursts_are_seen_as_one() {
        let mut tracker = BurstTracker::new(48_000);
        let mut now = 1_000_000;
        let mut last = (0, 0);
        for _ in 0..10 {
            tracker.called(now, 480);
            last = tracker.called(now + 300, 480);
            now += 20_000;
        }
        assert_eq!(last, (now - 20_000, 960));
    }

    #[test]
    fn the_edge_keeps_to_the_early_side_of_jitter() {
        let mut tracker = BurstTracker::new(48_000);
        let mut worst = 0;
        for k in 0..500_u64 {
            let grid = 1_000_000 + k * 10_000;
            let late = (k * 7919) % 3_000;
            let (edge, burst) = tracker.called(grid + late, 480);
            assert_eq!(burst, 480);
            if k > 50 {
                worst = worst.max(edge.saturating_sub(grid));
            }
        }
        assert!(worst < 1_000, "the edge wandered {worst} µs behind the grid");
    }

    #[test]
    fn the_smoother_takes_out_jitter_and_follows_a_jump() {
        let mut smoother = TimeSmoother::new(48_000);
        let mut worst = 0;
        for k in 0..400_u64 {
            let grid = 1_000_000 + k * 10_000;
            let noise = (k * 7919) % 2_000;
            let smoothed = smoother.smooth(grid + noise, 480);
            if k > 100 {
                worst = worst.max(smoothed.abs_diff(grid + 1_000));
            }
        }
        assert!(worst < 300, "{worst} µs");
        assert_eq!(smoother.smooth(20_000_000, 480), 20_000_000);
    }
}
