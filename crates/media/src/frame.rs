//! The unit of audio inside the house.

/// Sample rate of every frame, in Hz.
pub const SAMPLE_RATE_HZ: u32 = 48_000;

/// Samples in a frame: 10 ms, mono.
pub const FRAME_SAMPLES: usize = 480;

/// 10 ms of mono sound at 48 kHz; samples are nominally in `[-1, 1]`.
pub type Frame = [f32; FRAME_SAMPLES];

/// A frame of digital silence.
pub const SILENCE: Frame = [0.0; FRAME_SAMPLES];
