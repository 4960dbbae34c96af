use super::*;
use crate::testing::{Source, epoch, rms};
use crate::{FRAME_SAMPLES, SILENCE};
use std::time::Duration;

/// A receiver under a source whose packets the test delays, drops or forges at will.
struct Bench {
    start: Instant,
    receiver: AudioReceiver,
    source: Source,
    /// Sent packets and when they come, in ms.
    flight: Vec<(f64, RtpPacket)>,
    sent_ms: f64,
    now_ms: f64,
    packet_ms: f64,
    sound: Vec<f32>,
    kinds: Vec<PullKind>,
}

impl Bench {
    fn new(packet_samples: usize, loss: u8) -> Self {
        Self {
            start: epoch(),
            receiver: AudioReceiver::new(AudioReceiverConfig::default()).unwrap(),
            source: Source::new(packet_samples, loss),
            flight: Vec::new(),
            sent_ms: 0.0,
            now_ms: 3.0,
            packet_ms: packet_samples as f64 / 48.0,
            sound: Vec::new(),
            kinds: Vec::new(),
        }
    }

    fn at(&self, ms: f64) -> Instant {
        self.start + Duration::from_micros((ms * 1e3) as u64)
    }

    /// Runs for `ms`; `fate(packet number, packet)` says after how many ms each copy arrives.
    fn run(&mut self, ms: f64, mut fate: impl FnMut(u16, &mut RtpPacket) -> Vec<f64>) {
        let end = self.now_ms + ms;
        while self.now_ms < end {
            while self.sent_ms <= self.now_ms {
                let mut packet = self.source.packet();
                let number = packet.sequence;
                for delay in fate(number, &mut packet) {
                    self.flight.push((self.sent_ms + delay, packet.clone()));
                }
                self.sent_ms += self.packet_ms;
            }
            self.flight.sort_by(|a, b| a.0.total_cmp(&b.0));
            while self.flight.first().is_some_and(|(arrival, _)| *arrival <= self.now_ms) {
                let (arrival, packet) = self.flight.remove(0);
                self.receiver.insert(self.at(arrival), packet);
            }
            let mut frame = SILENCE;
            let now = self.at(self.now_ms);
            self.kinds.push(self.receiver.pull(now, &mut frame));
            self.sound.extend_from_slice(&frame);
            self.now_ms += 10.0;
        }
    }

    fn stats(&self) -> ReceiverStats {
        self.receiver.stats()
    }

    /// Playhead's delay in ms against an ideal network.
    fn delay(&self) -> f64 {
        let playhead = self.receiver.playout_timestamp().expect("plays");
        self.now_ms - f64::from(playhead as i32) / 48.0
    }
}

fn promptly(_: u16, _: &mut RtpPacket) -> Vec<f64> {
    vec![5.0]
}

#[test]
fn every_packet_time_plays_without_a_gap() {
    for packet_samples in [120, 240, 480, 960, 1_920, 2_880, 3_840, 4_800, 5_760] {
        let mut bench = Bench::new(packet_samples, 0);
        bench.run(12_000.0, promptly);
        let stats = bench.stats();
        assert_eq!(stats.concealed_samples, 0, "{packet_samples} samples a packet");
        assert_eq!(stats.packets_discarded, 0, "{packet_samples} samples a packet");
        let waited = bench.delay();
        assert!(waited < 5.0 + 25.0, "{packet_samples} samples a packet wait {waited} ms");
        assert!(rms(&bench.sound[48_000..]) > 0.01);
    }
}

#[test]
fn overtaken_and_repeated_packets_are_put_right() {
    let mut straight = Bench::new(960, 0);
    straight.run(14_000.0, |_, _| vec![45.0]);
    let mut mixed = Bench::new(960, 0);
    // Mixed once the delay has settled: how far ahead a stretch sees depends on what has come.
    mixed.run(14_000.0, |k, _| match k % 10 {
        _ if k < 250 => vec![45.0],
        3 => vec![45.0, 45.5],
        6 => vec![30.0],
        7 => vec![5.0],
        _ => vec![45.0],
    });
    let stats = mixed.stats();
    assert_eq!(stats.concealed_samples, 0);
    assert!(stats.packets_duplicated >= 40, "{}", stats.packets_duplicated);
    assert!(stats.packets_reordered >= 40, "{}", stats.packets_reordered);
    assert_eq!(stats.packets_lost, 0);
    assert_eq!(straight.sound, mixed.sound, "the same sound, sample for sample");
}

#[test]
fn counters_wrap_unheard() {
    let mut bench = Bench::new(960, 0);
    bench.source.next.sequence = 65_500;
    bench.source.next.timestamp = u32::MAX - 50_000;
    bench.run(5_000.0, promptly);
    let stats = bench.stats();
    assert_eq!((stats.concealed_samples, stats.packets_lost, stats.stream_restarts), (0, 0, 0));
}

#[test]
fn a_lost_packet_is_taken_from_the_next_one_or_made_up() {
    let mut with = Bench::new(960, 20);
    with.run(20_000.0, |k, _| if k % 10 == 9 { vec![] } else { vec![5.0] });
    let stats = with.stats();
    assert!((90..=100).contains(&stats.packets_lost), "{}", stats.packets_lost);
    assert!(stats.fec_packets_received > 60, "{}", stats.fec_packets_received);
    let lost = stats.packets_lost as u64 * 960;
    assert!(stats.concealed_samples < lost * 2 / 5, "{} of {lost}", stats.concealed_samples);

    let mut without = Bench::new(960, 0);
    without.run(20_000.0, |k, _| if k % 10 == 9 { vec![] } else { vec![5.0] });
    let stats = without.stats();
    assert_eq!(stats.fec_packets_received, 0);
    let lost = stats.packets_lost as u64 * 960;
    assert!(stats.concealed_samples.abs_diff(lost) <= 960, "{} of {lost}", stats.concealed_samples);
    assert!((90..=101).contains(&stats.concealment_events), "{}", stats.concealment_events);
}

#[test]
fn a_late_packet_is_played_and_the_delay_goes_back() {
    let mut bench = Bench::new(960, 0);
    bench.run(8_000.0, promptly);
    let before = bench.delay();
    bench.run(300.0, |_, _| vec![5.0]);
    bench.run(20.0, |_, _| vec![75.0]);
    bench.run(60.0, |k, _| vec![75.0 - f64::from(k % 3) * 0.1]);
    bench.run(12_000.0, promptly);
    let stats = bench.stats();
    assert!(stats.concealed_samples > 0, "it was late");
    assert!(stats.concealed_samples < 5_000, "{}", stats.concealed_samples);
    assert_eq!(stats.packets_discarded, 0, "and played all the same");
    assert!(stats.removed_samples_for_acceleration > 0);
    assert!((bench.delay() - before).abs() <= 25.0, "{before} then {}", bench.delay());
}

#[test]
fn a_packet_that_will_be_late_is_waited_for_with_what_is_genuine() {
    // Every 8 s nothing comes for 200 ms.
    let stalls = |k: u16, _: &mut RtpPacket| vec![5.0 + 20.0 * f64::from(10u16.saturating_sub(k % 400))];
    let mut bench = Bench::new(960, 0);
    bench.run(20_000.0, stalls);
    let before = bench.stats();
    bench.run(32_000.0, stalls);
    let stats = bench.stats();
    let held = stats.inserted_samples_for_deceleration - before.inserted_samples_for_deceleration;
    let concealed = stats.concealed_samples - before.concealed_samples;
    assert!((4 * 120..=4 * 720).contains(&held), "{held} samples in four stalls");
    assert!(concealed > 4 * 3 * 480, "{concealed}: what stands still is made up soon");
}

#[test]
fn silence_by_dtx_is_no_concealment() {
    let mut bench = Bench::new(960, 0);
    bench.run(3_000.0, promptly);
    // The sender says it is silent, then sends nothing for a second; numbers go on without a gap.
    let mut numbers = 0u16;
    for _ in 0..5 {
        let silent = bytes::Bytes::from_static(&[0x78]);
        bench.run(20.0, |_, packet| {
            packet.payload = silent.clone();
            packet.sequence = packet.sequence.wrapping_sub(numbers);
            vec![5.0]
        });
        bench.run(1_000.0, |_, _| {
            numbers += 1;
            vec![]
        });
        bench.run(500.0, |_, packet| {
            packet.sequence = packet.sequence.wrapping_sub(numbers);
            vec![5.0]
        });
    }
    let stats = bench.stats();
    assert_eq!((stats.concealed_samples, stats.packets_lost), (0, 0));
    assert!(bench.kinds.iter().filter(|kind| **kind == PullKind::Silence).count() > 450);
}

#[test]
fn an_outage_fades_out_and_comes_back() {
    let mut bench = Bench::new(960, 0);
    bench.run(5_000.0, promptly);
    let before = bench.delay();
    let out_from = bench.sound.len();
    bench.run(2_000.0, |_, _| vec![]);
    let out_to = bench.sound.len();
    bench.run(3_000.0, promptly);
    let gap = &bench.sound[out_from + 19_200..out_to];
    assert_eq!(rms(gap), 0.0, "after 400 ms there is silence");
    assert!(rms(&bench.sound[out_to + 9_600..]) > 0.01, "the voice is back");
    let stats = bench.stats();
    assert!((90_000..100_000).contains(&stats.concealed_samples), "{}", stats.concealed_samples);
    assert!(stats.silent_concealed_samples > 80_000, "{}", stats.silent_concealed_samples);
    assert_eq!(stats.concealment_events, 1);
    assert!((bench.delay() - before).abs() < 3.0, "{before} then {}", bench.delay());
}

#[test]
fn an_outage_whose_packets_come_in_a_clump_does_not_lag_for_seconds() {
    let mut bench = Bench::new(960, 0);
    bench.run(10_000.0, promptly);
    let before = bench.delay();
    let mut k = 0;
    bench.run(1_500.0, |_, _| {
        k += 1;
        vec![1_500.0 - 20.0 * f64::from(k) + 5.0]
    });
    bench.run(1_000.0, promptly);
    assert!(bench.delay() < before + 250.0, "{before} then {}", bench.delay());
    assert!(bench.stats().packets_discarded > 20);
    bench.run(30_000.0, promptly);
    assert!(bench.delay() < before + 25.0, "{before} then {}", bench.delay());
}

#[test]
fn a_new_source_takes_over_and_a_stray_packet_does_not() {
    let mut bench = Bench::new(960, 0);
    bench.run(2_000.0, |k, packet| {
        if k % 20 == 10 {
            packet.ssrc = 99;
        }
        vec![5.0]
    });
    assert_eq!(bench.stats().stream_restarts, 0);
    bench.source.next.ssrc = 2;
    bench.source.next.sequence = 40_000;
    bench.source.next.timestamp = 1 << 31;
    bench.kinds.clear();
    bench.run(2_000.0, promptly);
    assert_eq!(bench.stats().stream_restarts, 1);
    let decoded = bench.kinds.iter().filter(|kind| **kind == PullKind::Decoded).count();
    assert!(decoded > 190, "{decoded} of 200");
    let step = bench.sound.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f32::max);
    let mut straight = Bench::new(960, 0);
    straight.run(4_000.0, promptly);
    let usual = straight.sound.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f32::max);
    assert!(step < usual * 1.2, "no click at the change: a step of {step}, {usual} is usual");
}

#[test]
fn a_stream_ends_and_another_begins() {
    let mut bench = Bench::new(960, 0);
    bench.run(2_000.0, promptly);
    bench.run(8_000.0, |_, _| vec![]);
    assert_eq!(bench.kinds.last(), Some(&PullKind::Silence));
    assert!(bench.receiver.playout_timestamp().is_none());
    let concealed = bench.stats().concealed_samples;
    assert!((220_000..250_000).contains(&concealed), "5 s, then it has ended: {concealed}");
    bench.run(2_000.0, promptly);
    assert_eq!(bench.kinds.last(), Some(&PullKind::Decoded));
    assert_eq!(bench.stats().concealed_samples, concealed);
}

#[test]
fn what_does_not_belong_is_counted() {
    let mut bench = Bench::new(960, 0);
    bench.run(1_000.0, |k, packet| {
        match k % 10 {
            3 => packet.payload_type = 8,
            5 => packet.payload = bytes::Bytes::new(),
            7 => packet.payload = vec![0x7b; 5_000].into(),
            _ => {}
        }
        vec![5.0]
    });
    let stats = bench.stats();
    assert_eq!(stats.packets_unknown_payload_type, 5);
    assert!((9..=10).contains(&stats.packets_discarded), "{}", stats.packets_discarded);
}

#[test]
fn nothing_is_heard_before_the_first_packet() {
    let mut receiver = AudioReceiver::new(AudioReceiverConfig::default()).unwrap();
    let mut frame = [1.0; FRAME_SAMPLES];
    assert_eq!(receiver.pull(epoch(), &mut frame), PullKind::Silence);
    assert_eq!(frame, SILENCE);
    assert_eq!(receiver.stats().total_samples_received, 0);
    assert!(matches!(
        AudioReceiver::new(AudioReceiverConfig { min_delay_ms: 790, ..AudioReceiverConfig::default() }),
        Err(ReceiverError::Config { name: "min_delay_ms", .. })
    ));
}

#[test]
fn a_wished_delay_is_kept() {
    let mut bench = Bench::new(960, 0);
    bench.receiver =
        AudioReceiver::new(AudioReceiverConfig { min_delay_ms: 200, ..AudioReceiverConfig::default() })
            .unwrap();
    bench.run(5_000.0, promptly);
    assert!((205.0..225.0).contains(&bench.delay()), "{}", bench.delay());
    assert_eq!(bench.stats().concealed_samples, 0);
}
