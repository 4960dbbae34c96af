//! What is done to the microphone's sound before it is sent: echo cancellation, noise suppression, gain control.
//!
//! ```text
//! final mix ─ reference(mix, heard at) ─▶ ReferenceLine ─┐ what was heard while the frame was captured
//! captured frame ─ process(frame, captured at) ────────▶ echo ─▶ noise ─▶ gain ─▶ the same frame
//! ```
//!
//! The three are the WebRTC audio processing module's (AEC3, its noise suppressor, AGC2) by the `sonora` crate, in one
//! instance: there they work on the same bands, and the canceller knows what the suppressor takes away. Switching a
//! part makes a new instance, which would know nothing of the room; so it learns beside the old one, unheard, and
//! then one fades into the other.
//!
//! They need some time to hear what they work on, in any use of that module: 1 ms for the split into bands (up to 4 ms
//! at the lowest pitches), 8 ms more with echo and 6 ms more with noise; gain takes none.
//!
//! `sonora` allocates in every frame (about 50 small blocks with all three on; it logs nothing), so
//! [`Processing::process`] must not be called on a thread that may not allocate: the engine gives it a thread beside
//! the media thread.

mod chain;
mod reference;

use std::time::{Duration, Instant};

use crate::{FRAME_SAMPLES, Frame, SILENCE};
use chain::Chains;
use reference::{LEAD, ReferenceLine};

/// Captured frames without a time after which echo cancellation rests: half a second.
const UNTIMED_FRAMES: u32 = 50;

/// Which parts of [`Processing`] are on. The default is all off.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct ProcessingConfig {
    /// Takes what the speaker plays out of what the microphone hears. Needs the times of both.
    pub echo: bool,
    /// Turns down steady noise, by about 12 dB.
    pub noise: bool,
    /// Brings the voice to a usual loudness, and limits peaks.
    pub gain: bool,
}

impl ProcessingConfig {
    /// Everything on.
    pub const ALL: Self = Self { echo: true, noise: true, gain: true };

    /// Whether anything is on.
    pub fn any(self) -> bool {
        self.echo || self.noise || self.gain
    }
}

/// What the processing has done, since it was made unless it says otherwise.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
#[non_exhaustive]
pub struct ProcessingStats {
    /// Echo is being cancelled now: it is switched on, and the times of both devices are known.
    pub echo_active: bool,
    /// How much weaker the echo is than what is played (dB, `echoReturnLoss` of webrtc-stats), now.
    pub echo_return_loss_db: Option<f64>,
    /// How much the linear filter takes off the echo (dB, `echoReturnLossEnhancement` of webrtc-stats), now.
    pub echo_return_loss_enhancement_db: Option<f64>,
    /// From handing a sample to the playout to the captured frame that may hold its echo being processed: the playout's
    /// delay and the capture's together, now. Zero until both are known.
    pub device_delay: Duration,
    /// Times the reference was aligned anew, because a device's delay had changed.
    pub realignments: u64,
    /// Captured frames processed while echo cancellation was on but a time was missing.
    pub frames_without_time: u64,
}

/// The processing of one microphone. 48 kHz, mono, 10 ms at a time; samples in `[-1, 1]`.
#[derive(Debug)]
pub struct Processing {
    config: ProcessingConfig,
    line: ReferenceLine,
    heard: Frame,
    chains: Chains,
    untimed: u32,
    frames_without_time: u64,
}

impl Processing {
    /// With the parts of `config` on from the first frame.
    pub fn new(config: ProcessingConfig) -> Self {
        let mut processing = Self {
            config: ProcessingConfig::default(),
            line: ReferenceLine::new(),
            heard: SILENCE,
            chains: Chains::new(),
            untimed: 0,
            frames_without_time: 0,
        };
        processing.set(config);
        processing
    }

    /// The most frames after [`set`](Self::set) with everything off until sound passes untouched.
    pub const MOST_FADING_FRAMES: u32 = Chains::MOST_FADING_FRAMES;

    /// Switches parts on and off. The change fades over 100 ms, that of a gain over 500 ms; while echo is cancelled
    /// before and after it begins two seconds later, when the new canceller has learnt the room too.
    pub fn set(&mut self, config: ProcessingConfig) {
        self.config = config;
        self.chains.set(self.possible());
    }

    /// What is on without an echo canceller that has no times.
    fn possible(&self) -> ProcessingConfig {
        ProcessingConfig { echo: self.config.echo && self.untimed < UNTIMED_FRAMES, ..self.config }
    }

    /// What is switched on.
    pub fn config(&self) -> ProcessingConfig {
        self.config
    }

    /// The next frame of the final mix, as it is handed to the device; `heard_at` is when its first sample will leave
    /// the speaker, `None` when the device does not say.
    pub fn reference(&mut self, mix: &Frame, heard_at: Option<Instant>) {
        self.line.write(mix, heard_at);
    }

    /// Processes a captured frame in place; `captured_at` is when its first sample reached the microphone, `None` when
    /// the device does not say. After half a second without, echo is no longer cancelled, until times come again.
    pub fn process(&mut self, frame: &mut Frame, captured_at: Option<Instant>) {
        for sample in frame.iter_mut() {
            // A filter that has once met a sample that is no number never recovers.
            *sample = if sample.is_finite() { sample.clamp(-1.0, 1.0) } else { 0.0 };
        }
        if self.config.echo || self.chains.has_echo() {
            self.align(captured_at);
        }
        self.chains.process(frame, &self.heard);
    }

    fn align(&mut self, captured_at: Option<Instant>) {
        let captured_at = captured_at.filter(|_| self.line.is_timed());
        if captured_at.is_some() {
            self.untimed = 0;
        } else {
            self.untimed = self.untimed.saturating_add(1);
            self.frames_without_time += u64::from(self.config.echo);
        }
        self.chains.set(self.possible());
        self.line.read(captured_at, &mut self.heard);
    }

    /// What it has done.
    pub fn stats(&self) -> ProcessingStats {
        let echo = self.chains.statistics();
        ProcessingStats {
            echo_active: self.possible().echo && self.chains.has_echo(),
            echo_return_loss_db: echo.and_then(|stats| stats.echo_return_loss),
            echo_return_loss_enhancement_db: echo.and_then(|stats| stats.echo_return_loss_enhancement),
            device_delay: self.line.delay(),
            realignments: self.line.realignments(),
            frames_without_time: self.frames_without_time,
        }
    }
}

const _: () = assert!(LEAD < FRAME_SAMPLES, "the reference is there before the device has played it");
