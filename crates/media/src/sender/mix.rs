//! How the bits are divided between the sound and its protection.

use super::{AudioSenderConfig, NetworkReport};
use crate::red::header_bytes;

/// Loss under which nothing is spent on it.
const WORTH_PROTECTING: f32 = 0.003;
/// How much of a report is believed at once: of the first loss, of more, and of less. Losses come in
/// bursts, and one report tells of about fifty packets.
const ONSET: f32 = 0.5;
const RISE: f32 = 0.06;
const FALL: f32 = 0.06;
/// Share of the sound lost in runs from which on the peer may wait a packet longer for its copy, and
/// under which it need no more.
const WORTH_WAITING: f32 = 0.12;
const NO_MORE_WORTH_WAITING: f32 = 0.08;
/// Runs count as no longer than this where a copy is asked for: none helps against an outage, and a few of
/// them say nothing of the rest.
const LONGEST_RUN: f32 = 4.0;
/// Bit rate from which on copies are coded for themselves, the share they get, and their most.
const TWO_CODINGS_BPS: u32 = 24_000;
const COPY_SHARE: f32 = 0.28;
const MOST_COPY_BPS: u32 = 20_000;
/// Least loss told to libopus: under 6 % it leaves the in-band copies out rather than narrow the band;
/// and where it must make them, and deep redundancy, at any rate.
const FEC_PERCENT: u8 = 10;
const SURE_FEC_PERCENT: u8 = 25;
/// Bit rate and mean run of lost packets from which on deep redundancy is worth its bits; its reach
/// in runs.
const DEEP_BPS: u32 = 48_000;
const LONG_RUN: f32 = 2.5;
const DEEP_REACH: f32 = 2.0;
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
    /// The same without what is longer than a copy can help.
    pub(super) run: f32,
}

impl Weather {
    /// Follows a rise quickly and a fall slowly: losses come in bursts.
    pub(super) fn report(&mut self, report: NetworkReport) {
        let fresh = if report.fraction_lost.is_finite() { report.fraction_lost.clamp(0.0, 1.0) } else { 0.0 };
        let believed = match fresh > self.loss {
            true if self.loss < WORTH_PROTECTING => ONSET,
            true => RISE,
            false => FALL,
        };
        self.loss += (fresh - self.loss) * believed;
        if fresh > 0.0 && report.mean_burst_packets >= 1.0 {
            for (mean, most) in [(&mut self.burst, 50.0), (&mut self.run, LONGEST_RUN)] {
                let fresh = report.mean_burst_packets.min(most);
                let before = if *mean < 1.0 { fresh } else { *mean };
                *mean = before + (fresh - before) * 0.25;
            }
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
    /// A copy of the packet before where there is no in-band one: libopus makes none of what it
    /// takes for background.
    pub(super) fill: bool,
    /// Packets whose copies are carried always: bit 0 the one before …
    pub(super) distances: u8,
    /// Bit rate at which copies are coded for themselves, in bit/s; 0 where a copy is the packet
    /// that was sent.
    pub(super) copy_bps: u32,
    /// Most deep redundancy, in ms.
    pub(super) dred_ms: u32,
}

impl Mix {
    /// Divides `payload_bps` among what `config` allows; `before` is how they were divided so far.
    ///
    /// What a single loss takes is in the next packet for few bits (in-band). Where losses come in
    /// runs, the next packet is lost as well: then a copy travels two packets behind, for which the
    /// peer has to wait one packet longer. Long runs are for deep redundancy, where bits are plenty.
    pub(super) fn divide(
        config: &AudioSenderConfig,
        payload_bps: u32,
        packet_us: u32,
        weather: Weather,
        before: Self,
    ) -> Self {
        let all = payload_bps.clamp(LEAST_BPS, MOST_BPS);
        if weather.loss < WORTH_PROTECTING {
            return Self { opus_bps: all, ..Self::default() };
        }
        let percent = (weather.loss * 100.0).ceil().clamp(1.0, 100.0) as u8;
        let red = config.red_payload_type.is_some();
        // What is shorter than 10 ms is coded by CELT, which has none.
        let fec = config.fec && !config.music && packet_us >= 10_000;
        // Share of the sound whose next packet is lost with it.
        let in_runs = weather.loss * (1.0 - 1.0 / weather.run.max(1.0));
        let waits = before.distances & 0b10 != 0;
        let worth_waiting = in_runs >= if waits { NO_MORE_WORTH_WAITING } else { WORTH_WAITING };
        let header = header_bytes(1) as u32 * 8_000_000 / packet_us;
        if red && !fec && payload_bps >= 2 * LEAST_BPS + header {
            // Nothing in-band: the packet itself, once more.
            let distances = if worth_waiting { 0b10 } else { 0b1 };
            let opus_bps = ((payload_bps - header) / 2).min(MOST_BPS);
            return Self { opus_bps, loss_percent: percent, distances, ..Self::default() };
        }
        if red && worth_waiting && payload_bps >= TWO_CODINGS_BPS {
            let copy_bps = ((payload_bps as f32 * COPY_SHARE) as u32).min(MOST_COPY_BPS);
            let opus_bps = (payload_bps - header - copy_bps).min(MOST_BPS);
            let deep = config.dred && weather.burst >= LONG_RUN && payload_bps >= DEEP_BPS;
            let reach_ms = (weather.burst * DEEP_REACH * packet_us as f32 / 1_000.0) as u32;
            let dred_ms = if deep { reach_ms.clamp(100, 500) } else { 0 };
            let loss_percent = percent.max(SURE_FEC_PERCENT);
            return Self { opus_bps, loss_percent, fec, distances: 0b10, copy_bps, dred_ms, fill: false };
        }
        let deep = config.dred && !red && weather.burst >= LONG_RUN && payload_bps >= DEEP_BPS;
        let (dred_ms, least) = if deep { (200, SURE_FEC_PERCENT) } else { (0, FEC_PERCENT) };
        let loss_percent = percent.max(least);
        Self { opus_bps: all, loss_percent, fec, fill: red && fec, dred_ms, ..Self::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn divide(payload_bps: u32, loss: f32, burst: f32, config: &AudioSenderConfig) -> Mix {
        Mix::divide(
            config,
            payload_bps,
            20_000,
            Weather { loss, burst, run: burst.min(LONGEST_RUN) },
            Mix::default(),
        )
    }

    fn everything() -> AudioSenderConfig {
        AudioSenderConfig { red_payload_type: Some(63), dred: true, ..AudioSenderConfig::default() }
    }

    #[test]
    fn protection_follows_loss_and_burstiness() {
        let all = everything();
        assert_eq!(divide(32_000, 0.0, 0.0, &all), Mix { opus_bps: 32_000, ..Mix::default() });
        let single = divide(32_000, 0.05, 1.0, &all);
        assert!(single.fec && single.fill && single.distances == 0 && single.dred_ms == 0);
        let runs = divide(32_000, 0.3, 2.0, &all);
        assert_eq!((runs.fec, runs.distances, runs.dred_ms), (true, 0b10, 0));
        assert!(runs.copy_bps >= 6_000 && runs.opus_bps > 2 * runs.copy_bps);
        assert!(divide(96_000, 0.2, 4.0, &all).dred_ms >= 100, "long runs, bits enough");
        assert_eq!(divide(12_000, 0.2, 4.0, &all).distances, 0, "too few bits for two codings");
    }

    #[test]
    fn only_what_was_negotiated_is_used() {
        let none = AudioSenderConfig { fec: false, ..AudioSenderConfig::default() };
        for (loss, burst) in [(0.01, 1.0), (0.1, 1.2), (0.3, 5.0)] {
            let mix = divide(64_000, loss, burst, &none);
            assert_eq!((mix.fec, mix.fill, mix.distances, mix.dred_ms), (false, false, 0, 0));
            let music = divide(64_000, loss, burst, &AudioSenderConfig { music: true, ..everything() });
            assert!(!music.fec && music.distances != 0 && music.copy_bps == 0, "in-band FEC is for speech");
        }
    }

    #[test]
    fn reports_that_are_no_numbers_change_nothing() {
        let mut weather = Weather::default();
        weather.report(NetworkReport { fraction_lost: f32::NAN, mean_burst_packets: f32::NAN });
        weather.report(NetworkReport { fraction_lost: 0.0, mean_burst_packets: f32::INFINITY });
        assert_eq!(weather, Weather::default());
        weather.report(NetworkReport { fraction_lost: f32::INFINITY, mean_burst_packets: f32::MAX });
        weather.report(NetworkReport { fraction_lost: 7.0, mean_burst_packets: 1e9 });
        assert!(weather.loss <= 1.0 && weather.burst <= 50.0 && weather.run <= LONGEST_RUN, "{weather:?}");
    }
}
