//! The name of a message.

use std::fmt;
use std::str::FromStr;

use super::{IdError, as_text};
use crate::UnixMillis;

/// The name of a message within its thread: the millisecond of its making, in decimal. Unique and rising in a thread,
/// so that it is also the order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageId(pub u64);

impl MessageId {
    /// When the message was made.
    #[must_use]
    pub fn created_at(self) -> UnixMillis {
        UnixMillis(self.0)
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for MessageId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        // One text for each: no sign, no leading zero.
        let well = text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
        if well { text.parse().map(Self).map_err(|_| IdError::Message) } else { Err(IdError::Message) }
    }
}

as_text!(MessageId);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_text_for_each() {
        assert_eq!("1600000000000".parse(), Ok(MessageId(1_600_000_000_000)));
        assert_eq!(serde_json::to_string(&MessageId(5)).ok().as_deref(), Some("\"5\""));
        for text in ["", "+5", "-5", "05", "5 ", "5.0", "0x5", "18446744073709551616", "٥"] {
            assert_eq!(text.parse::<MessageId>(), Err(IdError::Message), "{text}");
        }
    }
}
