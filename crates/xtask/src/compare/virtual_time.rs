//! Our receiver in virtual time against the same call over sockets: what is chosen in the one must hold in the other.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};
use serde_json::Value;

use super::cases::{CASES, Case};
use super::goals::Verdict;
use crate::shell;

/// The networks that are tried.
const NAMES: [&str; 3] = ["clean", "jitter20", "lossgen-10"];
const WITHIN_MS: f64 = 5.0;
const WITHIN_PCT: f64 = 0.3;

/// One call, over sockets or in virtual time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Figures {
    pub p50_ms: f64,
    pub p95_ms: f64,
    pub concealed_pct: f64,
    pub dred_pct: f64,
}

/// Both on one network; the mean of all rounds.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    pub case: &'static str,
    pub sockets: Figures,
    pub in_virtual_time: Figures,
}

/// What is told to both.
pub struct Calls<'a> {
    pub program: &'a Path,
    pub speech_wav: &'a Path,
    pub seconds: u32,
    pub bitrate_bps: u32,
    pub rounds: u32,
    pub folder: &'a Path,
}

impl Calls<'_> {
    pub fn compare(&self) -> Result<Vec<Row>> {
        std::fs::create_dir_all(self.folder)?;
        CASES.iter().filter(|case| NAMES.contains(&case.name)).map(|case| self.row(case)).collect()
    }

    fn row(&self, case: &Case) -> Result<Row> {
        let (mut sockets, mut told) = (Vec::new(), Vec::new());
        for round in 0..self.rounds {
            let seed = u64::from(round) + 1;
            let report = self.call(case, seed, &[])?;
            // A pull comes when it comes; in virtual time it is told to come then too.
            let phase = number(&report, "/pull_phase_ms")?;
            sockets.push(figures(&report, "/push_to_pop_ms/audio")?);
            let phase = ["--in-virtual-time", "--pull-phase", &phase.to_string()];
            told.push(figures(&self.call(case, seed, &phase)?, "/push_to_pop_ms")?);
        }
        let row = Row { case: case.name, sockets: mean(&sockets), in_virtual_time: mean(&told) };
        println!("   {} over sockets and in virtual time", case.title);
        Ok(row)
    }

    fn call(&self, case: &Case, seed: u64, more: &[&str]) -> Result<Value> {
        let report: PathBuf = self.folder.join(format!("{}.json", case.name));
        let mut command = Command::new(self.program);
        command.args(["doctor", "loopback", "--ptime", "20", "--in"]).arg(self.speech_wav);
        command.arg("--report").arg(&report).args(["--seconds", &self.seconds.to_string()]);
        command.args(["--bitrate", &self.bitrate_bps.to_string()]);
        command.args(case.doctor_arguments(seed)).args(more);
        shell::output(&mut command).with_context(|| case.name)?;
        Ok(serde_json::from_str(&std::fs::read_to_string(&report)?)?)
    }
}

fn number(report: &Value, pointer: &str) -> Result<f64> {
    let value = report.pointer(pointer).and_then(Value::as_f64);
    value.with_context(|| format!("the report has no {pointer}"))
}

fn figures(report: &Value, delay: &str) -> Result<Figures> {
    Ok(Figures {
        p50_ms: number(report, &format!("{delay}/p50"))?,
        p95_ms: number(report, &format!("{delay}/p95"))?,
        concealed_pct: number(report, "/concealed_pct")?,
        dred_pct: number(report, "/dred_pct")?,
    })
}

fn mean(all: &[Figures]) -> Figures {
    let mean = |of: fn(&Figures) -> f64| all.iter().map(of).sum::<f64>() / all.len().max(1) as f64;
    Figures {
        p50_ms: mean(|figures| figures.p50_ms),
        p95_ms: mean(|figures| figures.p95_ms),
        concealed_pct: mean(|figures| figures.concealed_pct),
        dred_pct: mean(|figures| figures.dred_pct),
    }
}

/// Whether both agree.
pub fn judge(rows: &[Row]) -> Vec<Verdict> {
    rows.iter()
        .flat_map(|row| {
            let (sockets, told) = (row.sockets, row.in_virtual_time);
            let verdict = |goal, met, seen| Verdict {
                case: row.case,
                peer: "us in virtual time".to_owned(),
                goal,
                met,
                seen,
            };
            [
                verdict(
                    "sockets within 5 ms",
                    (sockets.p50_ms - told.p50_ms).abs() <= WITHIN_MS,
                    format!("{:.1} against {:.1} ms", sockets.p50_ms, told.p50_ms),
                ),
                verdict(
                    "sockets within 0.3 % concealed",
                    (sockets.concealed_pct - told.concealed_pct).abs() <= WITHIN_PCT,
                    format!("{:.3} against {:.3} %", sockets.concealed_pct, told.concealed_pct),
                ),
            ]
        })
        .collect()
}

/// Two lines a network.
pub fn text(rows: &[Row]) -> String {
    let mut out = "sockets and virtual time: push to pop, packets of 20 ms\n".to_owned();
    for row in rows {
        for (name, figures) in [("sockets", row.sockets), ("virtual", row.in_virtual_time)] {
            let Figures { p50_ms, p95_ms, concealed_pct, dred_pct } = figures;
            out += &format!(
                "{:<12} {name}  p50 {p50_ms:6.1} ms  p95 {p95_ms:6.1} ms  concealed {concealed_pct:6.3} %  DRED {dred_pct:6.3} %\n",
                row.case
            );
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_of_disagreeing_are_seen() {
        let figures = |p50_ms, concealed_pct| Figures { p50_ms, p95_ms: 0.0, concealed_pct, dred_pct: 0.0 };
        let row = |one, other| Row { case: "clean", sockets: one, in_virtual_time: other };
        let met = |row: Row| judge(&[row]).iter().map(|verdict| verdict.met).collect::<Vec<_>>();
        assert_eq!(met(row(figures(40.0, 1.0), figures(44.9, 1.29))), [true, true]);
        assert_eq!(met(row(figures(45.1, 1.0), figures(40.0, 1.0))), [false, true]);
        assert_eq!(met(row(figures(40.0, 1.0), figures(40.0, 1.31))), [true, false]);
        let both = mean(&[figures(40.0, 1.0), figures(50.0, 2.0)]);
        assert_eq!((both.p50_ms, both.concealed_pct), (45.0, 1.5));
    }
}
