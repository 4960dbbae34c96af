use super::*;

const STEP: Duration = Duration::from_millis(200);

fn estimate(target_bps: u32, fraction_lost: f32) -> RateEstimate {
    let mut estimate = RateEstimate::default();
    (estimate.target_bps, estimate.fraction_lost, estimate.mean_burst_packets) =
        (target_bps, fraction_lost, 1.5);
    estimate
}

fn seen(target_bps: u32) -> Seen {
    Seen { estimate: Some(estimate(target_bps, 0.0)), ..Seen::default() }
}

/// With the headers of a peer that reports on every packet.
fn agreed() -> NegotiatedAudio {
    let mut agreed = NegotiatedAudio::default();
    agreed.overhead_bytes_per_packet = 64;
    agreed
}

struct Run {
    adaptation: Adaptation,
    now: Instant,
}

impl Run {
    fn new(sending: AudioSending) -> Self {
        Self { adaptation: Adaptation::new(&sending, &agreed()), now: Instant::now() }
    }

    /// Looks for so many seconds; gives the changes of the packet time.
    fn look(&mut self, seconds: u32, seen: Seen) -> Vec<u32> {
        (0..seconds * 5)
            .filter_map(|_| {
                self.now += STEP;
                self.adaptation.decide(self.now, &seen).packet_time_us
            })
            .collect()
    }
}

#[test]
fn by_default_as_much_is_sent_as_libwebrtc_does() {
    let mut run = Run::new(AudioSending::default());
    assert_eq!((run.adaptation.wire_budget_bps(), run.adaptation.packet_time_us()), (57_600, 20_000));
    assert_eq!(run.look(60, seen(200_000)), [] as [u32; 0], "headers of short packets would eat the sound");
    assert_eq!(run.adaptation.wire_budget_bps(), 57_600);
    assert_eq!(run.look(10, Seen::default()), [] as [u32; 0]);
    let left = |overhead: u32| {
        let mut agreed = agreed();
        agreed.overhead_bytes_per_packet = overhead;
        Adaptation::new(&AudioSending::default(), &agreed).payload_bps(20_000)
    };
    assert_eq!([56, 64, 84].map(left), [32_000; 3], "the sound has its due, whatever the headers");
}

#[test]
fn packets_become_longer_when_the_path_is_narrow_and_short_again_later() {
    let mut run = Run::new(AudioSending::default());
    assert_eq!(run.look(10, seen(32_000)), [40_000]);
    assert_eq!(run.look(10, seen(18_000)), [60_000]);
    assert_eq!(run.adaptation.wire_budget_bps(), 18_000);
    assert_eq!(run.look(10, seen(25_000)), [40_000]);
    assert_eq!(run.look(10, seen(40_000)), [] as [u32; 0], "not at the border");
    assert_eq!(run.look(10, seen(57_600)), [20_000]);
}

#[test]
fn packets_become_short_on_a_path_that_has_proven_good_for_it() {
    let mut run = Run::new(AudioSending { bitrate_bps: Some(64_000), ..AudioSending::default() });
    assert_eq!(run.look(7, seen(90_000)), [] as [u32; 0]);
    assert_eq!(run.look(7, seen(90_000)), [10_000]);
    let lossy = Seen { estimate: Some(estimate(90_000, 0.05)), ..Seen::default() };
    assert_eq!(run.look(1, lossy), [20_000]);
    assert_eq!(run.look(20, Seen::default()), [] as [u32; 0], "nothing is proven without reports");
}

#[test]
fn a_late_audio_thread_gets_longer_packets_for_a_while() {
    let mut run = Run::new(AudioSending::default());
    let late = Seen { wake_lateness_p99: Duration::from_millis(30), ..seen(57_600) };
    assert_eq!(run.look(9, late), [] as [u32; 0], "too early to tell");
    assert_eq!(run.look(2, late), [40_000]);
    assert_eq!(run.look(15, seen(57_600)), [] as [u32; 0]);
    assert_eq!(run.look(10, seen(57_600)), [20_000]);
}

#[test]
fn what_is_fixed_and_what_the_peer_wants_is_kept() {
    let fixed = AudioSending { packet_time_us: Some(60_000), ..AudioSending::default() };
    let mut run = Run::new(fixed);
    assert_eq!(run.adaptation.packet_time_us(), 60_000);
    assert_eq!(run.look(20, seen(20_000)), [] as [u32; 0]);
    let mut agreed = agreed();
    (agreed.min_packet_time_ms, agreed.max_packet_time_ms) = (40, 40);
    agreed.max_average_bitrate_bps = Some(20_000);
    let mut adaptation = Adaptation::new(&AudioSending::default(), &agreed);
    assert_eq!((adaptation.packet_time_us(), adaptation.wire_budget_bps()), (40_000, 45_600));
    assert_eq!(adaptation.decide(Instant::now(), &seen(15_000)).packet_time_us, None);
}

#[test]
fn packets_under_ten_milliseconds_have_their_headers_besides_and_are_never_chosen() {
    for (us, headers) in [(2_500, 204_800), (5_000, 102_400)] {
        let sending = AudioSending { packet_time_us: Some(us), ..AudioSending::default() };
        let run = Run::new(sending);
        assert_eq!((run.adaptation.packet_time_us(), run.adaptation.payload_bps(us)), (us, 32_000));
        assert_eq!(run.adaptation.max_wire_bps, 32_000 + headers);
        assert!(bounds(&sending, 1).max_bps > run.adaptation.max_wire_bps);
    }
    let mut run = Run::new(AudioSending { bitrate_bps: Some(128_000), ..AudioSending::default() });
    assert_eq!(run.look(60, seen(200_000)), [10_000], "short, but not that short");
}

#[test]
fn two_channels_get_twice_as_much_unless_something_else_was_said() {
    let mut stereo = agreed();
    stereo.channels = 2;
    let budget = |bitrate_bps| {
        let sending = AudioSending { bitrate_bps, ..AudioSending::default() };
        Adaptation::new(&sending, &stereo).wire_budget_bps()
    };
    assert_eq!([budget(None), budget(Some(48_000))], [64_000 + 25_600, 48_000 + 25_600]);
}

#[test]
fn losses_are_told_once_a_second_and_at_once_when_they_grow() {
    let mut adaptation = Adaptation::new(&AudioSending::default(), &agreed());
    let start = Instant::now();
    let mut told = |ms: u64, lost: f32| {
        let seen = Seen { estimate: Some(estimate(57_600, lost)), ..Seen::default() };
        adaptation.decide(start + Duration::from_millis(ms), &seen).network.map(|report| report.fraction_lost)
    };
    assert_eq!(told(0, 0.0), Some(0.0));
    assert_eq!(told(200, 0.01), None);
    assert_eq!(told(400, 0.1), Some(0.1));
    assert_eq!(told(600, 0.1), None);
    assert_eq!(told(1400, 0.05), Some(0.05));
    let rtcp = Seen { remote_fraction_lost: Some(0.2), ..Seen::default() };
    let report = adaptation.decide(start + STEP * 20, &rtcp).network.expect("a report");
    assert_eq!((report.fraction_lost, report.mean_burst_packets), (0.2, 0.0));
}

#[test]
fn a_rate_that_hardly_moves_changes_nothing() {
    let mut run = Run::new(AudioSending::default());
    let budget = |run: &mut Run, target| {
        run.now += STEP;
        run.adaptation.decide(run.now, &seen(target)).wire_budget_bps
    };
    assert_eq!(budget(&mut run, 50_000), Some(50_000));
    assert_eq!(budget(&mut run, 50_500), None);
    assert_eq!(budget(&mut run, 57_600), Some(57_600));
    assert_eq!(bounds(&AudioSending { bitrate_bps: Some(1), ..AudioSending::default() }, 1).max_bps, 39_600);
    assert_eq!(
        bounds(&AudioSending { bitrate_bps: Some(500_000), ..AudioSending::default() }, 1).max_bps,
        161_600
    );
}
