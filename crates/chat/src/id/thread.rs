//! The name of a thread.

use std::fmt;
use std::str::FromStr;

use super::{IdError, as_text};

const PREFIX: &str = "19:";
const SUFFIX: &str = "@thread.v2";
const BASE32: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// The name of a thread: `19:<id>@thread.v2`, where `<id>` is 1 to [`ThreadId::MAX_INNER`] of `A-Za-z0-9_-`.
///
/// Whoever knows it can try it, and nothing more: membership is checked on every operation. It is not guessable all
/// the same (128 random bits).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ThreadId(String);

impl ThreadId {
    /// The longest middle part, in characters. Those made here have 26; those of ACS about 50.
    pub const MAX_INNER: usize = 160;

    /// The thread of these random bits.
    #[must_use]
    pub fn from_random(bits: u128) -> Self {
        let mut text = String::with_capacity(PREFIX.len() + 26 + SUFFIX.len());
        text.push_str(PREFIX);
        for place in (0..26).rev() {
            text.push(char::from(BASE32[(bits >> (5 * place)) as usize & 31]));
        }
        text.push_str(SUFFIX);
        Self(text)
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ThreadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for ThreadId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let inner =
            text.strip_prefix(PREFIX).and_then(|rest| rest.strip_suffix(SUFFIX)).ok_or(IdError::Thread)?;
        let well = (1..=Self::MAX_INNER).contains(&inner.len())
            && inner.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
        if well { Ok(Self(text.to_owned())) } else { Err(IdError::Thread) }
    }
}

as_text!(ThreadId);

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_bit_counts() {
        let ids: BTreeSet<ThreadId> = (0..128).map(|bit| ThreadId::from_random(1 << bit)).collect();
        assert_eq!(ids.len(), 128);
        assert_eq!(ThreadId::from_random(0).as_str(), "19:aaaaaaaaaaaaaaaaaaaaaaaaaa@thread.v2");
        assert_eq!(ThreadId::from_random(u128::MAX).as_str(), "19:h7777777777777777777777777@thread.v2");
    }

    #[test]
    fn names_of_this_service_and_of_acs_are_read() {
        for text in [
            ThreadId::from_random(7).as_str(),
            "19:uni01_uy5ucb66ugp3lrhe7pxso6xx4hsmm3dl6eyjfefv2n6x3rrurpea@thread.v2",
            "19:acsV1_k-7LmXwtiPzOxPEjPSyN4gKJGeGyyyRpPbdkAjQo1@thread.v2",
        ] {
            assert_eq!(text.parse::<ThreadId>().map(|id| id.to_string()), Ok(text.to_owned()));
        }
    }

    #[test]
    fn everything_else_is_refused() {
        let long = format!("19:{}@thread.v2", "a".repeat(161));
        for text in [
            "",
            "19:@thread.v2",
            "19:a@thread.v1",
            "8:acs:a",
            "19:a/../b@thread.v2",
            "19:a%2f@thread.v2",
            "19:a@thread.v2 ",
            "19:ä@thread.v2",
            "19:a\0@thread.v2",
            "@thread.v2",
            "19:",
            &long,
        ] {
            assert_eq!(text.parse::<ThreadId>(), Err(IdError::Thread), "{text}");
        }
    }
}
