//! One system on one network: the figures of all its rounds together.

use super::quality::Score;
use super::run::Figures;
use super::stats::{Mean, mean, percentile};

/// The rounds of one system on one network.
#[derive(Debug, Clone, Default)]
pub struct Rounds {
    pub delays_ms: Vec<f64>,
    pub scores: Vec<Score>,
    pub spoken: usize,
    pub figures: Vec<Figures>,
}

/// What the table shows.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    pub system: String,
    pub case: &'static str,
    pub p50_ms: f64,
    pub p95_ms: f64,
    pub concealed_pct: f64,
    pub dred_pct: Option<f64>,
    pub stretched_pct: f64,
    pub jitter_buffer_ms: f64,
    pub pesq: Option<Mean>,
    pub stoi: Option<Mean>,
    pub wire_bytes_per_s: f64,
    pub packets_per_s: f64,
    pub cpu_pct: f64,
    pub peak_mb: f64,
    /// Of the windows with speech, those found again.
    pub matched_pct: f64,
    pub rounds: usize,
}

impl Rounds {
    /// `None` when no round came about.
    pub fn row(&self, system: &str, case: &'static str) -> Option<Row> {
        let average = |of: fn(&Figures) -> f64| {
            let values: Vec<f64> = self.figures.iter().map(of).collect();
            mean(&values).map_or(f64::NAN, |mean| mean.value)
        };
        let score = |of: fn(&Score) -> f64| mean(&self.scores.iter().map(of).collect::<Vec<_>>());
        let has_dred = self.figures.first()?.dred_pct.is_some();
        Some(Row {
            system: system.to_owned(),
            case,
            p50_ms: percentile(&self.delays_ms, 0.5).unwrap_or(f64::NAN),
            p95_ms: percentile(&self.delays_ms, 0.95).unwrap_or(f64::NAN),
            concealed_pct: average(|round| round.concealed_pct),
            dred_pct: has_dred.then(|| average(|round| round.dred_pct.unwrap_or(0.0))),
            stretched_pct: average(|round| round.stretched_pct),
            jitter_buffer_ms: average(|round| round.jitter_buffer_ms),
            pesq: score(|score| score.pesq),
            stoi: score(|score| score.stoi),
            wire_bytes_per_s: average(|round| round.wire_bytes_per_s),
            packets_per_s: average(|round| round.packets_per_s),
            cpu_pct: 100.0 * average(|round| round.cpu_s_per_s),
            peak_mb: average(|round| round.peak_kib as f64 / 1024.0),
            matched_pct: 100.0 * self.delays_ms.len() as f64 / self.spoken.max(1) as f64,
            rounds: self.figures.len(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_are_pooled() {
        let figures = |concealed_pct| Figures { concealed_pct, peak_kib: 2_048, ..Figures::default() };
        let rounds = Rounds {
            delays_ms: vec![30.0, 10.0, 20.0],
            scores: vec![Score { pesq: 4.0, stoi: 0.9 }, Score { pesq: f64::NAN, stoi: 0.7 }],
            spoken: 4,
            figures: vec![figures(1.0), figures(2.0)],
        };
        let row = rounds.row("us", "clean").unwrap();
        assert_eq!((row.p50_ms, row.p95_ms, row.concealed_pct, row.peak_mb), (20.0, 30.0, 1.5, 2.0));
        assert_eq!((row.pesq.unwrap().value, row.pesq.unwrap().count), (4.0, 1));
        assert!((row.stoi.unwrap().value - 0.8).abs() < 1e-9);
        assert_eq!((row.matched_pct, row.dred_pct), (75.0, None));
        assert!(Rounds::default().row("us", "clean").is_none());
    }
}
