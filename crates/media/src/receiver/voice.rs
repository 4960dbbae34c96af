//! The decoder and what it says when there is nothing to decode.

use crate::Channels;
use crate::codec::{
    CodecError, DredSpan, MAX_PACKET_SAMPLES, MIN_FRAME_SAMPLES, OpusDecoder, OpusDred, OpusMode,
};
use crate::jitter::packets::Waiting;
use crate::jitter::playout::{Origin, PlayBuffer};

/// Concealment sounds plausible for so long, 60 ms, …
const FADE_FROM: usize = 2_880;
/// … and is gone after so long, 200 ms.
const FADE_TO: usize = 9_600;
/// What comes after faded concealment fades in over 5 ms.
const FADE_IN: usize = 240;
/// A step at a seam is spread over 2 ms.
const SEAM: usize = 96;

/// Fills the play buffer: decodes, recovers, conceals; fades, and hides seams.
#[derive(Debug)]
pub(crate) struct Voice {
    decoder: OpusDecoder,
    dred: OpusDred,
    /// Number of the packet whose deep redundancy was looked at last, and what it covers.
    dred_of: Option<(i64, DredSpan)>,
    /// Samples of a gap that are concealed by a neural network.
    deep_samples: usize,
    channels: usize,
    scratch: Box<[f32]>,
    /// Samples concealed without a break.
    concealed: usize,
    /// The next sound does not continue the last one.
    seam: bool,
    last_mode: Option<OpusMode>,
}

impl Voice {
    pub(crate) fn new(deep_concealment_ms: u32, channels: Channels) -> Result<Self, CodecError> {
        Ok(Self {
            decoder: OpusDecoder::with_channels(channels)?,
            dred: OpusDred::new()?,
            dred_of: None,
            deep_samples: deep_concealment_ms as usize * 48,
            channels: channels.count(),
            scratch: vec![0.0; MAX_PACKET_SAMPLES * channels.count()].into_boxed_slice(),
            concealed: 0,
            seam: false,
            last_mode: None,
        })
    }

    pub(crate) fn reset(&mut self) {
        self.decoder.reset();
        self.dred_of = None;
        self.concealed = 0;
        self.seam = true;
        self.last_mode = None;
    }

    /// The next sound will not continue the last one.
    pub(crate) fn expect_seam(&mut self) {
        self.seam = true;
    }

    /// Decodes `packet` but for its first `skip` samples; says how many were appended.
    pub(crate) fn decode(
        &mut self,
        packet: &Waiting,
        skip: usize,
        buffer: &mut PlayBuffer,
    ) -> Result<usize, CodecError> {
        let n = self.decoder.decode(&packet.payload, &mut self.scratch[..])?;
        self.last_mode = Some(packet.info.mode);
        self.seam |= skip > 0;
        let skip = skip.min(n);
        let origin = if packet.copy { Origin::Red } else { Origin::Decoded };
        self.deliver(skip, n, origin, buffer);
        Ok(n - skip)
    }

    /// Whether `next` can tell what the packet before it said.
    pub(crate) fn can_recover(&self, next: &Waiting) -> bool {
        next.info.has_fec && self.last_mode != Some(OpusMode::Celt)
    }

    /// Decodes the last `wanted` samples before `next` from the copy it carries.
    pub(crate) fn recover(
        &mut self,
        next: &Waiting,
        wanted: usize,
        buffer: &mut PlayBuffer,
    ) -> Result<usize, CodecError> {
        let n = next.info.frame_samples;
        let n = self.decoder.decode_fec(&next.payload, &mut self.scratch[..n * self.channels])?;
        let skip = n.saturating_sub(wanted);
        self.seam |= skip > 0;
        self.deliver(skip, n, Origin::Fec, buffer);
        Ok(n - skip)
    }

    /// What the deep redundancy of `carrier` covers of the `before` samples that come before it.
    pub(crate) fn deep_span(&mut self, carrier: &Waiting, before: usize) -> DredSpan {
        let number = carrier.place.sequence;
        match self.dred_of {
            Some((known, span)) if known == number => span,
            _ => {
                let span = self.dred.parse(&carrier.payload, before).unwrap_or_default();
                self.dred_of = Some((number, span));
                span
            }
        }
    }

    /// Makes `wanted` samples that begin `before` samples before the packet looked at by `deep_span`.
    pub(crate) fn recover_deep(
        &mut self,
        before: usize,
        wanted: usize,
        buffer: &mut PlayBuffer,
    ) -> Result<(), CodecError> {
        let n = wanted.next_multiple_of(MIN_FRAME_SAMPLES).min(MAX_PACKET_SAMPLES);
        self.decoder.decode_dred(&self.dred, before, &mut self.scratch[..n * self.channels])?;
        self.deliver(0, n.min(wanted), Origin::Dred, buffer);
        Ok(())
    }

    /// Makes up `wanted` samples because a packet is missing; fades out when that lasts.
    pub(crate) fn conceal(&mut self, wanted: usize, buffer: &mut PlayBuffer) {
        let mut left = wanted;
        while left > 0 {
            if self.concealed >= FADE_TO {
                buffer.append_silence(left, Origin::ConcealedSilent);
                return;
            }
            let n = left.next_multiple_of(MIN_FRAME_SAMPLES).min(MAX_PACKET_SAMPLES);
            let deep = self.concealed < self.deep_samples;
            self.make_up(n, deep);
            // What is made up and not used leaves a step.
            let cut = n > left;
            let n = n.min(left);
            if self.concealed + n > FADE_FROM {
                for (i, instant) in
                    self.scratch[..n * self.channels].chunks_exact_mut(self.channels).enumerate()
                {
                    let gain = fade(self.concealed + i);
                    instant.iter_mut().for_each(|sample| *sample *= gain);
                }
            }
            self.hide_seam(0, n, buffer);
            self.seam |= cut;
            buffer.append(&self.scratch[..n * self.channels], Origin::Concealed);
            self.concealed += n;
            left -= n;
        }
    }

    /// Makes `wanted` samples of comfort noise because the sender is silent.
    pub(crate) fn comfort(&mut self, wanted: usize, buffer: &mut PlayBuffer) {
        let mut left = wanted;
        while left > 0 {
            let n = left.next_multiple_of(MIN_FRAME_SAMPLES).min(MAX_PACKET_SAMPLES);
            self.make_up(n, false);
            let cut = n > left;
            let n = n.min(left);
            self.deliver(0, n, Origin::Comfort, buffer);
            self.seam |= cut;
            left -= n;
        }
    }

    /// Fills the scratch with `n` samples that nothing told.
    fn make_up(&mut self, n: usize, deep: bool) {
        let scratch = &mut self.scratch[..n * self.channels];
        if self.decoder.conceal(scratch, deep).is_err() {
            scratch.fill(0.0);
        }
    }

    /// The samples `from..to` of the scratch, those of both channels together.
    fn instants(&mut self, from: usize, to: usize) -> std::slice::ChunksExactMut<'_, f32> {
        self.scratch[from * self.channels..to * self.channels].chunks_exact_mut(self.channels)
    }

    /// Appends the samples `from..to` of the scratch, which is real sound.
    fn deliver(&mut self, from: usize, to: usize, origin: Origin, buffer: &mut PlayBuffer) {
        if from == to {
            // All of it came too late to be heard; the decoder knows it all the same.
            return;
        }
        let gain = fade(self.concealed);
        if gain < 1.0 {
            for (i, instant) in self.instants(from, to).take(FADE_IN).enumerate() {
                let gain = gain + (1.0 - gain) * (i + 1) as f32 / FADE_IN as f32;
                instant.iter_mut().for_each(|sample| *sample *= gain);
            }
        }
        self.hide_seam(from, to, buffer);
        self.concealed = 0;
        buffer.append(&self.scratch[from * self.channels..to * self.channels], origin);
    }

    /// Bends the beginning so that it starts where the last sample left off.
    fn hide_seam(&mut self, from: usize, to: usize, buffer: &PlayBuffer) {
        if !std::mem::take(&mut self.seam) || from == to {
            return;
        }
        let mut steps = [0.0; Channels::MOST];
        let first = &self.scratch[from * self.channels..];
        for ((step, last), first) in steps.iter_mut().zip(buffer.last()).zip(first) {
            *step = last - first;
        }
        for (i, instant) in self.instants(from, to).take(SEAM).enumerate() {
            let left = 1.0 - (i + 1) as f32 / SEAM as f32;
            for (sample, step) in instant.iter_mut().zip(steps) {
                *sample += step * left * left;
            }
        }
    }
}

/// Gain of the `n`th sample concealed in a row.
fn fade(n: usize) -> f32 {
    if n <= FADE_FROM {
        1.0
    } else {
        1.0 - (n.min(FADE_TO) - FADE_FROM) as f32 / (FADE_TO - FADE_FROM) as f32
    }
}
