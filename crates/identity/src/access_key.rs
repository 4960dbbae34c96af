//! A resource's access key: the secret its backend signs requests with.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::fmt;
use subtle::ConstantTimeEq as _;

/// An access key. Shown only by [`to_base64`](Self::to_base64): its `Debug` hides it.
#[derive(Clone)]
pub struct AccessKey(Vec<u8>);

/// A text or bytes that are no access key. Says nothing of the content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AccessKeyError {
    /// Not base64.
    #[error("the access key is not base64: copy it whole from the connection string")]
    Base64,
    /// Too short to be secret, or absurdly long.
    #[error(
        "the access key is {bytes} bytes long: {} to {} are allowed; copy it whole from the connection string",
        AccessKey::MIN_BYTES,
        AccessKey::MAX_BYTES
    )]
    Length {
        /// Its decoded length.
        bytes: usize,
    },
}

impl AccessKey {
    /// The shortest key, in bytes.
    pub const MIN_BYTES: usize = 16;
    /// The longest key, in bytes.
    pub const MAX_BYTES: usize = 256;
    /// How many random bytes a new key is made of.
    pub const NEW_BYTES: usize = 64;

    /// A key from its bytes, which the caller drew at random.
    ///
    /// # Errors
    /// When there are too few or too many.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, AccessKeyError> {
        if !(Self::MIN_BYTES..=Self::MAX_BYTES).contains(&bytes.len()) {
            return Err(AccessKeyError::Length { bytes: bytes.len() });
        }
        Ok(Self(bytes.to_vec()))
    }

    /// A key from its text.
    ///
    /// # Errors
    /// When the text is not base64 or of the wrong length.
    pub fn from_base64(text: &str) -> Result<Self, AccessKeyError> {
        let bytes = STANDARD.decode(text.trim()).map_err(|_| AccessKeyError::Base64)?;
        Self::from_bytes(&bytes)
    }

    /// The key as text, as it stands in a connection string. A secret.
    #[must_use]
    pub fn to_base64(&self) -> String {
        STANDARD.encode(&self.0)
    }

    /// The key's bytes. A secret.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl PartialEq for AccessKey {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for AccessKey {}

impl fmt::Debug for AccessKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("AccessKey(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn survives_its_text_and_hides_itself() {
        let key = AccessKey::from_bytes(&[7; AccessKey::NEW_BYTES]).unwrap();
        assert_eq!(AccessKey::from_base64(&key.to_base64()).unwrap(), key);
        assert_ne!(AccessKey::from_bytes(&[8; 64]).unwrap(), key);
        assert_eq!(format!("{key:?}"), "AccessKey(hidden)");
    }

    #[test]
    fn refuses_what_cannot_be_a_key() {
        assert_eq!(AccessKey::from_base64("not base64!"), Err(AccessKeyError::Base64));
        assert_eq!(AccessKey::from_base64(""), Err(AccessKeyError::Length { bytes: 0 }));
        assert_eq!(AccessKey::from_bytes(&[0; 15]), Err(AccessKeyError::Length { bytes: 15 }));
        assert_eq!(AccessKey::from_bytes(&[0; 257]), Err(AccessKeyError::Length { bytes: 257 }));
    }
}
