//! The name that a client gave its message before the service knew it.

use std::fmt;
use std::str::FromStr;

use super::{IdError, as_text};

/// The client's own name of a command: 1 to 64 of `A-Za-z0-9-_.:`. The same name by the same sender in the same
/// thread never does the work twice.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClientMessageId(String);

impl ClientMessageId {
    /// The name of these random bits: 32 hex digits.
    #[must_use]
    pub fn from_random(bits: u128) -> Self {
        Self(format!("{bits:032x}"))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ClientMessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for ClientMessageId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let well = (1..=64).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte));
        if well { Ok(Self(text.to_owned())) } else { Err(IdError::Client) }
    }
}

as_text!(ClientMessageId);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounded_and_plain() {
        assert_eq!(ClientMessageId::from_random(10).as_str(), "0000000000000000000000000000000a");
        assert!("6fa459ea-ee8a-3ca4-894e-db77e160355e".parse::<ClientMessageId>().is_ok());
        for text in ["", "a b", "é", "a\n", &"a".repeat(65)] {
            assert_eq!(text.parse::<ClientMessageId>(), Err(IdError::Client), "{text}");
        }
    }
}
