//! Sums senders into one frame.

use crate::{FRAME_SAMPLES, Frame};

/// Adds frames and limits the sum softly. One mix is `begin`, any number of `add`, `finish`.
#[derive(Debug, Clone)]
pub struct Mixer {
    sum: Frame,
}

impl Default for Mixer {
    fn default() -> Self {
        Self::new()
    }
}

impl Mixer {
    /// An empty mix.
    pub fn new() -> Self {
        Self { sum: [0.0; FRAME_SAMPLES] }
    }

    /// Starts the next mix from silence.
    pub fn begin(&mut self) {
        self.sum = [0.0; FRAME_SAMPLES];
    }

    /// Adds one sender's frame times `gain` (linear, 1.0 leaves it as it is).
    pub fn add(&mut self, frame: &Frame, gain: f32) {
        for (sum, sample) in self.sum.iter_mut().zip(frame) {
            *sum += sample * gain;
        }
    }

    /// Writes the mix, limited to `[-1, 1]`.
    pub fn finish(&mut self, out: &mut Frame) {
        *out = self.sum;
    }
}
