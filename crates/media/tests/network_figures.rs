//! Delay and concealment over seeded networks and the traces, in virtual time.

mod harness;

use harness::call::{Figures, Scenario, run};
use harness::network::{Network, Path1};

fn figures(name: &str, scenario: &Scenario) -> Figures {
    let figures = run(scenario);
    println!("{}", figures.row(name));
    figures
}

fn clean() -> Path1 {
    Path1::Clean { delay: 20.0, mean_queue: 0.5 }
}

#[test]
fn all() {
    for seed in 1..=5 {
        figures("clean", &Scenario { seed, seconds: 600, ..Scenario::new(clean()) });
    }
    for (name, s) in [("ppm+300", Scenario { sender_ppm: 300.0, ..Scenario::new(clean()) }), ("ppm-300", Scenario { sender_ppm: -300.0, ..Scenario::new(clean()) }),
      ("dev+300", Scenario { device_ppm: 300.0, ..Scenario::new(clean()) }), ("dev-20", Scenario { device_ppm: -20.0, ..Scenario::new(clean()) }),
      ("jit2", Scenario { pull_jitter_ms: 2.0, ..Scenario::new(clean()) }), ("burst2", Scenario { pull_burst: 2, ..Scenario::new(clean()) }),
      ("dtx", Scenario { mute_period: Some(4.0), sender: liaison_media::AudioSenderConfig { dtx: true, ..Scenario::new(clean()).sender }, ..Scenario::new(clean()) }),
      ("10ms", Scenario { sender: liaison_media::AudioSenderConfig { packet_time_ms: 10, ..Scenario::new(clean()).sender }, ..Scenario::new(clean()) }),
      ("60ms", Scenario { sender: liaison_media::AudioSenderConfig { packet_time_ms: 60, ..Scenario::new(clean()).sender }, ..Scenario::new(clean()) }),
    ] {
        figures(name, &Scenario { seconds: 600, ..s });
    }
    for (name, sigma, loss) in [("σ=20", 20.0, 0.0), ("σ=30 + 5 %", 30.0, 0.05)] {
        for overtake in [false, true] {
            let name = format!("{name}{}", if overtake { " overtaking" } else { "" });
            let path = Path1::Gaussian { delay: 20.0, sigma, loss };
            figures(&name, &Scenario { overtake, ..Scenario::new(path) });
        }
    }
    for trace in ["wifi", "lte", "lossgen-5", "lossgen-10", "lossgen-20"] {
        figures(trace, &Scenario { seconds: 200, ..Scenario::new(Network::trace(trace)) });
    }
}
