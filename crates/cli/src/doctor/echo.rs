//! `liaison doctor echo`: what processing makes of a microphone's sound, given what the speaker played.

use crate::exit::Failure;
use crate::output;
use liaison_device::wav;
use liaison_media::{FRAME_SAMPLES, Frame, Processing, ProcessingConfig};
use liaison_sim::speech::Recording;
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Frames of the mix that a device is given before it plays them: 20 ms.
const AHEAD: usize = 2;

/// Runs recordings of a speaker and a microphone through the processing, and tells what it costs
///
/// Both recordings begin at the same moment: the echo lies in the microphone's as late as it is late. The time is
/// the recordings' own; nothing is played.
#[derive(Debug, clap::Args)]
#[command(after_help = crate::exit::HELP)]
pub struct Arguments {
    /// What the speaker played
    #[arg(long, value_name = "FAR.wav")]
    far: PathBuf,
    /// What the microphone heard
    #[arg(long, value_name = "MIC.wav")]
    mic: PathBuf,
    /// What is left after processing: 48 kHz, mono, 16 bits
    #[arg(long, value_name = "OUT.wav")]
    out: PathBuf,
    /// Noise suppression and gain control too
    #[arg(long)]
    all: bool,
}

#[derive(Serialize)]
struct Line {
    frames: usize,
    /// Of 10 ms, reference and microphone together.
    mean_us: f64,
    p99_us: f64,
}

fn read(what: &str, path: &Path) -> Result<Vec<f32>, Failure> {
    wav::read(path).map_err(|error| Failure::Unusable(format!("{what}: {error}")))
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let (far, mic) = (read("--far", &arguments.far)?, read("--mic", &arguments.mic)?);
    let config = ProcessingConfig { echo: true, noise: arguments.all, gain: arguments.all };
    let mut processing = Processing::new(config);
    let begin = Instant::now();
    let (mut out, mut times_us) = (Vec::with_capacity(mic.len()), Vec::new());
    let at = |index: usize| begin + Duration::from_millis(10) * index as u32;
    let mut mixes = far.chunks_exact(FRAME_SAMPLES).enumerate();
    let mut reference = |processing: &mut Processing| {
        let Some((index, far)) = mixes.next() else { return };
        let mut played: Frame = [0.0; FRAME_SAMPLES];
        played.copy_from_slice(far);
        processing.reference(&played, Some(at(index)));
    };
    (0..AHEAD).for_each(|_| reference(&mut processing));
    let frames = mic.chunks_exact(FRAME_SAMPLES).take(far.len() / FRAME_SAMPLES);
    for (index, mic) in frames.enumerate() {
        let mut frame: Frame = [0.0; FRAME_SAMPLES];
        frame.copy_from_slice(mic);
        let started = Instant::now();
        reference(&mut processing);
        processing.process(&mut frame, Some(at(index)));
        times_us.push(started.elapsed().as_secs_f64() * 1e6);
        out.extend_from_slice(&frame);
    }
    Recording { samples: out, rate_hz: 48_000, start_us: 0 }
        .write_wav(&arguments.out)
        .map_err(|error| Failure::Unusable(error.to_string()))?;
    let frames = times_us.len();
    let spent = super::percentiles::percentiles(times_us)
        .ok_or_else(|| Failure::Unusable("the recordings are shorter than 10 ms".to_owned()))?;
    output::json(&Line { frames, mean_us: spent.mean, p99_us: spent.p99 })
}
