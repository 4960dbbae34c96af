//! The report: one HTML file that needs no other file and no network.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result};

use super::echo;
use super::goals::Verdict;
use super::plot::{self, Bars};
use super::row::Row;
use super::stats::Mean;
use super::{table, virtual_time};

const STYLE: &str = "
:root { color-scheme: light; --ink: #1d2430; --dim: #667; --line: #d9dde4; --good: #15803d; --bad: #b91c1c; }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: #fff; max-width: 72rem; margin: 2rem auto;
  padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.1rem; margin-top: 2rem; } .wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: 13px; }
td, th { padding: .2rem .6rem .2rem 0; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap;
  font-variant-numeric: tabular-nums; }
td:nth-child(-n+2), th:nth-child(-n+2), .goals td, .goals th { text-align: left; }
.met { color: var(--good); } .unmet { color: var(--bad); font-weight: bold; } .dim { color: var(--dim); }
svg { width: 100%; height: auto; }
";

/// Everything the report shows.
pub struct Report<'a> {
    /// What was run, on what: versions, speech, rounds.
    pub about: Vec<String>,
    pub chosen: &'a [Row],
    pub like_for_like: &'a [Row],
    /// With our processing on.
    pub processed: &'a [Row],
    /// Empty: not measured.
    pub virtual_time: &'a [virtual_time::Row],
    /// Empty: not measured.
    pub devices: &'a [Row],
    pub verdicts: &'a [Verdict],
    /// Empty: not measured.
    pub echo: &'a [echo::Row],
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn exact(value: f64) -> Option<Mean> {
    Some(Mean { value, half_width: 0.0, count: 1 })
}

const ALL_BARS: [Bars; 4] = [
    Bars { title: "PESQ-WB, mean and 95 % interval over utterances", from: 1.0, of: |row| row.pesq },
    Bars { title: "STOI, mean and 95 % interval over utterances", from: 0.0, of: |row| row.stoi },
    Bars { title: "processor, both ends [% of a core]", from: 0.0, of: |row| exact(row.cpu_pct) },
    Bars { title: "peak memory [MB]", from: 0.0, of: |row| exact(row.peak_mb) },
];

fn rows_table(rows: &[Row]) -> String {
    let (head, lines) = table::cells(rows);
    let mut out = "<div class=\"wide\"><table><tr>".to_owned();
    for cell in head {
        let _ = write!(out, "<th>{}</th>", escape(&cell));
    }
    for line in lines {
        out += "</tr>\n<tr>";
        for cell in line {
            let _ = write!(out, "<td>{}</td>", escape(&cell));
        }
    }
    out + "</tr></table></div>\n"
}

fn plots(rows: &[Row]) -> Result<String> {
    let mut out = format!("<p>{}</p>\n{}", plot::legend(rows), plot::delay_against_concealment(rows)?);
    for bars in ALL_BARS.into_iter().filter(|bars| rows.iter().any(|row| (bars.of)(row).is_some())) {
        out += &plot::bars(rows, bars)?;
    }
    Ok(out)
}

/// The whole page.
pub fn render(report: &Report<'_>) -> Result<String> {
    let met = report.verdicts.iter().filter(|verdict| verdict.met).count();
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>Liaison beside libwebrtc and Chromium</title><style>{STYLE}</style>\n\
         <h1>Liaison beside libwebrtc and Chromium</h1>\n<p>{}</p>\n<h2>Goals: {met} of {} met</h2>\n",
        escape(&report.about.join("; ")),
        report.verdicts.len()
    );
    out += "<table class=\"goals\"><tr><th>network</th><th>against</th><th>goal</th><th>seen</th><th></th></tr>\n";
    let mut verdicts: Vec<&Verdict> = report.verdicts.iter().collect();
    verdicts.sort_by_key(|verdict| verdict.met);
    for Verdict { case, peer, goal, met, seen } in verdicts {
        let (class, word) = if *met { ("met", "met") } else { ("unmet", "missed") };
        let (peer, goal, seen) = (escape(peer), escape(goal), escape(seen));
        let _ = writeln!(
            out,
            "<tr><td>{case}</td><td>{peer}</td><td>{goal}</td><td>{seen}</td><td class=\"{class}\">{word}</td></tr>"
        );
    }
    out += "</table>\n<h2>One self-adapting configuration for all networks</h2>\n";
    out += &rows_table(report.chosen);
    out += &plots(report.chosen)?;
    if !report.like_for_like.is_empty() {
        out += "<h2>Like for like: packets of 20 ms, redundancy as the peers have it</h2>\n";
        out += &rows_table(report.like_for_like);
        out += &format!(
            "<p>{}</p>\n{}",
            plot::legend(report.like_for_like),
            plot::delay_against_concealment(report.like_for_like)?
        );
    }
    if !report.processed.is_empty() {
        out += "<h2>Our processing on</h2>\n";
        out += &rows_table(report.processed);
    }
    if !report.devices.is_empty() {
        out += "<h2>Device to device</h2>\n";
        out += &rows_table(report.devices);
    }
    if !report.virtual_time.is_empty() {
        let text = virtual_time::text(report.virtual_time);
        let _ = write!(out, "<h2>Virtual time</h2>\n<pre>{}</pre>\n", escape(&text));
    }
    if !report.echo.is_empty() {
        let _ = write!(out, "<h2>Echo</h2>\n<pre>{}</pre>\n", escape(&echo::text(report.echo)));
    }
    out += "<h2>How the figures were taken</h2>\n<ul class=\"dim\">\n";
    for note in super::NOTES {
        let _ = writeln!(out, "<li>{}</li>", escape(note));
    }
    Ok(out + "</ul>\n")
}

/// Writes it.
pub fn write(report: &Report<'_>, path: &Path) -> Result<()> {
    std::fs::write(path, render(report)?).with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::quality::Score;
    use crate::compare::row::Rounds;
    use crate::compare::run::Figures;

    #[test]
    fn everything_is_in_the_one_file() {
        let row = |system: &str, delay: f64, dred: Option<f64>| {
            let rounds = Rounds {
                delays_ms: vec![delay],
                scores: vec![Score { pesq: 3.0, stoi: 0.9 }, Score { pesq: 3.5, stoi: 0.8 }],
                spoken: 1,
                figures: vec![Figures {
                    concealed_pct: 1.0,
                    dred_pct: dred,
                    cpu_s_per_s: 0.05,
                    ..Figures::default()
                }],
            };
            rounds.row(system, "lossgen-10").unwrap()
        };
        let rows = [row("us", 30.0, Some(0.5)), row("wrtc", 50.0, None)];
        let verdicts = [Verdict {
            case: "lossgen-10",
            peer: "wrtc".into(),
            goal: "a < b",
            met: false,
            seen: "3 > 2".into(),
        }];
        let about = vec!["R&D".to_owned()];
        let page = render(&Report {
            about,
            chosen: &rows,
            like_for_like: &rows,
            processed: &[],
            virtual_time: &[],
            devices: &rows,
            verdicts: &verdicts,
            echo: &[],
        })
        .unwrap();
        assert!(page.contains("Device to device"));
        assert!(page.contains("R&amp;D") && page.contains("a &lt; b") && page.contains("unmet"), "{page}");
        assert_eq!(page.matches("<svg").count(), 6);
        // Two points and the ring of what DRED made, in both scatters; the middle of each interval of PESQ and STOI.
        assert_eq!(page.matches("<circle").count(), 6 + 4);
        for outside in ["src=", "href=", "@import", "url("] {
            assert!(!page.contains(outside), "{outside}");
        }
    }
}
