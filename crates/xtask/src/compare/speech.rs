//! Natural speech: prompts spoken by a person, from Debian's asterisk-core-sounds-en-g722.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::shell;

const PACKAGE: &str = "asterisk-core-sounds-en-g722";
/// Bytes of a prompt that is a sentence and no word: G.722 has 8000 a second.
const BYTES: std::ops::RangeInclusive<u64> = 16_000..=56_000;
/// Prompts to take, at most.
const MOST: usize = 24;
/// Silence after each [ms].
const PAUSE_MS: f64 = 300.0;

/// One sentence in the joined speech.
#[derive(Debug, Clone, PartialEq)]
pub struct Utterance {
    pub name: String,
    pub from_ms: f64,
    pub to_ms: f64,
}

/// The joined speech.
pub struct Speech {
    /// 16 bits, 48 kHz, mono.
    pub pcm: PathBuf,
    pub wav: PathBuf,
    pub utterances: Vec<Utterance>,
    pub length_ms: f64,
}

fn prompts() -> Result<Vec<PathBuf>> {
    let listed = shell::output(Command::new("dpkg").args(["-L", PACKAGE]))?;
    let mut found: Vec<PathBuf> = listed
        .lines()
        .map(PathBuf::from)
        .filter(|path| path.extension().is_some_and(|ending| ending == "g722"))
        .filter(|path| path.metadata().is_ok_and(|file| BYTES.contains(&file.len())))
        .collect();
    found.sort();
    // Spread over the alphabet, since neighbours say nearly the same.
    let step = found.len().div_ceil(MOST).max(1);
    Ok(found.into_iter().step_by(step).collect())
}

/// Whole sentences of at most `seconds` in all, one after the other.
pub fn prepare(folder: &Path, seconds: u32) -> Result<Speech> {
    let mut samples: Vec<i16> = Vec::new();
    let mut utterances = Vec::new();
    let ms = |samples: &Vec<i16>| samples.len() as f64 / 48.0;
    for path in prompts()? {
        let decoded = Command::new("ffmpeg")
            .args(["-v", "error", "-f", "g722", "-i"])
            .arg(&path)
            .args(["-ac", "1", "-ar", "48000", "-f", "s16le", "-"])
            .output()
            .context("cannot start ffmpeg")?;
        if !decoded.status.success() {
            bail!("ffmpeg cannot read {}", path.display());
        }
        let sentence: Vec<i16> =
            decoded.stdout.chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect();
        if ms(&samples) + ms(&sentence) + PAUSE_MS > f64::from(seconds) * 1e3 {
            continue;
        }
        let from_ms = ms(&samples);
        samples.extend(sentence);
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        utterances.push(Utterance { name, from_ms, to_ms: ms(&samples) });
        samples.extend(vec![0; (PAUSE_MS * 48.0) as usize]);
    }
    if utterances.is_empty() {
        bail!("{seconds} s are too short for a single sentence");
    }
    // A whole number of seconds, so that every system is told the same length.
    let whole = (ms(&samples) / 1e3).ceil() as usize * 48_000;
    samples.resize(whole, 0);
    let (pcm, wav) = (folder.join("speech.pcm"), folder.join("speech.wav"));
    std::fs::write(&pcm, samples.iter().flat_map(|sample| sample.to_le_bytes()).collect::<Vec<u8>>())?;
    let recording = liaison_sim::speech::Recording {
        samples: samples.iter().map(|sample| f32::from(*sample) / 32_768.0).collect(),
        rate_hz: 48_000,
        start_us: 0,
    };
    recording.write_wav(&wav)?;
    Ok(Speech { pcm, wav, utterances, length_ms: whole as f64 / 48.0 })
}
