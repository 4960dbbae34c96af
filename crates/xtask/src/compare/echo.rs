//! Echo: a known room, and what libwebrtc's processing and ours leave of it.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};
use liaison_sim::speech::Recording;
use liaison_sim::{Rng, Room};
use serde_json::Value;

use super::goals::Verdict;
use crate::shell;

const SCRIPT: &str = include_str!("apm.py");
/// The direct way from speaker to microphone. Both cancellers work in blocks of 4 ms, and where in a block the echo begins
/// is worth 10 dB and more while they learn; so each place gets its turn, and the figures are means.
const DELAYS_MS: [u32; 4] = [60, 61, 62, 63];
/// What the canceller is given to get used to the room [s].
const LEARNING_S: usize = 10;
const HZ: usize = 48_000;
/// The voice in the room, which is about as loud as the echo.
const NEAR_GAIN: f32 = 0.5;
/// Decibels within which libwebrtc's figure counts as reached.
const WITHIN_DB: f64 = 3.0;

/// One processing on one setting.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    pub system: &'static str,
    /// `echo`, or `all`: noise and gain too.
    pub parts: &'static str,
    /// Echo over what is left of it: in the first 5 s, in the next 5 s, and then.
    pub reduction_db: [f64; 3],
    /// What is left of a voice in the room while the echo sounds too, after the learning.
    pub near_kept_db: f64,
    /// Of 10 ms.
    pub mean_us: f64,
    pub p99_us: f64,
}

/// Energy of one over that of the other, from and to a second [dB].
fn ratio_db(one: &[f32], other: &[f32], seconds: std::ops::Range<usize>) -> f64 {
    let both = one.len().min(other.len());
    let range = (seconds.start * HZ).min(both)..(seconds.end.saturating_mul(HZ)).min(both);
    let energy = |samples: &[f32]| samples.iter().map(|sample| f64::from(*sample).powi(2)).sum::<f64>();
    10.0 * (energy(&one[range.clone()]) / energy(&other[range]).max(1e-12)).log10()
}

fn reductions_db(echo: &[f32], left: &[f32]) -> [f64; 3] {
    [0..LEARNING_S / 2, LEARNING_S / 2..LEARNING_S, LEARNING_S..usize::MAX]
        .map(|seconds| ratio_db(echo, left, seconds))
}

fn pcm(samples: &[f32]) -> Vec<u8> {
    let sample = |sample: &f32| ((sample.clamp(-1.0, 1.0) * 32_767.0) as i16).to_le_bytes();
    samples.iter().flat_map(sample).collect()
}

/// What both are given, and where their answers go.
struct Scene<'a> {
    program: &'a Path,
    python: &'a Path,
    folder: &'a Path,
    far: &'a Path,
    delay_ms: u32,
    echo: Vec<f32>,
    near: Vec<f32>,
}

impl<'a> Scene<'a> {
    /// Writes what the microphone hears of `far` in a room: the echo alone, and beside a voice.
    fn set(
        (program, python, folder): (&'a Path, &'a Path, &'a Path),
        (path, far): (&'a Path, &Recording),
        delay_ms: u32,
    ) -> Result<Self> {
        let echo = Room::new(delay_ms, 5).echo(&far.samples);
        let mut rng = Rng::new(61);
        let mic: Vec<f32> = echo.iter().map(|sample| sample + (rng.normal() * 2e-5) as f32).collect();
        // Other words than those that are played meanwhile, by the same speaker.
        let mut near: Vec<f32> = far.samples.iter().map(|sample| sample * NEAR_GAIN).collect();
        near.rotate_right(far.samples.len() * 3 / 7);
        let both: Vec<f32> = mic.iter().zip(&near).map(|(mic, near)| mic + near).collect();
        let scene = Self { program, python, folder, far: path, delay_ms, echo, near };
        std::fs::write(scene.file("far.pcm"), pcm(&far.samples))?;
        std::fs::write(scene.file("apm.py"), SCRIPT)?;
        for (name, samples) in [("mic", mic), ("both", both)] {
            std::fs::write(scene.file(&format!("{name}.pcm")), pcm(&samples))?;
            Recording { samples, ..far.clone() }.write_wav(&scene.file(&format!("{name}.wav")))?;
        }
        Ok(scene)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// What each makes of a microphone's sound, and what it told.
    fn run(&self, system: &str, mic: &str, parts: &str) -> Result<(Vec<f32>, String)> {
        if system == "us" {
            let out = self.file("us.wav");
            let mut command = Command::new(self.program);
            command.args(["doctor", "echo", "--far"]).arg(self.far);
            command.arg("--mic").arg(self.file(&format!("{mic}.wav"))).arg("--out").arg(&out);
            command.args((parts == "all").then_some("--all"));
            let told = shell::output(&mut command)?;
            return Ok((Recording::read_wav(&out, 0)?.samples, told));
        }
        let out = self.file("apm.pcm");
        let mut command = Command::new(self.python);
        command.arg(self.file("apm.py")).arg(self.file("far.pcm")).arg(self.file(&format!("{mic}.pcm")));
        command.arg(&out).args([&self.delay_ms.to_string(), parts]);
        let told = shell::output(&mut command)?;
        let sample = |pair: &[u8]| f32::from(i16::from_le_bytes([pair[0], pair[1]])) / 32_768.0;
        Ok((std::fs::read(&out)?.chunks_exact(2).map(sample).collect(), told))
    }

    fn row(&self, system: &'static str, parts: &'static str) -> Result<Row> {
        let (left, told) = self.run(system, "mic", parts)?;
        let (heard, _) = self.run(system, "both", parts)?;
        let told: Value =
            serde_json::from_str(told.trim()).with_context(|| format!("{system} told {told:?}"))?;
        let number =
            |name: &str| told.get(name).and_then(Value::as_f64).with_context(|| format!("no {name}"));
        Ok(Row {
            system,
            parts,
            reduction_db: reductions_db(&self.echo, &left),
            near_kept_db: ratio_db(&heard, &self.near, LEARNING_S..usize::MAX),
            mean_us: number("mean_us")?,
            p99_us: number("p99_us")?,
        })
    }
}

/// The mean of rows of one system and setting; of `p99_us` the greatest.
fn mean(rows: &[Row]) -> Option<Row> {
    let first = rows.first()?;
    let mean = |of: fn(&Row) -> f64| rows.iter().map(of).sum::<f64>() / rows.len() as f64;
    Some(Row {
        system: first.system,
        parts: first.parts,
        reduction_db: [
            mean(|row| row.reduction_db[0]),
            mean(|row| row.reduction_db[1]),
            mean(|row| row.reduction_db[2]),
        ],
        near_kept_db: mean(|row| row.near_kept_db),
        mean_us: mean(|row| row.mean_us),
        p99_us: rows.iter().map(|row| row.p99_us).fold(0.0, f64::max),
    })
}

/// Runs both on echo alone and with all parts. `speech` is what the speaker plays.
pub fn compare(program: &Path, python: &Path, speech: &Path, folder: &Path) -> Result<Vec<Row>> {
    let far = Recording::read_wav(speech, 0)?;
    let kinds = [("us", "echo"), ("libwebrtc", "echo"), ("us", "all"), ("libwebrtc", "all")];
    let mut rows = kinds.map(|_| Vec::new());
    for delay_ms in DELAYS_MS {
        let scene = Scene::set((program, python, folder), (speech, &far), delay_ms)?;
        for (rows, (system, parts)) in rows.iter_mut().zip(kinds) {
            rows.push(scene.row(system, parts)?);
        }
    }
    Ok(rows.iter().filter_map(|rows| mean(rows)).collect())
}

/// Ours against libwebrtc's, on each setting.
pub fn judge(rows: &[Row]) -> Vec<Verdict> {
    let ours = rows.iter().filter(|row| row.system == "us");
    let pairs = ours.filter_map(|ours| {
        let peer = rows.iter().find(|peer| peer.parts == ours.parts && peer.system != "us")?;
        Some((ours, peer))
    });
    pairs
        .flat_map(|(ours, peer)| {
            let verdict = |goal, mine: f64, theirs: f64| Verdict {
                case: if ours.parts == "all" { "echo, noise, gain" } else { "echo" },
                peer: peer.system.to_owned(),
                goal,
                met: mine >= theirs - WITHIN_DB,
                seen: format!("{mine:.1} against {theirs:.1} dB"),
            };
            let [mine, theirs] = [ours, peer].map(|row| row.reduction_db);
            [
                verdict("echo reduced in the first 5 s, within 3 dB", mine[0], theirs[0]),
                verdict("echo reduced from 5 to 10 s, within 3 dB", mine[1], theirs[1]),
                verdict("echo reduced later, within 3 dB", mine[2], theirs[2]),
                verdict("voice kept in double talk, within 3 dB", ours.near_kept_db, peer.near_kept_db),
            ]
        })
        .collect()
}

/// A line each.
pub fn text(rows: &[Row]) -> String {
    let mut out = format!(
        "echo, paths of {DELAYS_MS:?} ms, mean: reduction in the first 5 s, from 5 to 10 s, later; voice in double talk; \
         10 ms take\n"
    );
    for row in rows {
        let Row { system, parts, reduction_db: [first, next, later], near_kept_db, mean_us, p99_us } = row;
        out += &format!(
            "{parts:<5} {system:<10} {first:5.1} {next:5.1} {later:5.1} dB  voice {near_kept_db:+5.1} dB  \
             mean {mean_us:6.1} µs  p99 {p99_us:6.1} µs\n"
        );
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_told_for_each_part_of_the_learning() {
        let echo = vec![0.5; 12 * HZ];
        let left: Vec<f32> = (0..12 * HZ)
            .map(|n| match n / HZ {
                0..5 => 0.5,
                5..10 => 0.05,
                _ => 0.005,
            })
            .collect();
        let found = reductions_db(&echo, &left);
        for (found, wanted) in found.into_iter().zip([0.0, 20.0, 40.0]) {
            assert!((found - wanted).abs() < 0.01, "{found} for {wanted}");
        }
    }

    #[test]
    fn rows_are_told_by_their_mean() {
        let row = |db: f64, us| Row {
            system: "us",
            parts: "all",
            reduction_db: [db, db + 1.0, db + 2.0],
            near_kept_db: -db,
            mean_us: us,
            p99_us: us,
        };
        let found = mean(&[row(10.0, 1.0), row(20.0, 3.0)]).unwrap();
        assert_eq!(found, Row { p99_us: 3.0, ..row(15.0, 2.0) });
    }

    #[test]
    fn three_decibels_are_the_goal() {
        let row = |system, later, near_kept_db| Row {
            system,
            parts: "echo",
            reduction_db: [10.0, 20.0, later],
            near_kept_db,
            mean_us: 1.0,
            p99_us: 2.0,
        };
        let met = |rows: &[Row]| judge(rows).iter().map(|verdict| verdict.met).collect::<Vec<_>>();
        assert_eq!(met(&[row("us", 40.0, -4.0), row("libwebrtc", 42.9, -1.5)]), [true; 4]);
        assert_eq!(met(&[row("us", 40.0, -5.0), row("libwebrtc", 43.1, -1.5)]), [true, true, false, false]);
    }
}
