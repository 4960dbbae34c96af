//! Closed loops in virtual time: what is sent follows the estimate.

mod link;

use super::*;
use crate::testing::epoch;
use link::{Link, Moment, Path};

const SEEDS: std::ops::Range<u64> = 1..9;

fn estimator(start_bps: u32, max_bps: u32) -> RateEstimator {
    RateEstimator::new(RateEstimatorConfig { min_bps: 14_000, max_bps, start_bps })
}

fn longest_queue(moments: &[Moment]) -> f64 {
    moments.iter().map(|moment| moment.queue).fold(0.0, f64::max)
}

fn lowest(moments: &[Moment]) -> f64 {
    moments.iter().map(|moment| moment.target).fold(f64::INFINITY, f64::min)
}

fn mean(moments: &[Moment]) -> f64 {
    moments.iter().map(|moment| moment.target).sum::<f64>() / moments.len() as f64
}

fn after(moments: &[Moment], at: f64) -> &[Moment] {
    let from = moments.iter().position(|moment| moment.at > at).unwrap_or(moments.len());
    &moments[from..]
}

#[test]
fn a_bottleneck_of_64_kbps_is_met_and_used() {
    for (packet_time, jitter) in [(0.02, 0.0), (0.01, 0.0), (0.06, 0.0), (0.02, 0.005)] {
        for seed in SEEDS {
            let path = Path { jitter, ..Path::narrow(64_000.0) };
            let start = if packet_time > 0.02 { 80_000 } else { 150_000 };
            let mut link = Link::new(path, estimator(start, 150_000), seed);
            link.packet_time = packet_time;
            let moments = link.run(60.0);
            let settled = after(&moments, 5.0);
            let queue = longest_queue(settled);
            assert!(queue <= 0.05, "{packet_time} s packets, seed {seed}: {queue:.3} s");
            let used = mean(after(&moments, 8.0));
            assert!(used > 0.85 * 64_000.0 && used < 64_500.0, "{packet_time}, {jitter}, {seed}: {used:.0}");
            assert!(lowest(settled) > 0.55 * 64_000.0, "{packet_time}: {:.0}", lowest(settled));
        }
    }
}

#[test]
fn the_rate_recovers_when_the_path_opens() {
    for seed in SEEDS {
        let mut link = Link::new(Path::narrow(64_000.0), estimator(54_000, 150_000), seed);
        link.run(20.0);
        link.path.capacity_bps = 1e6;
        let moments = link.run(25.0);
        let reached = moments.iter().find(|moment| moment.target > 140_000.0).map(|moment| moment.at - 20.0);
        assert!(reached.is_some_and(|seconds| seconds < 22.0), "seed {seed}: {reached:?}");
    }
}

#[test]
fn a_path_that_narrows_in_a_call_is_followed() {
    for seed in SEEDS {
        let mut link = Link::new(Path::wide(), estimator(54_000, 150_000), seed);
        assert!(link.run(20.0).last().is_some_and(|moment| moment.target > 145_000.0));
        link.path.capacity_bps = 64_000.0;
        let moments = link.run(20.0);
        assert!(longest_queue(after(&moments, 25.0)) <= 0.05, "{:.3}", longest_queue(after(&moments, 25.0)));
        let used = mean(after(&moments, 25.0)) / 64_000.0;
        assert!((0.85..1.01).contains(&used), "{used:.2}");
        link.path.capacity_bps = 32_000.0;
        let moments = link.run(20.0);
        assert!(longest_queue(after(&moments, 45.0)) <= 0.05, "{:.3}", longest_queue(after(&moments, 45.0)));
        let used = mean(after(&moments, 45.0)) / 32_000.0;
        assert!((0.85..1.01).contains(&used), "{used:.2}");
    }
}

#[test]
fn a_settled_rate_does_not_swing() {
    let mut link = Link::new(Path::narrow(64_000.0), estimator(54_000, 150_000), 5);
    let moments = link.run(180.0);
    let settled = after(&moments, 30.0);
    let (low, high) = (lowest(settled), settled.iter().map(|moment| moment.target).fold(0.0, f64::max));
    assert!(high - low < 0.3 * 64_000.0, "{low:.0} to {high:.0}");
    let mean = mean(settled);
    let deviation = (settled.iter().map(|moment| (moment.target - mean).powi(2)).sum::<f64>()
        / settled.len() as f64)
        .sqrt();
    assert!(deviation < 0.06 * mean, "{deviation:.0} of {mean:.0}");
}

#[test]
fn neither_jitter_nor_random_loss_lowers_the_rate() {
    let long = |jitter| Path::jittery(0.1, jitter);
    let paths = [
        Path::jittery(0.02, 0.02),
        Path::jittery(0.02, 0.03),
        Path { overtaking: true, ..Path::jittery(0.02, 0.03) },
        long(0.02),
        long(0.03),
        Path { loss: 0.05, ..Path::jittery(0.02, 0.03) },
        Path { loss: 0.09, ..Path::wide() },
    ];
    for path in paths {
        for seed in SEEDS {
            let mut link = Link::new(path.clone(), estimator(54_000, 54_000), seed);
            let moments = link.run(120.0);
            let mean = mean(&moments);
            assert!(mean > 0.985 * 54_000.0, "{path:?}, seed {seed}: mean {mean:.0}");
            assert!(lowest(&moments) > 0.75 * 54_000.0, "{path:?}, seed {seed}: {:.0}", lowest(&moments));
        }
    }
}

#[test]
fn heavy_random_loss_is_found_to_be_none_of_ours() {
    for seed in SEEDS {
        let path = Path { loss: 0.2, ..Path::wide() };
        let mut link = Link::new(path, estimator(54_000, 54_000), seed);
        let moments = link.run(120.0);
        assert!(mean(&moments) > 0.95 * 54_000.0, "seed {seed}: {:.0}", mean(&moments));
    }
}

#[test]
fn a_path_that_polices_is_kept_to() {
    let path = Path { policed: Some(8_000.0), ..Path::narrow(50_000.0) };
    let mut link = Link::new(path, estimator(70_000, 70_000), 1);
    let moments = link.run(60.0);
    let settled = mean(after(&moments, 15.0));
    assert!(settled < 58_000.0, "{settled:.0}");
}

#[test]
fn pauses_in_speech_do_not_lower_the_rate() {
    for path in [Path::wide(), Path::jittery(0.02, 0.03)] {
        let mut link = Link::new(path, estimator(54_000, 54_000), 3);
        link.use_share = |at| if at % 3.0 < 1.5 { 1.0 } else { 0.25 };
        let moments = link.run(60.0);
        assert!(mean(&moments) > 0.97 * 54_000.0, "{:.0}", mean(&moments));
    }
}

#[test]
fn a_longer_way_is_not_taken_for_a_queue_for_long() {
    let mut link = Link::new(Path::wide(), estimator(54_000, 54_000), 1);
    link.run(20.0);
    link.path.delay = 0.12;
    let moments = link.run(20.0);
    assert!(mean(after(&moments, 25.0)) > 53_000.0, "{:.0}", mean(after(&moments, 25.0)));
}

#[test]
fn loss_and_its_bursts_are_told() {
    let start = epoch();
    let mut estimator = estimator(54_000, 54_000);
    let fates: Vec<PacketFate> = (0..500u64)
        .map(|sequence| {
            let sent = start + Duration::from_millis(20) * sequence as u32;
            // Three in a row of every thirty.
            let arrival = (sequence % 30 >= 3).then(|| Duration::from_millis(20 * sequence + 30));
            PacketFate { sequence, sent, arrival, bytes: 136 }
        })
        .collect();
    for batch in fates.chunks(5) {
        let now = batch[batch.len() - 1].sent + Duration::from_millis(40);
        estimator.handle(now, RateInput::Fates(batch));
    }
    let estimate = estimator.poll().expect("an estimate");
    assert!((estimate.fraction_lost - 0.1).abs() < 0.005, "{estimate:?}");
    assert!((estimate.mean_burst_packets - 3.0).abs() < 0.1, "{estimate:?}");
    assert!(estimate.round_trip.is_some_and(|rtt| rtt < Duration::from_millis(60)), "{estimate:?}");
    assert_eq!(estimator.poll(), None);
}

#[test]
fn silence_of_the_feedback_halves_the_rate_once_and_its_return_restores_it() {
    let mut link = Link::new(Path::wide(), estimator(54_000, 54_000), 1);
    link.run(5.0);
    assert!(link.estimator.deadline().is_some());
    link.path.loss = 1.0;
    let moments = link.run(6.0);
    assert_eq!(moments.last().map(|moment| moment.target), Some(27_000.0));
    assert_eq!(link.estimator.deadline(), None);
    link.path.loss = 0.0;
    assert_eq!(link.run(2.0).last().map(|moment| moment.target), Some(54_000.0));
}

#[test]
fn bounds_hold_whatever_is_told() {
    let start = epoch();
    let mut estimator = estimator(500_000, 100_000);
    assert_eq!(estimator.estimate().target_bps, 100_000);
    estimator.handle(start, RateInput::Bounds { min_bps: 20_000, max_bps: 60_000 });
    assert_eq!(estimator.estimate().target_bps, 60_000);
    estimator.handle(start, RateInput::Bounds { min_bps: 90_000, max_bps: 60_000 });
    assert_eq!(estimator.estimate().target_bps, 60_000);
    // Nonsense from a peer: times that run backwards, sequences that jump, sizes without bounds.
    let mut random = crate::testing::Random::new(9);
    for step in 0..3000u32 {
        let now = start + Duration::from_millis(100) * step;
        let fates: [PacketFate; 6] = std::array::from_fn(|_| PacketFate {
            sequence: (random.uniform() * 1e6) as u64,
            sent: start + Duration::from_secs_f64(random.uniform() * 400.0),
            arrival: (random.uniform() < 0.7).then(|| Duration::from_secs_f64(random.uniform() * 4e9)),
            bytes: (random.uniform() * f64::from(u32::MAX)) as u32,
        });
        estimator.handle(now, RateInput::Fates(&fates));
        let estimate = estimator.estimate();
        assert!((20_000..=60_000).contains(&estimate.target_bps) || estimate.target_bps == 60_000);
        assert!((0.0..=1.0).contains(&estimate.fraction_lost));
    }
}
