//! What a file is named by on the disk.

use sha2::{Digest, Sha256};
use std::fmt;
use std::io::{self, Read};
use std::path::Path;
use std::str::FromStr;

/// The SHA-256 of a content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ContentHash([u8; 32]);

impl ContentHash {
    pub(super) fn of(hash: Sha256) -> Self {
        Self(hash.finalize().into())
    }
}

/// 64 hexadecimal digits in lower case.
impl fmt::Display for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// A text that is no hash.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NoHash;

impl fmt::Display for NoHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no SHA-256 in hex")
    }
}

impl std::error::Error for NoHash {}

impl FromStr for ContentHash {
    type Err = NoHash;

    fn from_str(text: &str) -> Result<Self, NoHash> {
        let well = text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if !well {
            return Err(NoHash);
        }
        let mut bytes = [0; 32];
        for (place, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&text[2 * place..2 * place + 2], 16).map_err(|_| NoHash)?;
        }
        Ok(Self(bytes))
    }
}

/// A file's length and hash. Blocks.
pub(crate) fn hash_file(path: &Path) -> io::Result<(u64, ContentHash)> {
    let mut file = std::fs::File::open(path)?;
    let (mut hash, mut bytes, mut part) = (Sha256::new(), 0, vec![0; 64 * 1024]);
    loop {
        match file.read(&mut part)? {
            0 => return Ok((bytes, ContentHash::of(hash))),
            count => {
                hash.update(&part[..count]);
                bytes += count as u64;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_one_spelling_is_read() {
        let hash = ContentHash::of(Sha256::new());
        let text = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(hash.to_string(), text);
        assert_eq!(text.parse(), Ok(hash));
        let upper = text.to_uppercase();
        for bad in ["", &text[1..], upper.as_str(), &format!("+{}", &text[1..]), "../../x"] {
            assert_eq!(bad.parse::<ContentHash>(), Err(NoHash), "{bad}");
        }
    }
}
