//! Networks of other kinds than those the receiver was made with: is any traded badly?
//!
//! Long, so ignored; a row for each network and the mean of its seeds:
//!
//! ```sh
//! cargo test --release -p liaison-media --test network_sweep -- --ignored --nocapture
//! ```
//!
//! *price* is p50 + 60 ms for each percent concealed, what was lost on the way included. Beside it what
//! one constant delay could have done at best, chosen with hindsight (without in-band FEC), and a
//! schedule by NetEQ's rule.

mod harness;

use harness::call::{Figures, Scenario, run};
use harness::network::OneWay;
use harness::reference::{Trade, best_constant, fates, neteq_rule};

const SEEDS: u64 = 2;
const SECONDS: u32 = 130;

fn networks() -> Vec<(&'static str, OneWay, bool)> {
    use OneWay::*;
    let delay = 30.0;
    vec![
        ("clean", Clean { delay, mean_queue: 0.5 }, false),
        ("quiet queue 3 ms", Clean { delay, mean_queue: 3.0 }, false),
        ("σ=8", Gaussian { delay: 50.0, sigma: 8.0, loss: 0.0 }, false),
        ("σ=15 overtaking", Gaussian { delay: 60.0, sigma: 15.0, loss: 0.01 }, true),
        ("σ=45", Gaussian { delay: 80.0, sigma: 45.0, loss: 0.0 }, false),
        ("GE 2 %", GilbertElliott { delay, sigma: 3.0, good: 200.0, bad: 5.0, loss_bad: 0.8 }, false),
        (
            "GE 8 %, jitter 10",
            GilbertElliott { delay, sigma: 10.0, good: 60.0, bad: 6.0, loss_bad: 0.9 },
            false,
        ),
        (
            "Pareto stops, rare",
            ParetoStops { delay, sigma: 2.0, every: 8_000.0, least: 40.0, shape: 1.5 },
            false,
        ),
        (
            "Pareto stops, often",
            ParetoStops { delay, sigma: 4.0, every: 1_500.0, least: 25.0, shape: 1.8 },
            false,
        ),
        (
            "Pareto stops, heavy",
            ParetoStops { delay, sigma: 4.0, every: 3_000.0, least: 40.0, shape: 1.0 },
            false,
        ),
        (
            "outages 150 ms / 10 s",
            Outages { delay, sigma: 4.0, every: 10_000.0, length: 150.0, loss: 0.1 },
            false,
        ),
        (
            "outages 300 ms / 15 s",
            Outages { delay, sigma: 8.0, every: 15_000.0, length: 300.0, loss: 0.0 },
            false,
        ),
        (
            "outages 800 ms / 30 s",
            Outages { delay, sigma: 8.0, every: 30_000.0, length: 800.0, loss: 0.3 },
            false,
        ),
        (
            "outages 60 ms / 2 s",
            Outages { delay, sigma: 3.0, every: 2_000.0, length: 60.0, loss: 0.0 },
            false,
        ),
        ("wander 60 ms / 20 s", Wander { delay, height: 60.0, period: 20_000.0, mean_queue: 2.0 }, false),
        ("wander 150 ms / 60 s", Wander { delay, height: 150.0, period: 60_000.0, mean_queue: 3.0 }, false),
        ("wander 40 ms / 4 s", Wander { delay, height: 40.0, period: 4_000.0, mean_queue: 2.0 }, false),
        ("sawtooth 80 ms / 3 s", Sawtooth { delay, height: 80.0, period: 3_000.0, mean_queue: 2.0 }, false),
        (
            "sawtooth 200 ms / 10 s",
            Sawtooth { delay, height: 200.0, period: 10_000.0, mean_queue: 4.0 },
            false,
        ),
        ("sawtooth 50 ms / 0.7 s", Sawtooth { delay, height: 50.0, period: 700.0, mean_queue: 1.0 }, false),
        (
            "contended air, mild",
            Contention {
                delay: 10.0,
                quiet: 3_000.0,
                contended: 500.0,
                quiet_wait: 2.0,
                contended_wait: 20.0,
                loss: 0.01,
            },
            false,
        ),
        (
            "contended air, half",
            Contention {
                delay: 10.0,
                quiet: 2_000.0,
                contended: 2_000.0,
                quiet_wait: 2.0,
                contended_wait: 25.0,
                loss: 0.02,
            },
            false,
        ),
        (
            "contended air, bad",
            Contention {
                delay: 10.0,
                quiet: 1_500.0,
                contended: 600.0,
                quiet_wait: 3.0,
                contended_wait: 70.0,
                loss: 0.05,
            },
            false,
        ),
        (
            "contended air, rare",
            Contention {
                delay: 10.0,
                quiet: 15_000.0,
                contended: 1_500.0,
                quiet_wait: 1.0,
                contended_wait: 60.0,
                loss: 0.0,
            },
            false,
        ),
        ("power save 50 ms", PowerSave { delay: 20.0, interval: 50.0 }, false),
        ("power save 102 ms", PowerSave { delay: 20.0, interval: 102.4 }, false),
        ("step +60 ms", Step { delay, mean_queue: 1.0, at: 70_000.0, by: 60.0 }, false),
        ("step −60 ms", Step { delay: 90.0, mean_queue: 1.0, at: 70_000.0, by: -60.0 }, false),
        ("step +400 ms", Step { delay, mean_queue: 1.0, at: 70_000.0, by: 400.0 }, false),
        ("trace wifi", harness::network::Network::trace("wifi"), false),
        ("trace lte", harness::network::Network::trace("lte"), false),
        ("σ=20", Gaussian { delay: 20.0, sigma: 20.0, loss: 0.0 }, false),
        ("σ=30, 5 %", Gaussian { delay: 20.0, sigma: 30.0, loss: 0.05 }, false),
    ]
}

fn mean<T>(of: &[T], value: impl Fn(&T) -> f64) -> f64 {
    of.iter().map(value).sum::<f64>() / of.len() as f64
}

fn row(name: &str, path: &OneWay, overtake: bool) -> String {
    let seeds: Vec<u64> = (11..11 + SEEDS).collect();
    let ours: Vec<Figures> = seeds
        .iter()
        .map(|&seed| run(&Scenario { seed, overtake, seconds: SECONDS, ..Scenario::new(path.clone()) }))
        .collect();
    let rule = |rule: fn(&harness::reference::Fates, usize) -> Trade| {
        let trades: Vec<Trade> =
            seeds.iter().map(|&seed| rule(&fates(path, overtake, seed, SECONDS), 500)).collect();
        Trade { delay: mean(&trades, |t| t.delay), missing: mean(&trades, |t| t.missing) }
    };
    let ours_traded = Trade { delay: mean(&ours, |f| f.delay(0.5)), missing: mean(&ours, |f| f.concealed) };
    let (best, neteq) = (rule(best_constant), rule(neteq_rule));
    format!(
        "{name:<23} p50 {:6.1}  p95 {:6.1}  concealed {:7.3} %  stretched {:5.2} %  price {:6.1} | constant {:6.1} {:7.3} % {:6.1} | NetEQ's rule {:6.1} {:7.3} % {:6.1}",
        ours_traded.delay,
        mean(&ours, |f| f.delay(0.95)),
        ours_traded.missing,
        mean(&ours, |f| f.stretched),
        ours_traded.price(),
        best.delay,
        best.missing,
        best.price(),
        neteq.delay,
        neteq.missing,
        neteq.price(),
    )
}

#[test]
#[ignore = "minutes of CPU; prints a table"]
fn no_network_is_traded_badly() {
    #[allow(clippy::disallowed_methods, reason = "for a quick look at some rows: ONLY=wifi,lte")]
    let wanted = std::env::var("ONLY").unwrap_or_default();
    let mut networks = networks();
    networks.retain(|(name, ..)| wanted.split(',').any(|wanted| name.contains(wanted)));
    let half = &|from: usize| {
        let networks = networks.iter().skip(from).step_by(2);
        networks.map(|(name, path, overtake)| row(name, path, *overtake)).collect::<Vec<_>>()
    };
    let [even, odd] = std::thread::scope(|scope| {
        let halves = [0, 1].map(|from| scope.spawn(move || half(from)));
        halves.map(|half| half.join().expect("no panic"))
    });
    for (k, row) in even.iter().enumerate() {
        println!("{row}");
        if let Some(row) = odd.get(k) {
            println!("{row}");
        }
    }
}
