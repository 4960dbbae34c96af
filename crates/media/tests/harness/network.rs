//! What happens to packets on the way.

use super::random::Random;
use std::path::Path;

/// One way through a network. Times in ms; losses are shares of 1.
#[derive(Debug, Clone)]
pub enum OneWay {
    /// Constant delay, plus a small exponential queue, as on a quiet wire.
    Clean { delay: f64, mean_queue: f64 },
    /// `max(0, delay + N(0, sigma))` and independent loss.
    Gaussian { delay: f64, sigma: f64, loss: f64 },
    /// Line k holds for packets sent in [20k, 20k + 20) ms; negative is lost. Repeats.
    Trace(Vec<f64>),
    /// Gilbert–Elliott: a good and a bad state; all is lost with `loss_bad` in the latter. Means of
    /// the stays in packets.
    GilbertElliott { delay: f64, sigma: f64, good: f64, bad: f64, loss_bad: f64 },
    /// Now and then the path stops for a Pareto-distributed time, and what waited comes in a clump.
    ParetoStops { delay: f64, sigma: f64, every: f64, least: f64, shape: f64 },
    /// The same with stops of one length, as in handovers; a share of what was sent is lost.
    Outages { delay: f64, sigma: f64, every: f64, length: f64, loss: f64 },
    /// Delay wanders between `delay` and `delay + height` in `period`, with a queue on top.
    Wander { delay: f64, height: f64, period: f64, mean_queue: f64 },
    /// A queue that fills in `period` and empties at once, as under a competing TCP flow.
    Sawtooth { delay: f64, height: f64, period: f64, mean_queue: f64 },
    /// Quiet and contended air by turns, of `quiet` and `contended` ms in the mean; exponential waits.
    Contention { delay: f64, quiet: f64, contended: f64, quiet_wait: f64, contended_wait: f64, loss: f64 },
    /// The receiver's radio sleeps: packets come at every `interval` only.
    PowerSave { delay: f64, interval: f64 },
    /// From `at` on the path is `by` longer.
    Step { delay: f64, mean_queue: f64, at: f64, by: f64 },
}

#[derive(Debug)]
pub struct Network {
    path: OneWay,
    overtake: bool,
    random: Random,
    last_arrival: f64,
    /// For paths with states: in which, and until when (in ms, or packets).
    troubled: bool,
    until: f64,
}

impl Network {
    pub fn new(path: OneWay, overtake: bool, seed: u64) -> Self {
        Self { path, overtake, random: Random::new(seed), last_arrival: f64::MIN, troubled: true, until: 0.0 }
    }

    pub fn trace(name: &str) -> OneWay {
        let path =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/traces").join(format!("{name}.txt"));
        let text = std::fs::read_to_string(&path).expect("the trace is part of the repository");
        OneWay::Trace(text.lines().map(|line| line.trim().parse().expect("a number a line")).collect())
    }

    /// When a packet sent at `sent` arrives; `None` if it never does.
    pub fn carry(&mut self, sent: f64) -> Option<f64> {
        let path = std::mem::replace(&mut self.path, OneWay::Trace(Vec::new()));
        let delay = self.delay(&path, sent);
        self.path = path;
        let delay = delay?;
        let mut arrival = sent + delay.max(0.0);
        if !self.overtake {
            arrival = arrival.max(self.last_arrival + 0.01);
        }
        self.last_arrival = self.last_arrival.max(arrival);
        Some(arrival)
    }

    fn delay(&mut self, path: &OneWay, sent: f64) -> Option<f64> {
        let random = &mut self.random;
        let lost = |random: &mut Random, share: f64| random.uniform() < share;
        match *path {
            OneWay::Clean { delay, mean_queue } => Some(delay + mean_queue * random.exponential()),
            OneWay::Gaussian { delay, sigma, loss } => {
                let (delay, lost) = (delay + sigma * random.normal(), lost(random, loss));
                (!lost).then_some(delay)
            }
            OneWay::Trace(ref lines) => {
                Some(lines[(sent / 20.0) as usize % lines.len()]).filter(|delay| *delay >= 0.0)
            }
            OneWay::GilbertElliott { delay, sigma, good, bad, loss_bad } => {
                let stay = if self.troubled { bad } else { good };
                self.troubled ^= lost(random, 1.0 / stay);
                let delay = delay + sigma * random.normal().abs();
                (!(self.troubled && lost(random, loss_bad))).then_some(delay)
            }
            OneWay::ParetoStops { delay, sigma, every, least, shape } => {
                if sent > self.until + every * 0.2 && lost(random, 20.0 / every) {
                    let stop = least * random.uniform().max(1e-4).powf(-1.0 / shape);
                    self.until = sent + stop.min(1_500.0);
                }
                Some((self.until - sent).max(0.0) + delay + sigma * random.normal().abs())
            }
            OneWay::Outages { delay, sigma, every, length, loss } => {
                if sent > self.until + every * 0.5 && lost(random, 40.0 / every) {
                    self.until = sent + length;
                }
                if sent < self.until && lost(random, loss) {
                    return None;
                }
                Some((self.until - sent).max(0.0) + delay + sigma * random.normal().abs())
            }
            OneWay::Wander { delay, height, period, mean_queue } => {
                let phase = sent / period * std::f64::consts::TAU;
                let wave = 0.5 + 0.35 * phase.sin() + 0.15 * (phase * 2.7 + 1.0).sin();
                Some(delay + height * wave + mean_queue * random.exponential())
            }
            OneWay::Sawtooth { delay, height, period, mean_queue } => {
                Some(delay + height * (sent / period).fract() + mean_queue * random.exponential())
            }
            OneWay::Contention { delay, quiet, contended, quiet_wait, contended_wait, loss } => {
                if sent >= self.until {
                    self.troubled = !self.troubled;
                    let stay = if self.troubled { contended } else { quiet };
                    self.until = sent + stay * random.exponential();
                }
                let wait = if self.troubled { contended_wait } else { quiet_wait };
                let delay = delay + wait * random.exponential();
                (!(self.troubled && lost(random, loss))).then_some(delay)
            }
            OneWay::PowerSave { delay, interval } => {
                let there = sent + delay + 2.0 * random.uniform();
                Some((there / interval).ceil() * interval - sent)
            }
            OneWay::Step { delay, mean_queue, at, by } => {
                let by = if sent >= at { by } else { 0.0 };
                Some(delay + by + mean_queue * random.exponential())
            }
        }
    }
}
