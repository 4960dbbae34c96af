//! `cargo xtask compare`: calls by others and by us, in turn, over the same networks, with the same speech.

mod cases;
mod chromium;
mod echo;
mod goals;
mod http;
mod inbound;
mod install;
mod ours;
mod page;
mod peer;
mod plot;
mod process;
mod quality;
mod relay;
mod row;
mod run;
mod sdp;
mod speech;
mod stats;
mod table;
mod wrtc;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use clap::ValueEnum;
use liaison_sim::speech::push_to_pop;

use crate::prerequisites::{self, CHROMIUM, COMPARE, Package};
use crate::{place, shell};
use cases::Case;
use row::{Rounds, Row};
use run::{Outcome, Task};

/// Speech for the echo: 10 s of it to learn the room by.
const ECHO_SECONDS: u32 = 30;

/// What the figures mean, for the table's and the report's reader.
const NOTES: [&str; 9] = [
    "Delay: from the call that pushes the first sample of 10 ms to the call that pulls the same sample, found again by correlation in pieces of 240 ms; processing is off.",
    "Concealed: concealedSamples less silentConcealedSamples of webrtc-stats, of totalSamplesReceived. Samples from DRED are not among them; the ring in the plot and the second goal count them as concealed.",
    "The first 2 s of each call are silence, and left out of every figure.",
    "All systems pass the same relay, which impairs the RTP of one direction; checks, handshakes and RTCP pass undisturbed. Packets keep their order. A trace begins with the first RTP packet.",
    "Bytes a second: RTP of that direction with the headers of UDP (8) and IPv4 (20), redundancy included.",
    "Processor: both ends, with their samples' pushing and pulling. us and wrtc: two processes. chromium: all processes of a browser with both ends in one page.",
    "Memory: us and wrtc: the larger end's VmHWM. chromium: the largest sum of Pss over the browser's processes, both ends.",
    "PESQ-WB (P.862.2) and STOI at 16 kHz, each utterance cut by its own delay; the interval is Student's over utterances and rounds.",
    "The relay, the measurement and the systems share the machine's cores.",
];

/// What to run.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// How often each system meets each network.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100))]
    rounds: u32,
    /// Speech in each call; 20 sentences and more take 90 s.
    #[arg(long, default_value_t = 24, value_parser = clap::value_parser!(u32).range(4..=600))]
    seconds: u32,
    /// Networks: clean, jitter20, jitter30-loss5, wifi, lte, lossgen-5, lossgen-10, lossgen-20.
    #[arg(long, value_delimiter = ',', default_value = "clean,jitter30-loss5,lossgen-10")]
    cases: Vec<String>,
    /// All networks.
    #[arg(long, conflicts_with = "cases")]
    all_cases: bool,
    /// Who calls.
    #[arg(long, value_delimiter = ',', default_value = "us,wrtc")]
    systems: Vec<System>,
    /// Opus bit rate that all are told [bit/s].
    #[arg(long, default_value_t = 32_000, value_parser = clap::value_parser!(u32).range(6_000..=128_000))]
    bitrate: u32,
    /// Without the second table, in which we send as the peers do: packets of 20 ms, their redundancy.
    #[arg(long)]
    one_table: bool,
    /// Echo reduction and its cost too, beside the processing of PyPI's livekit.
    #[arg(long)]
    echo: bool,
    /// The report.
    #[arg(long, default_value = "out/compare/report.html")]
    html: PathBuf,
    /// Without PESQ and STOI.
    #[arg(long)]
    no_quality: bool,
    /// Our program as it is in target/release or target/debug, instead of building the former.
    #[arg(long)]
    program: Option<PathBuf>,
}

/// Who calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
enum System {
    /// Liaison.
    Us,
    /// libwebrtc in node.
    Wrtc,
    /// Debian's Chromium.
    Chromium,
}

impl System {
    fn name(self) -> &'static str {
        match self {
            Self::Us => "us",
            Self::Wrtc => "wrtc",
            Self::Chromium => "chromium",
        }
    }
}

/// Installs, calls, measures, reports.
pub fn run(options: &Options) -> Result<()> {
    let cases = if options.all_cases { cases::CASES.to_vec() } else { cases::named(&options.cases)? };
    let folder = place::target().join("compare");
    let browser: &[Package] = if options.systems.contains(&System::Chromium) { CHROMIUM } else { &[] };
    let installed = install::ensure(&folder, &[prerequisites::BUILD, COMPARE, browser])?;
    let program = match &options.program {
        Some(program) => program.clone(),
        None => build()?,
    };
    let mut about = vec![format!("@roamhq/wrtc {}", install::wrtc_version(&installed))];
    if options.systems.contains(&System::Chromium) {
        about.push(chromium::version()?);
    }
    let speech = speech::prepare(&folder, options.seconds)?;
    println!(
        "{} sentences in {:.0} s; {}; {} rounds",
        speech.utterances.len(),
        speech.length_ms / 1e3,
        about.join("; "),
        options.rounds
    );
    let mut tables = Tables::default();
    for round in 0..options.rounds {
        for case in &cases {
            for (system, like_for_like) in turns(options) {
                let name = system.name();
                let kind = if like_for_like { ", like for like" } else { "" };
                let begun = Instant::now();
                let task = Task {
                    case: *case,
                    speech: &speech.pcm,
                    length: Duration::from_millis(speech.length_ms as u64),
                    bitrate_bps: options.bitrate,
                    seed: u64::from(round) + 1,
                    folder: folder.join("calls").join(format!(
                        "{}-{name}{}",
                        case.name,
                        if like_for_like { "-like" } else { "" }
                    )),
                    like_for_like,
                };
                std::fs::create_dir_all(&task.folder)?;
                let outcome = match system {
                    System::Us => ours::call(&task, &program, &speech.wav),
                    System::Wrtc => wrtc::call(&task, &installed.wrtc),
                    System::Chromium => chromium::call(&task),
                }
                .with_context(|| format!("{name} on {}", case.name))?;
                let found = push_to_pop(&outcome.said, &outcome.heard);
                let scores = if options.no_quality {
                    Vec::new()
                } else {
                    quality::scores(&installed.python, &task.folder, &outcome, &found, &speech.utterances)?
                };
                println!(
                    "   {name} on {}{kind}: {:.1} ms, {:.3} % concealed ({:.0} s)",
                    case.title,
                    found.delays.percentile_ms(0.5).unwrap_or(f64::NAN),
                    outcome.figures.concealed_pct,
                    begun.elapsed().as_secs_f64()
                );
                tables.add(system, case, like_for_like, &outcome, &found.delays, scores);
            }
        }
    }
    let [chosen, like] = [false, true].map(|like_for_like| tables.rows(like_for_like, &cases));
    println!("\n{}", table::text(&chosen));
    let verdicts = verdicts(&chosen);
    if !verdicts.is_empty() {
        println!("{}", table::goals(&verdicts));
    }
    if !options.one_table && options.systems.contains(&System::Us) {
        println!("like for like: packets of 20 ms, redundancy as the peers have it\n{}", table::text(&like));
    }
    let mut echo = Vec::new();
    if options.echo {
        let room = folder.join("echo");
        std::fs::create_dir_all(&room)?;
        let far = speech::prepare(&room, ECHO_SECONDS)?;
        echo = echo::compare(&program, &installed.python, &far.wav, &room)?;
        println!("{}", echo::text(&echo));
    }
    about.push(format!(
        "{} sentences in {:.0} s; {} rounds; Opus at {} bit/s; liaison {}",
        speech.utterances.len(),
        speech.length_ms / 1e3,
        options.rounds,
        options.bitrate,
        program.display()
    ));
    let html = place::root().join(&options.html);
    if let Some(folder) = html.parent() {
        std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    }
    let like: &[Row] = if options.one_table { &[] } else { &like };
    let report =
        page::Report { about, chosen: &chosen, like_for_like: like, verdicts: &verdicts, echo: &echo };
    page::write(&report, &html)?;
    println!("report: {}", html.display());
    Ok(())
}

/// Who calls in one round on one network, and whether like for like. A peer is the same in both tables.
fn turns(options: &Options) -> Vec<(System, bool)> {
    let mut turns: Vec<(System, bool)> = options.systems.iter().map(|system| (*system, false)).collect();
    if !options.one_table && options.systems.contains(&System::Us) {
        turns.push((System::Us, true));
    }
    turns
}

fn build() -> Result<PathBuf> {
    println!("   building liaison");
    shell::run(&mut shell::cargo(&["build", "-q", "--release", "-p", "liaison-cli"]))?;
    Ok(place::target().join("release/liaison"))
}

fn verdicts(rows: &[Row]) -> Vec<goals::Verdict> {
    let pairs = rows.iter().filter(|row| row.system == "us").flat_map(|ours| {
        let peers = rows.iter().filter(move |row| row.case == ours.case && row.system != "us");
        peers.map(move |peer| (ours, peer))
    });
    pairs.flat_map(|(ours, peer)| goals::judge(ours, peer)).collect()
}

#[derive(Default)]
struct Tables(BTreeMap<(&'static str, System, bool), Rounds>);

impl Tables {
    fn add(
        &mut self,
        system: System,
        case: &Case,
        like_for_like: bool,
        outcome: &Outcome,
        delays: &liaison_sim::speech::Delays,
        scores: Vec<quality::Score>,
    ) {
        let rounds = self.0.entry((case.name, system, like_for_like)).or_default();
        rounds.delays_ms.extend(delays.windows.iter().map(|window| window.delay_ms));
        rounds.spoken += delays.spoken;
        rounds.scores.extend(scores);
        rounds.figures.push(outcome.figures);
    }

    fn rows(&self, like_for_like: bool, cases: &[Case]) -> Vec<Row> {
        let mut rows = Vec::new();
        for case in cases {
            for system in [System::Us, System::Wrtc, System::Chromium] {
                let like = like_for_like && system == System::Us;
                let rounds = self.0.get(&(case.name, system, like));
                rows.extend(rounds.and_then(|rounds| rounds.row(system.name(), case.name)));
            }
        }
        rows
    }
}
