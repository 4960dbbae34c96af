//! From the views of delay and loss to a rate.

use std::time::{Duration, Instant};

use super::delay::{DelayTracker, DelayView};
use super::drain::{Drain, Verdict};
use super::loss::{LossTracker, LossView};
use super::{RateEstimate, RateEstimatorConfig, RateInput};

/// A queue longer than this, and than this much of what jitter makes it look, is too long (s).
const QUEUE_HIGH: f64 = 0.012;
pub(super) const JITTER_SHARE: f64 = 1.8;
/// A queue shorter than this is none (s).
pub(super) const QUEUE_LOW: f64 = 0.008;
/// Less than the whole is used of a path that was once full.
const HEADROOM: f64 = 0.96;
/// A queue this long (s) may be longer than it looks: so much less is used for so long.
const LONG_QUEUE: f64 = 0.08;
const LEAN_SHARE: f64 = 0.88;
const LEAN: Duration = Duration::from_millis(1500);
/// A path that was full is left alone for so long before more is tried; for longer each time it proves full again.
const FIRST_HOLD: Duration = Duration::from_secs(4);
const LONGEST_HOLD: Duration = Duration::from_secs(16);
/// Growth a second, at first and at most; it doubles every two seconds without a queue.
const GROWTH_FIRST: f64 = 0.03;
const GROWTH_MOST: f64 = 0.32;
const GROWTH_DOUBLES: f64 = 2.0;
/// Growth a second around the rate at which the path was full before, as shares of it.
const GROWTH_NEAR_FULL: f64 = 0.02;
const NEAR_FULL: std::ops::Range<f64> = 0.9..1.12;
/// Loss without a queue from which it is tried whether sending less loses less, by how much less, and for how long.
const LOSS_HIGH: f32 = 0.18;
const LONGEST_POLICED: f32 = 1.6;
const LOSS_TRIAL_SHARE: f64 = 0.8;
const LOSS_TRIAL: Duration = Duration::from_secs(4);
const AFTER_QUEUE: Duration = Duration::from_secs(6);
const FIRST_LOSS_PAUSE: Duration = Duration::from_secs(30);
/// No feedback for this long although packets are sent: half the rate, until there is feedback again.
const SILENCE: Duration = Duration::from_millis(1500);

#[derive(Debug, Clone, Copy)]
struct LossTrial {
    ends: Instant,
    before: f64,
    loss: f32,
}

/// Estimates what may be sent to one peer. Pure: fates and times in, [`RateEstimate`] out.
#[derive(Debug)]
pub struct RateEstimator {
    config: RateEstimatorConfig,
    target: f64,
    delay: DelayTracker,
    loss: LossTracker,
    drain: Option<Drain>,
    /// What the path was last seen to carry when it was full (bit/s), and until when that is believed.
    full: Option<(f64, Instant)>,
    hold: Duration,
    /// Until then a little less is sent, since there was a long queue.
    lean_until: Option<Instant>,
    /// Without a queue since then.
    clear_since: Option<Instant>,
    /// The path was last full then.
    queue_seen: Option<Instant>,
    loss_trial: Option<LossTrial>,
    next_loss_trial: Option<Instant>,
    loss_pause: Duration,
    last_update: Option<Instant>,
    last_sent: Option<Instant>,
    last_feedback: Option<Instant>,
    /// The rate before feedback stayed away.
    before_silence: Option<f64>,
    estimate: RateEstimate,
    changed: bool,
}

impl RateEstimator {
    /// An estimator that has seen nothing. Bounds that contradict each other: the upper one stands.
    #[must_use]
    pub fn new(config: RateEstimatorConfig) -> Self {
        let mut estimator = Self {
            config,
            target: f64::from(config.start_bps),
            delay: DelayTracker::default(),
            loss: LossTracker::default(),
            drain: None,
            full: None,
            hold: FIRST_HOLD,
            lean_until: None,
            clear_since: None,
            queue_seen: None,
            loss_trial: None,
            next_loss_trial: None,
            loss_pause: FIRST_LOSS_PAUSE,
            last_update: None,
            last_sent: None,
            last_feedback: None,
            before_silence: None,
            estimate: RateEstimate::default(),
            changed: false,
        };
        estimator.bound();
        estimator.estimate.target_bps = estimator.target as u32;
        estimator
    }

    /// Takes one input; `now` never runs backwards.
    pub fn handle(&mut self, now: Instant, input: RateInput<'_>) {
        match input {
            RateInput::Sent => {
                self.last_sent = Some(now);
                self.silence(now);
            }
            RateInput::NewPath => {
                self.delay = DelayTracker::default();
                (self.drain, self.full, self.clear_since, self.loss_trial) = (None, None, None, None);
                self.hold = FIRST_HOLD;
                self.estimate.round_trip = None;
            }
            RateInput::Bounds { min_bps, max_bps } => {
                let unlimited = self.target >= f64::from(self.config.max_bps) && self.full.is_none();
                self.config = RateEstimatorConfig { min_bps, max_bps, ..self.config };
                if unlimited {
                    // Nothing has limited the rate but the old bound.
                    self.target = self.target.max(f64::from(max_bps));
                }
                self.publish();
            }
            RateInput::Fates(fates) => {
                for fate in fates {
                    self.loss.note(fate);
                    if let Some(arrival) = fate.arrival {
                        self.delay.arrived(fate, arrival, self.drain.is_some());
                    }
                }
                if let Some(newest) =
                    fates.iter().filter(|fate| fate.arrival.is_some()).map(|fate| fate.sent).max()
                {
                    self.round_trip(now.saturating_duration_since(newest));
                    self.feedback(now);
                }
            }
        }
    }

    /// The estimate, when it has changed.
    pub fn poll(&mut self) -> Option<RateEstimate> {
        std::mem::take(&mut self.changed).then_some(self.estimate)
    }

    /// The estimate as it is.
    #[must_use]
    pub fn estimate(&self) -> RateEstimate {
        self.estimate
    }

    /// When the absence of feedback is to be noticed, by [`RateInput::Sent`] then or later; `None`: nothing is awaited.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        let (feedback, sent) = (self.last_feedback?, self.last_sent?);
        (sent > feedback && self.before_silence.is_none()).then_some(feedback + SILENCE)
    }

    fn silence(&mut self, now: Instant) {
        if self.deadline().is_some_and(|deadline| now >= deadline) {
            self.before_silence = Some(self.target);
            self.target *= 0.5;
            self.publish();
        }
    }

    /// The shortest lately: reports wait for their turn.
    fn round_trip(&mut self, sample: Duration) {
        let aged = self.estimate.round_trip.map(|old| old + old / 64);
        self.estimate.round_trip = Some(aged.map_or(sample, |old| old.min(sample)));
    }

    fn feedback(&mut self, now: Instant) {
        if let Some(before) = self.before_silence.take() {
            self.target = before;
        }
        self.last_feedback = Some(now);
        let since = self.last_update.replace(now).map_or(0.0, |last| (now - last).as_secs_f64()).min(0.5);
        let loss = self.loss.view();
        if let Some(delay) = self.delay.view() {
            self.estimate.delivered_bps = delay.delivered_bps as u32;
            self.estimate.queueing = Duration::from_secs_f64(delay.queue);
            self.control(now, since, delay, loss);
        }
        self.estimate.fraction_lost = loss.fraction_lost;
        self.estimate.mean_burst_packets = loss.mean_burst_packets;
        self.publish();
    }

    fn control(&mut self, now: Instant, since: f64, delay: DelayView, loss: LossView) {
        // What was sent without being lost is at most what was sent.
        let used = delay.sent_bps > 0.6 * self.target || delay.delivered_bps < 0.85 * delay.sent_bps;
        let too_long = delay.queue > QUEUE_HIGH + JITTER_SHARE * delay.jitter;
        if self.drain.is_some() || (too_long && used) {
            self.clear_since = None;
            self.queue_seen = Some(now);
            self.loss_trial = None;
            self.drain(now, delay);
        } else if delay.queue < QUEUE_LOW + delay.jitter {
            let clear_since = *self.clear_since.get_or_insert(now);
            if !self.try_less(now, delay, loss) {
                self.grow(now, since, (now - clear_since).as_secs_f64(), delay);
            }
        }
    }

    /// The path is full: what it carries is sent, less what empties the queue.
    fn drain(&mut self, now: Instant, delay: DelayView) {
        let before = self.target;
        let drain = self.drain.get_or_insert_with(|| Drain::new(now, before, delay));
        let before = drain.before;
        match drain.look(now, delay) {
            Verdict::Send(rate) => {
                self.target = rate;
                return;
            }
            Verdict::Jitter => self.target = before,
            Verdict::LongerWay => {
                self.delay.rebase();
                self.target = self.target.max(0.9 * before);
            }
            Verdict::Empty { capacity, longest_queue, longer } => {
                if longer {
                    self.delay.rebase();
                }
                self.full_at(now, capacity, longest_queue);
            }
        }
        self.drain = None;
    }

    fn full_at(&mut self, now: Instant, capacity: f64, longest_queue: f64) {
        // The same limit again: it is there to stay.
        let same = self.full.is_some_and(|(full, _)| (full / capacity - 1.0).abs() < 0.2);
        self.hold = if same { (self.hold * 2).min(LONGEST_HOLD) } else { FIRST_HOLD };
        self.full = Some((capacity, now + self.hold));
        // What is left of a long queue goes first, and shows how long the empty path is.
        let long = longest_queue > LONG_QUEUE;
        self.lean_until = long.then_some(now + LEAN);
        self.target = if long { LEAN_SHARE } else { HEADROOM } * capacity;
    }

    fn grow(&mut self, now: Instant, since: f64, clear: f64, delay: DelayView) {
        let mut most = f64::from(self.config.max_bps);
        if let Some((full, until)) = self.full {
            if self.lean_until.is_some_and(|until| now < until) {
                most = most.min(LEAN_SHARE * full);
            } else if now < until {
                most = most.min(HEADROOM * full);
                if self.lean_until.take().is_some() {
                    self.target = self.target.max(most);
                }
            } else if self.target > 1.3 * full {
                // It has become another path.
                self.full = None;
                self.hold = FIRST_HOLD;
            }
        }
        // A rate that is not used proves nothing.
        most = most.min(1.5 * delay.sent_bps + 10_000.0);
        let mut rate = (GROWTH_FIRST * (clear / GROWTH_DOUBLES).exp2()).min(GROWTH_MOST);
        if self.full.is_some_and(|(full, _)| NEAR_FULL.contains(&(self.target / full))) {
            rate = GROWTH_NEAR_FULL;
            self.clear_since = Some(now);
        }
        if self.target < most {
            self.target = (self.target * (1.0 + rate * since)).min(most);
        } else {
            self.clear_since = Some(now);
        }
    }

    /// Much is lost although nothing queues: a path that polices rates, or simply a bad one. `true`: that is being
    /// found out, by sending less for a while.
    fn try_less(&mut self, now: Instant, delay: DelayView, loss: LossView) -> bool {
        if let Some(trial) = self.loss_trial {
            if now < trial.ends {
                return true;
            }
            self.loss_trial = None;
            if loss.recent < 0.35 * trial.loss {
                self.full = Some((self.target / HEADROOM, now + LONGEST_HOLD));
                self.loss_pause = FIRST_LOSS_PAUSE;
            } else {
                self.target = trial.before;
                self.loss_pause = (self.loss_pause * 2).min(FIRST_LOSS_PAUSE * 8);
            }
            self.next_loss_trial = Some(now + self.loss_pause);
            return false;
        }
        let due = self.next_loss_trial.is_none_or(|at| now >= at);
        let much = loss.recent.min(loss.overall) >= LOSS_HIGH && loss.recent_packets >= 80;
        // Who polices rates throws away single packets; an outage is something else.
        // What was lost at the end of a queue is none of this.
        let old = self.queue_seen.is_none_or(|seen| now - seen > AFTER_QUEUE);
        if !due || !old || !much || loss.mean_burst_packets > LONGEST_POLICED {
            return false;
        }
        self.loss_trial = Some(LossTrial { ends: now + LOSS_TRIAL, before: self.target, loss: loss.recent });
        self.target = (self.target * LOSS_TRIAL_SHARE).min(delay.delivered_bps.max(0.5 * self.target));
        true
    }

    fn bound(&mut self) {
        let max = f64::from(self.config.max_bps);
        self.target = self.target.max(f64::from(self.config.min_bps)).min(max);
    }

    fn publish(&mut self) {
        self.bound();
        self.estimate.target_bps = self.target as u32;
        self.changed = true;
    }
}
