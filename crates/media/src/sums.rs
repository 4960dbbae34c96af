//! Sums over samples, in eight lanes that the compiler turns into vectors: one by one each would wait for the last.

const LANES: usize = 8;

/// Sum of the products, over as many samples as both have.
pub(crate) fn dot(a: &[f32], b: &[f32]) -> f32 {
    let n = a.len().min(b.len());
    let (a, b) = (a[..n].chunks_exact(LANES), b[..n].chunks_exact(LANES));
    let rest: f32 = a.remainder().iter().zip(b.remainder()).map(|(x, y)| x * y).sum();
    let mut lanes = [0.0f32; LANES];
    for (a, b) in a.zip(b) {
        for (lane, (x, y)) in lanes.iter_mut().zip(a.iter().zip(b)) {
            *lane += x * y;
        }
    }
    lanes.iter().sum::<f32>() + rest
}

/// Sum of the squares.
pub(crate) fn energy(wave: &[f32]) -> f32 {
    dot(wave, wave)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_the_length_every_sample_counts_once() {
        for n in [0usize, 1, 7, 8, 9, 480, 483] {
            let a: Vec<f32> = (0..n).map(|i| (i % 13) as f32 - 6.0).collect();
            let b: Vec<f32> = (0..n).map(|i| (i % 7) as f32 - 3.0).collect();
            let one_by_one: f32 = a.iter().zip(&b).map(|(x, y)| x * y).sum();
            assert_eq!(dot(&a, &b), one_by_one, "{n} samples");
            assert_eq!(energy(&a), a.iter().map(|x| x * x).sum::<f32>(), "{n} samples");
        }
        assert_eq!(dot(&[1.0; 9], &[2.0; 8]), 16.0);
    }
}
