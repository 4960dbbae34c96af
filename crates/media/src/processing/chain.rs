//! Echo, noise and gain in one: an instance of `sonora` for each choice of what is on, and the change between two.

use crate::{FRAME_SAMPLES, Frame, SAMPLE_RATE_HZ, SILENCE};
use sonora::config::{
    AdaptiveDigital, EchoCanceller, GainController2, MaxProcessingRate, NoiseSuppression, Pipeline,
};
use sonora::{AudioProcessing, AudioProcessingStats, Config, StreamConfig};

use super::ProcessingConfig;
use super::reference::LEAD_MS;

/// Frames a new instance hears before it is heard: its filters give nothing at first.
const WARM_UP_FRAMES: u32 = 3;
/// The same where it takes over from one that knows the room's echo: two seconds.
const LEARNING_FRAMES: u32 = 200;
/// How long the old goes out and the new comes in. A changed gain is heard as such, so it comes slowly.
const FADE_FRAMES: u32 = 10;
const GAIN_FADE_FRAMES: u32 = 50;

/// One choice of what is on.
#[derive(Debug)]
struct Chain {
    config: ProcessingConfig,
    /// `None` when nothing is on.
    apm: Option<Box<AudioProcessing>>,
    out: Frame,
}

impl Chain {
    fn new(config: ProcessingConfig) -> Self {
        Self { config, apm: config.any().then(|| build(config)), out: SILENCE }
    }

    /// Leaves in `out` what it makes of `frame`.
    fn process(&mut self, frame: &Frame, heard: &Frame) {
        let Some(apm) = &mut self.apm else {
            self.out = *frame;
            return;
        };
        if self.config.echo {
            // The formats are fixed and valid and the delay is in range: none of these can fail. What would be played
            // is not changed, and `out` is written anew below.
            let _ = apm.process_render_f32(&[heard], &mut [&mut self.out]);
            let _ = apm.set_stream_delay_ms(LEAD_MS);
        }
        if apm.process_capture_f32(&[&frame[..]], &mut [&mut self.out]).is_err() {
            self.out = *frame;
        }
    }
}

fn build(config: ProcessingConfig) -> Box<AudioProcessing> {
    let config = Config {
        // At less than 48 kHz everything over 16 kHz would be lost.
        pipeline: Pipeline {
            maximum_internal_processing_rate: MaxProcessingRate::Rate48kHz,
            ..Pipeline::default()
        },
        echo_canceller: config.echo.then(EchoCanceller::default),
        noise_suppression: config.noise.then(NoiseSuppression::default),
        gain_controller2: config.gain.then(|| GainController2 {
            adaptive_digital: Some(AdaptiveDigital::default()),
            ..GainController2::default()
        }),
        ..Config::default()
    };
    let stream = StreamConfig::new(SAMPLE_RATE_HZ, 1);
    let apm = AudioProcessing::builder().config(config).capture_config(stream).render_config(stream);
    Box::new(apm.build())
}

/// The chain that comes next.
#[derive(Debug)]
struct Coming {
    chain: Chain,
    unheard_frames: u32,
    fade_frames: u32,
    faded_frames: u32,
}

impl Coming {
    fn after(now: ProcessingConfig, config: ProcessingConfig) -> Self {
        let taking_over = now.echo && config.echo;
        let unheard_frames = match config.any() {
            true if taking_over => LEARNING_FRAMES,
            true => WARM_UP_FRAMES,
            false => 0,
        };
        let fade_frames = if now.gain == config.gain { FADE_FRAMES } else { GAIN_FADE_FRAMES };
        Self { chain: Chain::new(config), unheard_frames, fade_frames, faded_frames: 0 }
    }
}

/// The chain that is heard and, for a while after a change, the one that follows it.
#[derive(Debug)]
pub(super) struct Chains {
    wanted: ProcessingConfig,
    now: Chain,
    coming: Option<Coming>,
}

impl Chains {
    /// The most frames from switching everything off until sound passes untouched: another change may still be fading.
    pub(super) const MOST_FADING_FRAMES: u32 = 2 * GAIN_FADE_FRAMES;

    pub(super) fn new() -> Self {
        let off = ProcessingConfig::default();
        Self { wanted: off, now: Chain::new(off), coming: None }
    }

    pub(super) fn set(&mut self, wanted: ProcessingConfig) {
        self.wanted = wanted;
        self.prepare();
    }

    /// Whether an echo canceller is there, heard or not.
    pub(super) fn has_echo(&self) -> bool {
        self.now.config.echo || self.coming.as_ref().is_some_and(|coming| coming.chain.config.echo)
    }

    /// Of the chain that is heard; `None` without one.
    pub(super) fn statistics(&self) -> Option<&AudioProcessingStats> {
        let chain =
            if self.now.apm.is_some() { Some(&self.now) } else { self.coming.as_ref().map(|c| &c.chain) };
        chain.and_then(|chain| chain.apm.as_ref()).map(|apm| apm.statistics())
    }

    /// Processes `frame` in place; `heard` is what the echo canceller takes out.
    pub(super) fn process(&mut self, frame: &mut Frame, heard: &Frame) {
        self.now.process(frame, heard);
        if let Some(coming) = &mut self.coming {
            coming.chain.process(frame, heard);
            if coming.unheard_frames > 0 {
                coming.unheard_frames -= 1;
            } else {
                let share = |samples: usize| {
                    let all = (coming.fade_frames as usize * FRAME_SAMPLES) as f32;
                    (coming.faded_frames as usize * FRAME_SAMPLES + samples) as f32 / all
                };
                for (i, (now, next)) in self.now.out.iter_mut().zip(&coming.chain.out).enumerate() {
                    *now += (next - *now) * share(i + 1);
                }
                coming.faded_frames += 1;
            }
        }
        frame.copy_from_slice(&self.now.out);
        if let Some(done) = self.coming.take_if(|coming| coming.faded_frames == coming.fade_frames) {
            self.now = done.chain;
        }
        self.prepare();
    }

    /// Starts what is wanted, unless it is there, or a change is already heard: one after the other.
    fn prepare(&mut self) {
        let heard_already = self.coming.as_ref().is_some_and(|coming| coming.faded_frames > 0);
        let last = self.coming.as_ref().map_or(self.now.config, |coming| coming.chain.config);
        if heard_already || last == self.wanted {
            return;
        }
        let back = self.now.config == self.wanted;
        self.coming = (!back).then(|| Coming::after(self.now.config, self.wanted));
    }
}
