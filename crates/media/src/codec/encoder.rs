//! The sending half of Opus.

use super::CodecError;
use opus::{Application, Bitrate, Channels, Encoder};

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
}

/// Encodes 48 kHz mono speech (`OPUS_APPLICATION_VOIP`).
#[derive(Debug)]
pub struct OpusEncoder {
    inner: Encoder,
    lookahead: usize,
}

impl OpusEncoder {
    /// Makes an encoder; allocates all it will ever need.
    ///
    /// # Errors
    /// [`CodecError::Setup`] if libopus refuses a setting.
    pub fn new(config: OpusEncoderConfig) -> Result<Self, CodecError> {
        let build = || -> Result<Self, opus::Error> {
            let mut inner = Encoder::new(crate::SAMPLE_RATE_HZ, Channels::Mono, Application::Voip)?;
            inner.set_bitrate(Bitrate::Bits(config.bitrate_bps.min(510_000) as i32))?;
            inner.set_complexity(i32::from(config.complexity.min(10)))?;
            inner.set_signal(opus::Signal::Voice)?;
            inner.set_inband_fec(config.fec)?;
            inner.set_dtx(config.dtx)?;
            let lookahead = usize::try_from(inner.get_lookahead()?).unwrap_or(0);
            Ok(Self { inner, lookahead })
        };
        build().map_err(CodecError::Setup)
    }

    /// Encodes one packet of 10, 20, 40, 60, 80, 100 or 120 ms into `out`; returns its size in bytes.
    ///
    /// A size of 2 or less is a silent packet that need not be sent (DTX).
    ///
    /// # Errors
    /// [`CodecError::Encode`] if the number of samples is none of these.
    pub fn encode(&mut self, samples: &[f32], out: &mut [u8]) -> Result<usize, CodecError> {
        self.inner.encode_float(samples, out).map_err(CodecError::Encode)
    }

    /// Loss to prepare for, 0–100 percent.
    ///
    /// # Errors
    /// [`CodecError::Setup`] if libopus refuses.
    pub fn set_expected_loss(&mut self, percent: u8) -> Result<(), CodecError> {
        self.inner.set_packet_loss_perc(i32::from(percent.min(100))).map_err(CodecError::Setup)
    }

    /// Changes the bit rate, 6 000–510 000 bit/s.
    ///
    /// # Errors
    /// [`CodecError::Setup`] if libopus refuses.
    pub fn set_bitrate(&mut self, bitrate_bps: u32) -> Result<(), CodecError> {
        self.inner.set_bitrate(Bitrate::Bits(bitrate_bps.min(510_000) as i32)).map_err(CodecError::Setup)
    }

    /// Samples by which the decoded sound lags the encoded: 312 (6.5 ms).
    pub fn lookahead(&self) -> usize {
        self.lookahead
    }
}
