//! Opus over the `opus` crate (libopus).

/// Why libopus refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CodecError {
    /// libopus could not make the encoder or decoder, or would not take a setting.
    #[error("Opus could not be set up: {0}")]
    Setup(#[source] opus::Error),
    /// A frame could not be encoded.
    #[error("Opus could not encode: {0}")]
    Encode(#[source] opus::Error),
    /// A packet could not be decoded; it counts as lost.
    #[error("Opus could not decode: {0}")]
    Decode(#[source] opus::Error),
}
