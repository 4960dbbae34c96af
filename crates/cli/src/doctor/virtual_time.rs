//! `liaison doctor loopback --in-virtual-time`: the same call without sockets, threads and clocks.
//!
//! The engine's sender and receiver with the network between them, in a time that is told. The device's part is there:
//! what is pushed is looked at within a millisecond, and what is pulled was made a margin before, as the app-owned
//! port has it. Feedback on the packets goes back undelayed ten times a second, as between two engines.

use super::clocked::CHUNK;
use super::pair::{LEAD, TAIL};
use super::percentiles::{Percentiles, percentiles};
use super::spans::{pct, round};
use crate::exit::Failure;
use liaison_media::{
    AudioReceiver, AudioReceiverConfig, AudioSender, AudioSenderConfig, FRAME_SAMPLES, Frame, NetworkReport,
    PacketFate, RateEstimator, RateEstimatorConfig, RateInput, ReceiverStats, RtpPacket, SILENCE,
};
use liaison_sim::speech::{Timed, Times, push_to_pop};
use liaison_sim::{Fate, Impairer, Impairment};
use serde::Serialize;
use std::collections::VecDeque;
use std::time::{Duration, Instant};

const RED: u8 = 63;
/// From a push until the media thread looks at it, on average.
const LOOK: Duration = Duration::from_micros(500);
/// Before a pull its 10 ms are made: the port's margin while nothing was missed.
const MARGIN: Duration = Duration::from_millis(4);
const PERIOD: Duration = Duration::from_millis(10);
/// Headers of a packet (bits).
const HEADER_BITS: u32 = 56 * 8;
/// From one feedback to the next.
const FEEDBACK: Duration = Duration::from_millis(100);
/// From one word to the sender to the next.
const REPORT: Duration = Duration::from_secs(1);

/// What is to be measured.
pub struct VirtualCall<'a> {
    /// 48 kHz, repeated as needed; whole 10 ms.
    pub said: &'a [f32],
    pub length: Duration,
    pub network: Impairment,
    pub seed: u64,
    /// Opus at this rate, and its redundancy [bit/s].
    pub bitrate_bps: u32,
    pub packet_time_us: u32,
    pub in_band_only: bool,
    /// From a push to the next pull.
    pub pull_phase: Duration,
}

/// What came of it; fields as in the report of a call over sockets.
#[derive(Debug, Serialize)]
pub struct VirtualReport {
    version: u32,
    push_to_pop_ms: Option<Percentiles>,
    spoken_windows: usize,
    matched_windows: usize,
    concealed_pct: f64,
    dred_pct: f64,
    stretched_pct: f64,
    jitter_buffer_ms: f64,
    packets_sent: u64,
    packets_lost: u64,
}

struct Underway {
    arrival: Instant,
    packet: RtpPacket,
}

/// Both ends and the network, at one moment.
struct Scene {
    sender: AudioSender,
    receiver: AudioReceiver,
    impairer: Impairer,
    underway: VecDeque<Underway>,
    estimator: RateEstimator,
    /// What is not yet told: what became of each packet.
    fates: Vec<PacketFate>,
    start: Instant,
    max_wire_bps: u32,
    sent: u64,
    lost: u64,
}

impl Scene {
    fn push(&mut self, now: Instant, frame: &Frame) -> Result<(), Failure> {
        let other = |error: &dyn std::fmt::Display| Failure::Other(error.to_string());
        let captured = now - LOOK - PERIOD;
        let mut packet = self.sender.push(now, frame, captured).map_err(|error| other(&error))?;
        while let Some(ready) = packet {
            self.transmit(now, ready);
            packet = self.sender.next_packet().map_err(|error| other(&error))?;
        }
        Ok(())
    }

    fn transmit(&mut self, now: Instant, packet: RtpPacket) {
        self.estimator.handle(now, RateInput::Sent);
        let arrival = match self.impairer.fate(now) {
            Fate::Lost => None,
            Fate::Arrives(at) | Fate::ArrivesTwice(at) => Some(at),
        };
        let bytes = packet.payload.len() as u32 + 56;
        self.fates.push(PacketFate {
            sequence: self.sent,
            sent: now,
            arrival: arrival.map(|at| at - self.start),
            bytes,
        });
        self.sent += 1;
        match arrival {
            Some(arrival) => {
                // By arrival, and those of one moment as they were sent.
                let place = self.underway.partition_point(|other| other.arrival <= arrival);
                self.underway.insert(place, Underway { arrival, packet });
            }
            None => self.lost += 1,
        }
    }

    fn pull(&mut self, now: Instant, frame: &mut Frame) {
        while self.underway.front().is_some_and(|first| first.arrival <= now) {
            if let Some(Underway { arrival, packet }) = self.underway.pop_front() {
                self.receiver.insert(arrival, packet);
            }
        }
        self.receiver.pull(now, frame);
    }

    /// What has arrived by now is told, and what was lost once something after it has arrived.
    fn feedback(&mut self, now: Instant) {
        let since = now - self.start;
        let arrived = |fate: &PacketFate| fate.arrival.is_some_and(|at| at <= since);
        let Some(newest) = self.fates.iter().rposition(arrived) else { return };
        let known =
            |index: usize, fate: &PacketFate| arrived(fate) || (fate.arrival.is_none() && index < newest);
        let mut index = 0;
        let (told, rest) = self.fates.iter().partition(|fate| {
            index += 1;
            known(index - 1, fate)
        });
        self.fates = rest;
        let told: Vec<PacketFate> = told;
        self.estimator.handle(now, RateInput::Fates(&told));
        let target_bps = self.estimator.estimate().target_bps;
        self.sender.set_wire_budget_bps(target_bps.min(self.max_wire_bps));
    }

    fn report(&mut self) {
        let estimate = self.estimator.estimate();
        self.sender.set_network(NetworkReport {
            fraction_lost: estimate.fraction_lost,
            mean_burst_packets: estimate.mean_burst_packets,
        });
    }
}

impl VirtualCall<'_> {
    fn scene(&self, start: Instant) -> Result<Scene, Failure> {
        let other = |error: &dyn std::fmt::Display| Failure::Other(error.to_string());
        // As the engine counts them: 50 a second, and more only where packets are under 10 ms.
        let packets = if self.packet_time_us < 10_000 { 1_000_000 / self.packet_time_us } else { 50 };
        let max_wire_bps = self.bitrate_bps + HEADER_BITS * packets;
        let mut sender = AudioSender::new(AudioSenderConfig {
            packet_time_us: self.packet_time_us,
            red_payload_type: (!self.in_band_only).then_some(RED),
            dred: !self.in_band_only,
            ..AudioSenderConfig::default()
        })
        .map_err(|error| other(&error))?;
        sender.set_wire_budget_bps(max_wire_bps);
        let config = AudioReceiverConfig { red_payload_type: Some(RED), ..AudioReceiverConfig::default() };
        let estimator = RateEstimatorConfig {
            max_bps: max_wire_bps,
            // The headers of packets under 10 ms alone are more.
            start_bps: if self.packet_time_us < 10_000 { max_wire_bps } else { max_wire_bps.min(96_000) },
            ..RateEstimatorConfig::default()
        };
        Ok(Scene {
            sender,
            receiver: AudioReceiver::new(config).map_err(|error| other(&error))?,
            impairer: Impairer::new(self.network.clone(), self.seed),
            underway: VecDeque::new(),
            estimator: RateEstimator::new(estimator),
            fates: Vec::new(),
            start,
            max_wire_bps,
            sent: 0,
            lost: 0,
        })
    }

    /// Makes the call; also what was heard, at 48 kHz.
    pub fn run(&self) -> Result<(VirtualReport, Vec<f32>), Failure> {
        // Any moment that is no less than a few minutes after the clock's beginning.
        let start = Instant::now();
        let mut scene = self.scene(start)?;
        let chunks = |length: Duration| (length.as_millis() / PERIOD.as_millis()) as usize;
        let (lead, length, tail) = (chunks(LEAD), chunks(self.length), chunks(TAIL));
        let (mut said, mut heard) = (Vec::new(), Vec::new());
        let (mut said_us, mut heard_us) = (Vec::new(), Vec::new());
        let mut before = ReceiverStats::default();
        let us = |at: Instant| (at - start).as_micros() as u64;
        // Each turn: a push, then the pull that follows it.
        for turn in 0..lead + length + tail {
            let at = start + PERIOD * (turn as u32 + 1);
            let pop = at + self.pull_phase;
            let mut frame = SILENCE;
            if turn >= lead && turn < lead + length {
                let first = (turn - lead) * CHUNK % self.said.len();
                frame.copy_from_slice(&self.said[first..first + CHUNK]);
                said.extend_from_slice(&frame);
                said_us.extend(us(at).to_le_bytes());
            }
            if turn == lead {
                before = scene.receiver.stats();
            }
            let mut out = SILENCE;
            // What is pulled soon after a push was made before it.
            if self.pull_phase < MARGIN + LOOK {
                scene.pull(pop - MARGIN, &mut out);
                scene.push(at + LOOK, &frame)?;
            } else {
                scene.push(at + LOOK, &frame)?;
                scene.pull(pop - MARGIN, &mut out);
            }
            heard.extend_from_slice(&out[..FRAME_SAMPLES]);
            heard_us.extend(us(pop).to_le_bytes());
            if turn.is_multiple_of(chunks(FEEDBACK)) {
                scene.feedback(at + LOOK);
            }
            if turn.is_multiple_of(chunks(REPORT)) {
                scene.report();
            }
        }
        let said = Timed { samples: said, times: Times::from_bytes(&said_us) };
        let heard = Timed { samples: heard, times: Times::from_bytes(&heard_us) };
        let found = push_to_pop(&said, &heard).delays;
        let after = scene.receiver.stats();
        let total = after.total_samples_received - before.total_samples_received;
        let silent = after.silent_concealed_samples - before.silent_concealed_samples;
        let stretched = |stats: &ReceiverStats| {
            stats.inserted_samples_for_deceleration + stats.removed_samples_for_acceleration
        };
        let emitted = (after.jitter_buffer_emitted_count - before.jitter_buffer_emitted_count).max(1);
        let report = VirtualReport {
            version: 1,
            push_to_pop_ms: percentiles(found.windows.iter().map(|window| window.delay_ms)),
            spoken_windows: found.spoken,
            matched_windows: found.windows.len(),
            concealed_pct: pct(
                (after.concealed_samples - before.concealed_samples).saturating_sub(silent),
                total,
            ),
            dred_pct: pct(after.dred_samples - before.dred_samples, total),
            stretched_pct: pct(stretched(&after) - stretched(&before), total),
            jitter_buffer_ms: round(
                (after.jitter_buffer_delay - before.jitter_buffer_delay) * 1e3 / emitted as f64,
            ),
            packets_sent: scene.sent,
            packets_lost: scene.lost,
        };
        Ok((report, heard.samples))
    }
}

impl VirtualReport {
    /// One line for people.
    pub fn summary(&self) -> String {
        let delay = self.push_to_pop_ms.map_or_else(
            || "–".to_owned(),
            |delay| format!("{:.1} ms (p95 {:.1}, p99 {:.1})", delay.p50, delay.p95, delay.p99),
        );
        format!(
            "virtual time: push to pop {delay}; concealed {:.3} %, DRED {:.3} %; stretched {:.2} %; jitter buffer {:.1} ms; \
             {} of {} packets lost",
            self.concealed_pct,
            self.dred_pct,
            self.stretched_pct,
            self.jitter_buffer_ms,
            self.packets_lost,
            self.packets_sent,
        )
    }

    /// Writes it.
    pub fn write(&self, path: &std::path::Path) -> Result<(), Failure> {
        let text = serde_json::to_string_pretty(self).map_err(|error| Failure::Other(error.to_string()))?;
        std::fs::write(path, text + "\n").map_err(|error| Failure::writing("report", path, error))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn of(network: Impairment, said: &[f32]) -> VirtualCall<'_> {
        VirtualCall {
            said,
            length: Duration::from_secs(4),
            network,
            seed: 1,
            bitrate_bps: 32_000,
            packet_time_us: 20_000,
            in_band_only: false,
            pull_phase: Duration::from_millis(6),
        }
    }

    fn call(network: Impairment, said: &[f32]) -> VirtualReport {
        of(network, said).run().unwrap().0
    }

    #[test]
    fn packets_of_a_few_milliseconds_are_heard_whole() {
        let said: Vec<f32> = (0..48_000).map(|n| (n as f32 * 0.05).sin() * 0.3).collect();
        for (packet_time_us, packets) in [(2_500, 400), (5_000, 200), (10_000, 100)] {
            let network = Impairment::none().with_delay(Duration::from_millis(20));
            let (report, heard) = VirtualCall { packet_time_us, ..of(network, &said) }.run().unwrap();
            assert!(report.concealed_pct == 0.0 && report.packets_sent >= 4 * packets, "{report:?}");
            let loud = heard[96_000..].iter().filter(|sample| sample.abs() > 0.1).count();
            assert!(loud > 48_000, "{loud} samples of the tone");
        }
    }

    #[test]
    fn the_delay_is_the_networks_and_the_ends() {
        // A voice's pitch with a wandering height, so that no piece is like another.
        let said: Vec<f32> = (0..192_000)
            .map(|n| {
                let t = f64::from(n) / 48_000.0;
                let phase = 900.0 * t + 60.0 * (2.1 * t).sin() + 25.0 * (7.7 * t).cos();
                let loud = 0.5 + 0.5 * (9.0 * t).sin();
                ((phase.sin() + (2.0 * phase).sin() + (3.3 * phase).sin()) * loud * 0.1) as f32
            })
            .collect();
        let delay = |report: &VirtualReport| report.push_to_pop_ms.unwrap().p50;
        let clean = call(Impairment::none(), &said);
        assert!(clean.concealed_pct == 0.0 && clean.packets_lost == 0, "{clean:?}");
        // Half a packet, the codec's 6.5 ms and the pull's phase are the least; a packet's wait may come to it.
        assert!((20.0..50.0).contains(&delay(&clean)), "{clean:?}");
        let far = call(Impairment::none().with_delay(Duration::from_millis(50)), &said);
        assert!((delay(&far) - delay(&clean) - 50.0).abs() < 5.0, "{far:?} against {clean:?}");
        let lossy = call(Impairment::none().with_loss(0.2), &said);
        assert!(lossy.concealed_pct + lossy.dred_pct > 0.0 && lossy.packets_lost > 10, "{lossy:?}");
    }
}
