//! What a client may read of its own token.

use super::{MAX_TOKEN_BYTES, TokenClaims};
use crate::RawId;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde::de::DeserializeOwned;

#[derive(Deserialize)]
struct Expiry {
    exp: u64,
}

fn payload<T: DeserializeOwned>(token: &str) -> Option<T> {
    if token.len() > MAX_TOKEN_BYTES {
        return None;
    }
    let payload = token.split('.').nth(1)?;
    let payload = URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?;
    serde_json::from_slice(&payload).ok()
}

/// When a token ends, in seconds since 1970-01-01T00:00:00Z, *unverified*.
///
/// For a client that wants to renew its own token in time; nothing may be allowed on its word.
/// `None` for an opaque token.
#[must_use]
pub fn peek_expiry(token: &str) -> Option<u64> {
    payload::<Expiry>(token).map(|claims| claims.exp)
}

/// Whom a token is for, *unverified*: for a client that wants to show who it is.
/// `None` for a token of another kind.
#[must_use]
pub fn peek_raw_id(token: &str) -> Option<RawId> {
    payload::<TokenClaims>(token)?.raw_id().ok()
}
