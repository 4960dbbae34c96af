//! Means with their certainty, and percentiles.

/// A mean and half the width of its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mean {
    pub value: f64,
    /// 0 when there is but one value.
    pub half_width: f64,
    pub count: usize,
}

/// Student's t for 95 %, by degrees of freedom 1 to 30; the normal value beyond.
const T95: [f64; 30] = [
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131,
    2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
];

/// `None` without values; values that are no numbers are left out.
pub fn mean(values: &[f64]) -> Option<Mean> {
    let values: Vec<f64> = values.iter().copied().filter(|value| value.is_finite()).collect();
    let count = values.len();
    if count == 0 {
        return None;
    }
    let value = values.iter().sum::<f64>() / count as f64;
    let mut half_width = 0.0;
    if count > 1 {
        let variance = values.iter().map(|x| (x - value).powi(2)).sum::<f64>() / (count - 1) as f64;
        let t = T95.get(count - 2).copied().unwrap_or(1.96);
        half_width = t * (variance / count as f64).sqrt();
    }
    Some(Mean { value, half_width, count })
}

/// By nearest rank; `None` without values.
pub fn percentile(values: &[f64], share: f64) -> Option<f64> {
    let mut sorted: Vec<f64> = values.iter().copied().filter(|value| value.is_finite()).collect();
    sorted.sort_by(f64::total_cmp);
    let rank = ((share * sorted.len() as f64).ceil() as usize).max(1);
    sorted.get(rank - 1).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_is_students() {
        let five = mean(&[1.0, 2.0, 3.0, 4.0, 5.0]).unwrap();
        assert!((five.value - 3.0).abs() < 1e-12);
        assert!((five.half_width - 2.776 * (2.5f64 / 5.0).sqrt()).abs() < 1e-9);
        assert_eq!(mean(&[7.0]).unwrap().half_width, 0.0);
        assert_eq!(mean(&[f64::NAN]), None);
    }

    #[test]
    fn percentiles_are_by_nearest_rank() {
        let hundred: Vec<f64> = (1..=100).map(f64::from).collect();
        assert_eq!(percentile(&hundred, 0.5), Some(50.0));
        assert_eq!(percentile(&hundred, 0.95), Some(95.0));
        assert_eq!(percentile(&[3.0], 0.99), Some(3.0));
        assert_eq!(percentile(&[], 0.5), None);
    }
}
