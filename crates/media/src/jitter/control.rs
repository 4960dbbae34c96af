//! Where the playhead should be.
//!
//! Sound is pulled 10 ms at a time, so a packet must be there at the pull that reaches into it. If
//! `lead` samples of decoded sound remain at that pull, the deadline of the packets is the playhead's
//! delay less `lead`: whatever `lead` is left over is waited in vain. The playhead is therefore
//! steered to where next to nothing is left over, and from there in whole steps to the cheapest
//! deadline. With a drifting clock the remainder runs through all values, so a full frame is allowed
//! for and the delay kept flat instead.

use super::delay::DelayModel;
use crate::FRAME_SAMPLES;

/// The remainder steered for, half a ms: small changes must not make it wrap.
pub(crate) const SPARE_SAMPLES: usize = 24;
/// Deviations under this many samples are left alone.
const DEAD_BAND: f64 = 12.0;
/// A cheaper deadline must save this much to be worth moving for, in ms.
const WORTH_LESS_DELAY_MS: f64 = 3.0;
const WORTH_MORE_DELAY_MS: f64 = 1.0;
/// Drift at which the remainder is given up, and at which it is minded again, in ppm.
const DRIFTING_PPM: f64 = 50.0;
const STEADY_PPM: f64 = 30.0;
/// Pulls in a block of the playhead's observation.
const BLOCK_PULLS: u32 = 50;
const SAMPLES_PER_MS: f64 = 48.0;

/// Limits of the delay above that of the fastest packets, in ms.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) min_ms: f64,
    pub(crate) max_ms: f64,
}

/// What is to be done about the delay.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Wish {
    /// Samples by which to play later (or, negative, sooner).
    pub(crate) later: f64,
    /// The playhead's delay that would be right, in ms; `None` before anything is known.
    pub(crate) target_ms: Option<f64>,
}

/// Observes the playhead and compares it with the deadline's price.
#[derive(Debug)]
pub(crate) struct Control {
    limits: Limits,
    /// Least delay of the playhead at a pull, of the last block and of this one.
    floors: [Option<f64>; 2],
    pulls: u32,
    drifting: bool,
    wish: Wish,
}

impl Control {
    pub(crate) fn new(limits: Limits) -> Self {
        Self { limits, floors: [None; 2], pulls: 0, drifting: false, wish: Wish::default() }
    }

    /// The playhead jumped.
    pub(crate) fn restart(&mut self) {
        self.floors = [None; 2];
        self.pulls = 0;
        self.wish = Wish::default();
    }

    /// The playhead was moved by so many samples: positive is later.
    pub(crate) fn moved(&mut self, later: f64) {
        for floor in self.floors.iter_mut().flatten() {
            *floor += later / SAMPLES_PER_MS;
        }
        self.wish.later -= later;
    }

    /// A pull found the playhead `delay_ms` after its media time.
    ///
    /// Pulls that come early, or in pairs, are what counts: packets must be there for them too.
    pub(crate) fn observe(&mut self, delay_ms: f64) {
        self.pulls += 1;
        if self.pulls >= BLOCK_PULLS {
            self.pulls = 0;
            self.floors = [self.floors[1], None];
        }
        let floor = &mut self.floors[1];
        *floor = Some(floor.map_or(delay_ms, |floor| floor.min(delay_ms)));
    }

    /// The playhead's delay that the packets can count on, in ms.
    pub(crate) fn delay(&self) -> Option<f64> {
        self.floors.iter().flatten().copied().reduce(f64::min)
    }

    pub(crate) fn wish(&self) -> Wish {
        self.wish
    }

    pub(crate) fn is_drifting(&self) -> bool {
        self.drifting
    }

    /// The delay to begin with: that of the fastest packets and what is known of the others, in ms.
    pub(crate) fn opening_delay(&self, model: &mut DelayModel) -> f64 {
        model.best(self.limits.min_ms, self.limits.max_ms)
    }

    /// Thinks again. `lead` samples are decoded; packets have `packet` samples; the sender's clock
    /// is `drift_ppm` faster than the pulls'.
    pub(crate) fn plan(&mut self, model: &mut DelayModel, lead: usize, packet: usize, drift_ppm: f64) {
        let Some(delay) = self.delay() else { return };
        let drift = drift_ppm.abs();
        self.drifting = drift > if self.drifting { STEADY_PPM } else { DRIFTING_PPM };
        self.wish = if self.drifting {
            let frame_ms = FRAME_SAMPLES as f64 / SAMPLES_PER_MS;
            let target_ms = model.best(self.limits.min_ms, self.limits.max_ms) + frame_ms;
            let target_ms = self.sticky(target_ms);
            Wish { later: (target_ms - delay) * SAMPLES_PER_MS, target_ms: Some(target_ms) }
        } else {
            self.on_the_grid(model, delay, lead, packet)
        };
        if self.wish.later.abs() < DEAD_BAND {
            self.wish.later = 0.0;
        }
    }

    /// Keeps the target while it would change little.
    fn sticky(&self, target_ms: f64) -> f64 {
        self.wish.target_ms.filter(|before| (target_ms - before).abs() < 2.0).unwrap_or(target_ms)
    }

    fn on_the_grid(&self, model: &mut DelayModel, delay: f64, lead: usize, packet: usize) -> Wish {
        let step = common_divisor(packet.max(1), FRAME_SAMPLES);
        let remainder = lead % step;
        let step_ms = step as f64 / SAMPLES_PER_MS;
        let deadline = delay - (remainder + FRAME_SAMPLES - step) as f64 / SAMPLES_PER_MS;
        let base = model.base();
        let lowest = ((base + self.limits.min_ms - deadline) / step_ms).ceil();
        let highest = ((base + self.limits.max_ms - deadline) / step_ms).floor();
        let mut best = (model.cost(deadline), 0.0);
        if lowest > 0.0 || highest < 0.0 {
            best = (f64::INFINITY, 0.0);
        }
        let mut steps = lowest.min(highest);
        while steps <= highest {
            let there = deadline + steps * step_ms;
            let worth = if steps < 0.0 { WORTH_LESS_DELAY_MS } else { WORTH_MORE_DELAY_MS };
            let cost = model.cost(there) + if steps == 0.0 { 0.0 } else { worth };
            if cost < best.0 {
                best = (cost, steps);
            }
            if there > best.0 {
                break;
            }
            steps += 1.0;
        }
        let later = SPARE_SAMPLES as f64 - remainder as f64 + best.1 * step as f64;
        Wish { later, target_ms: Some(delay + later / SAMPLES_PER_MS) }
    }
}

fn common_divisor(a: usize, b: usize) -> usize {
    if b == 0 { a } else { common_divisor(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { min_ms: 0.0, max_ms: 800.0 };

    fn steady(delay: f64) -> DelayModel {
        let mut model = DelayModel::new();
        for k in 0..5_000 {
            model.arrived(20.0 * f64::from(k), delay, 20.0, 0.0);
        }
        model
    }

    fn wish(model: &mut DelayModel, delay: f64, lead: usize, packet: usize, drift: f64) -> Wish {
        let mut control = Control::new(LIMITS);
        control.observe(delay);
        control.plan(model, lead, packet, drift);
        control.wish()
    }

    #[test]
    fn what_is_left_over_is_played_away() {
        let mut model = steady(20.0);
        let best = model.best(0.0, 800.0);
        // 5 ms left over at the pull: all but half a ms is for nothing.
        let wish = wish(&mut model, best + 5.0, 240, 960, 0.0);
        assert_eq!(wish.later, -216.0);
    }

    #[test]
    fn the_deadline_moves_in_whole_frames_and_only_if_it_pays() {
        let mut model = steady(20.0);
        let best = model.best(0.0, 800.0);
        assert_eq!(wish(&mut model, best + 0.5 + 10.0, SPARE_SAMPLES, 960, 0.0).later, -480.0);
        assert_eq!(wish(&mut model, best + 0.5 + 2.0, SPARE_SAMPLES, 960, 0.0).later, 0.0);
        assert_eq!(wish(&mut model, best + 0.5 - 4.0, SPARE_SAMPLES, 960, 0.0).later, 480.0);
        assert_eq!(wish(&mut model, best + 0.5 + 95.0, SPARE_SAMPLES + 480, 960, 0.0).later, -9.0 * 480.0);
    }

    #[test]
    fn short_packets_move_in_short_steps() {
        let mut model = steady(20.0);
        let best = model.best(0.0, 800.0);
        let wish = wish(&mut model, best + 0.5 + 7.5 + 10.0, SPARE_SAMPLES, 120, 0.0);
        assert!((-480.0..=-240.0).contains(&wish.later) && wish.later % 120.0 == 0.0, "{}", wish.later);
    }

    #[test]
    fn a_drifting_clock_gets_a_frame_and_no_grid() {
        let mut model = steady(20.0);
        let best = model.best(0.0, 800.0);
        for lead in [0, 100, 400] {
            let wish = wish(&mut model, best + 15.0, lead, 960, 200.0);
            assert!((wish.later + 240.0).abs() < 1.0, "{}", wish.later);
        }
    }

    #[test]
    fn pulls_in_pairs_count_by_the_earlier_one() {
        let mut control = Control::new(LIMITS);
        for k in 0..200 {
            control.observe(if k % 2 == 0 { 50.0 } else { 40.0 });
        }
        assert_eq!(control.delay(), Some(40.0));
        control.moved(96.0);
        assert_eq!(control.delay(), Some(42.0));
    }

    #[test]
    fn limits_hold() {
        let mut model = steady(20.0);
        let mut control = Control::new(Limits { min_ms: 100.0, max_ms: 200.0 });
        control.observe(30.0);
        control.plan(&mut model, 48, 960, 0.0);
        assert!(
            control.wish().target_ms.is_some_and(|target| (119.0..135.0).contains(&target)),
            "{:?}",
            control.wish()
        );
        control.restart();
        control.observe(500.0);
        control.plan(&mut model, 48, 960, 0.0);
        assert!(control.wish().target_ms.is_some_and(|target| target < 225.0), "{:?}", control.wish());
    }
}
