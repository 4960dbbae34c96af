//! Keypad tones as RTP telephone events (RFC 4733): sent beside the audio, in its sequence and on its clock.
//!
//! ```text
//! DtmfTones ─ DtmfSender ─ 4-byte payloads ─▶ … ─▶ payloads ─ DtmfReceiver ─ one DtmfTone a key
//! ```
//! No tone is made or heard: where a key has to be audible too, the app plays it.

mod payload;
mod receiver;
mod sender;

pub use receiver::{DtmfReceiver, DtmfReceiverStats};
pub use sender::{DtmfPacket, DtmfSender, DtmfSenderConfig};

/// A key: `0` to `9`, `*`, `#`, `A` to `D`; its event code is that of RFC 4733 section 3.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DtmfTone(u8);

const KEYS: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '#', 'A', 'B', 'C', 'D'];

impl DtmfTone {
    /// The key of this character; letters of either case.
    pub fn from_char(key: char) -> Option<Self> {
        let code = KEYS.iter().position(|known| *known == key.to_ascii_uppercase())?;
        Some(Self(code as u8))
    }

    /// The key's character.
    pub fn as_char(self) -> char {
        KEYS[usize::from(self.0)]
    }

    /// The event code, 0–15.
    pub fn code(self) -> u8 {
        self.0
    }

    pub(crate) fn from_code(code: u8) -> Option<Self> {
        (usize::from(code) < KEYS.len()).then_some(Self(code))
    }
}

/// Keys to be sent one after the other: 1 to 32 of them, `,` being a pause of 2 s.
///
/// It holds no memory of its own, so that it can be handed to a thread that may not free any.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DtmfTones {
    /// `None` is a pause.
    keys: [Option<DtmfTone>; Self::MAX],
    length: u8,
}

impl DtmfTones {
    /// Keys in one go, at most.
    pub const MAX: usize = 32;

    /// Reads keys such as `"1234#"`.
    ///
    /// # Errors
    /// [`DtmfError`] when there is none, too many, or something that is no key.
    pub fn parse(text: &str) -> Result<Self, DtmfError> {
        let mut tones = Self { keys: [None; Self::MAX], length: 0 };
        for key in text.chars() {
            let tone = DtmfTone::from_char(key);
            if tone.is_none() && key != ',' {
                return Err(DtmfError::NoKey(key));
            }
            let slot = tones.keys.get_mut(usize::from(tones.length)).ok_or(DtmfError::TooMany)?;
            *slot = tone;
            tones.length += 1;
        }
        if tones.length == 0 { Err(DtmfError::Empty) } else { Ok(tones) }
    }

    /// The keys in order; `None` is a pause.
    pub fn iter(&self) -> impl Iterator<Item = Option<DtmfTone>> + '_ {
        self.keys[..usize::from(self.length)].iter().copied()
    }
}

/// Why keys cannot be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DtmfError {
    /// There is none.
    #[error("there is no key to send: use 0-9, *, #, A-D, or a comma for a pause of 2 s")]
    Empty,
    /// A character that is no key.
    #[error("{0:?} is no key: use 0-9, *, #, A-D, or a comma for a pause of 2 s")]
    NoKey(char),
    /// More than fit.
    #[error("these are more keys than can be sent in one go ({}): send the rest later", DtmfTones::MAX)]
    TooMany,
}

#[cfg(test)]
mod tests;
