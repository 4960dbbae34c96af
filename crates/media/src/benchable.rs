//! Stages that are private, for the benches and for listening to them alone. No stable interface.

use crate::jitter::delay::DelayModel;
use crate::jitter::playout::{Origin, PlayBuffer};
use crate::jitter::stretch::{Haste, REMOVE_NEEDS, Stretcher};
use crate::{Channels, FRAME_SAMPLES, Frame};

/// The time stretch with sound to stretch.
#[derive(Debug)]
pub struct TimeStretch {
    buffer: PlayBuffer,
    stretcher: Stretcher,
}

impl TimeStretch {
    /// Samples that should wait before each frame.
    pub const NEEDS: usize = REMOVE_NEEDS + FRAME_SAMPLES;

    /// Without any sound.
    pub fn new() -> Self {
        Self { buffer: PlayBuffer::new(Channels::Mono), stretcher: Stretcher::new(Channels::Mono) }
    }

    /// Samples that wait.
    pub fn waiting(&self) -> usize {
        self.buffer.len()
    }

    /// Adds sound, at most 120 ms at once.
    pub fn push(&mut self, samples: &[f32]) {
        self.buffer.append(samples, Origin::Decoded);
    }

    /// Takes out up to 15 ms, where that is not heard; says how many samples.
    pub fn accelerate(&mut self) -> usize {
        self.stretcher.accelerate(&mut self.buffer, FRAME_SAMPLES * 3 / 2, Haste::Patient)
    }

    /// Puts in up to 15 ms, where that is not heard; says how many samples.
    pub fn decelerate(&mut self) -> usize {
        self.stretcher.decelerate(&mut self.buffer, FRAME_SAMPLES * 3 / 2, Haste::Patient)
    }

    /// Takes the next 10 ms; 480 samples must wait.
    pub fn pull(&mut self, out: &mut Frame) {
        out.copy_from_slice(&self.buffer.ahead()[..FRAME_SAMPLES]);
        self.stretcher.heard(out);
        self.buffer.consume(FRAME_SAMPLES);
    }
}

impl Default for TimeStretch {
    fn default() -> Self {
        Self::new()
    }
}

/// The delay model.
#[derive(Debug)]
pub struct DelayPrices(DelayModel);

impl DelayPrices {
    /// Knows nothing.
    pub fn new() -> Self {
        Self(DelayModel::new())
    }

    /// A packet of 20 ms came at `arrival_ms`, `delay_ms` after its media time.
    pub fn arrived(&mut self, arrival_ms: f64, delay_ms: f64) {
        self.0.arrived(arrival_ms, delay_ms, 20.0, 0.0);
    }

    /// The cheapest deadline, in ms.
    pub fn best(&mut self) -> f64 {
        self.0.best(0.0, 800.0)
    }
}

impl Default for DelayPrices {
    fn default() -> Self {
        Self::new()
    }
}
