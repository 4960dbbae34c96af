//! What the network does to packets, and what a playout delay would cost.

use super::histogram::{DelayHistogram, Tail};

/// The trade: how many ms of delay it is worth to save one percent of concealed sound.
const MS_PER_PERCENT: f64 = 60.0;
/// Beyond this much waiting, in ms, talking to each other suffers …
const TALK_SUFFERS_MS: f64 = 100.0;
/// … and each ms counts as so many (the knee of ITU-T G.107's delay impairment).
const SUFFERING: f64 = 3.0;
/// Memory for what is usual, in ms of sound.
const LONG_MEMORY_MS: f64 = 60_000.0;
/// Memory for what goes on just now, in ms of sound.
const SHORT_MEMORY_MS: f64 = 5_000.0;
/// How much what goes on just now weighs against what is usual.
const RECENT_WEIGHT: f64 = 0.3;
/// Before anything is known, packets are thought to vary by this much, in ms …
const PRIOR_MEAN_MS: f64 = 2.0;
/// … with the weight of this many packets.
const PRIOR_WEIGHT: u32 = 6;
/// Safety for what was never seen, in ms, and its growth with the spread that was.
const MARGIN_MS: f64 = 2.0;
const MARGIN_SHARE: f64 = 0.5;
const MAX_MARGIN_MS: f64 = 4.0;
/// When every packet of two seconds takes so much longer than the fastest used to, in ms, that is
/// how the path is from now on.
const STEP_MS: f64 = 300.0;
const STEP_BLOCK_MS: f64 = 1_000.0;
/// What is learnt is looked at so often, in ms, and at each of the first packets.
const REFRESH_MS: f64 = 100.0;
const FIRST_PACKETS: u32 = 25;
/// Packets between two looks at the loss.
const LOSS_WINDOW: u64 = 50;

/// Learns delay, loss and redundancy; prices a deadline.
#[derive(Debug)]
pub(crate) struct DelayModel {
    usual: DelayHistogram,
    recent: DelayHistogram,
    usual_tail: Tail,
    recent_tail: Tail,
    /// When the tails were last worked out; `None` if they must be.
    refreshed: Option<f64>,
    packets: u32,
    started: bool,
    packet_ms: f64,
    margin: f64,
    base: f64,
    last_arrival: f64,
    /// Share of packets that never come.
    loss: f64,
    /// Share of packets that carry a copy of the one before.
    redundancy: f64,
    window: (u64, u64),
    /// Least delay of the last second and of this one, and when this one began.
    least: [f64; 2],
    block_began: f64,
}

impl DelayModel {
    pub(crate) fn new() -> Self {
        Self {
            usual: DelayHistogram::new(1_000.0),
            recent: DelayHistogram::new(100.0),
            usual_tail: Tail::new(),
            recent_tail: Tail::new(),
            refreshed: None,
            packets: 0,
            started: false,
            packet_ms: 0.0,
            margin: MARGIN_MS,
            base: 0.0,
            last_arrival: 0.0,
            loss: 0.0,
            redundancy: 0.0,
            window: (0, 0),
            least: [f64::MIN; 2],
            block_began: 0.0,
        }
    }

    /// Forgets everything.
    pub(crate) fn reset(&mut self) {
        self.started = false;
        self.packet_ms = 0.0;
        self.loss = 0.0;
        self.redundancy = 0.0;
        self.window = (0, 0);
    }

    /// A packet of `packet_ms` came at `arrival_ms`, `delay` after its media time.
    ///
    /// `drift_ppm` is how fast the sender's clock is: delays fall by as much.
    pub(crate) fn arrived(&mut self, arrival_ms: f64, delay: f64, packet_ms: f64, fec: bool, drift_ppm: f64) {
        if packet_ms != self.packet_ms {
            self.packet_ms = packet_ms;
            self.usual.set_memory((LONG_MEMORY_MS / packet_ms) as f32);
            self.recent.set_memory((SHORT_MEMORY_MS / packet_ms) as f32);
        }
        if !self.started || self.has_stepped(arrival_ms, delay) {
            self.started = true;
            self.packets = 0;
            self.last_arrival = arrival_ms;
            self.least = [f64::MIN, delay];
            self.block_began = arrival_ms;
            self.usual.start(delay, PRIOR_MEAN_MS, PRIOR_WEIGHT);
            self.recent.start(delay, PRIOR_MEAN_MS, PRIOR_WEIGHT);
        }
        let by = -(arrival_ms - self.last_arrival) * drift_ppm * 1e-6;
        self.last_arrival = arrival_ms;
        self.usual.shift(by);
        self.recent.shift(by);
        self.usual.add(delay);
        self.recent.add(delay);
        self.redundancy += (if fec { 1.0 } else { 0.0 } - self.redundancy) * (packet_ms / 3_000.0).min(0.5);
        self.packets = self.packets.saturating_add(1);
        if self.packets < FIRST_PACKETS || self.refreshed.is_some_and(|at| arrival_ms - at >= REFRESH_MS) {
            self.refreshed = None;
        }
    }

    /// Whether the path has become longer for good.
    fn has_stepped(&mut self, arrival_ms: f64, delay: f64) -> bool {
        let mut stepped = false;
        if arrival_ms - self.block_began >= STEP_BLOCK_MS {
            let floor = self.base() + STEP_MS;
            stepped = self.least.iter().all(|least| *least > floor);
            self.least = [self.least[1], f64::INFINITY];
            self.block_began = arrival_ms;
        }
        self.least[1] = self.least[1].min(delay);
        stepped
    }

    /// So many packets have been expected and received since the stream began.
    pub(crate) fn counted(&mut self, expected: u64, received: u64) {
        let (expected_before, received_before) = self.window;
        let expected_now = expected.saturating_sub(expected_before);
        if expected_now >= LOSS_WINDOW {
            let came = received.saturating_sub(received_before).min(expected_now);
            let lost = 1.0 - came as f64 / expected_now as f64;
            self.loss += (lost - self.loss) * 0.2;
            self.window = (expected, received);
        }
    }

    /// Share of packets lost lately, 0 to 1.
    #[cfg(test)]
    pub(crate) fn loss(&self) -> f64 {
        self.loss
    }

    fn refresh(&mut self) {
        if self.refreshed.is_some() {
            return;
        }
        self.refreshed = Some(self.last_arrival);
        self.usual.tail(&mut self.usual_tail);
        self.recent.tail(&mut self.recent_tail);
        self.base = self.usual_tail.quantile(0.01);
        let spread = self.usual_tail.quantile(0.999) - self.usual_tail.quantile(0.5);
        self.margin = MARGIN_MS + (MARGIN_SHARE * spread).clamp(0.0, MAX_MARGIN_MS);
    }

    /// Share of packets not there by `deadline` (a delay in ms).
    fn late(&self, deadline: f64) -> f64 {
        self.usual_tail.above(deadline).max(self.recent_tail.above(deadline) * RECENT_WEIGHT)
    }

    /// The price in ms of playing a packet `deadline` ms after its media time: the wait, and what
    /// would be concealed at the going rate.
    pub(crate) fn cost(&mut self, deadline: f64) -> f64 {
        self.refresh();
        self.priced(deadline)
    }

    fn priced(&self, deadline: f64) -> f64 {
        let deadline_kept = deadline - self.margin;
        let late = self.late(deadline_kept);
        // A lost packet is saved by the copy in the next one, if that comes in time.
        let unsaved = self.late(deadline_kept - self.packet_ms);
        let concealed = (1.0 - self.loss) * late + self.loss * self.redundancy * unsaved;
        let beyond = (deadline - self.base - TALK_SUFFERS_MS).max(0.0);
        deadline + beyond * (SUFFERING - 1.0) + concealed * 100.0 * MS_PER_PERCENT
    }

    /// The cheapest deadline between `base + min` and `base + max`, `base` being the least delay.
    pub(crate) fn best(&mut self, min: f64, max: f64) -> f64 {
        let base = self.base();
        let mut best = (f64::INFINITY, base + min);
        let mut deadline = base + min;
        while deadline <= base + max {
            let cost = self.priced(deadline);
            if cost < best.0 {
                best = (cost, deadline);
            }
            // Waiting alone would cost more from here on.
            if deadline > best.0 {
                break;
            }
            deadline += 1.0;
        }
        best.1
    }

    /// The delay of the fastest packets, in ms.
    pub(crate) fn base(&mut self) -> f64 {
        self.refresh();
        self.base
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Random;

    fn model(packets: usize, mut delay: impl FnMut(usize) -> Option<f64>, fec: bool) -> DelayModel {
        let mut model = DelayModel::new();
        let mut received = 0;
        for k in 0..packets {
            if let Some(delay) = delay(k) {
                received += 1;
                model.arrived(20.0 * k as f64 + delay, delay, 20.0, fec, 0.0);
            }
            model.counted(k as u64 + 1, received);
        }
        model
    }

    #[test]
    fn constant_delay_needs_next_to_nothing() {
        let best = model(6_000, |_| Some(20.0), false).best(0.0, 500.0);
        assert!((20.0..28.0).contains(&best), "{best}");
    }

    #[test]
    fn jitter_is_covered_to_its_price() {
        let mut random = Random::new(1);
        let best = model(6_000, |_| Some(20.0 + 40.0 * random.uniform()), false).best(0.0, 500.0);
        assert!((59.0..68.0).contains(&best), "{best}");
    }

    #[test]
    fn a_path_that_got_longer_is_learnt_anew() {
        let mut stepped = model(6_000, |k| Some(if k < 5_800 { 20.0 } else { 2_520.0 }), false);
        assert!((stepped.base() - 2_520.0).abs() < 5.0, "{}", stepped.base());
    }

    #[test]
    fn one_outage_in_a_minute_is_not_waited_for() {
        let best =
            model(3_000, |k| Some(if k % 2_900 == 2_800 { 400.0 } else { 20.0 }), false).best(0.0, 800.0);
        assert!(best < 60.0, "{best}");
    }

    #[test]
    fn redundancy_is_waited_for_only_where_packets_are_lost() {
        let lossy = |k: usize| (!k.is_multiple_of(10)).then_some(20.0);
        let with = model(6_000, lossy, true).best(0.0, 500.0);
        let without = model(6_000, lossy, false).best(0.0, 500.0);
        let lossless = model(6_000, |_| Some(20.0), true).best(0.0, 500.0);
        assert!((with - without - 20.0).abs() < 3.0, "{with} {without}");
        assert!((lossless - without).abs() < 3.0, "{lossless} {without}");
        assert!((model(6_000, lossy, true).loss() - 0.1).abs() < 0.02);
    }
}
