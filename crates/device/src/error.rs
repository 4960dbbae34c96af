//! What can go wrong with a device or a file that stands in for one.

use std::path::PathBuf;

/// Why a device could not be opened, or stopped working.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DeviceError {
    /// No device of this id or name, or no default device.
    #[error("no audio device {wanted}: {cause}; list the devices and choose one by its id")]
    NotFound {
        /// What was asked for.
        wanted: String,
        /// What the system said.
        cause: String,
    },
    /// The system has no working audio server, or this build has no device support.
    #[error("audio devices are unavailable: {0}")]
    Unavailable(String),
    /// The device exists but cannot be opened.
    #[error("cannot open audio device {device}: {cause}")]
    Open {
        /// The device's name.
        device: String,
        /// What the system said.
        cause: String,
    },
    /// The device went away while in use. The call goes on in silence until it comes back.
    #[error("the audio device was lost: {cause}; plug it in again or choose another")]
    Lost {
        /// What the system said.
        cause: String,
    },
    /// A file cannot be read or written.
    #[error("cannot {action} {}: {cause}", path.display())]
    File {
        /// "read" or "write".
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: String,
    },
    /// A file is not a WAV file that can be used.
    #[error("{} is not a usable WAV file: {cause}; give PCM of 16, 24 or 32 bits or 32-bit float", path.display())]
    Wav {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        cause: String,
    },
    /// A microphone did not hear what a speaker played.
    #[error(
        "the microphone heard {heard} of {played} markers; choose a pair that can hear each other, and turn them up"
    )]
    NotHeard {
        /// Markers that were heard.
        heard: usize,
        /// Markers that were played.
        played: usize,
    },
    /// A setting is outside its range.
    #[error("invalid audio setting: {0}")]
    Config(String),
}
