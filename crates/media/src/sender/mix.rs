//! How the bits are divided between the sound and its protection.

use super::{AudioSenderConfig, NetworkReport};
use crate::red::header_bytes;

/// Loss under which nothing is spent on it.
const WORTH_PROTECTING: f32 = 0.005;
/// How much of a rise, and of a fall, of the reported loss is believed at once.
const RISE: f32 = 0.5;
const FALL: f32 = 0.1;
/// The least and the most bits Opus is given, in bit/s.
const LEAST_BPS: u32 = 6_000;
const MOST_BPS: u32 = 510_000;

/// The way there as it is thought to be: reports, smoothed.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Weather {
    /// Share of packets lost.
    pub(super) loss: f32,
    /// Mean packets lost in a row.
    pub(super) burst: f32,
}

impl Weather {
    /// Follows a rise quickly and a fall slowly: losses come in bursts.
    pub(super) fn report(&mut self, report: NetworkReport) {
        let fresh = if report.fraction_lost.is_finite() { report.fraction_lost.clamp(0.0, 1.0) } else { 0.0 };
        self.loss += (fresh - self.loss) * if fresh > self.loss { RISE } else { FALL };
        if fresh > 0.0 && report.mean_burst_packets >= 1.0 {
            let burst = report.mean_burst_packets.min(50.0);
            let before = if self.burst < 1.0 { burst } else { self.burst };
            self.burst = before + (burst - before) * 0.25;
        }
    }
}

/// What the encoder and the packets are set to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Mix {
    /// Bit rate of the encoder, everything that it makes included.
    pub(super) opus_bps: u32,
    /// Loss the encoder is told.
    pub(super) loss_percent: u8,
    /// In-band copies of the packet before.
    pub(super) fec: bool,
    /// Packets whose copies are carried: bit 0 the one before …
    pub(super) distances: u8,
    pub(super) dred_ms: u32,
}

impl Mix {
    /// Divides `payload_bps` among what `config` allows.
    pub(super) fn divide(
        config: &AudioSenderConfig,
        payload_bps: u32,
        packet_ms: u32,
        weather: Weather,
    ) -> Self {
        let percent = (weather.loss * 100.0).ceil().clamp(0.0, 100.0) as u8;
        let clear = weather.loss < WORTH_PROTECTING;
        if clear {
            return Self { opus_bps: payload_bps.clamp(LEAST_BPS, MOST_BPS), ..Self::default() };
        }
        let red = config.red_payload_type.is_some();
        let distances = u8::from(red);
        let copies = distances.count_ones();
        let headers = if copies > 0 { header_bytes(copies as usize) as u32 * 8_000 / packet_ms } else { 0 };
        Self {
            opus_bps: (payload_bps.saturating_sub(headers) / (1 + copies)).clamp(LEAST_BPS, MOST_BPS),
            loss_percent: percent,
            fec: config.fec && !config.music && copies == 0,
            distances,
            dred_ms: 0,
        }
    }
}
