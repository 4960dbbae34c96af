//! WAV files: read whole as 48 kHz mono or stereo, written by a thread of their own.

mod read;
#[cfg(test)]
mod tests;
mod write;

pub use read::{MAX_SECONDS, read, read_as};
pub(crate) use write::WriterHealth;
pub use write::{WavFormat, WavSummary, WavWriter, write};
