//! `liaison doctor loopback`: a call over real sockets through a network that is told what to do, and its measures.

use super::clocked;
use super::figures::{Sending, Sound};
use super::impair::{Impair, read_trace};
use super::pair::{Made, Pair};
use super::report::{Measured, Report};
use super::switch::Switch;
use super::virtual_time::VirtualCall;
use crate::exit::Failure;
use crate::output;
use liaison_sim::Trace;
use liaison_sim::speech::{Recording, Timed};
use std::path::PathBuf;
use std::time::Duration;

/// Makes a call through an impaired network on this machine, and measures what is heard
///
/// Two processes with an engine each call each other through a service and a relay of this one. The caller's
/// sound passes the relay as --impair and --trace say; connectivity checks, handshakes and RTCP pass undisturbed.
/// The first 2 s of the call are silence and left out of all figures.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = crate::exit::HELP)]
pub struct Arguments {
    /// What is said: a WAV file, speech for preference; it is repeated as needed
    #[arg(long = "in", value_name = "IN.wav")]
    input: PathBuf,
    /// What is heard: 48 kHz, mono, 16 bits
    #[arg(long = "out", value_name = "OUT.wav")]
    out: Option<PathBuf>,
    /// The figures
    #[arg(long, value_name = "R.json")]
    report: Option<PathBuf>,
    /// A folder for what was pushed and pulled as it was: 16 bits, 48 kHz, mono, and beside it the time of each
    /// 10 ms (64 bits, microseconds of CLOCK_MONOTONIC)
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
    /// What the network does: delay=MS,jitter=MS (a standard deviation),loss=PCT,burst=PACKETS (mean),overtake=0|1,seed=N
    #[arg(long, value_name = "LIST", default_value = "")]
    impair: Impair,
    /// A recorded network on top: line k is the delay in ms, or -1 for lost, of what is sent in [20k, 20k+20) ms
    #[arg(long, value_name = "FILE")]
    trace: Option<PathBuf>,
    /// How long to measure [default: the length of IN]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1800))]
    seconds: Option<u32>,
    /// Fix the Opus bit rate, in bit/s
    #[arg(long, value_name = "BPS", value_parser = clap::value_parser!(u32).range(6_000..=128_000))]
    bitrate: Option<u32>,
    /// Fix the sound in a packet, in ms
    #[arg(long, value_name = "MS", value_parser = packet_time)]
    ptime: Option<u32>,
    /// No redundancy but Opus' own in-band: neither RFC 2198 nor DRED
    #[arg(long)]
    in_band_only: bool,
    /// Channels. With 2, IN is said on the left, and 10 ms later on the right; what is measured is the left
    #[arg(long, value_name = "1|2", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=2))]
    channels: u8,
    /// What is done to the microphone's sound: echo, noise and gain
    #[arg(long, value_name = "on|off", default_value_t = Switch::Off)]
    processing: Switch,
    /// The same in virtual time instead, without sockets, threads and clocks: the same figures at each run. Packets
    /// keep one length (--ptime, else 20 ms)
    #[arg(long, conflicts_with_all = ["keep", "processing", "channels"])]
    in_virtual_time: bool,
    /// When 10 ms are pulled after 10 ms were pushed, in virtual time [ms]; a report over sockets says what it was
    #[arg(long, value_name = "MS", requires = "in_virtual_time", default_value_t = 5.0, value_parser = phase)]
    pull_phase: f64,
}

fn phase(text: &str) -> Result<f64, String> {
    let value = text.parse().ok().filter(|value| (0.0..=10.0).contains(value));
    value.ok_or_else(|| "0 to 10 is needed".to_owned())
}

/// Milliseconds to µs.
fn packet_time(text: &str) -> Result<u32, String> {
    const KNOWN_MS: [f64; 9] = [2.5, 5.0, 10.0, 20.0, 40.0, 60.0, 80.0, 100.0, 120.0];
    let value = text.parse().ok().filter(|value| KNOWN_MS.contains(value));
    let us = value.map(|ms: f64| (ms * 1_000.0) as u32);
    us.ok_or_else(|| "one of 2.5, 5, 10, 20, 40, 60, 80, 100, 120 is needed".to_owned())
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let input = liaison_device::wav::read(&arguments.input)
        .map_err(|error| Failure::Unusable(format!("--in: {error}")))?;
    let trace = arguments.trace.as_deref().map(read_trace).transpose()?;
    if input.len() < clocked::CHUNK {
        return Err(Failure::Unusable("--in: there is next to nothing in it".to_owned()));
    }
    let length = arguments.seconds.map_or_else(
        || Duration::from_millis(input.len() as u64 / 480 * 10),
        |seconds| Duration::from_secs(seconds.into()),
    );
    for path in [&arguments.out, &arguments.report].into_iter().flatten() {
        // Better to fail now than after the call.
        std::fs::File::create(path).map_err(|error| Failure::writing("output", path, error))?;
    }
    if arguments.in_virtual_time {
        return in_virtual_time(arguments, &input, length, trace);
    }
    let folder =
        tempfile::tempdir().map_err(|error| Failure::writing("folder", &std::env::temp_dir(), error))?;
    let keep = arguments.keep.as_deref().unwrap_or(folder.path());
    std::fs::create_dir_all(keep).map_err(|error| Failure::writing("folder", keep, error))?;
    let (said_path, heard_path) = (keep.join("said.pcm"), keep.join("heard.pcm"));
    clocked::write_samples(&said_path, &input)?;

    let network = arguments.impair.network(trace);
    let sending = Sending {
        bitrate_bps: arguments.bitrate,
        packet_time_us: arguments.ptime,
        in_band_only: arguments.in_band_only,
        stereo: arguments.channels == 2,
    };
    let processing = arguments.processing == Switch::On;
    let sounds = [Sound::Push(said_path.clone()), Sound::Pull(heard_path.clone())];
    let pair = Pair { folder: folder.path(), sounds, length, sending, processing };
    let Made { relay, caller, callee, .. } = pair.call(network, arguments.impair.seed)?;

    let mut said = input;
    let samples = (length.as_millis() as usize) * 48;
    said.truncate(said.len() / clocked::CHUNK * clocked::CHUNK);
    let repeated: Vec<f32> = said.iter().copied().cycle().take(samples).collect();
    let heard = Recording { samples: clocked::read_samples(&heard_path)?, rate_hz: 48_000, start_us: 0 };
    if let Some(path) = &arguments.out {
        heard.write_wav(path).map_err(|error| Failure::Unusable(error.to_string()))?;
    }
    let measured = Measured {
        said: Timed { samples: repeated, times: clocked::read_times(&said_path)? },
        heard: Timed { samples: heard.samples, times: clocked::read_times(&heard_path)? },
        caller,
        callee,
        packets: relay.captured(),
        counts: relay.counts(),
    };
    let report =
        Report::new(arguments.impair, arguments.trace.as_deref(), sending, processing, length, &measured)?;
    output::line(&report.summary());
    arguments.report.as_deref().map_or(Ok(()), |path| report.write(path))
}

fn in_virtual_time(
    arguments: &Arguments,
    input: &[f32],
    length: Duration,
    trace: Option<Trace>,
) -> Result<(), Failure> {
    let call = VirtualCall {
        said: &input[..input.len() / clocked::CHUNK * clocked::CHUNK],
        length,
        network: arguments.impair.network(trace),
        seed: arguments.impair.seed,
        bitrate_bps: arguments.bitrate.unwrap_or(32_000),
        packet_time_us: arguments.ptime.unwrap_or(20_000),
        in_band_only: arguments.in_band_only,
        pull_phase: Duration::from_secs_f64(arguments.pull_phase / 1e3),
    };
    let (report, samples) = call.run()?;
    if let Some(path) = &arguments.out {
        let heard = Recording { samples, rate_hz: 48_000, start_us: 0 };
        heard.write_wav(path).map_err(|error| Failure::Unusable(error.to_string()))?;
    }
    output::line(&report.summary());
    arguments.report.as_deref().map_or(Ok(()), |path| report.write(path))
}
