//! What is done to the microphone's sound.

use crate::config::{AudioConfig, CaptureSource};

/// What is done to the microphone's sound before it is sent. One processing for the microphone, whatever the number of
/// calls.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct ProcessingConfig {
    /// Echo cancellation: takes what the speaker plays out of what the microphone hears. It needs the times at which
    /// samples are captured and heard; an app-owned device that gives none keeps it off, which
    /// [`CallStatistics::echo_cancelled`](crate::CallStatistics::echo_cancelled) tells.
    pub echo: ProcessingMode,
    /// Noise suppression: turns down steady noise by about 12 dB.
    pub noise: ProcessingMode,
    /// Gain control: brings the voice to a usual loudness and limits peaks.
    pub gain: ProcessingMode,
}

impl ProcessingConfig {
    /// Nothing is done, whatever the microphone is.
    pub const OFF: Self =
        Self { echo: ProcessingMode::Off, noise: ProcessingMode::Off, gain: ProcessingMode::Off };
    /// Everything is done, whatever the microphone is.
    pub const ON: Self =
        Self { echo: ProcessingMode::On, noise: ProcessingMode::On, gain: ProcessingMode::On };

    /// What that means with `audio`.
    pub(crate) fn resolve(self, audio: &AudioConfig) -> liaison_media::ProcessingConfig {
        let microphone = matches!(
            audio,
            AudioConfig::Managed { capture: CaptureSource::Default | CaptureSource::Named(_), .. }
        );
        let on = |mode| match mode {
            ProcessingMode::Auto => microphone,
            ProcessingMode::On => true,
            ProcessingMode::Off => false,
        };
        liaison_media::ProcessingConfig { echo: on(self.echo), noise: on(self.noise), gain: on(self.gain) }
    }
}

/// Whether a part of the processing is on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum ProcessingMode {
    /// On for a microphone of the machine. Off for files and tones, and for devices that the app owns: phones cancel
    /// echo in their own call session.
    #[default]
    Auto,
    /// On.
    On,
    /// Off.
    Off,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::PlayoutSink;

    #[test]
    fn only_a_microphone_of_the_machine_is_processed_unasked() {
        let managed = |capture| AudioConfig::Managed { capture, playout: PlayoutSink::Discard };
        let (all, nothing) =
            (liaison_media::ProcessingConfig::ALL, liaison_media::ProcessingConfig::default());
        let auto = ProcessingConfig::default();
        assert_eq!(auto.resolve(&managed(CaptureSource::Default)), all);
        assert_eq!(auto.resolve(&managed(CaptureSource::Named("mic".into()))), all);
        for audio in [managed(CaptureSource::Tone { hz: 440.0 }), AudioConfig::External, AudioConfig::None] {
            assert_eq!(auto.resolve(&audio), nothing, "{audio:?}");
            assert_eq!(ProcessingConfig::ON.resolve(&audio), all);
        }
        assert_eq!(ProcessingConfig::OFF.resolve(&managed(CaptureSource::Default)), nothing);
    }
}
