//! Delay and concealment over seeded networks and the traces, in virtual time.
//!
//! Prints the table (`--no-capture`); the bounds are for regression, with room for other speech.
//! The first 10 s of each run are left out. 20 ms packets, in-band FEC by measured loss.

mod harness;

use harness::call::{Figures, Scenario, run};
use harness::network::{Network, OneWay};

/// Runs, prints, and holds p50 of the delay in ms and the share concealed in percent under bounds.
fn within(name: &str, scenario: &Scenario, delay: f64, concealed: f64) -> Figures {
    let figures = run(scenario);
    println!("{}", figures.row(name));
    let p50 = figures.delay(0.5);
    assert!(p50 <= delay, "{name}: {p50:.1} ms, the bound is {delay}");
    assert!(
        figures.concealed <= concealed,
        "{name}: {:.3} % concealed, the bound is {concealed}",
        figures.concealed
    );
    assert_eq!(figures.stats.packets_duplicated, 0);
    figures
}

fn gaussian(sigma: f64, loss: f64, overtake: bool) -> Scenario {
    let path = OneWay::Gaussian { delay: 20.0, sigma, loss };
    Scenario { overtake, seconds: 130, ..Scenario::new(path) }
}

fn trace(name: &str) -> Scenario {
    // The traces have 120 s and begin anew.
    Scenario { seconds: 130, ..Scenario::new(Network::trace(name)) }
}

#[test]
fn jitter_of_20_ms() {
    within("σ=20", &gaussian(20.0, 0.0, false), 118.0, 0.05);
    within("σ=20 overtaking", &gaussian(20.0, 0.0, true), 118.0, 0.05);
}

#[test]
fn jitter_of_30_ms_with_loss() {
    within("σ=30, 5 % lost", &gaussian(30.0, 0.05, false), 138.0, 2.2);
    within("σ=30, 5 % overtaking", &gaussian(30.0, 0.05, true), 138.0, 2.2);
}

#[test]
fn wifi() {
    within("wifi", &trace("wifi"), 225.0, 2.0);
}

#[test]
fn lte() {
    within("lte", &trace("lte"), 100.0, 1.7);
}

#[test]
fn bursty_loss() {
    within("lossgen-5", &trace("lossgen-5"), 66.0, 3.2);
    within("lossgen-10", &trace("lossgen-10"), 66.0, 6.0);
    within("lossgen-20", &trace("lossgen-20"), 70.0, 11.5);
}
