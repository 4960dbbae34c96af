//! Packets for a microphone that gives nothing: muted, or not there. They cost no encoding.

use crate::FRAME_SAMPLES;

/// The encoder is asked until it and the peer's decoder hold nothing but silence: 200 ms.
const SETTLED_SAMPLES: usize = 20 * FRAME_SAMPLES;
/// Opus frames of 2.5, 5, 10 and 20 ms, CELT only, full band, mono, one frame in the packet (RFC 6716 section 3.1).
const TOC_2_5_MS: u8 = 28 << 3;
const TOC_5_MS: u8 = 29 << 3;
const TOC_10_MS: u8 = 30 << 3;
const TOC_20_MS: u8 = 31 << 3;
/// Frame count code 3: so many frames of one size, the count in the next byte (RFC 6716 section 3.2.5).
const CODE_3: u8 = 3;
/// A CELT frame whose silence flag is set (RFC 6716 section 4.3).
const SILENT_FRAME: [u8; 2] = [0xff, 0xfe];

/// How long nothing but zeros was sent.
#[derive(Debug, Default)]
pub(super) struct Quiet {
    samples: usize,
}

impl Quiet {
    /// Takes note of a frame as it goes to the encoder.
    pub(super) fn frame(&mut self, frame: &[f32]) {
        self.samples = if frame.iter().all(|&sample| sample == 0.0) {
            self.samples.saturating_add(FRAME_SAMPLES)
        } else {
            0
        };
    }

    /// Writes the payload of a packet of `packet_samples`, if there is nothing in them and was nothing for long
    /// before; its size in bytes.
    pub(super) fn write(&self, packet_samples: usize, out: &mut [u8]) -> Option<usize> {
        if self.samples < SETTLED_SAMPLES + packet_samples {
            return None;
        }
        let toc = match packet_samples {
            120 => TOC_2_5_MS,
            240 => TOC_5_MS,
            FRAME_SAMPLES => TOC_10_MS,
            _ => TOC_20_MS,
        };
        let frames = packet_samples.div_ceil(2 * FRAME_SAMPLES);
        let header: &[u8] = if frames == 1 { &[toc] } else { &[toc | CODE_3, frames as u8] };
        let size = header.len() + frames * SILENT_FRAME.len();
        let payload = out.get_mut(..size)?;
        let (head, body) = payload.split_at_mut(header.len());
        head.copy_from_slice(header);
        body.chunks_exact_mut(SILENT_FRAME.len()).for_each(|frame| frame.copy_from_slice(&SILENT_FRAME));
        Some(size)
    }
}
