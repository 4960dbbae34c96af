//! Whether what is sent keeps to what may be sent.
//!
//! libopus does not count copies, and aims at its bit rate over seconds only.

/// How often the books are looked at, in ms of sound, and the weight of a look: they cover some 5 s,
/// because speech spends unevenly.
const PERIOD_MS: u32 = 500;
const WEIGHT: f32 = 0.1;
/// How much of a deviation is made up for at each look.
const CORRECTION: f32 = 0.15;
/// The least share that is left to the encoder.
const LEAST_TRIM: f32 = 0.5;

/// Compares the bits of the packets with the bits allowed and trims the encoder's rate.
#[derive(Debug)]
pub(super) struct Spending {
    allowed_bits: f32,
    packets: u32,
    period_packets: u32,
    spent_bits: f32,
    /// What was spent of what was allowed, smoothed.
    share: f32,
    /// Share of its rate that the encoder is given, at most 1.
    trim: f32,
}

impl Spending {
    pub(super) fn new(payload_bps: u32, packet_us: u32) -> Self {
        let mut spending =
            Self { allowed_bits: 0.0, packets: 0, period_packets: 1, spent_bits: 0.0, share: 1.0, trim: 1.0 };
        spending.allow(payload_bps, packet_us);
        spending
    }

    /// From now on so much is allowed, in packets of `packet_us`.
    pub(super) fn allow(&mut self, payload_bps: u32, packet_us: u32) {
        let packet_us = packet_us.max(1);
        self.allowed_bits = payload_bps as f32 * packet_us as f32 / 1e6;
        self.period_packets = (PERIOD_MS * 1_000 / packet_us).max(1);
    }

    /// A payload of `bytes` was sent; whether the encoder's rate should be set anew.
    pub(super) fn spent(&mut self, bytes: usize) -> bool {
        self.packets += 1;
        self.spent_bits += bytes as f32 * 8.0;
        if self.packets < self.period_packets {
            return false;
        }
        let share = self.spent_bits / (self.allowed_bits * self.packets as f32).max(1.0);
        (self.packets, self.spent_bits) = (0, 0.0);
        self.share += (share.min(2.0) - self.share) * WEIGHT;
        let before = self.trim;
        self.trim = (self.trim + (1.0 - self.share) * CORRECTION).clamp(LEAST_TRIM, 1.0);
        self.trim != before
    }

    /// Bytes allowed in a packet.
    pub(super) fn packet_bytes(&self) -> usize {
        (self.allowed_bits / 8.0) as usize
    }

    pub(super) fn trimmed(&self, bps: u32) -> u32 {
        ((bps as f32 * self.trim) as u32).max(6_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_spent_comes_back_to_what_is_allowed() {
        let mut spending = Spending::new(32_000, 20_000);
        // An encoder that always makes a fifth too much.
        let mut last = 0.0;
        for _ in 0..5_000 {
            last = f64::from(spending.trimmed(32_000)) * 1.2 * 0.02 / 8.0;
            spending.spent(last as usize);
        }
        assert!((last / 80.0 - 1.0).abs() < 0.04, "{last} bytes of 80");
        for _ in 0..3_000 {
            spending.spent(20);
        }
        assert_eq!(spending.trimmed(32_000), 32_000, "nothing is held back from who spends little");
    }
}
