//! The figures of one loopback call.

use super::figures::{Figures, Sending};
use super::impair::Impair;
use super::percentiles::{Percentiles, percentiles};
use super::spans::{concealed, cpu_share, jitter_buffer_ms, pct, round, span, stretched};
use crate::exit::Failure;
use liaison_sim::packet::{Kind, classify, rtp_sequence};
use liaison_sim::speech::{Timed, push_to_pop};
use liaison_sim::{Captured, Direction, RelayCounts};
use serde::Serialize;
use std::path::Path;
use std::time::Duration;

const HZ: u32 = 48_000;
/// UDP 8, IPv4 20.
const HEADERS: u64 = 28;

/// Everything a call left behind.
pub struct Measured {
    pub said: Timed,
    pub heard: Timed,
    pub caller: Vec<Figures>,
    pub callee: Vec<Figures>,
    pub packets: Vec<Captured>,
    pub counts: RelayCounts,
}

/// From the first sample pushed to the same sample pulled.
#[derive(Debug, Serialize)]
struct PushToPop {
    /// Pieces of 240 ms of what was said, found again in what was heard, by correlation.
    #[serde(rename = "audio")]
    from_audio: Option<Percentiles>,
    /// Pieces with sound in them, and how many of those were found.
    spoken_windows: usize,
    matched_windows: usize,
    /// From RTP timestamps: when a sample was sent, by the packets on the wire, and when the receiver says it
    /// plays it. Without the codec's own delay (Opus: 2.5 to 6.5 ms).
    #[serde(rename = "timestamps")]
    from_timestamps: Option<Percentiles>,
}

#[derive(Debug, Serialize)]
struct JitterBuffer {
    mean: f64,
    p95: f64,
    target_mean: f64,
}

#[derive(Debug, Serialize)]
struct Wire {
    /// The caller's RTP, with the headers of UDP and IPv4.
    rtp_packets: u64,
    rtp_bytes: u64,
    rtp_bytes_per_s: f64,
    /// Everything, both ways.
    all_bytes: u64,
    all_bytes_per_s: f64,
    /// Of the caller's RTP packets in the whole call, those that the relay lost.
    relay_lost_pct: f64,
    mean_packet_ms: Option<f64>,
}

#[derive(Debug, Serialize)]
struct Second {
    at_s: f64,
    concealed_pct: f64,
    jitter_buffer_ms: Option<f64>,
    stretched_pct: f64,
    rtp_bytes: u64,
    cpu_s: f64,
}

#[derive(Debug, Serialize)]
struct Settings<'a> {
    impair: Impair,
    trace: Option<&'a Path>,
    seconds: f64,
    /// `null`: chosen by the engine.
    sending: Sending,
    processing: bool,
    /// What of the beginning is left out, and what the figures mean.
    notes: [&'static str; 4],
}

#[derive(Debug, Serialize)]
struct Versions {
    liaison: &'static str,
    /// The program of the ends, whose memory is measured: `liaison-end`, or without it `liaison`, with the service in it.
    end: &'static str,
    profile: &'static str,
    system: String,
}

/// `--report`.
#[derive(Debug, Serialize)]
pub struct Report<'a> {
    /// Of this format; raised when a field changes its meaning.
    version: u32,
    push_to_pop_ms: PushToPop,
    /// Samples made up, but for silence in silence, in percent of those played.
    concealed_pct: f64,
    /// The same with those that were silence (`concealedSamples` as webrtc-stats counts them).
    concealed_with_silence_pct: f64,
    concealment_events: u64,
    /// Made from deep redundancy, which is not among the concealed; from in-band redundancy; from RFC 2198's.
    dred_pct: f64,
    fec_pct: f64,
    red_pct: f64,
    stretched_pct: f64,
    jitter_buffer_ms: JitterBuffer,
    /// Packets that came late, twice or not at all, as the receiver counts them.
    packets_lost: i64,
    packets_discarded: u64,
    fec_packets: u64,
    playout_underruns: u64,
    wire: Wire,
    /// Processor seconds a second of call, both ends, without the measurement's own sound device.
    cpu_seconds_per_call_second: f64,
    /// With it.
    cpu_seconds_per_call_second_with_device: f64,
    /// The larger of the two ends.
    peak_memory_kib: u64,
    /// When 10 ms were pulled after 10 ms were pushed: a matter of chance, and part of the delay.
    pull_phase_ms: f64,
    series: Vec<Second>,
    versions: Versions,
    settings: Settings<'a>,
}

impl<'a> Report<'a> {
    /// Puts the figures together.
    pub fn new(
        impair: Impair,
        trace: Option<&'a Path>,
        sending: Sending,
        processing: bool,
        length: Duration,
        measured: &Measured,
    ) -> Result<Self, Failure> {
        let nothing =
            || Failure::Other("the call is too short to be measured: give --seconds more".to_owned());
        let from_us = measured.said.times.first().ok_or_else(nothing)?;
        let until_us = measured.said.times.last().ok_or_else(nothing)? + 10_000;
        let heard_from_us = measured.heard.times.first().ok_or_else(nothing)?;
        let (before, after, seconds) = span(&measured.callee, from_us).ok_or_else(nothing)?;
        let (sent_before, sent_after, _) = span(&measured.caller, from_us).ok_or_else(nothing)?;
        let total = after.total_samples.saturating_sub(before.total_samples);
        let all_concealed = after.concealed_samples.saturating_sub(before.concealed_samples);
        let buffer = |of| jitter_buffer_ms(&before, &after, of).unwrap_or(0.0);
        let by_second: Vec<f64> = seconds
            .windows(2)
            .filter_map(|pair| jitter_buffer_ms(&pair[0], &pair[1], |figures| figures.jitter_buffer_delay_s))
            .collect();
        let both =
            |device| round(cpu_share(&before, &after, device) + cpu_share(&sent_before, &sent_after, device));
        Ok(Self {
            version: 1,
            push_to_pop_ms: PushToPop::of(measured, from_us),
            concealed_pct: pct(concealed(&before, &after), total),
            concealed_with_silence_pct: pct(all_concealed, total),
            concealment_events: after.concealment_events - before.concealment_events,
            dred_pct: pct(after.dred_samples.saturating_sub(before.dred_samples), total),
            fec_pct: pct(after.fec_samples.saturating_sub(before.fec_samples), total),
            red_pct: pct(after.red_samples.saturating_sub(before.red_samples), total),
            stretched_pct: pct(stretched(&before, &after), total),
            jitter_buffer_ms: JitterBuffer {
                mean: buffer(|figures| figures.jitter_buffer_delay_s),
                p95: percentiles(by_second).map_or(0.0, |seconds| seconds.p95),
                target_mean: buffer(|figures| figures.jitter_buffer_target_s),
            },
            packets_lost: after.packets_lost - before.packets_lost,
            packets_discarded: after.packets_discarded - before.packets_discarded,
            fec_packets: after.fec_packets - before.fec_packets,
            playout_underruns: after.playout_underruns - before.playout_underruns,
            wire: wire(measured, from_us, until_us),
            cpu_seconds_per_call_second: both(false),
            cpu_seconds_per_call_second_with_device: both(true),
            peak_memory_kib: after.peak_rss_kib.max(sent_after.peak_rss_kib),
            pull_phase_ms: round(((heard_from_us as f64 - from_us as f64) / 1e3).rem_euclid(10.0)),
            series: series(measured, seconds, from_us),
            versions: Versions {
                liaison: env!("CARGO_PKG_VERSION"),
                end: if super::stage::end_program().is_ok_and(|program| program.is_some()) {
                    "liaison-end"
                } else {
                    "liaison"
                },
                profile: if cfg!(debug_assertions) { "debug" } else { "release" },
                system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            },
            settings: Settings {
                impair,
                trace,
                seconds: length.as_secs_f64(),
                sending,
                processing,
                notes: [
                    "The first 2 s of the call are silence and left out of every figure.",
                    "A sample has the time of the call that pushed or pulled the first sample of its 10 ms, plus its place in it.",
                    "Concealed: not decoded from a packet or its redundancy.",
                    "The relay impairs the caller's RTP; everything else passes undisturbed.",
                ],
            },
        })
    }

    /// One line for people.
    pub fn summary(&self) -> String {
        let delay = self.push_to_pop_ms.from_audio;
        let ms = |of: fn(Percentiles) -> f64| {
            delay.map_or_else(|| "–".to_owned(), |delay| format!("{:.1}", of(delay)))
        };
        format!(
            "push to pop {} ms (p95 {}, p99 {}); concealed {:.3} %, DRED {:.3} %; stretched {:.2} %; jitter buffer {:.1} ms; \
             {:.0} bytes/s of RTP; CPU {:.2} % of a core; {:.1} MB",
            ms(|delay| delay.p50),
            ms(|delay| delay.p95),
            ms(|delay| delay.p99),
            self.concealed_pct,
            self.dred_pct,
            self.stretched_pct,
            self.jitter_buffer_ms.mean,
            self.wire.rtp_bytes_per_s,
            100.0 * self.cpu_seconds_per_call_second,
            self.peak_memory_kib as f64 / 1024.0,
        )
    }

    /// Writes it.
    pub fn write(&self, path: &Path) -> Result<(), Failure> {
        let text = serde_json::to_string_pretty(self).map_err(|error| Failure::Other(error.to_string()))?;
        std::fs::write(path, text + "\n").map_err(|error| Failure::writing("report", path, error))
    }
}

impl PushToPop {
    fn of(measured: &Measured, from_us: u64) -> Self {
        let found = push_to_pop(&measured.said, &measured.heard).delays;
        Self {
            from_audio: percentiles(found.windows.iter().map(|window| window.delay_ms)),
            spoken_windows: found.spoken,
            matched_windows: found.windows.len(),
            from_timestamps: from_timestamps(measured, from_us),
        }
    }
}

/// A packet leaves when its last 10 ms were pushed, so its first sample was pushed the packet's length less 10 ms
/// before. The fastest packets say so best: an encoder that is late makes a packet late, never early.
fn from_timestamps(measured: &Measured, from_us: u64) -> Option<Percentiles> {
    let packets: Vec<(i64, u16, u32)> = measured
        .packets
        .iter()
        .filter(|packet| packet.direction == Direction::AToB)
        .filter_map(|packet| {
            let timestamp = packet.bytes.get(4..8)?.try_into().ok().map(u32::from_be_bytes)?;
            let sequence = rtp_sequence(&packet.bytes)?;
            Some((liaison_device::time::micros(packet.at) as i64, sequence, timestamp))
        })
        .collect();
    let origin = packets.first()?.2;
    let us_of = |timestamp: u32| i64::from(timestamp.wrapping_sub(origin) as i32) * 1_000_000 / i64::from(HZ);
    let lengths = packets.windows(2).filter(|pair| pair[1].1 == pair[0].1.wrapping_add(1));
    let pushed_at_0 = lengths
        .map(|pair| {
            let (at, _, timestamp) = pair[0];
            let length_us = us_of(pair[1].2) - us_of(timestamp);
            at - us_of(timestamp) - length_us + 10_000
        })
        .min()?;
    let marks = measured.callee.iter().filter_map(|figures| figures.playout_mark);
    percentiles(
        marks
            .filter(|(_, played_us)| *played_us > from_us)
            .map(|(timestamp, played_us)| (played_us as i64 - us_of(timestamp) - pushed_at_0) as f64 / 1e3),
    )
}

fn wire(measured: &Measured, from_us: u64, until_us: u64) -> Wire {
    let inside = |packet: &&Captured| (from_us..until_us).contains(&liaison_device::time::micros(packet.at));
    let (mut rtp_packets, mut rtp_bytes, mut all_bytes) = (0, 0, 0);
    for packet in measured.packets.iter().filter(inside) {
        let bytes = packet.bytes.len() as u64 + HEADERS;
        all_bytes += bytes;
        if packet.direction == Direction::AToB && classify(&packet.bytes) == Kind::Srtp {
            rtp_packets += 1;
            rtp_bytes += bytes;
        }
    }
    let seconds = (until_us - from_us) as f64 / 1e6;
    let counts = &measured.counts.a_to_b;
    Wire {
        rtp_packets,
        rtp_bytes,
        rtp_bytes_per_s: round(rtp_bytes as f64 / seconds),
        all_bytes,
        all_bytes_per_s: round(all_bytes as f64 / seconds),
        relay_lost_pct: pct(counts.srtp_lost, counts.srtp),
        mean_packet_ms: (rtp_packets > 0).then(|| round(seconds * 1e3 / rtp_packets as f64)),
    }
}

fn series(measured: &Measured, seconds: &[Figures], from_us: u64) -> Vec<Second> {
    seconds
        .windows(2)
        .map(|pair| {
            let (before, after) = (&pair[0], &pair[1]);
            let total = after.total_samples.saturating_sub(before.total_samples);
            let rtp_bytes = measured.packets.iter().filter(|packet| {
                packet.direction == Direction::AToB
                    && classify(&packet.bytes) == Kind::Srtp
                    && (before.us..after.us).contains(&liaison_device::time::micros(packet.at))
            });
            Second {
                at_s: round((after.us as f64 - from_us as f64) / 1e6),
                concealed_pct: pct(concealed(before, after), total),
                jitter_buffer_ms: jitter_buffer_ms(before, after, |figures| figures.jitter_buffer_delay_s),
                stretched_pct: pct(stretched(before, after), total),
                rtp_bytes: rtp_bytes.map(|packet| packet.bytes.len() as u64 + HEADERS).sum(),
                cpu_s: round(after.cpu_us.saturating_sub(before.cpu_us) as f64 / 1e6),
            }
        })
        .collect()
}
