//! Mean and percentiles of a series.

use serde::Serialize;

/// What a share of the values does not exceed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Percentiles {
    /// How many values there were.
    pub count: usize,
    pub mean: f64,
    pub p50: f64,
    pub p95: f64,
    pub p99: f64,
}

/// `None` without values. By nearest rank.
pub fn percentiles(values: impl IntoIterator<Item = f64>) -> Option<Percentiles> {
    let mut values: Vec<f64> = values.into_iter().filter(|value| value.is_finite()).collect();
    values.sort_by(f64::total_cmp);
    let count = values.len();
    let rank = |share: f64| values.get(((share * count as f64).ceil() as usize).max(1) - 1).copied();
    let mean = values.iter().sum::<f64>() / count.max(1) as f64;
    let round = |value: f64| (value * 1e3).round() / 1e3;
    Some(Percentiles {
        count,
        mean: round(mean),
        p50: round(rank(0.5)?),
        p95: round(rank(0.95)?),
        p99: round(rank(0.99)?),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn by_nearest_rank() {
        let hundred = percentiles((1..=100).rev().map(f64::from)).unwrap();
        assert_eq!((hundred.count, hundred.mean), (100, 50.5));
        assert_eq!((hundred.p50, hundred.p95, hundred.p99), (50.0, 95.0, 99.0));
        let one = percentiles([7.0]).unwrap();
        assert_eq!((one.p50, one.p99), (7.0, 7.0));
        assert_eq!(percentiles([]), None);
        assert_eq!(percentiles([f64::NAN]), None);
    }
}
