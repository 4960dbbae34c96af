//! What fixed rules would have made of the same packets, without decoding anything.

use super::network::{Network, OneWay};

/// Packets' times in ms: when sent, and how long each took; `None` is lost.
pub type Fates = Vec<Option<f64>>;

const PACKET_MS: f64 = 20.0;
/// From a packet's deadline to push→pop: its second frame, the codec's lookahead, half a pull.
const OURS_ABOVE_DEADLINE_MS: f64 = 10.0 + 6.5 + 6.0;
/// The same of libwebrtc, from its 50 ms on a clean loopback with a target of 20.
const NETEQ_ABOVE_DEADLINE_MS: f64 = 30.0;

pub fn fates(path: &OneWay, overtake: bool, seed: u64, seconds: u32) -> Fates {
    let mut network = Network::new(path.clone(), overtake, seed);
    (0..seconds * 50)
        .map(|k| {
            let sent = 10.0 + f64::from(k) * PACKET_MS;
            network.carry(sent).map(|arrival| arrival - sent)
        })
        .collect()
}

/// Push→pop in ms and percent missing.
#[derive(Debug, Clone, Copy)]
pub struct Trade {
    pub delay: f64,
    pub missing: f64,
}

impl Trade {
    /// One percent is worth 60 ms.
    pub fn price(&self) -> f64 {
        self.delay + 60.0 * self.missing
    }
}

/// The best that one delay for the whole call could do, known beforehand.
pub fn best_constant(fates: &Fates, skip: usize) -> Trade {
    let fates = &fates[skip..];
    (0..800)
        .map(|deadline| {
            let late =
                fates.iter().filter(|fate| fate.is_none_or(|delay| delay > f64::from(deadline))).count();
            Trade {
                delay: f64::from(deadline) + OURS_ABOVE_DEADLINE_MS,
                missing: 100.0 * late as f64 / fates.len() as f64,
            }
        })
        .min_by(|a, b| a.price().total_cmp(&b.price()))
        .expect("some")
}

/// A schedule by NetEQ's rule as its authors describe it: 95 % of the longest relative delays of each
/// half second, forgotten by 0.983 each, in steps of 20 ms, above the least delay of 2 s.
pub fn neteq_rule(fates: &Fates, skip: usize) -> Trade {
    let mut weights = [0.0f64; 100];
    let (mut longest, mut resampled, mut count, mut target) = (0.0f64, 0.0, 0.0f64, 80.0);
    let mut recent: std::collections::VecDeque<(f64, f64)> = std::collections::VecDeque::new();
    let (mut delays, mut missing) = (Vec::new(), 0usize);
    for (k, fate) in fates.iter().enumerate() {
        let now = k as f64 * PACKET_MS;
        let Some(delay) = *fate else {
            missing += usize::from(k >= skip);
            continue;
        };
        while recent.front().is_some_and(|(at, _)| *at < now - 2_000.0) {
            recent.pop_front();
        }
        recent.push_back((now, delay));
        let base = recent.iter().map(|(_, delay)| *delay).fold(f64::MAX, f64::min);
        if k >= skip {
            delays.push(base + target);
            missing += usize::from(delay > base + target);
        }
        longest = longest.max(delay - base);
        if now - resampled >= 500.0 {
            resampled = now;
            count += 1.0;
            let keep = (1.0 - 2.0 / (count + 1.0)).clamp(0.0, 0.983);
            weights.iter_mut().for_each(|weight| *weight *= keep);
            weights[((longest / 20.0) as usize).min(99)] += 1.0 - keep;
            longest = 0.0;
            let mut sum = 0.0;
            let bin = weights.iter().position(|weight| {
                sum += weight;
                sum >= 0.95
            });
            target = 20.0 * (1.0 + bin.unwrap_or(99) as f64);
        }
    }
    delays.sort_by(f64::total_cmp);
    Trade {
        delay: delays[delays.len() / 2] + NETEQ_ABOVE_DEADLINE_MS,
        missing: 100.0 * missing as f64 / (fates.len() - skip) as f64,
    }
}
