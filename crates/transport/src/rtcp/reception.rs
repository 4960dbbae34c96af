//! What is known of one received RTP stream: loss and jitter as RFC 3550 defines them. Pure.

use std::time::{Duration, Instant};

/// Opus counts time in 1/48000 s whatever it carries (RFC 7587 section 4.1).
const CLOCK_HZ: f64 = 48_000.0;
/// A jump further than this is a new numbering of the sender, not loss (RFC 3550 appendix A.1).
const MAX_DROPOUT: u16 = 3000;

#[derive(Debug, Default)]
pub(crate) struct Reception {
    started: bool,
    base: u32,
    highest: u32,
    received: u64,
    expected_prior: u64,
    received_prior: u64,
    fraction_lost: u8,
    last: Option<(Instant, u32)>,
    /// In units of the RTP clock.
    jitter: f64,
}

impl Reception {
    pub(crate) fn packet(&mut self, arrival: Instant, sequence: u16, timestamp: u32) {
        self.count(sequence);
        if let Some((last_arrival, last_timestamp)) = self.last {
            let arrived = arrival.saturating_duration_since(last_arrival).as_secs_f64() * CLOCK_HZ;
            let sent = f64::from(timestamp.wrapping_sub(last_timestamp) as i32);
            // A pause (DTX) or a new timestamp base says nothing about the network.
            if sent.abs() < CLOCK_HZ {
                self.jitter += ((arrived - sent).abs() - self.jitter) / 16.0;
            }
        }
        self.last = Some((arrival, timestamp));
    }

    fn count(&mut self, sequence: u16) {
        if !self.started {
            self.restart(sequence);
        }
        let ahead = sequence.wrapping_sub(self.highest as u16);
        if ahead < 0x8000 {
            if ahead > MAX_DROPOUT {
                self.restart(sequence);
            } else {
                self.highest = self.highest.wrapping_add(u32::from(ahead));
            }
        }
        self.received += 1;
    }

    fn restart(&mut self, sequence: u16) {
        // One cycle up, so that a packet reordered before the first one does not run below zero.
        self.base = 0x1_0000 + u32::from(sequence);
        self.highest = self.base;
        self.received = 0;
        self.expected_prior = 0;
        self.received_prior = 0;
        self.started = true;
    }

    fn expected(&self) -> u64 {
        if self.started { u64::from(self.highest.wrapping_sub(self.base)) + 1 } else { 0 }
    }

    /// Packets lost since the beginning; duplicates can make it negative.
    pub(crate) fn lost(&self) -> i64 {
        self.expected() as i64 - self.received as i64
    }

    /// Closes an interval and gives the fraction lost in it, of 256 (RFC 3550 appendix A.3).
    pub(crate) fn take_fraction_lost(&mut self) -> u8 {
        let expected = self.expected().saturating_sub(self.expected_prior);
        let received = self.received.saturating_sub(self.received_prior);
        self.expected_prior = self.expected();
        self.received_prior = self.received;
        let lost = expected.saturating_sub(received);
        self.fraction_lost = (lost * 256).checked_div(expected).unwrap_or(0).min(255) as u8;
        self.fraction_lost
    }

    pub(crate) fn fraction_lost(&self) -> f32 {
        f32::from(self.fraction_lost) / 256.0
    }

    /// Extended highest sequence number received; the first cycle is 0.
    pub(crate) fn highest(&self) -> u32 {
        self.highest.wrapping_sub(0x1_0000)
    }

    pub(crate) fn jitter_ticks(&self) -> u32 {
        self.jitter as u32
    }

    pub(crate) fn jitter(&self) -> Duration {
        Duration::from_secs_f64(self.jitter / CLOCK_HZ)
    }

    pub(crate) fn last_arrival(&self) -> Option<Instant> {
        self.last.map(|(arrival, _)| arrival)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn feed(reception: &mut Reception, sequences: impl IntoIterator<Item = u16>) {
        let start = Instant::now();
        for (index, sequence) in sequences.into_iter().enumerate() {
            let arrival = start + Duration::from_millis(20 * index as u64);
            reception.packet(arrival, sequence, 960 * index as u32);
        }
    }

    #[test]
    fn loss_is_what_is_missing_over_a_wrap_as_well() {
        let mut reception = Reception::default();
        feed(&mut reception, (65_530..=65_535).chain(0..=3).filter(|sequence| sequence % 2 == 0));
        // 65530 ..= 2: nine expected, five came.
        assert_eq!(reception.lost(), 4);
        assert_eq!(reception.take_fraction_lost(), (4 * 256 / 9) as u8);
        assert_eq!(reception.take_fraction_lost(), 0, "nothing new");
        assert_eq!(reception.highest(), 0x1_0002);
    }

    #[test]
    fn reordered_packets_are_not_lost() {
        let mut reception = Reception::default();
        feed(&mut reception, [5, 3, 4, 7, 6]);
        assert_eq!(reception.lost(), -2, "two came from before the first");
        assert_eq!(reception.take_fraction_lost(), 0);
    }

    #[test]
    fn a_new_numbering_is_not_a_loss_of_thousands() {
        let mut reception = Reception::default();
        feed(&mut reception, [1, 2, 20_000, 20_001]);
        assert_eq!(reception.lost(), 0);
    }

    #[test]
    fn jitter_is_zero_when_packets_come_as_they_were_sent() {
        let mut reception = Reception::default();
        feed(&mut reception, 0..100);
        assert!(reception.jitter() < Duration::from_micros(50), "{:?}", reception.jitter());
    }

    #[test]
    fn jitter_nears_the_mean_deviation() {
        let mut reception = Reception::default();
        let start = Instant::now();
        for index in 0..500u32 {
            let late = u64::from(index % 2) * 10;
            let arrival = start + Duration::from_millis(20 * u64::from(index) + late);
            // The timestamp wraps on the way.
            reception.packet(arrival, index as u16, u32::MAX.wrapping_sub(96_000).wrapping_add(960 * index));
        }
        let jitter = reception.jitter().as_secs_f64();
        assert!((0.0095..0.0105).contains(&jitter), "{jitter}");
    }
}
