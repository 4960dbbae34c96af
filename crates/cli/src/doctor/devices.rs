//! `liaison doctor devices`: how long sound takes from a speaker to a microphone of this machine.

use super::device_call::DeviceCall;
use super::switch::Switch;
use crate::exit::Failure;
use crate::output;
use liaison_device::{CaptureSource, DeviceConfig, PlayoutSink, measure_delay};
use serde::Serialize;

/// Measures the delay from this machine's speaker to its microphone, which must hear it
///
/// Plays short chirps, and finds each in what the microphone hears: what the devices, the system's sound server and
/// our buffers take. Without a sound card, give a PulseAudio sink and its monitor.
#[derive(Debug, clap::Args)]
#[command(after_help = crate::exit::HELP)]
pub struct Arguments {
    /// The speaker, by its id or name in `liaison devices` [default: the system's]
    #[arg(long, value_name = "ID")]
    device_out: Option<String>,
    /// The microphone, in the same way [default: the system's]
    #[arg(long, value_name = "ID")]
    device_in: Option<String>,
    /// How many chirps, each 0.3 s
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u16).range(2..=1000))]
    markers: u16,
    /// Samples that a device exchanges at a time, at 48 kHz; several are measured one after the other
    #[arg(long, value_name = "LIST", value_delimiter = ',', default_value = "480",
          value_parser = clap::value_parser!(u32).range(96..=4800))]
    frames: Vec<u32>,
    /// Instead, make a call of so many seconds and tell its figures: the caller's microphone is --device-in, the
    /// callee's speaker --device-out. To know its delay, play into the one and record the other
    #[arg(long, value_name = "SECONDS", requires_all = ["device_in", "device_out"],
          conflicts_with_all = ["markers", "frames"],
          value_parser = clap::value_parser!(u32).range(4..=1800))]
    call: Option<u32>,
    /// The caller's speaker in that call [default: none]
    #[arg(long, value_name = "ID", requires = "call")]
    caller_out: Option<String>,
    /// The callee's microphone in that call [default: none]
    #[arg(long, value_name = "ID", requires = "call")]
    callee_in: Option<String>,
    /// Opus bit rate of that call, in bit/s
    #[arg(long, value_name = "BPS", requires = "call", value_parser = clap::value_parser!(u32).range(6_000..=128_000))]
    bitrate: Option<u32>,
    /// What is done to the microphone's sound in that call: echo, noise and gain
    #[arg(long, value_name = "on|off", requires = "call", default_value_t = Switch::Off)]
    processing: Switch,
    /// One line of JSON for each measurement
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Line {
    frames: u32,
    heard: usize,
    played: usize,
    p50_ms: f64,
    p95_ms: f64,
    /// What the devices' own times are off by.
    time_error_ms: f64,
    playout_underruns: u64,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    if let Some(seconds) = arguments.call {
        return call(arguments, seconds);
    }
    let mut lines = Vec::new();
    for frames in &arguments.frames {
        let speaker = arguments.device_out.clone().map_or(PlayoutSink::Default, PlayoutSink::Named);
        let microphone = arguments.device_in.clone().map_or(CaptureSource::Default, CaptureSource::Named);
        let config = DeviceConfig { fixed_frames: *frames, ..DeviceConfig::default() };
        let report = measure_delay(speaker, microphone, config, usize::from(arguments.markers))
            .map_err(|error| Failure::Unusable(error.to_string()))?;
        let ms = |us: f64| (us / 10.0).round() / 100.0;
        lines.push(Line {
            frames: *frames,
            heard: report.delays_us.len(),
            played: report.played,
            p50_ms: ms(report.p50_us as f64),
            p95_ms: ms(report.p95_us as f64),
            time_error_ms: ms(report.time_error_us as f64),
            playout_underruns: report.playout.underruns,
        });
    }
    if arguments.json {
        return lines.iter().try_for_each(output::json);
    }
    let rows: Vec<Vec<String>> = lines
        .iter()
        .map(|line| {
            vec![
                line.frames.to_string(),
                format!("{} of {}", line.heard, line.played),
                format!("{:.1}", line.p50_ms),
                format!("{:.1}", line.p95_ms),
                format!("{:+.1}", line.time_error_ms),
                line.playout_underruns.to_string(),
            ]
        })
        .collect();
    output::line(&output::table(
        &["FRAMES", "HEARD", "P50 MS", "P95 MS", "TIMES OFF BY MS", "UNDERRUNS"],
        &rows,
    ));
    Ok(())
}

fn call(arguments: &Arguments, seconds: u32) -> Result<(), Failure> {
    let call = DeviceCall {
        seconds,
        devices: [
            arguments.device_in.clone(),
            arguments.caller_out.clone(),
            arguments.callee_in.clone(),
            arguments.device_out.clone(),
        ],
        bitrate_bps: arguments.bitrate,
        processing: arguments.processing == Switch::On,
    };
    let report = call.measure()?;
    if arguments.json {
        return output::json(&report);
    }
    output::line(&report.summary());
    Ok(())
}
