//! What the network does to packets, and what a playout delay would cost.

use super::coverage::Coverage;
use super::floor::Floor;
use super::spread::Spread;

/// The trade: how many ms of delay it is worth to save one percent of concealed sound …
const MS_PER_PERCENT: f64 = 85.0;
/// … until talking to each other suffers: beyond this much waiting, in ms, which with the rest of
/// the way is the knee of ITU-T G.107's delay impairment (177 ms from mouth to ear), …
const TALK_SUFFERS_MS: f64 = 100.0;
/// … each ms counts as so many. Chosen on `tests/network_sweep.rs`: more gives up sound where the air
/// is contended now and then, less waits too long where it always is.
const SUFFERING: f64 = 2.0;
/// When every packet of two seconds takes so much longer than the fastest used to, in ms, that is
/// how the path is from now on.
const STEP_MS: f64 = 300.0;
const STEP_BLOCK_MS: f64 = 1_000.0;
/// What is learnt is looked at so often, in ms, and at each of the first packets.
const REFRESH_MS: f64 = 100.0;
const FIRST_PACKETS: u32 = 25;
/// Sound taken by a pull, in ms.
const FRAME_MS: f64 = 10.0;
/// Packets between two looks at the loss.
const LOSS_WINDOW: u64 = 50;
/// Memory for how the two views did, in ms of sound.
const LEDGER_MS: f64 = 20_000.0;
/// The other view must have done this much better, in ms.
const BETTER_MS: f64 = 4.0;
/// What it costs to play so many percent faster or slower all the time, in ms.
const MS_PER_PERCENT_STRETCHED: f64 = 5.0;

/// Two views of a delay: as it is, and above the least of the last second. The second one serves
/// where the path itself wanders, more slowly than the playhead can follow.
const FIXED: usize = 0;
const FOLLOWING: usize = 1;

/// Learns delay, loss and redundancy; prices a deadline.
#[derive(Debug)]
pub(crate) struct DelayModel {
    views: [Spread; 2],
    floor: Floor,
    /// Best deadline of each view, above its zero, in ms.
    best: [f64; 2],
    /// What each view would have cost lately, in ms.
    ledger: [f64; 2],
    last_deadline: f64,
    /// The view that rules.
    view: usize,
    /// When the views were last worked out; `None` if they must be.
    refreshed: Option<f64>,
    packets: u32,
    started: bool,
    packet_ms: f64,
    base: f64,
    last_arrival: f64,
    /// Share of packets that never come.
    loss: f64,
    /// What later packets tell of lost ones.
    coverage: Coverage,
    window: (u64, u64),
    /// Least delay of the last second and of this one, and when this one began.
    least: [f64; 2],
    block_began: f64,
}

impl DelayModel {
    pub(crate) fn new() -> Self {
        Self {
            views: [Spread::new(), Spread::new()],
            floor: Floor::default(),
            best: [0.0; 2],
            ledger: [0.0; 2],
            last_deadline: 0.0,
            view: FIXED,
            refreshed: None,
            packets: 0,
            started: false,
            packet_ms: 0.0,
            base: 0.0,
            last_arrival: 0.0,
            loss: 0.0,
            coverage: Coverage::new(),
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
        self.coverage.reset();
        self.window = (0, 0);
    }

    /// A packet of `packet_ms` came at `arrival_ms`, `delay` after its media time.
    ///
    /// `drift_ppm` is how fast the sender's clock is: delays fall by as much.
    pub(crate) fn arrived(&mut self, arrival_ms: f64, delay: f64, packet_ms: f64, drift_ppm: f64) {
        if packet_ms != self.packet_ms {
            // A packet leaves when its last sample is there: the delay of its first grows with it.
            if self.started {
                self.grow(packet_ms - self.packet_ms);
            }
            self.packet_ms = packet_ms;
            self.views.iter_mut().for_each(|view| view.set_packet_ms(packet_ms));
        }
        if !self.started || self.has_stepped(arrival_ms, delay) {
            self.start(arrival_ms, delay);
        } else {
            self.keep_accounts(delay);
        }
        let by = -(arrival_ms - self.last_arrival) * drift_ppm * 1e-6;
        self.last_arrival = arrival_ms;
        self.floor.add(arrival_ms, delay);
        self.views[FIXED].shift(by);
        self.views[FIXED].add(delay);
        self.views[FOLLOWING].add(delay - self.floor.ms());
        self.packets = self.packets.saturating_add(1);
        if self.packets < FIRST_PACKETS || self.refreshed.is_some_and(|at| arrival_ms - at >= REFRESH_MS) {
            self.refreshed = None;
        }
    }

    fn start(&mut self, arrival_ms: f64, delay: f64) {
        self.started = true;
        self.packets = 0;
        self.last_arrival = arrival_ms;
        self.least = [f64::MIN, delay];
        self.block_began = arrival_ms;
        self.floor.start(arrival_ms, delay);
        self.views[FIXED].start(delay);
        self.views[FOLLOWING].start(0.0);
        self.view = FIXED;
        self.ledger = [0.0; 2];
    }

    /// All delays grow by `by` ms from now on.
    fn grow(&mut self, by: f64) {
        self.views[FIXED].shift(by);
        self.floor.shift(by);
        self.least.iter_mut().for_each(|least| *least += by);
        self.last_deadline += by;
        self.base += by;
        self.best[FIXED] += by;
        self.refreshed = None;
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

    /// Books what each view's best deadline would have made of a packet.
    fn keep_accounts(&mut self, delay: f64) {
        self.refresh();
        let keep = 1.0 - (self.packet_ms / LEDGER_MS).max(1.0 / f64::from(self.packets + 1));
        for view in [FIXED, FOLLOWING] {
            let deadline = self.zero(view) + self.best[view];
            let mut price = self.wait(deadline) + if delay > deadline { 100.0 * MS_PER_PERCENT } else { 0.0 };
            if view == FOLLOWING {
                let stretched = 100.0 * (deadline - self.last_deadline).abs() / self.packet_ms;
                self.last_deadline = deadline;
                price += stretched.min(20.0) * MS_PER_PERCENT_STRETCHED;
            }
            self.ledger[view] = price + (self.ledger[view] - price) * keep;
        }
        let other = 1 - self.view;
        if self.packets > FIRST_PACKETS && self.ledger[other] + BETTER_MS < self.ledger[self.view] {
            self.view = other;
        }
    }

    /// Packet `number` came with copies: bit 0 of `carried` of the packet before, bit 1 of the one before that …
    pub(crate) fn carried(&mut self, number: i64, carried: u32) {
        self.coverage.came(number, carried);
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
        self.views.iter_mut().for_each(Spread::refresh);
        self.base = self.views[FIXED].base();
        for view in [FIXED, FOLLOWING] {
            let zero = self.zero(view);
            self.best[view] = self.cheapest(view, self.base, self.base + 1_500.0, 2.0) - zero;
        }
    }

    /// The delay from which a view counts.
    fn zero(&self, view: usize) -> f64 {
        if view == FIXED { 0.0 } else { self.floor.ms() }
    }

    /// The chance that a packet that has not come `delay` ms after its media time comes, but not within `within` ms.
    pub(crate) fn stays_away(&mut self, delay: f64, within: f64) -> f64 {
        self.refresh();
        let above = delay - self.zero(self.view);
        let late = |deadline| (1.0 - self.loss) * self.views[self.view].seen_late(deadline);
        late(above + within) / (late(above) + self.loss).max(f64::MIN_POSITIVE)
    }

    /// The price in ms of playing a packet `deadline` ms after its media time: the wait, and what
    /// would be concealed at the going rate.
    pub(crate) fn cost(&mut self, deadline: f64) -> f64 {
        self.refresh();
        self.priced(self.view, deadline)
    }

    fn priced(&self, view: usize, deadline: f64) -> f64 {
        let spread = &self.views[view];
        let above = deadline - self.zero(view);
        let late = self.missed(above, |deadline| spread.late(deadline));
        // A lost packet is saved by its copy in a later one, if that comes in time. A copy is no reason for
        // safety: few packets are lost.
        let copies = self.coverage.saved().iter().enumerate().filter(|(_, saved)| **saved > 0.0);
        let unsaved: f64 = copies
            .map(|(w, saved)| {
                let above = above - self.packet_ms * (w + 1) as f64;
                saved * self.missed(above, |deadline| spread.seen_late(deadline))
            })
            .sum();
        let concealed = (1.0 - self.loss) * late + self.loss * unsaved;
        self.wait(deadline) + concealed * 100.0 * MS_PER_PERCENT
    }

    /// Share of a packet's sound that comes too late where `late` tells the share of packets too late for a
    /// deadline, and its first frame must be there by `above`: each frame of it can wait a frame longer.
    fn missed(&self, above: f64, late: impl Fn(f64) -> f64) -> f64 {
        let frames = (self.packet_ms / FRAME_MS).max(1.0) as usize;
        (0..frames).map(|k| late(above + FRAME_MS * k as f64)).sum::<f64>() / frames as f64
    }

    /// What waiting until `deadline` costs.
    fn wait(&self, deadline: f64) -> f64 {
        deadline + (deadline - self.base - TALK_SUFFERS_MS).max(0.0) * (SUFFERING - 1.0)
    }

    /// The cheapest deadline between `base + min` and `base + max`, `base` being the least delay.
    pub(crate) fn best(&mut self, min: f64, max: f64) -> f64 {
        let base = self.base();
        self.cheapest(self.view, base + min, base + max, 1.0)
    }

    fn cheapest(&self, view: usize, from: f64, to: f64, step: f64) -> f64 {
        let mut best = (f64::INFINITY, from);
        let mut deadline = from;
        while deadline <= to {
            let cost = self.priced(view, deadline);
            if cost < best.0 {
                best = (cost, deadline);
            }
            // Waiting alone would cost more from here on.
            if deadline > best.0 {
                break;
            }
            deadline += step;
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
                model.arrived(20.0 * k as f64 + delay, delay, 20.0, 0.0);
                model.carried(k as i64, u32::from(fec));
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
    fn one_late_packet_is_not_worth_a_frame_of_delay_and_one_in_fifty_is() {
        let late =
            |every: usize| model(1_000, |k| Some(if k % every == 900 % every { 27.0 } else { 20.0 }), false);
        let gain = |mut model: DelayModel| model.cost(23.0) - model.cost(33.0);
        assert!(gain(late(901)) < 0.0, "{}", gain(late(901)));
        assert!(gain(late(50)) > 10.0, "{}", gain(late(50)));
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
