//! Echo: a known room, and what libwebrtc's processing and ours leave of it.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};
use liaison_sim::Rng;
use liaison_sim::speech::Recording;
use serde_json::Value;

use crate::shell;

const SCRIPT: &str = include_str!("apm.py");
/// The direct way from speaker to microphone.
const DELAY_MS: usize = 60;
/// What the canceller is given to get used to the room [s].
const LEARNING_S: usize = 10;

/// One processing on one setting.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    pub system: &'static str,
    /// `echo`, or `all`: noise and gain too.
    pub parts: &'static str,
    /// Echo over what is left of it.
    pub reduction_db: f64,
    /// Of 10 ms.
    pub mean_us: f64,
    pub p99_us: f64,
}

/// A room that answers for 50 ms after the direct way, 6 dB down at first.
fn echo_of(far: &[f32]) -> Vec<f32> {
    let mut rng = Rng::new(60);
    let taps: Vec<(usize, f32)> = (0..2_400)
        .step_by(12)
        .map(|tap| {
            let decay = (-(tap as f64) / 480.0).exp();
            let gain = if tap == 0 { 0.5 } else { 0.06 * decay * rng.normal() };
            (DELAY_MS * 48 + tap, gain as f32)
        })
        .collect();
    let mut echo = vec![0.0; far.len()];
    for (delay, gain) in taps {
        for (heard, played) in echo.iter_mut().skip(delay).zip(far) {
            *heard += played * gain;
        }
    }
    echo
}

/// Energy of the echo over that of what is left, after the learning [dB].
fn reduction_db(echo: &[f32], left: &[f32]) -> f64 {
    let energy = |samples: &[f32]| {
        let rest = samples.iter().take(echo.len().min(left.len())).skip(LEARNING_S * 48_000);
        rest.map(|sample| f64::from(*sample).powi(2)).sum::<f64>()
    };
    10.0 * (energy(echo) / energy(left).max(1e-12)).log10()
}

fn pcm(samples: &[f32]) -> Vec<u8> {
    let sample = |sample: &f32| ((sample.clamp(-1.0, 1.0) * 32_767.0) as i16).to_le_bytes();
    samples.iter().flat_map(sample).collect()
}

/// Runs both on echo alone and with all parts. `speech` is what the speaker plays.
pub fn compare(program: &Path, python: &Path, speech: &Path, folder: &Path) -> Result<Vec<Row>> {
    let far = Recording::read_wav(speech, 0)?;
    let echo = echo_of(&far.samples);
    let mut rng = Rng::new(61);
    let mic: Vec<f32> = echo.iter().map(|sample| sample + (rng.normal() * 2e-5) as f32).collect();
    let file = |name: &str| folder.join(name);
    Recording { samples: mic.clone(), ..far.clone() }.write_wav(&file("mic.wav"))?;
    std::fs::write(file("far.pcm"), pcm(&far.samples))?;
    std::fs::write(file("mic.pcm"), pcm(&mic))?;
    std::fs::write(file("apm.py"), SCRIPT)?;
    let mut rows = Vec::new();
    for parts in ["echo", "all"] {
        let mut command = Command::new(program);
        command.args(["doctor", "echo", "--far"]).arg(speech).arg("--mic").arg(file("mic.wav"));
        command.arg("--out").arg(file("us.wav"));
        command.args((parts == "all").then_some("--all"));
        let told = shell::output(&mut command)?;
        let left = Recording::read_wav(&file("us.wav"), 0)?.samples;
        rows.push(row("us", parts, &told, reduction_db(&echo, &left))?);

        let out: PathBuf = file("apm.pcm");
        let mut command = Command::new(python);
        command.arg(file("apm.py")).args([file("far.pcm"), file("mic.pcm"), out.clone()]);
        command.args([&DELAY_MS.to_string(), parts]);
        let told = shell::output(&mut command)?;
        let sample = |pair: &[u8]| f32::from(i16::from_le_bytes([pair[0], pair[1]])) / 32_768.0;
        let left: Vec<f32> = std::fs::read(&out)?.chunks_exact(2).map(sample).collect();
        rows.push(row("libwebrtc", parts, &told, reduction_db(&echo, &left))?);
    }
    Ok(rows)
}

fn row(system: &'static str, parts: &'static str, told: &str, reduction_db: f64) -> Result<Row> {
    let told: Value = serde_json::from_str(told.trim()).with_context(|| format!("{system} told {told:?}"))?;
    let number = |name: &str| told.get(name).and_then(Value::as_f64).with_context(|| format!("no {name}"));
    Ok(Row { system, parts, reduction_db, mean_us: number("mean_us")?, p99_us: number("p99_us")? })
}

/// A line each; the last column judges: within 3 dB of libwebrtc's.
pub fn text(rows: &[Row]) -> String {
    let mut out = format!("echo, {DELAY_MS} ms path: reduction, processing of 10 ms\n");
    for row in rows {
        let peer = rows.iter().find(|peer| peer.parts == row.parts && peer.system != "us");
        let judged = peer.filter(|_| row.system == "us").map_or("", |peer| {
            if row.reduction_db >= peer.reduction_db - 3.0 {
                "met: within 3 dB"
            } else {
                "MISSED: within 3 dB"
            }
        });
        let Row { system, parts, reduction_db, mean_us, p99_us } = row;
        let line = format!(
            "{parts:<5} {system:<10} {reduction_db:5.1} dB  mean {mean_us:6.1} µs  p99 {p99_us:6.1} µs  {judged}"
        );
        out += line.trim_end();
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_echo_is_late_and_its_reduction_is_told() {
        let mut far = vec![0.0; 12 * 48_000];
        far[0] = 1.0;
        far[11 * 48_000] = 1.0;
        let echo = echo_of(&far);
        assert!(echo[..DELAY_MS * 48].iter().all(|sample| *sample == 0.0));
        assert!((echo[DELAY_MS * 48] - 0.5).abs() < 1e-6);
        let tenth: Vec<f32> = echo.iter().map(|sample| sample * 0.1).collect();
        assert!((reduction_db(&echo, &tenth) - 20.0).abs() < 0.01);
        // What is left while the room is learnt does not count.
        let mut late = tenth.clone();
        late[DELAY_MS * 48] = 9.0;
        assert!((reduction_db(&echo, &late) - 20.0).abs() < 0.01);
    }

    #[test]
    fn three_decibels_are_the_goal() {
        let row =
            |system, reduction_db| Row { system, parts: "echo", reduction_db, mean_us: 1.0, p99_us: 2.0 };
        assert!(text(&[row("us", 40.0), row("libwebrtc", 42.9)]).contains("met: within"));
        assert!(text(&[row("us", 40.0), row("libwebrtc", 43.1)]).contains("MISSED"));
    }
}
