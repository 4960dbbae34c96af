//! Access tokens: RS256 JSON Web Tokens (RFC 7519) with the claims ACS clients read.

mod claims;
mod peek;
mod signer;
#[cfg(test)]
mod tests;
mod verifier;

pub use claims::{ClaimsError, TokenClaims};
pub use peek::{peek_expiry, peek_raw_id};
pub use signer::{SignError, TokenSigner};
pub use verifier::{FORWARD_SKEW_S, Principal, TokenError, TokenVerifier};

/// The longest token that is looked at, in bytes.
pub const MAX_TOKEN_BYTES: usize = 8 * 1024;

/// A signing or verifying key that cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Not an RSA key of the expected half in PEM.
    #[error("the key is not an RSA {0} key in PEM")]
    Pem(&'static str),
    /// Fewer than 2048 bits.
    #[error("the RSA key is too short: RS256 needs at least 2048 bits (RFC 7518 section 3.3)")]
    TooShort,
    /// A key id of other characters than letters, digits, `.`, `_`, `-`, or not 1 to 64 of them.
    #[error("the key id must be 1 to 64 letters, digits, '.', '_' or '-'")]
    KeyId,
}

fn checked_kid(kid: &str) -> Result<&str, KeyError> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    if (1..=64).contains(&kid.len()) && kid.bytes().all(plain) { Ok(kid) } else { Err(KeyError::KeyId) }
}
