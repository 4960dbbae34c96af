//! `cargo xtask compare`: calls by others and by us, in turn, over the same networks, with the same speech.

mod cases;
mod chromium;
mod devices;
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
mod sound_server;
mod speech;
mod stats;
mod table;
mod tape;
mod virtual_time;
mod wrtc;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use clap::ValueEnum;
use liaison_sim::speech::push_to_pop;

use crate::prerequisites::{self, CHROMIUM, COMPARE, Package, SOUND};
use crate::{place, shell};
use cases::Case;
use row::{Rounds, Row};
use run::{Outcome, Task};

/// Speech for the echo: 10 s of it to learn the room by.
const ECHO_SECONDS: u32 = 30;

/// What the figures mean, for the table's and the report's reader.
const NOTES: [&str; 12] = [
    "Delay: from the call that pushes the first sample of 10 ms to the call that pulls the same sample, found again by correlation in pieces of 240 ms; processing is off.",
    "Concealed: concealedSamples less silentConcealedSamples of webrtc-stats, of totalSamplesReceived. Samples from DRED are not among them; the ring in the plot and the second goal count them as concealed.",
    "The first 2 s of each call are silence, and left out of every figure.",
    "All systems pass the same relay, which impairs the RTP of one direction; checks, handshakes and RTCP pass undisturbed. Packets keep their order. A trace begins with the first RTP packet.",
    "Bytes a second: RTP of that direction with the headers of UDP (8) and IPv4 (20), redundancy included.",
    "Processor: both ends, with their samples' pushing and pulling. us and wrtc: two processes. chromium: all processes of a browser with both ends in one page.",
    "Processing: off for us but where it says otherwise. libwebrtc and Chromium get their samples past any device, from RTCAudioSource and MediaStreamTrackGenerator, and do no processing of them: what theirs costs is in the echo table, as the processing of 10 ms. With ours on, the caller's sound passes echo cancellation, noise suppression and gain, and the caller plays what it hears.",
    "Memory: us and wrtc: the larger end's VmHWM. chromium: the largest sum of Pss over the browser's processes, both ends.",
    "PESQ-WB (P.862.2) and STOI at 16 kHz, each utterance cut by its own delay; the interval is Student's over utterances and rounds.",
    "Device to device: speech is played into a null sink that the caller's microphone hears; both that sink and the callee's speaker, another null sink, are recorded at their monitors, and the one is found in the other as above. Both ends have a microphone and a speaker; nothing is done to the sound. We ask for 10 ms at a time; Chromium asks for what it asks for. The relay disturbs nothing.",
    "Virtual time: our sender and receiver with the same speech, network and seed, without sockets, threads and clocks; the device's part is there as the app-owned port has it, and a pull comes as long after a push as it did over sockets. Packets of 20 ms in both.",
    "The relay, the measurement and the systems share the machine's cores.",
];

/// How long it takes, for `--help`.
const DURATION: &str = "A call takes its seconds of speech and 5 s; its scores about as long again. A round of --everything \
    is 38 calls: 25 minutes with the default 24 s, 90 minutes with the 90 s that hold 20 sentences and more. Building in \
    release comes before, and nothing else should run meanwhile.";

/// What to run.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = DURATION)]
pub struct Options {
    /// All networks, all systems, devices, echo and virtual time.
    #[arg(long, conflicts_with_all = ["cases", "all_cases", "systems", "one_table"])]
    everything: bool,
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
    /// Calls in virtual time too, beside the same calls over sockets.
    #[arg(long)]
    virtual_time: bool,
    /// Whole calls with devices too, ours and Chromium's: null sinks of a private sound server.
    #[arg(long)]
    devices: bool,
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
    let everything;
    let options = if options.everything {
        everything = Options {
            all_cases: true,
            systems: vec![System::Us, System::Wrtc, System::Chromium],
            one_table: false,
            echo: true,
            devices: true,
            virtual_time: true,
            ..options.clone()
        };
        &everything
    } else {
        options
    };
    let cases = if options.all_cases { cases::CASES.to_vec() } else { cases::named(&options.cases)? };
    let folder = place::target().join("compare");
    let browser: &[Package] = if options.systems.contains(&System::Chromium) { CHROMIUM } else { &[] };
    let sound: &[Package] = if options.devices { SOUND } else { &[] };
    let installed = install::ensure(&folder, &[prerequisites::BUILD, COMPARE, browser, sound])?;
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
            for (system, kind) in turns(options, case) {
                let name = system.name();
                let begun = Instant::now();
                let task = Task {
                    case: *case,
                    speech: &speech.pcm,
                    length: Duration::from_millis(speech.length_ms as u64),
                    bitrate_bps: options.bitrate,
                    seed: u64::from(round) + 1,
                    folder: folder.join("calls").join(format!("{}-{name}{}", case.name, kind.ending())),
                    like_for_like: kind == Kind::LikeForLike,
                    processing: kind == Kind::Processing,
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
                    "   {name}{} on {}: {:.1} ms, {:.3} % concealed ({:.0} s)",
                    kind.ending(),
                    case.title,
                    found.delays.percentile_ms(0.5).unwrap_or(f64::NAN),
                    outcome.figures.concealed_pct,
                    begun.elapsed().as_secs_f64()
                );
                tables.add(system, case, kind, &outcome, &found.delays, scores);
            }
        }
    }
    let [chosen, like, processed] =
        [Kind::Chosen, Kind::LikeForLike, Kind::Processing].map(|kind| tables.rows(kind, &cases));
    println!("\n{}", table::text(&chosen));
    let mut all_verdicts = verdicts(&chosen, goals::judge);
    all_verdicts.extend(verdicts(&processed, goals::judge_processing));
    if !all_verdicts.is_empty() {
        println!("{}", table::goals(&all_verdicts));
    }
    if !options.one_table && options.systems.contains(&System::Us) {
        println!("like for like: packets of 20 ms, redundancy as the peers have it\n{}", table::text(&like));
    }
    println!("our processing on\n{}", table::text(&processed));
    let mut on_devices = Vec::new();
    if options.devices {
        let devices = devices::Devices {
            program: &program,
            speech: &speech.pcm,
            seconds: (speech.length_ms / 1e3) as u32,
            bitrate_bps: options.bitrate,
            rounds: options.rounds,
            folder: &folder.join("devices"),
        };
        on_devices = devices.compare(&options.systems)?;
        println!("\ndevice to device\n{}", table::text(&on_devices));
        let judged = verdicts(&on_devices, goals::judge_devices);
        println!("{}", table::goals(&judged));
        all_verdicts.extend(judged);
    }
    let mut in_virtual_time = Vec::new();
    if options.virtual_time {
        let calls = virtual_time::Calls {
            program: &program,
            speech_wav: &speech.wav,
            seconds: (speech.length_ms / 1e3) as u32,
            bitrate_bps: options.bitrate,
            rounds: options.rounds,
            folder: &folder.join("virtual-time"),
        };
        in_virtual_time = calls.compare()?;
        println!("{}", virtual_time::text(&in_virtual_time));
        let judged = virtual_time::judge(&in_virtual_time);
        println!("{}", table::goals(&judged));
        all_verdicts.extend(judged);
    }
    let mut echo = Vec::new();
    if options.echo {
        let room = folder.join("echo");
        std::fs::create_dir_all(&room)?;
        let far = speech::prepare(&room, ECHO_SECONDS)?;
        echo = echo::compare(&program, &installed.python, &far.wav, &room)?;
        println!("{}", echo::text(&echo));
        let judged = echo::judge(&echo);
        println!("{}", table::goals(&judged));
        all_verdicts.extend(judged);
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
    let report = page::Report {
        about,
        chosen: &chosen,
        like_for_like: like,
        processed: &processed,
        virtual_time: &in_virtual_time,
        devices: &on_devices,
        verdicts: &all_verdicts,
        echo: &echo,
    };
    page::write(&report, &html)?;
    println!("report: {}", html.display());
    Ok(())
}

/// How we make a call; a peer has one way, and is the same beside each of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    /// As the engine chooses by itself.
    Chosen,
    /// As the peers send.
    LikeForLike,
    /// As it chooses, with echo, noise and gain on.
    Processing,
}

impl Kind {
    fn ending(self) -> &'static str {
        match self {
            Self::Chosen => "",
            Self::LikeForLike => "-like",
            Self::Processing => "-processing",
        }
    }
}

/// Who calls in one round on one network, and how.
fn turns(options: &Options, case: &Case) -> Vec<(System, Kind)> {
    let mut turns: Vec<(System, Kind)> =
        options.systems.iter().map(|system| (*system, Kind::Chosen)).collect();
    if options.systems.contains(&System::Us) {
        turns.extend((!options.one_table).then_some((System::Us, Kind::LikeForLike)));
        // What it costs does not hang on the network.
        turns.extend((case.name == cases::CASES[0].name).then_some((System::Us, Kind::Processing)));
    }
    turns
}

fn build() -> Result<PathBuf> {
    println!("   building liaison");
    shell::run(&mut shell::cargo(&["build", "-q", "--release", "-p", "liaison-cli"]))?;
    Ok(place::target().join("release/liaison"))
}

fn verdicts(rows: &[Row], judge: fn(&Row, &Row) -> Vec<goals::Verdict>) -> Vec<goals::Verdict> {
    let pairs = rows.iter().filter(|row| row.system == "us").flat_map(|ours| {
        let peers = rows.iter().filter(move |row| row.case == ours.case && row.system != "us");
        peers.map(move |peer| (ours, peer))
    });
    pairs.flat_map(|(ours, peer)| judge(ours, peer)).collect()
}

#[derive(Default)]
struct Tables(BTreeMap<(&'static str, System, Kind), Rounds>);

impl Tables {
    fn add(
        &mut self,
        system: System,
        case: &Case,
        kind: Kind,
        outcome: &Outcome,
        delays: &liaison_sim::speech::Delays,
        scores: Vec<quality::Score>,
    ) {
        let rounds = self.0.entry((case.name, system, kind)).or_default();
        rounds.delays_ms.extend(delays.windows.iter().map(|window| window.delay_ms));
        rounds.spoken += delays.spoken;
        rounds.scores.extend(scores);
        rounds.figures.push(outcome.figures);
    }

    fn rows(&self, kind: Kind, cases: &[Case]) -> Vec<Row> {
        let mut rows = Vec::new();
        // A peer without ours beside it is in the first table alone.
        let here = |case: &&Case| kind == Kind::Chosen || self.0.contains_key(&(case.name, System::Us, kind));
        for case in cases.iter().filter(here) {
            for system in [System::Us, System::Wrtc, System::Chromium] {
                let kind = if system == System::Us { kind } else { Kind::Chosen };
                let rounds = self.0.get(&(case.name, system, kind));
                rows.extend(rounds.and_then(|rounds| rounds.row(system.name(), case.name)));
            }
        }
        rows
    }
}
