//! One way of a call in virtual time over natural speech, for choosing and checking the protection.
//!
//! ```text
//! offline_quality IN.raw OUT.raw [trace=FILE | ge=LOSS,BURST | gauss=DELAY,SIGMA,LOSS] [seed=N]
//!                 [red=0|1] [dred=0|1] [fec=0|1] [deep=MS] [wire=BPS] [ptime=MS] [min=MS] [phase=MS] [jitter=MS]
//! ```
//!
//! Sound is raw 16-bit little-endian mono at 48 kHz. What was heard is written, one sample for each
//! pulled, and one line of figures is printed. `ge` is a Gilbert–Elliott channel that loses the share
//! LOSS in runs of BURST packets on average. `phase` is when a pull comes after a push, in ms and 0 to 10; `jitter` is
//! added to delays, uniform up to so much.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a program for the desk, not of the library"
)]

use liaison_media::{
    AudioReceiver, AudioReceiverConfig, AudioSender, AudioSenderConfig, FRAME_SAMPLES, Frame, NetworkReport,
    PullKind, RtpPacket,
};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

const RED: u8 = 63;
/// Left out of the figures.
const SETTLE_MS: f64 = 10_000.0;

enum Path {
    Trace(Vec<f64>),
    GilbertElliott { loss: f64, burst: f64, bad: bool },
    Gauss { delay: f64, sigma: f64, loss: f64 },
}

struct Random(u64);

impl Random {
    fn uniform(&mut self) -> f64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11) as f64 / (1u64 << 53) as f64
    }

    fn normal(&mut self) -> f64 {
        let (a, b) = (self.uniform().max(1e-12), self.uniform());
        (-2.0 * a.ln()).sqrt() * (std::f64::consts::TAU * b).cos()
    }
}

impl Path {
    /// Delay of a packet sent at `ms`, or nothing.
    fn carry(&mut self, ms: f64, random: &mut Random) -> Option<f64> {
        match self {
            Self::Trace(lines) => Some(lines[(ms / 20.0) as usize % lines.len()]).filter(|d| *d >= 0.0),
            Self::GilbertElliott { loss, burst, bad } => {
                let leave = 1.0 / *burst;
                let enter = *loss * leave / (1.0 - *loss);
                *bad = if *bad { random.uniform() >= leave } else { random.uniform() < enter };
                (!*bad).then_some(20.0)
            }
            Self::Gauss { delay, sigma, loss } => {
                let late = (*delay + *sigma * random.normal()).max(0.0);
                (random.uniform() >= *loss).then_some(late)
            }
        }
    }
}

fn numbers(text: &str) -> Vec<f64> {
    text.split(',').map(|number| number.parse().expect("a number")).collect()
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let option = |name: &str| {
        arguments
            .iter()
            .find_map(|argument| argument.strip_prefix(name)?.strip_prefix('='))
            .map(str::to_owned)
    };
    let number = |name: &str, otherwise: u32| option(name).map_or(otherwise, |text| text.parse().unwrap());
    let sound: Vec<f32> = std::fs::read(&arguments[0])
        .expect("IN.raw")
        .chunks_exact(2)
        .map(|pair| f32::from(i16::from_le_bytes([pair[0], pair[1]])) / 32_768.0)
        .collect();
    let mut path = Path::Gauss { delay: 20.0, sigma: 0.0, loss: 0.0 };
    if let Some(file) = option("trace") {
        let text = std::fs::read_to_string(file).expect("the trace");
        path = Path::Trace(text.lines().map(|line| line.parse().expect("a number a line")).collect());
    } else if let Some(text) = option("ge") {
        let numbers = numbers(&text);
        path = Path::GilbertElliott { loss: numbers[0], burst: numbers[1], bad: false };
    } else if let Some(text) = option("gauss") {
        let numbers = numbers(&text);
        path = Path::Gauss { delay: numbers[0], sigma: numbers[1], loss: numbers[2] };
    }
    let mut random = Random(u64::from(number("seed", 1)).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let real = |name: &str, otherwise: f64| option(name).map_or(otherwise, |text| text.parse().unwrap());
    let (phase, jitter) = (real("phase", 3.7), real("jitter", 0.0));
    let packet_time_ms = number("ptime", 20);
    let config = AudioSenderConfig {
        packet_time_us: packet_time_ms * 1_000,
        fec: number("fec", 1) == 1,
        dred: number("dred", 0) == 1,
        red_payload_type: (number("red", 1) == 1).then_some(RED),
        ..AudioSenderConfig::default()
    };
    let overhead = f64::from(config.overhead_bytes_per_packet);
    let mut sender = AudioSender::new(config).expect("valid");
    sender.set_wire_budget_bps(number("wire", 54_400));
    let mut receiver = AudioReceiver::new(AudioReceiverConfig {
        red_payload_type: Some(RED),
        deep_concealment_ms: number("deep", 60),
        min_delay_ms: number("min", 0),
        ..AudioReceiverConfig::default()
    })
    .expect("valid");

    let start = Instant::now();
    let at = |ms: f64| start + Duration::from_nanos((ms * 1e6) as u64);
    let mut flight: BTreeMap<(u64, u32), RtpPacket> = BTreeMap::new();
    let (mut out, mut delays) = (Vec::with_capacity(sound.len() * 2), Vec::new());
    let (mut wire_bytes, mut sent, mut last_arrival) = (0.0, 0u32, 0.0f64);
    let (mut lost, mut bursts, mut all, mut in_burst) = (0u32, 0u32, 0u32, false);
    let mut settled = None;
    let mut frame: Frame = [0.0; FRAME_SAMPLES];
    for (k, chunk) in sound.chunks_exact(FRAME_SAMPLES).enumerate() {
        let ms = k as f64 * 10.0;
        frame.copy_from_slice(chunk);
        if let Some(packet) = sender.push(at(ms), &frame, at(ms)).expect("encodes") {
            wire_bytes += packet.payload.len() as f64 + overhead;
            sent += 1;
            all += 1;
            if let Some(delay) = path.carry(ms, &mut random) {
                // Nothing overtakes.
                let arrival = (ms + delay + jitter * random.uniform()).max(last_arrival + 0.01);
                last_arrival = arrival;
                flight.insert(((arrival * 1e3) as u64, sent), packet);
                in_burst = false;
            } else {
                lost += 1;
                bursts += u32::from(!in_burst);
                in_burst = true;
            }
        }
        if k % 100 == 99 {
            sender.set_network(NetworkReport {
                fraction_lost: lost as f32 / all.max(1) as f32,
                mean_burst_packets: lost as f32 / bursts.max(1) as f32,
            });
            (lost, bursts, all) = (0, 0, 0);
        }
        let now = ms + phase;
        while let Some(entry) = flight.first_entry() {
            let arrival = entry.key().0 as f64 / 1e3;
            if arrival > now {
                break;
            }
            receiver.insert(at(arrival), entry.remove());
        }
        let playhead = receiver.playout_timestamp();
        let kind = receiver.pull(at(now), &mut frame);
        out.extend(
            frame.iter().flat_map(|x| ((x * 32_767.0).clamp(-32_768.0, 32_767.0) as i16).to_le_bytes()),
        );
        if ms < SETTLE_MS {
            continue;
        }
        settled.get_or_insert_with(|| receiver.stats());
        if let Some(playhead) = playhead.filter(|_| matches!(kind, PullKind::Decoded | PullKind::Red)) {
            delays.push(now - (f64::from(playhead) - sender.lookahead_samples() as f64) / 48.0);
        }
    }
    std::fs::write(&arguments[1], out).expect("OUT.raw");
    let (before, after) = (settled.unwrap_or_default(), receiver.stats());
    let total = (after.total_samples_received - before.total_samples_received).max(1) as f64;
    let share = |now: u64, then: u64| 100.0 * (now - then) as f64 / total;
    delays.sort_by(f64::total_cmp);
    let p50 = delays.get(delays.len() / 2).copied().unwrap_or(0.0);
    println!(
        "wire_kbps {:.2} p50_ms {p50:.1} p95_ms {:.1} concealed {:.3} fec {:.3} red {:.3} dred {:.3} stretched {:.3}",
        wire_bytes * 8.0 / (sound.len() as f64 / 48.0),
        delays.get(delays.len() * 95 / 100).copied().unwrap_or(0.0),
        share(after.concealed_samples, before.concealed_samples),
        share(after.fec_samples, before.fec_samples),
        share(after.red_samples, before.red_samples),
        share(after.dred_samples, before.dred_samples),
        share(
            after.inserted_samples_for_deceleration + after.removed_samples_for_acceleration,
            before.inserted_samples_for_deceleration + before.removed_samples_for_acceleration,
        ),
    );
}
