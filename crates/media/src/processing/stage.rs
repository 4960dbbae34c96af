//! One part of the processing: an instance of `sonora` that fades in and out.

use crate::{FRAME_SAMPLES, Frame, SAMPLE_RATE_HZ, SILENCE};
use sonora::config::{
    AdaptiveDigital, EchoCanceller, GainController2, MaxProcessingRate, NoiseSuppression, Pipeline,
};
use sonora::{AudioProcessing, AudioProcessingStats, Config, StreamConfig};

use super::reference::LEAD_MS;

/// Frames a new instance hears before it is heard: its filters give nothing at first.
const WARM_UP_FRAMES: u32 = 3;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Echo,
    Noise,
    Gain,
}

impl Kind {
    /// How long it takes to come in or go out. A changed gain is heard as such, so it comes slowly.
    fn fade_frames(self) -> u32 {
        match self {
            Self::Echo => 2,
            Self::Noise => 10,
            Self::Gain => 50,
        }
    }

    fn build(self) -> Box<AudioProcessing> {
        let config = Config {
            // At less than 48 kHz everything over 16 kHz would be lost.
            pipeline: Pipeline {
                maximum_internal_processing_rate: MaxProcessingRate::Rate48kHz,
                ..Pipeline::default()
            },
            echo_canceller: (self == Self::Echo).then(EchoCanceller::default),
            noise_suppression: (self == Self::Noise).then(NoiseSuppression::default),
            gain_controller2: (self == Self::Gain).then(|| GainController2 {
                adaptive_digital: Some(AdaptiveDigital::default()),
                ..GainController2::default()
            }),
            ..Config::default()
        };
        let stream = StreamConfig::new(SAMPLE_RATE_HZ, 1);
        let apm = AudioProcessing::builder().config(config).capture_config(stream).render_config(stream);
        Box::new(apm.build())
    }
}

#[derive(Debug)]
pub(super) struct Stage {
    kind: Kind,
    apm: Option<Box<AudioProcessing>>,
    wanted: bool,
    /// How much of the output is this stage's, 0 to 1, at the end of the last frame.
    share: f32,
    warm_up: u32,
    processed: Frame,
    unheard: Frame,
}

impl Stage {
    pub(super) fn new(kind: Kind) -> Self {
        Self { kind, apm: None, wanted: false, share: 0.0, warm_up: 0, processed: SILENCE, unheard: SILENCE }
    }

    pub(super) fn set(&mut self, wanted: bool) {
        if wanted && self.apm.is_none() {
            self.apm = Some(self.kind.build());
            self.warm_up = WARM_UP_FRAMES;
        }
        self.wanted = wanted;
    }

    pub(super) fn is_running(&self) -> bool {
        self.apm.is_some()
    }

    pub(super) fn statistics(&self) -> Option<&AudioProcessingStats> {
        self.apm.as_ref().map(|apm| apm.statistics())
    }

    /// `heard` is what the echo canceller takes out.
    pub(super) fn process(&mut self, frame: &mut Frame, heard: Option<&Frame>) {
        let Some(apm) = &mut self.apm else { return };
        if let Some(heard) = heard {
            // The formats are fixed and valid and the delay is in range: none of these can fail.
            let _ = apm.process_render_f32(&[heard], &mut [&mut self.unheard]);
            let _ = apm.set_stream_delay_ms(LEAD_MS);
        }
        let done = apm.process_capture_f32(&[&frame[..]], &mut [&mut self.processed]);
        if done.is_err() || self.warm_up > 0 {
            self.warm_up = self.warm_up.saturating_sub(1);
            return;
        }
        let before = self.share;
        let step = 1.0 / self.kind.fade_frames() as f32;
        self.share = if self.wanted { (before + step).min(1.0) } else { (before - step).max(0.0) };
        if before == 1.0 && self.share == 1.0 {
            frame.copy_from_slice(&self.processed);
        } else {
            let slope = (self.share - before) / FRAME_SAMPLES as f32;
            for (i, (sample, processed)) in frame.iter_mut().zip(&self.processed).enumerate() {
                let share = before + slope * (i + 1) as f32;
                *sample += (processed - *sample) * share;
            }
        }
        if self.share == 0.0 && !self.wanted {
            self.apm = None;
        }
    }
}
