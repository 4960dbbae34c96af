//! The name of a file.

use std::fmt;
use std::str::FromStr;

use super::{IdError, as_text};

/// The name of a file in its thread: 32 hexadecimal digits in lower case, 128 random bits. It says nothing of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AttachmentId(u128);

impl AttachmentId {
    /// The file of these random bits.
    #[must_use]
    pub fn from_random(bits: u128) -> Self {
        Self(bits)
    }
}

impl fmt::Display for AttachmentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl FromStr for AttachmentId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let well = text.len() == 32 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        let bits = if well { u128::from_str_radix(text, 16).ok() } else { None };
        bits.map(Self).ok_or(IdError::Attachment)
    }
}

as_text!(AttachmentId);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_one_spelling_is_read() {
        let id = AttachmentId::from_random(0xabc);
        assert_eq!(id.to_string(), "00000000000000000000000000000abc");
        assert_eq!(id.to_string().parse(), Ok(id));
        for bad in [
            "",
            "abc",
            "00000000000000000000000000000ABC",
            "+0000000000000000000000000000abc",
            "../00000000000000000000000000abc",
            "0000000000000000000000000000000abc",
            "0000000000000000000000000000é00",
        ] {
            assert_eq!(bad.parse::<AttachmentId>(), Err(IdError::Attachment), "{bad}");
        }
    }
}
