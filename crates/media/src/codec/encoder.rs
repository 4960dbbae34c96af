//! The sending half of Opus.

use super::sys::{OpusError, RawEncoder, Setting};
use super::{CodecError, OpusPacketInfo, PacketError};
use crate::Channels;
use opusic_sys as ffi;

/// What the sound is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum OpusApplication {
    /// Speech: intelligible at low rates.
    #[default]
    Voice,
    /// Music and anything else: faithful.
    Music,
}

/// Settings of an [`OpusEncoder`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpusEncoderConfig {
    /// Target bit rate in bit/s, 6 000–510 000.
    pub bitrate_bps: u32,
    /// 0 (cheapest) to 10.
    pub complexity: u8,
    /// Carries a low-rate copy of each frame in the next one once loss is expected.
    pub fec: bool,
    /// Codes silence as next to nothing.
    pub dtx: bool,
    /// What the sound is.
    pub application: OpusApplication,
    /// Channels of the samples.
    pub channels: Channels,
}

impl Default for OpusEncoderConfig {
    fn default() -> Self {
        Self {
            bitrate_bps: 32_000,
            complexity: 9,
            fec: true,
            dtx: false,
            application: OpusApplication::Voice,
            channels: Channels::Mono,
        }
    }
}

/// Encodes 48 kHz sound.
#[derive(Debug)]
pub struct OpusEncoder {
    inner: RawEncoder,
    lookahead: usize,
}

impl OpusEncoder {
    /// Makes an encoder; allocates all it will ever need.
    ///
    /// # Errors
    /// [`CodecError::Setup`] if libopus refuses a setting.
    pub fn new(config: OpusEncoderConfig) -> Result<Self, CodecError> {
        let build = || -> Result<Self, OpusError> {
            let (application, signal) = match config.application {
                OpusApplication::Voice => (ffi::OPUS_APPLICATION_VOIP, ffi::OPUS_SIGNAL_VOICE),
                OpusApplication::Music => (ffi::OPUS_APPLICATION_AUDIO, ffi::OPUS_SIGNAL_MUSIC),
            };
            let mut inner = RawEncoder::new(config.channels, application)?;
            inner.set(Setting::Bitrate, config.bitrate_bps.min(510_000) as i32)?;
            inner.set(Setting::Complexity, i32::from(config.complexity.min(10)))?;
            inner.set(Setting::Signal, signal)?;
            inner.set(Setting::InbandFec, i32::from(config.fec))?;
            inner.set(Setting::Dtx, i32::from(config.dtx))?;
            let lookahead = inner.lookahead()?;
            Ok(Self { inner, lookahead })
        };
        build().map_err(CodecError::Setup)
    }

    /// Encodes one packet of 2.5, 5, 10, 20, 40, 60, 80, 100 or 120 ms into `out`; returns its size
    /// in bytes.
    ///
    /// A size of 2 or less is a silent packet that need not be sent (DTX).
    ///
    /// # Errors
    /// [`CodecError::Encode`] if the number of samples is none of these.
    pub fn encode(&mut self, samples: &[f32], out: &mut [u8]) -> Result<usize, CodecError> {
        self.inner.encode(samples, out).map_err(CodecError::Encode)
    }

    /// Loss to prepare for, 0–100 percent.
    ///
    /// # Errors
    /// [`CodecError::Setup`] if libopus refuses.
    pub fn set_expected_loss(&mut self, percent: u8) -> Result<(), CodecError> {
        self.set(Setting::PacketLossPercent, i32::from(percent.min(100)))
    }

    /// Changes the bit rate, 6 000–510 000 bit/s, deep redundancy included.
    ///
    /// # Errors
    /// [`CodecError::Setup`] if libopus refuses.
    pub fn set_bitrate(&mut self, bitrate_bps: u32) -> Result<(), CodecError> {
        self.set(Setting::Bitrate, bitrate_bps.clamp(500, 510_000) as i32)
    }

    /// Whether each packet carries a copy of the one before once loss is expected.
    ///
    /// # Errors
    /// [`CodecError::Setup`] if libopus refuses.
    pub fn set_fec(&mut self, fec: bool) -> Result<(), CodecError> {
        self.set(Setting::InbandFec, i32::from(fec))
    }

    /// Codes exactly 8 kHz of sound (wide band) whatever the rate, or what libopus finds best.
    ///
    /// # Errors
    /// [`CodecError::Setup`] if libopus refuses.
    pub fn set_wideband(&mut self, wideband: bool) -> Result<(), CodecError> {
        let bandwidth = if wideband { ffi::OPUS_BANDWIDTH_WIDEBAND } else { ffi::OPUS_AUTO };
        self.set(Setting::Bandwidth, bandwidth)
    }

    /// Codes one channel, the mean, whatever the samples have; or what libopus finds best.
    ///
    /// # Errors
    /// [`CodecError::Setup`] if libopus refuses.
    pub fn set_coded_mono(&mut self, mono: bool) -> Result<(), CodecError> {
        self.set(Setting::CodedChannels, if mono { 1 } else { ffi::OPUS_AUTO })
    }

    /// Most deep redundancy in a packet, in ms of sound before it, 0 (none) to 1 040. libopus sends
    /// what the bit rate and the expected loss leave room for.
    ///
    /// # Errors
    /// [`CodecError::Setup`] if libopus was built without DRED.
    pub fn set_dred_ms(&mut self, ms: u32) -> Result<(), CodecError> {
        self.set(Setting::DredDuration, (ms.min(1_040) / 10) as i32)
    }

    /// Samples by which the decoded sound lags the encoded: 312 (6.5 ms).
    pub fn lookahead(&self) -> usize {
        self.lookahead
    }

    /// Takes the deep redundancy out of `packet` (a copy of it would be of no use); returns its new
    /// length.
    ///
    /// # Errors
    /// [`CodecError::Packet`] for a malformed packet.
    pub fn strip(packet: &mut [u8]) -> Result<usize, CodecError> {
        OpusPacketInfo::parse(packet)?;
        opus::packet::unpad(packet).map_err(|_| PacketError::Lengths.into())
    }

    fn set(&mut self, setting: Setting, value: i32) -> Result<(), CodecError> {
        self.inner.set(setting, value).map_err(CodecError::Setup)
    }
}
