//! Tests across modules: what must not allocate, what files sound like, how ends keep time.
//!
//! Where real time is counted the lower bounds are generous, because the machine may be busy; the upper ones are
//! not, because nothing may run ahead of time.

mod allocation;
mod files;
mod port;
mod rings;
mod source_text;
mod stereo;
#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
mod system_calls;

use crate::Frame;

/// The frequency of a steady tone in `samples` at 48 kHz, from its rising zero crossings (Hz).
pub(crate) fn frequency(samples: &[f32]) -> f64 {
    let crossings: Vec<f64> = samples
        .windows(2)
        .enumerate()
        .filter(|(_, pair)| pair[0] < 0.0 && pair[1] >= 0.0)
        .map(|(at, pair)| at as f64 + f64::from(pair[0]) / f64::from(pair[0] - pair[1]))
        .collect();
    match (crossings.first(), crossings.last()) {
        (Some(first), Some(last)) if last > first => (crossings.len() - 1) as f64 * 48_000.0 / (last - first),
        _ => 0.0,
    }
}

/// The median frequency of 100 ms pieces: what a busy machine's gaps do not change (Hz).
pub(crate) fn steady_frequency(samples: &[f32]) -> f64 {
    let mut pieces: Vec<f64> = samples.chunks_exact(4_800).map(frequency).collect();
    pieces.sort_by(f64::total_cmp);
    pieces.get(pieces.len() / 2).copied().unwrap_or(0.0)
}

/// Root of the mean square.
pub(crate) fn rms(samples: &[f32]) -> f64 {
    let sum: f64 = samples.iter().map(|s| f64::from(*s) * f64::from(*s)).sum();
    (sum / samples.len().max(1) as f64).sqrt()
}

/// A frame that counts up from `from`, so that order shows.
pub(crate) fn counting_frame(from: usize) -> Frame {
    std::array::from_fn(|n| (from + n) as f32 / 1e6)
}
