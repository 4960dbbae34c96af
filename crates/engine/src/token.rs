//! What the engine reads of its token: only when it expires. Who it names is for the service to say.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::error::SignInError;

/// Far beyond any token of the service.
const MAX_TOKEN_BYTES: usize = 16 * 1024;

/// Refuses what cannot be a token that works, before anything is sent.
pub(crate) fn check(token: &str) -> Result<(), SignInError> {
    let parts = token.split('.').filter(|part| !part.is_empty()).count();
    if token.len() > MAX_TOKEN_BYTES || parts != 3 || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(SignInError::Malformed);
    }
    match liaison_identity::peek_expiry(token) {
        Some(expiry) if expiry <= unix_now() => {
            Err(SignInError::Expired { seconds_ago: unix_now() - expiry })
        }
        Some(_) => Ok(()),
        None => Err(SignInError::Malformed),
    }
}

/// How long the token is still good for, by this machine's clock.
pub(crate) fn remaining(token: &str) -> Duration {
    let expiry = liaison_identity::peek_expiry(token).unwrap_or(0);
    Duration::from_secs(expiry.saturating_sub(unix_now()))
}

fn unix_now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
