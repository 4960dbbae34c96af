//! Plays a little faster or slower without changing the pitch: waveform-similarity overlap-add.
//!
//! A pitch period is taken out or played twice. The seam is faded over as long a stretch as there
//! is, with gains that keep the energy for whatever correlation the two sides have.
//!
//! Two channels are searched as one wave, interleaved: their correlations add up, so that no channel is
//! cut where only the other repeats, and opposite channels do not hide each other as they would in their sum.

use super::playout::{HISTORY, MAX_INSERT, PlayBuffer};
use crate::Channels;
use crate::sums::{dot, energy};

/// Shortest and longest period, 2.5 and 15 ms: 66–400 Hz.
pub(crate) const MIN_PERIOD: usize = 120;
const MAX_PERIOD: usize = MAX_INSERT;
/// The seam, 5–10 ms.
const MIN_OVERLAP: usize = 240;
const MAX_OVERLAP: usize = 480;
/// Samples needed ahead so that any period can be taken out.
pub(crate) const REMOVE_NEEDS: usize = MAX_PERIOD + MAX_OVERLAP;
/// What is compared to find a click, 2 ms.
const CLICK: usize = 96;
/// The coarse search runs at 8 kHz.
const DECIMATION: usize = 6;
const COARSE: usize = 2 * MAX_PERIOD / DECIMATION;

/// How much similarity a seam asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Haste {
    /// Only where nobody can hear it.
    Patient,
    /// Delay is far off: accept more.
    Hasty,
}

impl Haste {
    fn similarity(self) -> f32 {
        match self {
            Haste::Patient => 0.85,
            Haste::Hasty => 0.5,
        }
    }
}

/// Finds the periods. Remembers the level of speech, to know what is quiet.
#[derive(Debug)]
pub(crate) struct Stretcher {
    coarse: Box<[f32]>,
    /// What was played and what waits, side by side.
    view: Box<[f32]>,
    speech_power: f32,
}

#[derive(Debug, Clone, Copy)]
struct Seam {
    period: usize,
    overlap: usize,
    similarity: f32,
}

impl Stretcher {
    pub(crate) fn new(channels: Channels) -> Self {
        let room = |samples: usize| vec![0.0; samples * channels.count()].into_boxed_slice();
        Self { coarse: room(COARSE), view: room(2 * MAX_PERIOD), speech_power: 1e-4 }
    }

    /// Tells the level of what is played.
    pub(crate) fn heard(&mut self, frame: &[f32]) {
        let power = mean_square(frame);
        let rate = if power > self.speech_power { 0.1 } else { 0.002 };
        self.speech_power += (power - self.speech_power) * rate;
    }

    /// Takes at most `max` samples out at the playhead; returns how many.
    pub(crate) fn accelerate(&mut self, buffer: &mut PlayBuffer, max: usize, haste: Haste) -> usize {
        let max = max.min(MAX_PERIOD).min(buffer.len().saturating_sub(MIN_OVERLAP));
        if max < MIN_PERIOD {
            return 0;
        }
        let overlap = (buffer.len() - max).min(MAX_OVERLAP);
        // Seam between [0, overlap) and [period, period + overlap).
        let (ahead, lags) = (buffer.ahead(), MIN_PERIOD..max + 1);
        let seam = match buffer.channels() {
            Channels::Mono => self.find::<1>(ahead, 0, lags, overlap, haste),
            Channels::Stereo => self.find::<2>(ahead, 0, lags, overlap, haste),
        };
        let Some(seam) = seam else {
            return 0;
        };
        buffer.remove(seam.period, seam.overlap, cross_fade(seam));
        seam.period
    }

    /// Puts at most `max` samples in at the playhead; returns how many.
    pub(crate) fn decelerate(&mut self, buffer: &mut PlayBuffer, max: usize, haste: Haste) -> usize {
        let overlap = buffer.len().min(MAX_OVERLAP);
        let max = max.min(MAX_PERIOD);
        if max < MIN_PERIOD || overlap < MIN_OVERLAP {
            return 0;
        }
        // Seam between what waits and what was played a period ago, [-period, -period + overlap).
        let count = buffer.channels().count();
        let seen = buffer.len().min(MAX_PERIOD);
        let mut lent = std::mem::take(&mut self.view);
        let view = &mut lent[..(max + seen) * count];
        view[..max * count].copy_from_slice(&buffer.history()[(HISTORY - max) * count..]);
        view[max * count..].copy_from_slice(&buffer.ahead()[..seen * count]);
        let lags = MIN_PERIOD..max + 1;
        let seam = match buffer.channels() {
            Channels::Mono => self.find::<1>(view, max, lags, overlap, haste),
            Channels::Stereo => self.find::<2>(view, max, lags, overlap, haste),
        };
        self.view = lent;
        let Some(mut seam) = seam else {
            return 0;
        };
        seam.overlap = seam.overlap.min(seam.period);
        buffer.insert(seam.period, seam.overlap, cross_fade(seam));
        seam.period
    }

    /// The lag in `lags` at which `wave`, of `N` channels, from `fixed` on and the wave that lag away look most alike.
    ///
    /// `fixed` is 0 (compare with what comes later) or the end of the lags (with what came before).
    fn find<const N: usize>(
        &mut self,
        wave: &[f32],
        fixed: usize,
        lags: std::ops::Range<usize>,
        overlap: usize,
        haste: Haste,
    ) -> Option<Seam> {
        let at = |lag: usize| if fixed == 0 { lag } else { fixed - lag };
        let samples = wave.len() / N;
        let n = (samples / DECIMATION).min(COARSE);
        for (coarse, fine) in self.coarse.chunks_exact_mut(N).zip(wave.chunks_exact(DECIMATION * N)) {
            for (channel, coarse) in coarse.iter_mut().enumerate() {
                *coarse = (0..DECIMATION).map(|i| fine[i * N + channel]).sum();
            }
        }
        let coarse = &self.coarse[..n * N];
        let (coarse_fixed, length) = (fixed / DECIMATION, overlap / DECIMATION);
        let likeness = part::<N>(coarse, coarse_fixed, length).map(Likeness::to);
        let mut best = (f32::MIN, 0);
        for lag in lags.start / DECIMATION..=(lags.end - 1) / DECIMATION {
            let other = if fixed == 0 { lag } else { coarse_fixed - lag };
            let (Some(there), Some(likeness)) = (part::<N>(coarse, other, length), &likeness) else {
                continue;
            };
            let similarity = likeness.of(there);
            if similarity > best.0 {
                best = (similarity, lag * DECIMATION);
            }
        }
        let likeness = Likeness::to(part::<N>(wave, fixed, overlap)?);
        let mut fine = (f32::MIN, 0);
        for lag in best.1.saturating_sub(DECIMATION)..=best.1 + DECIMATION {
            if lags.contains(&lag) {
                let similarity = likeness.of(part::<N>(wave, at(lag), overlap)?);
                if similarity > fine.0 {
                    fine = (similarity, lag);
                }
            }
        }
        let (seam_similarity, period) = fine;
        if period == 0 {
            return None;
        }
        // What is taken out or played twice must be like its neighbour from end to end, not only at
        // the seam: a click in the middle would vanish, or be heard twice.
        let length = (overlap.max(period) + 2 * CLICK).min(samples - fixed.max(at(period)));
        let (here, there) = (part::<N>(wave, fixed, length)?, part::<N>(wave, at(period), length)?);
        let similarity = seam_similarity.min(similarity(here, there));
        let (a, b) = (mean_square(here), mean_square(there));
        let quiet = a.max(b) < (self.speech_power * 0.01).max(1e-7);
        // Where the energy jumps there is an onset: leave it alone.
        let steady = a < 4.0 * b && b < 4.0 * a;
        let good = similarity >= haste.similarity()
            && (steady || haste == Haste::Hasty)
            && !has_transient::<N>(here, there, a.max(b));
        (quiet || good).then_some(Seam { period, overlap, similarity: seam_similarity.clamp(0.0, 1.0) })
    }
}

/// So many samples of a wave of `N` channels, if it has them.
fn part<const N: usize>(wave: &[f32], from: usize, samples: usize) -> Option<&[f32]> {
    wave.get(from * N..(from + samples) * N)
}

/// Whether one of two periods, the louder of `power`, has a click that the other has not.
fn has_transient<const N: usize>(here: &[f32], there: &[f32], power: f32) -> bool {
    let mut pieces = here.windows(CLICK * N).zip(there.windows(CLICK * N)).step_by(CLICK / 2 * N);
    pieces.any(|(here, there)| {
        let (a, b) = (mean_square(here), mean_square(there));
        a.max(b) > power && a.max(b) > 2.5 * a.min(b)
    })
}

/// Raised-cosine fade whose gains keep the energy of two waves of the seam's similarity.
fn cross_fade(seam: Seam) -> impl Fn(usize, f32, f32) -> f32 {
    let scale = std::f32::consts::PI / seam.overlap as f32;
    move |i, from, to| {
        let into = 0.5 - 0.5 * (scale * (i as f32 + 0.5)).cos();
        let out = 1.0 - into;
        let energy = into * into + out * out + 2.0 * into * out * seam.similarity;
        (from * out + to * into) / energy.sqrt()
    }
}

fn mean_square(wave: &[f32]) -> f32 {
    energy(wave) / wave.len().max(1) as f32
}

/// Normalised correlation, −1 to 1.
fn similarity(a: &[f32], b: &[f32]) -> f32 {
    Likeness::to(a).of(b)
}

/// Compares many waves with the same one.
struct Likeness<'a> {
    wave: &'a [f32],
    energy: f32,
}

impl<'a> Likeness<'a> {
    fn to(wave: &'a [f32]) -> Self {
        Self { wave, energy: energy(wave) + 1e-9 }
    }

    /// The normalised correlation of `other` with it, −1 to 1.
    fn of(&self, other: &[f32]) -> f32 {
        dot(self.wave, other) / (self.energy * (energy(other) + 1e-9)).sqrt()
    }
}

#[cfg(test)]
mod tests;
