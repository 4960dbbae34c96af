//! The rows as text.

use super::goals::Verdict;
use super::row::Row;
use super::stats::Mean;

const HEAD: [&str; 15] = [
    "case",
    "system",
    "p50 ms",
    "p95 ms",
    "× p50",
    "concealed %",
    "DRED %",
    "stretched %",
    "buffer ms",
    "PESQ-WB",
    "STOI",
    "bytes/s",
    "packets/s",
    "CPU %",
    "memory MB",
];

/// A number, or a dash.
pub fn number(value: f64, digits: usize) -> String {
    if value.is_finite() { format!("{value:.digits$}") } else { "–".to_owned() }
}

/// A mean with its interval, or a dash.
pub fn interval(mean: Option<Mean>, digits: usize) -> String {
    mean.map_or_else(
        || "–".to_owned(),
        |mean| format!("{:.digits$} ±{:.digits$}", mean.value, mean.half_width),
    )
}

/// The head, and a line of cells a row. The ratio is ours to the row's.
pub fn cells(rows: &[Row]) -> (Vec<String>, Vec<Vec<String>>) {
    let ours = |case: &str| rows.iter().find(|row| row.case == case && row.system == "us");
    let lines = rows.iter().map(|row| {
        let ratio = ours(row.case).filter(|_| row.system != "us").map(|ours| ours.p50_ms / row.p50_ms);
        vec![
            row.case.to_owned(),
            row.system.clone(),
            number(row.p50_ms, 1),
            number(row.p95_ms, 1),
            ratio.map_or_else(String::new, |ratio| number(ratio, 2)),
            number(row.concealed_pct, 3),
            row.dred_pct.map_or_else(|| "–".to_owned(), |dred| number(dred, 3)),
            number(row.stretched_pct, 2),
            number(row.jitter_buffer_ms, 1),
            interval(row.pesq, 2),
            interval(row.stoi, 3),
            number(row.wire_bytes_per_s, 0),
            number(row.packets_per_s, 1),
            number(row.cpu_pct, 2),
            number(row.peak_mb, 1),
        ]
    });
    (HEAD.map(str::to_owned).to_vec(), lines.collect())
}

/// Aligned columns.
pub fn text(rows: &[Row]) -> String {
    let (head, lines) = cells(rows);
    let width = |column: usize| {
        let cells = std::iter::once(&head).chain(&lines).filter_map(|line| line.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let mut out = String::new();
    for line in std::iter::once(&head).chain(&lines) {
        for (index, (cell, width)) in line.iter().zip(&widths).enumerate() {
            let space = " ".repeat(width - cell.chars().count());
            // Names to the left, figures to the right.
            out += &if index < 2 { format!("{cell}{space}  ") } else { format!("{space}{cell}  ") };
        }
        out.truncate(out.trim_end().len());
        out.push('\n');
    }
    out
}

/// One line a goal, the missed ones first.
pub fn goals(verdicts: &[Verdict]) -> String {
    let mut sorted: Vec<&Verdict> = verdicts.iter().collect();
    sorted.sort_by_key(|verdict| verdict.met);
    let mut out = String::new();
    for verdict in sorted {
        let Verdict { case, peer, goal, met, seen } = verdict;
        out +=
            &format!("{}  {case}, against {peer}: {goal}: {seen}\n", if *met { "met   " } else { "MISSED" });
    }
    let met = verdicts.iter().filter(|verdict| verdict.met).count();
    out + &format!("{met} of {} goals met\n", verdicts.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::row::Rounds;
    use crate::compare::run::Figures;

    #[test]
    fn columns_line_up_and_the_ratio_is_ours_to_theirs() {
        let row = |system: &str, delay: f64| {
            let rounds = Rounds {
                delays_ms: vec![delay],
                spoken: 1,
                figures: vec![Figures::default()],
                ..Rounds::default()
            };
            rounds.row(system, "clean").unwrap()
        };
        let text = text(&[row("us", 30.0), row("wrtc", 50.0)]);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 3);
        assert!(lines[2].contains("0.60"), "{text}");
        let end = |line: &str| line.chars().count();
        assert_eq!(end(lines[1]), end(lines[2]), "{text}");
    }

    #[test]
    fn missed_goals_come_first() {
        let verdict = |met| Verdict { case: "clean", peer: "wrtc".into(), goal: "g", met, seen: "s".into() };
        let text = goals(&[verdict(true), verdict(false)]);
        assert!(text.starts_with("MISSED"), "{text}");
        assert!(text.ends_with("1 of 2 goals met\n"), "{text}");
    }
}
