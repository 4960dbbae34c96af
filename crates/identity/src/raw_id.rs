//! The raw id as a key: bounded, printable, comparable.

use crate::CommunicationIdentifier;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A participant's raw id, such as `8:acs:<resource>_<user>` or `8:orgid:<object id>`.
///
/// 1 to [`RawId::MAX_BYTES`] bytes of UTF-8 without control characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RawId(String);

/// A text that is no raw id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RawIdError {
    /// No character at all.
    #[error("the raw id is empty: give one such as `8:acs:<resource>_<user>` or `8:orgid:<object id>`")]
    Empty,
    /// More than [`RawId::MAX_BYTES`].
    #[error("the raw id is {bytes} bytes long: at most {} are allowed", RawId::MAX_BYTES)]
    TooLong {
        /// Its length.
        bytes: usize,
    },
    /// A line break, a NUL or the like.
    #[error("the raw id holds a control character at byte {at}: remove it")]
    ControlCharacter {
        /// Its offset in bytes.
        at: usize,
    },
}

impl RawId {
    /// The longest raw id, in bytes.
    pub const MAX_BYTES: usize = 512;

    /// Checks a text and keeps it as it is.
    ///
    /// # Errors
    /// When it is empty, too long or holds a control character.
    pub fn new(text: &str) -> Result<Self, RawIdError> {
        Self::check(text)?;
        Ok(Self(text.to_owned()))
    }

    fn check(text: &str) -> Result<(), RawIdError> {
        if text.is_empty() {
            return Err(RawIdError::Empty);
        }
        if text.len() > Self::MAX_BYTES {
            return Err(RawIdError::TooLong { bytes: text.len() });
        }
        match text.char_indices().find(|(_, character)| character.is_control()) {
            Some((at, _)) => Err(RawIdError::ControlCharacter { at }),
            None => Ok(()),
        }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Who it is, by kind.
    #[must_use]
    pub fn identifier(&self) -> CommunicationIdentifier {
        CommunicationIdentifier::from_raw_id(&self.0)
    }
}

impl fmt::Display for RawId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl AsRef<str> for RawId {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl FromStr for RawId {
    type Err = RawIdError;

    fn from_str(text: &str) -> Result<Self, RawIdError> {
        Self::new(text)
    }
}

impl TryFrom<String> for RawId {
    type Error = RawIdError;

    fn try_from(text: String) -> Result<Self, RawIdError> {
        Self::check(&text)?;
        Ok(Self(text))
    }
}

impl TryFrom<&CommunicationIdentifier> for RawId {
    type Error = RawIdError;

    fn try_from(identifier: &CommunicationIdentifier) -> Result<Self, RawIdError> {
        Self::try_from(identifier.raw_id())
    }
}

impl From<RawId> for String {
    fn from(raw_id: RawId) -> Self {
        raw_id.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_what_participants_are_called() {
        for text in ["8:acs:r_u", "8:orgid:o", "4:+4930123", "4:anonymous", "x", "8:acs:jürgen"] {
            let raw_id = RawId::new(text).unwrap();
            assert_eq!(raw_id.to_string(), text);
            assert_eq!(serde_json::to_string(&raw_id).unwrap(), format!("\"{text}\""));
            assert_eq!(raw_id.identifier().raw_id(), text);
        }
    }

    #[test]
    fn refuses_what_is_empty_too_long_or_unprintable() {
        assert_eq!(RawId::new(""), Err(RawIdError::Empty));
        assert!(RawId::new(&"x".repeat(512)).is_ok());
        assert_eq!(RawId::new(&"x".repeat(513)), Err(RawIdError::TooLong { bytes: 513 }));
        for (text, at) in [("8:acs:a\nb", 7), ("\0", 0), ("ab\u{7f}", 2), ("é\u{85}", 2)] {
            assert_eq!(RawId::new(text), Err(RawIdError::ControlCharacter { at }));
        }
        assert!(serde_json::from_str::<RawId>("\"a\\u0000\"").is_err());
        assert!("".parse::<RawId>().is_err());
    }
}
