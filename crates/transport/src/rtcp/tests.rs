use super::*;

/// A compound packet.
type Report = Vec<Box<dyn Packet>>;

fn ms(value: u64) -> Duration {
    Duration::from_millis(value)
}

fn reporter(ssrc: u32, now: Instant) -> Reporter {
    Reporter::new(ssrc, "test", ssrc.wrapping_mul(0x9e37_79b9), NtpClock::new(now))
}

/// As it comes out of the network at the other side.
fn over_the_wire(packets: &[Box<dyn Packet>]) -> Report {
    let mut raw = Vec::new();
    for packet in packets {
        let bytes: bytes::BytesMut = packet.marshal().expect("a report that can be written");
        raw.extend_from_slice(&bytes);
    }
    rtc::rtcp::packet::unmarshal(&mut raw.as_slice()).expect("a report that can be read")
}

/// Two sides with `one_way` between them; each sends media when its flag says so. Runs `seconds` of virtual time.
fn converse(one_way: Duration, sends: [bool; 2], keep: impl Fn(u32) -> bool, seconds: u64) -> [Reporter; 2] {
    let start = Instant::now();
    let mut sides = [reporter(1, start), reporter(2, start + ms(7))];
    let mut media: Vec<(Instant, usize, u16, u32)> = Vec::new();
    let mut reports: Vec<(Instant, usize, Report)> = Vec::new();
    for side in &mut sides {
        side.start(start);
    }
    for tick in 0..seconds * 1000 {
        let now = start + ms(tick);
        media.retain(|(at, to, sequence, timestamp)| {
            if *at <= now {
                sides[*to].rtp_received(now, [2, 1][*to], *sequence, *timestamp, 80);
            }
            *at > now
        });
        reports.retain(|(at, to, packets)| {
            if *at <= now {
                sides[*to].rtcp_received(now, packets);
            }
            *at > now
        });
        for index in 0..2 {
            if sends[index] && tick % 20 == 0 {
                let number = (tick / 20) as u32;
                sides[index].rtp_sent(now, number * 960, 80);
                if keep(number) {
                    media.push((now + one_way, 1 - index, number as u16, number * 960));
                }
            }
            if let Some(packets) = sides[index].report(now) {
                reports.push((now + one_way, 1 - index, over_the_wire(&packets)));
            }
        }
    }
    sides
}

fn assert_round_trip(reporter: &Reporter, expected: Duration) {
    let round_trip = reporter.figures().round_trip.expect("a round trip");
    let off = round_trip.abs_diff(expected);
    assert!(off < ms(2), "{round_trip:?}, not {expected:?}");
}

#[test]
fn two_speakers_know_the_round_trip_and_no_loss() {
    for side in converse(ms(15), [true, true], |_| true, 4) {
        assert_round_trip(&side, ms(30));
        let figures = side.figures();
        assert_eq!((figures.packets_lost, figures.remote_packets_lost), (0, Some(0)));
        assert_eq!(figures.remote_fraction_lost, Some(0.0));
        assert_eq!(figures.packets_sent, 200);
        assert_eq!(figures.bytes_sent, 16_000);
    }
}

#[test]
fn a_mere_listener_knows_the_round_trip_from_extended_reports() {
    let [speaker, listener] = converse(ms(40), [true, false], |_| true, 4);
    assert_round_trip(&speaker, ms(80));
    assert_round_trip(&listener, ms(80));
    for side in converse(ms(5), [false, false], |_| true, 4) {
        assert_round_trip(&side, ms(10));
    }
}

#[test]
fn both_sides_see_the_same_loss() {
    let [first, second] = converse(ms(15), [true, true], |number| number % 5 != 3, 6);
    for (mine, theirs) in [(first.figures(), second.figures()), (second.figures(), first.figures())] {
        assert!((0.15..0.25).contains(&mine.fraction_lost), "{mine:?}");
        let remote = theirs.remote_fraction_lost.expect("a report");
        assert!((0.15..0.25).contains(&remote), "{theirs:?}");
        let reported = theirs.remote_packets_lost.expect("a report");
        assert!(mine.packets_lost - reported < 16, "{mine:?} {theirs:?}");
    }
}

#[test]
fn reports_come_fast_until_the_peer_is_heard_and_then_once_a_second() {
    let start = Instant::now();
    let mut side = reporter(1, start);
    assert!(side.report(start).is_none(), "not started");
    side.start(start);
    let count = |side: &mut Reporter, from: u64, to: u64| {
        (from..to).filter(|tick| side.report(start + ms(*tick)).is_some()).count()
    };
    assert_eq!(count(&mut side, 0, 600), 10);
    side.rtcp_received(start + ms(600), &[]);
    assert_eq!(count(&mut side, 600, 840), 0);
    let later = count(&mut side, 840, 10_850);
    assert!((9..=13).contains(&later), "{later}");
}

#[test]
fn reports_of_a_silent_peer_do_not_stay_fast_for_ever() {
    let start = Instant::now();
    let mut side = reporter(1, start);
    side.start(start);
    let count = (0..20_000).filter(|tick| side.report(start + ms(*tick)).is_some()).count();
    assert!((40..55).contains(&count), "{count}");
}

#[test]
fn nonsense_in_a_report_changes_no_round_trip() {
    let now = Instant::now();
    let mut side = reporter(1, now);
    for (last_sender_report, delay) in [(0, 7), (1, 0), (u32::MAX, u32::MAX), (12345, 999_999)] {
        let report = ReceiverReport {
            ssrc: 9,
            reports: vec![ReceptionReport {
                ssrc: 1,
                last_sender_report,
                delay,
                total_lost: 0xff_ffff,
                ..ReceptionReport::default()
            }],
            ..ReceiverReport::default()
        };
        side.rtcp_received(now, &[Box::new(report)]);
    }
    assert_eq!(side.figures().remote_packets_lost, Some(-1));
    let credible = side.figures().round_trip.is_none_or(|round_trip| round_trip < Duration::from_secs(60));
    assert!(credible);
}

#[test]
fn a_peer_with_many_streams_does_not_grow_us() {
    let now = Instant::now();
    let mut side = reporter(1, now);
    for ssrc in 0..1000 {
        side.rtp_received(now, ssrc, 0, 0, 10);
    }
    assert_eq!(side.sources.len(), MAX_SOURCES);
    side.rtp_received(now + Duration::from_secs(6), 5000, 0, 0, 10);
    assert!(side.sources.iter().any(|source| source.ssrc == 5000));
}
