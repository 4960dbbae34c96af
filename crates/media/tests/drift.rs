//! Clocks that run apart: the delay stays, and nothing is concealed.

mod harness;

use harness::call::{Figures, Scenario, run};
use harness::network::OneWay;
use liaison_media::AudioSenderConfig;

fn ten_minutes(sender_ppm: f64, device_ppm: f64) -> Figures {
    flat(600, sender_ppm, device_ppm)
}

fn flat(seconds: u32, sender_ppm: f64, device_ppm: f64) -> Figures {
    let path = OneWay::Clean { delay: 20.0, mean_queue: 0.5 };
    let base = Scenario::new(path);
    let sender = AudioSenderConfig { complexity: 0, ..base.sender.clone() };
    let scenario = Scenario { seconds, settle_seconds: 20, sender_ppm, device_ppm, sender, ..base };
    let figures = run(&scenario);
    let name = format!("sender {sender_ppm:+} ppm, device {device_ppm:+} ppm");
    println!("{}  {:.1}…{:.1} ms", figures.row(&name), figures.delay(0.0), figures.delay(1.0));
    assert_eq!(figures.stats.concealed_samples, 0, "{name}");
    let flat = figures.delay(1.0) - figures.delay(0.0);
    assert!(flat <= 10.0, "{name}: the delay varies by {flat} ms");
    assert!(figures.delay(0.5) < 65.0, "{name}: {}", figures.delay(0.5));
    let found = f64::from(figures.stats.drift_ppm);
    assert!((found - sender_ppm).abs() < 10.0, "{name}: found {found} ppm");
    figures
}

#[test]
fn a_fast_sender() {
    ten_minutes(300.0, 0.0);
}

#[test]
fn a_slow_sender() {
    ten_minutes(-300.0, 0.0);
}

#[test]
fn a_fast_playout_device() {
    ten_minutes(0.0, 300.0);
}

#[test]
fn both_off_the_other_way() {
    ten_minutes(-150.0, 150.0);
}

#[test]
fn drift_under_jitter() {
    let path = OneWay::Gaussian { delay: 20.0, sigma: 20.0, loss: 0.0 };
    let figures =
        run(&Scenario { seconds: 300, settle_seconds: 30, sender_ppm: 300.0, ..Scenario::new(path) });
    println!("{}", figures.row("+300 ppm under σ=20"));
    assert!(figures.concealed < 0.1, "{}", figures.concealed);
    assert!(figures.delay(0.5) < 130.0, "{}", figures.delay(0.5));
}

/// `cargo test --release -p liaison-media --test drift -- --ignored --nocapture`
#[test]
#[ignore = "simulates four hours"]
fn one_hour_of_any_clocks() {
    for (sender_ppm, device_ppm) in [(300.0, 0.0), (-300.0, 0.0), (0.0, -300.0), (300.0, -300.0)] {
        flat(3_600, sender_ppm, device_ppm);
    }
}
