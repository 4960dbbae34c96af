//! Believing tokens, or not.

use super::claims::{ClaimsError, TokenClaims};
use super::{KeyError, MAX_TOKEN_BYTES, checked_kid};
use crate::{RawId, Scopes};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::Deserialize;
use std::collections::BTreeMap;

/// How far a token's `iat` may lie in the future, in seconds: two machines' clocks never agree.
pub const FORWARD_SKEW_S: u64 = 300;

/// Verifies tokens against known public keys. Never reads the clock.
#[derive(Clone, Default)]
pub struct TokenVerifier {
    keys: BTreeMap<String, DecodingKey>,
}

/// The verified bearer of a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// Who it is.
    pub raw_id: RawId,
    /// What the token allows.
    pub scopes: Scopes,
    /// The resource, for an app's user.
    pub resource_id: Option<String>,
    /// The tenant, for a bearer of an organisation.
    pub tenant_id: Option<String>,
    /// When the token was issued, in seconds since 1970-01-01T00:00:00Z.
    pub issued_at_unix_s: u64,
    /// When the token ends, in seconds since 1970-01-01T00:00:00Z.
    pub expires_at_unix_s: u64,
    /// The identity's token version at issue. The service refuses one lower than the identity's.
    pub token_version: u64,
    /// `csi`, as it stood in the token.
    pub csi: String,
}

/// Why a token was not believed. Holds nothing of the token but its algorithm's and key's names.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Longer than [`MAX_TOKEN_BYTES`].
    #[error("the token is {bytes} bytes long: at most {MAX_TOKEN_BYTES} are allowed")]
    TooLong {
        /// Its length.
        bytes: usize,
    },
    /// Not a JSON Web Token.
    #[error("this is not an access token ({0}): pass the token exactly as the service issued it")]
    Malformed(&'static str),
    /// Signed in another way than RS256; `none` included.
    #[error("the token is signed with {found:?}: only RS256 is accepted")]
    Algorithm {
        /// What its header says, cut to 32 characters.
        found: String,
    },
    /// Signed with a key this service does not have.
    #[error("the token is signed with the unknown key {kid:?}: it comes from another service")]
    UnknownKey {
        /// What its header says, cut to 64 characters; empty when missing.
        kid: String,
    },
    /// The signature does not belong to the content.
    #[error("the token's signature is wrong: it was changed or forged")]
    Signature,
    /// Its time is over.
    #[error("the token expired {ago_s} s ago: get a new one from your token backend")]
    Expired {
        /// Seconds since it ended.
        ago_s: u64,
    },
    /// It was issued in the future.
    #[error("the token was issued {ahead_s} s in the future: set the clocks right")]
    NotYetValid {
        /// Seconds until it begins.
        ahead_s: u64,
    },
    /// Its claims do not fit together.
    #[error("the token's claims are not acceptable: {0}")]
    Claims(#[from] ClaimsError),
}

/// The header, read before the key is known. Unlike `jsonwebtoken`'s own it tells `none` from garbage,
/// and sees `crit`.
#[derive(Deserialize)]
struct UnverifiedHeader {
    alg: String,
    #[serde(default)]
    kid: Option<String>,
    #[serde(default)]
    crit: Option<serde_json::Value>,
}

impl TokenVerifier {
    /// A verifier that believes nothing until it has a key.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a public key, or replaces the one of that id.
    ///
    /// `rsa_public_pem` is an RSA public key of at least 2048 bits, SubjectPublicKeyInfo or PKCS #1.
    ///
    /// # Errors
    /// When the key id or the key cannot be used.
    pub fn add_key(&mut self, kid: &str, rsa_public_pem: &str) -> Result<(), KeyError> {
        checked_kid(kid)?;
        if rsa_public_pem.contains("PRIVATE KEY") {
            return Err(KeyError::Pem("public"));
        }
        let key =
            DecodingKey::from_rsa_pem(rsa_public_pem.as_bytes()).map_err(|_| KeyError::Pem("public"))?;
        // The key in DER holds the modulus, of 256 bytes at the least, and some framing.
        if key.try_get_as_bytes().map_err(|_| KeyError::Pem("public"))?.len() < 256 {
            return Err(KeyError::TooShort);
        }
        self.keys.insert(kid.to_owned(), key);
        Ok(())
    }

    /// Verifies a token at the time `now_unix_s` (seconds since 1970-01-01T00:00:00Z).
    ///
    /// # Errors
    /// When the token is not one of ours, is not valid at that time, or says what cannot be.
    pub fn verify(&self, token: &str, now_unix_s: u64) -> Result<Principal, TokenError> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(TokenError::TooLong { bytes: token.len() });
        }
        let key = self.key_of(token)?;
        let claims =
            jsonwebtoken::decode::<TokenClaims>(token, key, &signature_only()).map_err(decode_error)?.claims;
        claims.check()?;
        if now_unix_s >= claims.exp {
            return Err(TokenError::Expired { ago_s: now_unix_s - claims.exp });
        }
        if claims.iat > now_unix_s.saturating_add(FORWARD_SKEW_S) {
            return Err(TokenError::NotYetValid { ahead_s: claims.iat - now_unix_s });
        }
        Ok(Principal {
            raw_id: claims.raw_id()?,
            scopes: claims.scopes(),
            resource_id: claims.resource_id,
            tenant_id: claims.tenant_id,
            issued_at_unix_s: claims.iat,
            expires_at_unix_s: claims.exp,
            token_version: claims.token_version,
            csi: claims.csi,
        })
    }

    fn key_of(&self, token: &str) -> Result<&DecodingKey, TokenError> {
        let mut segments = token.split('.');
        let (Some(header), Some(_), Some(_), None) =
            (segments.next(), segments.next(), segments.next(), segments.next())
        else {
            return Err(TokenError::Malformed("it does not have three parts"));
        };
        let header = URL_SAFE_NO_PAD
            .decode(header)
            .map_err(|_| TokenError::Malformed("its header is not base64url"))?;
        let header: UnverifiedHeader = serde_json::from_slice(&header)
            .map_err(|_| TokenError::Malformed("its header is not that of a token"))?;
        if header.alg != "RS256" {
            return Err(TokenError::Algorithm { found: header.alg.chars().take(32).collect() });
        }
        // RFC 7515 section 4.1.11: an extension that must be understood, and is not.
        if header.crit.is_some() {
            return Err(TokenError::Malformed("its header demands an unknown extension"));
        }
        let kid = header.kid.unwrap_or_default();
        self.keys.get(&kid).ok_or_else(|| TokenError::UnknownKey { kid: kid.chars().take(64).collect() })
    }
}

/// The library checks the signature and nothing else: its own time checks read the clock.
fn signature_only() -> Validation {
    let mut validation = Validation::new(Algorithm::RS256);
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    validation
}

fn decode_error(error: jsonwebtoken::errors::Error) -> TokenError {
    use jsonwebtoken::errors::ErrorKind as Kind;
    match error.kind() {
        Kind::InvalidSignature => TokenError::Signature,
        Kind::Json(_) => TokenError::Malformed("its claims are not those of an access token"),
        _ => TokenError::Malformed("it is damaged"),
    }
}

impl std::fmt::Debug for TokenVerifier {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_tuple("TokenVerifier").field(&self.keys.keys().collect::<Vec<_>>()).finish()
    }
}
