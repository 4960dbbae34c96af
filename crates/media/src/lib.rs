//! Audio between RTP packets and samples: Opus, jitter buffer, mixing, drift, levels.
//!
//! ```text
//! frames ─ AudioSender ─ RtpPacket ─▶ … ─▶ RtpPacket ─ AudioReceiver ─ frames ─ Mixer ─ frame
//!          mute · level · Opus                         jitter buffer · Opus · stretch · drift
//! ```
//!
//! The crate is pure: it is told the time (`now`), owns no thread and reads no clock. Everything it
//! needs is allocated when an object is made; ticks allocate nothing. Samples are `f32` in
//! `[-1, 1]`, 48 kHz, in frames of 10 ms, unless an item says otherwise. Sound is mono unless an object was made with
//! [`Channels::Stereo`]: then its frames hold 960 numbers, left and right in turn.

#![deny(unsafe_code)]

mod dominant_speaker;
mod dtmf;
mod frame;
mod jitter;
mod level;
mod mixer;
mod processing;
mod receiver;
mod red;
mod rtp;
mod sender;
mod sums;
mod voice_activity;

#[cfg(test)]
mod testing;

#[doc(hidden)]
pub mod benchable;
pub mod codec;
pub mod drift;
pub mod rate;

pub use dominant_speaker::DominantSpeaker;
pub use drift::{DriftCorrector, DriftEstimator};
pub use dtmf::{
    DtmfError, DtmfPacket, DtmfReceiver, DtmfReceiverStats, DtmfSender, DtmfSenderConfig, DtmfTone, DtmfTones,
};
pub use frame::{Channels, FRAME_SAMPLES, Frame, SAMPLE_RATE_HZ, SILENCE, mix_down, spread};
pub use level::LevelMeter;
pub use mixer::Mixer;
pub use processing::{Processing, ProcessingConfig, ProcessingStats};
pub use rate::{PacketFate, RateEstimate, RateEstimator, RateEstimatorConfig, RateInput};
pub use receiver::{AudioReceiver, AudioReceiverConfig, PullKind, ReceiverError, ReceiverStats};
pub use red::{MAX_RED_BLOCK, MAX_RED_BLOCKS, MAX_RED_OFFSET, RedBlock, RedError, RedPayload};
pub use rtp::{AudioLevel, RtpPacket};
pub use sender::{AudioSender, AudioSenderConfig, NetworkReport, SenderError, SenderStats};
pub use voice_activity::VoiceActivity;
