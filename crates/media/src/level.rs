//! Sound level.

use crate::sums::energy;

/// Quietest level that can be written: silence.
const SILENCE_DBOV: u8 = 127;

/// Level of the last frame in −dBov (RFC 6464 section 3): 0 is the loudest, 127 is silence.
#[derive(Debug, Clone)]
pub struct LevelMeter {
    rms: f32,
    dbov: u8,
}

impl LevelMeter {
    /// A meter that has heard silence.
    pub fn new() -> Self {
        Self { rms: 0.0, dbov: SILENCE_DBOV }
    }

    /// Measures a frame and returns its level in −dBov: that of the mean power of its channels, so that opposite ones
    /// are not taken for silence.
    pub fn measure(&mut self, frame: &[f32]) -> u8 {
        self.rms = (energy(frame) / frame.len().max(1) as f32).sqrt();
        self.dbov = dbov(self.rms);
        self.dbov
    }

    /// Level of the last frame in −dBov, 0 (loudest) to 127 (silence).
    pub fn level_dbov(&self) -> u8 {
        self.dbov
    }

    /// Level of the last frame, linear, 0 to 1 (`audioLevel` of webrtc-stats).
    pub fn level(&self) -> f64 {
        if self.rms.is_finite() { f64::from(self.rms.min(1.0)) } else { 1.0 }
    }
}

impl Default for LevelMeter {
    fn default() -> Self {
        Self::new()
    }
}

/// Root mean square to −dBov; the overload point is a square wave at full scale (RFC 6464 section 3).
fn dbov(rms: f32) -> u8 {
    let level = -20.0 * rms.log10();
    if level.is_nan() { 0 } else { level.round().clamp(0.0, f32::from(SILENCE_DBOV)) as u8 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{FRAME_SAMPLES, Frame, SILENCE};

    #[test]
    fn levels_are_those_of_the_rfc() {
        let mut meter = LevelMeter::new();
        assert_eq!(meter.level_dbov(), 127);
        assert_eq!(meter.measure(&SILENCE), 127);
        assert_eq!(meter.measure(&[1.0; FRAME_SAMPLES]), 0);
        assert_eq!(meter.measure(&[0.1; FRAME_SAMPLES]), 20);
        assert_eq!(meter.measure(&[1e-9; FRAME_SAMPLES]), 127);
        let sine: Frame = std::array::from_fn(|i| (i as f32 * std::f32::consts::TAU / 48.0).sin());
        assert_eq!(meter.measure(&sine), 3, "a full-scale sine is 3 dB under a square wave");
        assert!((meter.level() - 0.707).abs() < 0.001);
    }

    #[test]
    fn samples_that_are_no_numbers_are_loud_not_fatal() {
        let mut meter = LevelMeter::new();
        assert_eq!(meter.measure(&[f32::NAN; FRAME_SAMPLES]), 0);
        assert_eq!(meter.measure(&[f32::INFINITY; FRAME_SAMPLES]), 0);
        assert_eq!(meter.level(), 1.0);
    }
}
