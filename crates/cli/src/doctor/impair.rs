//! What `--impair` says, and what `--trace` adds.

use liaison_sim::{Impairment, Trace};
use serde::Serialize;
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use crate::exit::Failure;

/// `delay=MS,jitter=MS,loss=PCT,burst=PACKETS,overtake=0|1,seed=N`: each may be left out.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Impair {
    /// Delay of every packet.
    pub delay_ms: f64,
    /// Standard deviation of a normal variation of the delay, which never falls below zero.
    pub jitter_ms: f64,
    /// Share of the packets that is lost.
    pub loss_pct: f64,
    /// Mean number of packets lost in a row.
    pub burst_packets: f64,
    /// Whether packets may overtake each other.
    pub overtake: bool,
    /// Decides which.
    pub seed: u64,
}

impl Default for Impair {
    fn default() -> Self {
        Self { delay_ms: 0.0, jitter_ms: 0.0, loss_pct: 0.0, burst_packets: 1.0, overtake: false, seed: 1 }
    }
}

impl FromStr for Impair {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut impair = Self::default();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=').ok_or_else(|| format!("{part:?} is no NAME=VALUE"))?;
            let number = |least: f64, most: f64| -> Result<f64, String> {
                let parsed = value.parse::<f64>().ok().filter(|value| (least..=most).contains(value));
                parsed.ok_or_else(|| format!("{name}={value}: a number of {least} to {most} is needed"))
            };
            match name {
                "delay" => impair.delay_ms = number(0.0, 10_000.0)?,
                "jitter" => impair.jitter_ms = number(0.0, 10_000.0)?,
                "loss" => impair.loss_pct = number(0.0, 100.0)?,
                "burst" => impair.burst_packets = number(1.0, 100.0)?,
                "overtake" => impair.overtake = number(0.0, 1.0)? != 0.0,
                "seed" => {
                    impair.seed = value.parse().map_err(|_| format!("seed={value} is no whole number"))?;
                }
                _ => return Err(format!("{name:?} is none of delay, jitter, loss, burst, overtake, seed")),
            }
        }
        Ok(impair)
    }
}

impl Impair {
    /// What the relay does with the packets.
    pub fn network(self, trace: Option<Trace>) -> Impairment {
        Impairment {
            loss: self.loss_pct / 100.0,
            mean_burst: self.burst_packets,
            delay: Duration::from_secs_f64(self.delay_ms / 1e3),
            jitter: Duration::from_secs_f64(self.jitter_ms / 1e3),
            overtaking: self.overtake,
            trace,
            ..Impairment::none()
        }
    }
}

/// Reads a trace: one delay in ms, or -1 for lost, a line of 20 ms.
pub fn read_trace(path: &Path) -> Result<Trace, Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| Failure::reading("trace", path, error, ""))?;
    Trace::parse(&text).map_err(|error| Failure::Unusable(format!("{}: {error}", path.display())))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn reads_what_it_is_told_and_leaves_the_rest() {
        let all: Impair = "delay=20,jitter=30.5,loss=5,burst=1.5,overtake=1,seed=9".parse().unwrap();
        let wanted = Impair {
            delay_ms: 20.0,
            jitter_ms: 30.5,
            loss_pct: 5.0,
            burst_packets: 1.5,
            overtake: true,
            seed: 9,
        };
        assert_eq!(all, wanted);
        assert_eq!("loss=1".parse::<Impair>().unwrap(), Impair { loss_pct: 1.0, ..Impair::default() });
        assert!((all.network(None).loss - 0.05).abs() < 1e-9);
    }

    #[test]
    fn refuses_what_makes_no_sense() {
        for text in ["loss", "loss=101", "loss=NaN", "burst=0", "delay=-1", "speed=3", "seed=x", "jitter="] {
            assert!(text.parse::<Impair>().is_err(), "{text}");
        }
    }
}
