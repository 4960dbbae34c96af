use std::time::{Duration, Instant};

use crate::{Rng, Trace};

/// What one direction of a network does to packets.
#[derive(Debug, Clone, Default)]
pub struct Impairment {
    /// Share of packets lost, 0 to 1.
    pub loss: f64,
    /// Mean number of packets lost in a row, by Gilbert's model; 1 or less loses each packet on its own.
    pub mean_burst: f64,
    /// Delay of every packet.
    pub delay: Duration,
    /// Standard deviation of a normal variation of the delay; the delay never falls below zero.
    pub jitter: Duration,
    /// Whether a packet may overtake an earlier one. If not, a late packet holds back those behind it.
    pub overtaking: bool,
    /// Share of packets that arrive twice, 0 to 1.
    pub duplicate: f64,
    /// A recorded network, on top of the above.
    pub trace: Option<Trace>,
}

impl Impairment {
    /// A network that does nothing at all.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// Loses the given share of packets, 0 to 1.
    #[must_use]
    pub fn with_loss(mut self, loss: f64) -> Self {
        self.loss = loss;
        self
    }

    /// Loses packets in bursts of this mean length.
    #[must_use]
    pub fn with_mean_burst(mut self, packets: f64) -> Self {
        self.mean_burst = packets;
        self
    }

    /// Delays every packet.
    #[must_use]
    pub fn with_delay(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// Varies the delay with the given standard deviation.
    #[must_use]
    pub fn with_jitter(mut self, jitter: Duration) -> Self {
        self.jitter = jitter;
        self
    }

    /// Plays a recorded network.
    #[must_use]
    pub fn with_trace(mut self, trace: Trace) -> Self {
        self.trace = Some(trace);
        self
    }
}

/// What becomes of one packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It never arrives.
    Lost,
    /// It arrives once.
    Arrives(Instant),
    /// It arrives twice, both at the same moment.
    ArrivesTwice(Instant),
}

/// Decides the fate of the packets of one direction, from a seed.
#[derive(Debug)]
pub struct Impairer {
    impairment: Impairment,
    rng: Rng,
    start: Option<Instant>,
    last_arrival: Option<Instant>,
    /// Gilbert's bad state: the last packet was lost.
    in_burst: bool,
}

impl Impairer {
    /// The same seed and the same sending times give the same fates.
    #[must_use]
    pub fn new(impairment: Impairment, seed: u64) -> Self {
        Self { impairment, rng: Rng::new(seed), start: None, last_arrival: None, in_burst: false }
    }

    /// Changes what happens to packets from now on. The order of packets already under way is kept.
    pub fn set(&mut self, impairment: Impairment) {
        self.impairment = impairment;
    }

    /// The fate of a packet sent `now`.
    pub fn fate(&mut self, now: Instant) -> Fate {
        let start = *self.start.get_or_insert(now);
        let Impairment { loss, mean_burst, delay, jitter, overtaking, duplicate, ref trace } =
            self.impairment;
        // Always three draws a packet, so that changing one setting does not shift the fates of the others.
        let lost = self.rng.chance(loss_chance(loss, mean_burst, self.in_burst));
        self.in_burst = lost;
        let twice = self.rng.chance(duplicate);
        let variation = self.rng.normal() * jitter.as_secs_f64();
        let traced = trace.as_ref().map(|trace| trace.delay_at(now - start));
        if lost || traced == Some(None) {
            return Fate::Lost;
        }
        let traced = traced.flatten().unwrap_or_default();
        let total = (delay.as_secs_f64() + traced.as_secs_f64() + variation).max(0.0);
        let mut arrival = now + Duration::from_secs_f64(total);
        if !overtaking && let Some(last) = self.last_arrival {
            arrival = arrival.max(last);
        }
        self.last_arrival = Some(arrival);
        if twice { Fate::ArrivesTwice(arrival) } else { Fate::Arrives(arrival) }
    }
}

/// Gilbert: a burst goes on with probability 1 − 1/mean, and begins so often that `loss` comes out.
fn loss_chance(loss: f64, mean_burst: f64, in_burst: bool) -> f64 {
    if mean_burst <= 1.0 || loss <= 0.0 || loss >= 1.0 {
        return loss;
    }
    if in_burst { 1.0 - 1.0 / mean_burst } else { (loss / (mean_burst * (1.0 - loss))).min(1.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arrivals(impairment: Impairment, packets: u32) -> Vec<Option<Duration>> {
        let mut impairer = Impairer::new(impairment, 42);
        let start = Instant::now();
        (0..packets)
            .map(|k| match impairer.fate(start + Duration::from_millis(20) * k) {
                Fate::Lost => None,
                Fate::Arrives(at) | Fate::ArrivesTwice(at) => Some(at - start),
            })
            .collect()
    }

    #[test]
    fn loses_the_share_it_was_told() {
        let fates = arrivals(Impairment::none().with_loss(0.1), 20_000);
        let lost = fates.iter().filter(|fate| fate.is_none()).count();
        assert!((1_850..2_150).contains(&lost), "{lost} of 20000 were lost");
    }

    #[test]
    fn bursts_have_the_mean_length_and_the_share_they_were_told() {
        for mean in [1.5, 4.0] {
            let fates = arrivals(Impairment::none().with_loss(0.1).with_mean_burst(mean), 100_000);
            let lost = fates.iter().filter(|fate| fate.is_none()).count() as f64;
            let begun = fates.windows(2).filter(|pair| pair[0].is_some() && pair[1].is_none()).count() as f64;
            assert!((9_300.0..10_700.0).contains(&lost), "{lost} of 100000 were lost in bursts of {mean}");
            assert!((lost / begun / mean - 1.0).abs() < 0.06, "a mean burst of {} for {mean}", lost / begun);
        }
    }

    #[test]
    fn keeps_the_order_unless_told_otherwise() {
        let shaky =
            Impairment::none().with_delay(Duration::from_millis(50)).with_jitter(Duration::from_millis(30));
        let kept = arrivals(shaky.clone(), 1000);
        assert!(kept.is_sorted());
        assert!(!arrivals(Impairment { overtaking: true, ..shaky }, 1000).is_sorted());
    }

    #[test]
    fn does_nothing_when_told_nothing() {
        let fates = arrivals(Impairment::none(), 100);
        assert!((0..100u32).all(|k| fates[k as usize] == Some(Duration::from_millis(20) * k)));
    }
}
