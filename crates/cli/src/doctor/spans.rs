//! What happened between two moments of an end's figures.

use super::figures::Figures;

/// To four digits after the point.
pub fn round(value: f64) -> f64 {
    (value * 1e4).round() / 1e4
}

/// A share in percent; 0 of nothing.
pub fn pct(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { round(100.0 * part as f64 / whole as f64) }
}

/// The figures between two moments: those at or before the first, and those at the last.
pub fn span(figures: &[Figures], from_us: u64) -> Option<(Figures, Figures, &[Figures])> {
    let first = figures.iter().rposition(|figures| figures.us <= from_us).unwrap_or(0);
    Some((*figures.get(first)?, *figures.last()?, &figures[first..]))
}

/// What a sample spent in the jitter buffer, or was to spend, on average.
pub fn jitter_buffer_ms(before: &Figures, after: &Figures, of: fn(&Figures) -> f64) -> Option<f64> {
    let emitted = after.jitter_buffer_emitted.saturating_sub(before.jitter_buffer_emitted);
    (emitted > 0).then(|| round((of(after) - of(before)) * 1e3 / emitted as f64))
}

/// Samples made up, but for silence in silence.
pub fn concealed(before: &Figures, after: &Figures) -> u64 {
    let all = after.concealed_samples.saturating_sub(before.concealed_samples);
    all.saturating_sub(after.silent_concealed_samples.saturating_sub(before.silent_concealed_samples))
}

/// Samples put in and taken out by the stretch.
pub fn stretched(before: &Figures, after: &Figures) -> u64 {
    let all = |figures: &Figures| figures.inserted_samples + figures.removed_samples;
    all(after).saturating_sub(all(before))
}

/// Processor seconds a second; with or without the measurement's own sound device.
pub fn cpu_share(before: &Figures, after: &Figures, device: bool) -> f64 {
    let used = |figures: &Figures| {
        figures.cpu_us.saturating_sub(if device { 0 } else { figures.pump_cpu_us }) as f64
    };
    (used(after) - used(before)) / after.us.saturating_sub(before.us).max(1) as f64
}
