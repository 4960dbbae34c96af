//! PESQ-WB and STOI of what was heard, utterance by utterance.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};
use liaison_sim::speech::PushToPop;
use serde_json::{Value, json};

use super::run::Outcome;
use super::speech::Utterance;

const SCRIPT: &str = include_str!("quality.py");
/// Kept on both sides of an utterance [ms].
const MARGIN_MS: f64 = 100.0;

/// The scores of one utterance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Score {
    /// PESQ-WB, MOS-LQO 1.04 to 4.64; NaN when nothing was to be heard.
    pub pesq: f64,
    /// 0 to 1.
    pub stoi: f64,
}

/// How much later than in what was said an utterance lies in what was heard [ms]: the middle of its windows.
fn shift_ms(found: &PushToPop, utterance: &Utterance) -> Option<f64> {
    let inside = |place: &&(f64, f64)| (utterance.from_ms..utterance.to_ms).contains(&place.0);
    let mut shifts: Vec<f64> = found.places.iter().filter(inside).map(|place| place.1 - place.0).collect();
    shifts.sort_by(f64::total_cmp);
    match shifts.get(shifts.len() / 2) {
        Some(shift) => Some(*shift),
        // Nothing of it was found again: as its neighbours lie.
        None => Some(found.place_of(utterance.from_ms)? - utterance.from_ms),
    }
}

/// Scores those utterances that were said to their end.
pub fn scores(
    python: &Path,
    folder: &Path,
    outcome: &Outcome,
    found: &PushToPop,
    utterances: &[Utterance],
) -> Result<Vec<Score>> {
    let write = |name: &str, samples: &[f32]| -> Result<_> {
        let bytes: Vec<u8> =
            samples.iter().flat_map(|sample| ((sample * 32_768.0) as i16).to_le_bytes()).collect();
        let path = folder.join(name);
        std::fs::write(&path, bytes).with_context(|| path.display().to_string())?;
        Ok(path)
    };
    let said = write("score-said.pcm", &outcome.said.samples)?;
    let heard = write("score-heard.pcm", &outcome.heard.samples)?;
    let script = folder.join("quality.py");
    std::fs::write(&script, SCRIPT)?;
    let length_ms = outcome.said.samples.len() as f64 / 48.0;
    let index = |ms: f64| (ms * 48.0).round() as i64;
    let mut pairs = String::new();
    for utterance in utterances.iter().filter(|utterance| utterance.to_ms <= length_ms) {
        let Some(shift_ms) = shift_ms(found, utterance) else { continue };
        let (from_ms, to_ms) = (utterance.from_ms - MARGIN_MS, utterance.to_ms + MARGIN_MS);
        let pair = json!({
            "said": said, "heard": heard, "said_from": index(from_ms), "heard_from": index(from_ms + shift_ms),
            "count": index(to_ms - from_ms),
        });
        pairs += &format!("{pair}\n");
    }
    let mut child = Command::new(python)
        .arg(&script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot start the scoring")?;
    if let Some(mut input) = child.stdin.take() {
        // The script reads a line before it writes one, and what it writes fits a pipe.
        input.write_all(pairs.as_bytes())?;
    }
    let output = child.wait_with_output()?;
    if !output.status.success() {
        bail!("the scoring failed ({})", output.status);
    }
    String::from_utf8_lossy(&output.stdout).lines().map(score).collect()
}

fn score(line: &str) -> Result<Score> {
    let value: Value = serde_json::from_str(line).with_context(|| format!("a score reads {line:?}"))?;
    let number = |name: &str| value.get(name).and_then(Value::as_f64);
    Ok(Score {
        pesq: number("pesq").unwrap_or(f64::NAN),
        stoi: number("stoi").with_context(|| format!("a score reads {line:?}"))?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utterance(from_ms: f64, to_ms: f64) -> Utterance {
        Utterance { name: String::new(), from_ms, to_ms }
    }

    #[test]
    fn an_utterance_lies_where_its_windows_lie() {
        let places = vec![(100.0, 150.0), (300.0, 360.0), (500.0, 562.0), (900.0, 1_000.0)];
        let found = PushToPop { places, ..PushToPop::default() };
        assert_eq!(shift_ms(&found, &utterance(50.0, 600.0)), Some(60.0));
        assert_eq!(shift_ms(&found, &utterance(1_200.0, 1_500.0)), Some(100.0));
        assert_eq!(shift_ms(&PushToPop::default(), &utterance(0.0, 1.0)), None);
    }

    #[test]
    fn a_score_may_be_missing_where_nothing_was_heard() {
        assert!(score(r#"{"pesq": null, "stoi": 0.1}"#).unwrap().pesq.is_nan());
        assert_eq!(score(r#"{"pesq": 3.5, "stoi": 0.9}"#).unwrap(), Score { pesq: 3.5, stoi: 0.9 });
        assert!(score("Traceback").is_err());
    }
}
