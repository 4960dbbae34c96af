//! A path with a bottleneck in virtual time, and a sender that keeps to the estimate.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::rate::{PacketFate, RateEstimator, RateInput};
use crate::testing::{Random, epoch};

/// A queue in front of a line, then jitter and random loss.
#[derive(Debug, Clone)]
pub(super) struct Path {
    pub(super) capacity_bps: f64,
    /// Longer queues are cut off (s).
    pub(super) limit: f64,
    /// One way (s).
    pub(super) delay: f64,
    /// Standard deviation of the delay (s), which never falls below zero.
    pub(super) jitter: f64,
    pub(super) overtaking: bool,
    pub(super) loss: f64,
    /// More than a burst of this many bits above `capacity_bps` is thrown away at once: no queue at all.
    pub(super) policed: Option<f64>,
}

impl Path {
    pub(super) fn wide() -> Self {
        Self {
            capacity_bps: 1e7,
            limit: 0.3,
            delay: 0.02,
            jitter: 0.0,
            overtaking: false,
            loss: 0.0,
            policed: None,
        }
    }

    pub(super) fn narrow(capacity_bps: f64) -> Self {
        Self { capacity_bps, ..Self::wide() }
    }

    pub(super) fn jittery(delay: f64, jitter: f64) -> Self {
        Self { delay, jitter, ..Self::wide() }
    }
}

/// One moment of a run, every 100 ms.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    pub(super) at: f64,
    pub(super) target: f64,
    /// The wait of the last packet in the bottleneck (s).
    pub(super) queue: f64,
}

pub(super) struct Link {
    pub(super) path: Path,
    pub(super) estimator: RateEstimator,
    /// Share of the target that is sent.
    pub(super) use_share: fn(f64) -> f64,
    pub(super) packet_time: f64,
    random: Random,
    start: Instant,
    now: f64,
    next_packet: f64,
    next_feedback: f64,
    free_at: f64,
    last_arrival: f64,
    tokens: f64,
    tokens_at: f64,
    sequence: u64,
    wait: f64,
    underway: Vec<(f64, PacketFate)>,
    lost: VecDeque<PacketFate>,
}

impl Link {
    pub(super) fn new(path: Path, estimator: RateEstimator, seed: u64) -> Self {
        Self {
            path,
            estimator,
            use_share: |_| 1.0,
            packet_time: 0.02,
            random: Random::new(seed),
            start: epoch(),
            now: 0.0,
            next_packet: 0.0,
            next_feedback: 0.1,
            free_at: 0.0,
            last_arrival: 0.0,
            tokens: 4_000.0,
            tokens_at: 0.0,
            sequence: 0,
            wait: 0.0,
            underway: Vec::new(),
            lost: VecDeque::new(),
        }
    }

    fn instant(&self, at: f64) -> Instant {
        self.start + Duration::from_secs_f64(at)
    }

    fn normal(&mut self) -> f64 {
        // Irwin and Hall: twelve uniform ones.
        (0..12).map(|_| self.random.uniform()).sum::<f64>() - 6.0
    }

    pub(super) fn run(&mut self, seconds: f64) -> Vec<Moment> {
        let end = self.now + seconds;
        let mut moments = Vec::new();
        while self.now < end - 1e-9 {
            self.now = self.next_packet.min(self.next_feedback).min(end);
            if self.now >= self.next_packet {
                self.send();
                self.next_packet += self.packet_time;
            }
            if self.now >= self.next_feedback {
                self.feedback();
                self.next_feedback += 0.1;
                let target = f64::from(self.estimator.estimate().target_bps);
                moments.push(Moment { at: self.now, target, queue: self.wait });
            }
        }
        moments
    }

    fn send(&mut self) {
        let share = (self.use_share)(self.now);
        let rate = f64::from(self.estimator.estimate().target_bps) * share;
        let bytes = (rate * self.packet_time / 8.0).max(60.0) as u32;
        let bits = f64::from(bytes) * 8.0;
        let sent = self.instant(self.now);
        self.estimator.handle(sent, RateInput::Sent);
        let fate = PacketFate { sequence: self.sequence, sent, arrival: None, bytes };
        self.sequence += 1;
        let random_loss = self.random.uniform() < self.path.loss;
        let jitter = self.path.jitter * self.normal();
        if let Some(burst) = self.path.policed {
            self.tokens = (self.tokens + (self.now - self.tokens_at) * self.path.capacity_bps).min(burst);
            self.tokens_at = self.now;
            if self.tokens < bits {
                self.lost.push_back(fate);
                return;
            }
            self.tokens -= bits;
        } else {
            self.wait = (self.free_at - self.now).max(0.0);
            if self.wait > self.path.limit {
                self.lost.push_back(fate);
                return;
            }
            self.free_at = self.free_at.max(self.now) + bits / self.path.capacity_bps;
        }
        if random_loss {
            self.lost.push_back(fate);
            return;
        }
        let left = if self.path.policed.is_some() { self.now } else { self.free_at };
        let mut arrival = left + (self.path.delay + jitter).max(0.0);
        if !self.path.overtaking {
            arrival = arrival.max(self.last_arrival);
        }
        self.last_arrival = arrival;
        // The peer's clock began at another time.
        let told = Duration::from_secs_f64(arrival + 1000.0);
        self.underway.push((arrival, PacketFate { arrival: Some(told), ..fate }));
    }

    /// What had arrived at the peer when its report left, one delay ago.
    fn feedback(&mut self) {
        let seen = self.now - self.path.delay;
        let mut fates: Vec<PacketFate> =
            self.underway.iter().filter(|(at, _)| *at <= seen).map(|(_, fate)| *fate).collect();
        self.underway.retain(|(at, _)| *at > seen);
        let Some(newest) = fates.iter().map(|fate| fate.sent).max() else { return };
        while self.lost.front().is_some_and(|lost| lost.sent + Duration::from_millis(250) < newest) {
            fates.extend(self.lost.pop_front());
        }
        fates.sort_by_key(|fate| fate.sequence);
        let now = self.instant(self.now);
        self.estimator.handle(now, RateInput::Fates(&fates));
        while self.estimator.poll().is_some() {}
    }
}
