//! How many packets are lost, and in bursts of what length.

use super::PacketFate;

/// Packets looked back on: 10 s at 20 ms.
const MEMORY: usize = 512;
/// The recent ones among them, which count when they are worse.
const RECENT: u64 = 100;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Unknown,
    Arrived,
    Lost,
}

/// The fates of the last packets by their sequence.
#[derive(Debug)]
pub(super) struct LossTracker {
    fates: Box<[Fate; MEMORY]>,
    /// One past the newest packet with a known fate.
    end: u64,
    began: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct LossView {
    pub(super) fraction_lost: f32,
    pub(super) mean_burst_packets: f32,
    /// Of all that are remembered.
    pub(super) overall: f32,
    /// Of the recent packets alone.
    pub(super) recent: f32,
    /// Packets of known fate among the recent ones.
    pub(super) recent_packets: u64,
}

impl Default for LossTracker {
    fn default() -> Self {
        Self { fates: Box::new([Fate::Unknown; MEMORY]), end: 0, began: false }
    }
}

impl LossTracker {
    pub(super) fn note(&mut self, fate: &PacketFate) {
        if !std::mem::replace(&mut self.began, true) {
            self.end = fate.sequence;
        }
        if fate.sequence + (MEMORY as u64) < self.end {
            return;
        }
        if fate.sequence >= self.end + MEMORY as u64 {
            self.fates.fill(Fate::Unknown);
            self.end = fate.sequence;
        }
        while self.end <= fate.sequence {
            self.set(self.end, Fate::Unknown);
            self.end += 1;
        }
        self.set(fate.sequence, if fate.arrival.is_some() { Fate::Arrived } else { Fate::Lost });
    }

    fn set(&mut self, sequence: u64, fate: Fate) {
        self.fates[(sequence % MEMORY as u64) as usize] = fate;
    }

    fn get(&self, sequence: u64) -> Fate {
        self.fates[(sequence % MEMORY as u64) as usize]
    }

    pub(super) fn view(&self) -> LossView {
        let (mut known, mut lost, mut bursts) = (0u64, 0u64, 0u64);
        let (mut recent_known, mut recent_lost) = (0u64, 0u64);
        let mut in_burst = false;
        for sequence in self.end.saturating_sub(MEMORY as u64)..self.end {
            let recent = self.end - sequence <= RECENT;
            match self.get(sequence) {
                Fate::Unknown => continue,
                Fate::Arrived => in_burst = false,
                Fate::Lost => {
                    lost += 1;
                    recent_lost += u64::from(recent);
                    bursts += u64::from(!std::mem::replace(&mut in_burst, true));
                }
            }
            known += 1;
            recent_known += u64::from(recent);
        }
        let share = |lost: u64, known: u64| if known == 0 { 0.0 } else { lost as f32 / known as f32 };
        let recent = share(recent_lost, recent_known);
        LossView {
            // Redundancy has to be there when a spell of loss begins, and has to outlast its gaps.
            fraction_lost: share(lost, known).max(0.7 * recent),
            mean_burst_packets: share(lost, bursts),
            overall: share(lost, known),
            recent,
            recent_packets: recent_known,
        }
    }
}
