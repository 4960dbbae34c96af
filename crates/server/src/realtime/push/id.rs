//! The names of channels and what opens them: 128 unpredictable bits each, 32 hexadecimal digits.

use std::fmt;

/// Names, and secrets.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Key(u128);

impl Key {
    pub(super) fn new() -> Self {
        Self(u128::from_le_bytes(crate::random::bytes()))
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        let digits = text.len() == 32 && text.bytes().all(|b| b.is_ascii_hexdigit());
        digits.then(|| u128::from_str_radix(text, 16).ok().map(Self)).flatten()
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

/// A socket's name: its channel, and a secret that opens one socket once.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct SocketId {
    pub(super) channel: Key,
    pub(super) secret: Key,
}

impl SocketId {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (channel, secret) = text.split_at_checked(32)?;
        Some(Self { channel: Key::parse(channel)?, secret: Key::parse(secret)? })
    }
}

impl fmt::Display for SocketId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.channel, self.secret)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_read_as_they_are_written() {
        let id = SocketId { channel: Key::new(), secret: Key::new() };
        assert!(SocketId::parse(&id.to_string()) == Some(id));
        assert!(Key::new() != Key::new());
        let text = id.to_string();
        for bad in ["", &text[1..], &format!("{text}0"), &text.replace(&text[..1], "+"), &"é".repeat(32)] {
            assert!(SocketId::parse(bad).is_none(), "{bad}");
        }
    }
}
