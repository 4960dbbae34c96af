use std::time::Duration;

use bytes::Bytes;
use liaison_media::PacketFate;
use rtc::shared::marshal::{Marshal, Unmarshal};

use super::*;

const fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// Over the wire, byte by byte.
fn carried(report: &TransportLayerCc) -> TransportLayerCc {
    let mut bytes = Bytes::from(report.marshal().expect("it can be written").to_vec());
    TransportLayerCc::unmarshal(&mut bytes).expect("it can be read")
}

struct Line {
    start: Instant,
    history: History,
    recorder: Recorder,
    fates: Vec<PacketFate>,
}

impl Line {
    fn new() -> Self {
        let start = Instant::now();
        Self {
            start,
            history: History::default(),
            recorder: Recorder::new(1, start - ms(5000)),
            fates: Vec::new(),
        }
    }

    fn send(&mut self, at: Duration) -> u16 {
        self.history.sent(self.start + at, 136)
    }

    fn arrive(&mut self, at: Duration, sequence: u16) {
        self.recorder.arrived(self.start + at, 2, sequence);
    }

    /// `false`: nothing was due.
    fn report(&mut self, at: Duration) -> bool {
        let Some(report) = self.recorder.report(self.start + at) else { return false };
        self.fates.extend(self.history.feedback(&carried(&report)));
        true
    }

    /// Sends a packet every 20 ms, which takes as long as `way` says, and reports as often as is due.
    fn run(&mut self, packets: u64, way: impl Fn(u64) -> Option<Duration>) {
        let mut underway: Vec<(Duration, u16)> = Vec::new();
        for step in 0..packets * 20 {
            let now = ms(step);
            if step % 20 == 0 {
                let sequence = self.send(now);
                if let Some(delay) = way(step / 20) {
                    underway.push((now + delay, sequence));
                }
            }
            for (at, sequence) in underway.extract_if(.., |(at, _)| *at <= now) {
                self.recorder.arrived(self.start + at, 2, sequence);
            }
            self.report(now);
        }
    }
}

#[test]
fn every_arrival_is_told_to_a_quarter_of_a_millisecond() {
    let mut line = Line::new();
    let way = |k: u64| Some(Duration::from_micros(30_000 + k * 7919 % 40_000));
    line.run(1000, way);
    assert!(line.fates.len() > 980, "{}", line.fates.len());
    let offset = line.fates[0].arrival.expect("it arrived")
        - (line.fates[0].sent - line.start + way(0).expect("it arrives"));
    for fate in &line.fates {
        let told = fate.arrival.expect("none is lost") - offset;
        let true_arrival = fate.sent - line.start + way(fate.sequence).expect("it arrives");
        assert!(told.abs_diff(true_arrival) <= Duration::from_micros(500), "{told:?} for {true_arrival:?}");
    }
    let mut sequences: Vec<u64> = line.fates.iter().map(|fate| fate.sequence).collect();
    sequences.sort_unstable();
    assert!(sequences.windows(2).all(|pair| pair[0] + 1 == pair[1]), "each is told once");
}

#[test]
fn what_is_lost_is_told_as_lost_and_what_is_late_is_not() {
    let mut line = Line::new();
    line.run(2000, |k| match k {
        k if k % 10 == 3 || k % 10 == 4 => None,
        k if k % 10 == 7 => Some(ms(170)),
        _ => Some(ms(40)),
    });
    let lost: Vec<u64> =
        line.fates.iter().filter(|fate| fate.arrival.is_none()).map(|fate| fate.sequence).collect();
    assert!(lost.len() > 380, "{}", lost.len());
    assert!(lost.iter().all(|sequence| matches!(sequence % 10, 3 | 4)), "{lost:?}");
}

#[test]
fn numbers_wrap_and_lost_reports_are_no_lost_packets() {
    let mut line = Line::new();
    let mut lost = 0;
    for k in 0..140_000u64 {
        let now = ms(k * 20);
        let sequence = line.send(now);
        line.arrive(now + ms(30), sequence);
        if let Some(report) = line.recorder.report(line.start + now + ms(30)) {
            // Every seventh report is lost on its way.
            if k % 7 != 0 {
                let fates = line.history.feedback(&carried(&report));
                lost += fates.iter().filter(|fate| fate.arrival.is_none()).count();
                assert!(fates.iter().all(|fate| fate.sequence <= k));
            }
        }
    }
    assert_eq!(lost, 0);
}

#[test]
fn a_long_gap_is_bounded_and_the_numbering_may_begin_anew() {
    let mut line = Line::new();
    line.arrive(ms(0), 10);
    assert!(line.report(ms(100)));
    line.arrive(ms(20_000), 2900);
    let report = line.recorder.report(line.start + ms(20_100)).expect("a report");
    assert!(report.packet_status_count <= 400);
    line.arrive(ms(20_200), 40_000);
    let report = line.recorder.report(line.start + ms(20_400)).expect("a report");
    assert_eq!((report.base_sequence_number, report.packet_status_count), (40_000, 1));
    for sequence in 0..60_000u32 {
        line.arrive(ms(21_000), sequence.wrapping_mul(7919) as u16);
    }
    assert!(
        line.recorder.report(line.start + ms(22_000)).is_some_and(|report| report.packet_status_count <= 400)
    );
}

#[test]
fn nothing_is_reported_of_nothing() {
    let mut line = Line::new();
    assert!(!line.report(ms(1000)));
    assert_eq!(line.recorder.deadline(), None);
    line.arrive(ms(2000), 5);
    assert_eq!(line.recorder.deadline(), Some(line.start + ms(2100)));
    assert!(!line.report(ms(2099)));
    assert!(line.report(ms(2100)));
    assert_eq!(line.recorder.deadline(), None);
}

#[test]
fn no_report_of_a_peer_panics() {
    let mut line = Line::new();
    let mut random = 88_172_645_463_325_252u64;
    let mut next = move || {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random
    };
    for round in 0..20_000u64 {
        if round % 3 == 0 {
            line.send(ms(round));
        }
        let words = 3 + next() % 12;
        let mut bytes = vec![0x8f, 205, 0, words as u8];
        bytes.extend((0..words * 4).map(|_| next() as u8));
        // Near what was sent, so that some is taken.
        bytes[12..14].copy_from_slice(&((round / 3) as u16).wrapping_sub((next() % 9) as u16).to_be_bytes());
        bytes[14] = 0;
        if let Ok(report) = TransportLayerCc::unmarshal(&mut Bytes::from(bytes)) {
            for fate in line.history.feedback(&report) {
                assert!(fate.sequence < line.history.end());
            }
        }
    }
}
