//! What an Opus packet says about itself (RFC 6716 sections 3 and 4.2.3), without decoding it.

use super::MAX_PACKET_SAMPLES;

/// Longest compressed frame (RFC 6716 section 3.4, R2).
const MAX_FRAME_BYTES: usize = 1_275;

/// The coding mode of a packet (RFC 6716 section 3.1, table 2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpusMode {
    /// Linear prediction: speech.
    Silk,
    /// Both layers: wide-band speech.
    Hybrid,
    /// Transform coding: music, low delay. Carries no in-band redundancy.
    Celt,
}

/// The shape of a well-formed Opus packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpusPacketInfo {
    /// Coding mode of all frames.
    pub mode: OpusMode,
    /// Samples of one frame at 48 kHz, 120 to 2880.
    pub frame_samples: usize,
    /// Samples of the packet at 48 kHz, 120 to 5760.
    pub samples: usize,
    /// Whether two channels are coded.
    pub stereo: bool,
    /// Whether the first frame carries a low-bit-rate copy of the sound before it (in-band FEC).
    pub has_fec: bool,
    /// Whether the packet only says that the sender is silent (DTX).
    pub is_dtx: bool,
}

/// Why bytes are no Opus packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PacketError {
    /// There is no byte at all.
    #[error("an Opus packet has at least one byte; this one is empty")]
    Empty,
    /// A length points past the end, or the frames do not divide the bytes.
    #[error("the lengths inside the Opus packet contradict its size; drop it")]
    Lengths,
    /// More than 120 ms, or no frame.
    #[error("the Opus packet claims no frame or more than 120 ms; drop it")]
    Duration,
}

impl OpusPacketInfo {
    /// Checks every length in `packet` and reads its table of contents.
    ///
    /// # Errors
    /// [`PacketError`] where RFC 6716 section 3.4 calls the packet malformed.
    pub fn parse(packet: &[u8]) -> Result<Self, PacketError> {
        let (&toc, body) = packet.split_first().ok_or(PacketError::Empty)?;
        let (mode, frame_samples) = mode_and_frame(toc >> 3);
        let (frames, first) = match toc & 3 {
            0 => (1, checked(body, body.len())?),
            1 if body.len().is_multiple_of(2) => (2, checked(body, body.len() / 2)?),
            1 => return Err(PacketError::Lengths),
            2 => {
                let (length, rest) = frame_length(body)?;
                let first = checked(rest, length)?;
                checked(&rest[length..], rest.len() - length)?;
                (2, first)
            }
            _ => many_frames(body)?,
        };
        let samples = frames * frame_samples;
        if frames == 0 || samples > MAX_PACKET_SAMPLES {
            return Err(PacketError::Duration);
        }
        let stereo = toc & 4 != 0;
        Ok(Self {
            mode,
            frame_samples,
            samples,
            stereo,
            has_fec: mode != OpusMode::Celt && has_redundancy(first, frame_samples, stereo),
            is_dtx: packet.len() <= 2,
        })
    }
}

/// RFC 6716 table 2.
fn mode_and_frame(config: u8) -> (OpusMode, usize) {
    let index = usize::from(config & 3);
    match config {
        0..=11 => (OpusMode::Silk, [480, 960, 1920, 2880][index]),
        12..=15 => (OpusMode::Hybrid, [480, 960][index & 1]),
        _ => (OpusMode::Celt, [120, 240, 480, 960][index]),
    }
}

fn checked(bytes: &[u8], length: usize) -> Result<&[u8], PacketError> {
    if length > MAX_FRAME_BYTES {
        return Err(PacketError::Lengths);
    }
    bytes.get(..length).ok_or(PacketError::Lengths)
}

/// One or two bytes of length (RFC 6716 section 3.2.1) and what follows them.
fn frame_length(bytes: &[u8]) -> Result<(usize, &[u8]), PacketError> {
    match *bytes {
        [low @ 0..=251, ref rest @ ..] => Ok((usize::from(low), rest)),
        [low, high, ref rest @ ..] => Ok((usize::from(high) * 4 + usize::from(low), rest)),
        _ => Err(PacketError::Lengths),
    }
}

/// Code 3 (RFC 6716 section 3.2.5): number of frames and the bytes of the first.
fn many_frames(body: &[u8]) -> Result<(usize, &[u8]), PacketError> {
    let (&head, mut rest) = body.split_first().ok_or(PacketError::Lengths)?;
    let frames = usize::from(head & 0x3f);
    if frames == 0 || frames > 48 {
        return Err(PacketError::Duration);
    }
    if head & 0x40 != 0 {
        let mut padding = 0usize;
        loop {
            let (&count, after) = rest.split_first().ok_or(PacketError::Lengths)?;
            rest = after;
            padding += usize::from(count.min(254));
            if count != 255 {
                break;
            }
        }
        let kept = rest.len().checked_sub(padding).ok_or(PacketError::Lengths)?;
        rest = &rest[..kept];
    }
    if head & 0x80 == 0 {
        if !rest.len().is_multiple_of(frames) {
            return Err(PacketError::Lengths);
        }
        return Ok((frames, checked(rest, rest.len() / frames)?));
    }
    let (mut total, mut first) = (0, None);
    for _ in 1..frames {
        let (length, after) = frame_length(rest)?;
        rest = after;
        total += length;
        first = first.or(Some(length));
        if length > MAX_FRAME_BYTES {
            return Err(PacketError::Lengths);
        }
    }
    let last = rest.len().checked_sub(total).ok_or(PacketError::Lengths)?;
    if last > MAX_FRAME_BYTES {
        return Err(PacketError::Lengths);
    }
    Ok((frames, checked(rest, first.unwrap_or(last))?))
}

/// The LBRR flags lead the first SILK frame, after one voice-activity bit for each 20 ms of a
/// channel (RFC 6716 section 4.2.3). All of them are coded at even odds: they are plain bits.
fn has_redundancy(first: &[u8], frame_samples: usize, stereo: bool) -> bool {
    let Some(&bits) = first.first() else { return false };
    let activity_bits = (frame_samples / 960).max(1);
    let mid = (bits >> (7 - activity_bits)) & 1 == 1;
    let side = stereo && (bits >> (6 - 2 * activity_bits)) & 1 == 1;
    mid || side
}

#[cfg(test)]
mod tests;
