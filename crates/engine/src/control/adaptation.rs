//! What a call's sound may take of the network, and in packets of what length: decided a few times a second from what
//! the transport has seen of the path.

use std::time::{Duration, Instant};

use liaison_media::{NetworkReport, RateEstimate};
use liaison_transport::{NegotiatedAudio, RateEstimatorConfig};

use crate::config::AudioSending;

/// Opus in mono at this rate is full-band speech (bit/s); it is what libwebrtc sends by default, and in stereo twice
/// that.
const PAYLOAD_BPS: u32 = 32_000;
/// What the engine is asked for stays in this range (bit/s).
const PAYLOAD_RANGE: std::ops::RangeInclusive<u32> = 6_000..=128_000;
/// Headers of a packet, before it is known what they are (bytes): UDP, RTP, SRTP's tag, the extension for feedback on
/// every packet and IPv4; and the same with IPv6, which is the most.
const USUAL_OVERHEAD_BYTES: u32 = 64;
const MOST_OVERHEAD_BYTES: u32 = 84;
/// The least that is worth sending (bit/s).
const LEAST_PAYLOAD_BPS: u32 = 6_000;
/// Packets become longer when less than this is left for the sound (bit/s),
const LITTLE_AT_20_MS: u32 = 14_000;
const LITTLE_AT_40_MS: u32 = 9_000;
/// and short when at least this is left, on a path that has proven good for this long.
const PLENTY_AT_10_MS: u32 = 24_000;
const PROVEN: Duration = Duration::from_secs(8);
/// More than just enough is needed to go back, and this much time.
const MARGIN: f64 = 1.2;
const DWELL: Duration = Duration::from_secs(4);
/// The audio thread is late when it wakes later than this, more than a packet, once in a hundred times. Packets stay long for this long then.
const LATE: Duration = Duration::from_millis(25);
const LATE_FOR: Duration = Duration::from_secs(20);
/// How late it is says little before it has woken often, and while the call is set up.
const WARM_UP: Duration = Duration::from_secs(10);
/// Losses are told this often, and at once when they have become this much more.
const REPORT_EVERY: Duration = Duration::from_secs(1);
const WORSE: f32 = 0.03;

/// What one look at a session has shown.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Seen {
    /// `None`: the peer does not report on every packet.
    pub(super) estimate: Option<RateEstimate>,
    /// What the peer's last RTCP report said it lost, 0 to 1.
    pub(super) remote_fraction_lost: Option<f32>,
    /// How late the audio thread wakes, 99 % of the times by no more than this.
    pub(super) wake_lateness_p99: Duration,
}

/// What is to be changed; `None`: it stays as it is.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Decision {
    pub(super) network: Option<NetworkReport>,
    pub(super) wire_budget_bps: Option<u32>,
    pub(super) packet_time_us: Option<u32>,
}

/// The state of one session.
#[derive(Debug)]
pub(super) struct Adaptation {
    max_wire_bps: u32,
    overhead_bytes: u32,
    fixed_packet_time_us: Option<u32>,
    packet_times_us: std::ops::RangeInclusive<u32>,
    budget_bps: u32,
    packet_time_us: u32,
    changed_at: Option<Instant>,
    proven_since: Option<Instant>,
    late_until: Option<Instant>,
    /// The first look.
    began: Option<Instant>,
    reported: Option<(Instant, NetworkReport)>,
}

/// The most that a session may take of the network, in bit/s: the sound's rate, and the headers of 50 packets a second,
/// so that packets of 20 ms leave the sound all that it was given; those of packets under 10 ms where they are fixed.
fn max_wire_bps(sending: &AudioSending, channels: u8, overhead_bytes: u32, peers_limit: Option<u32>) -> u32 {
    let wanted = sending.bitrate_bps.unwrap_or(PAYLOAD_BPS * u32::from(channels));
    // Who asks for packets this short asks for their headers.
    let packets = short_packets(sending).unwrap_or(50);
    wanted.clamp(*PAYLOAD_RANGE.start(), *PAYLOAD_RANGE.end()).min(peers_limit.unwrap_or(u32::MAX))
        + overhead_bytes * 8 * packets
}

/// Packets a second, where they are to be under 10 ms.
fn short_packets(sending: &AudioSending) -> Option<u32> {
    sending.packet_time_us.filter(|us| (1..10_000).contains(us)).map(|us| 1_000_000 / us)
}

/// Bounds for the transport, before anything is known of the peer.
pub(super) fn bounds(sending: &AudioSending, channels: u8) -> RateEstimatorConfig {
    let max_bps = max_wire_bps(sending, channels, MOST_OVERHEAD_BYTES, None);
    let min_bps = LEAST_PAYLOAD_BPS + USUAL_OVERHEAD_BYTES * 8_000 / 60;
    // On a path that carries less, the first second takes longer than all others together.
    // The headers of packets under 10 ms alone are more.
    let start_bps = if short_packets(sending).is_some() { max_bps } else { max_bps.min(96_000) };
    RateEstimatorConfig { min_bps, max_bps, start_bps }
}

impl Adaptation {
    pub(super) fn new(sending: &AudioSending, agreed: &NegotiatedAudio) -> Self {
        let (least, most) = (agreed.min_packet_time_ms, agreed.max_packet_time_ms);
        let overhead_bytes = agreed.overhead_bytes_per_packet;
        let limit = agreed.max_average_bitrate_bps;
        let max_wire_bps = max_wire_bps(sending, agreed.channels, overhead_bytes, limit);
        Self {
            max_wire_bps,
            overhead_bytes,
            fixed_packet_time_us: sending.packet_time_us,
            packet_times_us: least.min(most) * 1_000..=most * 1_000,
            budget_bps: max_wire_bps.min(bounds(sending, agreed.channels).start_bps),
            packet_time_us: 20_000,
            changed_at: None,
            proven_since: None,
            late_until: None,
            began: None,
            reported: None,
        }
        .begun()
    }

    fn begun(mut self) -> Self {
        self.packet_time_us = self.fixed_packet_time_us.unwrap_or_else(|| self.allowed(20_000));
        self
    }

    /// What to start the stream with.
    pub(super) fn packet_time_us(&self) -> u32 {
        self.packet_time_us
    }

    pub(super) fn wire_budget_bps(&self) -> u32 {
        self.budget_bps
    }

    pub(super) fn decide(&mut self, now: Instant, seen: &Seen) -> Decision {
        let budget =
            seen.estimate.map_or(self.max_wire_bps, |estimate| estimate.target_bps.min(self.max_wire_bps));
        // Small steps are not worth a change, but for the last one to the top.
        let step = budget.abs_diff(self.budget_bps);
        let moved = step > self.budget_bps / 50 || (step > 0 && budget == self.max_wire_bps);
        if moved {
            self.budget_bps = budget;
        }
        let packet_time_us = self.packet_time(now, seen);
        Decision { network: self.report(now, seen), wire_budget_bps: moved.then_some(budget), packet_time_us }
    }

    /// What is left for the sound in packets of this length, in bit/s.
    fn payload_bps(&self, packet_time_us: u32) -> u32 {
        self.budget_bps.saturating_sub(
            (u64::from(self.overhead_bytes) * 8_000_000 / u64::from(packet_time_us.max(1))) as u32,
        )
    }

    fn packet_time(&mut self, now: Instant, seen: &Seen) -> Option<u32> {
        if self.fixed_packet_time_us.is_some() {
            return None;
        }
        let began = *self.began.get_or_insert(now);
        if seen.wake_lateness_p99 > LATE && now - began >= WARM_UP {
            self.late_until = Some(now + LATE_FOR);
        }
        let late = self.late_until.is_some_and(|until| now < until);
        let good = seen.estimate.is_some_and(|estimate| {
            estimate.target_bps >= self.max_wire_bps
                && estimate.fraction_lost < 0.01
                && estimate.queueing < Duration::from_millis(20)
        });
        let proven_since = if good { *self.proven_since.get_or_insert(now) } else { now };
        self.proven_since = good.then_some(proven_since);
        let current = self.packet_time_us;
        // Whoever is on the far side of a border needs more to come back.
        let needs =
            |least: u32, inside: bool| if inside { least } else { (f64::from(least) * MARGIN) as u32 };
        let wanted = if self.payload_bps(40_000) < needs(LITTLE_AT_40_MS, current <= 40_000) {
            60_000
        } else if late || self.payload_bps(20_000) < needs(LITTLE_AT_20_MS, current <= 20_000) {
            40_000
        } else if self.payload_bps(10_000) >= needs(PLENTY_AT_10_MS, current <= 10_000)
            && now - proven_since >= PROVEN
        {
            10_000
        } else {
            20_000
        };
        let wanted = self.allowed(wanted);
        let settled = self.changed_at.is_none_or(|at| now - at >= DWELL);
        // Longer at once: the headers are what the path has no room for.
        if wanted == current || (wanted < current && !settled) {
            return None;
        }
        self.changed_at = Some(now);
        self.packet_time_us = wanted;
        Some(wanted)
    }

    /// The nearest length that the peer takes.
    fn allowed(&self, packet_time_us: u32) -> u32 {
        let fits = |us: &u32| self.packet_times_us.contains(us);
        let near = |us: &u32| us.abs_diff(packet_time_us);
        [10, 20, 40, 60, 80, 100, 120]
            .map(|ms| ms * 1_000)
            .into_iter()
            .filter(fits)
            .min_by_key(near)
            .unwrap_or(packet_time_us)
    }

    fn report(&mut self, now: Instant, seen: &Seen) -> Option<NetworkReport> {
        let report = match (seen.estimate, seen.remote_fraction_lost) {
            (Some(estimate), _) => NetworkReport {
                fraction_lost: estimate.fraction_lost,
                mean_burst_packets: estimate.mean_burst_packets,
            },
            (None, Some(fraction_lost)) => NetworkReport { fraction_lost, mean_burst_packets: 0.0 },
            (None, None) => return None,
        };
        let due = self.reported.is_none_or(|(at, last)| {
            now - at >= REPORT_EVERY || report.fraction_lost > last.fraction_lost + WORSE
        });
        if !due {
            return None;
        }
        self.reported = Some((now, report));
        Some(report)
    }
}

#[cfg(test)]
mod tests;
