//! Decoded sound on its way to the pull, with what was just played still behind it.

use crate::Channels;
use crate::codec::MAX_PACKET_SAMPLES;
use std::collections::VecDeque;

/// Played samples kept behind the playhead: 30 ms, two of the longest pitch periods.
pub(crate) const HISTORY: usize = 1_440;
/// Most samples one stretch puts in.
pub(crate) const MAX_INSERT: usize = 720;
/// Room for the longest packet on top of one that waits, and the stretch.
const CAPACITY: usize = 2 * (HISTORY + MAX_INSERT) + 4 * MAX_PACKET_SAMPLES;
/// Pieces of different origin that can wait at once; each is 2.5 ms at least.
const MAX_PIECES: usize = 256;

/// Where samples came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    Decoded,
    Fec,
    Red,
    Dred,
    Concealed,
    /// Concealed, and faded out.
    ConcealedSilent,
    /// Nothing is missing.
    Comfort,
}

/// How many samples of each origin.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) decoded: usize,
    pub(crate) fec: usize,
    pub(crate) red: usize,
    pub(crate) dred: usize,
    pub(crate) concealed: usize,
    pub(crate) silent: usize,
    pub(crate) comfort: usize,
}

impl Tally {
    fn add(&mut self, origin: Origin, samples: usize) {
        match origin {
            Origin::Decoded => self.decoded += samples,
            Origin::Fec => self.fec += samples,
            Origin::Red => self.red += samples,
            Origin::Dred => self.dred += samples,
            Origin::Concealed => self.concealed += samples,
            Origin::ConcealedSilent => self.silent += samples,
            Origin::Comfort => self.comfort += samples,
        }
    }
}

/// A queue of samples in one block, so that a stretch sees past and future side by side. Two channels are interleaved:
/// whatever is cut or faded is so in both at the same place.
#[derive(Debug)]
pub(crate) struct PlayBuffer {
    channels: Channels,
    samples: Box<[f32]>,
    start: usize,
    end: usize,
    pieces: VecDeque<(Origin, usize)>,
}

impl PlayBuffer {
    pub(crate) fn new(channels: Channels) -> Self {
        let start = HISTORY + MAX_INSERT;
        Self {
            channels,
            samples: vec![0.0; CAPACITY * channels.count()].into_boxed_slice(),
            start,
            end: start,
            pieces: VecDeque::with_capacity(MAX_PIECES),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.end - self.start
    }

    pub(crate) fn channels(&self) -> Channels {
        self.channels
    }

    /// Where these samples lie in the block.
    fn at(&self, samples: std::ops::Range<usize>) -> std::ops::Range<usize> {
        let n = self.channels.count();
        samples.start * n..samples.end * n
    }

    /// Samples still to be played.
    pub(crate) fn ahead(&self) -> &[f32] {
        &self.samples[self.at(self.start..self.end)]
    }

    /// Samples just played, the newest last.
    pub(crate) fn history(&self) -> &[f32] {
        &self.samples[self.at(self.start - HISTORY..self.start)]
    }

    /// The last sample of each channel in the queue, or the last played.
    pub(crate) fn last(&self) -> &[f32] {
        &self.samples[self.at(self.end - 1..self.end)]
    }

    /// Whether every waiting sample is of this stream's own sound.
    pub(crate) fn is_genuine(&self) -> bool {
        self.pieces.iter().all(|(origin, _)| matches!(origin, Origin::Decoded | Origin::Fec | Origin::Red))
    }

    /// Appends as much as there is room for.
    pub(crate) fn append(&mut self, samples: &[f32], origin: Origin) {
        let (base, count) = (HISTORY + MAX_INSERT, self.channels.count());
        if self.end + samples.len() / count > CAPACITY && self.start > base {
            let kept = self.at(self.start - HISTORY..self.end);
            self.samples.copy_within(kept, MAX_INSERT * count);
            self.end -= self.start - base;
            self.start = base;
        }
        let n = (samples.len() / count).min(CAPACITY - self.end);
        let room = self.at(self.end..self.end + n);
        self.samples[room].copy_from_slice(&samples[..n * count]);
        self.end += n;
        let full = self.pieces.len() == MAX_PIECES;
        match self.pieces.back_mut() {
            Some((last, length)) if *last == origin || full => *length += n,
            _ if n > 0 => self.pieces.push_back((origin, n)),
            _ => {}
        }
    }

    pub(crate) fn append_silence(&mut self, samples: usize, origin: Origin) {
        const ZEROS: [f32; 960] = [0.0; 960];
        let mut left = samples * self.channels.count();
        while left > 0 {
            let n = left.min(ZEROS.len());
            self.append(&ZEROS[..n], origin);
            left -= n;
        }
    }

    /// Moves the playhead over `samples`; says where they came from.
    pub(crate) fn consume(&mut self, samples: usize) -> Tally {
        let mut left = samples.min(self.len());
        self.start += left;
        let mut tally = Tally::default();
        while left > 0 {
            let Some((origin, length)) = self.pieces.front_mut() else { break };
            let n = left.min(*length);
            tally.add(*origin, n);
            *length -= n;
            left -= n;
            if *length == 0 {
                self.pieces.pop_front();
            }
        }
        tally
    }

    /// Drops what waits; what was played stays behind the playhead.
    pub(crate) fn clear(&mut self) {
        self.end = self.start;
        self.pieces.clear();
    }

    /// Forgets everything.
    pub(crate) fn reset(&mut self) {
        self.clear();
        let history = self.at(self.start - HISTORY..self.start);
        self.samples[history].fill(0.0);
    }

    /// Takes `period` samples out at the playhead, fading over `overlap` samples with `fade`, which is given how far
    /// into the seam, and the two samples.
    ///
    /// `period + overlap` samples must wait.
    pub(crate) fn remove(&mut self, period: usize, overlap: usize, fade: impl Fn(usize, f32, f32) -> f32) {
        debug_assert!(period + overlap <= self.len());
        let (start, count) = (self.start, self.channels.count());
        for i in 0..overlap * count {
            let (from, to) = (start * count + i, (start + period) * count + i);
            self.samples[to] = fade(i / count, self.samples[from], self.samples[to]);
        }
        let history = self.at(start - HISTORY..start);
        self.samples.copy_within(history, (start - HISTORY + period) * count);
        // Not played: only the count of the pieces changes.
        let _ = self.consume(period);
    }

    /// Plays the last `period` samples once more before what waits, fading in over `overlap ≤ period`.
    pub(crate) fn insert(&mut self, period: usize, overlap: usize, fade: impl Fn(usize, f32, f32) -> f32) {
        debug_assert!(overlap <= period && overlap <= self.len() && period <= MAX_INSERT);
        let (start, count) = (self.start, self.channels.count());
        if start < HISTORY + period {
            return;
        }
        let history = self.at(start - HISTORY..start);
        self.samples.copy_within(history, (start - HISTORY - period) * count);
        // [start - period, start) still holds the last period: fade into it from what waits.
        for i in 0..overlap * count {
            let (from, to) = (start * count + i, (start - period) * count + i);
            self.samples[to] = fade(i / count, self.samples[from], self.samples[to]);
        }
        self.start = start - period;
        match self.pieces.front_mut() {
            Some((_, length)) => *length += period,
            None => self.pieces.push_back((Origin::Decoded, period)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ramp(from: usize, n: usize) -> Vec<f32> {
        (from..from + n).map(|i| i as f32).collect()
    }

    #[test]
    fn samples_come_out_in_order_for_ever() {
        let mut buffer = PlayBuffer::new(Channels::Mono);
        let (mut written, mut read) = (0, 0);
        for _ in 0..1_000 {
            buffer.append(&ramp(written, 960), Origin::Decoded);
            written += 960;
            for _ in 0..2 {
                assert_eq!(buffer.ahead()[..480], ramp(read, 480)[..]);
                assert_eq!(buffer.consume(480), Tally { decoded: 480, ..Tally::default() });
                read += 480;
                if read >= HISTORY {
                    assert_eq!(buffer.history(), &ramp(read - HISTORY, HISTORY)[..]);
                }
            }
        }
    }

    #[test]
    fn removing_and_inserting_keep_what_was_played_behind() {
        let mut buffer = PlayBuffer::new(Channels::Mono);
        buffer.append(&ramp(0, 4_000), Origin::Decoded);
        buffer.consume(2_000);
        buffer.remove(100, 50, |_, _, to| to);
        assert_eq!(buffer.ahead()[..10], ramp(2_100, 10)[..]);
        assert_eq!(buffer.history(), &ramp(2_000 - HISTORY, HISTORY)[..]);
        buffer.insert(200, 50, |_, _, to| to);
        assert_eq!(buffer.len(), 2_100);
        assert_eq!(buffer.ahead()[..200], ramp(1_800, 200)[..], "the last period again");
        assert_eq!(buffer.ahead()[200..210], ramp(2_100, 10)[..], "then what waited");
        assert_eq!(buffer.history(), &ramp(2_000 - HISTORY, HISTORY)[..]);
    }

    #[test]
    fn too_much_is_cut_not_fatal() {
        let mut buffer = PlayBuffer::new(Channels::Mono);
        for _ in 0..20 {
            buffer.append(&[0.5; MAX_PACKET_SAMPLES], Origin::Concealed);
        }
        assert!(buffer.len() <= CAPACITY);
        assert!(!buffer.is_genuine());
        assert_eq!(buffer.consume(usize::MAX).concealed, buffer.start - HISTORY - MAX_INSERT);
    }
}
