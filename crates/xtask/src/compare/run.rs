//! What is the same for every call of every system: what it is told, and what it leaves behind.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result};
use liaison_sim::speech::{Timed, Times};

use super::cases::Case;

/// Silence before the measured sound; left out of every figure.
pub const LEAD: Duration = Duration::from_secs(2);
/// After it, so that the last of it is heard.
pub const TAIL: Duration = Duration::from_millis(1_500);
/// How long setting up a call may take.
pub const PATIENCE: Duration = Duration::from_secs(40);
/// UDP 8, IPv4 20.
pub const HEADERS: u64 = 28;

/// One call to make.
pub struct Task<'a> {
    pub case: Case,
    /// 16 bits, 48 kHz, mono.
    pub speech: &'a Path,
    pub length: Duration,
    pub bitrate_bps: u32,
    pub seed: u64,
    /// Where it may leave files.
    pub folder: PathBuf,
    /// Packets of 20 ms and redundancy as the peers have it, instead of what the system chooses.
    pub like_for_like: bool,
    /// Ours: echo, noise and gain are on.
    pub processing: bool,
}

/// What a call left behind.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    pub said: Timed,
    pub heard: Timed,
    pub figures: Figures,
}

/// What a call was like and what it cost.
#[derive(Debug, Clone, Copy, Default)]
pub struct Figures {
    pub concealed_pct: f64,
    /// Decoded from deep redundancy; `None`: the system has none.
    pub dred_pct: Option<f64>,
    pub stretched_pct: f64,
    pub jitter_buffer_ms: f64,
    /// RTP of the measured direction, with the headers of UDP and IPv4.
    pub wire_bytes_per_s: f64,
    pub packets_per_s: f64,
    /// Of both ends.
    pub cpu_s_per_s: f64,
    /// Of one end where ends are processes; see the system's description.
    pub peak_kib: u64,
}

/// Reads what an end wrote: samples of 16 bits, and the times of each 10 ms.
pub fn read_timed(samples: &Path, times: &Path) -> Result<Timed> {
    let bytes = std::fs::read(samples).with_context(|| samples.display().to_string())?;
    let sample = |pair: &[u8]| f32::from(i16::from_le_bytes([pair[0], pair[1]])) / 32_768.0;
    let times = std::fs::read(times).with_context(|| times.display().to_string())?;
    Ok(Timed { samples: bytes.chunks_exact(2).map(sample).collect(), times: Times::from_bytes(&times) })
}

/// As much of `said` as there are times for, repeated as it was.
pub fn repeated(said: Timed, length: Duration) -> Timed {
    let whole = said.samples.len() / 480 * 480;
    let wanted = length.as_millis() as usize / 10 * 480;
    let samples = said.samples[..whole].iter().copied().cycle().take(wanted).collect();
    Timed { samples, times: said.times }
}
