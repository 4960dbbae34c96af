//! What one end of the call says of it, and what the kernel says of that end.

use std::path::Path;

use anyhow::{Context, Result};
use liaison_sim::speech::Recording;
use serde_json::Value;

use crate::child::{Process, Usage};

/// One end of the call.
#[derive(Debug)]
pub struct End {
    /// Its process.
    pub pid: u32,
    /// What it said, with the time of its first sample.
    pub said: Recording,
    /// What it heard, in the same way.
    pub heard: Recording,
    /// Start or acceptance of the call to the end of the DTLS handshake [ms].
    pub setup_ms: Option<f64>,
    /// The same to the first audio handed to the speaker [ms].
    pub first_audio_ms: Option<f64>,
    /// RTP packets sent, received, and lost on the way here.
    pub packets: (u64, u64, i64),
    /// Samples made up, of all that were played [%].
    pub concealed_pct: f64,
    /// Round trip by RTCP [ms].
    pub round_trip_ms: Option<f64>,
    /// Processor time of the process in the middle of the call [% of a core].
    pub cpu_pct: Option<f64>,
    /// The most memory the process ever held [MiB].
    pub memory_mib: Option<f64>,
    /// The end's code and subCode.
    pub code: (u64, u64),
}

impl End {
    /// Lost packets of those that should have come [%].
    pub fn loss_pct(&self) -> f64 {
        let (_, received, lost) = self.packets;
        let lost = lost.max(0) as f64;
        if received as f64 + lost == 0.0 { 0.0 } else { 100.0 * lost / (received as f64 + lost) }
    }
}

/// The kiosk: its last line is JSON.
pub fn kiosk(process: &Process, files: [&Path; 2], used: Option<(Usage, Usage)>) -> Result<End> {
    let lines = process.all();
    let last =
        lines.iter().rev().find(|line| line.text.starts_with('{')).context("the kiosk printed no figures")?;
    let figures: Value = serde_json::from_str(&last.text).context("the kiosk's figures are no JSON")?;
    let total = number(&figures, "total_samples")?;
    let concealed = number(&figures, "concealed_samples")?;
    let optional = |field: &str| figures[field].as_f64().filter(|value| *value >= 0.0);
    Ok(End {
        pid: process.pid(),
        said: Recording::read_wav(files[0], number(&figures, "capture_t0_us")? as i64)?,
        heard: Recording::read_wav(files[1], number(&figures, "playout_t0_us")? as i64)?,
        setup_ms: optional("setup_ms"),
        first_audio_ms: optional("first_audio_ms"),
        packets: packets(&figures)?,
        concealed_pct: if total > 0.0 { 100.0 * concealed / total } else { 0.0 },
        round_trip_ms: optional("rtt_ms"),
        cpu_pct: used.map(|(before, after)| after.cpu_pct_since(&before)),
        memory_mib: used.map(|(_, after)| after.peak_memory_kib as f64 / 1024.0),
        code: (number(&figures, "code")? as u64, number(&figures, "sub_code")? as u64),
    })
}

/// The staff member: `liaison answer` wrote a report.
pub fn staff(
    process: &Process,
    files: [&Path; 2],
    report: &Path,
    used: Option<(Usage, Usage)>,
) -> Result<End> {
    let text =
        std::fs::read_to_string(report).with_context(|| format!("cannot read {}", report.display()))?;
    let figures: Value = serde_json::from_str(&text).context("the staff member's report is no JSON")?;
    Ok(End {
        pid: process.pid(),
        said: Recording::read_wav(files[0], number(&figures, "first_captured_us")? as i64)?,
        heard: Recording::read_wav(files[1], number(&figures, "first_recorded_us")? as i64)?,
        setup_ms: figures["setup_ms"].as_f64(),
        first_audio_ms: figures["first_audio_ms"].as_f64(),
        packets: packets(&figures)?,
        concealed_pct: number(&figures, "concealed_pct")?,
        round_trip_ms: figures["round_trip_ms"].as_f64(),
        cpu_pct: used.map(|(before, after)| after.cpu_pct_since(&before)),
        memory_mib: used.map(|(_, after)| after.peak_memory_kib as f64 / 1024.0),
        code: (number(&figures, "code")? as u64, number(&figures, "sub_code")? as u64),
    })
}

fn packets(figures: &Value) -> Result<(u64, u64, i64)> {
    Ok((
        number(figures, "packets_sent")? as u64,
        number(figures, "packets_received")? as u64,
        number(figures, "packets_lost")? as i64,
    ))
}

fn number(figures: &Value, field: &str) -> Result<f64> {
    figures[field].as_f64().with_context(|| format!("`{field}` is missing in {figures}"))
}
