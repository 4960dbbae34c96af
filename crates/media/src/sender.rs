//! From 10 ms frames to RTP packets.

mod pool;

use crate::codec::{CodecError, OpusEncoder, OpusEncoderConfig};
use crate::{FRAME_SAMPLES, Frame, LevelMeter, RtpPacket, SILENCE};
use pool::PayloadPool;
use std::time::Instant;

/// Largest payload, so that a packet with its headers fits any path (bytes).
const MAX_PAYLOAD: usize = 1_200;
/// A payload of at most this many bytes says only "silence" (RFC 6716 section 2.1.9).
const DTX_PAYLOAD: usize = 2;
/// Frames in the longest packet: 120 ms.
const MAX_FRAMES: usize = 12;

/// What an [`AudioSender`] sends and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AudioSenderConfig {
    /// Synchronisation source of the stream.
    pub ssrc: u32,
    /// Negotiated payload type of Opus, 0–127.
    pub payload_type: u8,
    /// Opus bit rate in bit/s, 6 000–510 000.
    pub bitrate_bps: u32,
    /// Sound in one packet in ms: 10, 20, 40, 60, 80, 100 or 120.
    pub packet_time_ms: u32,
    /// Opus encoder complexity, 0 (cheapest) to 10.
    pub complexity: u8,
    /// Adds in-band forward error correction once loss is expected.
    pub fec: bool,
    /// Stops sending in silence, but for a refresh every 400 ms.
    pub dtx: bool,
    /// Sequence number of the first packet (random, RFC 3550 section 5.1).
    pub first_sequence: u16,
    /// Timestamp of the first packet (random, RFC 3550 section 5.1).
    pub first_timestamp: u32,
}

impl Default for AudioSenderConfig {
    fn default() -> Self {
        Self {
            ssrc: 0,
            payload_type: 111,
            bitrate_bps: 32_000,
            packet_time_ms: 20,
            complexity: 9,
            fec: true,
            dtx: false,
            first_sequence: 0,
            first_timestamp: 0,
        }
    }
}

/// Why a sender could not be made or a frame not be encoded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SenderError {
    /// A configuration value outside its range.
    #[error("{name} is {value}, which is not supported: use {expected}")]
    Config {
        /// Field of [`AudioSenderConfig`].
        name: &'static str,
        /// What was asked for.
        value: u32,
        /// What would be right.
        expected: &'static str,
    },
    /// The codec refused.
    #[error(transparent)]
    Codec(#[from] CodecError),
}

/// What a sender has done since it was made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SenderStats {
    /// RTP packets made.
    pub packets_sent: u64,
    /// Payload bytes in them, without headers.
    pub bytes_sent: u64,
    /// Packets that were not sent because of silence (DTX).
    pub packets_suppressed: u64,
    /// Packets for which no pooled buffer was free, so that one was allocated.
    pub pool_misses: u64,
    /// Loss the encoder prepares for, in percent.
    pub expected_loss_percent: u8,
}

/// Encodes one stream of frames into RTP packets (RFC 7587).
#[derive(Debug)]
pub struct AudioSender {
    config: AudioSenderConfig,
    encoder: OpusEncoder,
    pool: PayloadPool,
    pending: Box<[f32; MAX_FRAMES * FRAME_SAMPLES]>,
    pending_samples: usize,
    packet_samples: usize,
    pending_capture: Option<Instant>,
    last_capture: Option<Instant>,
    sequence: u16,
    timestamp: u32,
    muted: bool,
    /// Gain at the end of the last frame: 1 speaking, 0 muted, so that muting does not click.
    gain: f32,
    silent: bool,
    spurt_begins: bool,
    meter: LevelMeter,
    stats: SenderStats,
}

impl AudioSender {
    /// Makes a sender; everything it needs is allocated here.
    ///
    /// # Errors
    /// [`SenderError::Config`] for a value outside its range, [`SenderError::Codec`] if libopus refuses.
    pub fn new(config: AudioSenderConfig) -> Result<Self, SenderError> {
        check(&config)?;
        let encoder = OpusEncoder::new(OpusEncoderConfig {
            bitrate_bps: config.bitrate_bps,
            complexity: config.complexity,
            fec: config.fec,
            dtx: config.dtx,
        })?;
        Ok(Self {
            encoder,
            pool: PayloadPool::new(MAX_PAYLOAD),
            pending: Box::new([0.0; MAX_FRAMES * FRAME_SAMPLES]),
            pending_samples: 0,
            packet_samples: config.packet_time_ms as usize * FRAME_SAMPLES / 10,
            pending_capture: None,
            last_capture: None,
            sequence: config.first_sequence,
            timestamp: config.first_timestamp,
            muted: false,
            gain: 1.0,
            silent: false,
            spurt_begins: true,
            meter: LevelMeter::new(),
            stats: SenderStats::default(),
            config,
        })
    }

    /// Takes the next 10 ms; returns a packet when one is complete.
    ///
    /// `capture` is when the first sample of the frame was captured. Timestamps count the samples
    /// pushed: they have no gap while muted or silent.
    ///
    /// # Errors
    /// [`SenderError::Codec`] if libopus fails; the stream goes on with the next frame.
    pub fn push(
        &mut self,
        _now: Instant,
        frame: &Frame,
        capture: Instant,
    ) -> Result<Option<RtpPacket>, SenderError> {
        self.take_frame(frame);
        self.pending_capture.get_or_insert(capture);
        if self.pending_samples < self.packet_samples {
            return Ok(None);
        }
        self.pending_samples = 0;
        self.last_capture = self.pending_capture.take();
        let timestamp = self.timestamp;
        self.timestamp = timestamp.wrapping_add(self.packet_samples as u32);

        let mut buffer = self.pool.take();
        self.stats.pool_misses = self.pool.misses();
        buffer.resize(MAX_PAYLOAD, 0);
        let size = match self.encoder.encode(&self.pending[..self.packet_samples], &mut buffer) {
            Ok(size) => size,
            Err(error) => {
                buffer.clear();
                self.pool.put_back(buffer);
                return Err(error.into());
            }
        };
        buffer.truncate(size);
        // The first silent packet goes out: it tells the peer that what follows is silence, not loss.
        let suppress = self.config.dtx && size <= DTX_PAYLOAD && self.silent;
        self.silent = self.config.dtx && size <= DTX_PAYLOAD;
        if suppress {
            self.stats.packets_suppressed += 1;
            self.spurt_begins = true;
            buffer.clear();
            self.pool.put_back(buffer);
            return Ok(None);
        }
        let payload = self.pool.freeze(buffer);
        let sequence = self.sequence;
        self.sequence = sequence.wrapping_add(1);
        self.stats.packets_sent += 1;
        self.stats.bytes_sent += payload.len() as u64;
        Ok(Some(RtpPacket {
            payload_type: self.config.payload_type,
            marker: std::mem::take(&mut self.spurt_begins),
            sequence,
            timestamp,
            ssrc: self.config.ssrc,
            payload,
        }))
    }

    /// While muted, silence is sent in place of the frames; the change fades over one frame.
    pub fn set_muted(&mut self, muted: bool) {
        self.muted = muted;
    }

    /// Whether silence is sent in place of the frames.
    pub fn is_muted(&self) -> bool {
        self.muted
    }

    /// Tells the encoder the loss the peer reports, in percent (0–100).
    pub fn set_expected_loss(&mut self, percent: u8) {
        let percent = percent.min(100);
        if percent != self.stats.expected_loss_percent && self.encoder.set_expected_loss(percent).is_ok() {
            self.stats.expected_loss_percent = percent;
        }
    }

    /// Level of the last frame sent in −dBov (RFC 6464), 0 to 127; 127 while muted.
    pub fn level_dbov(&self) -> u8 {
        self.meter.level_dbov()
    }

    /// Capture time of the first sample of the newest packet.
    pub fn last_capture(&self) -> Option<Instant> {
        self.last_capture
    }

    /// Samples by which the peer's decoded sound lags what was pushed (the codec's lookahead).
    pub fn lookahead_samples(&self) -> usize {
        self.encoder.lookahead()
    }

    /// Counters since the sender was made.
    pub fn stats(&self) -> SenderStats {
        self.stats
    }

    fn take_frame(&mut self, frame: &Frame) {
        let target = if self.muted { 0.0 } else { 1.0 };
        let mut sent = SILENCE;
        if self.gain > 0.0 || target > 0.0 {
            let step = (target - self.gain) / FRAME_SAMPLES as f32;
            for (i, (sent, sample)) in sent.iter_mut().zip(frame).enumerate() {
                // libopus must not meet infinities: they would stay in its filters.
                let sample = if sample.is_finite() { sample.clamp(-1.0, 1.0) } else { 0.0 };
                *sent = sample * (self.gain + step * (i + 1) as f32);
            }
        }
        self.gain = target;
        self.meter.measure(&sent);
        self.pending[self.pending_samples..][..FRAME_SAMPLES].copy_from_slice(&sent);
        self.pending_samples += FRAME_SAMPLES;
    }
}

fn check(config: &AudioSenderConfig) -> Result<(), SenderError> {
    let refuse = |name, value, expected| Err(SenderError::Config { name, value, expected });
    if config.payload_type > 127 {
        return refuse("payload_type", config.payload_type.into(), "0 to 127");
    }
    if !(6_000..=510_000).contains(&config.bitrate_bps) {
        return refuse("bitrate_bps", config.bitrate_bps, "6000 to 510000 bit/s");
    }
    if !matches!(config.packet_time_ms, 10 | 20 | 40 | 60 | 80 | 100 | 120) {
        return refuse("packet_time_ms", config.packet_time_ms, "10, 20, 40, 60, 80, 100 or 120");
    }
    if config.complexity > 10 {
        return refuse("complexity", config.complexity.into(), "0 to 10");
    }
    Ok(())
}

#[cfg(test)]
mod tests;
