//! One way of a call, in virtual time, and its figures.

use super::network::{Network, OneWay};
use super::random::Random;
use super::speech::Speech;
use liaison_media::{
    AudioReceiver, AudioReceiverConfig, AudioSender, AudioSenderConfig, FRAME_SAMPLES, Frame, PullKind,
    ReceiverStats, RtpPacket,
};
use std::collections::BinaryHeap;
use std::time::{Duration, Instant};

/// How often the receiver's loss reaches the sender, and how old it is then, in ms.
const REPORT_MS: f64 = 1_000.0;

/// The first 20 s heard are kept.
const KEPT_SOUND: usize = 20 * 48_000;

#[derive(Debug, Clone)]
pub struct Scenario {
    pub path: OneWay,
    pub overtake: bool,
    pub seed: u64,
    pub seconds: u32,
    /// Left out of the figures at the start.
    pub settle_seconds: u32,
    pub sender: AudioSenderConfig,
    /// The sender's clock against the receiver's, and the playout device's.
    pub sender_ppm: f64,
    pub device_ppm: f64,
    /// Lateness of pulls: uniform up to this, in ms.
    pub pull_jitter_ms: f64,
    /// Frames taken at once by the playout device.
    pub pull_burst: usize,
    /// Muted (and, with DTX, silent) in the second half of each such period in seconds.
    pub mute_period: Option<f64>,
}

impl Scenario {
    pub fn new(path: OneWay) -> Self {
        Self {
            path,
            overtake: false,
            seed: 1,
            seconds: 120,
            settle_seconds: 10,
            sender: AudioSenderConfig {
                complexity: 1,
                first_sequence: 65_000,
                ..AudioSenderConfig::default()
            },
            sender_ppm: 0.0,
            device_ppm: 0.0,
            pull_jitter_ms: 0.0,
            pull_burst: 1,
            mute_period: None,
        }
    }
}

#[derive(Debug, Clone, Default)]
pub struct Figures {
    /// First sample pushed to the same sample pulled, codec included, in ms; every 10 ms.
    pub delays: Vec<f64>,
    pub concealed: f64,
    pub stretched: f64,
    pub jitter_buffer_ms: f64,
    pub stats: ReceiverStats,
    pub hash: u64,
    /// When the first frame of `sound` was pulled, in ms since the first push.
    pub first_pull_ms: f64,
    pub sound: Vec<f32>,
    pub kinds: Vec<PullKind>,
}

impl Figures {
    pub fn delay(&self, q: f64) -> f64 {
        let mut sorted = self.delays.clone();
        sorted.sort_by(f64::total_cmp);
        sorted
            .get(((sorted.len() as f64 * q) as usize).min(sorted.len().saturating_sub(1)))
            .copied()
            .unwrap_or(0.0)
    }

    pub fn row(&self, name: &str) -> String {
        format!(
            "{name:<22} p50 {:6.1} ms  p95 {:6.1} ms  buffer {:6.1} ms  concealed {:7.4} %  events {:4}  stretched {:5.2} %  fec {}",
            self.delay(0.5),
            self.delay(0.95),
            self.jitter_buffer_ms,
            self.concealed,
            self.stats.concealment_events,
            self.stretched,
            self.stats.fec_packets_received,
        )
    }
}

struct InFlight(f64, u64, RtpPacket);

impl PartialEq for InFlight {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}
impl Eq for InFlight {}
impl PartialOrd for InFlight {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for InFlight {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        other.0.total_cmp(&self.0).then(other.1.cmp(&self.1))
    }
}

/// A first instant: only differences matter.
#[allow(clippy::disallowed_methods, reason = "a test needs a first instant from somewhere")]
pub fn epoch() -> Instant {
    Instant::now()
}

pub fn run(scenario: &Scenario) -> Figures {
    let epoch = epoch();
    let at = |ms: f64| epoch + Duration::from_nanos((ms * 1e6) as u64 + 1_000_000_000);
    let mut random = Random::new(scenario.seed ^ 0x55);
    let mut network = Network::new(scenario.path.clone(), scenario.overtake, scenario.seed);
    let mut sender = AudioSender::new(scenario.sender.clone()).expect("valid settings");
    let payload_type = scenario.sender.payload_type;
    let mut receiver =
        AudioReceiver::new(AudioReceiverConfig { payload_type, ..AudioReceiverConfig::default() })
            .expect("valid");
    let mut speech = Speech::new(scenario.seed);
    let mut flight: BinaryHeap<InFlight> = BinaryHeap::new();
    let (lookahead, first_timestamp) = (sender.lookahead_samples() as f64, scenario.sender.first_timestamp);

    let push_ms = 10.0 / (1.0 + scenario.sender_ppm * 1e-6);
    let pull_ms = 10.0 / (1.0 + scenario.device_ppm * 1e-6);
    let phase = random.uniform() * 10.0;
    let (mut pushes, mut pulls, mut carried) = (0u64, 0u64, 0u64);
    let (mut report_at, mut reported) = (REPORT_MS, (0u64, 0i64));
    let mut figures = Figures::default();
    let mut settled: Option<ReceiverStats> = None;
    let mut frame: Frame = [0.0; FRAME_SAMPLES];
    let end = f64::from(scenario.seconds) * 1e3;
    loop {
        let push_at = pushes as f64 * push_ms;
        let turn = pulls / scenario.pull_burst as u64 * scenario.pull_burst as u64;
        let pull_due = phase + turn as f64 * pull_ms;
        if push_at.min(pull_due) >= end {
            break;
        }
        if push_at <= pull_due {
            if let Some(period) = scenario.mute_period {
                sender.set_muted((push_at / 1e3 / period).fract() >= 0.5);
            }
            if let Some(packet) = sender.push(at(push_at), &speech.frame(), at(push_at)).expect("encodes")
                && let Some(arrival) = network.carry(push_at)
            {
                carried += 1;
                flight.push(InFlight(arrival, carried, packet));
            }
            pushes += 1;
            continue;
        }
        // Lateness delays the pull, not the ones after it.
        let now = pull_due + random.uniform() * scenario.pull_jitter_ms;
        pulls += 1;
        while flight.peek().is_some_and(|packet| packet.0 <= now) {
            let InFlight(arrival, _, packet) = flight.pop().expect("just seen");
            receiver.insert(at(arrival), packet);
        }
        let playhead = receiver.playout_timestamp();
        let kind = receiver.pull(at(now), &mut frame);
        for sample in frame {
            figures.hash = (figures.hash ^ u64::from(sample.to_bits())).wrapping_mul(0x0100_0000_01b3);
        }
        if now >= report_at {
            report_at += REPORT_MS;
            let stats = receiver.stats();
            let now_reported = (stats.packets_received, stats.packets_lost);
            let (came, lost) = (now_reported.0 - reported.0, (now_reported.1 - reported.1).max(0) as u64);
            reported = now_reported;
            if came + lost > 0 {
                // As the engine will: follow a rise at once, a fall slowly.
                let percent = (100 * lost).div_ceil(came + lost) as u8;
                let before = sender.stats().expected_loss_percent;
                sender.set_expected_loss(percent.max(before - before.div_ceil(8).min(before)));
            }
        }
        if now < f64::from(scenario.settle_seconds) * 1e3 {
            continue;
        }
        if settled.is_none() {
            settled = Some(receiver.stats());
            figures.first_pull_ms = now;
        }
        figures.kinds.push(kind);
        if let Some(playhead) = playhead.filter(|_| matches!(kind, PullKind::Decoded | PullKind::Fec)) {
            let media = f64::from(playhead.wrapping_sub(first_timestamp) as i32) - lookahead;
            figures.delays.push(now - media / 48.0 / (1.0 + scenario.sender_ppm * 1e-6));
        }
        if figures.sound.len() < KEPT_SOUND {
            figures.sound.extend_from_slice(&frame);
        }
    }
    let (before, after) = (settled.unwrap_or_default(), receiver.stats());
    let total = (after.total_samples_received - before.total_samples_received).max(1) as f64;
    figures.concealed = 100.0 * (after.concealed_samples - before.concealed_samples) as f64 / total;
    let stretched = (after.inserted_samples_for_deceleration - before.inserted_samples_for_deceleration)
        + (after.removed_samples_for_acceleration - before.removed_samples_for_acceleration);
    figures.stretched = 100.0 * stretched as f64 / total;
    let emitted = (after.jitter_buffer_emitted_count - before.jitter_buffer_emitted_count).max(1) as f64;
    figures.jitter_buffer_ms = 1e3 * (after.jitter_buffer_delay - before.jitter_buffer_delay) / emitted;
    figures.stats = after;
    figures.stats.concealment_events -= before.concealment_events;
    figures
}
