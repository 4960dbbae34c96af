//! A small fast Fourier transform (radix 2, in place): all that these measures need.

use std::f32::consts::TAU;

/// A complex number as (real, imaginary).
pub(super) type Complex = (f32, f32);

pub(super) fn multiply(a: Complex, b: Complex) -> Complex {
    (a.0 * b.0 - a.1 * b.1, a.0 * b.1 + a.1 * b.0)
}

/// A transform of one size, a power of two, with its twiddle factors.
pub(super) struct Fft {
    twiddles: Vec<Complex>,
    size: usize,
}

impl Fft {
    pub(super) fn new(at_least: usize) -> Self {
        let size = at_least.next_power_of_two().max(2);
        let twiddles = (0..size / 2)
            .map(|k| {
                let angle = -TAU * k as f32 / size as f32;
                (angle.cos(), angle.sin())
            })
            .collect();
        Self { twiddles, size }
    }

    pub(super) fn size(&self) -> usize {
        self.size
    }

    /// Transforms real samples, padded with zeros.
    pub(super) fn forward_real(&self, samples: &[f32]) -> Vec<Complex> {
        let mut data: Vec<Complex> = samples.iter().map(|&s| (s, 0.0)).collect();
        data.resize(self.size, (0.0, 0.0));
        self.run(&mut data);
        data
    }

    /// The real part of the inverse transform.
    pub(super) fn inverse_real(&self, mut data: Vec<Complex>) -> Vec<f32> {
        // The inverse is the forward transform of the conjugate, conjugated and scaled.
        data.iter_mut().for_each(|c| c.1 = -c.1);
        self.run(&mut data);
        let scale = 1.0 / self.size as f32;
        data.into_iter().map(|c| c.0 * scale).collect()
    }

    fn run(&self, data: &mut [Complex]) {
        let n = self.size;
        let bits = n.trailing_zeros();
        for i in 0..n {
            let j = i.reverse_bits() >> (usize::BITS - bits);
            if i < j {
                data.swap(i, j);
            }
        }
        let mut half = 1;
        while half < n {
            let stride = n / (2 * half);
            for block in data.chunks_exact_mut(2 * half) {
                let (low, high) = block.split_at_mut(half);
                for (k, (a, b)) in low.iter_mut().zip(high).enumerate() {
                    let turned = multiply(*b, self.twiddles[k * stride]);
                    *b = (a.0 - turned.0, a.1 - turned.1);
                    *a = (a.0 + turned.0, a.1 + turned.1);
                }
            }
            half *= 2;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_definition() {
        let fft = Fft::new(16);
        let samples: Vec<f32> = (0..16).map(|n| ((n * n) as f32).sin()).collect();
        let fast = fft.forward_real(&samples);
        for (k, bin) in fast.iter().enumerate() {
            let (mut re, mut im) = (0.0, 0.0);
            for (n, s) in samples.iter().enumerate() {
                let angle = -TAU * (k * n) as f32 / 16.0;
                re += s * angle.cos();
                im += s * angle.sin();
            }
            assert!((bin.0 - re).abs() < 1e-3 && (bin.1 - im).abs() < 1e-3, "bin {k}");
        }
        let back = fft.inverse_real(fast);
        assert!(back.iter().zip(&samples).all(|(a, b)| (a - b).abs() < 1e-4));
    }
}
