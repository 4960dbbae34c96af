//! How long it takes to set up a media session through a UDP relay that loses packets.
//!
//! ```text
//! cargo run -p liaison-transport --release --example setup_conformance -- --setups 200
//! ```
//! Options: `--setups N` (200) for each loss rate, `--rtt MS` (30), `--loss 0,10,20` (percent, each way and each packet
//! on its own), `--at-once N` (4). Exits with 1 when a setup is lost.
//!
//! On 2 cores that were busy with other work (load 13), release build, 200 setups each, times in ms from both
//! descriptions known to both sides connected:
//!
//! | loss each way | lost | p50 | p95 | max | built anew |
//! |---|---|---|---|---|---|
//! | 0 % | 0 | 186 | 197 | 201 | 0 |
//! | 10 % | 0 | 202 | 268 | 336 | 0 |
//! | 20 % | 0 | 228 | 357 | 452 | 0 |
//!
//! With the watchdog alone, without repeating DTLS flights on the wire (60 setups each): p95 204, 2207 and 8563 ms, with
//! 0, 7 and 20 built anew, none lost.

#[path = "../tests/common/mod.rs"]
mod common;

use std::io::{IsTerminal, Write};
use std::process::ExitCode;
use std::time::Duration;

use common::setups::{Outcome, run};

struct Options {
    setups: usize,
    round_trip: Duration,
    losses: Vec<u8>,
    at_once: usize,
}

fn options() -> Result<Options, String> {
    let mut options =
        Options { setups: 200, round_trip: Duration::from_millis(30), losses: vec![0, 10, 20], at_once: 4 };
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let value = arguments.next().ok_or_else(|| format!("{name} needs a value"))?;
        let number = || value.parse::<u64>().map_err(|_| format!("{name} needs a number, not {value}"));
        match name.as_str() {
            "--setups" => options.setups = number()?.clamp(1, 100_000) as usize,
            "--rtt" => options.round_trip = Duration::from_millis(number()?),
            "--at-once" => options.at_once = number()?.clamp(1, 64) as usize,
            "--loss" => {
                options.losses = value
                    .split(',')
                    .map(|percent| percent.parse().map_err(|_| format!("{percent} is not a percentage")))
                    .collect::<Result<_, _>>()?;
            }
            _ => return Err(format!("{name} is not known: --setups, --rtt, --loss, --at-once")),
        }
    }
    Ok(options)
}

fn row(loss: u8, outcome: &Outcome) -> String {
    let ms = |time: Duration| format!("{:.0}", time.as_secs_f64() * 1000.0);
    let of = |percent| ms(outcome.percentile(percent, |setup| setup.time));
    format!(
        "| {loss} % | {} | {} | {} | {} | {} | {} | {} | {} |",
        outcome.asked,
        outcome.lost(),
        of(50),
        of(95),
        of(100),
        ms(outcome.percentile(50, |setup| setup.since_open)),
        ms(outcome.percentile(95, |setup| setup.since_open)),
        outcome.rebuilt(),
    )
}

#[tokio::main]
async fn main() -> ExitCode {
    let options = match options() {
        Ok(options) => options,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::from(2);
        }
    };
    println!(
        "{} setups each, {} ms round trip, {} at once; descriptions travel {} ms one way, reliably. Times in ms.",
        options.setups,
        options.round_trip.as_millis(),
        options.at_once,
        common::SIGNALING_DELAY.as_millis(),
    );
    println!(
        "| loss each way | setups | lost | p50 | p95 | max | p50 since open | p95 since open | rebuilt |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    let mut lost = 0;
    for loss in options.losses {
        let watched = std::io::stderr().is_terminal();
        let outcome = run(options.setups, loss, options.round_trip, options.at_once, |done| {
            if watched {
                eprint!("\r{loss} % loss: {done} of {}", options.setups);
                let _ = std::io::stderr().flush();
            }
        })
        .await;
        if watched {
            eprint!("\r\x1b[K");
        }
        println!("{}", row(loss, &outcome));
        lost += outcome.lost();
    }
    if lost == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
