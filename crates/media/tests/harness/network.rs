//! What happens to packets on the way.

use super::random::Random;
use std::path::Path;

/// One way through a network. Times in ms.
#[derive(Debug, Clone)]
pub enum OneWay {
    /// Constant delay, plus a small exponential queue, as on a quiet wire.
    Clean { delay: f64, mean_queue: f64 },
    /// `max(0, delay + N(0, sigma))` and independent loss.
    Gaussian { delay: f64, sigma: f64, loss: f64 },
    /// Line k holds for packets sent in [20k, 20k + 20) ms; negative is lost. Repeats.
    Trace(Vec<f64>),
}

#[derive(Debug)]
pub struct Network {
    path: OneWay,
    overtake: bool,
    random: Random,
    last_arrival: f64,
}

impl Network {
    pub fn new(path: OneWay, overtake: bool, seed: u64) -> Self {
        Self { path, overtake, random: Random::new(seed), last_arrival: f64::MIN }
    }

    pub fn trace(name: &str) -> OneWay {
        let file =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/traces").join(format!("{name}.txt"));
        let text = std::fs::read_to_string(file).expect("the trace is in tests/data/traces");
        OneWay::Trace(text.lines().map(|line| line.parse().expect("a number a line")).collect())
    }

    /// Arrival time of a packet sent at `sent` ms; `None` if it is lost.
    pub fn carry(&mut self, sent: f64) -> Option<f64> {
        let delay = match &self.path {
            OneWay::Clean { delay, mean_queue } => delay + mean_queue * self.random.exponential(),
            OneWay::Gaussian { delay, sigma, loss } => {
                let (delay, lost) = (delay + sigma * self.random.normal(), self.random.uniform() < *loss);
                if lost { -1.0 } else { delay.max(0.0) }
            }
            OneWay::Trace(lines) => lines[(sent / 20.0) as usize % lines.len()],
        };
        if delay < 0.0 {
            return None;
        }
        let mut arrival = sent + delay;
        if !self.overtake {
            arrival = arrival.max(self.last_arrival + 0.01);
        }
        self.last_arrival = self.last_arrival.max(arrival);
        Some(arrival)
    }
}
