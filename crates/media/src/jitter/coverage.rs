//! Which lost packets the ones after them make up for.

/// Farthest copy that is looked for, in packets.
pub(crate) const FARTHEST: usize = 4;
/// A packet is given up when so many later ones could have come.
const SETTLED: i64 = 10;
/// Numbers remembered.
const RING: usize = 32;
/// Lost packets that what is known is made of.
const MEMORY: f64 = 25.0;

/// Learns how far behind a lost packet its first copy comes.
#[derive(Debug)]
pub(crate) struct Coverage {
    /// Number of each packet that came, and the earlier ones it carries copies of (bit 0: the one before).
    ring: [(i64, u32); RING],
    highest: Option<i64>,
    lost: f64,
    saved: [f64; FARTHEST],
}

impl Coverage {
    pub(crate) fn new() -> Self {
        Self { ring: [(i64::MIN, 0); RING], highest: None, lost: 0.0, saved: [0.0; FARTHEST] }
    }

    /// Forgets everything.
    pub(crate) fn reset(&mut self) {
        *self = Self::new();
    }

    /// Packet `number` came; bit d − 1 of `carried` stands for a copy of packet `number − d`.
    pub(crate) fn came(&mut self, number: i64, carried: u32) {
        let highest = *self.highest.get_or_insert(number);
        if number > highest {
            // After a jump only what the ring can tell is looked at.
            for settled in (highest + 1).max(number + 1 - RING as i64 / 2)..=number {
                self.settle(settled - SETTLED);
            }
            self.highest = Some(number);
        }
        if number > highest - SETTLED {
            self.ring[slot(number)] = (number, carried);
        }
    }

    /// Share of the lost packets whose first copy comes with the packet `w + 1` after them, for each w.
    pub(crate) fn saved(&self) -> &[f64; FARTHEST] {
        &self.saved
    }

    fn carried(&self, number: i64) -> Option<u32> {
        let (known, carried) = self.ring[slot(number)];
        (known == number).then_some(carried)
    }

    /// Nothing more will come of packet `number`.
    fn settle(&mut self, number: i64) {
        // Before the first packet nothing can be said to be lost.
        if self.carried(number).is_some() || self.carried(number - 1).is_none() && self.lost == 0.0 {
            return;
        }
        let first = (0..FARTHEST).find(|w| {
            let later = self.carried(number + *w as i64 + 1);
            later.is_some_and(|carried| carried >> w & 1 == 1)
        });
        self.lost = (self.lost + 1.0).min(MEMORY);
        for (w, saved) in self.saved.iter_mut().enumerate() {
            let fresh = if first == Some(w) { 1.0 } else { 0.0 };
            *saved += (fresh - *saved) / self.lost;
        }
    }
}

fn slot(number: i64) -> usize {
    number.rem_euclid(RING as i64) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn learn(carried: u32, lost: impl Fn(i64) -> bool) -> [f64; FARTHEST] {
        let mut coverage = Coverage::new();
        for number in 70_000..72_000 {
            if !lost(number) {
                coverage.came(number, carried);
            }
        }
        *coverage.saved()
    }

    #[test]
    fn the_first_copy_that_comes_is_what_counts() {
        assert_eq!(learn(0b1, |number| number % 10 == 3), [1.0, 0.0, 0.0, 0.0]);
        assert_eq!(learn(0b110, |number| number % 10 == 3), [0.0, 1.0, 0.0, 0.0]);
        assert_eq!(learn(0, |number| number % 10 == 3), [0.0; 4], "no copies");
        let pairs = learn(0b11, |number| matches!(number % 10, 3 | 4));
        assert!(pairs.iter().zip([0.5, 0.5, 0.0, 0.0]).all(|(a, b)| (a - b).abs() < 0.03), "{pairs:?}");
        let pairs = learn(0b1, |number| matches!(number % 10, 3 | 4));
        assert!(pairs.iter().zip([0.5, 0.0, 0.0, 0.0]).all(|(a, b)| (a - b).abs() < 0.03), "{pairs:?}");
        assert_eq!(learn(0b1, |_| false), [0.0; 4]);
    }

    #[test]
    fn overtaken_packets_are_not_lost_and_jumps_are_survived() {
        let mut coverage = Coverage::new();
        for number in (0..1_000).map(|k: i64| k ^ 3) {
            coverage.came(number, 1);
        }
        assert_eq!(coverage.lost, 0.0);
        coverage.came(i64::from(u32::MAX), 1);
        coverage.came(5, 1);
        assert!(coverage.lost <= MEMORY);
    }
}
