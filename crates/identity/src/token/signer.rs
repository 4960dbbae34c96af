//! Making tokens.

use super::claims::{ClaimsError, TokenClaims};
use super::{KeyError, MAX_TOKEN_BYTES, checked_kid};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use std::fmt;

/// Signs tokens with one RSA private key.
pub struct TokenSigner {
    header: Header,
    key: EncodingKey,
}

/// A token that was not made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignError {
    /// The claims may not stand in a token.
    #[error(transparent)]
    Claims(#[from] ClaimsError),
    /// The token would be longer than a verifier looks at.
    #[error("the token would be longer than {MAX_TOKEN_BYTES} bytes: shorten the claims")]
    TooLong,
    /// The key did not sign.
    #[error("the signing key failed: replace it")]
    Key,
}

impl TokenSigner {
    /// A signer whose tokens name the key `kid`.
    ///
    /// `rsa_private_pem` is an RSA private key of at least 2048 bits, PKCS #8 or PKCS #1.
    ///
    /// # Errors
    /// When the key id or the key cannot be used; the key is tried out.
    pub fn new(kid: &str, rsa_private_pem: &str) -> Result<Self, KeyError> {
        let mut header = Header::new(Algorithm::RS256);
        header.kid = Some(checked_kid(kid)?.to_owned());
        let key =
            EncodingKey::from_rsa_pem(rsa_private_pem.as_bytes()).map_err(|_| KeyError::Pem("private"))?;
        let signature =
            jsonwebtoken::crypto::sign(b"", &key, Algorithm::RS256).map_err(|_| KeyError::Pem("private"))?;
        // A signature is as long as the modulus: 256 bytes are 342 characters of base64url.
        if signature.len() < 342 {
            return Err(KeyError::TooShort);
        }
        Ok(Self { header, key })
    }

    /// The key id in the tokens' header.
    #[must_use]
    pub fn kid(&self) -> &str {
        self.header.kid.as_deref().unwrap_or_default()
    }

    /// Signs the claims.
    ///
    /// # Errors
    /// When the claims may not stand in a token: see [`TokenClaims::check`].
    pub fn sign(&self, claims: &TokenClaims) -> Result<String, SignError> {
        claims.check()?;
        let token = jsonwebtoken::encode(&self.header, claims, &self.key).map_err(|_| SignError::Key)?;
        if token.len() > MAX_TOKEN_BYTES {
            return Err(SignError::TooLong);
        }
        Ok(token)
    }
}

impl fmt::Debug for TokenSigner {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "TokenSigner(kid {:?}, key hidden)", self.kid())
    }
}
