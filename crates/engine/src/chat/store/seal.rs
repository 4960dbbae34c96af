//! Encryption of what is kept: values are sealed, names are hidden behind a keyed hash, so that the file tells how
//! much there is and no more.

use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hmac;

/// With the app's key, or without.
pub(super) enum Seal {
    Open,
    Sealed { names: hmac::Key, values: Box<LessSafeKey> },
}

impl Seal {
    pub(super) fn new(key: Option<&[u8; 32]>) -> Self {
        let Some(key) = key else { return Self::Open };
        // One key for each use.
        let base = hmac::Key::new(hmac::HMAC_SHA256, key);
        let derive = |what: &str| hmac::sign(&base, what.as_bytes());
        let values = UnboundKey::new(&CHACHA20_POLY1305, derive("liaison chat values 1").as_ref());
        #[expect(clippy::expect_used, reason = "SHA-256 gives the 32 bytes that this cipher's key has")]
        let values = LessSafeKey::new(values.expect("32 bytes"));
        let names = hmac::Key::new(hmac::HMAC_SHA256, derive("liaison chat names 1").as_ref());
        Self::Sealed { names, values: Box::new(values) }
    }

    /// What a name is on disk.
    pub(super) fn name(&self, text: &str) -> Vec<u8> {
        match self {
            Self::Open => text.as_bytes().to_vec(),
            Self::Sealed { names, .. } => hmac::sign(names, text.as_bytes()).as_ref().to_vec(),
        }
    }

    /// What a value is on disk, bound to its place. `None`: the system has no randomness.
    pub(super) fn seal(&self, place: &[u8], value: Vec<u8>) -> Option<Vec<u8>> {
        let Self::Sealed { values, .. } = self else { return Some(value) };
        // Random nonces of 96 bits are safe for 2^32 values under one key.
        let mut nonce = [0; NONCE_LEN];
        getrandom::fill(&mut nonce).ok()?;
        let mut sealed = value;
        let unique = Nonce::assume_unique_for_key(nonce);
        values.seal_in_place_append_tag(unique, Aad::from(place), &mut sealed).ok()?;
        sealed.splice(0..0, nonce);
        Some(sealed)
    }

    /// The value again; `None` when it was not sealed with this key for this place.
    pub(super) fn open(&self, place: &[u8], mut value: Vec<u8>) -> Option<Vec<u8>> {
        let Self::Sealed { values, .. } = self else { return Some(value) };
        let (nonce, sealed) = value.split_first_chunk_mut::<NONCE_LEN>()?;
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let opened = values.open_in_place(nonce, Aad::from(place), sealed).ok()?;
        Some(opened.to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_key_and_the_place_open_it() {
        let (ours, others) = (Seal::new(Some(&[1; 32])), Seal::new(Some(&[2; 32])));
        let sealed = ours.seal(b"here", b"words".to_vec()).unwrap();
        assert_eq!(ours.open(b"here", sealed.clone()).unwrap(), b"words");
        assert_eq!(ours.open(b"there", sealed.clone()), None);
        assert_eq!(others.open(b"here", sealed.clone()), None);
        for at in 0..sealed.len() {
            let mut bent = sealed.clone();
            bent[at] ^= 1;
            assert_eq!(ours.open(b"here", bent), None, "{at}");
        }
        assert_eq!(ours.open(b"here", vec![0; 5]), None);
        assert_ne!(sealed, ours.seal(b"here", b"words".to_vec()).unwrap(), "a nonce of its own each time");
        assert_ne!(ours.name("a"), others.name("a"));
        assert_eq!(Seal::new(None).name("a"), b"a");
    }
}
