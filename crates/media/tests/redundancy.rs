//! Lost packets come back: copies (RFC 2198), in-band FEC, deep redundancy; and what they cost.

#![allow(clippy::expect_used, reason = "a call that cannot be set up should stop the test")]

mod harness;

use harness::random::Random;
use harness::speech::Speech;
use liaison_media::{
    AudioReceiver, AudioReceiverConfig, AudioSender, AudioSenderConfig, NetworkReport, PullKind,
    ReceiverStats, RtpPacket, SILENCE,
};
use proptest::prelude::*;
use std::collections::VecDeque;
use std::time::{Duration, Instant};

const RED: u8 = 63;

fn sending() -> AudioSenderConfig {
    AudioSenderConfig { red_payload_type: Some(RED), complexity: 3, ..AudioSenderConfig::default() }
}

fn receiving() -> AudioReceiverConfig {
    AudioReceiverConfig { red_payload_type: Some(RED), ..AudioReceiverConfig::default() }
}

/// A call over a constant delay of 20 ms.
struct Call {
    start: Instant,
    sender: AudioSender,
    receiver: AudioReceiver,
    speech: Speech,
    said: Vec<f32>,
    heard: Vec<f32>,
    kinds: Vec<PullKind>,
    flight: VecDeque<(u64, RtpPacket)>,
    tick: u64,
    wire_bytes: u64,
    sent: u64,
}

impl Call {
    fn new(sender: AudioSenderConfig, receiver: AudioReceiverConfig) -> Self {
        Self {
            start: harness::call::epoch(),
            sender: AudioSender::new(sender).expect("valid"),
            receiver: AudioReceiver::new(receiver).expect("valid"),
            speech: Speech::new(4),
            said: Vec::new(),
            heard: Vec::new(),
            kinds: Vec::new(),
            flight: VecDeque::new(),
            tick: 0,
            wire_bytes: 0,
            sent: 0,
        }
    }

    /// Runs for `ms`; `lose` is asked by the packet's number since the call began.
    fn run(&mut self, ms: u64, mut lose: impl FnMut(u64) -> bool) {
        for _ in 0..ms / 10 {
            let now = self.start + Duration::from_millis(self.tick * 10);
            let frame = self.speech.frame();
            self.said.extend(frame);
            if let Some(packet) = self.sender.push(now, &frame, now).expect("encodes") {
                self.wire_bytes += packet.payload.len() as u64 + 56;
                if !lose(self.sent) {
                    self.flight.push_back((self.tick + 2, packet));
                }
                self.sent += 1;
            }
            while self.flight.front().is_some_and(|(due, _)| *due <= self.tick) {
                let (_, packet) = self.flight.pop_front().expect("just seen");
                self.receiver.insert(now, packet);
            }
            let mut out = SILENCE;
            self.kinds.push(self.receiver.pull(now + Duration::from_millis(3), &mut out));
            self.heard.extend(out);
            self.tick += 1;
        }
    }

    fn report(&mut self, fraction_lost: f32, mean_burst_packets: f32) {
        self.sender.set_network(NetworkReport { fraction_lost, mean_burst_packets });
    }

    fn stats(&self) -> ReceiverStats {
        self.receiver.stats()
    }
}

#[test]
fn copies_save_every_single_loss() {
    let mut call = Call::new(sending(), receiving());
    call.run(1_000, |_| false);
    for _ in 0..8 {
        call.report(0.4, 3.0);
    }
    call.run(10_000, |k| k % 10 == 9);
    let before = call.stats();
    call.run(10_000, |k| k % 10 == 9);
    let after = call.stats();
    let lost = (after.packets_lost - before.packets_lost) as u64 * 960;
    let concealed = after.concealed_samples - before.concealed_samples;
    let saved = after.red_samples + after.fec_samples - before.red_samples - before.fec_samples;
    assert!(concealed * 20 <= lost, "{concealed} of {lost}");
    assert!((saved + concealed).abs_diff(lost) <= 2_000, "{after:?}");
    assert!(call.kinds.contains(&PullKind::Red));
    assert!(after.red_packets_received > 500 && call.sender.stats().red_blocks_sent > 500);
    assert_eq!((after.packets_discarded, after.packets_duplicated), (0, 0));
}

/// Runs a call over a channel that loses the share `loss` in runs of `burst` packets, with reports
/// every second; what was concealed in percent, and bits per second on the wire, after 15 s.
fn over_gilbert_elliott(red_payload_type: Option<u8>, loss: f64, burst: f64, seed: u64) -> (f64, f64) {
    let mut random = Random::new(seed);
    let mut call = Call::new(AudioSenderConfig { red_payload_type, ..sending() }, receiving());
    call.sender.set_wire_budget_bps(54_400);
    let (leave, mut bad) = (1.0 / burst, false);
    let enter = loss * leave / (1.0 - loss);
    let mut settled = None;
    for second in 0..45 {
        if second == 15 {
            settled = Some((call.stats(), call.wire_bytes));
        }
        let (mut lost, mut runs) = (0u32, 0u32);
        call.run(1_000, |_| {
            let before = bad;
            bad = if bad { random.uniform() >= leave } else { random.uniform() < enter };
            lost += u32::from(bad);
            runs += u32::from(bad && !before);
            bad
        });
        call.report(lost as f32 / 50.0, lost as f32 / runs.max(1) as f32);
    }
    let (before, bytes) = settled.expect("after 15 s");
    let after = call.stats();
    let samples = (after.total_samples_received - before.total_samples_received) as f64;
    let concealed = 100.0 * (after.concealed_samples - before.concealed_samples) as f64 / samples;
    (concealed, (call.wire_bytes - bytes) as f64 * 8.0 / 30.0)
}

#[test]
fn copies_conceal_less_than_in_band_redundancy_alone_for_the_same_bits() {
    for (loss, burst) in [(0.05, 1.5), (0.1, 1.5), (0.3, 2.0)] {
        for seed in [1, 2] {
            let (with, with_bps) = over_gilbert_elliott(Some(RED), loss, burst, seed);
            let (without, without_bps) = over_gilbert_elliott(None, loss, burst, seed);
            println!(
                "{loss} {burst} {seed}: {with:.2} % at {with_bps:.0}, {without:.2} % at {without_bps:.0}"
            );
            assert!(with <= without, "{loss} in runs of {burst}: {with} % where {without} % were");
            assert!(with_bps <= 54_400.0 * 1.03, "{with_bps}");
            if loss > 0.2 {
                assert!(with < 0.7 * without, "{with} % where {without} % were");
            }
        }
    }
}

#[test]
fn what_was_not_negotiated_is_counted_and_not_played() {
    let mut call = Call::new(sending(), AudioReceiverConfig::default());
    call.report(0.5, 3.0);
    call.run(2_000, |_| false);
    let stats = call.stats();
    assert!(stats.packets_unknown_payload_type > 90, "{stats:?}");
    assert_eq!((stats.red_packets_received, stats.red_samples), (0, 0));
}

#[test]
fn copies_come_with_the_first_report_of_loss_and_cost_nothing_without() {
    let mut plain = Call::new(AudioSenderConfig { red_payload_type: None, ..sending() }, receiving());
    let mut call = Call::new(sending(), receiving());
    for call in [&mut plain, &mut call] {
        for _ in 0..5 {
            call.run(1_000, |_| false);
            call.report(0.0, 0.0);
        }
    }
    assert_eq!(plain.wire_bytes, call.wire_bytes);
    assert_eq!(plain.heard, call.heard, "sample for sample");
    call.report(0.05, 1.0);
    assert_ne!(call.sender.stats().red_distances, 0);
    for _ in 0..60 {
        call.report(0.0, 0.0);
    }
    assert_eq!(call.sender.stats().red_distances, 0, "a minute without loss");
    assert_eq!(call.sender.stats().opus_bitrate_bps, plain.sender.stats().opus_bitrate_bps);
}

#[test]
fn the_budget_holds_with_all_headers_whatever_the_protection() {
    for packet_time_ms in [10, 20, 40, 60] {
        for (budget, loss, burst) in [
            (100_000, 0.0, 0.0),
            (120_000, 0.3, 4.0),
            (100_000, 0.2, 2.5),
            (64_000, 0.2, 1.0),
            (64_000, 0.02, 1.0),
        ] {
            let config = AudioSenderConfig { packet_time_us: 20_000, dred: true, ..sending() };
            let mut call = Call::new(config, receiving());
            call.sender.set_wire_budget_bps(budget);
            call.sender.set_packet_time_us(packet_time_ms * 1_000);
            for _ in 0..8 {
                call.report(loss, burst);
            }
            call.run(10_000, |_| false);
            let before = call.wire_bytes;
            call.run(6_000, |_| false);
            let spent = (call.wire_bytes - before) as f64 * 8.0 / 6.0;
            let share = spent / f64::from(budget);
            assert!((0.6..1.05).contains(&share), "{packet_time_ms} ms, {budget}, {loss}: {share:.3}");
            assert_eq!(call.stats().packets_discarded, 0);
        }
    }
}

#[test]
fn the_packet_time_changes_between_packets_unheard() {
    let mut call = Call::new(sending(), receiving());
    call.report(0.1, 1.5);
    call.run(5_000, |_| false);
    for packet_time_ms in [10, 60, 20, 40, 10, 20] {
        call.sender.set_packet_time_us(packet_time_ms * 1_000);
        call.run(2_000, |_| false);
    }
    call.sender.set_packet_time_us(30_000);
    call.run(1_000, |_| false);
    let stats = call.stats();
    assert_eq!((stats.packets_discarded, stats.packets_duplicated, stats.stream_restarts), (0, 0, 0));
    // Longer packets come later: once each, where the delay was not there yet.
    assert!(stats.concealed_samples <= 3 * 2_880, "{}", stats.concealed_samples);
}

#[test]
fn deep_redundancy_fills_a_burst_that_the_delay_covers() {
    let mut figures = Vec::new();
    for dred in [false, true] {
        let config = AudioSenderConfig { dred, red_payload_type: None, bitrate_bps: 64_000, ..sending() };
        let receiver = AudioReceiverConfig { min_delay_ms: 200, ..AudioReceiverConfig::default() };
        let mut call = Call::new(config, receiver);
        for _ in 0..5 {
            call.report(0.15, 5.0);
        }
        call.run(20_000, |k| k % 50 >= 44 && k > 50);
        let stats = call.stats();
        figures.push(stats);
    }
    let [without, with] = figures[..] else { panic!("two calls") };
    assert_eq!(without.dred_samples, 0);
    assert!(with.dred_samples > 48_000, "{with:?}");
    assert!(with.concealed_samples * 3 < without.concealed_samples, "{with:?} {without:?}");
    assert!(with.silent_concealed_samples <= without.silent_concealed_samples);
}

#[test]
fn an_original_that_comes_after_its_copy_takes_its_place() {
    let receiver = AudioReceiverConfig { min_delay_ms: 120, ..receiving() };
    let (mut call, mut straight) = (Call::new(sending(), receiver.clone()), Call::new(sending(), receiver));
    for call in [&mut call, &mut straight] {
        call.report(0.1, 1.0);
        call.run(2_000, |_| false);
    }
    straight.run(3_000, |_| false);
    // Every tenth packet is overtaken by the next two.
    let mut held = None;
    for _ in 0..300 {
        call.run(10, |_| false);
        let tick = call.tick;
        if let Some((due, packet)) = call.flight.back_mut()
            && packet.sequence % 10 == 4
            && held.replace(packet.sequence) != Some(packet.sequence)
        {
            *due = tick + 6;
        }
        call.flight.make_contiguous().sort_by_key(|(due, _)| *due);
    }
    let stats = call.stats();
    assert!(stats.packets_reordered >= 12, "{}", stats.packets_reordered);
    assert_eq!((stats.packets_duplicated, stats.packets_discarded, stats.red_samples), (0, 0, 0));
    assert_eq!(stats.packets_lost, 0);
    assert_eq!(call.heard[96_000..], straight.heard[96_000..], "the same sound, sample for sample");
}

#[test]
fn losses_and_returns_do_not_click() {
    let steps = |wave: &[f32]| wave.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f32::max);
    let mut straight = Call::new(sending(), receiving());
    straight.run(12_000, |_| false);
    let usual = steps(&straight.heard);
    for (name, burst) in [("single", 1), ("60 ms", 3), ("160 ms", 8), ("400 ms", 20)] {
        let mut call = Call::new(sending(), receiving());
        call.run(12_000, |k| k > 100 && k % 60 < burst);
        assert!(call.stats().concealment_events > 5);
        let step = steps(&call.heard);
        assert!(step < 1.5 * usual, "{name}: a step of {step}, {usual} is usual");
    }
}

#[derive(Debug, Clone)]
enum Lie {
    /// Anything under the type of RED.
    Bytes(Vec<u8>),
    /// An honest packet, cut short and with a byte changed.
    Bent { cut: u8, at: u8, to: u8 },
}

fn lie() -> impl Strategy<Value = Lie> {
    prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..120).prop_map(Lie::Bytes),
        (any::<u8>(), any::<u8>(), any::<u8>()).prop_map(|(cut, at, to)| Lie::Bent { cut, at, to }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn lies_in_red_and_dred_are_survived(lies in proptest::collection::vec(lie(), 1..60)) {
        let config = AudioSenderConfig { dred: true, bitrate_bps: 64_000, complexity: 0, ..sending() };
        let mut call = Call::new(config, receiving());
        for _ in 0..5 {
            call.report(0.2, 4.0);
        }
        call.run(600, |k| k % 7 < 2);
        for lie in lies {
            let mut bent = call.flight.back().map(|(_, packet)| packet.clone());
            if let Some(packet) = &mut bent {
                packet.payload_type = RED;
                packet.payload = match lie {
                    Lie::Bytes(bytes) => bytes.into(),
                    Lie::Bent { cut, at, to } => {
                        let mut bytes = packet.payload.to_vec();
                        let at = usize::from(at) % bytes.len();
                        bytes[at] = to;
                        bytes.truncate(bytes.len().saturating_sub(usize::from(cut) / 8).max(1));
                        bytes.into()
                    }
                };
                if let Some((_, honest)) = call.flight.back_mut() {
                    *honest = packet.clone();
                }
            }
            call.run(20, |_| false);
        }
        call.run(200, |k| k % 5 == 0);
        prop_assert!(call.heard.iter().all(|x| x.is_finite()));
    }
}
